"""Hints are any time the court keeps; one that cannot be compared is no error."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import Connection, create_engine

from mailbot.config import Source
from mailbot.court.hints import HINTS, recent_cases, useless_hints
from mailbot.court.mapping import CASE_COLUMNS, ENTRY_COLUMNS, Resolved, resolve
from tests.court.courts import TABLES, add, write

NOON = datetime.combine(date(2015, 11, 16), time(12))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "court.sqlite"
    write(path, TABLES)
    add(path, "case", id=1, number="A1", last_activity_at="2015-11-16 12:00:00.000000")
    add(path, "docket_entry", id=1, case_id=2, entered_at="2015-11-16T12:00")
    add(path, "docket_entry", id=2, case_id=3, modified_at="2015-11-16 11:59:59")
    add(path, "docket_entry", id=3, case_id=None, modified_at="2015-11-17")
    return path


@pytest.fixture
def connection(path: Path) -> Iterator[Connection]:
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def mapping(connection: Connection, **tables: Any) -> Resolved:
    found = resolve(connection, Source(url=SecretStr("sqlite:///x"), **tables), "UTC")
    connection.rollback()
    return found


def test_every_time_that_the_court_keeps_hints(connection: Connection) -> None:
    assert recent_cases(connection, mapping(connection), NOON) == {"1", "2"}
    assert recent_cases(connection, mapping(connection), NOON.replace(hour=1)) == {"1", "2", "3"}
    assert useless_hints(connection, mapping(connection), NOON) == []


def test_the_hints_are_columns_of_the_mapping() -> None:
    for name, key, at in HINTS:
        columns = {"case": CASE_COLUMNS, "docket_entry": ENTRY_COLUMNS}[name]
        assert {key, at} <= set(columns)


def test_a_court_without_times_has_none(connection: Connection) -> None:
    bare = mapping(
        connection,
        case='SELECT id, number FROM "case"',
        docket_entry="SELECT id, case_id FROM docket_entry",
    )
    assert recent_cases(connection, bare, NOON) == set()
    assert useless_hints(connection, bare, NOON) == []
