"""Asks a database server for its clock."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Connection

# The time in UTC. SQLite's is that of this machine, and tells nothing.
_QUESTIONS = {
    "postgresql": "SELECT clock_timestamp() AT TIME ZONE 'UTC'",
    "mysql": "SELECT UTC_TIMESTAMP(6)",
    "mariadb": "SELECT UTC_TIMESTAMP(6)",
    "mssql": "SELECT SYSUTCDATETIME()",
    "oracle": "SELECT SYS_EXTRACT_UTC(SYSTIMESTAMP) FROM dual",
}


def server_time(connection: Connection) -> datetime | None:
    """The server's time, aware, or None if its kind has none that can be asked for."""
    question = _QUESTIONS.get(connection.dialect.name)
    if question is None:
        return None
    with connection.begin():
        told = connection.exec_driver_sql(question).scalar_one()
    return told.replace(tzinfo=UTC) if isinstance(told, datetime) else None
