"""TRACK: from a wish to a question whether its owner agrees."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from mailbot.desk.doing.lookups import Found
from mailbot.desk.doing.replies import (
    address_of,
    case_has_room,
    confirmation_time,
    may_hear,
    note_cases,
    note_heard,
    once_a_day,
    reply,
)
from mailbot.desk.parts import Turn
from mailbot.store import addresses, drafts, ledger, requests, subscriptions
from mailbot.store.addresses import AddressRow
from mailbot.store.ledger import TrackedCase
from mailbot.store.requests import RequestRow
from mailbot.store.subscriptions import SubscriptionRow
from mailbot.tokens import Purpose, digest

COOLED_DOWN = timedelta(days=7)  # after a confirmation that came back, trap 52


def track(turn: Turn, spelling: str, found: Sequence[Found], late: bool = False) -> None:
    """Answer TRACK: ask for a confirmation, and say in one mail what cannot be tracked.

    An address that refused this court hears nothing unless it proves itself (decisions.md 27).
    """
    to = address_of(turn, spelling)
    if addresses.refuses(turn.conn, to.id, turn.court_id):
        return
    closed = turn.court.has_closed(turn.now)
    _refuse(turn, to, [each for each in found if closed or each.verdict in _REFUSED], closed)
    if closed:
        return
    rows = [_subscribe(turn, to, each) for each in found if each.verdict == "open"]
    rows += _wait_for_court(turn, to, [each for each in found if each.verdict == "unreadable"])
    for row in rows:
        if row.state == subscriptions.ACTIVE and once_a_day(turn, "already", to, row.case_key):
            cause = f"{turn.cause}:already:{row.case_key}"
            reply(turn, "already", to, {}, subscription_id=row.id, cause=cause)
    asked = [row for row in rows if row.state == subscriptions.PENDING]
    if asked:
        _ask(turn, to, asked, late)


def _refuse(turn: Turn, to: AddressRow, found: Sequence[Found], closed: bool) -> None:
    """Say in one mail what cannot be tracked, as far as the budgets of each case and all allow."""
    if not found or not may_hear(turn, to):
        return
    told = [each for each in found if case_has_room(turn, to, "refused", each.key)]
    if told:
        note_heard(turn, to)
        reply(turn, "refused", to, {"items": [_refusal(each, closed) for each in told]})


_REFUSED = {"hidden": "access", "excluded": "excluded"}


def _refusal(found: Found, closed: bool) -> dict[str, str]:
    reason = "closed" if closed else _REFUSED[found.verdict]
    return {"number": found.number, "reason": reason, "sentence": found.sentence}


def _wait_for_court(
    turn: Turn, to: AddressRow, unreadable: Sequence[Found]
) -> list[SubscriptionRow]:
    """Keep new wishes until the court can be read, and say so at once (decisions.md 4).

    Returns the rows that need no look at the court: those that are pending or active.
    """
    rows: list[SubscriptionRow] = []
    new: list[Found] = []
    for each in unreadable:
        row = subscriptions.of_case(turn.conn, to.id, turn.court_id, each.key)
        if row is not None and row.state in (subscriptions.PENDING, subscriptions.ACTIVE):
            rows.append(row)
        elif _put_down(turn, to, each, row):
            new.append(each)
    told = [each for each in new if case_has_room(turn, to, "confirm-case", each.key)]
    if told and may_hear(turn, to):
        note_heard(turn, to)
        reply(turn, "waiting", to, {"numbers": [each.number for each in told]})
    return rows


def _put_down(turn: Turn, to: AddressRow, found: Found, row: SubscriptionRow | None) -> bool:
    """Let a wish wait, if there is room for one more; False if it waits already."""
    room = turn.parts.settings.limits.commands
    if subscriptions.count_waiting(turn.conn, to.id) >= room:
        return False
    if row is None:
        _add(turn, to, found.key, found.number, subscriptions.WAITING, 0)
    elif row.state == subscriptions.STOPPED:
        subscriptions.ask(turn.conn, row.id, row.number, subscriptions.WAITING, None, turn.now)
    return row is None or row.state == subscriptions.STOPPED


def _subscribe(turn: Turn, to: AddressRow, found: Found) -> SubscriptionRow:
    """The subscription of this case, pending unless it is active already; the ledger begins."""
    row = subscriptions.of_case(turn.conn, to.id, turn.court_id, found.key)
    if row is not None and row.state == subscriptions.ACTIVE:
        return row
    event_no = _begin_ledger(turn, found)
    watched = row is not None and row.created_at > turn.parts.watched_since(turn.now)
    if row is not None and row.state == subscriptions.PENDING and watched:
        return row
    number = found.shown.number
    if row is None:
        return _add(turn, to, found.key, number, subscriptions.PENDING, event_no)
    subscriptions.ask(turn.conn, row.id, number, subscriptions.PENDING, event_no, turn.now)
    return subscriptions.by_ids(turn.conn, [row.id])[0]


def _begin_ledger(turn: Turn, found: Found) -> int:
    """Take the entries read before this transaction as known, unless the ledger is kept already.

    Read before and committed with the wish: whatever comes later differs from it (reasons.md).
    """
    known = ledger.case_of(turn.conn, turn.court_id, found.key)
    if found.baseline is None and known is not None:
        return known.event_no
    entries = found.baseline or {}
    head = TrackedCase(
        court=turn.court_id,
        case_key=found.key,
        source_id=found.shown.source_id,
        number=found.shown.number,
        event_no=0,
        version=0,
        mapping=turn.parts.courts[turn.court_id].mapping_version,
        swept_at=turn.now,
    )
    if known is None:
        ledger.begin(turn.conn, head, entries)
        return 0
    since = turn.parts.watched_since(turn.now)
    if not ledger.is_watched(turn.conn, turn.court_id, found.key, since):
        ledger.rebase(turn.conn, head, entries)
    return known.event_no


def _add(
    turn: Turn, to: AddressRow, key: str, number: str, state: str, event_no: int
) -> SubscriptionRow:
    signer, row_id = turn.parts.signer, turn.parts.random_id()
    return subscriptions.add(
        turn.conn,
        SubscriptionRow(
            id=row_id,
            address_id=to.id,
            court=turn.court_id,
            case_key=key,
            number=number,
            state=state,
            created_at=turn.now,
            activated_at=None,
            stopped_at=None,
            stop_id=None,
            was=None,
            enqueued_event=event_no,
            asked_event=None,
            key_id=signer.current.id,
            stop_hash=digest(signer.handle(Purpose.STOP, row_id)),
        ),
    )


def _ask(turn: Turn, to: AddressRow, rows: Sequence[SubscriptionRow], late: bool) -> None:
    """Mail one request about new cases; mail a request that is waiting once more (G11).

    After one came back no other follows for a while (mail-interface.md 5.3 L).
    """
    if requests.bounced_since(turn.conn, to.id, turn.now - COOLED_DOWN):
        return
    fresh: list[SubscriptionRow] = []
    for row in rows:
        request = requests.waiting_for(turn.conn, row.id, "track", turn.now)
        if request is None:
            fresh.append(row)
        elif not drafts.pending_mail(turn.conn, request.id):
            mail_request(turn, to, request, late)
    if not fresh:
        return
    size = 1 if turn.court.profile == "seed" else turn.parts.settings.limits.case_list
    growing = (
        None if size == 1 else requests.unmailed(turn.conn, to.id, turn.court_id, size, turn.now)
    )
    if growing is not None:
        requests.extend(turn.conn, growing.id, [row.id for row in fresh])
        note_cases(turn, to, [row.case_key for row in fresh], turn.now)
        return
    for start in range(0, len(fresh), size):
        part = [row.id for row in fresh[start : start + size]]
        mail_request(turn, to, new_request(turn, to, "track", part), late)


def new_request(turn: Turn, to: AddressRow, kind: str, rows: Sequence[int]) -> RequestRow:
    """A request that waits for the owner of the address."""
    signer, row_id = turn.parts.signer, turn.parts.random_id()
    return requests.add(
        turn.conn,
        RequestRow(
            id=row_id,
            kind=kind,
            address_id=to.id,
            court=turn.court_id,
            state=requests.WAITING,
            created_at=turn.now,
            expires_at=turn.now + timedelta(days=turn.parts.settings.limits.confirm_days),
            consumed_at=None,
            consumed_via=None,
            key_id=signer.current.id,
            handle_hash=digest(signer.handle(Purpose.CONFIRM, row_id)),
            code_hash=digest(signer.code(row_id)),
            wrong_codes=0,
        ),
        rows,
    )


def mail_request(turn: Turn, to: AddressRow, request: RequestRow, late: bool = False) -> None:
    """Put the verification mail of a request into the outbox, for when the budget is free."""
    rows = subscriptions.by_ids(turn.conn, requests.cases(turn.conn, request.id))
    leaves = confirmation_time(turn, to, [row.case_key for row in rows])
    cause = f"{turn.cause}:verify:{request.id}"
    facts = {"late": late}
    reply(
        turn,
        "verify",
        to,
        facts,
        budget="none",
        cause=cause,
        request_id=request.id,
        next_at=leaves,
    )
