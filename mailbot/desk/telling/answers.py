"""Gathers what the template of each answer tells: from the row's references, store and court."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from mailbot.desk import access
from mailbot.desk.telling import endings, vocabulary
from mailbot.desk.telling.facts import Gate, Told, case_facts, entry_facts, in_order, with_stop
from mailbot.desk.telling.links import mailto
from mailbot.errors import CourtUnavailable
from mailbot.model import Claimed, Facts, Ignored
from mailbot.store import enclosures, requests, subscriptions
from mailbot.store.subscriptions import SubscriptionRow

IN_THREADS = ("STOP", "STOP ALL", "UNDO", "REPORT")  # what an answer to our mail may say
RECENT = 5  # entries in "now tracking" (G7)

About = Sequence[SubscriptionRow]


def facts_of(gate: Gate, row: Claimed, about: About) -> Facts | None:
    """The complete facts of an answer, or None if nothing is left to say."""
    gate = gate.of(row)
    told = _TEMPLATES[row.template](gate, row, about)
    if told is None:
        return None
    return {
        **told,
        "came_back": row.facts.get("came_back"),
        "last_until": _moment(row.facts.get("last_until")),
        "frame": gate.frame(row),
    }


def _moment(stored: object) -> datetime | None:
    return datetime.fromisoformat(stored) if isinstance(stored, str) else None


def _verify(gate: Gate, row: Claimed, about: About) -> Told | None:
    request = gate.request(row)
    shown = [each for each in about if each.state == subscriptions.PENDING]
    shown = [each for each in shown if not gate.hidden(each)]
    over = request.state != requests.WAITING or request.expires_at <= gate.now
    if not shown or over or gate.refuses(row):
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
    active = [each for each in about if each.state == subscriptions.ACTIVE]
    shown = [each for each in active if not gate.hidden(each)]
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


def _report(gate: Gate, row: Claimed, about: About) -> Told:
    if not about:  # all was stopped while the report was on its way
        return {**_example(gate, row), "template": "no-records"}
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
    answer_to, link = row.facts.get("answer_to"), None
    if suggestion and answer_to and suggestion in IN_THREADS:
        link = mailto(str(answer_to), str(suggestion))
    elif suggestion:
        link = gate.links.write(row.court, str(suggestion)).mailto
    pairs: Any = row.facts["reasons"]
    reasons = [Ignored(line, reason) for line, reason in pairs]
    told = {**row.facts, "reasons": reasons, "suggestion_mailto": link}
    return {**told, **_example(gate, row)}


def _link_problem(gate: Gate, row: Claimed, about: About) -> Told:
    refused = gate.stopped(row)
    undo = gate.links.undo(row.court, refused, row.created_at) if refused else None
    told = {**row.facts, "confirm": None, "decline": None, "undo": undo, "asked": None}
    request = gate.request(row) if row.request_id is not None else None
    if request is not None and request.state == requests.WAITING:
        shown = [case_facts(gate, each) for each in about if not gate.hidden(each)]
        told["asked"] = {"kind": request.kind, "cases": shown}
        told["confirm"] = gate.links.confirm(request, row.created_at)
        told["reply_to"] = gate.links.request_address(request)
        if request.kind == "track":
            told["decline"] = gate.links.decline(request, row.created_at)
    return told


def _handed_on(gate: Gate, row: Claimed, about: About) -> Told | None:
    """Somebody's mail for postmaster; an answer goes to its writer."""
    with gate.parts.database.reading() as conn:
        enclosed = enclosures.of_mail(conn, row.id)
    if enclosed is None:
        return None
    writer = enclosed.facts["writer"]
    answerable = isinstance(writer, str) and writer.isascii()
    return {**enclosed.facts, "reply_to": writer if answerable else None, "enclosed": enclosed.raw}


def _as_stored(gate: Gate, row: Claimed, about: About) -> Told:
    return dict(row.facts)


_TEMPLATES: Mapping[str, Callable[[Gate, Claimed, About], Told | None]] = {
    "verify": _verify,
    "tracking": _tracking,
    "report": _report,
    "no-records": _no_records,
    "stop-ask": endings.stop_ask,
    "stop-which": endings.stop_which,
    "not-tracking": endings.not_tracking,
    "stopped": endings.stopped,
    "restored": endings.restored,
    "already": _already,
    "refused": _refused,
    "waiting": _waiting,
    "help": _help,
    "not-understood": _not_understood,
    "declined": endings.declined,
    "link-problem": _link_problem,
    "farewell": endings.farewell,
    "operator-alert": _as_stored,
    "not-handled": _as_stored,
    "handed-on": _handed_on,
}
