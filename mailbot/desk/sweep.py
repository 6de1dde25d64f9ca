"""Changes come in from a court; events and notices go into the store (reliability.md 3.1).

The ledger decides what is new: presence and digests, never a position or a time. The hint only
makes it quicker.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from mailbot.court.changes import compare, state_of
from mailbot.desk import access
from mailbot.desk.parts import Parts
from mailbot.errors import CourtClosed
from mailbot.model import Entry, EntryChange, EntryState
from mailbot.store import arrivals, ledger, notices
from mailbot.store.ledger import TrackedCase

log = logging.getLogger("mailbot.desk")

OVERLAP = timedelta(minutes=75)  # late commits, and the hour that daylight saving repeats
GONE = 2  # sweeps in a row without an entry before it counts as removed

Known = Mapping[str, tuple[EntryState, int]]


@dataclass(frozen=True)
class Swept:
    """What one round found."""

    cases: int = 0
    events: int = 0
    notices: int = 0

    def __add__(self, other: Swept) -> Swept:
        return Swept(
            self.cases + other.cases, self.events + other.events, self.notices + other.notices
        )


def sweep(parts: Parts, court_id: str, now: datetime) -> Swept:
    """Compare every watched case of the court with the ledger, a chunk a transaction.

    Raises:
        CourtUnavailable: the court is closed or down; what was compared stays compared.
        StoreUnavailable: likewise.
    """
    _must_be_open(parts, court_id, now)
    chunk, after, done = parts.settings.court[court_id].source.chunk, "", Swept()
    while True:
        with parts.database.reading() as conn:
            heads = ledger.cases_to_watch(conn, court_id, after, chunk, now)
        if not heads:
            break
        done += _chunk(parts, court_id, heads, now)
        after = heads[-1].case_key
    with parts.database.transaction() as conn:
        last = ledger.swept(conn, court_id)
        if last is None or last.date() != now.date():
            arrivals.purge(conn, now)
        ledger.note_read(conn, court_id, swept_at=now)
    return done


def hint(parts: Parts, court_id: str, now: datetime) -> Swept:
    """Compare the cases in which the court says that something happened lately."""
    _must_be_open(parts, court_id, now)
    with parts.database.reading() as conn:
        since = ledger.read_to(conn, court_id) or now
    touched = parts.courts[court_id].recent(since - OVERLAP)
    done = compare_sources(parts, court_id, touched, now)
    with parts.database.transaction() as conn:
        ledger.note_read(conn, court_id, hinted_to=now)
    return done


def compare_sources(
    parts: Parts, court_id: str, source_ids: Collection[str], now: datetime
) -> Swept:
    """Compare those of the court's cases that the ledger knows."""
    with parts.database.reading() as conn:
        heads = ledger.watched_by_source(conn, court_id, source_ids, now)
    size, done = parts.settings.court[court_id].source.chunk, Swept()
    for start in range(0, len(heads), size):
        done += _chunk(parts, court_id, heads[start : start + size], now, sweeping=False)
    return done


def _must_be_open(parts: Parts, court_id: str, now: datetime) -> None:
    court = parts.settings.court[court_id]
    if not court.open_at(now):
        raise CourtClosed(court.opens_at(now))


def _chunk(
    parts: Parts,
    court_id: str,
    heads: Sequence[TrackedCase],
    now: datetime,
    sweeping: bool = True,
) -> Swept:
    """Read ledger and court, compare, and write what differs in one transaction.

    The heads were read before the court, so whatever another watcher has written meanwhile shows
    in their version, and this comparison is thrown away.
    """
    with parts.database.reading() as conn:
        known = ledger.states(conn, court_id, [head.case_key for head in heads])
    visible = _visible(parts, court_id, heads)
    entries = parts.courts[court_id].entries([head.source_id for head in visible])
    found = [
        _compared(parts, head, known[head.case_key], entries.get(head.source_id, []), sweeping)
        for head in visible
    ]
    done, differing = Swept(cases=len(heads)), [each for each in found if each.differs]
    if differing:
        with parts.database.transaction() as conn:
            for each in differing:
                done += _written(conn, each, now)
    return done


