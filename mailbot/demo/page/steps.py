"""Tells a newcomer what to try next, from the mails that mailbot has sent so far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from mailbot.demo.opened import Opened

Name = Literal["track", "confirm", "add", "correct", "report", "stop", "undo", "explore"]
ORDER: tuple[Name, ...] = ("track", "confirm", "add", "correct", "report", "stop", "undo")


@dataclass(frozen=True)
class Step:
    """What to do next, and the mail it starts from."""

    name: Name
    number: int  # from 1; one more than there are steps when all are done
    mail_id: int | None
    done: frozenset[str]  # names of the steps that are behind


def next_step(mails: Sequence[Opened]) -> Step:
    """The first step that is not done yet; steps may be done in any order.

    Args:
        mails: all, newest first.
    """
    newest: dict[str, int] = {}
    for mail in reversed(mails):
        if mail.template:
            newest[mail.template] = mail.mail.id
    notices = sum(mail.template == "notice" for mail in mails)
    done = {
        "track": bool({"verify", "tracking"} & newest.keys()),
        "confirm": "tracking" in newest,
        "add": notices >= 1,
        "correct": notices >= 2,
        "report": bool({"report", "no-records"} & newest.keys()),
        "stop": "stopped" in newest,
        "undo": "restored" in newest,
    }
    behind = frozenset(name for name, is_done in done.items() if is_done)
    for number, name in enumerate(ORDER, start=1):
        if not done[name]:
            return Step(name, number, newest.get(_STARTS_FROM.get(name, "")), behind)
    return Step("explore", len(ORDER) + 1, None, behind)


_STARTS_FROM = {"confirm": "verify", "correct": "notice", "stop": "notice", "undo": "stopped"}
