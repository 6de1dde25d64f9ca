"""A court's database is opened for reading only, and a write to its file is noticed."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import create_engine
from sqlalchemy.exc import DBAPIError, OperationalError

from mailbot.court.engines import WriteCounter, can_tell, open_read_only, reason, writable
from tests.court.courts import TABLES, add, write


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "court.sqlite"
    write(path, TABLES)
    add(path, "case", number="15AB-CR00015", access=0)
    return path


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM docket_entry",
        'UPDATE "case" SET access = 0',
        "CREATE TABLE other (id)",
        "PRAGMA user_version = 7",
        "VACUUM",
    ],
)
@pytest.mark.parametrize("query", ["", "?mode=rwc", "?mode=rw&timeout=1"])
def test_no_statement_writes(path: Path, statement: str, query: str) -> None:
    """Whatever the URL of config.toml asks for."""
    engine = open_read_only(f"sqlite:///{path}{query}", "UTC", 1)
    with engine.connect() as connection, pytest.raises(OperationalError):
        connection.exec_driver_sql(statement)
    engine.dispose()


def test_a_file_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    engine = open_read_only(f"sqlite:///{tmp_path}/none.sqlite", "UTC", 1)
    with pytest.raises(OperationalError):
        engine.connect()
    assert list(tmp_path.iterdir()) == []


def test_both_fences_of_a_file_are_looked_at(path: Path) -> None:
    engine = open_read_only(f"sqlite:///{path}", "UTC", 1)
    with engine.connect() as connection:
        assert writable(connection) is None
        connection.exec_driver_sql("PRAGMA query_only = OFF")
        assert writable(connection) == "the whole file"
    engine.dispose()
    plain = create_engine(f"sqlite:///{path}")
    with plain.connect() as connection:
        connection.exec_driver_sql("PRAGMA query_only = ON")
        assert writable(connection) == "the whole file"
    plain.dispose()


def test_which_databases_tell_of_their_rights() -> None:
    told = {name: can_tell(name) for name in ("sqlite", "postgresql", "mysql", "mariadb", "oracle")}
    assert [name for name, can in told.items() if not can] == ["oracle"]


def test_the_counter_counts_writes_and_new_files(path: Path) -> None:
    engine = open_read_only(f"sqlite:///{path}", "UTC", 1)
    counter = WriteCounter(engine, str(path))
    seen = [counter.read()]
    seen.append(counter.read())
    assert seen[0] == seen[1]
    add(path, "docket_entry", case_id=1)
    seen.append(counter.read())
    other = path.with_name("other.sqlite")
    write(other, TABLES)
    other.replace(path)
    seen.append(counter.read())
    counter.close()
    seen.append(counter.read())
    assert len(set(seen)) == 4
    path.unlink()
    with pytest.raises(FileNotFoundError):
        counter.read()
    counter.close()
    engine.dispose()


def test_a_reason_is_a_kind_and_a_code_and_never_a_text() -> None:
    coded = sqlite3.OperationalError("password=hunter2")
    coded.sqlite_errorname = "SQLITE_BUSY"
    refused = Exception(1045, "Access denied for user 'reader'@'db.example'")
    assert reason(DBAPIError("SELECT 'x'", {}, coded)) == "OperationalError SQLITE_BUSY"
    assert reason(DBAPIError("SELECT 'x'", {}, refused)) == "Exception 1045"
    assert reason(OSError("hunter2")) == "OSError"
    assert (
        reason(ModuleNotFoundError("no", name="psycopg")) == "the driver psycopg is not installed"
    )


def test_an_error_shows_nothing_of_what_was_asked(tmp_path: Path) -> None:
    path = tmp_path / "court.sqlite"
    sqlite3.connect(path).close()
    engine = open_read_only(f"sqlite:///{path}", "America/Chicago", 5)
    with pytest.raises(DBAPIError) as raised, engine.connect() as connection:
        connection.exec_driver_sql("SELECT 1 FROM no_table WHERE n = ?", ("15AB-CR00015",))
    assert "15AB-CR00015" not in str(raised.value)
    engine.dispose()
