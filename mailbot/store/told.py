"""Reads what the events of a notice say of each entry, taken together, to one subscriber."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, select

from mailbot.store import ledger
from mailbot.store.schema import event_entry, outbox

ON_ITS_WAY = ("sent", "sending")


@dataclass(frozen=True)
class ToldEntry:
    """One line of a notice."""

    entry_key: str
    kind: str  # added, updated, removed
    before: tuple[bytes, ...]  # digests of what the reader was told or could know; () if added
    activity_at: datetime | None


def told(conn: Connection, notice: Notice) -> list[ToldEntry]:
    """The net of the notice's events: one line an entry (G5, G6).

    What was not known before and is not there now is no line; what is as it was before may be one
    that the caller finds to be nothing, by its digests.
    """
    events = _events(notice).where(event_entry.c.event_no > notice.since)
    lives: defaultdict[str, list[Row[Any]]] = defaultdict(list)
    for row in conn.execute(events.where(event_entry.c.event_no <= notice.upto)):
        lives[row.entry_key].append(row)
    lines = (_net(conn, notice, life) for life in lives.values())
    return [line for line in lines if line is not None]


@dataclass(frozen=True)
class Notice:
    """Whose notice it is, and of which events: those after `since` up to `upto`."""

    subscription_id: int
    court: str
    case_key: str
    since: int
    upto: int


def _events(notice: Notice) -> Select[Any]:
    return (
        select(event_entry)
        .where((event_entry.c.court == notice.court) & (event_entry.c.case_key == notice.case_key))
        .order_by(event_entry.c.event_no)
    )


def _net(conn: Connection, notice: Notice, life: Sequence[Row[Any]]) -> ToldEntry | None:
    first, last = life[0], life[-1]
    is_new = first.kind == "added"
    if first.kind == "returned":
        is_new = not _was_known(conn, notice, first)
    if last.kind == "removed":
        kind = "" if is_new else "removed"
    else:
        kind = "added" if is_new else "updated"
    before = () if is_new else ledger.unpack(first.before or b"")
    return ToldEntry(first.entry_key, kind, before, last.activity_at) if kind else None


def _was_known(conn: Connection, notice: Notice, returned: Row[Any]) -> bool:
    """Whether the subscriber could know the entry before it was removed and came back.

    One that was added and removed between two of his mails was in neither.
    """
    query = _events(notice).where(
        (event_entry.c.entry_key == returned.entry_key)
        & (event_entry.c.event_no < returned.event_no)
    )
    known, appeared = True, None
    for row in conn.execute(query).all():
        if row.kind == "added" or (row.kind == "returned" and not known):
            appeared = row.event_no
        elif row.kind == "removed" and appeared is not None:
            known, appeared = _was_told(conn, notice, appeared, row.event_no), None
    return known


def _was_told(conn: Connection, notice: Notice, appeared: int, removed: int) -> bool:
    """Whether a mail left between the two events; or nobody was to be told then."""
    query = select(outbox.c.state, outbox.c.upto_event).where(
        (outbox.c.subscription_id == notice.subscription_id)
        & (outbox.c.template == "notice")
        & (outbox.c.since_event < appeared)
        & (outbox.c.upto_event >= appeared)
    )
    rows = conn.execute(query).all()
    left = [row for row in rows if row.state in ON_ITS_WAY and row.upto_event < removed]
    return bool(left) or not rows
