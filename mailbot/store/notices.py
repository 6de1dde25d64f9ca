"""Turns events into notices: who must be told, in one statement however many they are."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Connection,
    String,
    cast,
    func,
    insert,
    literal,
    not_,
    select,
    update,
)

from mailbot.model import Priority
from mailbot.store.schema import address, outbox, subscription, tracked_case

_TEXT = String(20)
_NOTICE_COLUMNS = [
    "cause",
    "template",
    "priority",
    "court",
    "address_id",
    "subscription_id",
    "case_key",
    "since_event",
    "upto_event",
    "facts",
    "references",
    "created_at",
    "state",
    "next_at",
    "tries",
    "ambiguous",
]


def tell(conn: Connection, court: str, case_key: str, now: datetime) -> int:
    """Put a notice of every untold event into the outbox of each active subscriber.

    The last notice, if it has not left and is not in doubt, is taken back into the new one: one
    case, one mail (G5, G6). An older one, which was at the server meanwhile, goes its own way: its
    events are not those before the new ones. One INSERT..SELECT however many follow the case.
    Whoever is suspended is told when he is alive again. Returns the count of notices.
    """
    mine = (subscription.c.court == court) & (subscription.c.case_key == case_key)
    last = (
        select(tracked_case.c.event_no)
        .where((tracked_case.c.court == court) & (tracked_case.c.case_key == case_key))
        .scalar_subquery()
    )
    untold = mine & _hears() & (subscription.c.enqueued_event < last)
    newest = (
        select(subscription.c.enqueued_event)
        .where(subscription.c.id == outbox.c.subscription_id)
        .correlate(outbox)
        .scalar_subquery()
    )
    conn.execute(
        update(outbox)
        .where(
            (outbox.c.court == court)
            & (outbox.c.case_key == case_key)
            & (outbox.c.template == "notice")
            & outbox.c.state.in_(("ready", "claimed"))
            & (outbox.c.ambiguous.is_(False))
            & outbox.c.subscription_id.in_(select(subscription.c.id).where(untold))
            & (outbox.c.upto_event == newest)
        )
        .values(state="merged", settled_at=now, owner=None, lease_until=None)
    )
    taken_back = (
        select(func.min(outbox.c.since_event))
        .where(
            (outbox.c.subscription_id == subscription.c.id)
            & (outbox.c.state == "merged")
            & (outbox.c.upto_event == subscription.c.enqueued_event)
        )
        .correlate(subscription)
        .scalar_subquery()
    )
    chosen = select(
        literal("notice:")
        .concat(cast(subscription.c.id, _TEXT))
        .concat(":")
        .concat(cast(last, _TEXT)),
        literal("notice"),
        literal(int(Priority.DOCKET)),
        subscription.c.court,
        subscription.c.address_id,
        subscription.c.id,
        subscription.c.case_key,
        func.coalesce(taken_back, subscription.c.enqueued_event),
        last,
        literal({}, outbox.c.facts.type),
        literal([], outbox.c.references.type),
        literal(now, outbox.c.created_at.type),
        literal("ready"),
        literal(now, outbox.c.next_at.type),
        literal(0),
        literal(False),
    ).where(untold)
    told = conn.execute(insert(outbox).from_select(_NOTICE_COLUMNS, chosen))
    conn.execute(update(subscription).where(untold).values(enqueued_event=last))
    return told.rowcount


def _hears() -> ColumnElement[bool]:
    """Whether the subscriber wants notices, and mail reaches him."""
    suspended = (
        select(address.c.id)
        .where((address.c.id == subscription.c.address_id) & address.c.suspended_at.is_not(None))
        .correlate(subscription)
        .exists()
    )
    return (subscription.c.state == "active") & not_(suspended)
