"""Finds out which of a court's columns hold what mailbot needs, from config and the database.

A mapping names a table or a SELECT for cases and one for docket entries. Columns are asked for by
a SELECT that returns no row, so a view, a table and a query are all alike, whatever the database.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from hashlib import blake2b
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    FromClause,
    Select,
    String,
    bindparam,
    cast,
    column,
    false,
    func,
    literal_column,
    null,
    select,
    table,
    text,
)
from sqlalchemy import case as sql_case
from sqlalchemy.types import LargeBinary, TypeEngine

from mailbot.court.changes import CANONICAL_FORM
from mailbot.court.rows import COURT_ONLY
from mailbot.errors import CourtUnavailable
from mailbot.settings.court import Source

CASE_COLUMNS = (
    "id",
    "number",
    "number_norm",
    "caption",
    "category",
    "access",
    "last_activity_at",
    "deleted_at",
)
ENTRY_COLUMNS = (
    "id",
    "case_id",
    "seq",
    "filed_at",
    "entered_at",
    "type_text",
    "text",
    "filed_by",
    "document_count",
    "access",
    "modified_at",
    "deleted_at",
)
REQUIRED = {"case": ("id", "number"), "docket_entry": ("id", "case_id")}
TIMES = ("filed_at", "entered_at", "modified_at", "last_activity_at", "deleted_at")
DIGESTED = ("id", "case_id", "type_text", "text", "filed_at", "filed_by", "document_count")
TEXT_CHARACTERS = 2_097_152  # of one docket text; what a court writes beyond them is not seen
# What stands between the letters and digits of a number as courts write it.
PUNCTUATION = " -./:,_#()\u00a0\u2010\u2011\u2012\u2013\u2014"


class Unmapped(CourtUnavailable):
    """The mapping of the court's case database does not fit its columns."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__(" ".join(problems))
        self.problems = tuple(problems)


@dataclass(frozen=True)
class Entity:
    """Cases or docket entries: where they are read, and the court's name of each column it has."""

    name: str
    written: str  # as in config.toml
    source: FromClause
    columns: Mapping[str, str]  # canonical name -> the court's
    dialect: str

    @property
    def is_table(self) -> bool:
        """Whether it is a table or view rather than a SELECT."""
        return not _is_select(self.written)

    def column(self, name: str) -> ColumnElement[Any]:
        """A column the court has, by its canonical name."""
        return self.source.c[self.columns[name]]

    def rows(self, names: Sequence[str]) -> Select[Any]:
        """SELECT of these columns in this order, NULL where the court has none."""
        return select(
            *(self._shown(name) if name in self.columns else null() for name in names)
        ).select_from(self.source)

    def _shown(self, name: str) -> ColumnElement[Any]:
        shown = self.column(name)
        if name == "text":
            return _bounded(shown, self.dialect)
        if name in TIMES and self.dialect == "postgresql":
            # psycopg fails at 'infinity' and at years before Christ, and with it the whole chunk.
            return cast(shown, String)
        return shown


@dataclass(frozen=True)
class Resolved:
    """A mapping that fits. A level is None where the court's own column says it."""

    case: Entity
    entry: Entity
    case_level: int | None
    entry_level: int | None
    levels_are_told: bool  # access_default is set
    version: str

    def entity(self, name: str) -> Entity:
        """Cases or docket entries."""
        return self.case if name == "case" else self.entry

    def is_numbered(self) -> ColumnElement[bool]:
        """Whether a case has one of `keys`, by the court's column or computed for every row."""
        keys = keys_param("keys", String())
        if "number_norm" in self.case.columns:
            return self.case.column("number_norm").in_(keys)
        number: ColumnElement[Any] = cast(self.case.column("number"), String)
        for mark in PUNCTUATION:
            number = func.replace(number, mark, "")
        return func.upper(number).in_(keys)


