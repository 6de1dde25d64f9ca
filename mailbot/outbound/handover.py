"""Sends one claimed mail and settles it: composes, looks a last time, delivers, writes the outcome.

Whatever happens, the row ends in exactly one state: sent, ready again, failed, dropped, or still
claimed until its lease ends. Nothing is marked before the server's 250 (reliability.md 3.2).
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import ParamSpec, TypeVar

from mailbot.errors import (
    MailAmbiguous,
    MailDeferred,
    MailRefused,
    RecipientRefused,
    SmarthostUnavailable,
    TemporaryError,
)
from mailbot.maillog import MailLog, cause
from mailbot.model import Claimed, Defer, Drop, Facts, Outgoing, Send, Verdict
from mailbot.outbound.delivery import Abandoned, Transport
from mailbot.outbound.schedule import next_try
from mailbot.store.outbox import Outbox

Release = Callable[[Sequence[Claimed], datetime], Mapping[int, Verdict]]
Compose = Callable[[Claimed, Facts], Outgoing]
Refused = Callable[[int, str, datetime], None]

FRESH = timedelta(seconds=1)  # a verdict that is older is asked for again right before the dot
LATER = timedelta(seconds=30)  # when the last gate itself cannot answer
ROUNDS = 3  # times a mail is composed again because its facts changed at the dot
_SETTLE = (1.0, 2.0, 5.0, 10.0)  # seconds between tries to write an outcome down

P = ParamSpec("P")
T = TypeVar("T")


def any_jitter() -> float:
    """From -1 to 1."""
    return random.uniform(-1, 1)  # noqa: S311 - spreads retries, hides nothing


def tell_nobody(row_id: int, reply: str, now: datetime) -> None:
    """A refused recipient is of no further interest."""


@dataclass(frozen=True)
class Parts:
    """What a sender is made of.

    `release` is the last gate: it reads the court for claimed mails and says send, drop or defer.
    `compose` makes a mail of a row and its facts. `refused` hears of each recipient that the server
    refused, with its reply. All of outbox, release, compose and refused are called on `threads`.
    """

    outbox: Outbox
    release: Release
    compose: Compose
    transport: Transport
    clock: Callable[[], datetime]
    owner: str
    log: MailLog
    threads: Executor
    jitter: Callable[[], float] = any_jitter
    refused: Refused = tell_nobody

    async def call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run something synchronous on a worker thread."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self.threads, lambda: function(*args, **kwargs))

    async def settle(self, row_id: int, write: Callable[[], None]) -> None:
        """Write an outcome down, however long the store is away; a mail sent stays sent."""
        waits = iter(_SETTLE)
        while True:
            try:
                return await self.call(write)
            except Exception as error:  # whatever the store raises, the outcome is a fact
                self.log.trouble(f"out-{row_id}", cause(error))
                await asyncio.sleep(next(waits, _SETTLE[-1]))


class _LastLook:
    """Awaited right before the dot: is the mail still to be sent, and still ours?"""

    def __init__(self, parts: Parts, row: Claimed, verdict: Send, released_at: datetime) -> None:
        self._parts = parts
        self._row = row
        self._verdict = verdict
        self.passed = False
        self.changed: Verdict | None = None
        self.released_at = released_at
        self.error: Exception | None = None

    async def __call__(self) -> bool:
        try:
            self.passed = await self._look()
        except Exception as error:  # nothing is sent on a guess
            self.error = error
        return self.passed

    async def _look(self) -> bool:
        parts, row, now = self._parts, self._row, self._parts.clock()
        if now - self.released_at > FRESH:
            verdict = (await parts.call(parts.release, [row], now)).get(row.id)
            if verdict != self._verdict:
                self.changed = verdict or Defer(now + LATER, "no verdict")
                self.released_at = now
                return False
        return await parts.call(parts.outbox.fence, row.id, parts.owner, parts.clock())


class Handover:
    """What happens to one mail between claim and outcome."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def judge(self, row: Claimed, verdict: Verdict | None) -> Send | None:
        """Settle a mail that the last gate holds back; return the verdict of one that may go."""
        parts = self._parts
        if isinstance(verdict, Send):
            return verdict
        if isinstance(verdict, Drop):
            parts.log.dropped(row.id, verdict.reason)
            now = parts.clock()
            await parts.settle(
                row.id, partial(parts.outbox.dropped, row.id, parts.owner, now, verdict.reason)
            )
            return None
        held = verdict or Defer(parts.clock() + LATER, "no verdict")
        await self.hold(row, held.until, held.reason)
        return None

    async def hold(self, row: Claimed, until: datetime, reason: str) -> None:
        """Not now, and that was no try."""
        parts = self._parts
        parts.log.held(row.id, reason, until)
        await parts.settle(row.id, partial(parts.outbox.hold, row.id, parts.owner, until, reason))

    async def send(self, row: Claimed, verdict: Send, released_at: datetime) -> bool:
        """Send a mail and settle it. Returns whether the mail server was there.

        Raises:
            SmarthostUnavailable: it was not; the row is still claimed.
        """
        going: Send | None = verdict
        for _ in range(ROUNDS):
            if going is None:
                return True
            look = _LastLook(self._parts, row, going, released_at)
            mail = await self._composed(row, going)
            if mail is None:
                return False
            try:
                return await self._deliver(row, mail, look)
            except Abandoned:
                going, released_at = await self._reconsider(row, look), look.released_at
        if going is not None:
            await self._again(row, "facts keep changing", False)
        return True

    async def _composed(self, row: Claimed, verdict: Send) -> Outgoing | None:
        parts = self._parts
        try:
            return await parts.call(parts.compose, row, verdict.facts)
        except Exception as error:  # one broken row or template must not stop the others
            why = cause(error)
            parts.log.broken(row.id, why)
            await self._again(row, f"not composed: {why}", False)
            return None

    async def _deliver(self, row: Claimed, mail: Outgoing, look: _LastLook) -> bool:
        """Hand over and settle by the type of error. True: the server was there."""
        parts = self._parts
        try:
            reply = await parts.transport.deliver(mail, look)
        except (Abandoned, SmarthostUnavailable):
            raise
        except RecipientRefused as error:
            await parts.settle(row.id, partial(self._tell, row, _said(error), parts.clock()))
            await self._fail(row, _said(error))
        except MailRefused as error:
            await self._fail(row, _said(error))
        except MailDeferred as error:
            await self._again(row, _said(error), False)
        except MailAmbiguous as error:
            await self._again(row, _said(error), True)
        except Exception as error:  # a fault of ours: in doubt if the look had passed
            parts.log.broken(row.id, cause(error))
            await self._again(row, f"not sent: {cause(error)}", look.passed)
        else:
            parts.log.sent(row.id, reply)
            await parts.settle(
                row.id, partial(parts.outbox.sent, row.id, parts.owner, parts.clock(), reply)
            )
        return True

    def _tell(self, row: Claimed, reply: str, now: datetime) -> None:
        """Before the row is settled: after a crash it is tried again, and told again."""
        try:
            self._parts.refused(row.id, reply, now)
        except TemporaryError:
            raise
        except Exception as error:  # the mail has failed, whatever else does
            self._parts.log.broken(row.id, cause(error))

    async def _reconsider(self, row: Claimed, look: _LastLook) -> Send | None:
        """After the last look said no: other facts to send, or None and the row is settled."""
        if look.error is not None:
            self._parts.log.trouble(f"out-{row.id}", cause(look.error))
            await self.hold(row, self._parts.clock() + LATER, cause(look.error))
            return None
        if look.changed is not None:
            return await self.judge(row, look.changed)
        # The fence: the lease is lost, or it has dropped the row itself.
        self._parts.log.abandoned(row.id, "fence")
        return None

    async def _again(self, row: Claimed, reply: str, ambiguous: bool) -> None:
        parts, now = self._parts, self._parts.clock()
        at = next_try(row.tries, now, parts.jitter(), ambiguous)
        if at is None:
            await self._fail(row, reply)
            return
        log = parts.log.doubtful if ambiguous else parts.log.deferred
        log(row.id, reply, at)
        await parts.settle(
            row.id, partial(parts.outbox.deferred, row.id, parts.owner, now, at, reply, ambiguous)
        )

    async def _fail(self, row: Claimed, reply: str) -> None:
        parts = self._parts
        parts.log.failed(row.id, reply)
        await parts.settle(
            row.id, partial(parts.outbox.failed, row.id, parts.owner, parts.clock(), reply)
        )


def _said(error: Exception) -> str:
    return str(error.args[0]) if error.args else type(error).__name__
