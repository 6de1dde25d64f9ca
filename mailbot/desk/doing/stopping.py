"""STOP, UNDO and REPORT: ending subscriptions, bringing them back, listing them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from mailbot.desk.doing.replies import reply
from mailbot.desk.parts import Turn
from mailbot.model import Facts
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


def stop_silently(turn: Turn, to: AddressRow, rows: Sequence[SubscriptionRow]) -> None:
    """End these subscriptions without a receipt: whoever complains wants no more mail."""
    ids = [row.id for row in rows if row.state in LIVE]
    if ids:
        _end(turn, to, ids, "one")


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


def refuse(turn: Turn, to: AddressRow, request: RequestRow | None) -> StopRow:
    """Take down "I did not ask for this": nothing more unasked from this court, undoable.

    Args:
        request: what is refused with it; None if the mail that is refused asked nothing.
    """
    row = _new_stop(turn, to, "refused", request.id if request else None)
    cases = requests.cases(turn.conn, request.id) if request else []
    asked = subscriptions.by_ids(turn.conn, cases)
    wishes = subscriptions.of_address(
        turn.conn, to.id, (subscriptions.PENDING, subscriptions.WAITING), turn.court_id
    )
    ids = {each.id for each in (*asked, *wishes) if each.state in LIVE}
    subscriptions.end(turn.conn, ids, row.id, turn.now)
    drafts.drop_of(turn.conn, sorted(ids), "stopped", turn.now)
    requests.decline_all(turn.conn, to.id, turn.court_id, turn.via, turn.now)
    addresses.refuse(turn.conn, to.id, turn.court_id, row.id, turn.now)
    return row


@dataclass(frozen=True)
class Undone:
    """What became of an undo, and the subscriptions that it brought back, now or before."""

    said: Literal["restored", "too-late", "closed", "stopped-since"]
    ids: list[int]


def undo(turn: Turn, stopped: StopRow) -> Undone:
    """Bring back what the stop ended, and tell what came in between. Twice is as good as once."""
    since = turn.now - timedelta(days=turn.parts.settings.limits.undo_days)
    fresh = stopped.stopped_at > since  # else its ledgers may be gone
    ended = subscriptions.of_stop(turn.conn, stopped.id) if fresh else []
    rows = [row for row in ended if _goes_on(turn, row.court)]
    if ended and not rows and stopped.scope != "refused":
        return Undone("closed", [])
    if stops.undo(turn.conn, stopped.id, since, turn.now):
        _restore(turn, stopped, rows)
        if stopped.scope == "refused":
            _take_back(turn, stopped, fresh)
    elif stops.by_id(turn.conn, stopped.id).undone_at is None:
        return Undone("too-late", [])
    ids = [row.id for row in subscriptions.back_from(turn.conn, stopped.id)]
    gone = not ids and stopped.scope != "refused"
    return Undone("stopped-since" if gone else "restored", ids)


def _goes_on(turn: Turn, court_id: str) -> bool:
    """Whether there is such a court, and it did not end its service."""
    court = turn.parts.settings.court.get(court_id)
    return court is not None and not court.has_closed(turn.now)


def _restore(turn: Turn, stopped: StopRow, rows: Sequence[SubscriptionRow]) -> None:
    ids = [row.id for row in rows]
    subscriptions.restore(turn.conn, ids)
    drafts.take_back(turn.conn, ids, stopped.stopped_at, turn.now)
    for row in rows:
        notices.tell(turn.conn, row.court, row.case_key, turn.now)


def _take_back(turn: Turn, stopped: StopRow, fresh: bool) -> None:
    """The court may write again; a request that was refused lately waits again."""
    addresses.lift_refusal_of(turn.conn, stopped.id)
    if fresh:
        requests.reopen(turn.conn, stopped.address_id, stopped.stopped_at)


def say_restored(turn: Turn, stopped: StopRow, undone: Undone) -> None:
    """Mail what is tracked again, or why it is not."""
    to = addresses.by_id(turn.conn, stopped.address_id)
    if undone.said in ("closed", "stopped-since"):
        facts: Facts = {"problem": undone.said, "fresh": False}
        reply(turn, "link-problem", to, facts, budget="help")
        return
    done = undone.said == "restored"
    facts = {"stop": stopped.id, "subscriptions": undone.ids, "done": done}
    reply(turn, "restored", to, facts)


def report(turn: Turn, to: AddressRow) -> None:
    """Mail what the address follows, to itself only (S104, S105)."""
    active = subscriptions.of_address(turn.conn, to.id, (subscriptions.ACTIVE,))
    reply(turn, "report" if active else "no-records", to, {})
