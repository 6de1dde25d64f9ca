"""What an administrator is told about a mapping: unsafe, slow, doubtful, or nothing at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mailbot.court.inspection import ADVICE
from tests.court.courts import TABLES, add, source, write

PLAIN = {
    "case": 'SELECT id, number, number_norm, access FROM "case"',
    "docket_entry": "SELECT id, case_id, entered_at, access FROM docket_entry",
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "court.sqlite"
    write(path, TABLES)
    add(path, "case", number="15AB-CR00015", number_norm="15ABCR00015", access=0)
    return path


def told(path: Path, **settings: Any) -> list[str]:
    return source(path, **settings).check()


def test_of_a_good_court_there_is_nothing_to_say(path: Path) -> None:
    assert told(path) == []
    assert told(path, **PLAIN) == []


def test_a_court_without_levels_must_say_that_it_means_it(path: Path) -> None:
    bare = {
        "case": 'SELECT id, number, number_norm FROM "case"',
        "docket_entry": "SELECT id, case_id, entered_at FROM docket_entry",
    }
    assert told(path, **bare) == [
        "No column holds access levels, so every row is for the court only and no case can be "
        "tracked; write access_default = 0 if everybody may see every case."
    ]
    assert told(path, **bare, access_default=0) == []


@pytest.mark.parametrize(
    ("entity", "select"),
    [
        ("case", 'SELECT id, number, number_norm FROM "case"'),
        ("docket_entry", "SELECT id, case_id, entered_at FROM docket_entry"),
    ],
)
def test_levels_on_one_side_alone_are_named(path: Path, entity: str, select: str) -> None:
    (sentence,) = told(path, **{**PLAIN, entity: select})
    assert sentence.startswith(f"{entity} has no column with access levels")
    assert told(path, **{**PLAIN, entity: select}, access_default=0) == []


def test_a_key_column_that_is_not_the_key_is_named(path: Path) -> None:
    add(path, "case", number="000333666", number_norm="000-333-666", access=0)
    assert told(path) == [
        "case.number_norm is not the number in capitals, letters and digits only, in 1 of 2 cases; "
        "those cannot be found."
    ]


def test_slow_questions_are_named(path: Path) -> None:
    write(path, "DROP INDEX norm; DROP INDEX of_case; DROP INDEX entered")
    assert told(path) == [
        f"{ADVICE}case.number_norm has no index.",
        f"{ADVICE}docket_entry.case_id has no index.",
        f"{ADVICE}docket_entry.entered_at has no index.",
    ]


def test_a_second_place_in_an_index_is_none(path: Path) -> None:
    write(path, 'DROP INDEX norm; CREATE INDEX both_columns ON "case" (access, number_norm)')
    assert told(path) == [f"{ADVICE}case.number_norm has no index."]
    write(path, 'CREATE UNIQUE INDEX alone ON "case" (number_norm)')
    assert told(path) == []


def test_of_a_view_nobody_knows_the_indexes(path: Path) -> None:
    write(path, 'CREATE VIEW seen AS SELECT * FROM "case"')
    assert told(path, case="seen") == []


def test_a_number_without_key_and_a_court_without_times_are_named(path: Path) -> None:
    sentences = told(
        path,
        case='SELECT id, number, access FROM "case"',
        docket_entry="SELECT id, case_id, access FROM docket_entry",
    )
    assert [sentence.split(",")[0] for sentence in sentences] == [
        f"{ADVICE}case.number_norm is not mapped",
        f"{ADVICE}no column tells of recent activity (case.last_activity_at",
    ]


def test_odd_rows_are_counted(path: Path) -> None:
    add(path, "docket_entry", case_id=1, filed_at="31.12.2015", access=None)
    assert told(path) == [
        f"{ADVICE}of the first 500 cases and docket entries 1 have: access unknown.",
        f"{ADVICE}of the first 500 cases and docket entries 1 have: time impossible.",
    ]
