"""What waits for a person's yes: requests, the ledger behind every confirmation (5.3 B-D)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, func, insert, select, update

from mailbot.store.schema import outbox, request, request_case, subscription

WAITING = "waiting"
CONFIRMED = "confirmed"
DECLINED = "declined"
EXPIRED = "expired"
BOUNCED = "bounced"


@dataclass(frozen=True)
class RequestRow:
    """A row of `request`."""

    id: int
    kind: str  # track, stop, stop_all
    address_id: int
    court: str
    state: str
    created_at: datetime
    expires_at: datetime
    consumed_at: datetime | None
    consumed_via: str | None
    key_id: str
    handle_hash: str
    code_hash: str
    wrong_codes: int


def add(conn: Connection, row: RequestRow, subscriptions: Collection[int]) -> RequestRow:
    """Keep a new request about those subscriptions."""
    conn.execute(insert(request).values(**vars(row)))
    extend(conn, row.id, subscriptions)
    return row


def extend(conn: Connection, request_id: int, subscriptions: Collection[int]) -> None:
    """Put subscriptions under a request that has not been mailed yet (decisions.md 14)."""
    known = set(cases(conn, request_id))
    rows = [
        {"request_id": request_id, "subscription_id": each}
        for each in subscriptions
        if each not in known
    ]
    if rows:
        conn.execute(insert(request_case), rows)


def by_id(conn: Connection, request_id: int) -> RequestRow:
    """The request of that row. Raises LookupError."""
    found = _one(conn, request.c.id == request_id)
    if found is None:
        raise LookupError(request_id)
    return found


def by_handle(conn: Connection, digest: str) -> RequestRow | None:
    """The request behind an address handle."""
    return _one(conn, request.c.handle_hash == digest)


def by_code(conn: Connection, address_id: int, digest: str) -> RequestRow | None:
    """The request behind a typed code, which counts only for its own address."""
    return _one(conn, (request.c.code_hash == digest) & (request.c.address_id == address_id))


def cases(conn: Connection, request_id: int) -> list[int]:
    """The subscriptions the request is about."""
    query = select(request_case.c.subscription_id).where(request_case.c.request_id == request_id)
    return list(conn.execute(query).scalars())


def waiting_for(
    conn: Connection, subscription_id: int, kind: str, now: datetime
) -> RequestRow | None:
    """The newest request of that kind about the subscription that can still be confirmed."""
    query = (
        select(request)
        .join(request_case, request_case.c.request_id == request.c.id)
        .where(
            (request_case.c.subscription_id == subscription_id)
            & (request.c.kind == kind)
            & (request.c.state == WAITING)
            & (request.c.expires_at > now)
        )
        .order_by(request.c.created_at.desc())
    )
    row = conn.execute(query).first()
    return None if row is None else RequestRow(**row._mapping)


def waiting_of(conn: Connection, address_id: int, court: str, now: datetime) -> list[RequestRow]:
    """All that the address may still say yes to, newest first."""
    query = (
        select(request)
        .where(
            (request.c.address_id == address_id)
            & (request.c.court == court)
            & (request.c.state == WAITING)
            & (request.c.expires_at > now)
        )
        .order_by(request.c.created_at.desc())
        .limit(10)
    )
    return [RequestRow(**row._mapping) for row in conn.execute(query)]


def unmailed(
    conn: Connection, address_id: int, court: str, most: int, now: datetime
) -> RequestRow | None:
    """A TRACK request of the address whose mail no sender has touched, with room for a case."""
    size = select(func.count()).where(request_case.c.request_id == request.c.id).scalar_subquery()
    query = (
        select(request)
        .join(outbox, outbox.c.request_id == request.c.id)
        .where(
            (request.c.address_id == address_id)
            & (request.c.court == court)
            & (request.c.kind == "track")
            & (request.c.state == WAITING)
            & (request.c.expires_at > now)
            & (outbox.c.state == "ready")
            & (outbox.c.tries == 0)
            & (size < most)
        )
        .with_for_update()
    )
    row = conn.execute(query).first()
    return None if row is None else RequestRow(**{c.name: row._mapping[c.name] for c in request.c})


def consume(conn: Connection, request_id: int, state: str, via: str, now: datetime) -> bool:
    """Answer the request, once: True for whoever was first and in time (5.3 D)."""
    changed = conn.execute(
        update(request)
        .where(
            (request.c.id == request_id)
            & (request.c.state == WAITING)
            & (request.c.expires_at > now)
        )
        .values(state=state, consumed_at=now, consumed_via=via)
    )
    return changed.rowcount == 1


def decline_all(conn: Connection, address_id: int, court: str, via: str, now: datetime) -> None:
    """Whatever else asks the address to track something in the court is declined with it."""
    conn.execute(
        update(request)
        .where(
            (request.c.address_id == address_id)
            & (request.c.court == court)
            & (request.c.kind == "track")
            & (request.c.state == WAITING)
        )
        .values(state=DECLINED, consumed_at=now, consumed_via=via)
    )


def refuse(conn: Connection, request_id: int, via: str, now: datetime) -> bool:
    """Answer with no, however late; True unless it was declined before."""
    changed = conn.execute(
        update(request)
        .where((request.c.id == request_id) & (request.c.state != DECLINED))
        .values(state=DECLINED, consumed_at=now, consumed_via=via)
    )
    return changed.rowcount == 1


def bounce(conn: Connection, request_id: int, now: datetime) -> None:
    """Its mail came back, so that nobody can answer it."""
    conn.execute(
        update(request)
        .where((request.c.id == request_id) & (request.c.state == WAITING))
        .values(state=BOUNCED, consumed_at=now, consumed_via="bounce")
    )


def bounced_since(conn: Connection, address_id: int, since: datetime) -> bool:
    """Whether a question to the address came back after that time."""
    query = select(request.c.id).where(
        (request.c.address_id == address_id)
        & (request.c.state == BOUNCED)
        & (request.c.consumed_at > since)
    )
    return conn.execute(query.limit(1)).first() is not None


def expire(conn: Connection, request_id: int) -> bool:
    """Close a request that was not answered in time. True for whoever noticed first.

    One that came back and is answered all the same is over, too: its address lives.
    """
    changed = conn.execute(
        update(request)
        .where((request.c.id == request_id) & request.c.state.in_((WAITING, BOUNCED)))
        .values(state=EXPIRED)
    )
    return changed.rowcount == 1


def reopen(conn: Connection, address_id: int, refused_at: datetime) -> None:
    """Undo a refusal: the requests that it closed wait again, where a case of theirs is pending."""
    pending = (
        select(request_case.c.request_id)
        .join(subscription, subscription.c.id == request_case.c.subscription_id)
        .where(subscription.c.state == "pending")
    )
    conn.execute(
        update(request)
        .where(
            (request.c.address_id == address_id)
            & (request.c.state == DECLINED)
            & (request.c.kind == "track")
            & (request.c.consumed_at == refused_at)
            & request.c.id.in_(pending)
        )
        .values(state=WAITING, consumed_at=None, consumed_via=None)
    )


def count_wrong_code(conn: Connection, request_id: int) -> None:
    """A wrong code was typed for this request."""
    conn.execute(
        update(request)
        .where(request.c.id == request_id)
        .values(wrong_codes=request.c.wrong_codes + 1)
    )


def _one(conn: Connection, condition: ColumnElement[bool]) -> RequestRow | None:
    row = conn.execute(select(request).where(condition)).first()
    return None if row is None else RequestRow(**row._mapping)
