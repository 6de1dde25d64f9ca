"""What ended subscriptions, so that it can be undone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, insert, select, update

from mailbot.store.schema import refusal, stop


@dataclass(frozen=True)
class StopRow:
    """A row of `stop`."""

    id: int
    address_id: int
    request_id: int | None
    scope: str  # one, all, refused
    via: str
    stopped_at: datetime
    undone_at: datetime | None
    key_id: str
    undo_hash: str


def add(conn: Connection, row: StopRow) -> StopRow:
    """Keep a new stop."""
    conn.execute(insert(stop).values(**vars(row)))
    return row


def by_id(conn: Connection, stop_id: int) -> StopRow:
    """The stop of that row. Raises LookupError."""
    found = _one(conn, stop.c.id == stop_id)
    if found is None:
        raise LookupError(stop_id)
    return found


def by_undo_hash(conn: Connection, digest: str) -> StopRow | None:
    """The stop behind an undo handle."""
    return _one(conn, stop.c.undo_hash == digest)


def of_request(conn: Connection, request_id: int) -> StopRow | None:
    """The refusal that answered a request."""
    return _one(conn, (stop.c.request_id == request_id) & stop.c.undone_at.is_(None))


def refused(conn: Connection, address_id: int, court: str) -> StopRow | None:
    """The refusal that keeps the court from writing to the address."""
    mine = (refusal.c.address_id == address_id) & (refusal.c.court == court)
    return _one(conn, stop.c.id.in_(select(refusal.c.stop_id).where(mine)))


def newest(conn: Connection, address_id: int, since: datetime) -> StopRow | None:
    """The last stop of the address that can still be undone."""
    query = (
        select(stop)
        .where(
            (stop.c.address_id == address_id)
            & stop.c.scope.in_(("one", "all"))
            & stop.c.undone_at.is_(None)
            & (stop.c.stopped_at > since)
        )
        .order_by(stop.c.stopped_at.desc())
    )
    row = conn.execute(query).first()
    return None if row is None else StopRow(**row._mapping)


def undo(conn: Connection, stop_id: int, since: datetime, now: datetime) -> bool:
    """Mark it undone, once, unless it is older than `since`. True for whoever was first.

    A refusal never grows too old: the address would be cut off for good.
    """
    open_still = (stop.c.scope == "refused") | (stop.c.stopped_at > since)
    changed = conn.execute(
        update(stop)
        .where((stop.c.id == stop_id) & (stop.c.undone_at.is_(None)) & open_still)
        .values(undone_at=now)
    )
    return changed.rowcount == 1


def _one(conn: Connection, condition: ColumnElement[bool]) -> StopRow | None:
    row = conn.execute(select(stop).where(condition)).first()
    return None if row is None else StopRow(**row._mapping)
