"""A sender on a real outbox and toward a real socket, with a gate and a composer that tests set."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Row, insert, select

from mailbot.config import Smarthost as SmarthostSettings
from mailbot.maillog import MailLog
from mailbot.model import Claimed, Facts, Outgoing, Send, Verdict
from mailbot.outbound.delivery import Transport
from mailbot.outbound.handover import Refused, tell_nobody
from mailbot.outbound.sender import Pace, Sender
from mailbot.outbound.transport import Smarthost
from mailbot.store import addresses
from mailbot.store.addresses import AddressRow
from mailbot.store.database import Database
from mailbot.store.drafts import Draft, put
from mailbot.store.outbox import Outbox
from mailbot.store.schema import outbox as table
from mailbot.store.schema import suppression
from mailbot.tokens import Key, Signer
from tests.smtp_sink import Sink
from tests.stores import fresh_store
from tests.until import until

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
ANN = 7
QUICK = Pace(poll=0.02, trouble=0.05, stop=3.0)
FINAL = {"sent", "failed", "dropped"}


@dataclass
class Clock:
    """A clock that is set by hand."""

    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **span: float) -> None:
        self.now += timedelta(**span)


def send_all(rows: Sequence[Claimed], now: datetime) -> dict[int, Verdict]:
    """The gate that is open."""
    return {row.id: Send(row.facts) for row in rows}


def compose(row: Claimed, facts: Facts) -> Outgoing:
    """A mail that shows its row and its facts."""
    text = f"Subject: mail {row.id}\r\n\r\n{sorted(facts.items())}\r\n"
    return Outgoing("bot@court.test", row.address, text.encode())


@dataclass
class Stage:
    """An outbox with one address, and what a sender needs besides."""

    folder: Path
    clock: Callable[[], datetime] = field(default_factory=Clock)
    release: Callable[[Sequence[Claimed], datetime], dict[int, Verdict]] = send_all
    compose: Callable[[Claimed, Facts], Outgoing] = compose
    pace: Pace = QUICK
    refused: Refused = tell_nobody
    senders: int = 0
    store: str = ""  # the URL of one that is there; else a new one

    def __post_init__(self) -> None:
        self.database = Database(self.store or fresh_store(self.folder))
        self.outbox = Outbox(self.database, Signer([Key("one", bytes(range(32)))]))
        row = AddressRow(ANN, "ann@home.test", "ann@home.test", "en", NOON, None, None, "one", "h")
        with self.database.transaction() as conn:
            addresses.add(conn, row)

    def put(self, cause: str, priority: int = 0, at: datetime | None = None) -> int:
        """A mail to Ann. Returns its row id."""
        now = self.clock()
        draft = Draft(cause, "help", priority, "franklin", ANN, now, at or now, {"cause": cause})
        with self.database.transaction() as conn:
            assert put(conn, draft)
            found = conn.execute(select(table.c.id).where(table.c.cause == cause))
            return int(found.scalar_one())

    def put_many(self, count: int) -> list[int]:
        return [self.put(f"c{number}") for number in range(count)]

    def rows(self) -> list[Row[tuple[object, ...]]]:
        with self.database.reading() as conn:
            return list(conn.execute(select(table).order_by(table.c.id)).all())

    def row(self, row_id: int) -> Row[tuple[object, ...]]:
        return next(row for row in self.rows() if row.id == row_id)

    def states(self) -> list[str]:
        return [row.state for row in self.rows()]

    def suppress_ann(self) -> None:
        with self.database.transaction() as conn:
            values = {"address_key": "ann@home.test", "reason": "test", "since": NOON}
            conn.execute(insert(suppression).values(**values))

    async def settled(self) -> None:
        """Wait until every mail has its final state."""
        await until(lambda: set(self.states()) <= FINAL)

    async def idle(self) -> None:
        """Wait until nothing is in hand."""
        await until(lambda: not {"claimed", "sending"} & set(self.states()))

    def _gate(self, rows: Sequence[Claimed], now: datetime) -> dict[int, Verdict]:
        return self.release(rows, now)

    def _make(self, row: Claimed, facts: Facts) -> Outgoing:
        return self.compose(row, facts)

    @asynccontextmanager
    async def sending(
        self, transport: Transport, lanes: int = 2, outbox: Outbox | None = None
    ) -> AsyncIterator[Sender]:
        """A running sender for the length of a block."""
        self.senders += 1
        sender = Sender(
            outbox or self.outbox,
            self._gate,
            self._make,
            transport,
            self.clock,
            f"sender-{self.senders}",
            lanes,
            MailLog(b"0123456789abcdef"),
            self.pace,
            lambda: 0.0,
            self.refused,
        )
        await sender.start()
        try:
            yield sender
        finally:
            await sender.stop()


def smarthost(server: Sink, lanes: int = 2, dot_seconds: float = 600) -> Smarthost:
    """The way to a sink."""
    values = {"port": server.port, "tls": "none", "connections": lanes, "dot_seconds": dot_seconds}
    settings = SmarthostSettings(host="127.0.0.1").model_copy(update=values)
    return Smarthost(settings, "bot.court.test")


async def pass_time(stage: Stage, clock: Clock) -> None:
    """Let time jump to whatever comes next, until every mail has its final state."""
    for _ in range(3000):
        rows = stage.rows()
        ready = [row.next_at for row in rows if row.state == "ready"]
        if all(row.state in FINAL for row in rows):
            return
        if len(ready) == len([row for row in rows if row.state not in FINAL]):  # none in hand
            # If some are due, the sender is about to claim, or leaves the mail server alone.
            clock.now = max(clock.now + timedelta(seconds=5), min(ready))
        await asyncio.sleep(0.03)
    raise AssertionError("it does not end")


async def a_moment() -> None:
    """Long enough for a sender to do what it would do."""
    await asyncio.sleep(0.15)
