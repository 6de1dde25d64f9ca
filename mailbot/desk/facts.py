"""Gathers what the template of each answer tells: from the row's references, store and court."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from mailbot.desk import access, vocabulary
from mailbot.desk.links import Links
from mailbot.desk.parts import Parts
from mailbot.errors import CourtUnavailable
from mailbot.model import Case, Claimed, Entry, Facts, Ignored
from mailbot.plain import cut
from mailbot.store import addresses, requests, stops, subscriptions
from mailbot.store.addresses import AddressRow
from mailbot.store.requests import RequestRow
from mailbot.store.stops import StopRow
from mailbot.store.subscriptions import SubscriptionRow
from mailbot.wording import frame

RECENT = 5  # entries in "now tracking" (G7)

About = Sequence[SubscriptionRow]
Told = dict[str, Any]


@dataclass(frozen=True)
class Gate:
    """One look at the courts, for the mails claimed together."""

    parts: Parts
    now: datetime
    cases: Mapping[str, Mapping[str, Case] | None]

    @property
    def links(self) -> Links:
        """Writes links."""
        return self.parts.links

    def case(self, row: SubscriptionRow) -> Case | None:
        """The case if it may be seen now."""
        return (self.cases.get(row.court) or {}).get(row.case_key)

    def hidden(self, row: SubscriptionRow) -> bool:
        """Whether the court was read and shows no such case."""
        return self.cases.get(row.court) is not None and self.case(row) is None

    def address(self, row: Claimed) -> AddressRow:
        """The address of the mail."""
        with self.parts.database.reading() as conn:
            return addresses.by_id(conn, row.address_id)

    def request(self, row: Claimed) -> RequestRow:
        """The request of the mail. Raises LookupError."""
        with self.parts.database.reading() as conn:
            return requests.by_id(conn, row.request_id or 0)

    def stopped(self, row: Claimed) -> StopRow | None:
        """The stop of the mail, or None."""
        stop_id = row.facts.get("stop")
        if not isinstance(stop_id, int):
            return None
        with self.parts.database.reading() as conn:
            return stops.by_id(conn, stop_id)


def facts_of(gate: Gate, row: Claimed, about: About) -> Facts | None:
    """The complete facts of an answer, or None if nothing is left to say."""
    told = _TEMPLATES[row.template](gate, row, about)
    if told is None:
        return None
    return {**told, "frame": frame(gate.parts.settings, row.court, row.created_at, row.language)}


def case_facts(gate: Gate, row: SubscriptionRow) -> Told:
    """A case as mails show it: without caption and links where the court shows none now."""
    court, case = gate.parts.settings.court[row.court], gate.case(row)
    number = quote(row.number, safe="")
    known = case is not None
    return {
        "number": row.number,
        "caption": case.caption if case else None,
        "url": court.case_url.replace("{number}", number) if court.case_url and known else None,
        "docket_url": (
            court.docket_url.replace("{number}", number) if court.docket_url and known else None
        ),
        "court_name": None,
    }


def with_stop(gate: Gate, row: SubscriptionRow, at: datetime) -> Told:
    """A case with the link that stops it."""
    return {**case_facts(gate, row), "stop": gate.links.stop(row, at)}


def _verify(gate: Gate, row: Claimed, about: About) -> Told | None:
    request = gate.request(row)
    shown = [each for each in about if each.state == subscriptions.PENDING]
    shown = [each for each in shown if not gate.hidden(each)]
    if not shown or request.state != requests.WAITING:
        return None
    return {
        "cases": [with_stop(gate, each, row.created_at) for each in shown],
        "confirm": gate.links.confirm(request, row.created_at),
        "decline": gate.links.decline(request, row.created_at),
        "code": gate.parts.signer.code(request.id, request.key_id),
        "expires_at": request.expires_at,
        "late": bool(row.facts.get("late")),
        "reply_to": gate.links.request_address(request),
    }


def _tracking(gate: Gate, row: Claimed, about: About) -> Told | None:
    shown = [each for each in about if not gate.hidden(each)]
    if not shown:
        return None
    cases = []
    for each in shown:
        recent, more = _recent(gate, each)
        cases.append({**with_stop(gate, each, row.created_at), "recent": recent, "more": more})
    told = {
        "cases": cases,
        "stop_all": gate.links.stop_all(row.court, gate.address(row), row.created_at),
        "report": gate.links.write(row.court, "REPORT"),
    }
    if len(shown) == 1:
        told["unsubscribe"] = gate.links.one_click(shown[0], row.created_at)
    return told


def _recent(gate: Gate, row: SubscriptionRow) -> tuple[list[Told] | None, int]:
    """The last entries, so that the reader sees what exists (G7); None if they cannot be read."""
    case = gate.case(row)
    if case is None:
        return None, 0
    try:
        found = gate.parts.courts[row.court].entries([case.source_id]).get(case.source_id, [])
    except CourtUnavailable:
        return None, 0
    visible = [entry for entry in found if access.public_sees_entry(entry.access)]
    visible.sort(key=in_order)
    last = [entry_facts(gate, entry, "added", (), entry.activity_at) for entry in visible[-RECENT:]]
    return last, max(0, len(visible) - RECENT)


def in_order(entry: Entry) -> tuple[float, int, str]:
    """Filing date, then sequence (G22)."""
    return (entry.filed_at.timestamp() if entry.filed_at else 0.0, entry.seq, entry.key)


def entry_facts(
    gate: Gate, entry: Entry, kind: str, fields: Sequence[str], activity_at: datetime | None
) -> Told:
    """A docket entry as mails show it: at most 2000 characters, and how many more (S80, G20)."""
    text, more = cut(entry.text, gate.parts.settings.limits.text_characters)
    return {
        "kind": kind,
        "fields": list(fields),
        "filed_at": entry.filed_at,
        "activity_at": activity_at,
        "description": entry.description,
        "text": text,
        "more_characters": more,
    }


def _report(gate: Gate, row: Claimed, about: About) -> Told:
    here: list[Told] = []
    elsewhere: list[Told] = []
    for each in about:
        case = gate.case(each)
        line = {
            **with_stop(gate, each, row.created_at),
            "since": each.activated_at,
            "last_entry_at": case.last_activity_at if case else None,
            "state": "unavailable" if gate.hidden(each) else "active",
            "court_name": gate.parts.settings.court[each.court].name,
        }
        (here if each.court == row.court else elsewhere).append(line)
    return {
        "cases": here,
        "elsewhere": elsewhere,
        "stop_all": gate.links.stop_all(row.court, gate.address(row), row.created_at),
        "court_closed": any(gate.cases.get(each.court) is None for each in about),
    }


def _example(gate: Gate, row: Claimed) -> Told:
    number = vocabulary.example_number(gate.parts.settings.court[row.court])
    return {
        "example": gate.links.write(row.court, f"TRACK {number}").mailto,
        "example_number": number,
    }


def _no_records(gate: Gate, row: Claimed, about: About) -> Told:
    return _example(gate, row)


def _stop_ask(gate: Gate, row: Claimed, about: About) -> Told | None:
    request = gate.request(row)
    if request.state != requests.WAITING:
        return None
    with gate.parts.database.reading() as conn:
        asked = set(requests.cases(conn, request.id))
    every = request.kind == "stop_all"
    cases = [each for each in about if every or each.id in asked]
    return {
        "scope": "all" if every else "one",
        "cases": [case_facts(gate, each) for each in cases],
        "count": len(cases),
        "reply_to": gate.links.request_address(request),
        "confirm": gate.links.confirm(request, row.created_at),
        "code": gate.parts.signer.code(request.id, request.key_id),
        "expires_at": request.expires_at,
    }


def _stop_which(gate: Gate, row: Claimed, about: About) -> Told:
    return {
        "cases": [with_stop(gate, each, row.created_at) for each in about],
        "stop_all": gate.links.stop_all(row.court, gate.address(row), row.created_at),
    }


def _stopped(gate: Gate, row: Claimed, about: About) -> Told:
    stopped = gate.stopped(row)
    days = timedelta(days=gate.parts.settings.limits.undo_days)
    seed = gate.parts.settings.court[row.court].profile == "seed"
    undo = gate.links.undo(row.court, stopped, row.created_at) if stopped and not seed else None
    return {
        "scope": row.facts["scope"],
        "cases": [case_facts(gate, each) for each in about],
        "count": len(about),
        "undo": undo,
        "undo_until": stopped.stopped_at + days if stopped and undo else None,
        "already": stopped is None,
    }


def _restored(gate: Gate, row: Claimed, about: About) -> Told:
    done = bool(row.facts.get("done"))
    shown = about if done else ()
    return {
        "cases": [with_stop(gate, each, row.created_at) for each in shown],
        "count": len(shown),
        "expired": not done,
    }


def _already(gate: Gate, row: Claimed, about: About) -> Told | None:
    shown = [each for each in about if not gate.hidden(each)]
    if not shown:
        return None
    cases = [
        {**with_stop(gate, each, row.created_at), "since": each.activated_at} for each in shown
    ]
    return {"cases": cases, "unsubscribe": gate.links.one_click(shown[0], row.created_at)}


def _refused(gate: Gate, row: Claimed, about: About) -> Told:
    return {"items": row.facts["items"], **_example(gate, row)}


def _waiting(gate: Gate, row: Claimed, about: About) -> Told:
    numbers: Any = row.facts["numbers"]
    court = gate.parts.settings.court[row.court]
    return {
        "cases": [{"number": number} for number in numbers],
        "opens_at": court.opens_at(row.created_at),
        "command": "TRACK",
    }


def _help(gate: Gate, row: Claimed, about: About) -> Told:
    return {
        **vocabulary.help_facts(gate.parts.settings, gate.links, row.court),
        **_example(gate, row),
    }


def _not_understood(gate: Gate, row: Claimed, about: About) -> Told:
    suggestion = row.facts.get("suggestion")
    mailto = gate.links.write(row.court, str(suggestion)).mailto if suggestion else None
    pairs: Any = row.facts["reasons"]
    reasons = [Ignored(line, reason) for line, reason in pairs]
    told = {**row.facts, "reasons": reasons, "suggestion_mailto": mailto}
    return {**told, **_example(gate, row)}


def _declined(gate: Gate, row: Claimed, about: About) -> Told | None:
    stopped = gate.stopped(row)
    if stopped is None:
        return None
    return {"undo": gate.links.undo(row.court, stopped, row.created_at)}


def _link_problem(gate: Gate, row: Claimed, about: About) -> Told:
    expected = "CONFIRM" if row.facts["problem"] in ("ambiguous-answer", "foreign") else None
    return {**row.facts, "expected": expected}


_TEMPLATES: Mapping[str, Callable[[Gate, Claimed, About], Told | None]] = {
    "verify": _verify,
    "tracking": _tracking,
    "report": _report,
    "no-records": _no_records,
    "stop-ask": _stop_ask,
    "stop-which": _stop_which,
    "stopped": _stopped,
    "restored": _restored,
    "already": _already,
    "refused": _refused,
    "waiting": _waiting,
    "help": _help,
    "not-understood": _not_understood,
    "declined": _declined,
    "link-problem": _link_problem,
}
