"""Tells from weekly closed hours whether a court's system is open, and when it opens again.

Wall-clock rules (S10: "1 a.m. to 6 a.m. Central time (CDT in summer, CST in winter)"), so an hour
that daylight saving skips is never closed and one that it repeats is closed twice. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

MINUTES_A_DAY = 24 * 60
MINUTES_A_WEEK = 7 * MINUTES_A_DAY
_STEP = timedelta(minutes=1)


class Span(Protocol):
    """Hours that return on the same days each week, as minutes since midnight.

    `days` counts from Monday = 0 and means the day on which the span begins; an `until` that is
    not after `from_` lies on the next day.
    """

    @property
    def days(self) -> tuple[int, ...]: ...  # noqa: D102
    @property
    def from_(self) -> int: ...  # noqa: D102
    @property
    def until(self) -> int: ...  # noqa: D102


def closed_minutes(spans: Iterable[Span]) -> frozenset[int]:
    """The closed minutes of a week, counted from Monday 00:00 local time."""
    return frozenset(
        (day * MINUTES_A_DAY + minute) % MINUTES_A_WEEK
        for span in spans
        for day in span.days
        for minute in range(span.from_, span.until + MINUTES_A_DAY * (span.until <= span.from_))
    )


def is_open(closed: frozenset[int], zone: ZoneInfo, now: datetime) -> bool:
    """Whether the wall clock of the zone stands outside the closed minutes."""
    local = now.astimezone(zone)
    minute = local.weekday() * MINUTES_A_DAY + local.hour * 60 + local.minute
    return minute not in closed


def next_opening(closed: frozenset[int], zone: ZoneInfo, now: datetime) -> datetime | None:
    """The first open minute after `now`, in UTC; None when open now or closed for ever.

    Walks minute by minute, as that is right on every night of a clock change: 12 ms for a whole
    closed weekend.
    """
    if is_open(closed, zone, now) or len(closed) == MINUTES_A_WEEK:
        return None
    moment = now.astimezone(UTC).replace(second=0, microsecond=0) + _STEP
    while not is_open(closed, zone, moment):
        moment += _STEP
    return moment
