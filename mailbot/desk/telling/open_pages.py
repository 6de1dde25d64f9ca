"""Facts of the pages that anybody may open without a link of ours: home and Help."""

from __future__ import annotations

from datetime import datetime

from mailbot.desk.parts import Parts
from mailbot.desk.telling import vocabulary
from mailbot.model import Facts
from mailbot.wording import frame


def frame_of(parts: Parts, court_id: str | None, now: datetime) -> Facts:
    """What every page of that court needs; of the first one if none is named.

    Raises:
        LookupError: there is no such court.
    """
    return frame(parts.settings, _court(parts, court_id), now)


def help_of(parts: Parts, court_id: str | None) -> Facts:
    """What Help lists, with a number to write as an example.

    Raises:
        LookupError: there is no such court.
    """
    court = _court(parts, court_id)
    number = vocabulary.example_number(parts.settings.court[court])
    return {
        **vocabulary.help_facts(parts.settings, parts.links, court),
        "example": parts.links.write(court, f"TRACK {number}").mailto,
        "example_number": number,
    }


def _court(parts: Parts, court_id: str | None) -> str:
    court_id = court_id or next(iter(parts.settings.court))
    if court_id not in parts.settings.court:
        raise LookupError(court_id)
    return court_id
