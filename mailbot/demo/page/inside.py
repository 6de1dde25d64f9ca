"""Shows what mailbot itself knows: subscriptions, the outbox, how far the court has been read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from mailbot.store.database import Database
from mailbot.store.schema import (
    address,
    outbox,
    refusal,
    request,
    stop,
    subscription,
    tracked_case,
    watermark,
)

LATEST = 8  # rows of the outbox, and subscriptions
STATES = ("ready", "claimed", "sending", "sent", "failed", "dropped", "merged")
ACTIVE = "active"


@dataclass(frozen=True)
class Tracking:
    """A subscription: who follows which case."""

    address: str
    number: str
    state: str
    since: datetime


@dataclass(frozen=True)
class Departure:
    """A row of the outbox."""

    id: int
    template: str
    address: str
    state: str
    tries: int
    next_at: datetime
    reply: str


@dataclass(frozen=True)
class View:
    """One consistent look."""

    trackings: list[Tracking]
    departures: list[Departure]
    counts: Mapping[str, int]  # of outbox rows by state, states without rows too
    watched: int  # cases in the ledger
    swept_at: datetime | None
    hinted_to: datetime | None


class Inside:
    """Reads mailbot's store. Methods block; not for the event loop."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def look(self) -> View:
        """All that the page shows of the service.

        Raises:
            StoreUnavailable: the store does not answer.
        """
        with self._database.reading() as conn:
            subscribed = conn.execute(
                select(address.c.spelling, subscription)
                .join(address, address.c.id == subscription.c.address_id)
                .order_by(subscription.c.created_at.desc(), subscription.c.id)
                .limit(LATEST)
            ).all()
            rows = conn.execute(
                select(address.c.spelling, outbox)
                .join(address, address.c.id == outbox.c.address_id)
                .order_by(outbox.c.id.desc())
                .limit(LATEST)
            ).all()
            counted = select(outbox.c.state, func.count()).group_by(outbox.c.state)
            found = {row[0]: row[1] for row in conn.execute(counted)}
            watched = conn.execute(select(func.count()).select_from(tracked_case)).scalar_one()
            mark = conn.execute(select(watermark)).first()
        return View(
            trackings=[
                Tracking(
                    row.spelling,
                    row.number,
                    row.state,
                    row.stopped_at or row.activated_at or row.created_at,
                )
                for row in subscribed
            ],
            departures=[
                Departure(
                    id=row.id,
                    template=row.template,
                    address=row.spelling,
                    state=row.state,
                    tries=row.tries,
                    next_at=row.next_at,
                    reply=row.reply or "",
                )
                for row in rows
            ],
            counts={state: found.get(state, 0) for state in STATES},
            watched=watched,
            swept_at=mark.swept_at if mark else None,
            hinted_to=mark.hinted_to if mark else None,
        )

    def tracked_numbers(self) -> list[str]:
        """Numbers of the cases that somebody tracks."""
        query = select(subscription.c.number).where(subscription.c.state == ACTIVE).distinct()
        with self._database.reading() as conn:
            return list(conn.execute(query).scalars())

    def states(self) -> dict[tuple[str, str], str]:
        """The state of every subscription by address and case number."""
        query = select(address.c.spelling, subscription.c.number, subscription.c.state).join(
            address, address.c.id == subscription.c.address_id
        )
        with self._database.reading() as conn:
            return {(row[0], row[1]): row[2] for row in conn.execute(query)}

    def rows(self) -> list[tuple[object, ...]]:
        """Every row in which a click or a mail could change something."""
        with self._database.reading() as conn:
            return [
                tuple(row)
                for table in (subscription, request, stop, refusal)
                for row in conn.execute(select(table).order_by(*table.primary_key.columns))
            ]

    def due(self, now: datetime) -> int:
        """How many mails are on their way or should be; those that wait for their time are not."""
        leaving = (outbox.c.state == "ready") & (outbox.c.next_at <= now)
        leaving |= outbox.c.state.in_(("claimed", "sending"))
        with self._database.reading() as conn:
            return conn.execute(select(func.count()).where(leaving)).scalar_one()
