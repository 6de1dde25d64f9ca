"""Remembers which mails `mailbot doctor` has sent to itself, and keeps each until it is looked at.

What is awaited stands among the counts (two days), what has come in the pen (thirty), so that an
errand nobody asks for any more is forgotten like the rest.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from mailbot.model import Envelope
from mailbot.store import arrivals, pen

KIND = "doctor"
REASON = "mailbot doctor's own mail"
_ADDRESS = 320  # characters that the table holds


@dataclass(frozen=True)
class Home:
    """A mail that came home."""

    raw: bytes
    envelope: Envelope


def expect(conn: Connection, handle: str, now: datetime) -> None:
    """A mail with that handle is about to be sent."""
    arrivals.note(conn, KIND, _key(handle), now)


def come_home(conn: Connection, handle: str, raw: bytes, envelope: Envelope, now: datetime) -> bool:
    """Keep a mail that is awaited, once; anybody may write to such an address."""
    if not arrivals.take(conn, KIND, _key(handle)):
        return False
    pen.put(
        conn,
        _key(handle),
        raw,
        now,
        mail_from=envelope.mail_from[:_ADDRESS],
        recipient=envelope.recipient[:_ADDRESS],
        reason=REASON,
        trace="",
        kept=True,
    )
    return True


def collect(conn: Connection, handle: str) -> Home | None:
    """The mail with that handle, if it has come; it is kept no longer."""
    parked = pen.by_key(conn, _key(handle))
    if parked is None:
        return None
    raw = pen.raw_of(conn, parked.id)
    pen.drop(conn, parked.key)
    return Home(raw, Envelope(parked.mail_from, parked.recipient))


def give_up(conn: Connection, handle: str) -> None:
    """A mail with that handle is awaited no longer."""
    arrivals.take(conn, KIND, _key(handle))


def _key(handle: str) -> str:
    return hashlib.sha256(f"{KIND}|{handle}".encode()).hexdigest()
