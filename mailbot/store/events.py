"""Writes what one comparison of a case found, once for everybody who follows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert

from mailbot.store.ledger import TrackedCase
from mailbot.store.schema import event, event_entry


@dataclass(frozen=True)
class Recorded:
    """One entry of an event, and its digests before it."""

    entry_key: str
    kind: str
    access: int
    activity_at: datetime | None
    before: tuple[bytes, ...] | None


def record(
    conn: Connection, head: TrackedCase, event_no: int, changes: Sequence[Recorded], now: datetime
) -> None:
    """Write one event with its changes."""
    where = {"court": head.court, "case_key": head.case_key, "event_no": event_no}
    conn.execute(insert(event).values(**where, seen_at=now))
    conn.execute(
        insert(event_entry),
        [
            {**where, **vars(each), "before": b"".join(each.before) if each.before else None}
            for each in changes
        ],
    )
