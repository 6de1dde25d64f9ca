"""Reads the court about the numbers of a mail, before any transaction opens (house.md 3.2)."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from mailbot.court.changes import state_of
from mailbot.desk import access
from mailbot.desk.parts import Parts
from mailbot.errors import CourtUnavailable
from mailbot.model import Case, EntryState, case_key
from mailbot.store import ledger
from mailbot.store.subscriptions import SubscriptionRow

log = logging.getLogger("mailbot.desk")


@dataclass(frozen=True)
class Found:
    """What the court says of one number, for this viewer.

    `hidden` covers a number that no case has and a case that may not be seen: nothing behind this
    point can tell them apart (decisions.md 11).
    """

    number: str
    key: str
    verdict: Literal["open", "hidden", "excluded", "unreadable"]
    case: Case | None = None
    baseline: Mapping[str, EntryState] | None = None
    sentence: str = ""  # why it is excluded

    @property
    def shown(self) -> Case:
        """The case of an open or excluded number. Raises LookupError for the others."""
        if self.case is None:
            raise LookupError(self.key)
        return self.case


def look_up(parts: Parts, court_id: str, numbers: Collection[str], now: datetime) -> list[Found]:
    """Each number once, in order. A court that is closed or down makes all `unreadable`."""
    keys = {case_key(number): number for number in reversed(list(numbers))}
    asked = {key: keys[key] for key in dict.fromkeys(case_key(number) for number in numbers)}
    if not asked:
        return []
    settings, source = parts.settings.court[court_id], parts.courts[court_id]
    try:
        if not settings.open_at(now):
            raise CourtUnavailable
        cases = source.find([key for key in asked if key])
        visible = _by_key(parts, court_id, cases)
        return [
            _verdict(parts, court_id, number, key, visible.get(key), now)
            for key, number in asked.items()
        ]
    except CourtUnavailable:
        return [Found(number, key, "unreadable") for key, number in asked.items()]


def _verdict(
    parts: Parts, court_id: str, number: str, key: str, case: Case | None, now: datetime
) -> Found:
    if case is None:
        return Found(number, key, "hidden")
    sentence = parts.settings.court[court_id].excluded(case)
    if sentence is not None:
        return Found(case.number, key, "excluded", case, sentence=sentence)
    return Found(case.number, key, "open", case, baseline(parts, court_id, case, now))


def baseline(
    parts: Parts, court_id: str, case: Case, now: datetime
) -> Mapping[str, EntryState] | None:
    """The entries of a case that nobody follows yet; None where the ledger is kept already."""
    with parts.database.reading() as conn:
        if ledger.is_watched(conn, court_id, case.key, parts.watched_since(now)):
            return None
    entries = parts.courts[court_id].entries([case.source_id])[case.source_id]
    return {entry.key: state_of(entry) for entry in entries}


def visible_cases(
    parts: Parts, rows: Iterable[SubscriptionRow], now: datetime
) -> dict[str, Mapping[str, Case] | None]:
    """Per court the visible cases by key; None for a court that cannot be read now."""
    wanted: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        wanted[row.court].add(row.case_key)
    return {court: _visible(parts, court, keys, now) for court, keys in wanted.items()}


def _visible(
    parts: Parts, court: str, keys: Collection[str], now: datetime
) -> Mapping[str, Case] | None:
    if court not in parts.courts or not parts.settings.court[court].open_at(now):
        return None
    try:
        found = parts.courts[court].find(keys)
    except CourtUnavailable:
        return None
    return _by_key(parts, court, found)


def _by_key(parts: Parts, court: str, found: Collection[Case]) -> dict[str, Case]:
    """The visible case of each number. Of several with one number it is the one that is followed.

    The followed one hidden, the number is hidden: another case must not be told in its place.
    """
    of_number: dict[str, list[Case]] = defaultdict(list)
    for case in sorted(found, key=lambda case: case.source_id):
        of_number[case.key].append(case)
    several = [key for key, cases in of_number.items() if len(cases) > 1]
    if several:
        log.warning("court %s has %d numbers that several cases bear", court, len(several))
    with parts.database.reading() as conn:
        followed = ledger.source_ids(conn, court, several)
    chosen: dict[str, Case] = {}
    for key, cases in of_number.items():
        mine = [case for case in cases if case.source_id == followed.get(key)]
        seen = [case for case in mine or cases if access.public_sees_case(case.access)]
        if seen:
            chosen[key] = seen[0]
    return chosen