def _visible(parts: Parts, court_id: str, heads: Sequence[TrackedCase]) -> list[TrackedCase]:
    """The cases that may be seen. One that the court has under another id is adopted by it."""
    source = parts.courts[court_id]
    by_id = {case.source_id: case for case in source.cases([head.source_id for head in heads])}
    same = {
        head.case_key: case
        for head in heads
        if (case := by_id.get(head.source_id)) is not None and case.key == head.case_key
    }
    lost = [head for head in heads if head.case_key not in same]
    moved = {case.key: case for case in source.find([head.case_key for head in lost])}
    for head in lost:
        if head.case_key in moved:
            log.warning("court %s knows a followed case by another id now", court_id)
            with parts.database.transaction() as conn:
                ledger.adopt(conn, head, moved[head.case_key].source_id)
    return [
        head
        for head in heads
        if head.case_key in same and access.public_sees_case(same[head.case_key].access)
    ]


@dataclass(frozen=True)
class _Compared:
    """What one comparison of a case found."""

    head: TrackedCase
    known: Known
    current: Mapping[str, EntryState]
    entries: Mapping[str, Entry]
    changes: Sequence[EntryChange]
    missing: Sequence[str]
    mapping: str

    @property
    def differing(self) -> dict[str, EntryState]:
        """The entries that the ledger does not know as they are now."""
        return {
            key: state
            for key, state in self.current.items()
            if key not in self.known or self.known[key] != (state, 0)
        }

    @property
    def differs(self) -> bool:
        """Whether there is anything to write."""
        moved = self.mapping != self.head.mapping
        return bool(moved or self.changes or self.missing or self.differing)


def _compared(
    parts: Parts, head: TrackedCase, known: Known, shown: Sequence[Entry], sweeping: bool
) -> _Compared:
    source = parts.courts[head.court]
    current = {entry.key: state_of(entry) for entry in shown}
    changes, missing = _differences(known, current, source.entries_have_access, sweeping)
    entries = {entry.key: entry for entry in shown}
    return _Compared(head, known, current, entries, changes, missing, source.mapping_version)


def _written(conn: Connection, found: _Compared, now: datetime) -> Swept:
    head = found.head
    if found.mapping != head.mapping:
        ledger.rebase(conn, _with_mapping(head, found.mapping, now), found.current)
        return Swept()
    event_no = head.event_no + 1 if found.changes else head.event_no
    if not ledger.advance(conn, head, event_no, now):
        return Swept()
    ledger.write(conn, head.court, head.case_key, found.differing)
    ledger.miss(conn, head.court, head.case_key, found.missing)
    if not found.changes:
        return Swept()
    facts = [
        _recorded(change, found.entries.get(change.entry_key), found.known)
        for change in found.changes
    ]
    ledger.record(conn, head, event_no, facts, now)
    return Swept(events=1, notices=notices.tell(conn, head.court, head.case_key, now))


def _differences(
    known: Known, current: Mapping[str, EntryState], levels: bool, sweeping: bool
) -> tuple[list[EntryChange], list[str]]:
    """What subscribers learn, and which entries are absent once more.

    Only sweeps count absences: a view that is being reloaded is empty for seconds. A removal is
    told at the second one, and never where entries carry access levels: there it may be a sealing
    (decisions.md 10).
    """
    old = {key: state for key, (state, _) in known.items()}
    missing = [
        key
        for key, (_, missed) in known.items()
        if sweeping and key not in current and missed < GONE
    ]
    gone = {key for key in missing if known[key][1] + 1 == GONE and not levels}
    changes = [
        change
        for change in compare(old, current, access.public_sees_entry)
        if change.kind != "removed" or change.entry_key in gone
    ]
    return changes, missing


def _recorded(
    change: EntryChange, entry: Entry | None, known: Known
) -> tuple[EntryChange, int, datetime | None]:
    if entry is not None:
        return change, entry.access, entry.activity_at
    return change, known[change.entry_key][0].access, None


def _with_mapping(head: TrackedCase, mapping: str, now: datetime) -> TrackedCase:
    return TrackedCase(**{**vars(head), "mapping": mapping, "swept_at": now})
