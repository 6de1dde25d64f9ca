"""Keeps what a suspended address does not get, and gathers it when the address is alive again."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, String, cast, func, literal, or_, select, update

from mailbot.store.drafts import UNSENT
from mailbot.store.schema import outbox, subscription

SUSPENDED = "suspended"
UNWANTED = "unwanted"  # what the fence says of a notice that was in hand meanwhile


def hold(conn: Connection, address_id: int, since: datetime, now: datetime) -> None:
    """Notices that have not left do not leave; those that came back since then were not told."""
    conn.execute(
        update(outbox)
        .where(
            (outbox.c.address_id == address_id)
            & (outbox.c.template == "notice")
            & or_(
                outbox.c.state.in_(UNSENT),
                outbox.c.state.in_(("returned", "failed")) & (outbox.c.settled_at >= since),
            )
        )
        .values(state="dropped", reply=SUSPENDED, settled_at=now, owner=None, lease_until=None)
    )


def gather(conn: Connection, address_id: int, suspended_at: datetime, now: datetime) -> None:
    """Take all that was not told since back to before its events, for `notices.tell` to tell.

    The rows end as `merged`, under another cause: theirs may be the one of the notice to come.
    """
    query = (
        select(outbox.c.subscription_id, func.min(outbox.c.since_event).label("first"))
        .join(subscription, subscription.c.id == outbox.c.subscription_id)
        .where(
            (outbox.c.address_id == address_id)
            & (subscription.c.state == "active")
            & (outbox.c.created_at >= subscription.c.activated_at)
            & _untold(suspended_at)
        )
        .group_by(outbox.c.subscription_id)
    )
    for subscription_id, first in conn.execute(query).all():
        _take_back(conn, subscription_id, first, suspended_at, now)


def _take_back(
    conn: Connection, subscription_id: int, first: int, suspended_at: datetime, now: datetime
) -> None:
    mine = (outbox.c.subscription_id == subscription_id) & (outbox.c.since_event >= first)
    conn.execute(
        update(outbox)
        .where(mine & _untold(suspended_at))
        .values(
            state="merged",
            cause=literal("missed:").concat(cast(outbox.c.id, String(20))),
            settled_at=now,
            owner=None,
            lease_until=None,
        )
    )
    conn.execute(
        update(subscription)
        .where((subscription.c.id == subscription_id) & (subscription.c.enqueued_event > first))
        .values(enqueued_event=first)
    )


def _untold(suspended_at: datetime) -> ColumnElement[bool]:
    """Notices that the address was to get and did not get, as far as is known."""
    since = outbox.c.settled_at >= suspended_at
    return (outbox.c.template == "notice") & or_(
        outbox.c.state.in_(UNSENT),
        outbox.c.state.in_(("returned", "failed")) & since,
        (outbox.c.state == "dropped") & outbox.c.reply.in_((SUSPENDED, UNWANTED)) & since,
    )
