"""Who follows which case, and how far each has been told."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, case, func, insert, select, update

from mailbot.store.schema import subscription

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
    enqueued_event: int
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


def waiting(conn: Connection, court: str, limit: int) -> list[SubscriptionRow]:
    """The oldest TRACK commands that wait for the court to open."""
    query = (
        select(subscription)
        .where((subscription.c.court == court) & (subscription.c.state == WAITING))
        .order_by(subscription.c.created_at, subscription.c.number)
        .limit(limit)
    )
    return [SubscriptionRow(**row._mapping) for row in conn.execute(query)]


def followed(conn: Connection, court: str, limit: int) -> list[SubscriptionRow]:
    """Active subscriptions of a court, any of them first."""
    query = (
        select(subscription)
        .where((subscription.c.court == court) & (subscription.c.state == ACTIVE))
        .limit(limit)
    )
    return [SubscriptionRow(**row._mapping) for row in conn.execute(query)]


def ask(conn: Connection, row_id: int, number: str, state: str, enqueued_event: int) -> None:
    """Begin again: the row waits for a confirmation, or for the court."""
    conn.execute(
        update(subscription)
        .where(subscription.c.id == row_id)
        .values(state=state, number=number, enqueued_event=enqueued_event)
    )


def activate(conn: Connection, ids: Collection[int], now: datetime) -> int:
    """Pending becomes active. Returns how many did."""
    changed = conn.execute(
        update(subscription)
        .where(subscription.c.id.in_(ids) & (subscription.c.state == PENDING))
        .values(state=ACTIVE, activated_at=now, stopped_at=None, stop_id=None)
    )
    return changed.rowcount


def end(conn: Connection, ids: Collection[int], stop_id: int | None, now: datetime) -> int:
    """Whatever is not stopped stops. Returns how many did."""
    changed = conn.execute(
        update(subscription)
        .where(subscription.c.id.in_(ids) & (subscription.c.state != STOPPED))
        .values(state=STOPPED, stopped_at=now, stop_id=stop_id)
    )
    return changed.rowcount


def restore(conn: Connection, stop_id: int) -> None:
    """Undo a stop: each is again what it was, active or pending."""
    before = case((subscription.c.activated_at.is_not(None), ACTIVE), else_=PENDING)
    conn.execute(
        update(subscription)
        .where(_ended_by(stop_id))
        .values(state=before, stopped_at=None, stop_id=None)
    )


def forget_waiting(conn: Connection, row_id: int) -> None:
    """A TRACK that waited for the court came to nothing."""
    conn.execute(
        update(subscription)
        .where((subscription.c.id == row_id) & (subscription.c.state == WAITING))
        .values(state=STOPPED)
    )


def count_active(conn: Connection, address_id: int) -> int:
    """How many cases the address follows."""
    query = select(func.count()).where(
        (subscription.c.address_id == address_id) & (subscription.c.state == ACTIVE)
    )
    return conn.execute(query).scalar_one()


def _ended_by(stop_id: int) -> ColumnElement[bool]:
    """Asking anew, which anybody may forge, does not take the undo away."""
    return (subscription.c.stop_id == stop_id) & subscription.c.state.in_((STOPPED, PENDING))


def _rows(conn: Connection, condition: ColumnElement[bool]) -> list[SubscriptionRow]:
    query = (
        select(subscription)
        .where(condition)
        .order_by(subscription.c.created_at, subscription.c.number)
    )
    return [SubscriptionRow(**row._mapping) for row in conn.execute(query)]
