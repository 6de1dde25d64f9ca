"""The timer: hints and sweeps in turn, patience with a court that is down or closed."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest

from mailbot.errors import CourtClosed, CourtUnavailable
from mailbot.inbound.watcher import SLOWEST, UNWELL, Watcher
from tests.until import until

SECRET = "[SQL: SELECT text FROM entry WHERE number = ?] [parameters: ('15AB-CR00015',)]"
START = datetime(2026, 3, 3, 15, 0, tzinfo=UTC)


class Court:
    """A desk that writes down what it is asked, and a clock."""

    def __init__(self) -> None:
        self.later = timedelta()
        self.asked: list[str] = []
        self.error: Exception | None = None
        self.counter: int | None = None
        self.hangs: threading.Event | None = None

    @property
    def now(self) -> datetime:
        """The loop's own time, set forward by `later`."""
        return START + timedelta(seconds=asyncio.get_running_loop().time()) + self.later

    def _ask(self, what: str) -> int:
        self.asked.append(what)
        if self.hangs is not None:
            self.hangs.wait(10)
        if self.error is not None and what in ("sweep", "hint"):
            raise self.error
        return 0

    def sweep(self, court: str, now: datetime) -> object:
        return self._ask("sweep")

    def hint(self, court: str, now: datetime) -> object:
        return self._ask("hint")

    def answer_waiting(self, court: str, now: datetime) -> int:
        return self._ask("waiting")

    def farewell(self, court: str, now: datetime) -> int:
        return self._ask("farewell")


@asynccontextmanager
async def watching(court: Court, poll: float = 3600, sweep: float = 7200) -> AsyncIterator[Watcher]:
    watcher = Watcher(
        desk=court,
        court="franklin",
        poll=timedelta(seconds=poll),
        sweep=timedelta(seconds=sweep),
        clock=lambda: court.now,
        changed=lambda: court.counter,
    )
    task = asyncio.create_task(watcher.run())
    try:
        yield watcher
    finally:
        watcher.stop()
        await asyncio.wait_for(task, 5)


async def times(court: Court, what: str, count: int) -> None:
    await until(lambda: court.asked.count(what) >= count)


async def test_the_first_round_sweeps_and_ends_with_farewell() -> None:
    court = Court()
    async with watching(court) as watcher:
        assert not watcher.well
        await times(court, "farewell", 1)
        await until(lambda: watcher.well)
    assert court.asked == ["waiting", "sweep", "farewell"]


async def test_hints_come_between_sweeps() -> None:
    court = Court()
    async with watching(court):
        await times(court, "farewell", 1)
        for seconds in (3600, 3600):
            seen = court.asked.count("farewell")
            court.later += timedelta(seconds=seconds)
            await times(court, "farewell", seen + 1)
    looks = [what for what in court.asked if what in ("sweep", "hint")]
    assert looks == ["sweep", "hint", "sweep"]


async def test_a_counter_that_moves_is_looked_at_before_its_time() -> None:
    court = Court()
    court.counter = 1
    async with watching(court):
        await times(court, "farewell", 1)
        court.counter = 2
        await times(court, "hint", 1)
    assert court.asked.count("sweep") == 1


@pytest.mark.parametrize(
    "error", [CourtUnavailable("It is down."), RuntimeError("what nobody thought of")]
)
async def test_it_is_unwell_after_some_failures_and_recovers(error: Exception) -> None:
    court = Court()
    court.error = error
    async with watching(court, poll=0.01, sweep=0.01) as watcher:
        await times(court, "sweep", UNWELL)
        await until(lambda: not watcher.well)
        court.error = None
        await until(lambda: watcher.well)


async def test_it_is_well_again_only_after_a_round() -> None:
    court = Court()
    async with watching(court, poll=0.01, sweep=0.01) as watcher:
        await until(lambda: watcher.well)
        court.error = CourtUnavailable()
        await until(lambda: not watcher.well)


@pytest.mark.parametrize("opens", [timedelta(hours=5), None])
async def test_a_closed_court_is_no_failure(opens: timedelta | None) -> None:
    """S10: the supervisor must not restart mailbot every night."""
    court = Court()
    court.error = CourtClosed(None if opens is None else court.now + opens)
    async with watching(court) as watcher:
        await times(court, "sweep", 1)
        await until(lambda: watcher.well)
        assert watcher.last_sweep is None
        assert court.asked.count("sweep") == 1


async def test_a_round_that_hangs_is_unwell_after_a_while() -> None:
    """A hung database fails no check of its own; only the age of the last sweep shows it."""
    court, go_on = Court(), threading.Event()
    async with watching(court, poll=60, sweep=120) as watcher:
        await times(court, "farewell", 1)
        court.hangs = go_on
        court.later += timedelta(seconds=60)
        await times(court, "waiting", 2)
        seen = []
        for wait in (timedelta(), timedelta(seconds=60) + SLOWEST, timedelta(seconds=61)):
            court.later += wait
            seen.append(watcher.well)
        assert seen == [True, True, False]
        go_on.set()
        await until(lambda: watcher.well)


async def test_a_first_round_that_hangs_after_closed_hours_is_unwell_after_a_while() -> None:
    court, go_on = Court(), threading.Event()
    court.error = CourtClosed(court.now + timedelta(hours=5))
    async with watching(court, poll=60, sweep=120) as watcher:
        await times(court, "sweep", 1)
        await until(lambda: watcher.well)
        court.hangs = go_on
        seen = []
        for wait in (SLOWEST, SLOWEST, timedelta(minutes=4)):
            court.later += wait
            seen.append(watcher.well)
        assert seen == [True, True, False]
        go_on.set()


@pytest.mark.parametrize("error", [CourtUnavailable("It is down."), RuntimeError(SECRET)])
async def test_the_log_holds_no_case_and_no_statement(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    court = Court()
    court.error = error
    async with watching(court, poll=0.01, sweep=0.01):
        await times(court, "sweep", 2)
    assert caplog.records
    assert not any(record.exc_info for record in caplog.records)
    assert "court franklin" in caplog.text
    assert "15AB" not in caplog.text
    assert "SELECT" not in caplog.text


async def test_it_stops_at_once_while_it_waits() -> None:
    court = Court()
    court.error = CourtUnavailable()
    began: Callable[[], float] = asyncio.get_running_loop().time
    before = began()
    async with watching(court):
        await times(court, "sweep", 1)
    assert began() - before < 5
