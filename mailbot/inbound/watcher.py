"""The timer at a court's database: asks the desk to look for changes, again and again.

The hint makes it quick, the sweep makes it complete; a court that is closed or down is tried again
(reliability.md 3.1).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

from mailbot.errors import CourtClosed, TemporaryError
from mailbot.maillog import cause

log = logging.getLogger("mailbot.watcher")

GLANCE = 0.25  # seconds between two looks at the court's change counter, where it has one
UNWELL = 3  # failures in a row before it says so
SLOWEST = timedelta(minutes=5)  # between two tries at a court that does not answer


class Entrance(Protocol):
    """What the watcher calls of the desk."""

    def sweep(self, court: str, now: datetime) -> object:
        """Compare everything that is watched."""

    def hint(self, court: str, now: datetime) -> object:
        """Compare what has changed lately."""

    def answer_waiting(self, court: str, now: datetime) -> int:
        """Answer what waited for the court."""

    def farewell(self, court: str, now: datetime) -> int:
        """Say farewell for a court whose last day is over."""


class Watcher:
    """Watches one court until it is stopped.

    Args:
        poll: time between two hints. sweep: between two rounds over all that is watched.
        changed: a cheap counter that moves with every write to the court (SQLite's data_version),
            or None where there is none.
    """

    def __init__(
        self,
        desk: Entrance,
        court: str,
        poll: timedelta,
        sweep: timedelta,
        clock: Callable[[], datetime],
        changed: Callable[[], int | None],
    ) -> None:
        self._desk, self._court, self._clock = desk, court, clock
        self._poll, self._sweep, self._changed = poll, sweep, changed
        self._stopping = asyncio.Event()
        self._failures = 0
        self._closed_until: datetime | None = None
        self.last_sweep: datetime | None = None

    @property
    def well(self) -> bool:
        """Whether the last rounds went well, and the last sweep is no older than it may be.

        A round that hangs shows by that age. It counts from the hour at which a closed court is
        asked again.
        """
        counted = [since for since in (self.last_sweep, self._closed_until) if since is not None]
        longest = self._sweep + self._poll + SLOWEST  # it is due, a round sees that, and takes long
        recent = bool(counted) and self._clock() < max(counted) + longest
        return recent and self._failures < UNWELL

    async def run(self) -> None:
        """Watch until `stop`; no error of the court or the store ends it."""
        counter: int | None = None
        next_hint = self._clock()
        while not self._stopping.is_set():
            now = self._clock()
            try:
                seen = await asyncio.to_thread(self._changed)
                if now >= next_hint or (seen is not None and seen != counter):
                    counter = seen
                    await self._round(now)
                    next_hint = now + self._poll
                    self._failures, self._closed_until = 0, None
            except CourtClosed as error:
                next_hint = min(error.opens_at or now + SLOWEST, now + SLOWEST)
                self._failures, self._closed_until = 0, next_hint
                await self._sleep((next_hint - now).total_seconds())
            except TemporaryError as error:
                next_hint = now + self._back_off(error)
                await self._sleep((next_hint - now).total_seconds())
            except Exception as error:
                log.error("court %s: what nobody thought of: %s", self._court, cause(error))
                next_hint = now + self._back_off(None)
                await self._sleep((next_hint - now).total_seconds())
            await self._sleep(GLANCE)

    async def _round(self, now: datetime) -> None:
        """One look: whatever waited, the sweep if it is due, else the hint; farewell at the end."""
        await asyncio.to_thread(self._desk.answer_waiting, self._court, now)
        if self.last_sweep is None or now >= self.last_sweep + self._sweep:
            await asyncio.to_thread(self._desk.sweep, self._court, now)
            self.last_sweep = now
        else:
            await asyncio.to_thread(self._desk.hint, self._court, now)
        await asyncio.to_thread(self._desk.farewell, self._court, now)

    def _back_off(self, error: TemporaryError | None) -> timedelta:
        self._failures += 1
        pause = min(self._poll * (1 << min(self._failures - 1, 10)), SLOWEST)
        if error is not None:
            log.warning("court %s: %s Tried again in %s.", self._court, error, pause)
        return pause

    async def _sleep(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._stopping.wait(), seconds)
        except TimeoutError:
            return

    def stop(self) -> None:
        """Let the round in hand end, and begin none."""
        self._stopping.set()
