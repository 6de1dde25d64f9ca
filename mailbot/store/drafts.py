"""Puts mails into the outbox, each with its cause, and takes back notices nobody wants any more."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime

from sqlalchemy import Connection, Select, insert, null, select, update

from mailbot.model import Facts
from mailbot.store.schema import outbox
from mailbot.voice import Voice

READY, CLAIMED, SENDING = "ready", "claimed", "sending"
UNSENT = (READY, CLAIMED)


@dataclass(frozen=True)
class Draft:
    """A mail to be put into the outbox: references and a template's name, never a text."""

    cause: str  # one cause, one mail
    template: str
    priority: int
    court: str
    address_id: int
    created_at: datetime
    next_at: datetime
    facts: Facts = field(default_factory=dict)
    subscription_id: int | None = None
    request_id: int | None = None
    case_key: str | None = None
    in_reply_to: str | None = None
    references: tuple[str, ...] = ()
    voice: Voice | None = None


def put(conn: Connection, draft: Draft) -> bool:
    """Put one mail in. False if its cause was there before: nothing is added."""
    if conn.execute(select(outbox.c.id).where(outbox.c.cause == draft.cause)).first() is not None:
        return False
    values = {**vars(draft), "references": list(draft.references), "facts": dict(draft.facts)}
    values["voice"] = asdict(draft.voice) if draft.voice else null()
    conn.execute(insert(outbox).values(**values, state=READY, tries=0, ambiguous=False))
    return True


def pending_mail(conn: Connection, request_id: int) -> bool:
    """Whether a mail of that request is still on its way out."""
    query = select(outbox.c.id).where(
        (outbox.c.request_id == request_id) & outbox.c.state.in_((READY, CLAIMED, SENDING))
    )
    return conn.execute(query).first() is not None


def awaiting_notices(court: str, since: datetime) -> Select[tuple[int]]:
    """Ids of the addresses for which a notice of the court, made since then, is on its way."""
    return select(outbox.c.address_id).where(
        (outbox.c.court == court)
        & (outbox.c.created_at > since)
        & (outbox.c.template == "notice")
        & outbox.c.state.in_((*UNSENT, SENDING))
    )


def take_back(
    conn: Connection, subscription_ids: Collection[int], since: datetime, now: datetime
) -> None:
    """Notices dropped since a stop that is undone wait again, as the mails that they were."""
    conn.execute(
        update(outbox)
        .where(
            outbox.c.subscription_id.in_(subscription_ids)
            & (outbox.c.template == "notice")
            & (outbox.c.state == "dropped")
            & (outbox.c.settled_at >= since)
        )
        .values(state=READY, next_at=now, owner=None, lease_until=None, settled_at=None, reply=None)
    )


def drop_of(conn: Connection, subscription_ids: Sequence[int], reason: str, now: datetime) -> None:
    """Notices of those subscriptions that have not left do not leave; their facts are wiped."""
    conn.execute(
        update(outbox)
        .where(
            outbox.c.subscription_id.in_(subscription_ids)
            & (outbox.c.template == "notice")
            & outbox.c.state.in_(UNSENT)
        )
        .values(state="dropped", reply=reason, settled_at=now, facts={}, lease_until=None)
    )
