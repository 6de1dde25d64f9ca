"""Gathers what a notice tells: the net of its events, as the court shows the entries now."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from mailbot.court.changes import differing, state_of
from mailbot.desk import access, comparing, sweep
from mailbot.desk.telling.facts import Gate, Told, case_facts, entry_facts, in_order
from mailbot.model import Claimed, Defer, Drop, Entry, Send, Verdict
from mailbot.store import ledger
from mailbot.store.ledger import TrackedCase
from mailbot.store.subscriptions import SubscriptionRow
from mailbot.store.told import Notice, ToldEntry
from mailbot.store.told import told as net_of

SOON = timedelta(seconds=2)  # until the events that make a notice whole are in the store
VANISHED = timedelta(minutes=15)  # until a case that is not there at all is looked for again
GIVE_UP = timedelta(days=5)  # then it is looked for once a day
SELDOM = timedelta(days=1)
KINDS = ("added", "updated", "removed")


def notice(gate: Gate, row: Claimed, subscription: SubscriptionRow) -> Verdict:
    """Send, or wait until the ledger has caught up with the court, or never.

    An entry that reads otherwise than when its change was seen is compared again first: the newer
    change takes this notice back into its own, so that no old text and no half story leaves.
    """
    case = gate.case(subscription)
    if case is None:
        return _vanished(gate, row)
    range_of = Notice(
        subscription_id=subscription.id,
        court=row.court,
        case_key=subscription.case_key,
        since=row.since_event or 0,
        upto=row.upto_event or 0,
    )
    with gate.parts.database.reading() as conn:
        told = net_of(conn, range_of)
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
    removals = (
        [] if source.entries_have_access else [each for each in told if each.kind == "removed"]
    )
    lines = [*_lines(gate, told, shown, known), *(_gone(each, known) for each in removals)]
    return Send(_facts(gate, row, subscription, lines)) if lines else Drop("nothing left to say")


def _vanished(gate: Gate, row: Claimed) -> Verdict:
    """A case that may not be seen, or is not there, is silence; it may be open again any day."""
    long = gate.now - row.created_at > GIVE_UP
    return Defer(gate.now + (SELDOM if long else VANISHED), "not visible now")


def _stale(
    head: TrackedCase,
    mapping: str,
    wanted: Sequence[str],
    shown: dict[str, Entry],
    known: comparing.Known,
) -> bool:
    """Whether the ledger does not know the entries as the court shows them now."""
    if head.mapping != mapping:
        return True
    for key in wanted:
        state, missed = known.get(key, (None, comparing.GONE))
        if key in shown:
            if state_of(shown[key]) != state or missed:
                return True
        elif missed < comparing.GONE:
            return True
    return False


def _lines(
    gate: Gate,
    told: Sequence[ToldEntry],
    shown: dict[str, Entry],
    known: comparing.Known,
) -> list[Told]:
    """One line an entry that is there: additions before updates, each by date (G22).

    What reads again as it did before is no change, however often it was changed (G5).
    """
    lines = []
    for each in told:
        entry = shown.get(each.entry_key)
        if entry is None or not access.public_sees_entry(entry.access):
            continue
        state, _ = known[each.entry_key]
        fields = differing(each.before, state.digests)
        if each.kind == "updated" and not fields:
            continue
        line = entry_facts(gate, entry, each.kind, fields, each.activity_at)
        lines.append((KINDS.index(each.kind), in_order(entry), line))
    return [line for _, _, line in sorted(lines, key=lambda each: each[:2])]


def _gone(told: ToldEntry, known: comparing.Known) -> Told:
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
        "frame": gate.frame(row),
        "case": case_facts(gate, subscription),
        "entries": list(lines[:most]),
        **counts,
        "hidden_more": max(0, len(lines) - most),
        "stop": gate.links.stop(subscription, at),
        "stop_all": gate.links.stop_all(row.court, gate.address(row), at),
        "unsubscribe": gate.links.one_click(subscription, at),
        "last_read_at": at,
    }
