"""Keeps somebody's mail whole until the mail of ours that carries it along is settled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from mailbot.store.schema import enclosure, outbox


@dataclass(frozen=True)
class Enclosure:
    """A mail that is handed on: what is said of it, and its octets as it came."""

    facts: Mapping[str, Any]
    raw: bytes


def put(conn: Connection, cause: str, enclosed: Enclosure) -> None:
    """Enclose a mail in the mail of ours that has this cause. Raises LookupError without one."""
    mail_id = conn.execute(select(outbox.c.id).where(outbox.c.cause == cause)).scalar_one_or_none()
    if mail_id is None:
        raise LookupError(cause)
    values = {"facts": dict(enclosed.facts), "raw": enclosed.raw}
    conn.execute(insert(enclosure).values(mail_id=mail_id, **values))


def of_mail(conn: Connection, mail_id: int) -> Enclosure | None:
    """What a mail of ours carries along."""
    query = select(enclosure.c.facts, enclosure.c.raw).where(enclosure.c.mail_id == mail_id)
    row = conn.execute(query).first()
    return None if row is None else Enclosure(row.facts, bytes(row.raw))


def wipe(conn: Connection, mail_id: int) -> None:
    """Forget it: the mail of ours has left, or never will."""
    conn.execute(delete(enclosure).where(enclosure.c.mail_id == mail_id))