def resolve(connection: Connection, settings: Source, zone: str) -> Resolved:
    """The mapping of config.toml against the database as it is now.

    Raises:
        Unmapped: a column that is needed, or that config.toml names, is not there.
    """
    case, case_problems = _entity(connection, "case", settings.case, CASE_COLUMNS, settings)
    entry, entry_problems = _entity(
        connection, "docket_entry", settings.docket_entry, ENTRY_COLUMNS, settings
    )
    if case_problems or entry_problems:
        raise Unmapped([*case_problems, *entry_problems])
    entry_level = _level(entry, settings.access_default)
    return Resolved(
        case,
        entry,
        _level(case, settings.access_default),
        entry_level,
        settings.access_default is not None,
        _version(entry, entry_level, zone),
    )


def match(
    entity: str, names: Sequence[str], wanted: Mapping[str, str], found: Sequence[str]
) -> tuple[dict[str, str], list[str]]:
    """Which found column is which canonical one, and a sentence for each that is missed.

    Args:
        entity: "case" or "docket_entry".
        names: the canonical names.
        wanted: canonical name -> column, as far as config.toml names any.
        found: the columns of the court.
    """
    known, problems = {}, []
    folded = {name.casefold(): name for name in reversed(found)}
    for name in names:
        asked = wanted.get(name, name)
        column_name = asked if asked in found else folded.get(asked.casefold())
        if column_name is not None:
            known[name] = column_name
        elif name in wanted:
            problems.append(
                f"columns.{entity}.{name}: there is no column {asked!r}{_nearest(asked, found)}"
            )
        elif name in REQUIRED[entity]:
            problems.append(
                f"columns.{entity}.{name}: no column is called {name!r}, and mailbot cannot do "
                f"without it{_nearest(name, found)}"
            )
    return known, problems


def _nearest(name: str, found: Sequence[str]) -> str:
    near = get_close_matches(name, found, n=1, cutoff=0.5)
    return f"; is it {near[0]!r}?" if near else f"; there are {', '.join(map(repr, found))}."


def _entity(
    connection: Connection, name: str, written: str, names: Sequence[str], settings: Source
) -> tuple[Entity, list[str]]:
    every: Select[Any] = (
        select(literal_column("*")).select_from(_from(name, written, ())).where(false())
    )
    found = list(connection.execute(every).keys())
    wanted = getattr(settings.columns, name).model_dump(exclude_none=True)
    columns, problems = match(name, names, wanted, found)
    source = _from(name, written, tuple(columns.values()))
    return Entity(name, written, source, columns, connection.dialect.name), problems


def _from(name: str, written: str, columns: Sequence[str]) -> FromClause:
    if _is_select(written):
        query = text(written.replace(":", "\\:") + "\n")  # it may end in a comment
        return query.columns(*map(column, columns)).subquery(f"court_{name}")
    schema, _, plain = written.rpartition(".")
    return table(plain, *map(column, columns), schema=schema or None)


def _is_select(written: str) -> bool:
    return re.match(r"\s*(select|with)\s", written, re.IGNORECASE) is not None


def _level(entity: Entity, default: int | None) -> int | None:
    """The level of an entity without a column for it: closed, unless the court says otherwise.

    None: each row says it itself.
    """
    if "access" in entity.columns:
        return None
    return COURT_ONLY if default is None else default


def _version(entry: Entity, level: int | None, zone: str) -> str:
    """Changes whenever the digests of unchanged rows may change, and else stays."""
    digested = {name: entry.columns.get(name) for name in DIGESTED}
    written = " ".join(entry.written.split())
    facts = json.dumps([CANONICAL_FORM, written, digested, level, zone], sort_keys=True)
    return blake2b(facts.encode(), digest_size=16).hexdigest()


def _bounded(shown: ColumnElement[Any], dialect: str) -> ColumnElement[Any]:
    """A docket text of at most TEXT_CHARACTERS, cut by the court's database."""
    if dialect != "sqlite":
        return func.substr(shown, 1, TEXT_CHARACTERS)
    # SQLite's substr ends a text at its first NUL; so only what is too long goes through it.
    too_long = func.length(cast(shown, LargeBinary)) > TEXT_CHARACTERS
    return sql_case((too_long, func.substr(shown, 1, TEXT_CHARACTERS)), else_=shown)


def keys_param(name: str, kind: TypeEngine[Any]) -> BindParameter[Any]:
    """The list of keys of a SELECT ... IN."""
    return bindparam(name, expanding=True, type_=kind)
