"""What is known of every tracked case: digests of its entries, its events, who must be told.

The ledger, the event and the outbox rows are written in the caller's one transaction
(reliability.md 3.1).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Select, delete, func, insert, or_, select, update

from mailbot.model import EntryState
from mailbot.store.schema import (
    event_entry,
    ledger,
    subscription,
    tracked_case,
    watermark,
)

DIGEST_BYTES = 8


@dataclass(frozen=True)
class TrackedCase:
    """A row of `tracked_case`."""

    court: str
    case_key: str
    source_id: str
    number: str
    event_no: int
    version: int
    mapping: str
    swept_at: datetime


def case_of(conn: Connection, court: str, case_key: str) -> TrackedCase | None:
    """The ledger's head of that case."""
    query = select(tracked_case).where(
        (tracked_case.c.court == court) & (tracked_case.c.case_key == case_key)
    )
    row = conn.execute(query).first()
    return None if row is None else TrackedCase(**row._mapping)


def source_ids(conn: Connection, court: str, case_keys: Collection[str]) -> dict[str, str]:
    """The court's own ids of the cases of those numbers whose ledger was ever begun."""
    query = select(tracked_case.c.case_key, tracked_case.c.source_id).where(
        (tracked_case.c.court == court) & tracked_case.c.case_key.in_(case_keys)
    )
    return {row.case_key: row.source_id for row in conn.execute(query)}


def _followed(court: str, since: datetime) -> Select[tuple[str]]:
    """Keys of the cases that somebody follows, or has asked for or stopped after `since`."""
    return (
        select(subscription.c.case_key)
        .where(
            (subscription.c.court == court)
            & or_(
                subscription.c.state == "active",
                (subscription.c.state == "pending") & (subscription.c.created_at > since),
                subscription.c.stopped_at > since,
            )
        )
        .distinct()
    )


def is_watched(conn: Connection, court: str, case_key: str, since: datetime) -> bool:
    """Whether the ledger of the case is kept up to date."""
    query = select(tracked_case.c.case_key).where(
        (tracked_case.c.court == court)
        & (tracked_case.c.case_key == case_key)
        & tracked_case.c.case_key.in_(_followed(court, since))
    )
    return conn.execute(query).first() is not None


def cases_to_watch(
    conn: Connection, court: str, after: str, limit: int, since: datetime
) -> list[TrackedCase]:
    """The next cases to compare, in order of key."""
    query = (
        select(tracked_case)
        .where(
            (tracked_case.c.court == court)
            & (tracked_case.c.case_key > after)
            & tracked_case.c.case_key.in_(_followed(court, since))
        )
        .order_by(tracked_case.c.case_key)
        .limit(limit)
    )
    return [TrackedCase(**row._mapping) for row in conn.execute(query)]


def watched_by_source(
    conn: Connection, court: str, source_ids: Collection[str], since: datetime
) -> list[TrackedCase]:
    """Those of the court's cases whose ledger is kept up to date."""
    found = []
    ids = sorted(source_ids)
    for start in range(0, len(ids), 500):
        query = select(tracked_case).where(
            (tracked_case.c.court == court)
            & tracked_case.c.source_id.in_(ids[start : start + 500])
            & tracked_case.c.case_key.in_(_followed(court, since))
        )
        found += [TrackedCase(**row._mapping) for row in conn.execute(query)]
    return found


def states(
    conn: Connection, court: str, case_keys: Sequence[str]
) -> dict[str, dict[str, tuple[EntryState, int]]]:
    """Per case the known entries, each with how often in a row it was absent."""
    query = select(ledger).where((ledger.c.court == court) & ledger.c.case_key.in_(case_keys))
    known: dict[str, dict[str, tuple[EntryState, int]]] = {key: {} for key in case_keys}
    for row in conn.execute(query):
        state = EntryState(row.access, unpack(row.digests), row.filed_at)
        known[row.case_key][row.entry_key] = (state, row.missed)
    return known


def begin(conn: Connection, head: TrackedCase, entries: Mapping[str, EntryState]) -> None:
    """Write the baseline of a case (decisions.md 8)."""
    conn.execute(insert(tracked_case).values(**vars(head)))
    write(conn, head.court, head.case_key, entries)


def rebase(conn: Connection, head: TrackedCase, entries: Mapping[str, EntryState]) -> None:
    """Begin the ledger of a case anew, silently: nothing has changed in the court."""
    conn.execute(
        delete(ledger).where((ledger.c.court == head.court) & (ledger.c.case_key == head.case_key))
    )
    conn.execute(
        update(tracked_case)
        .where((tracked_case.c.court == head.court) & (tracked_case.c.case_key == head.case_key))
        .values(
            source_id=head.source_id,
            mapping=head.mapping,
            version=tracked_case.c.version + 1,
            swept_at=head.swept_at,
        )
    )
    write(conn, head.court, head.case_key, entries)


