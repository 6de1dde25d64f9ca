"""Reads the court about the numbers of a mail, before any transaction opens (house.md 3.2)."""

from __future__ import annotations

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
        visible = {case.key: case for case in cases if access.public_sees_case(case.access)}
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
        if ledger.is_watched(conn, court_id, case.key, now):
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
    return {case.key: case for case in found if access.public_sees_case(case.access)}
