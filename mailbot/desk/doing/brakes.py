"""Says when an answer may leave: within what a domain gets, and everybody together.

decisions.md 22. Who has proved an address is never held back here: a flood is made of strangers.
"""

from __future__ import annotations

import hashlib
import json
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from mailbot.desk.parts import Turn
from mailbot.model import Facts
from mailbot.store import arrivals, pace
from mailbot.store.addresses import AddressRow

log = logging.getLogger("mailbot.desk")

HOUR, NEW = timedelta(hours=1), timedelta(days=1)  # an address is new for a day
SAME_ANSWERS, SAME_WITHIN = 2, timedelta(hours=3)  # mail-interface.md 5.5: the third is a loop
TIMES_USUAL = 5
LONGEST = 168  # hours that are looked at for room: what is confirmed later has expired
DOMAIN, HELD, SAME = "domain", "held", "same"


@dataclass(frozen=True)
class Slot:
    """When an answer may leave, and whether the breaker holds it until then."""

    at: datetime
    held: bool = False


def slot(turn: Turn, to: AddressRow, wanted: datetime, may_wait: bool) -> Slot | None:
    """When an answer that is wanted at a time may leave; None: never.

    Beyond the budget of its domain a confirmation waits, and any other answer is not given: an
    echo that writes from ever new addresses must come to an end (trap 62). Beyond what all get
    together (the breaker) everything waits.
    """
    if to.proved_at is not None:
        return Slot(wanted)
    at = _domain_free_at(turn, to, wanted)
    if at > wanted and not may_wait:
        _say_once(turn, "domain", _domain_of(to))
        return None
    most = _most(turn, at)
    if most is None:
        return Slot(at)
    later = max(at, turn.now + HOUR)
    return Slot(_first_room(turn, HELD, "", most, later), held=True)


def note(turn: Turn, to: AddressRow, slot: Slot) -> None:
    """Count an answer at the time at which it leaves."""
    arrivals.note(turn.conn, pace.ANSWERS, "", slot.at)
    if slot.held:
        arrivals.note(turn.conn, HELD, "", slot.at)
        if not arrivals.count(turn.conn, pace.OPENED, "", turn.now - HOUR):
            arrivals.note(turn.conn, pace.OPENED, "", turn.now)
            log.error("the breaker is open: answers to strangers wait")
    if _counts_for_domain(turn, to):
        arrivals.note(turn.conn, DOMAIN, _domain_of(to), slot.at)


def is_repeated(turn: Turn, to: AddressRow, template: str, facts: Facts) -> bool:
    """Whether a stranger just had the very same answer twice; else it is counted."""
    if to.proved_at is not None:
        return False
    said = json.dumps([to.key, turn.court_id, template, facts], sort_keys=True, default=str)
    subject = hashlib.sha256(said.encode("utf-8", "replace")).hexdigest()
    if arrivals.count(turn.conn, SAME, subject, turn.now - SAME_WITHIN) >= SAME_ANSWERS:
        log.info("the same answer a third time is not given")
        return True
    arrivals.note(turn.conn, SAME, subject, turn.now)
    return False


def say_used_up(turn: Turn, to: AddressRow, budget: str) -> None:
    """Log once a day that an address has used up a budget (trap 64)."""
    _say_once(turn, budget, to.key)


def most_an_hour(turn: Turn) -> int:
    """How many answers an hour are still taken for usual."""
    floor = turn.parts.settings.limits.answers_per_hour
    return max(floor, TIMES_USUAL * pace.usual(turn.conn, turn.now))


def _most(turn: Turn, at: datetime) -> int | None:
    """How many held answers leave in an hour; None while the breaker is closed for that time."""
    given = _in_hour(turn, pace.ANSWERS, "", at)
    if given < turn.parts.settings.limits.answers_per_hour:
        return None
    most = most_an_hour(turn)
    return most if given >= most else None


def _domain_free_at(turn: Turn, to: AddressRow, wanted: datetime) -> datetime:
    if not _counts_for_domain(turn, to):
        return wanted
    most = turn.parts.settings.limits.domain_answers_per_hour
    return _first_room(turn, DOMAIN, _domain_of(to), most, wanted)


def _first_room(turn: Turn, kind: str, subject: str, most: int, wanted: datetime) -> datetime:
    """A time, by whole hours, in whose hour there is room, and none in the hour before it.

    It leaps ahead and comes back, for a flood may fill a week: sixteen counts and not 168 of them
    for each forged mail. A flood that is planned for tomorrow keeps nobody waiting today.
    """

    def has_room(hours: int) -> bool:
        return _in_hour(turn, kind, subject, wanted + hours * HOUR) < most

    full, free = -1, 0
    while free < LONGEST and not has_room(free):
        full, free = free, 2 * free + 1
    free = min(free, LONGEST)
    while free - full > 1:
        middle = (full + free) // 2
        full, free = (full, middle) if has_room(middle) else (middle, free)
    return wanted + free * HOUR


def _in_hour(turn: Turn, kind: str, subject: str, at: datetime) -> int:
    """How many in the hour that ends at a time; those of an hour before it do not count."""
    end = at + timedelta(microseconds=1)
    return arrivals.count_between(turn.conn, kind, subject, end - HOUR, end)


def _counts_for_domain(turn: Turn, to: AddressRow) -> bool:
    """Only strangers who were not known a day ago, and not those at a large provider."""
    if to.proved_at is not None or to.created_at <= turn.now - NEW:
        return False
    return _domain_of(to) not in turn.parts.settings.limits.large_providers


def _domain_of(to: AddressRow) -> str:
    return to.key.rpartition("@")[2]


def _say_once(turn: Turn, budget: str, subject: str) -> None:
    kind = f"over-{budget}"
    if not arrivals.count(turn.conn, kind, subject, turn.now - NEW):
        arrivals.note(turn.conn, kind, subject, turn.now)
        log.warning("budget of answers used up: %s", budget)
