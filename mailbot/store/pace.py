"""Remembers how many answers an hour are usual: one row an hour, for fourteen days.

The counts themselves (`tally`) are kept for two days, so the hours are added up before they go.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, insert, select

from mailbot.store import arrivals
from mailbot.store.schema import pace, tally

HOUR = timedelta(hours=1)
REMEMBERED = timedelta(days=14)  # decisions.md 22
ANSWERS, OPENED = "answers", "breaker"  # kinds of tally: an answer to anybody; the breaker opened
ABOVE = 3  # of the 336 hours of 14 days lie above the 99th percentile


def usual(conn: Connection, now: datetime) -> int:
    """The 99th percentile of answers an hour in 14 days; hours without a row were quiet."""
    query = (
        select(pace.c.answers)
        .where(pace.c.hour > now - REMEMBERED)
        .order_by(pace.c.answers.desc())
        .limit(1)
        .offset(ABOVE)
    )
    return conn.execute(query).scalar_one_or_none() or 0


def add_up(conn: Connection, now: datetime) -> None:
    """Write down each whole hour since the last one.

    An hour in which the breaker opened counts as quiet: a flood must not become what is usual.
    """
    this_hour = now.replace(minute=0, second=0, microsecond=0)
    hour = _next_hour(conn, this_hour)
    while hour < this_hour:
        end = hour + HOUR
        flooded = arrivals.count_between(conn, OPENED, "", hour, end)
        answers = 0 if flooded else arrivals.count_between(conn, ANSWERS, "", hour, end)
        conn.execute(insert(pace).values(hour=hour, answers=answers))
        hour = end
    conn.execute(delete(pace).where(pace.c.hour <= now - REMEMBERED))


def _next_hour(conn: Connection, this_hour: datetime) -> datetime:
    last: datetime | None = conn.execute(select(func.max(pace.c.hour))).scalar_one_or_none()
    if last is not None:
        return max(last + HOUR, this_hour - REMEMBERED)
    query = select(func.min(tally.c.at)).where((tally.c.kind == ANSWERS) & (tally.c.subject == ""))
    first: datetime | None = conn.execute(query).scalar_one_or_none()
    if first is None:
        return this_hour
    return max(first.replace(minute=0, second=0, microsecond=0), this_hour - REMEMBERED)
