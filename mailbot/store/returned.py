"""On which days mail to an address came back: one point a day, for thirty days."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import Connection, delete, insert, select, update

from mailbot.store.schema import outbox, returned

COUNTED = timedelta(days=30)


@dataclass(frozen=True)
class Point:
    """A day on which mail to an address came back."""

    day: date  # UTC
    hard: bool
    at: datetime


def note(conn: Connection, address_id: int, hard: bool, now: datetime) -> None:
    """Put down that mail came back today; of one day the hardest report counts."""
    today = (returned.c.address_id == address_id) & (returned.c.day == now.astimezone(UTC).date())
    known = conn.execute(select(returned.c.hard).where(today)).scalar_one_or_none()
    if known is None:
        day = now.astimezone(UTC).date()
        conn.execute(insert(returned).values(address_id=address_id, day=day, hard=hard, at=now))
    else:
        conn.execute(update(returned).where(today).values(hard=known or hard, at=now))


def points(conn: Connection, address_ids: Collection[int], now: datetime) -> dict[int, list[Point]]:
    """The points that count still, oldest first, of those of the addresses that have any."""
    query = (
        select(returned)
        .where(returned.c.address_id.in_(address_ids) & (returned.c.at > now - COUNTED))
        .order_by(returned.c.day)
    )
    found: defaultdict[int, list[Point]] = defaultdict(list)
    for row in conn.execute(query):
        found[row.address_id].append(Point(row.day, row.hard, row.at))
    return dict(found)


def got_through(conn: Connection, address_id: int, after: datetime, before: datetime) -> bool:
    """Whether a mail that left in between did not come back."""
    query = select(outbox.c.id).where(
        (outbox.c.address_id == address_id)
        & (outbox.c.state == "sent")
        & (outbox.c.settled_at > after)
        & (outbox.c.settled_at < before)
    )
    return conn.execute(query.limit(1)).first() is not None


def forget(conn: Connection, address_id: int) -> None:
    """Mail reaches the address: whatever came back before counts no more."""
    conn.execute(delete(returned).where(returned.c.address_id == address_id))


def purge(conn: Connection, now: datetime) -> None:
    """Forget what counts no more."""
    conn.execute(delete(returned).where(returned.c.at <= now - COUNTED))
