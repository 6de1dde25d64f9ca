"""Addresses that the operator has blocked: nothing at all is sent to them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from mailbot.store.schema import suppression

LONGEST_REASON = 64  # characters


@dataclass(frozen=True)
class Suppressed:
    """A row of `suppression`."""

    address_key: str  # model.address_key
    reason: str
    since: datetime


def every(conn: Connection) -> list[Suppressed]:
    """All of them, by address."""
    query = select(suppression).order_by(suppression.c.address_key)
    return [Suppressed(**row._mapping) for row in conn.execute(query)]


def add(conn: Connection, row: Suppressed) -> bool:
    """Block an address. False if it was blocked before: then nothing changes."""
    known = select(suppression.c.reason).where(suppression.c.address_key == row.address_key)
    if conn.execute(known).first() is not None:
        return False
    conn.execute(insert(suppression).values(**vars(row)))
    return True


def remove(conn: Connection, address_key: str) -> bool:
    """Let an address have mail again. False if it was not blocked."""
    gone = conn.execute(delete(suppression).where(suppression.c.address_key == address_key))
    return gone.rowcount == 1
