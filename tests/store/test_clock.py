"""The store's time: a machine whose clock is wrong goes by the server's."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mailbot.store.clock import SLOWEST, StoreClock
from mailbot.store.database import Database
from tests.stores import SERVER, discard, fresh_store

WRONG = timedelta(hours=3)
A_SECOND = timedelta(seconds=1)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    found = Database(fresh_store(tmp_path))
    yield found
    discard(found)


def behind() -> datetime:
    """A machine that is three hours late."""
    return datetime.now(UTC) - WRONG


def test_it_goes_by_the_server_where_there_is_one(database: Database) -> None:
    clock = StoreClock(database, behind)
    clock.look()
    late = datetime.now(UTC) - clock()
    assert abs(late - (timedelta() if SERVER else WRONG)) < A_SECOND


def test_a_slow_answer_changes_nothing(database: Database) -> None:
    times = iter([behind(), behind() + SLOWEST * 2])
    clock = StoreClock(database, lambda: next(times))
    clock.look()
    assert clock.offset == timedelta()
