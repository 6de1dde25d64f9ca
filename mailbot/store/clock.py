"""Tells the store's time: leases of several machines end by one clock, whatever theirs show."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from mailbot.store.database import Database

SLOWEST = timedelta(seconds=2)  # an answer that took longer says too little


class StoreClock:
    """The time of the database's server, kept by this machine's clock between two looks.

    A SQLite file has no clock of its own: there it is this machine's.

    Args:
        clock: this machine's time, aware.
    """

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database, self._clock = database, clock
        self.offset = timedelta()  # how far the server is ahead

    def __call__(self) -> datetime:
        """The time there, aware."""
        return self._clock() + self.offset

    def look(self) -> None:
        """Ask the server for its time; a slow answer changes nothing.

        Raises:
            StoreUnavailable: it does not answer.
        """
        if self._database.engine.dialect.name != "postgresql":
            return
        with self._database.reading() as conn:
            before = self._clock()
            there: datetime = conn.execute(text("SELECT clock_timestamp()")).scalar_one()
            after = self._clock()
        if after - before <= SLOWEST:
            self.offset = there.astimezone(UTC) - (before + (after - before) / 2)
