"""Counts what has come in: the same mail acts once, and answers stay within their budget."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, insert, select

from mailbot.store.schema import arrival, pen, tally

REMEMBERED = timedelta(days=30)  # decisions.md 3; 32 for the pen
_LONGEST = 200  # characters of a subject that the table holds


def first_time(conn: Connection, key: str, now: datetime) -> bool:
    """Whether this mail was not acted upon before; from now on it was."""
    if conn.execute(select(arrival.c.key).where(arrival.c.key == key)).first() is not None:
        return False
    conn.execute(insert(arrival).values(key=key, arrived_at=now))
    return True


def count(conn: Connection, kind: str, subject: str, since: datetime) -> int:
    """How many answers of that kind the subject got, or will get, after `since`."""
    query = select(func.count()).where(
        (tally.c.kind == kind) & (tally.c.subject == _short(subject)) & (tally.c.at > since)
    )
    return conn.execute(query).scalar_one()


def count_between(
    conn: Connection, kind: str, subject: str, since: datetime, until: datetime
) -> int:
    """How many of them from `since` on and before `until`."""
    mine = (tally.c.kind == kind) & (tally.c.subject == _short(subject))
    query = select(func.count()).where(mine & (tally.c.at >= since) & (tally.c.at < until))
    return conn.execute(query).scalar_one()


def note(conn: Connection, kind: str, subject: str, at: datetime) -> None:
    """Count one answer, now or at the time for which it is planned."""
    conn.execute(insert(tally).values(kind=kind, subject=_short(subject), at=at))


def take(conn: Connection, kind: str, subject: str) -> bool:
    """Whether something of that kind was put down for the subject; now it is not any more."""
    mine = (tally.c.kind == kind) & (tally.c.subject == subject)
    return conn.execute(delete(tally).where(mine)).rowcount > 0


def free_at(
    conn: Connection, kind: str, subject: str, most: int, window: timedelta, now: datetime
) -> datetime:
    """When the budget of `most` in any `window` next has room."""
    mine = (tally.c.kind == kind) & (tally.c.subject == _short(subject))
    query = (
        select(tally.c.at)
        .where(mine & (tally.c.at > now - window))
        .order_by(tally.c.at.desc())
        .limit(1)
        .offset(most - 1)
    )
    blocking = conn.execute(query).scalar_one_or_none()
    return now if blocking is None else max(now, blocking + window)


def purge(conn: Connection, now: datetime) -> None:
    """Forget mails and the pen after 30 days, and counts after two."""
    conn.execute(delete(arrival).where(arrival.c.arrived_at < now - REMEMBERED))
    conn.execute(delete(pen).where(pen.c.parked_at < now - REMEMBERED))
    conn.execute(delete(tally).where(tally.c.at < now - timedelta(days=2)))


def _short(subject: str) -> str:
    """A subject as the table holds it: one that is too long by its digest."""
    if len(subject) <= _LONGEST:
        return subject
    return hashlib.sha256(subject.encode("utf-8", "replace")).hexdigest()
