"""STOP, UNDO and REPORT: ending subscriptions, bringing them back, listing them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from mailbot.desk.doing.replies import reply
from mailbot.desk.parts import Turn
from mailbot.store import addresses, drafts, notices, requests, stops, subscriptions
from mailbot.store.addresses import AddressRow
from mailbot.store.requests import RequestRow
from mailbot.store.stops import StopRow
from mailbot.store.subscriptions import SubscriptionRow
from mailbot.tokens import Purpose, digest

LIVE = (subscriptions.WAITING, subscriptions.PENDING, subscriptions.ACTIVE)


def everything(turn: Turn, to: AddressRow) -> list[SubscriptionRow]:
    """All that STOP ALL ends: every court of the instance (G29)."""
    return subscriptions.of_address(turn.conn, to.id, LIVE)


def stop(turn: Turn, to: AddressRow, rows: Sequence[SubscriptionRow], scope: str) -> StopRow | None:
    """End these subscriptions and send the receipt with its undo. None if nothing was left to end.

    Profile `seed` sends no receipt unless the question came by mail (decisions.md 28, S131).
    """
    ids = [row.id for row in rows if row.state in LIVE]
    ended = _end(turn, to, ids, scope) if ids else None
    seed = turn.court.profile == "seed"
    if ended is None:
        if turn.via == "mail":
            say_stopped(turn, to, scope, [row.id for row in rows], None)
    elif turn.via == "mail" or not seed:
        say_stopped(turn, to, scope, ids, ended)
    return ended


def say_stopped(
    turn: Turn, to: AddressRow, scope: str, ids: Sequence[int], ended: StopRow | None
) -> None:
    """Mail S93 or S124; with an undo where something ended just now."""
    facts = {"scope": scope, "subscriptions": list(ids), "stop": ended.id if ended else None}
    if ended is None:
        reply(turn, "stopped", to, facts)
    else:
        reply(turn, "stopped", to, facts, budget="none", cause=f"stopped:{ended.id}")


def _end(turn: Turn, to: AddressRow, ids: Sequence[int], scope: str) -> StopRow:
    row = _new_stop(turn, to, scope, None)
    subscriptions.end(turn.conn, ids, row.id, turn.now)
    drafts.drop_of(turn.conn, ids, "stopped", turn.now)
    return row


def _new_stop(turn: Turn, to: AddressRow, scope: str, request_id: int | None) -> StopRow:
    signer, row_id = turn.parts.signer, turn.parts.random_id()
    return stops.add(
        turn.conn,
        StopRow(
            id=row_id,
            address_id=to.id,
            request_id=request_id,
            scope=scope,
            via=turn.via,
            stopped_at=turn.now,
            undone_at=None,
            key_id=signer.current.id,
            undo_hash=digest(signer.handle(Purpose.UNDO, row_id)),
        ),
    )


def refuse(turn: Turn, to: AddressRow, request: RequestRow) -> StopRow:
    """Take down "I did not ask for this": nothing more unasked from this court, undoable."""
    row = _new_stop(turn, to, "refused", request.id)
    asked = subscriptions.by_ids(turn.conn, requests.cases(turn.conn, request.id))
    wishes = subscriptions.of_address(
        turn.conn, to.id, (subscriptions.PENDING, subscriptions.WAITING), turn.court_id
    )
    ids = {each.id for each in (*asked, *wishes) if each.state in LIVE}
    subscriptions.end(turn.conn, ids, row.id, turn.now)
    drafts.drop_of(turn.conn, sorted(ids), "stopped", turn.now)
    requests.decline_all(turn.conn, to.id, turn.court_id, turn.via, turn.now)
    addresses.refuse(turn.conn, to.id, turn.court_id, row.id, turn.now)
    return row


def undo(turn: Turn, stopped: StopRow) -> list[int] | None:
    """Bring back what the stop ended, and tell what came in between.

    Returns the subscriptions that are as before: none if it was undone already. None: too late.
    """
    since = turn.now - timedelta(days=turn.parts.settings.limits.undo_days)
    ended = subscriptions.of_stop(turn.conn, stopped.id)
    fresh = stopped.stopped_at > since  # else its ledgers may be gone
    rows = [row for row in ended if fresh and row.court in turn.parts.settings.court]
    if not stops.undo(turn.conn, stopped.id, since, turn.now):
        return None if stopped.undone_at is None else []
    subscriptions.restore(turn.conn, [row.id for row in rows])
    if stopped.scope == "refused":
        addresses.lift_refusal(turn.conn, stopped.address_id, turn.court_id)
        if stopped.request_id is not None and fresh:
            requests.reopen(turn.conn, stopped.request_id)
    drafts.take_back(turn.conn, [row.id for row in rows], stopped.stopped_at, turn.now)
    for row in rows:
        notices.tell(turn.conn, row.court, row.case_key, turn.now)
    return [row.id for row in rows]


def say_restored(turn: Turn, stopped: StopRow, restored: Sequence[int] | None) -> None:
    """Mail what is tracked again, or that it is too late for that."""
    to = addresses.by_id(turn.conn, stopped.address_id)
    facts = {
        "stop": stopped.id,
        "subscriptions": list(restored or ()),
        "done": restored is not None,
    }
    reply(turn, "restored", to, facts)


def report(turn: Turn, to: AddressRow) -> None:
    """Mail what the address follows, to itself only (S104, S105)."""
    active = subscriptions.of_address(turn.conn, to.id, (subscriptions.ACTIVE,))
    reply(turn, "report" if active else "no-records", to, {})
