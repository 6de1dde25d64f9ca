"""Takes mails out of the outbox in claims, passes them by the last gate, and shares them to lanes.

One claim at a time and only when a lane is free, so that what a person waits for is next; each lane
has one mail in doubt at most (decisions.md 5). Call `wake` when something was put in.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

from mailbot.errors import SmarthostUnavailable, TemporaryError
from mailbot.maillog import MailLog, cause
from mailbot.model import Claimed, Send, Verdict
from mailbot.outbound.delivery import Transport
from mailbot.outbound.handover import (
    Compose,
    Handover,
    Parts,
    Refused,
    Release,
    any_jitter,
    tell_nobody,
)
from mailbot.outbound.schedule import pause
from mailbot.store.outbox import Outbox


@dataclass(frozen=True)
class Pace:
    """How a sender goes about it (reliability.md 3.2)."""

    batch: int = 50  # most mails of a claim; fewer while they leave slowly
    lease: timedelta = timedelta(seconds=60)  # renewed at half-life
    poll: float = 1.0  # seconds between looks for something due
    quick: float = 0.5  # seconds in which a claim should have left
    trouble: float = 5.0  # seconds to leave a failing store alone
    stop: float = 30.0  # seconds to finish the mails in flight


class Sender:
    """Sends what is due in an outbox, until it is stopped.

    Args:
        release: the last gate, `Desk.release`; called on a worker thread, as outbox and compose.
        compose: makes a mail of a row and its facts; pure.
        transport: the way out.
        owner: names this sender in leases; unique among all running ones.
        lanes: mails in flight at once; as many as the transport has connections.
        jitter: from -1 to 1.
        refused: hears of each recipient that the server refused; called on a worker thread.
    """

    def __init__(
        self,
        outbox: Outbox,
        release: Release,
        compose: Compose,
        transport: Transport,
        clock: Callable[[], datetime],
        owner: str,
        lanes: int,
        log: MailLog,
        pace: Pace | None = None,
        jitter: Callable[[], float] = any_jitter,
        refused: Refused = tell_nobody,
    ) -> None:
        self._pace = pace or Pace()
        self._threads = ThreadPoolExecutor(lanes + 2, "mail-out")
        self._parts = Parts(
            outbox, release, compose, transport, clock, owner, log, self._threads, jitter, refused
        )
        self._handover = Handover(self._parts)
        self._lanes = lanes
        self._batch = lanes
        self._queue: asyncio.Queue[tuple[Claimed, Send, datetime]] = asyncio.Queue()
        self._in_hand: set[int] = set()
        self._free = 0  # lanes without a mail
        self._freed = asyncio.Event()
        self._woken = asyncio.Event()
        self._stopping = False
        self._failures = 0  # times running that the mail server was away
        self._away_until: datetime | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._claimer: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to send."""
        self._loop = loop = asyncio.get_running_loop()
        self._tasks = [loop.create_task(self._lane()) for _ in range(self._lanes)]
        self._tasks.append(loop.create_task(self._keep_leases()))
        self._claimer = loop.create_task(self._claim_all())

    def wake(self) -> None:
        """Something was put into the outbox. From any thread, at any time."""
        with contextlib.suppress(RuntimeError):  # the loop has ended: there is nobody to wake
            if self._loop is not None:
                self._loop.call_soon_threadsafe(self._woken.set)

    async def stop(self) -> None:
        """Finish the mails in flight, give the others back, part from the server (T-TERM)."""
        self._stopping = True
        self._woken.set()
        self._freed.set()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._pace.stop):
                if self._claimer is not None:
                    await self._claimer
                await self._put_back_waiting()
                while self._in_hand:
                    self._freed.clear()
                    await self._freed.wait()
        tasks = [*self._tasks, *([] if self._claimer is None else [self._claimer])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        # What was cut off behind the look stays in doubt until its lease ends; the rest goes back.
        await self._put_back(list(self._in_hand))
        await self._parts.transport.close()
        self._threads.shutdown(wait=False)

    async def _put_back_waiting(self) -> None:
        waiting = []
        while not self._queue.empty():
            row, _, _ = self._queue.get_nowait()
            waiting.append(row.id)
        await self._put_back(waiting)

    async def _put_back(self, row_ids: list[int]) -> None:
        if not row_ids:
            return
        try:
            await self._parts.call(self._parts.outbox.put_back, row_ids, self._parts.owner)
        except Exception as error:  # the lease gives them back, a minute later
            self._parts.log.trouble("sender", cause(error))
        self._in_hand.difference_update(row_ids)

    # --- Claims ---

    async def _claim_all(self) -> None:
        while not self._stopping:
            try:
                await self._claim_next()
            except Exception as error:  # the store is away: nothing is lost, everything waits
                self._parts.log.trouble("sender", cause(error))
                await self._sleep(self._pace.trouble)

    async def _claim_next(self) -> None:
        parts, started = self._parts, asyncio.get_running_loop().time()
        await self._lane_free()
        self._adapt(asyncio.get_running_loop().time() - started)
        if self._stopping or await self._is_pausing():
            return
        self._woken.clear()
        limit = 1 if self._failures else self._batch  # a server that was away gets one to try
        rows = await parts.call(
            parts.outbox.claim, parts.owner, parts.clock(), limit, self._pace.lease
        )
        # One whose lease ran out in our own hands is in its lane still: now the lease is new.
        rows = [row for row in rows if row.id not in self._in_hand]
        if rows:
            self._in_hand.update(row.id for row in rows)
            await self._release(rows)
        else:
            await self._doze()

    async def _lane_free(self) -> None:
        while not self._stopping and not (self._queue.empty() and self._free):
            self._freed.clear()
            await self._freed.wait()

    def _adapt(self, seconds: float) -> None:
        """Claim as many as leave soon: an answer put in now waits for no more than those."""
        if seconds <= self._pace.quick:
            self._batch = min(self._pace.batch, 2 * self._batch)
        else:
            self._batch = max(1, min(self._lanes, self._pace.batch), self._batch // 2)

    async def _is_pausing(self) -> bool:
        if self._away_until is None:
            return False
        seconds = (self._away_until - self._parts.clock()).total_seconds()
        if seconds <= 0:
            return False
        await self._sleep(min(seconds, self._pace.poll))
        return True

    async def _doze(self) -> None:
        """Until something is due, something was put in, or a second has passed."""
        parts, now = self._parts, self._parts.clock()
        due = await parts.call(parts.outbox.next_due, now)
        seconds = self._pace.poll
        if due is not None:
            # Due and not ours to claim: another sender is at it.
            seconds = min(seconds, (due - now).total_seconds()) or seconds
        await self._sleep(seconds)

    async def _sleep(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._woken.wait()
        self._woken.clear()

    # --- The last gate ---

    async def _release(self, rows: list[Claimed]) -> None:
        parts, now = self._parts, self._parts.clock()
        for row in rows:
            parts.log.claimed(row.id, row.template, row.address, row.tries)
        verdicts = await self._verdicts(rows, now)
        for row in rows:
            send = await self._handover.judge(row, verdicts.get(row.id))
            if send is None:
                self._in_hand.discard(row.id)
            else:
                self._queue.put_nowait((row, send, now))

    async def _verdicts(self, rows: list[Claimed], now: datetime) -> Mapping[int, Verdict]:
        """What the gate says; if it fails for all, it is asked for each, to find the one."""
        parts = self._parts
        try:
            return await parts.call(parts.release, rows, now)
        except TemporaryError as error:
            parts.log.trouble("release", cause(error))
            return {}
        except Exception as error:
            parts.log.trouble("release", cause(error))
        verdicts: dict[int, Verdict] = {}
        for row in rows:
            try:
                verdicts |= await parts.call(parts.release, [row], now)
            except Exception as error:  # held without a verdict; the others go on
                parts.log.broken(row.id, cause(error))
        return verdicts

    # --- Lanes ---

    async def _lane(self) -> None:
        while True:
            self._free += 1
            self._freed.set()
            try:
                row, verdict, released_at = await self._queue.get()
            finally:
                self._free -= 1
            await self._send(row, verdict, released_at)
            self._in_hand.discard(row.id)

    async def _send(self, row: Claimed, verdict: Send, released_at: datetime) -> None:
        parts = self._parts
        try:
            if self._away_until is not None and parts.clock() < self._away_until:
                await self._handover.hold(row, self._away_until, "mail server away")
            elif await self._handover.send(row, verdict, released_at):
                self._failures, self._away_until = 0, None
        except SmarthostUnavailable as error:
            until = self._be_away(error)
            await self._handover.hold(row, until, "mail server away")
        except Exception as error:  # the lease gives the row back
            parts.log.broken(row.id, cause(error))

    def _be_away(self, error: SmarthostUnavailable) -> datetime:
        """The mail server is away for everybody: no mail ages by it, and it is asked seldom."""
        now = self._parts.clock()
        if self._away_until is None or now >= self._away_until:
            self._failures += 1
            self._away_until = now + pause(self._failures, self._parts.jitter())
            self._parts.log.trouble("smarthost", str(error))
        return self._away_until

    async def _keep_leases(self) -> None:
        parts, pace = self._parts, self._pace
        while True:
            await asyncio.sleep(pace.lease.total_seconds() / 2)
            rows = list(self._in_hand)
            try:
                if rows:
                    await parts.call(
                        parts.outbox.renew, rows, parts.owner, parts.clock() + pace.lease
                    )
            except Exception as error:  # the next time, or the lease ends and the fence says no
                parts.log.trouble("sender", cause(error))
