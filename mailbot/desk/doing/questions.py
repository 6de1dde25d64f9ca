"""Asks the owner of an address whether a STOP is meant that anybody may have forged."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta

from mailbot.desk.doing import stopping, tracking
from mailbot.desk.doing.replies import reply
from mailbot.desk.parts import Turn
from mailbot.model import case_key
from mailbot.store import arrivals, requests, subscriptions
from mailbot.store.addresses import AddressRow
from mailbot.store.subscriptions import SubscriptionRow


def ask_to_stop(turn: Turn, to: AddressRow, args: Sequence[str]) -> None:
    """A STOP that anybody may have forged is answered with the question S90 or S121.

    What the mail itself proves is done at once, with receipt and undo (mail-interface.md 0.2).
    """
    if _is_proved(turn, to, args):
        stop_named(turn, to, args)
        return
    live = subscriptions.of_address(turn.conn, to.id, (subscriptions.ACTIVE,))
    rows, everything = chosen(live, args)
    if not live or not rows:
        say_not_tracking(turn, to, args)
    elif everything:
        ask(turn, to, "stop_all", rows)
    elif args or len(rows) == 1:
        ask(turn, to, "stop", rows)
    else:
        reply(turn, "stop-which", to, {})


def _is_proved(turn: Turn, to: AddressRow, args: Sequence[str]) -> bool:
    """Whether the mail is surely the subscriber's, and every court concerned asks no more."""
    if turn.proof.level != "P1":
        return False
    rows, _ = chosen(subscriptions.of_address(turn.conn, to.id, stopping.LIVE), args)
    courts = turn.parts.settings.court
    concerned = {turn.court_id, *(row.court for row in rows)} & courts.keys()
    return all(courts[court].stops_at_once for court in concerned)


def stop_named(turn: Turn, owner: AddressRow, args: Sequence[str]) -> None:
    """Stop what is named; where one of several may be meant, show them all."""
    live = subscriptions.of_address(turn.conn, owner.id, stopping.LIVE)
    active = [row for row in live if row.state == subscriptions.ACTIVE]
    # A wish that anybody may have forged must not make a bare STOP ambiguous.
    rows, everything = chosen(live if args else active or live, args)
    if rows and (args or len(rows) == 1):
        stopping.stop(turn, owner, rows, "all" if everything else "one")
    elif rows:
        reply(turn, "stop-which", owner, {})
    else:
        _say_what_ended(turn, owner, args)


def _say_what_ended(turn: Turn, owner: AddressRow, args: Sequence[str]) -> None:
    """STOP of what is stopped is answered as the first time (G10)."""
    ended = subscriptions.of_address(turn.conn, owner.id, (subscriptions.STOPPED,))
    rows, everything = chosen(ended, args)
    if everything and rows:
        stopping.say_stopped(turn, owner, "all", [], None)
    elif args and rows:
        stopping.say_stopped(turn, owner, "one", [row.id for row in rows], None)
    else:
        say_not_tracking(turn, owner, args)


def chosen(
    live: Sequence[SubscriptionRow], args: Iterable[str]
) -> tuple[list[SubscriptionRow], bool]:
    """Which subscriptions STOP means, and whether it means ALL. Without numbers: every one."""
    wanted = list(args)
    if "ALL" in wanted:
        return list(live), True
    keys = {case_key(number) for number in wanted}
    return [row for row in live if not keys or row.case_key in keys], False


def say_not_tracking(turn: Turn, to: AddressRow, args: Sequence[str]) -> None:
    """STOP of what is not followed: say so, and what waits for a yes; REPORT tells as much."""
    asked = subscriptions.of_address(turn.conn, to.id, (subscriptions.PENDING,))
    pending, everything = chosen(asked, args)
    numbers = [] if everything else list(args)
    facts = {"numbers": numbers, "subscriptions": [row.id for row in pending]}
    reply(turn, "not-tracking", to, facts)


def ask(turn: Turn, to: AddressRow, kind: str, rows: Sequence[SubscriptionRow]) -> bool:
    """Mail the question, unless the same was asked just now or too often today."""
    asked = requests.waiting_for(turn.conn, rows[0].id, kind, turn.now)
    recent = timedelta(minutes=turn.parts.settings.limits.confirmation_minutes)
    if asked is not None and asked.created_at > turn.now - recent:
        ids = set(requests.cases(turn.conn, asked.id))
        if ids == {row.id for row in rows}:
            return False
    most = turn.parts.settings.limits.stop_questions_per_day
    if arrivals.count(turn.conn, "ask", to.key, turn.now - timedelta(days=1)) >= most:
        return False
    arrivals.note(turn.conn, "ask", to.key, turn.now)
    request = tracking.new_request(turn, to, kind, [row.id for row in rows])
    cause = f"{turn.cause}:stop-ask:{request.id}"
    return reply(turn, "stop-ask", to, {}, cause=cause, request_id=request.id)
