"""Gathers what a notice tells: the net of its events, as the court shows the entries now."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from mailbot.court.changes import state_of
from mailbot.desk import access, sweep
from mailbot.desk.telling.facts import Gate, Told, case_facts, entry_facts, in_order
from mailbot.model import Claimed, Defer, Drop, Entry, Send, Verdict
from mailbot.store import ledger, notices
from mailbot.store.ledger import TrackedCase
from mailbot.store.notices import ToldEntry
from mailbot.store.subscriptions import SubscriptionRow
from mailbot.wording import frame

SOON = timedelta(seconds=2)  # until the events that make a notice whole are in the store
VANISHED = timedelta(minutes=15)  # until a case that is not there at all is looked for again
GIVE_UP = timedelta(days=5)
KINDS = ("added", "updated", "removed")


def notice(gate: Gate, row: Claimed, subscription: SubscriptionRow) -> Verdict:
    """Send, or wait until the ledger has caught up with the court, or never.

    An entry that reads otherwise than when its change was seen is compared again first: the newer
    change takes this notice back into its own, so that no old text and no half story leaves.
    """
    case = gate.case(subscription)
    if case is None:
        return _vanished(gate, row, subscription)
    since, upto = row.since_event or 0, row.upto_event or 0
    with gate.parts.database.reading() as conn:
        told = notices.told(conn, row.court, subscription.case_key, since, upto)
        head = ledger.case_of(conn, row.court, subscription.case_key)
        known = ledger.states(conn, row.court, [subscription.case_key])[subscription.case_key]
    if head is None:
        return Drop("no ledger")
    wanted = [each.entry_key for each in told if each.kind != "removed"]
    source = gate.parts.courts[row.court]
    shown = {entry.key: entry for entry in source.entries_of(case.source_id, wanted)}
    if _stale(head, source.mapping_version, wanted, shown, known):
        sweep.compare_sources(gate.parts, row.court, [case.source_id], gate.now)
        return Defer(gate.now + SOON, "changed meanwhile")
    absent = [key for key in wanted if key not in shown]
    if absent and gate.now - row.created_at < GIVE_UP:
        return Defer(gate.now + VANISHED, "an entry is absent")
    lines = _lines(gate, told, shown, known)
    return Send(_facts(gate, row, subscription, lines)) if lines else Drop("nothing left to say")


def _vanished(gate: Gate, row: Claimed, subscription: SubscriptionRow) -> Verdict:
    """A closed case is silence; one that is not there at all may be back soon."""
    found = gate.parts.courts[row.court].find([subscription.case_key])
    if found or gate.now - row.created_at > GIVE_UP:
        return Drop("not visible")
    return Defer(gate.now + VANISHED, "the case is not there")


def _stale(
    head: TrackedCase,
    mapping: str,
    wanted: Sequence[str],
    shown: dict[str, Entry],
    known: sweep.Known,
) -> bool:
    """Whether the ledger does not know the entries as the court shows them now."""
    if head.mapping != mapping:
        return True
    for key in wanted:
        state, missed = known.get(key, (None, sweep.GONE))
        if key in shown:
            if state_of(shown[key]) != state or missed:
                return True
        elif missed < sweep.GONE:
            return True
    return False


def _lines(
    gate: Gate, told: Sequence[ToldEntry], shown: dict[str, Entry], known: sweep.Known
) -> list[Told]:
    """One line an entry: additions before updates before removals, each by date (G22)."""
    lines = []
    for each in told:
        entry = shown.get(each.entry_key)
        if each.kind == "removed":
            lines.append((each.kind, 0.0, 0, _gone(each, known)))
        elif entry is not None and access.public_sees_entry(entry.access):
            at, seq, _ = in_order(entry)
            line = entry_facts(gate, entry, each.kind, each.fields, each.activity_at)
            lines.append((each.kind, at, seq, line))
    lines.sort(key=lambda line: (KINDS.index(line[0]), line[1], line[2]))
    return [line[3] for line in lines]


def _gone(told: ToldEntry, known: sweep.Known) -> Told:
    """An entry that is no longer shown, without a word of what it said (G3)."""
    state = known.get(told.entry_key)
    return {
        "kind": "removed",
        "fields": [],
        "filed_at": state[0].filed_at if state else None,
        "activity_at": None,
        "description": "",
        "text": "",
        "more_characters": 0,
    }


def _facts(gate: Gate, row: Claimed, subscription: SubscriptionRow, lines: Sequence[Told]) -> Told:
    most, at = gate.parts.settings.limits.rows_per_notice, row.created_at
    counts = {kind: sum(line["kind"] == kind for line in lines) for kind in KINDS}
    return {
        "frame": frame(gate.parts.settings, row.court, at, row.language),
        "case": case_facts(gate, subscription),
        "entries": list(lines[:most]),
        **counts,
        "hidden_more": max(0, len(lines) - most),
        "stop": gate.links.stop(subscription, at),
        "stop_all": gate.links.stop_all(row.court, gate.address(row), at),
        "unsubscribe": gate.links.one_click(subscription, at),
        "last_read_at": at,
    }
