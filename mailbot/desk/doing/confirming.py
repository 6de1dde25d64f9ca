"""CONFIRM and NO: what the owner of an address answers to a question, carried out once."""

from __future__ import annotations

from enum import StrEnum

from mailbot.desk.doing import questions, recovering, stopping
from mailbot.desk.doing.replies import reply
from mailbot.desk.doing.tracking import mail_request, new_request
from mailbot.desk.parts import Turn
from mailbot.store import addresses, notices, requests, subscriptions
from mailbot.store.addresses import AddressRow
from mailbot.store.requests import RequestRow
from mailbot.store.subscriptions import SubscriptionRow

_OPEN = (requests.WAITING, requests.EXPIRED, requests.BOUNCED)


class Answered(StrEnum):
    """What became of an answer to a request."""

    DONE = "done"
    AGAIN = "again"  # it was done before; say so as if it were the first time
    EXPIRED = "expired"
    ASKED_AGAIN = "expired, asked again"  # with a mail that is on its way
    DECLINED = "declined"
    CLOSED = "closed"  # the court takes no cases to track any more


def confirm(turn: Turn, request: RequestRow) -> Answered:
    """Say yes to a request, once; whoever says it again hears the same (5.3 D)."""
    if request.court not in turn.parts.settings.court:
        return Answered.CLOSED
    turn = turn.at(request.court)  # whichever court's address was written to
    to = addresses.by_id(turn.conn, request.address_id)
    if request.state in _OPEN and _is_too_late(turn, request):
        return Answered.CLOSED
    if requests.consume(turn.conn, request.id, requests.CONFIRMED, turn.via, turn.now):
        recovering.alive(turn, to.id)
        addresses.prove(turn.conn, to.id, turn.now)
        _carry_out(turn, addresses.by_id(turn.conn, to.id), request)  # proved, as it is now
        return Answered.DONE
    state = requests.by_id(turn.conn, request.id).state
    if state == requests.DECLINED:
        return Answered.DECLINED
    followed = [] if request.kind == "track" else _followed_still(turn, request)
    if not followed and (request.kind != "track" or state == requests.CONFIRMED):
        _say_again(turn, to, request)
        return Answered.AGAIN
    first = requests.expire(turn.conn, request.id)
    if followed:
        mailed = questions.ask(turn, to, request.kind, followed)
    else:
        mailed = first and _ask_to_track_again(turn, to, request)
    return Answered.ASKED_AGAIN if mailed else Answered.EXPIRED


def _is_too_late(turn: Turn, request: RequestRow) -> bool:
    """Whether nothing can begin any more; whoever wants to stop is never too late."""
    return request.kind == "track" and turn.court.has_closed(turn.now)


def _ask_to_track_again(turn: Turn, to: AddressRow, request: RequestRow) -> bool:
    """Ask once more for what is pending still. False if nothing is."""
    rows = subscriptions.by_ids(turn.conn, requests.cases(turn.conn, request.id))
    pending = [row for row in rows if row.state == subscriptions.PENDING]
    for row in pending:
        subscriptions.ask(turn.conn, row.id, row.number, row.state, row.asked_event, turn.now)
    if pending:
        fresh = new_request(turn, to, "track", [row.id for row in pending])
        mail_request(turn, to, fresh)
    return bool(pending)


def _followed_still(turn: Turn, request: RequestRow) -> list[SubscriptionRow]:
    """What a question about stopping would end now: it came too late, or its stop was undone."""
    active = subscriptions.of_address(turn.conn, request.address_id, (subscriptions.ACTIVE,))
    asked = set(requests.cases(turn.conn, request.id))
    return [row for row in active if request.kind == "stop_all" or row.id in asked]


def _carry_out(turn: Turn, to: AddressRow, request: RequestRow) -> None:
    ids = requests.cases(turn.conn, request.id)
    if request.kind != "track":
        rows = subscriptions.by_ids(turn.conn, ids)
        scope = "all" if request.kind == "stop_all" else "one"
        if scope == "all":
            rows = stopping.everything(turn, to)
        stopping.stop(turn, to, rows, scope)
        return
    addresses.lift_refusal(turn.conn, to.id, turn.court_id)
    if subscriptions.activate(turn.conn, ids, turn.now) == 0:
        _say_again(turn, to, request)
        return
    if turn.via == "mail" or turn.court.profile != "seed":  # S131: the page has said it
        cause = f"confirmed:{request.id}"
        reply(turn, "tracking", to, {"subscriptions": ids}, budget="none", cause=cause)
    for row in subscriptions.by_ids(turn.conn, ids):
        notices.tell(turn.conn, row.court, row.case_key, turn.now)


def _say_again(turn: Turn, to: AddressRow, request: RequestRow) -> None:
    """Answer a second yes by mail as the first; on a page the page says it."""
    if turn.via != "mail":
        return
    ids = requests.cases(turn.conn, request.id)
    active = [row.id for row in subscriptions.by_ids(turn.conn, ids) if row.state == "active"]
    if request.kind == "track" and not active:
        facts = {"problem": "stopped-since", "fresh": False}
        reply(turn, "link-problem", to, facts, budget="help")
    elif request.kind == "track":
        reply(turn, "tracking", to, {"subscriptions": active})
    else:
        scope = "all" if request.kind == "stop_all" else "one"
        stopping.say_stopped(turn, to, scope, ids, None)


def decline(turn: Turn, request: RequestRow) -> Answered:
    """NO: "I did not ask for this" to a sign-up; to a question about stopping, nothing happens.

    It counts after the link's days are over, and after somebody else has said yes.
    """
    if request.court not in turn.parts.settings.court:
        return Answered.AGAIN
    turn = turn.at(request.court)
    if request.kind != "track":
        no = requests.consume(turn.conn, request.id, requests.DECLINED, turn.via, turn.now)
        return Answered.DONE if no else Answered.AGAIN
    if not requests.refuse(turn.conn, request.id, turn.via, turn.now):
        return Answered.DECLINED
    stopping.refuse(turn, addresses.by_id(turn.conn, request.address_id), request)
    return Answered.DONE
