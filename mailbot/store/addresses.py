"""People's addresses: found by their one form, kept in the spelling first written."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from mailbot.model import address_key
from mailbot.store.schema import address, refusal


@dataclass(frozen=True)
class AddressRow:
    """A row of `address`."""

    id: int
    key: str
    spelling: str
    language: str
    created_at: datetime
    proved_at: datetime | None
    suspended_at: datetime | None
    key_id: str
    stop_all_hash: str


def by_spelling(conn: Connection, spelling: str) -> AddressRow | None:
    """The address however it is spelt (G30), or None."""
    return _one(conn, address.c.key == address_key(spelling))


def by_id(conn: Connection, address_id: int) -> AddressRow:
    """The address of that row. Raises LookupError."""
    found = _one(conn, address.c.id == address_id)
    if found is None:
        raise LookupError(address_id)
    return found


def by_stop_all_hash(conn: Connection, digest: str) -> AddressRow | None:
    """The address behind a stop-all handle."""
    return _one(conn, address.c.stop_all_hash == digest)


def add(conn: Connection, row: AddressRow) -> AddressRow:
    """Keep a new address."""
    conn.execute(insert(address).values(**vars(row)))
    return row


def prove(conn: Connection, address_id: int, now: datetime) -> None:
    """Note that a token mailed to the address came back from it; it is alive again (G32)."""
    conn.execute(
        update(address).where(address.c.id == address_id).values(proved_at=now, suspended_at=None)
    )


def suspend(conn: Connection, address_id: int, now: datetime) -> bool:
    """Mail to it comes back: it gets no notices. True for whoever found out first."""
    changed = conn.execute(
        update(address)
        .where((address.c.id == address_id) & address.c.suspended_at.is_(None))
        .values(suspended_at=now)
    )
    return changed.rowcount == 1


def revive(conn: Connection, address_id: int) -> bool:
    """It is alive again. True for whoever noticed first."""
    changed = conn.execute(
        update(address)
        .where((address.c.id == address_id) & address.c.suspended_at.is_not(None))
        .values(suspended_at=None)
    )
    return changed.rowcount == 1


def refuse(conn: Connection, address_id: int, court: str, stop_id: int, now: datetime) -> None:
    """Take down "I did not ask for this" (decisions.md 27); a second time changes nothing."""
    if not refuses(conn, address_id, court):
        conn.execute(
            insert(refusal).values(
                address_id=address_id, court=court, refused_at=now, stop_id=stop_id
            )
        )


def refuses(conn: Connection, address_id: int, court: str) -> bool:
    """Whether the address wants nothing unasked from the court."""
    wanted = (refusal.c.address_id == address_id) & (refusal.c.court == court)
    return conn.execute(select(refusal.c.court).where(wanted)).first() is not None


def lift_refusal(conn: Connection, address_id: int, court: str) -> None:
    """The address wants to hear from the court again: it undid its no, or said yes since."""
    mine = (refusal.c.address_id == address_id) & (refusal.c.court == court)
    conn.execute(delete(refusal).where(mine))


def lift_refusal_of(conn: Connection, stop_id: int) -> None:
    """That refusal is taken back, whichever court it was about."""
    conn.execute(delete(refusal).where(refusal.c.stop_id == stop_id))


def _one(conn: Connection, condition: object) -> AddressRow | None:
    row = conn.execute(select(address).where(condition)).first()  # type: ignore[arg-type]
    return None if row is None else AddressRow(**row._mapping)
