"""Writes times as Case.net does."""

from __future__ import annotations

from datetime import datetime


def stamp(moment: datetime | None) -> str:
    """A date and time as it is given, in whatever zone: 11/16/15 9:21 AM (S76); none is ""."""
    if moment is None:
        return ""
    return f"{moment.month}/{moment.day}/{moment:%y} {moment.hour % 12 or 12}:{moment:%M %p}"
