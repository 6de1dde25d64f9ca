"""Puts answers into the outbox, within the budgets of decisions.md 22 and one for each cause."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Literal

from mailbot.desk.doing import brakes, recovering
from mailbot.desk.parts import Turn
from mailbot.model import Facts, Priority, address_key
from mailbot.store import addresses, arrivals, drafts, subscriptions
from mailbot.store.addresses import AddressRow
from mailbot.tokens import Purpose, digest

Budget = Literal["answer", "help", "none"]
DAY = timedelta(days=1)
TO_HOLDERS = {"declined", "restored", "stopped"}  # told to who holds a token or handle of ours
HEARD = "unproved"  # mails to an address that proved nothing, about wishes to track


def address_of(turn: Turn, spelling: str) -> AddressRow:
    """The row of an address, made when it is met for the first time."""
    known = addresses.by_spelling(turn.conn, spelling)
    if known is not None:
        return known
    signer, row_id = turn.parts.signer, turn.parts.random_id()
    return addresses.add(
        turn.conn,
        AddressRow(
            id=row_id,
            key=address_key(spelling),
            spelling=spelling,
            language=turn.language,
            created_at=turn.now,
            proved_at=None,
            suspended_at=None,
            key_id=signer.current.id,
            stop_all_hash=digest(signer.handle(Purpose.STOP_ALL, row_id)),
        ),
    )


def reply(
    turn: Turn,
    template: str,
    to: AddressRow,
    facts: Facts,
    *,
    budget: Budget = "answer",
    cause: str | None = None,
    request_id: int | None = None,
    subscription_id: int | None = None,
    next_at: datetime | None = None,
) -> bool:
    """Answer with a mail, once a cause. False if the cause or the day's budget is used up."""
    left = 1 if budget == "none" else _left(turn, budget, to)
    if left <= 0:
        brakes.say_used_up(turn, to, budget)
        return False
    may_wait = budget == "none" or template in TO_HOLDERS
    free = brakes.slot(turn, to, next_at or turn.now, may_wait)
    if free is None:
        return False
    if budget != "none":
        about = {**facts, "request": request_id, "subscription": subscription_id}
        if brakes.is_repeated(turn, to, template, about):
            return False
    facts = {**facts, **recovering.news(turn, to)}
    if budget != "none" and left == 1:
        facts = {**facts, "last_until": _again_at(turn, budget, to).isoformat()}
    cause = cause or f"{turn.cause}:{template}"
    if not _put(turn, template, to, facts, cause, free.at, request_id, subscription_id):
        return False
    brakes.note(turn, to, free)
    if budget != "none":
        arrivals.note(turn.conn, budget, to.key, turn.now)
    if budget == "help" and to.proved_at is None:
        note_heard(turn, to)
    if free.held:
        tell_operator(turn, "breaker", {"limit": brakes.most_an_hour(turn)})
    return True


def _put(
    turn: Turn,
    template: str,
    to: AddressRow,
    facts: Facts,
    cause: str,
    next_at: datetime,
    request_id: int | None = None,
    subscription_id: int | None = None,
) -> bool:
    return drafts.put(
        turn.conn,
        drafts.Draft(
            cause=cause,
            template=template,
            priority=Priority.ANSWER,
            court=turn.court_id,
            address_id=to.id,
            created_at=turn.now,
            next_at=next_at,
            facts=facts,
            subscription_id=subscription_id,
            request_id=request_id,
            in_reply_to=turn.in_reply_to,
            references=turn.references,
            voice=turn.voice,
        ),
    )


def tell_operator(turn: Turn, kind: Literal["breaker", "pen"], facts: Facts) -> None:
    """Mail the operator, if there is one, that mailbot needs a person: once a day for each."""
    operator = turn.parts.settings.bot.operator
    since = turn.now - DAY
    if operator is None or arrivals.count(turn.conn, "operator", kind, since):
        return
    arrivals.note(turn.conn, "operator", kind, turn.now)
    cause = f"operator:{kind}:{turn.now.isoformat(timespec='minutes')}"
    tell_person(turn, "operator-alert", operator, {"kind": kind, **facts}, cause)


def tell_person(turn: Turn, template: str, address: str, facts: Facts, cause: str) -> bool:
    """Mail somebody behind mailbot, as no answer to anything. False if that was told before."""
    alone = replace(turn, in_reply_to=None, references=(), voice=None)
    return _put(alone, template, address_of(turn, address), facts, cause, turn.now)


