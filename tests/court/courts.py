"""Courts for tests: any tables in an SQLite file, and a CaseSource over them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pydantic import SecretStr

from mailbot.config import Source
from mailbot.court.cases import CaseSource

ZONE = "America/Chicago"
TABLES = """
CREATE TABLE "case" (
    id INTEGER PRIMARY KEY, number TEXT, number_norm TEXT, caption TEXT, category TEXT,
    access INTEGER, last_activity_at TEXT, deleted_at TEXT);
CREATE INDEX norm ON "case" (number_norm);
CREATE INDEX active ON "case" (last_activity_at);
CREATE TABLE docket_entry (
    id INTEGER PRIMARY KEY, case_id INTEGER, seq INTEGER, filed_at TEXT, entered_at TEXT,
    type_text TEXT, text TEXT, filed_by TEXT, document_count INTEGER, access INTEGER,
    modified_at TEXT, deleted_at TEXT);
CREATE INDEX of_case ON docket_entry (case_id);
CREATE INDEX entered ON docket_entry (entered_at);
CREATE INDEX modified ON docket_entry (modified_at);
"""


def write(path: Path, script: str, rows: Iterable[tuple[str, tuple[Any, ...]]] = ()) -> None:
    """Run a script, then statements with values, in the court's file."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(script)
        for statement, values in rows:
            connection.execute(statement, values)


def add(path: Path, table: str, **values: Any) -> None:
    """Insert a row of any types."""
    names = ", ".join(values)
    marks = ", ".join("?" * len(values))
    write(path, "", [(f'INSERT INTO "{table}" ({names}) VALUES ({marks})', tuple(values.values()))])


def source(path: Path, zone: str = ZONE, **settings: Any) -> CaseSource:
    """A court's case source over that file."""
    return CaseSource(
        "test", Source(url=SecretStr(f"sqlite:///{quote(str(path))}"), **settings), zone
    )
