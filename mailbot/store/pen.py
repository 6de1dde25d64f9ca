"""Holds mails that made our own code fail: raw, with the reason, until somebody sees to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from mailbot.store.schema import pen


@dataclass(frozen=True)
class Parked:
    """A mail in the pen, without its octets."""

    id: int
    key: str
    mail_from: str
    recipient: str
    reason: str  # the exception's type and place, never its text
    trace: str  # every place in mailbot that it came through, a line each, innermost last
    tries: int
    kept: bool  # accepted: it is nowhere else any more
    parked_at: datetime
    tried_at: datetime
    answered_at: datetime | None
    octets: int


_FACTS = [pen.c[name] for name in Parked.__dataclass_fields__]


def put(conn: Connection, key: str, raw: bytes, now: datetime, **facts: object) -> None:
    """Put a mail in, after its first try. `facts`: envelope, reason, trace, kept."""
    conn.execute(
        insert(pen).values(
            key=key, raw=raw, octets=len(raw), tries=1, parked_at=now, tried_at=now, **facts
        )
    )


def failed_again(
    conn: Connection, key: str, reason: str, trace: str, kept: bool, now: datetime
) -> None:
    """Count one more try of a mail. What was accepted once stays accepted."""
    tried = {"tries": pen.c.tries + 1, "tried_at": now, "reason": reason, "trace": trace}
    if kept:
        tried["kept"] = True
    conn.execute(update(pen).where(pen.c.key == key).values(**tried))


def by_key(conn: Connection, key: str) -> Parked | None:
    """The mail of that content, or None."""
    return _parked(conn.execute(select(*_FACTS).where(pen.c.key == key)).first())


def by_id(conn: Connection, parked_id: int) -> Parked | None:
    """The mail of that number, or None."""
    return _parked(conn.execute(select(*_FACTS).where(pen.c.id == parked_id)).first())


def raw_of(conn: Connection, parked_id: int) -> bytes:
    """The octets of a mail. Raises LookupError if it is not there."""
    raw = conn.execute(select(pen.c.raw).where(pen.c.id == parked_id)).scalar_one_or_none()
    if raw is None:
        raise LookupError(parked_id)
    return bytes(raw)


def every(conn: Connection, reason: str = "", since: datetime | None = None) -> Sequence[Parked]:
    """The mails in the pen, oldest first; those whose reason holds a text, or parked since then."""
    query = select(*_FACTS).order_by(pen.c.id)
    if reason:
        query = query.where(pen.c.reason.contains(reason, autoescape=True))
    if since is not None:
        query = query.where(pen.c.parked_at >= since)
    return [Parked(**row._mapping) for row in conn.execute(query)]


def awaited(conn: Connection) -> set[str]:
    """Keys of the mails that were not accepted, and whose senders come again."""
    return set(conn.execute(select(pen.c.key).where(pen.c.kept.is_(False))).scalars())


def octets(conn: Connection) -> int:
    """How much the pen holds."""
    return int(conn.execute(select(func.coalesce(func.sum(pen.c.octets), 0))).scalar_one())


def edit(conn: Connection, parked_id: int, raw: bytes) -> bool:
    """Put other octets in place of a mail's. False if it is not there."""
    changed = update(pen).where(pen.c.id == parked_id).values(raw=raw, octets=len(raw))
    return conn.execute(changed).rowcount == 1


def note_answered(conn: Connection, parked_id: int, now: datetime) -> None:
    """Its writer was told that nothing came of it."""
    conn.execute(update(pen).where(pen.c.id == parked_id).values(answered_at=now))


def drop(conn: Connection, key: str) -> bool:
    """Take a mail out. False if it is not there."""
    return conn.execute(delete(pen).where(pen.c.key == key)).rowcount == 1


def _parked(row: Row[tuple[object, ...]] | None) -> Parked | None:
    return None if row is None else Parked(**row._mapping)
