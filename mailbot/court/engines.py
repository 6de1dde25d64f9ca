"""Opens a court's database so that it can only be read, and tells if it could be written.

Two fences: the account's rights (tested when the mapping is read) and the session's own setting.
"""

from __future__ import annotations

from contextlib import closing
from os import stat
from threading import Lock
from typing import Any
from urllib.parse import quote

from sqlalchemy import (
    URL,
    Connection,
    Engine,
    NullPool,
    create_engine,
    event,
    make_url,
    text,
)
from sqlalchemy.exc import DBAPIError

from mailbot.errors import driver_code

CONNECT_SECONDS = 5
CONNECT_ARGUMENTS = {
    "psycopg": {"connect_timeout": CONNECT_SECONDS},
    "psycopg2": {"connect_timeout": CONNECT_SECONDS},
    "pymysql": {"connect_timeout": CONNECT_SECONDS},
}


def open_read_only(url: str, zone: str, statement_seconds: int) -> Engine:
    """An engine whose sessions only read. Nothing is opened yet.

    Args:
        url: of config.toml; may hold a password.
        zone: IANA name; the session's zone where the database has one.
        statement_seconds: after which the database gives up a statement (SQLite: a lock).
    """
    parsed = make_url(url)
    backend = parsed.get_backend_name()
    if backend == "sqlite":
        return _sqlite(parsed, statement_seconds)
    driver = parsed.get_driver_name()
    engine = create_engine(
        parsed,
        isolation_level="READ COMMITTED",
        pool_pre_ping=True,
        pool_recycle=300,
        connect_args=CONNECT_ARGUMENTS.get(driver, {}),
        hide_parameters=True,  # of statements, in errors: case numbers
    )
    if backend == "postgresql":
        _on_connect(
            engine,
            "SET default_transaction_read_only = on",
            f"SET statement_timeout = '{statement_seconds}s'",
            "SET DateStyle = 'ISO, YMD'",
            f"SET TIME ZONE '{zone}'",
        )
    elif backend in ("mysql", "mariadb"):
        _mysql(engine, zone, statement_seconds)
    return engine


def _sqlite(url: URL, statement_seconds: int) -> Engine:
    path = quote(url.database or "")
    engine = create_engine(
        url.set(database=f"file:{path}", query={"mode": "ro", "uri": "true"}),
        connect_args={"timeout": statement_seconds, "check_same_thread": False},
        hide_parameters=True,
        poolclass=NullPool,  # 0.1 ms to open; a kept connection would not see a replaced file
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        connection.text_factory = _decode
        connection.execute("PRAGMA query_only = ON")

    return engine


def _decode(text_bytes: bytes) -> str:
    """Text that is no UTF-8 shows as U+FFFD; the driver would give up the whole SELECT."""
    return text_bytes.decode("utf-8", "replace")


def _mysql(engine: Engine, zone: str, statement_seconds: int) -> None:
    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        with closing(connection.cursor()) as cursor:
            cursor.execute("SELECT VERSION()")
            if "mariadb" in str(cursor.fetchone()[0]).lower():
                cursor.execute(f"SET SESSION max_statement_time = {statement_seconds}")
            else:
                cursor.execute(f"SET SESSION max_execution_time = {statement_seconds * 1000}")
            cursor.execute(f"SELECT CONVERT_TZ('2000-01-01 00:00:00', 'UTC', '{zone}')")
            if cursor.fetchone()[0] is not None:  # else the server has no table of zones
                cursor.execute(f"SET SESSION time_zone = '{zone}'")
            cursor.execute("SET SESSION TRANSACTION READ ONLY")
        connection.commit()


def _on_connect(engine: Engine, *statements: str) -> None:
    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        with closing(connection.cursor()) as cursor:
            for statement in statements:
                cursor.execute(statement)
        connection.commit()


# What an account may write to, if anything: one row, one column. Temporary tables do not count.
_WRITABLE = {
    "postgresql": """
        SELECT c.relname FROM pg_catalog.pg_class c
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't'
          AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'
          AND has_schema_privilege(n.oid, 'USAGE')
          AND has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')
        LIMIT 1""",
    "mysql": """
        SELECT privilege_type FROM (
            SELECT privilege_type FROM information_schema.user_privileges
            UNION ALL SELECT privilege_type FROM information_schema.schema_privileges
            UNION ALL SELECT privilege_type FROM information_schema.table_privileges
            UNION ALL SELECT privilege_type FROM information_schema.column_privileges
        ) AS granted
        WHERE privilege_type IN
            ('INSERT', 'UPDATE', 'DELETE', 'CREATE', 'DROP', 'ALTER', 'SUPER', 'FILE')
        LIMIT 1""",
}
_WRITABLE["mariadb"] = _WRITABLE["mysql"]


def writable(connection: Connection) -> str | None:
    """What this account may write (a table, or MySQL's word for the right), or None.

    None, too, where mailbot cannot tell (`can_tell`): then only the session's fence holds.
    """
    if connection.dialect.name == "sqlite":
        query_only = connection.exec_driver_sql("PRAGMA query_only").scalar_one()
        mode = connection.engine.url.query.get("mode")
        return None if query_only == 1 and mode == "ro" else "the whole file"
    query = _WRITABLE.get(connection.dialect.name)
    if query is None:
        return None
    found = connection.execute(text(query.replace(":", "\\:"))).scalar()
    return None if found is None else str(found)


def can_tell(dialect: str) -> bool:
    """Whether mailbot can find out if an account of such a database may write."""
    return dialect == "sqlite" or dialect in _WRITABLE


def reason(error: Exception, file: str = "") -> str:
    """The kind of a driver's error and its code, never its text.

    Args:
        file: the court's SQLite file, if it is one; the operator's own words, and no secret.
    """
    if isinstance(error, FileNotFoundError) and file:
        return f"there is no file {file}; put it there, or name another one in url"
    if isinstance(error, ModuleNotFoundError):
        return f"the driver {error.name} is not installed"
    if not isinstance(error, DBAPIError) or error.orig is None:
        return type(error).__name__
    kind = driver_code(error.orig)
    if "SQLITE_CANTOPEN" in kind and file:
        return f"{kind}: the file {file} is not there or cannot be read; mend that, or url"
    return kind


class WriteCounter:
    """Tells that somebody wrote to an SQLite file, at a few microseconds a look.

    It keeps one connection of its own, as PRAGMA data_version compares only within one; a file put
    in the other's place is noticed by its inode.
    """

    def __init__(self, engine: Engine, path: str) -> None:
        self._engine = engine
        self._path = path
        self._lock = Lock()
        self._connection: Connection | None = None
        self._file = (0, 0)
        self._opened = 0

    def read(self) -> int:
        """A number that differs from the last one if anything was committed in between."""
        with self._lock:
            found = stat(self._path)
            file = (found.st_dev, found.st_ino)
            if self._connection is None or file != self._file:
                self._close()
                self._connection, self._file = self._engine.connect(), file
                self._opened += 1
            with self._connection.begin():
                version = self._connection.exec_driver_sql("PRAGMA data_version").scalar_one()
            return (self._opened << 32) + int(version)

    def close(self) -> None:
        """Give the connection back; the next look opens another one."""
        with self._lock:
            self._close()

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
