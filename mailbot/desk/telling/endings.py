"""Gathers what the mails about an end tell: stops, their undo, a refusal, a court's farewell."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from mailbot.desk.telling.facts import Gate, Told, case_facts, with_stop
from mailbot.model import Claimed, Link
from mailbot.store import requests, subscriptions
from mailbot.store.stops import StopRow
from mailbot.store.subscriptions import SubscriptionRow

About = Sequence[SubscriptionRow]


def stop_ask(gate: Gate, row: Claimed, about: About) -> Told | None:
    """The question whether a STOP is meant; None once it is answered."""
    request = gate.request(row)
    if request.state != requests.WAITING:
        return None
    with gate.parts.database.reading() as conn:
        asked = set(requests.cases(conn, request.id))
    every = request.kind == "stop_all"
    cases = [each for each in about if every or each.id in asked]
    if not cases:
        return None
    return {
        "scope": "all" if every else "one",
        "cases": [case_facts(gate, each) for each in cases],
        "count": len(cases),
        "reply_to": gate.links.request_address(request),
        "confirm": gate.links.confirm(request, row.created_at),
        "code": gate.parts.signer.code(request.id, request.key_id),
        "expires_at": request.expires_at,
    }


def stop_which(gate: Gate, row: Claimed, about: About) -> Told | None:
    """All that the address follows, to choose from; None if that ended meanwhile."""
    if not about:
        return None
    return {
        "cases": [with_stop(gate, each, row.created_at) for each in about],
        "stop_all": gate.links.stop_all(row.court, gate.address(row), row.created_at),
    }


def not_tracking(gate: Gate, row: Claimed, about: About) -> Told:
    """That there is nothing to stop, and what is followed or waits for a yes."""
    active = [each for each in about if each.state == subscriptions.ACTIVE]
    pending = [each for each in about if each.state == subscriptions.PENDING]
    courts = gate.parts.settings.court
    return {
        "numbers": row.facts["numbers"],
        "pending": [each.number for each in pending],
        "cases": [
            {**with_stop(gate, each, row.created_at), "court_name": courts[each.court].name}
            for each in active
        ],
    }


def stopped(gate: Gate, row: Claimed, about: About) -> Told:
    """The receipt of a stop, with its undo."""
    stopped = gate.stopped(row)
    days = timedelta(days=gate.parts.settings.limits.undo_days)
    asked = bool(row.facts.get("asked_undo"))
    silent = gate.parts.settings.court[row.court].profile == "seed" and not asked
    undo = gate.links.undo(row.court, stopped, row.created_at) if stopped and not silent else None
    return {
        "scope": row.facts["scope"],
        "cases": [case_facts(gate, each) for each in about],
        "count": len(about),
        "undo": undo,
        "undo_until": stopped.stopped_at + days if stopped and undo else None,
        "already": stopped is None,
        "asked_undo": asked,
    }


def restored(gate: Gate, row: Claimed, about: About) -> Told:
    """What an undo brought back."""
    done, stopped = bool(row.facts.get("done")), gate.stopped(row)
    active = [each for each in about if done and each.state == subscriptions.ACTIVE]
    shown = [each for each in active if not gate.hidden(each)]
    refusal = stopped if stopped is not None and stopped.scope == "refused" else None
    return {
        "cases": [with_stop(gate, each, row.created_at) for each in shown],
        "count": len(shown),
        "expired": not done,
        "refusal": refusal is not None,
        "confirm": _open_question(gate, refusal, row) if refusal else None,
    }


def _open_question(gate: Gate, refusal: StopRow, row: Claimed) -> Link | None:
    """The link that answers the request which was refused and waits again."""
    asked = gate.request_of(refusal)
    if asked is None or asked.state != requests.WAITING or asked.expires_at <= gate.now:
        return None
    return gate.links.confirm(asked, row.created_at)


def declined(gate: Gate, row: Claimed, about: About) -> Told | None:
    """The receipt of "I did not ask for this", with its undo."""
    stopped = gate.stopped(row)
    if stopped is None:
        return None
    return {"undo": gate.links.undo(row.court, stopped, row.created_at)}


def farewell(gate: Gate, row: Claimed, about: About) -> Told | None:
    """The last mail of a court that closes."""
    court = gate.parts.settings.court[row.court]
    shown = [case_facts(gate, each) for each in about if not gate.hidden(each)]
    if not shown:
        return None
    return {"closes_on": court.closes_on, "closes_text": court.closes_text, "cases": shown}