def write(conn: Connection, court: str, case_key: str, entries: Mapping[str, EntryState]) -> None:
    """Know these entries as they are now."""
    if not entries:
        return
    mine = (ledger.c.court == court) & (ledger.c.case_key == case_key)
    keys = list(entries)
    for start in range(0, len(keys), 500):
        conn.execute(delete(ledger).where(mine & ledger.c.entry_key.in_(keys[start : start + 500])))
    conn.execute(
        insert(ledger),
        [
            {
                "court": court,
                "case_key": case_key,
                "entry_key": key,
                "access": state.access,
                "digests": b"".join(state.digests),
                "filed_at": state.filed_at,
                "missed": 0,
            }
            for key, state in entries.items()
        ],
    )


def miss(conn: Connection, court: str, case_key: str, entry_keys: Collection[str]) -> None:
    """Count one more sweep in which these entries were absent."""
    conn.execute(
        update(ledger)
        .where(
            (ledger.c.court == court)
            & (ledger.c.case_key == case_key)
            & ledger.c.entry_key.in_(entry_keys)
        )
        .values(missed=ledger.c.missed + 1)
    )


def adopt(conn: Connection, head: TrackedCase, source_id: str) -> None:
    """The court knows the case by another id now."""
    conn.execute(
        update(tracked_case)
        .where(
            (tracked_case.c.court == head.court)
            & (tracked_case.c.case_key == head.case_key)
            & (tracked_case.c.version == head.version)
        )
        .values(source_id=source_id, version=head.version + 1)
    )


def advance(conn: Connection, head: TrackedCase, event_no: int, now: datetime) -> bool:
    """Take the comparison made against `head`; False if another one was quicker: it counts."""
    changed = conn.execute(
        update(tracked_case)
        .where(
            (tracked_case.c.court == head.court)
            & (tracked_case.c.case_key == head.case_key)
            & (tracked_case.c.version == head.version)
        )
        .values(event_no=event_no, version=head.version + 1, swept_at=now)
    )
    return changed.rowcount == 1


def rename(conn: Connection, court: str, case_key: str, pairs: Mapping[str, str]) -> None:
    """Entries that the court has under other ids now are the same in ledger and events."""
    for old, new in pairs.items():
        for table in (ledger, event_entry):
            mine = (table.c.court == court) & (table.c.case_key == case_key)
            conn.execute(delete(table).where(mine & (table.c.entry_key == new)))
            conn.execute(
                update(table).where(mine & (table.c.entry_key == old)).values(entry_key=new)
            )


def count(conn: Connection, court: str) -> int:
    """How many entries of the court's cases are known."""
    query = select(func.count()).select_from(ledger).where(ledger.c.court == court)
    return conn.execute(query).scalar_one()


def forget_mapping(conn: Connection, court: str) -> int:
    """Let the next comparison of every case begin its ledger anew. Returns how many cases."""
    mine = update(tracked_case).where(tracked_case.c.court == court)
    return conn.execute(mine.values(mapping="")).rowcount


def unpack(digests: bytes) -> tuple[bytes, ...]:
    """The digests of an entry, one a field class."""
    return tuple(
        digests[start : start + DIGEST_BYTES] for start in range(0, len(digests), DIGEST_BYTES)
    )


def read_to(conn: Connection, court: str) -> datetime | None:
    """How far the court's recent activity has been read, as a hint."""
    query = select(watermark.c.hinted_to).where(watermark.c.court == court)
    return conn.execute(query).scalar_one_or_none()


def swept(conn: Connection, court: str) -> datetime | None:
    """When a sweep of the court last went round."""
    query = select(watermark.c.swept_at).where(watermark.c.court == court)
    return conn.execute(query).scalar_one_or_none()


def note_read(
    conn: Connection,
    court: str,
    hinted_to: datetime | None = None,
    swept_at: datetime | None = None,
) -> None:
    """Keep how far the hint has come, or when the sweep went round."""
    values = {
        name: value
        for name, value in (("hinted_to", hinted_to), ("swept_at", swept_at))
        if value is not None
    }
    changed = conn.execute(update(watermark).where(watermark.c.court == court).values(**values))
    if changed.rowcount == 0:
        conn.execute(insert(watermark).values(court=court, **values))
