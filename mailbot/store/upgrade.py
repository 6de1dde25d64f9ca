"""Brings the store's tables to what this version of mailbot needs, and says whether they are."""

from __future__ import annotations

import logging
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, select, text

from mailbot.errors import ConfigError, SchemaError
from mailbot.store.database import Database
from mailbot.store.schema import address, metadata, request, subscription

MOVED = "moved"  # in place of a revision, in a store that was left
MIGRATIONS = Path(__file__).parent / "migrations"
logging.getLogger("alembic").setLevel(logging.WARNING)  # it tells of every look at INFO


def upgrade(database: Database) -> str:
    """Run the missing migrations; several starters wait for each other. Returns the revision.

    Raises:
        SchemaError: the store was made by a newer mailbot.
        ConfigError: the database belongs to another program.
        StoreUnavailable: the database does not answer.
    """
    with database.transaction() as conn:
        if conn.dialect.name == "postgresql":
            conn.execute(text("SELECT pg_advisory_xact_lock(727420)"))
        _refuse_newer(conn)
        _refuse_foreign(conn)
        config = _config()
        config.attributes["connection"] = conn
        command.upgrade(config, "head")
        return _head()


def is_empty(database: Database) -> bool:
    """Whether nothing was ever made in it."""
    with database.reading() as conn:
        return _current(conn) is None


def holds_links(database: Database) -> bool:
    """Whether anybody was ever written to: their links need the keys that signed them."""
    with database.reading() as conn:
        return any(
            conn.execute(select(table.c.id).limit(1)).first() is not None
            for table in (address, request, subscription)
        )


def must_be_current(database: Database) -> None:
    """Refuse to run on tables that are older or newer than this version needs.

    Raises:
        SchemaError: with the command that helps.
        ConfigError: everything was moved to another store.
    """
    with database.reading() as conn:
        _refuse_newer(conn)
        current = _current(conn)
    if current != _head():
        raise SchemaError(f"They are at {current or 'nothing'}, {_head()} is needed.")


def _refuse_newer(conn: Connection) -> None:
    current = _current(conn)
    if current == MOVED:
        raise ConfigError(
            "Everything in this store was moved to another one; name that one in store in [bot]."
        )
    known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
    if current is not None and current not in known:
        raise SchemaError(
            f"They are at {current}, which only a newer mailbot knows; start that one."
        )


def _refuse_foreign(conn: Connection) -> None:
    """An empty store may share a database, but not the names of tables."""
    tables = set(inspect(conn).get_table_names())
    taken = sorted(tables & metadata.tables.keys())
    if taken and "alembic_version" not in tables:
        raise ConfigError(
            f"The database {conn.engine.url.database} that store in [bot] names holds a table "
            f'"{taken[0]}" that mailbot did not make; name another database.'
        )


def _current(conn: Connection) -> str | None:
    return MigrationContext.configure(conn).get_current_revision()


def _head() -> str:
    return ScriptDirectory.from_config(_config()).get_current_head() or ""


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config
