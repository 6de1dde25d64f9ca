"""What must leave: claimed by lease, fenced before the dot, settled singly.

The states and what a crash leaves in each are the table of docs/flow.md (reliability.md 3.2).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, and_, not_, or_, select, update

from mailbot.model import Claimed
from mailbot.store import enclosures
from mailbot.store.database import Database
from mailbot.store.drafts import CLAIMED, READY, SENDING
from mailbot.store.schema import address, outbox, subscription, suppression
from mailbot.tokens import Purpose, Signer, digest
from mailbot.voice import Voice

SENT, RETURNED, FAILED, DROPPED = "sent", "returned", "failed", "dropped"

UNASKED = ("notice", "farewell")


def by_handle(conn: Connection, handle_digest: str) -> Row[Any] | None:
    """The mail behind a thread handle: id, template, court, address, subscription, facts."""
    return conn.execute(select(outbox).where(outbox.c.handle_hash == handle_digest)).first()


def by_id(conn: Connection, row_id: int) -> Row[Any] | None:
    """The mail of that row."""
    return conn.execute(select(outbox).where(outbox.c.id == row_id)).first()


def came_back(conn: Connection, row_id: int) -> None:
    """The server took the mail, and somebody behind it gave it back."""
    sent_before = (outbox.c.id == row_id) & (outbox.c.state == SENT)
    conn.execute(update(outbox).where(sent_before).values(state=RETURNED))


class Outbox:
    """The senders' side. Every method is one transaction and may be called from any thread.

    Args:
        signer: derives the thread handle whose digest a claim writes down.
    """

    def __init__(self, database: Database, signer: Signer) -> None:
        self._database = database
        self.signer = signer

    def claim(self, owner: str, now: datetime, limit: int, lease: timedelta) -> list[Claimed]:
        """Take up to `limit` due mails, most urgent first; the try is counted before the network.

        Raises:
            StoreUnavailable: nothing was taken.
        """
        until = now + lease
        due = or_(
            and_(outbox.c.state == READY, outbox.c.next_at <= now),
            and_(outbox.c.state.in_((CLAIMED, SENDING)), outbox.c.lease_until <= now),
        )
        query = (
            select(outbox, address.c.spelling, address.c.language)
            .join(address, address.c.id == outbox.c.address_id)
            .where(due)
            .order_by(outbox.c.priority, outbox.c.next_at, outbox.c.id)
            .limit(limit)
            .with_for_update(of=outbox, skip_locked=True)
        )
        with self._database.sharing() as conn:
            rows = conn.execute(query).all()
            for row in rows:
                conn.execute(
                    update(outbox)
                    .where(outbox.c.id == row.id)
                    .values(
                        state=CLAIMED,
                        owner=owner,
                        lease_until=until,
                        tries=row.tries + 1,
                        ambiguous=row.ambiguous or row.state == SENDING,
                        **self._handle_of(row),
                    )
                )
        return [self._claimed(row, until) for row in rows]

    def _handle_of(self, row: Row[Any]) -> dict[str, str]:
        if row.key_id is not None:
            return {}
        handle = self.signer.handle(Purpose.MAIL, row.id)
        return {"key_id": self.signer.current.id, "handle_hash": digest(handle)}

    def _claimed(self, row: Row[Any], until: datetime) -> Claimed:
        voice = Voice(**row.voice) if row.voice else None
        return Claimed(
            id=row.id,
            template=row.template,
            court=row.court,
            address=row.spelling,
            language=(voice and voice.language) or row.language,
            facts=row.facts,
            created_at=row.created_at,
            tries=row.tries + 1,
            lease_until=until,
            key_id=row.key_id or self.signer.current.id,
            address_id=row.address_id,
            subscription_id=row.subscription_id,
            request_id=row.request_id,
            case_key=row.case_key,
            since_event=row.since_event,
            upto_event=row.upto_event,
            in_reply_to=row.in_reply_to,
            references=tuple(row.references or ()),
            voice=voice,
        )

    def fence(self, row_id: int, owner: str, now: datetime) -> bool:
        """The look right before the dot: ours, in time, and still wanted (decisions.md 1).

        True moves the row to `sending`: from here on it is in doubt until it is settled.
        """
        wanted = select(outbox.c.id).where(
            (outbox.c.id == row_id)
            & or_(
                outbox.c.template != "notice",
                outbox.c.subscription_id.in_(
                    select(subscription.c.id).where(
                        (subscription.c.id == outbox.c.subscription_id)
                        & (subscription.c.state == "active")
                    )
                ),
            )
            & not_(
                select(address.c.id)
                .where(
                    (address.c.id == outbox.c.address_id)
                    & or_(
                        address.c.suspended_at.is_not(None) & outbox.c.template.in_(UNASKED),
                        address.c.key.in_(select(suppression.c.address_key)),
                    )
                )
                .exists()
            )
        )
        with self._database.settling() as conn:
            if conn.execute(wanted).first() is None:
                _settle(
                    conn,
                    row_id,
                    owner,
                    state=DROPPED,
                    reply="unwanted",
                    settled_at=now,
                    facts={},
                )
                return False
            changed = conn.execute(
                update(outbox)
                .where(
                    (outbox.c.id == row_id)
                    & (outbox.c.owner == owner)
                    & (outbox.c.state == CLAIMED)
                    & (outbox.c.lease_until > now)
                )
                .values(state=SENDING)
            )
            return changed.rowcount == 1

    def sent(self, row_id: int, owner: str, now: datetime, reply: str) -> None:
        """The server said 250: the mail is its business now."""
        with self._database.settling() as conn:
            _settle(conn, row_id, owner, state=SENT, reply=reply[:500], settled_at=now)

    def deferred(
        self,
        row_id: int,
        owner: str,
        now: datetime,
        next_at: datetime,
        reply: str,
        ambiguous: bool,
    ) -> None:
        """The server did not take it now; `ambiguous`: perhaps it did and could not say so."""
        doubt = {"ambiguous": True} if ambiguous else {}
        with self._database.sharing() as conn:
            _settle(conn, row_id, owner, state=READY, next_at=next_at, reply=reply[:500], **doubt)

    def failed(self, row_id: int, owner: str, now: datetime, reply: str) -> None:
        """The server refused it for good, or the last try is over."""
        with self._database.sharing() as conn:
            _settle(conn, row_id, owner, state=FAILED, reply=reply[:500], settled_at=now)

    def dropped(self, row_id: int, owner: str, now: datetime, reason: str) -> None:
        """The last gate said never; the facts are wiped at once (decisions.md 32)."""
        with self._database.sharing() as conn:
            _settle(
                conn, row_id, owner, state=DROPPED, reply=reason[:500], settled_at=now, facts={}
            )

    def hold(self, row_id: int, owner: str, until: datetime, reason: str) -> None:
        """The last gate said not now; that was no try."""
        with self._database.sharing() as conn:
            _settle(
                conn,
                row_id,
                owner,
                state=READY,
                next_at=until,
                reply=reason[:500],
                tries=outbox.c.tries - 1,
            )

    def put_back(self, row_ids: Sequence[int], owner: str) -> None:
        """Give claimed mails back untouched, when a sender stops."""
        with self._database.sharing() as conn:
            conn.execute(
                update(outbox)
                .where(
                    outbox.c.id.in_(row_ids)
                    & (outbox.c.owner == owner)
                    & (outbox.c.state == CLAIMED)
                )
                .values(state=READY, owner=None, lease_until=None, tries=outbox.c.tries - 1)
            )

    def renew(self, row_ids: Sequence[int], owner: str, until: datetime) -> None:
        """Keep the lease of mails that take long."""
        with self._database.sharing() as conn:
            conn.execute(
                update(outbox)
                .where(
                    outbox.c.id.in_(row_ids)
                    & (outbox.c.owner == owner)
                    & outbox.c.state.in_((CLAIMED, SENDING))
                )
                .values(lease_until=until)
            )

    def owners(self) -> list[str]:
        """Whoever has mails in hand."""
        query = select(outbox.c.owner).where(outbox.c.state.in_((CLAIMED, SENDING))).distinct()
        with self._database.reading() as conn:
            return [owner for owner in conn.execute(query).scalars() if owner]

    def bury(self, owner: str, now: datetime) -> None:
        """A sender is dead: its leases end now. What was past the fence stays in doubt."""
        with self._database.sharing() as conn:
            conn.execute(
                update(outbox)
                .where((outbox.c.owner == owner) & outbox.c.state.in_((CLAIMED, SENDING)))
                .values(lease_until=now)
            )

    def next_due(self, now: datetime) -> datetime | None:
        """When the next mail may leave, or None if there is none."""
        with self._database.reading() as conn:
            ready = conn.execute(
                select(outbox.c.next_at)
                .where(outbox.c.state == READY)
                .order_by(outbox.c.next_at)
                .limit(1)
            ).scalar_one_or_none()
            leased = conn.execute(
                select(outbox.c.lease_until)
                .where(outbox.c.state.in_((CLAIMED, SENDING)))
                .order_by(outbox.c.lease_until)
                .limit(1)
            ).scalar_one_or_none()
        times = [at for at in (ready, leased) if at is not None]
        return max(now, min(times)) if times else None


def _settle(conn: Connection, row_id: int, owner: str, **values: object) -> None:
    """Move a mail that is ours out of our hands; one that is not ours any more stays."""
    changed = conn.execute(
        update(outbox)
        .where(
            (outbox.c.id == row_id)
            & (outbox.c.owner == owner)
            & outbox.c.state.in_((CLAIMED, SENDING))
        )
        .values(owner=None, lease_until=None, **values)
    )
    if changed.rowcount and values["state"] in (SENT, FAILED, DROPPED):
        enclosures.wipe(conn, row_id)