def say_farewell(turn: Turn, address_id: int, ids: Sequence[int]) -> None:
    """The last mail of a court that closes, about all that the address follows there."""
    closes_on = turn.court.closes_on
    to = addresses.by_id(turn.conn, address_id)
    cause = f"farewell:{turn.court_id}:{closes_on}:{address_id}"
    _put(turn, "farewell", to, {"subscriptions": list(ids)}, cause, turn.now)


def _left(turn: Turn, budget: Literal["answer", "help"], to: AddressRow) -> int:
    """How many answers of this kind the address may still get today."""
    if budget == "help" and not may_hear(turn, to):
        return 0
    return _most(turn, budget, to) - arrivals.count(turn.conn, budget, to.key, turn.now - DAY)


def _again_at(turn: Turn, budget: Literal["answer", "help"], to: AddressRow) -> datetime:
    """From when there is another answer of this kind, if one leaves now and is the last."""
    before = _most(turn, budget, to) - 1
    if not before:
        return turn.now + DAY
    return arrivals.free_at(turn.conn, budget, to.key, before, DAY, turn.now)


def _most(turn: Turn, budget: Literal["answer", "help"], to: AddressRow) -> int:
    """How many answers of this kind the address may get in a day."""
    limits = turn.parts.settings.limits
    proved = to.proved_at is not None or turn.proof.level == "P1"
    most = {
        "help": limits.help_per_day,
        "answer": limits.answers_per_day_proved if proved else limits.answers_per_day,
    }[budget]
    if turn.proof.failed:  # somebody else may be writing in this name (5.4)
        most = (most + 1) // 2
    return most


def confirmation_time(turn: Turn, to: AddressRow, cases: Collection[str]) -> datetime:
    """When a confirmation about these cases may leave; the place is taken (decisions.md 22)."""
    limits, conn = turn.parts.settings.limits, turn.conn
    proved = subscriptions.count_active(conn, to.id) > 0
    day = limits.confirmations_per_day_proved if proved else limits.confirmations_per_day
    spacing = timedelta(minutes=limits.confirmation_minutes)
    free = [
        arrivals.free_at(conn, "confirmation", to.key, 1, spacing, turn.now),
        arrivals.free_at(conn, "confirmation", to.key, day, DAY, turn.now),
    ]
    if not proved:
        free.append(arrivals.free_at(conn, HEARD, to.key, day, DAY, turn.now))
    per_case = limits.confirmations_per_case_day
    free += [
        arrivals.free_at(conn, "confirm-case", _of_case(turn, to, key), per_case, DAY, turn.now)
        for key in cases
    ]
    for kind in ("confirmation",) if proved else ("confirmation", HEARD):
        arrivals.note(conn, kind, to.key, max(free))
    note_cases(turn, to, cases, max(free))
    return max(free)


def note_cases(turn: Turn, to: AddressRow, cases: Collection[str], at: datetime) -> None:
    """Count a confirmation about each of the cases."""
    for key in cases:
        arrivals.note(turn.conn, "confirm-case", _of_case(turn, to, key), at)


def may_hear(turn: Turn, to: AddressRow) -> bool:
    """Whether an address that proved nothing may get one more mail about a wish to track.

    Confirmations, refusals, "it waits" and help share one budget: anybody may have forged the wish.
    """
    most = turn.parts.settings.limits.confirmations_per_day
    since = turn.now - DAY
    return to.proved_at is not None or arrivals.count(turn.conn, HEARD, to.key, since) < most


def note_heard(turn: Turn, to: AddressRow) -> None:
    """Count such a mail."""
    arrivals.note(turn.conn, HEARD, to.key, turn.now)


def case_has_room(
    turn: Turn, to: AddressRow, kind: Literal["refused", "confirm-case"], case_key: str
) -> bool:
    """Whether one more mail of a kind fits the day's budget about one case; it is counted."""
    limits = turn.parts.settings.limits
    most = limits.answers_per_day_proved if to.proved_at else limits.confirmations_per_case_day
    subject, since = _of_case(turn, to, case_key), turn.now - DAY
    kinds = ("refused", "confirm-case")
    if sum(arrivals.count(turn.conn, each, subject, since) for each in kinds) >= most:
        return False
    arrivals.note(turn.conn, kind, subject, turn.now)
    return True


def once_a_day(turn: Turn, kind: str, to: AddressRow, what: str) -> bool:
    """Whether this was not done for the address today; from now on it was."""
    subject = f"{to.key}|{turn.court_id}|{what}"
    if arrivals.count(turn.conn, kind, subject, turn.now - DAY):
        return False
    arrivals.note(turn.conn, kind, subject, turn.now)
    return True


def _of_case(turn: Turn, to: AddressRow, case_key: str) -> str:
    return f"{to.key}|{turn.court_id}|{case_key}"
