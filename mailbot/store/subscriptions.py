"""Who follows which case, and how far each has been told."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    case,
    func,
    insert,
    literal,
    null,
    select,
    update,
)

from mailbot.store.schema import UtcTime, subscription

WAITING = "waiting_for_court"
PENDING = "pending"
ACTIVE = "active"
STOPPED = "stopped"


@dataclass(frozen=True)
class SubscriptionRow:
    """A row of `subscription`."""

    id: int
    address_id: int
    court: str
    case_key: str
    number: str
    state: str
    created_at: datetime
    activated_at: datetime | None
    stopped_at: datetime | None
    stop_id: int | None
    was: str | None
    enqueued_event: int
    asked_event: int | None
    key_id: str
    stop_hash: str


def add(conn: Connection, row: SubscriptionRow) -> SubscriptionRow:
    """Keep a new subscription."""
    conn.execute(insert(subscription).values(**vars(row)))
    return row


def of_case(conn: Connection, address_id: int, court: str, case_key: str) -> SubscriptionRow | None:
    """The address's subscription to the case, in whatever state."""
    found = _rows(
        conn,
        (subscription.c.address_id == address_id)
        & (subscription.c.court == court)
        & (subscription.c.case_key == case_key),
    )
    return found[0] if found else None


def by_ids(conn: Connection, ids: Collection[int]) -> list[SubscriptionRow]:
    """The subscriptions of those rows, in the order in which they were made."""
    return _rows(conn, subscription.c.id.in_(ids))


def by_stop_hash(conn: Connection, digest: str) -> SubscriptionRow | None:
    """The subscription behind a stop handle."""
    found = _rows(conn, subscription.c.stop_hash == digest)
    return found[0] if found else None


def of_address(
    conn: Connection, address_id: int, states: Sequence[str], court: str | None = None
) -> list[SubscriptionRow]:
    """All subscriptions of the address in those states, of every court unless one is named."""
    wanted = (subscription.c.address_id == address_id) & subscription.c.state.in_(states)
    if court is not None:
        wanted &= subscription.c.court == court
    return _rows(conn, wanted)


def of_stop(conn: Connection, stop_id: int) -> list[SubscriptionRow]:
    """What one stop ended and nobody has confirmed anew."""
    return _rows(conn, _ended_by(stop_id))


def back_from(conn: Connection, stop_id: int) -> list[SubscriptionRow]:
    """What one stop ended last and is not stopped now."""
    return _rows(conn, (subscription.c.stop_id == stop_id) & (subscription.c.state != STOPPED))


def waiting(conn: Connection, court: str, limit: int) -> list[SubscriptionRow]:
    """The oldest TRACK commands that wait for the court to open."""
    query = (
        select(subscription)
        .where((subscription.c.court == court) & (subscription.c.state == WAITING))
        .order_by(subscription.c.created_at, subscription.c.number)
        .limit(limit)
    )
    return [SubscriptionRow(**row._mapping) for row in conn.execute(query)]


def followed(
    conn: Connection, court: str, limit: int, but_not: Select[tuple[int]]
) -> list[SubscriptionRow]:
    """Active subscriptions of a court, any of them first, but none of those addresses."""
    query = (
        select(subscription)
        .where(
            (subscription.c.court == court)
            & (subscription.c.state == ACTIVE)
            & subscription.c.address_id.not_in(but_not)
        )
        .limit(limit)
    )
    return [SubscriptionRow(**row._mapping) for row in conn.execute(query)]


def ask(
    conn: Connection, row_id: int, number: str, state: str, asked_event: int | None, now: datetime
) -> None:
    """Begin again: the row waits for a confirmation, or for the court.

    What an undo needs stays as it is: anybody may have forged the wish.
    """
    conn.execute(
        update(subscription)
        .where(subscription.c.id == row_id)
        .values(state=state, number=number, asked_event=asked_event, created_at=now)
    )


def activate(conn: Connection, ids: Collection[int], now: datetime) -> int:
    """Pending becomes active. Returns how many did."""
    changed = conn.execute(
        update(subscription)
        .where(subscription.c.id.in_(ids) & (subscription.c.state == PENDING))
        .values(
            state=ACTIVE,
            activated_at=now,
            stopped_at=None,
            was=None,
            enqueued_event=func.coalesce(subscription.c.asked_event, subscription.c.enqueued_event),
            asked_event=None,
        )
    )
    return changed.rowcount


def end(conn: Connection, ids: Collection[int], stop_id: int | None, now: datetime) -> int:
    """Whatever is not stopped stops. Returns how many did.

    A wish that somebody renewed after a stop ends as it was: the undo of that stop stays good.
    """
    renewed = subscription.c.state.in_((PENDING, WAITING)) & subscription.c.was.is_not(None)
    changed = conn.execute(
        update(subscription)
        .where(subscription.c.id.in_(ids) & (subscription.c.state != STOPPED))
        .values(
            state=STOPPED,
            was=case((renewed, subscription.c.was), else_=subscription.c.state),
            stopped_at=case((renewed, subscription.c.stopped_at), else_=literal(now, UtcTime)),
            stop_id=case((renewed, subscription.c.stop_id), else_=literal(stop_id, BigInteger)),
        )
    )
    return changed.rowcount


def restore(conn: Connection, ids: Collection[int]) -> None:
    """Undo a stop of these, as `of_stop` found them: each is again what it was.

    They keep the stop's id until the next one, so that `back_from` finds them.
    """
    conn.execute(
        update(subscription)
        .where(subscription.c.id.in_(ids))
        .values(
            state=func.coalesce(subscription.c.was, PENDING),
            stopped_at=None,
            was=None,
            asked_event=case(
                (subscription.c.was == ACTIVE, null()), else_=subscription.c.asked_event
            ),
        )
    )


def end_wishes(conn: Connection, court: str, now: datetime) -> None:
    """What nobody has confirmed in a court that is closed never will be."""
    wishes = subscription.c.state.in_((PENDING, WAITING))
    conn.execute(
        update(subscription)
        .where((subscription.c.court == court) & wishes)
        .values(state=STOPPED, stopped_at=now)
    )


def forget_waiting(conn: Connection, row_id: int) -> bool:
    """Take a TRACK that waited for the court out of the queue; False if it was not there."""
    changed = conn.execute(
        update(subscription)
        .where((subscription.c.id == row_id) & (subscription.c.state == WAITING))
        .values(state=STOPPED)
    )
    return changed.rowcount == 1


def count_waiting(conn: Connection, address_id: int) -> int:
    """How many wishes of the address wait for a court."""
    query = select(func.count()).where(
        (subscription.c.address_id == address_id) & (subscription.c.state == WAITING)
    )
    return conn.execute(query).scalar_one()


def count_active(conn: Connection, address_id: int) -> int:
    """How many cases the address follows."""
    query = select(func.count()).where(
        (subscription.c.address_id == address_id) & (subscription.c.state == ACTIVE)
    )
    return conn.execute(query).scalar_one()


def _ended_by(stop_id: int) -> ColumnElement[bool]:
    """Asking anew, which anybody may forge, does not take the undo away."""
    return (subscription.c.stop_id == stop_id) & subscription.c.state.in_(
        (STOPPED, PENDING, WAITING)
    )


def _rows(conn: Connection, condition: ColumnElement[bool]) -> list[SubscriptionRow]:
    query = (
        select(subscription)
        .where(condition)
        .order_by(subscription.c.created_at, subscription.c.number)
    )
    return [SubscriptionRow(**row._mapping) for row in conn.execute(query)]
