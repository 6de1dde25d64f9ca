"""Errors of our own database name the database and the driver's code, and nobody's data."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from mailbot.errors import StoreUnavailable
from mailbot.store.database import Database


def look(database: Database) -> None:
    try:
        with database.reading() as conn:
            conn.execute(text("SELECT count(*) FROM sqlite_master")).scalar_one()
    finally:
        database.close()


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    path.write_bytes(b"Dear court,\n" * 100)
    with pytest.raises(StoreUnavailable) as raised:
        look(Database(f"sqlite:///{path}"))
    assert str(raised.value) == (
        "mailbot's own database does not answer. DatabaseError SQLITE_NOTADB: the file "
        f"{path} is no database; move it away, or name another one in store."
    )


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    database = Database(f"sqlite:///{path}")
    with database.transaction() as conn:
        conn.execute(text("CREATE TABLE notes (body TEXT)"))
        conn.execute(text("INSERT INTO notes VALUES (:body)"), [{"body": "x" * 500}] * 100)
    database.close()
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))
    with (
        pytest.raises(StoreUnavailable, match=rf"SQLITE_CORRUPT.*: the file {path} is damaged"),
        Database(f"sqlite:///{path}").reading() as conn,
    ):
        conn.execute(text("SELECT body FROM notes")).all()


def test_a_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match=rf"SQLITE_CANTOPEN.*: the file {tmp_path} cannot"):
        look(Database(f"sqlite:///{tmp_path}"))


def test_a_broken_rule_of_ours_stays_as_it_is_and_shows_no_data(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/store.sqlite")
    with database.transaction() as conn:
        conn.execute(text("CREATE TABLE notes (body TEXT UNIQUE)"))
    insert = text("INSERT INTO notes VALUES (:body)")
    with pytest.raises(DBAPIError) as raised, database.transaction() as conn:
        conn.execute(insert, [{"body": "15AB-CR00015"}] * 2)
    assert "15AB-CR00015" not in str(raised.value)
    database.close()


def test_what_is_stored_is_on_the_disk_and_only_settling_does_not_wait(tmp_path: Path) -> None:
    """decisions.md 5: FULL (2) for all but the settling of a mail, NORMAL (1) for that."""
    database = Database(f"sqlite:///{tmp_path}/store.sqlite")
    with database.transaction() as conn:
        assert conn.exec_driver_sql("PRAGMA synchronous").scalar_one() == 2
    with database.settling() as conn:
        assert conn.exec_driver_sql("PRAGMA synchronous").scalar_one() == 1
    database.close()
