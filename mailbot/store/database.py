"""Opens mailbot's own database and hands out transactions; driver errors become StoreUnavailable.

Whoever decides by what he has read writes alone (`transaction`), on every database: what is true of
SQLite's one writer is true of all. Senders decide by rows that are theirs (`sharing`).

SQLite: WAL, BEGIN IMMEDIATE for whatever writes (a deferred read-then-write fails "locked" however
long it waits, libraries.md 8), synchronous=FULL except for settling a mail (decisions.md 5).
PostgreSQL: READ COMMITTED; an advisory lock, which ends with its transaction, makes one writer.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from mailbot.errors import StoreUnavailable, driver_trouble

BUSY_MILLISECONDS = 10_000
WRITER_LOCK = 727421  # of pg_advisory_xact_lock; the migrations' is beside it
# A worker that was frozen in the midst of a transaction keeps nobody waiting longer than this.
_POSTGRESQL = {"lock_timeout": "20s", "idle_in_transaction_session_timeout": "60s"}
# SQLAlchemy's names for errors of the connection; SQLite's plain DatabaseError is of the file.
_OF_A_CONNECTION = {"OperationalError", "InterfaceError", "InternalError", "DatabaseError"}


class Database:
    """Our own database.

    Args:
        url: an SQLAlchemy URL, "sqlite:///var/mailbot.sqlite" or "postgresql+psycopg://...".
    """

    def __init__(self, url: str) -> None:
        self.engine = _open(url, "FULL")
        self._settling = _open(url, "NORMAL") if self.is_sqlite else self.engine

    @property
    def is_sqlite(self) -> bool:
        """Whether one file holds everything, with one writer at a time."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """One transaction that writes alone: durable when the block ends, gone when it raises.

        Raises:
            StoreUnavailable: the database does not answer, is locked or full.
        """
        with self._begun(self.engine, mailbot_alone=True) as connection:
            yield connection

    @contextmanager
    def sharing(self) -> Iterator[Connection]:
        """One durable transaction that may write beside others, to rows that it has locked."""
        with self._begun(self.engine) as connection:
            yield connection

    @contextmanager
    def settling(self) -> Iterator[Connection]:
        """One transaction whose loss in a power cut sends a mail again and loses none."""
        with self._begun(self._settling) as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One consistent view, without taking the writer's place."""
        how = {} if self.is_sqlite else {"isolation_level": "REPEATABLE READ"}
        with self._begun(self.engine, mailbot_reads=True, **how) as connection:
            yield connection

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()
        self._settling.dispose()

    @contextmanager
    def _begun(self, engine: Engine, **options: object) -> Iterator[Connection]:
        with self._translated(), engine.connect() as connection:
            chosen = connection.execution_options(**options)
            with chosen.begin():
                yield chosen

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Driver errors of a connection become StoreUnavailable; broken rules stay as they are."""
        try:
            yield
        except PoolTimeout as error:
            raise StoreUnavailable from error
        except DBAPIError as error:
            if type(error).__name__ in _OF_A_CONNECTION and error.orig is not None:
                url = self.engine.url
                server = f"{url.get_backend_name()} at {url.host or 'this machine'}"
                file = url.database or "" if self.is_sqlite else ""
                raise StoreUnavailable(driver_trouble(error.orig, server, file)) from error
            raise


def _make_private(path: Path) -> None:
    """Make a file that is not there so that only its owner can read it; -wal and -shm follow it."""
    path.parent.mkdir(0o700, parents=True, exist_ok=True)
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))


def _open(url: str, synchronous: str) -> Engine:
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return _open_sqlite(parsed, synchronous)
    return _open_server(parsed)


def _open_server(url: URL) -> Engine:
    engine = create_engine(
        url, pool_pre_ping=True, isolation_level="READ COMMITTED", hide_parameters=True
    )
    if url.get_backend_name() != "postgresql":
        return engine

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        with connection.cursor() as cursor:
            for name, value in _POSTGRESQL.items():
                cursor.execute(f"SET {name} = '{value}'")
        connection.commit()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        if connection.get_execution_options().get("mailbot_alone"):
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITER_LOCK})")

    return engine


def _open_sqlite(url: URL, synchronous: str) -> Engine:
    if url.database and url.database != ":memory:":
        _make_private(Path(url.database))
    engine = create_engine(
        url, connect_args={"timeout": BUSY_MILLISECONDS / 1000}, hide_parameters=True
    )  # errors never show whose mail or case a statement was about

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # BEGIN is ours to say
        for pragma in (
            "journal_mode=WAL",
            f"synchronous={synchronous}",
            "foreign_keys=ON",
            f"busy_timeout={BUSY_MILLISECONDS}",
            "secure_delete=ON",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        reads = connection.get_execution_options().get("mailbot_reads")
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")

    return engine
