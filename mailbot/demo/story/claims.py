"""Says of a mail or a page what must stand in it; what does not hold names both sides."""

from __future__ import annotations

import re
from datetime import datetime
from zoneinfo import ZoneInfo

from mailbot.demo.opened import Opened
from mailbot.demo.times import stamp
from mailbot.plain import mark

INDENT = " " * 9  # of an entry's lines in a notice
SHOWN = 700  # characters of what came


class Failed(Exception):
    """A claim that does not hold."""

    def __init__(self, expected: object, came: object) -> None:
        super().__init__(f"expected {expected}, came {shortened(came)}")


def shortened(came: object) -> str:
    """What came, in one line."""
    line = " ".join(str(came).split())
    return line if len(line) <= SHOWN else f"{line[:SHOWN]} ..."


def same(expected: object, came: object, of: str) -> None:
    """Both are equal. Raises Failed."""
    if expected != came:
        raise Failed(f"{of} {expected!r}", repr(came))


def fold(text: str) -> str:
    """A text without its line breaks and marks, as a reader hears it."""
    return " ".join(re.sub(r"(?m)^\s*\| ?", "", text).split())


def holds(text: str, *phrases: str) -> None:
    """Every phrase stands in the text, however it is wrapped. Raises Failed."""
    folded = fold(text)
    for phrase in phrases:
        if fold(phrase) not in folded:
            raise Failed(f'"{fold(phrase)}"', folded)


def lacks(text: str, *phrases: str) -> None:
    """No phrase stands in the text. Raises Failed."""
    folded = fold(text)
    for phrase in phrases:
        if fold(phrase) in folded:
            raise Failed(f'no "{fold(phrase)}"', folded)


def says(mail: Opened, *phrases: str) -> None:
    """Every phrase stands in the text part and in the HTML part of a mail. Raises Failed."""
    holds(mail.text, *phrases)
    holds(visible(mail.html), *phrases)


def visible(html: str) -> str:
    """The words of HTML, without its tags."""
    body = html.partition("<body")[2]
    words = re.sub(r"<[^>]*>", " ", f"<body{body}")
    for name, character in _NAMED.items():
        words = words.replace(name, character)
    return re.sub(r" (?=[.,?!;:)])", "", " ".join(words.split()))


_NAMED = {"&lt;": "<", "&gt;": ">", "&#34;": '"', "&#39;": "'", "&quot;": '"', "&amp;": "&"}


def tells_entry(
    mail: Opened,
    zone: ZoneInfo,
    *,
    updated: bool,
    type_text: str,
    text: str,
    filed_at: datetime,
    activity_at: datetime,
) -> None:
    """A notice tells this one entry, to the letter (S72-S81). Raises Failed."""
    filed, active = (stamp(moment.astimezone(zone)) for moment in (filed_at, activity_at))
    block = [f"{'UPDATED' if updated else 'NEW':<9}{type_text}"]
    if updated:
        block.append(f"{INDENT}Changed             text")
    block += [f"{INDENT}Filing Date         {filed}", f"{INDENT}Last Activity Date  {active}"]
    if text:
        block += [f"{INDENT}Text *", mark(text, indent=INDENT)]
    else:
        block.append(f"{INDENT}Text *              None entered at this time")
    wanted = "\n".join(block)
    if f"\n{wanted}\n" not in mail.text:
        raise Failed(f"the block {wanted!r}", repr(mail.text))
    count = "1 updated entry in" if updated else "1 new entry in"
    same(True, mail.text.startswith(count), f'a first line with "{count}":')
    for kind in ("NEW", "UPDATED"):
        wanted_times = int((kind == "UPDATED") is updated)
        same(wanted_times, len(re.findall(rf"(?m)^{kind} ", mail.text)), f"entries marked {kind}:")
    holds(visible(mail.html), filed, active, text or "None entered at this time", type_text)
