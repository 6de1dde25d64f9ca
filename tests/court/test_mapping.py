"""A mapping finds the columns, says what it misses, and keeps its version while rows read alike."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import Connection, create_engine

from mailbot.config import Columns, Source
from mailbot.court.mapping import (
    CASE_COLUMNS,
    ENTRY_COLUMNS,
    REQUIRED,
    Unmapped,
    match,
    resolve,
)
from mailbot.court.rows import COURT_ONLY
from mailbot.settings.court import CaseColumns, EntryColumns
from tests.court.courts import TABLES, write

ODD = """
CREATE TABLE Matters (MatterId TEXT, DocketNo TEXT, Style TEXT, Sealed INTEGER);
CREATE TABLE Register (RowNo INTEGER, Matter TEXT, What TEXT, "when" TEXT);
"""
COLUMNS = Columns(
    case=CaseColumns(id="MatterId", number="docketno", caption="Style"),
    docket_entry=EntryColumns(id="RowNo", case_id="Matter", type_text="What", filed_at="when"),
)


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    path = tmp_path / "court.sqlite"
    write(path, TABLES + ODD)
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def settings(**values: Any) -> Source:
    return Source(url=SecretStr("sqlite:///court.sqlite"), **values)


# --- match -------------------------------------------------------------------------------------


def test_columns_of_the_canonical_names_need_no_mapping() -> None:
    known, problems = match("case", CASE_COLUMNS, {}, ["number", "id", "colour"])
    assert (known, problems) == ({"id": "id", "number": "number"}, [])


def test_config_names_the_others_and_case_does_not_matter() -> None:
    known, problems = match("case", CASE_COLUMNS, {"id": "case_no"}, ["CASE_NO", "Number"])
    assert (known, problems) == ({"id": "CASE_NO", "number": "Number"}, [])


def test_an_exact_name_comes_before_one_in_other_letters() -> None:
    known, _ = match("case", CASE_COLUMNS, {}, ["ID", "id", "number"])
    assert known["id"] == "id"


@pytest.mark.parametrize(
    ("wanted", "found", "sentence"),
    [
        (
            {},
            ["id", "case_number"],
            "columns.case.number: no column is called 'number', and mailbot cannot do without it; "
            "is it 'case_number'?",
        ),
        (
            {"access": "acess_level"},
            ["id", "number", "access_level"],
            "columns.case.access: there is no column 'acess_level'; is it 'access_level'?",
        ),
        (
            {"caption": "zzz"},
            ["id", "number"],
            "columns.case.caption: there is no column 'zzz'; there are 'id', 'number'.",
        ),
    ],
)
def test_what_is_missed_is_named_with_the_nearest(
    wanted: dict[str, str], found: list[str], sentence: str
) -> None:
    _, problems = match("case", CASE_COLUMNS, wanted, found)
    assert problems == [sentence]


def test_every_problem_is_told_at_once() -> None:
    _, problems = match("docket_entry", ENTRY_COLUMNS, {"text": "body"}, ["seq"])
    assert len(problems) == len(REQUIRED["docket_entry"]) + 1


# --- resolve -----------------------------------------------------------------------------------


def test_the_canonical_tables_resolve(connection: Connection) -> None:
    found = resolve(connection, settings(), "UTC")
    assert set(found.case.columns) == set(CASE_COLUMNS)
    assert set(found.entry.columns) == set(ENTRY_COLUMNS)
    assert (found.case_level, found.entry_level) == (None, None)


def test_tables_of_other_names_resolve(connection: Connection) -> None:
    given = settings(
        case="Matters", docket_entry="main.Register", columns=COLUMNS, access_default=0
    )
    found = resolve(connection, given, "UTC")
    assert found.case.columns["number"] == "DocketNo"
    assert found.entry.columns["filed_at"] == "when"
    assert (found.case_level, found.entry_level) == (0, 0)


@pytest.mark.parametrize(
    "select",
    [
        "SELECT MatterId AS id, DocketNo AS number FROM Matters",
        "select MatterId id, DocketNo number, '10:30' AS caption, 5 % 3 AS access from Matters",
        "WITH m AS (SELECT * FROM Matters) SELECT MatterId AS id, DocketNo AS number FROM m",
        "SELECT MatterId AS id, DocketNo AS number, 'a\\b:c' AS caption\nFROM Matters -- all",
    ],
)
def test_a_select_stands_for_a_table(connection: Connection, select: str) -> None:
    found = resolve(connection, settings(case=select), "UTC")
    assert not found.case.is_table
    connection.execute(found.case.rows(CASE_COLUMNS)).all()


def test_a_mapping_that_does_not_fit_is_refused_as_a_whole(connection: Connection) -> None:
    given = settings(case="Matters", columns=Columns(docket_entry=EntryColumns(text="body")))
    with pytest.raises(Unmapped) as refused:
        resolve(connection, given, "UTC")
    assert [sentence.split(":")[0] for sentence in refused.value.problems] == [
        "columns.case.id",
        "columns.case.number",
        "columns.docket_entry.text",
    ]


@pytest.mark.parametrize(
    ("case", "entry", "default", "levels"),
    [
        ("id, number, access", "id, case_id, access", None, (None, None)),
        ("id, number, access", "id, case_id, access", 0, (None, None)),
        ("id, number", "id, case_id", None, (COURT_ONLY, COURT_ONLY)),
        ("id, number", "id, case_id", 0, (0, 0)),
        ("id, number", "id, case_id", 5, (5, 5)),
        ("id, number, access", "id, case_id", None, (None, COURT_ONLY)),
        ("id, number", "id, case_id, access", None, (COURT_ONLY, None)),
        ("id, number, access", "id, case_id", 0, (None, 0)),
    ],
)
def test_a_row_without_a_level_is_closed_until_the_court_says_otherwise(
    connection: Connection,
    case: str,
    entry: str,
    default: int | None,
    levels: tuple[int | None, int | None],
) -> None:
    given = settings(
        case=f'SELECT {case} FROM "case"',
        docket_entry=f"SELECT {entry} FROM docket_entry",
        access_default=default,
    )
    found = resolve(connection, given, "UTC")
    assert (found.case_level, found.entry_level) == levels


# --- version -----------------------------------------------------------------------------------


def version(connection: Connection, zone: str = "UTC", **values: Any) -> str:
    return resolve(connection, settings(**values), zone).version


def test_the_version_stays_while_unchanged_rows_keep_their_digests(connection: Connection) -> None:
    plain = version(connection, docket_entry="SELECT * FROM docket_entry")
    assert plain == version(connection, docket_entry="SELECT *\n  FROM docket_entry")
    assert plain == version(
        connection,
        docket_entry="SELECT * FROM docket_entry",
        case="Matters",
        columns=Columns(case=COLUMNS.case),
        poll_seconds=99,
        access_default=0,
    )
    assert len(plain) == 32  # store/schema.py


@pytest.mark.parametrize(
    ("zone", "values"),
    [
        ("America/Chicago", {}),
        ("UTC", {"docket_entry": "SELECT * FROM docket_entry"}),
        ("UTC", {"columns": Columns(docket_entry=EntryColumns(text="type_text"))}),
        ("UTC", {"docket_entry": "SELECT id, case_id FROM docket_entry"}),
    ],
)
def test_the_version_changes_where_digests_may(
    connection: Connection, zone: str, values: dict[str, Any]
) -> None:
    assert version(connection, zone, **values) != version(connection)
