"""Tells an administrator, in sentences, what of a court's mapping is unsafe, slow or doubtful."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time

from sqlalchemy import Connection, Inspector, inspect

from mailbot.court.engines import can_tell
from mailbot.court.hints import HINTS, useless_hints
from mailbot.court.mapping import CASE_COLUMNS, ENTRY_COLUMNS, Entity, Resolved
from mailbot.court.rows import Rows, words
from mailbot.model import case_key

SAMPLE = 500  # rows
SEARCHED = (("case", "id"), ("case", "number_norm"), ("docket_entry", "case_id"))
ADVICE = "Advice: "
NEVER = datetime.combine(date(9000, 1, 1), time())


def inspect_court(connection: Connection, mapping: Resolved, rows: Rows) -> list[str]:
    """Sentences on a mapping that fits; those that begin with ADVICE stop nothing."""
    with connection.begin():
        found = [
            *_levels(mapping),
            *_numbers(connection, mapping),
            *(ADVICE + sentence for sentence in _indexes(connection, mapping)),
            *(ADVICE + sentence for sentence in _oddities(connection, mapping, rows)),
            *(ADVICE + sentence for sentence in _rights(connection)),
        ]
    return [*found, *(ADVICE + sentence for sentence in _hints(connection, mapping))]


def _levels(mapping: Resolved) -> list[str]:
    if not (mapping.levels_are_told or None in (mapping.case_level, mapping.entry_level)):
        return [
            "No column holds access levels, so every row is for the court only and no case can be "
            "tracked; write access_default = 0 if everybody may see every case."
        ]
    return [
        f"{one.name} has no column with access levels and {other.name} has, so every row of "
        f"{one.name} is for the court only until access_default says otherwise."
        for one, other in ((mapping.case, mapping.entry), (mapping.entry, mapping.case))
        if "access" not in one.columns and "access" in other.columns and not mapping.levels_are_told
    ]


def _numbers(connection: Connection, mapping: Resolved) -> list[str]:
    if "number_norm" not in mapping.case.columns:
        return [
            f"{ADVICE}case.number_norm is not mapped, so every look-up reads the whole table; an "
            "indexed column with the number in capitals, letters and digits only, is quick."
        ]
    query = mapping.case.rows(("number", "number_norm")).limit(SAMPLE)
    pairs = [(words(number), words(norm)) for number, norm in connection.execute(query)]
    wrong = sum(case_key(number) != norm for number, norm in pairs)
    if not wrong:
        return []
    return [
        f"case.number_norm is not the number in capitals, letters and digits only, in {wrong} of "
        f"{len(pairs)} cases; those cannot be found."
    ]


def _hints(connection: Connection, mapping: Resolved) -> list[str]:
    if any(at in mapping.entity(name).columns for name, _, at in HINTS):
        return [
            f"{useless} is kept so that it cannot be compared with a time; it hints at nothing, "
            "and changes are found by the sweep."
            for useless in useless_hints(connection, mapping, NEVER)
        ]
    return [
        "no column tells of recent activity (case.last_activity_at, docket_entry.modified_at or "
        "entered_at), so changes are found by the sweep alone."
    ]


def _indexes(connection: Connection, mapping: Resolved) -> list[str]:
    inspector = inspect(connection)
    searched = [*SEARCHED, *((name, at) for name, _, at in HINTS)]
    return [
        f"{name}.{column} has no index."
        for name, column in searched
        if column in mapping.entity(name).columns
        and _lacks_index(inspector, mapping.entity(name), column)
    ]


def _lacks_index(inspector: Inspector, entity: Entity, column: str) -> bool:
    """False also where nobody can tell: a SELECT, or a view."""
    schema, _, plain = entity.written.rpartition(".")
    if not entity.is_table or plain not in inspector.get_table_names(schema or None):
        return False
    where = (plain, schema or None)
    ways: list[Sequence[str | None]] = [inspector.get_pk_constraint(*where)["constrained_columns"]]
    ways += [index["column_names"] for index in inspector.get_indexes(*where)]
    ways += [unique["column_names"] for unique in inspector.get_unique_constraints(*where)]
    return all(entity.columns[column] not in way[:1] for way in ways)


def _oddities(connection: Connection, mapping: Resolved, rows: Rows) -> list[str]:
    rows.cases(connection.execute(mapping.case.rows(CASE_COLUMNS).limit(SAMPLE)))
    selected = connection.execute(mapping.entry.rows(ENTRY_COLUMNS).limit(SAMPLE)).all()
    rows.entries(selected, rows.case_ids(selected))
    return [
        f"of the first {SAMPLE} cases and docket entries {count} have: {what}."
        for what, count in sorted(rows.odd.items())
    ]


def _rights(connection: Connection) -> list[str]:
    if can_tell(connection.dialect.name):
        return []
    return [
        f"mailbot cannot tell whether this account may write on {connection.dialect.name}; see to "
        "it that it has SELECT alone."
    ]
