"""Turns events into notices: who must be told, and what the events say taken together."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, String, cast, func, insert, literal, select, update

from mailbot.model import FIELD_CLASSES, Priority
from mailbot.store.schema import event_entry, outbox, subscription, tracked_case

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


@dataclass(frozen=True)
class ToldEntry:
    """What the events of a notice say of one entry, taken together."""

    entry_key: str
    kind: str
    fields: tuple[str, ...]
    activity_at: datetime | None


def tell(conn: Connection, court: str, case_key: str, now: datetime) -> int:
    """Put a notice of every untold event into the outbox of each active subscriber.

    A notice that has not left and is not in doubt is taken back into the new one: one case, one
    mail (G5, G6). One INSERT..SELECT however many follow the case. Returns the count of notices.
    """
    mine = (subscription.c.court == court) & (subscription.c.case_key == case_key)
    last = (
        select(tracked_case.c.event_no)
        .where((tracked_case.c.court == court) & (tracked_case.c.case_key == case_key))
        .scalar_subquery()
    )
    untold = mine & (subscription.c.state == "active") & (subscription.c.enqueued_event < last)
    conn.execute(
        update(outbox)
        .where(
            (outbox.c.court == court)
            & (outbox.c.case_key == case_key)
            & (outbox.c.template == "notice")
            & outbox.c.state.in_(("ready", "claimed"))
            & (outbox.c.ambiguous.is_(False))
            & outbox.c.subscription_id.in_(select(subscription.c.id).where(untold))
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


def told(conn: Connection, court: str, case_key: str, since: int, upto: int) -> list[ToldEntry]:
    """The net of the events after `since` up to `upto`: one line an entry (G5, G6)."""
    query = (
        select(event_entry)
        .where(
            (event_entry.c.court == court)
            & (event_entry.c.case_key == case_key)
            & (event_entry.c.event_no > since)
            & (event_entry.c.event_no <= upto)
        )
        .order_by(event_entry.c.event_no)
    )
    net: dict[str, ToldEntry] = {}
    for row in conn.execute(query):
        before = net.get(row.entry_key)
        if before is None:
            net[row.entry_key] = ToldEntry(
                row.entry_key, row.kind, tuple(row.fields), row.activity_at
            )
        else:
            net[row.entry_key] = _net(before, row.kind, tuple(row.fields), row.activity_at)
    return [entry for entry in net.values() if entry.kind]


def _net(
    before: ToldEntry, kind: str, fields: tuple[str, ...], activity_at: datetime | None
) -> ToldEntry:
    """Added then updated is added; added then removed is nothing; else the later kind."""
    if before.kind == "added" and kind == "removed":
        return ToldEntry(before.entry_key, "", (), None)
    kept = "added" if before.kind == "added" else kind
    both = tuple(name for name in FIELD_CLASSES if name in {*before.fields, *fields})
    return ToldEntry(before.entry_key, kept, () if kept == "added" else both, activity_at)
