"""Goes round a court's followed cases: the sweep over all of them, the hint over some.

What differs is collected first and written only if it can be true: a court whose records are gone
or rewritten all at once is held, and nobody is told (reliability.md 2.8, T-GUARD).
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from mailbot.desk import access
from mailbot.desk.comparing import Compared, Swept, compared, written
from mailbot.desk.parts import Parts
from mailbot.errors import CourtClosed, CourtImplausible
from mailbot.store import arrivals, ledger, pace, returned
from mailbot.store.ledger import TrackedCase

log = logging.getLogger("mailbot.desk")

OVERLAP = timedelta(minutes=75)  # late commits, and the hour that daylight saving repeats
CASES_AT_ONCE = 50  # whose changes are written in one transaction
MOST_GONE, GONE_SHARE = 20, 0.01  # entries of one sweep; more, and more than the share: held
MOST_UPDATED, UPDATED_SHARE = 100, 0.2


def sweep(parts: Parts, court_id: str, now: datetime) -> Swept:
    """Compare every watched case of the court with the ledger.

    Raises:
        CourtUnavailable: the court is closed, down or implausible; what was written stays.
        StoreUnavailable: likewise.
    """
    _must_be_open(parts, court_id, now)
    chunk, after = parts.settings.court[court_id].source.chunk, ""
    seen, gone, found = 0, 0, []
    while True:
        with parts.database.reading() as conn:
            heads = ledger.cases_to_watch(conn, court_id, after, chunk, parts.watched_since(now))
        if not heads:
            break
        visible, absent = _visible(parts, court_id, heads)
        found += _compare(parts, court_id, visible, now, sweeping=True)
        seen, gone, after = seen + len(heads), gone + absent, heads[-1].case_key
    if gone > seen / 10:
        log.warning("court %s shows nothing of %d of %d followed cases", court_id, gone, seen)
    done = Swept(cases=seen) + _write(parts, court_id, found, now)
    with parts.database.transaction() as conn:
        last = ledger.swept(conn, court_id)
        if last is None or last.date() != now.date():
            pace.add_up(conn, now)
            arrivals.purge(conn, now)
            returned.purge(conn, now)
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
        heads = ledger.watched_by_source(conn, court_id, source_ids, parts.watched_since(now))
    size, found = parts.settings.court[court_id].source.chunk, []
    for start in range(0, len(heads), size):
        visible, _ = _visible(parts, court_id, heads[start : start + size])
        found += _compare(parts, court_id, visible, now, sweeping=False)
    return Swept(cases=len(heads)) + _write(parts, court_id, found, now)


def _must_be_open(parts: Parts, court_id: str, now: datetime) -> None:
    court = parts.settings.court[court_id]
    if not court.open_at(now):
        raise CourtClosed(court.opens_at(now))


def _compare(
    parts: Parts, court_id: str, heads: Sequence[TrackedCase], now: datetime, sweeping: bool
) -> list[Compared]:
    """Read ledger and court, and compare. Returns the cases that differ.

    The heads were read before the court, so whatever another watcher has written meanwhile shows
    in their version, and this comparison is thrown away when it is to be written. What only has
    another mapping is written at once: it is silent, and may be everything.
    """
    source = parts.courts[court_id]
    with parts.database.reading() as conn:
        known = ledger.states(conn, court_id, [head.case_key for head in heads])
    entries = source.entries([head.source_id for head in heads])
    every = [
        compared(
            head,
            known[head.case_key],
            entries.get(head.source_id, []),
            source.mapping_version,
            sweeping,
        )
        for head in heads
    ]
    remapped = [each for each in every if each.remapped]
    if remapped:
        with parts.database.transaction() as conn:
            for each in remapped:
                written(conn, each, now)
    return [each for each in every if each.differs and not each.remapped]


def _write(parts: Parts, court_id: str, found: Sequence[Compared], now: datetime) -> Swept:
    _must_be_plausible(parts, court_id, found)
    done = Swept()
    for start in range(0, len(found), CASES_AT_ONCE):
        with parts.database.transaction() as conn:
            for each in found[start : start + CASES_AT_ONCE]:
                done += written(conn, each, now)
    return done


def _must_be_plausible(parts: Parts, court_id: str, found: Sequence[Compared]) -> None:
    gone = sum(len(each.missing) for each in found)
    updated = sum(each.updates for each in found)
    if gone <= MOST_GONE and updated <= MOST_UPDATED:
        return
    with parts.database.reading() as conn:
        known = ledger.count(conn, court_id)
    if gone > max(MOST_GONE, known * GONE_SHARE):
        raise CourtImplausible(f"Court {court_id}: {gone} of {known} entries are gone at once.")
    if updated > max(MOST_UPDATED, known * UPDATED_SHARE):
        raise CourtImplausible(f"Court {court_id}: {updated} of {known} entries read otherwise.")


def _visible(
    parts: Parts, court_id: str, heads: Sequence[TrackedCase]
) -> tuple[list[TrackedCase], int]:
    """The cases that may be seen, and how many are not there at all.

    One that the court has under another id is adopted by it.
    """
    source = parts.courts[court_id]
    by_id = {case.source_id: case for case in source.cases([head.source_id for head in heads])}
    same = {
        head.case_key: case
        for head in heads
        if (case := by_id.get(head.source_id)) is not None and case.key == head.case_key
    }
    lost = [head for head in heads if head.case_key not in same]
    found = source.find([head.case_key for head in lost])
    found.sort(key=lambda case: access.public_sees_case(case.access))  # of several, an open one
    moved = {case.key: case for case in found}
    for head in lost:
        if head.case_key in moved:
            log.warning("court %s knows a followed case by another id now", court_id)
            with parts.database.transaction() as conn:
                ledger.adopt(conn, head, moved[head.case_key].source_id)
    visible = [
        head
        for head in heads
        if head.case_key in same and access.public_sees_case(same[head.case_key].access)
    ]
    return visible, sum(head.case_key not in moved for head in lost)
