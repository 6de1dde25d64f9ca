"""Reads what our own mail server says when it refuses a recipient, and tells the desk."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from mailbot.desk.desk import Desk
from mailbot.inbound.reading.reports.reasons import judge
from mailbot.report import Failure

_STEP = "rcpt to"  # the word of ours that it answers


def refusals(desk: Desk) -> Callable[[int, str, datetime], None]:
    """What a sender calls with an outbox row, the server's reply and the time."""

    def refused(row_id: int, reply: str, now: datetime) -> None:
        judged = judge(reply, around=_STEP)
        desk.refused(row_id, Failure("", judged.verdict or "soft", judged.status), now)

    return refused
