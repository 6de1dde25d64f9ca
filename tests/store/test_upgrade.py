"""The store's tables: made by migrations, the same as the schema, refused when they do not fit."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text

from mailbot.errors import ConfigError, SchemaError
from mailbot.store.database import Database
from mailbot.store.schema import metadata
from mailbot.store.upgrade import must_be_current, upgrade
from tests.stores import discard, empty_store


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Database]:
    found = Database(empty_store(tmp_path))
    yield found
    discard(found)


def test_migrations_make_exactly_the_schema(empty: Database) -> None:
    upgrade(empty)
    with empty.reading() as conn:
        assert compare_metadata(MigrationContext.configure(conn), metadata) == []


def test_twice_is_harmless(empty: Database) -> None:
    assert upgrade(empty) == upgrade(empty)
    must_be_current(empty)


def test_an_empty_store_is_refused_with_the_command_that_helps(empty: Database) -> None:
    with pytest.raises(SchemaError, match="mailbot upgrade"):
        must_be_current(empty)


def test_a_newer_store_is_refused(empty: Database) -> None:
    upgrade(empty)
    with empty.transaction() as conn:
        conn.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for refuse in (must_be_current, upgrade):
        with pytest.raises(SchemaError, match="newer mailbot"):
            refuse(empty)


def test_a_database_with_somebody_elses_table_is_refused_by_its_name(empty: Database) -> None:
    with empty.transaction() as conn:
        conn.execute(text("CREATE TABLE address (street TEXT)"))
    with pytest.raises(ConfigError, match=r"The database .* holds a table \"address\" that"):
        upgrade(empty)


def test_a_database_may_be_shared_with_other_tables(empty: Database) -> None:
    with empty.transaction() as conn:
        conn.execute(text("CREATE TABLE invoices (sum TEXT)"))
    upgrade(empty)
    must_be_current(empty)


def test_several_starters_wait_for_each_other(tmp_path: Path) -> None:
    url, failures = empty_store(tmp_path), []

    def start() -> None:
        database = Database(url)
        try:
            upgrade(database)
        except Exception as error:
            failures.append(error)
        finally:
            database.close()

    starters = [threading.Thread(target=start) for _ in range(4)]
    for each in starters:
        each.start()
    for each in starters:
        each.join()
    assert failures == []
