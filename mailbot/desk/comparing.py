"""Compares one case as the court shows it with the ledger, and writes down what differs.

Presence and digests decide what is new, never a position or a time (reliability.md 3.1).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from mailbot.court.changes import compare, renamed, state_of
from mailbot.desk import access
from mailbot.model import Entry, EntryChange, EntryState
from mailbot.store import events, ledger, notices
from mailbot.store.events import Recorded
from mailbot.store.ledger import TrackedCase

GONE = 2  # sweeps in a row without an entry before it counts as removed

Known = Mapping[str, tuple[EntryState, int]]  # with how many sweeps in a row it was absent


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


@dataclass(frozen=True)
class Compared:
    """What one comparison of a case found. Holds no docket text: a round keeps many of these."""

    head: TrackedCase
    known: Known  # under the ids that the entries have now
    current: Mapping[str, EntryState]
    activity: Mapping[str, datetime | None]
    changes: Sequence[EntryChange]
    missing: Sequence[str]
    renamed: Mapping[str, str]
    mapping: str

    @property
    def remapped(self) -> bool:
        """Whether the digests of the ledger were made under another mapping."""
        return self.mapping != self.head.mapping

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
        found = self.changes or self.missing or self.renamed or self.differing
        return bool(self.remapped or found)

    @property
    def updates(self) -> int:
        """How many entries read otherwise than before."""
        return sum(change.kind == "updated" for change in self.changes)


def compared(
    head: TrackedCase, known: Known, shown: Sequence[Entry], mapping: str, sweeping: bool
) -> Compared:
    """What the court shows of a case against what the ledger knows of it.

    Only sweeps count absences: a view that is being reloaded is empty for seconds. A removal
    counts at the second one.
    """
    current = {entry.key: state_of(entry) for entry in shown}
    pairs = renamed({key: state for key, (state, _) in known.items()}, current)
    known = {pairs.get(key, key): value for key, value in known.items()}
    old = {key: state for key, (state, _) in known.items()}
    buried = {key for key, (_, missed) in known.items() if missed >= GONE}
    absent = [key for key in known if key not in current and key not in buried]
    missing = absent if sweeping else []
    falling = {key for key in missing if known[key][1] + 1 == GONE}
    changes = [
        change
        for change in compare(old, current, access.public_sees_entry, buried)
        if change.kind != "removed" or change.entry_key in falling
    ]
    activity = {entry.key: entry.activity_at for entry in shown}
    return Compared(head, known, current, activity, changes, missing, pairs, mapping)


def written(conn: Connection, found: Compared, now: datetime) -> Swept:
    """Write ledger, event and notices; nothing if another comparison was quicker."""
    head = found.head
    if found.remapped:
        # Never to nothing: a court that is being reloaded would then tell everything anew.
        empty = bool(found.known) and not found.current
        if empty or not ledger.advance(conn, head, head.event_no, now):
            return Swept()
        ledger.rebase(conn, _with_mapping(head, found.mapping, now), found.current)
        return Swept()
    event_no = head.event_no + 1 if found.changes else head.event_no
    if not ledger.advance(conn, head, event_no, now):
        return Swept()
    ledger.rename(conn, head.court, head.case_key, found.renamed)
    ledger.write(conn, head.court, head.case_key, found.differing)
    ledger.miss(conn, head.court, head.case_key, found.missing)
    if not found.changes:
        return Swept()
    events.record(conn, head, event_no, [_recorded(found, each) for each in found.changes], now)
    return Swept(events=1, notices=notices.tell(conn, head.court, head.case_key, now))


def _recorded(found: Compared, change: EntryChange) -> Recorded:
    before = found.known.get(change.entry_key)
    now = found.current.get(change.entry_key) or (before[0] if before else None)
    return Recorded(
        entry_key=change.entry_key,
        kind=change.kind,
        access=now.access if now else 0,
        activity_at=found.activity.get(change.entry_key),
        before=before[0].digests if before and change.kind != "added" else None,
    )


def _with_mapping(head: TrackedCase, mapping: str, now: datetime) -> TrackedCase:
    return TrackedCase(**{**vars(head), "mapping": mapping, "swept_at": now})
