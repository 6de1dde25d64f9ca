"""Asks a court which of its cases were touched lately: a time goes in, the cases' ids come out.

A hint only makes the sweep's answer quicker (decisions.md 8): late commits, whole days without a
time of day and clocks that are wrong may all deceive it, without harm.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, DateTime, bindparam, select
from sqlalchemy.exc import ProgrammingError

from mailbot.court.mapping import Entity, Resolved
from mailbot.court.rows import key_text

# Entity, its column with the case's id, the time.
HINTS = (
    ("case", "id", "last_activity_at"),
    ("docket_entry", "case_id", "modified_at"),
    ("docket_entry", "case_id", "entered_at"),
)


def recent_cases(connection: Connection, mapping: Resolved, since: datetime) -> set[str]:
    """Ids of cases with such a time since a wall clock of the court (rows.wall_clock)."""
    found: set[str] = set()
    for name, key, at in HINTS:
        entity = mapping.entity(name)
        if at in entity.columns:
            found |= _since(connection, entity, key, at, since) or set()
    return found - {""}


def useless_hints(connection: Connection, mapping: Resolved, since: datetime) -> list[str]:
    """The times that the database cannot compare with one."""
    return [
        f"{name}.{at}"
        for name, key, at in HINTS
        if at in mapping.entity(name).columns
        and _since(connection, mapping.entity(name), key, at, since) is None
    ]


def _since(
    connection: Connection, entity: Entity, key: str, at: str, since: datetime
) -> set[str] | None:
    value: Any = bindparam("since", since, DateTime())
    if connection.dialect.name == "sqlite":
        value = since.strftime("%Y-%m-%d %H:%M:%S")  # as text, in which SQLite's times are kept
    query = select(entity.column(key)).where(entity.column(at) >= value).distinct()
    try:
        with connection.begin():
            return {key_text(row[0]) for row in connection.execute(query)}
    except ProgrammingError:
        return None
