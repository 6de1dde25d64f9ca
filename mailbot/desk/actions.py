"""A click comes in: looking shows what would happen, acting does it; both answer with a page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from mailbot.desk.doing import commands, confirming, recovering, stopping
from mailbot.desk.doing.confirming import Answered
from mailbot.desk.parts import Parts, Turn, Via
from mailbot.desk.telling.facts import Told
from mailbot.desk.telling.pages import Click, Pages, unknown_link
from mailbot.errors import TokenError
from mailbot.model import Page
from mailbot.store import addresses, requests, stops, subscriptions
from mailbot.store.stops import StopRow
from mailbot.tokens import Purpose, canonical_code, digest


def look(parts: Parts, verb: str, token: str, now: datetime) -> Page:
    """The question that the link's button answers. Reads only (house.md, invariant 13).

    Raises:
        StoreUnavailable: nothing can be shown now.
    """
    with parts.database.reading() as conn:
        click = _open(parts, conn, verb, token, now)
    if click is None:
        return unknown_link(parts, now)
    return Pages(parts, click, now).question()


def act(
    parts: Parts, verb: str, token: str, now: datetime, via: Via, code: str | None = None
) -> Page:
    """Do what the link says, in one transaction, and show what was done.

    Raises:
        StoreUnavailable: nothing was done.
    """
    with parts.database.transaction() as conn:
        click = _open(parts, conn, verb, token, now)
        if click is None:
            return unknown_link(parts, now)
        cause = f"{via}:{digest(token)}:{now.isoformat()}"
        turn = Turn(parts, conn, now, click.court, cause, via)
        by_mail = verb == "confirm" and parts.settings.web.confirm_web == "off"
        wrong = _code_error(turn, click, code) if verb == "confirm" else None
        if not wrong and not by_mail and verb != "decline":
            recovering.alive(turn, click.owner.id)
        result = None if wrong or by_mail else _DOES[verb](turn, click)
    pages = Pages(parts, click, now)
    return pages.question(wrong) if result is None else pages.result(*result)


def _open(parts: Parts, conn: Connection, verb: str, token: str, now: datetime) -> Click | None:
    try:
        row = parts.signer.read(_PURPOSES[verb], token, now).row
        return _at_a_known_court(parts, _READS[verb](conn, row))
    except (TokenError, LookupError):
        return None


def _at_a_known_court(parts: Parts, click: Click) -> Click:
    """The click at a court that the configuration names. Raises LookupError if it names none."""
    rows = [row for row in click.rows if row.court in parts.settings.court]
    for court in (click.court, *(row.court for row in rows)):
        if court in parts.settings.court:
            return replace(click, court=court, rows=rows)
    raise LookupError(click.court)


def _read_request(verb: str) -> Callable[[Connection, int], Click]:
    def read(conn: Connection, row: int) -> Click:
        request = requests.by_id(conn, row)
        rows = subscriptions.by_ids(conn, requests.cases(conn, row))
        owner = addresses.by_id(conn, request.address_id)
        declined = request.kind == "track" and request.state == requests.DECLINED
        refused = stops.refused(conn, owner.id, request.court) if declined else None
        return Click(verb, request.court, owner, rows, request, refused)

    return read


def _read_subscription(conn: Connection, row: int) -> Click:
    found = subscriptions.by_ids(conn, [row])
    if not found:
        raise LookupError(row)
    return Click("stop", found[0].court, addresses.by_id(conn, found[0].address_id), found)


def _read_address(conn: Connection, row: int) -> Click:
    owner = addresses.by_id(conn, row)
    rows = subscriptions.of_address(conn, row, (*stopping.LIVE, subscriptions.STOPPED))
    if not rows:
        raise LookupError(row)
    return Click("stop-all", rows[-1].court, owner, rows)


def _read_stop(conn: Connection, row: int) -> Click:
    stopped = stops.by_id(conn, row)
    owner = addresses.by_id(conn, stopped.address_id)
    ended = subscriptions.of_stop(conn, row)
    every = ended or subscriptions.of_address(conn, owner.id, (*stopping.LIVE, "stopped"))
    if not every:
        raise LookupError(row)
    refused = requests.by_id(conn, stopped.request_id) if stopped.request_id else None
    court = refused.court if refused else every[0].court
    return Click("undo", court, owner, ended, stopped=stopped)


_PURPOSES = {
    "confirm": Purpose.CONFIRM,
    "decline": Purpose.DECLINE,
    "stop": Purpose.STOP,
    "stop-all": Purpose.STOP_ALL,
    "undo": Purpose.UNDO,
}
_READS: dict[str, Callable[[Connection, int], Click]] = {
    "confirm": _read_request("confirm"),
    "decline": _read_request("decline"),
    "stop": _read_subscription,
    "stop-all": _read_address,
    "undo": _read_stop,
}

Result = tuple[str, Told, int]


def _confirm(turn: Turn, click: Click) -> Result:
    request = click.asked
    answered = confirming.confirm(turn, request)
    if answered not in (Answered.DONE, Answered.AGAIN):
        return _not_confirmed(turn, click, answered)
    if request.kind == "track":
        live = subscriptions.by_ids(turn.conn, [row.id for row in click.rows])
        if not any(row.state == subscriptions.ACTIVE for row in live):
            return "problem", {"problem": "used", "fresh": False}, 410
        return "confirmed", {"rows": live}, 200
    scope = "all" if request.kind == "stop_all" else "one"
    template = "stopped-all" if scope == "all" else "stopped"
    return template, {"rows": click.rows, "stop": _last_stop(turn, click, scope)}, 200


def _not_confirmed(turn: Turn, click: Click, answered: Answered) -> Result:
    """Why a yes came to nothing."""
    if answered in (Answered.DECLINED, Answered.CLOSED):
        return "problem", {"problem": answered.value, "fresh": False, "stop": click.stopped}, 410
    waits = any(
        requests.waiting_for(turn.conn, row.id, click.asked.kind, turn.now) for row in click.rows
    )
    return "problem", {"problem": "expired", "fresh": waits}, 410


def _last_stop(turn: Turn, click: Click, scope: str) -> StopRow | None:
    """The stop that ended these rows, and no others with them, and can still be undone."""
    rows = subscriptions.by_ids(turn.conn, [row.id for row in click.rows])
    ids = {row.stop_id for row in rows if row.stop_id is not None}
    stopped = stops.by_id(turn.conn, ids.pop()) if len(ids) == 1 else None
    return stopped if stopped is not None and stopped.scope == scope else None


def _decline(turn: Turn, click: Click) -> Result:
    answered = confirming.decline(turn, click.asked)
    if answered is Answered.AGAIN:
        return "problem", {"problem": "used", "fresh": False}, 410
    return "declined", {"stop": stops.of_request(turn.conn, click.asked.id)}, 200


def _stop(turn: Turn, click: Click) -> Result:
    stopping.stop(turn, click.owner, click.rows, "one")
    return "stopped", {"rows": click.rows, "stop": _last_stop(turn, click, "one")}, 200


def _stop_all(turn: Turn, click: Click) -> Result:
    live = stopping.everything(turn, click.owner)
    ended = stopping.stop(turn, click.owner, live, "all")
    return "stopped-all", {"stop": ended}, 200


def _undo(turn: Turn, click: Click) -> Result:
    stopped = click.ended
    undone = stopping.undo(turn, stopped)
    if undone.said != "restored":
        problem = "used" if undone.said == "stopped-since" else undone.said
        return "problem", {"problem": problem, "fresh": False}, 410
    if stopped.scope != "refused" and stopped.undone_at is None:
        stopping.say_restored(turn, stopped, undone)
    back = subscriptions.by_ids(turn.conn, undone.ids)
    active = [row for row in back if row.state == subscriptions.ACTIVE]
    request = requests.by_id(turn.conn, stopped.request_id) if stopped.request_id else None
    if request and (request.state != requests.WAITING or request.expires_at <= turn.now):
        request = None
    told = {
        "scope": stopped.scope,
        "count": len(active),
        "rows": active if stopped.scope == "one" else (),  # a forwarded link tells no more
        "request": request,
    }
    return "undone", told, 200


_DOES: dict[str, Callable[[Turn, Click], Result]] = {
    "confirm": _confirm,
    "decline": _decline,
    "stop": _stop,
    "stop-all": _stop_all,
    "undo": _undo,
}


def _code_error(turn: Turn, click: Click, code: str | None) -> str | None:
    """What is wrong with the code that the page asks for, where the court asks for one (5.3 K)."""
    request = click.asked
    if turn.parts.settings.web.confirm_web != "code" or request.kind != "track":
        return None
    if not (code or "").strip():
        return "missing"
    if request.wrong_codes >= commands.WRONG_CODES_A_REQUEST:
        return "too-many"
    if digest(canonical_code(code or "")) == request.code_hash:
        return None
    requests.count_wrong_code(turn.conn, request.id)
    return "wrong"
