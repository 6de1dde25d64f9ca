"""Stores for tests: one SQLite file each; on PostgreSQL, where MAILBOT_TEST_STORE names a server.

The setting holds a URL such as postgresql+psycopg://postgres@127.0.0.1:5432/postgres of a role that
may make databases. Every test then has a database of its own, copied from one with the tables.
"""

from __future__ import annotations

import itertools
import os
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import Engine, create_engine, make_url

from mailbot.store.database import Database
from mailbot.store.upgrade import upgrade

SERVER = os.environ.get("MAILBOT_TEST_STORE", "")
_numbers = itertools.count(1)
_done: list[str] = []  # databases whose tests are over


def empty_store(folder: Path) -> str:
    """The URL of a database in which there is nothing."""
    return _database("template0") if SERVER else f"sqlite:///{folder}/store.sqlite"


def fresh_store(folder: Path) -> str:
    """The URL of a store with its tables and nothing in them."""
    if SERVER:
        return _database(_template())
    (folder / "store.sqlite").write_bytes(_file())
    return f"sqlite:///{folder}/store.sqlite"


def discard(database: Database) -> None:
    """Close a store that no test needs any more."""
    database.close()
    if SERVER and database.engine.url.database:
        _done.append(database.engine.url.database)


@cache
def _file() -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "store.sqlite"
        _upgraded(f"sqlite:///{path}")
        return path.read_bytes()


@cache
def _template() -> str:
    url = _database("template0")
    _upgraded(url)
    return make_url(url).database or ""


def _upgraded(url: str) -> None:
    database = Database(url)
    upgrade(database)
    database.close()


def _database(template: str) -> str:
    name = f"mailbot_test_{os.getpid()}_{next(_numbers)}"
    with _server().connect() as connection:
        while _done:
            connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {_done.pop()} WITH (FORCE)")
        connection.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE {template}")
    return make_url(SERVER).set(database=name).render_as_string(hide_password=False)


@cache
def _server() -> Engine:
    return create_engine(SERVER, isolation_level="AUTOCOMMIT")
