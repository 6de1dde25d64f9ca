"""CaseSource over SQLite: what the desk asks, hostile rows, a court that is down, a fence."""

from __future__ import annotations

import logging
import os
import sqlite3
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from mailbot.config import Columns, Source
from mailbot.court.cases import CaseSource
from mailbot.court.changes import compare, state_of
from mailbot.court.mapping import TEXT_CHARACTERS, Unmapped
from mailbot.errors import CourtUnavailable
from mailbot.settings.court import CaseColumns
from tests.court.courts import TABLES, ZONE, add, source, write

NOON = datetime(2015, 11, 16, 18, tzinfo=UTC)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A court of two cases with three entries."""
    path = tmp_path / "court.sqlite"
    write(path, TABLES)
    for number, key in (("15AB-CR00015", "15ABCR00015"), ("000333666", "000333666")):
        add(path, "case", number=number, number_norm=key, caption="ST V COFFMAN", access=0)
    for case_id, text in ((1, "First"), (1, "Second"), (2, "Third")):
        at = "2015-11-16 12:00:00"
        add(path, "docket_entry", case_id=case_id, type_text="Filing:", text=text, access=0,
            filed_at=at, entered_at=at)  # fmt: skip
    return path


def texts(source: CaseSource, *ids: str) -> list[list[str]]:
    return [[entry.text for entry in found] for found in source.entries(ids).values()]


# --- The questions -----------------------------------------------------------------------------


def test_a_case_is_found_by_its_key(path: Path) -> None:
    (case,) = source(path).find(["15ABCR00015", "", "NOTHING"])
    assert (case.source_id, case.number, case.access) == ("1", "15AB-CR00015", 0)


def test_all_cases_of_one_number_are_found(path: Path) -> None:
    add(path, "case", number="15ab cr00015", number_norm="15ABCR00015", caption="TWIN", access=0)
    assert [case.source_id for case in source(path).find(["15ABCR00015"])] == ["1", "3"]


def test_without_a_column_of_keys_the_number_is_normalised_by_the_database(path: Path) -> None:
    write(path, 'UPDATE "case" SET number_norm = NULL')
    add(path, "case", number="15ab\u2011cr 00.016", access=0)
    court = source(path, case='SELECT id, number, access FROM "case"')
    assert [case.number for case in court.find(["15ABCR00015"])] == ["15AB-CR00015"]
    assert [case.key for case in court.find(["15ABCR00016"])] == ["15ABCR00016"]


def test_a_column_of_keys_that_lies_finds_nothing_wrong(path: Path) -> None:
    write(path, "UPDATE \"case\" SET number_norm = '15ABCR00015'")
    assert [case.source_id for case in source(path).find(["15ABCR00015"])] == ["1"]


def test_cases_are_read_again_by_id(path: Path) -> None:
    court = source(path)
    assert [case.number for case in court.cases(["2", "1", "77", "x"])] == [
        "15AB-CR00015",
        "000333666",
    ]
    assert court.cases([]) == []


def test_entries_come_for_every_case_asked_for(path: Path) -> None:
    found = source(path).entries(["2", "1", "77", "x"])
    assert {key: [entry.text for entry in entries] for key, entries in found.items()} == {
        "2": ["Third"],
        "1": ["First", "Second"],
        "77": [],
        "x": [],
    }
    (entry,) = found["2"]
    assert (entry.key, entry.description, entry.filed_at) == ("3", "Filing:", NOON)


def test_entries_of_a_case_by_key_in_the_order_asked(path: Path) -> None:
    court = source(path)
    assert [entry.text for entry in court.entries_of("1", ["2", "1", "3", "no"])] == [
        "Second",
        "First",
    ]
    assert court.entries_of("1", []) == []
    assert court.entries_of("2", ["1"]) == []


def test_an_empty_court_answers(tmp_path: Path) -> None:
    write(tmp_path / "court.sqlite", TABLES)
    court = source(tmp_path / "court.sqlite")
    assert (court.find(["A"]), court.cases(["1"]), court.entries(["1"])) == ([], [], {"1": []})
    assert court.recent(NOON) == set()


def test_many_keys_are_asked_for_in_chunks(path: Path) -> None:
    rows = [
        ('INSERT INTO "case" (number, number_norm, access) VALUES (?, ?, 0)', (key, key))
        for key in (f"N{number}" for number in range(1200))
    ]
    write(path, "", rows)
    for chunk in (1, 7, 500):
        court = source(path, chunk=chunk)
        wanted = [f"N{number}" for number in range(0, 1200, 100 if chunk == 1 else 1)]
        found = court.find(wanted)
        assert sorted(case.key for case in found) == sorted(wanted)
        ids = [case.source_id for case in found]
        assert {case.source_id for case in court.cases(ids)} == set(ids)
        assert set(court.entries(ids)) == set(ids)


def test_a_deleted_row_is_not_there(path: Path) -> None:
    write(path, "UPDATE docket_entry SET deleted_at = '2015-11-17' WHERE id = 1")
    write(path, "UPDATE \"case\" SET deleted_at = '2015-11-17' WHERE id = 2")
    court = source(path)
    assert texts(court, "1") == [["Second"]]
    assert court.entries_of("1", ["1"]) == []
    assert court.find(["000333666"]) == []
    assert court.cases(["2"]) == []


# --- Hints -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE \"case\" SET last_activity_at = '2015-11-16 12:00:01' WHERE id = 2",
        "UPDATE docket_entry SET modified_at = '2015-11-16 12:00:01' WHERE id = 3",
        "UPDATE docket_entry SET entered_at = '2015-11-16T12:00:01' WHERE id = 3",
    ],
)
def test_any_time_that_is_kept_hints(path: Path, statement: str) -> None:
    court = source(path)
    assert court.recent(NOON + timedelta(seconds=1)) == set()
    write(path, statement)
    assert court.recent(NOON + timedelta(seconds=1)) == {"2"}
    assert court.recent(NOON) == {"1", "2"}


def test_a_court_without_such_times_gives_no_hint(path: Path) -> None:
    court = source(
        path,
        case='SELECT id, number FROM "case"',
        docket_entry="SELECT id, case_id FROM docket_entry",
    )
    assert court.recent(NOON - timedelta(days=9999)) == set()


def test_a_write_changes_the_data_version(path: Path) -> None:
    court = source(path)
    first = court.data_version()
    assert court.data_version() == first
    write(path, "UPDATE docket_entry SET text = 'x'")
    assert court.data_version() != first
    court.close()


def test_a_file_put_in_the_others_place_is_noticed(path: Path) -> None:
    court = source(path)
    first = court.data_version()
    other = path.with_name("other.sqlite")
    write(other, TABLES)
    add(other, "case", id=1, number="15AB-CR00015", number_norm="15ABCR00015", access=9)
    os.replace(other, path)
    assert court.data_version() != first
    assert [case.access for case in court.find(["15ABCR00015"])] == [9]
    court.close()


def test_only_a_file_has_a_data_version() -> None:
    url = SecretStr("postgresql+psycopg://reader:secret@db.example/court")
    assert CaseSource("test", Source(url=url), ZONE).data_version() is None


# --- Times -------------------------------------------------------------------------------------


def test_naive_times_are_the_courts_or_those_of_the_mapping(path: Path) -> None:
    assert source(path).entries(["2"])["2"][0].filed_at == NOON
    assert source(path, "UTC").entries(["2"])["2"][0].filed_at == NOON - timedelta(hours=6)
    kyiv = source(path, naive_times="Europe/Kyiv")
    assert kyiv.entries(["2"])["2"][0].filed_at == NOON - timedelta(hours=8)


# --- Hostile rows ------------------------------------------------------------------------------


def test_hostile_rows_hide_no_other_and_are_counted(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write(path, "DROP TABLE docket_entry; CREATE TABLE docket_entry (id, case_id, seq, filed_at, "
          "type_text, text, access)")  # fmt: skip
    hostile: list[dict[str, Any]] = [
        {"id": None, "text": "no key"},
        {"id": 2, "filed_at": "2015-02-30", "text": "impossible day"},
        {"id": 3, "text": b"Latin-1: caf\xe9"},
        {"id": 4, "text": "x" * 2_000_000},
        {"id": 5, "access": None, "text": "no level"},
        {"id": 6, "access": "secret", "text": "no number"},
        {"id": "7\n", "text": "a key nobody can keep"},
        {"id": 8, "text": "twice"},
        {"id": 8, "text": "twice, sealed", "access": 9},
        {"id": 9, "text": "NUL \x00 and \u202e and \u2028", "seq": "many"},
        {"id": b"\xff", "text": "a key of bytes"},
    ]
    for values in hostile:
        add(path, "docket_entry", **{"case_id": 1, "access": 0, "seq": 1, **values})
    write(path, "INSERT INTO docket_entry (id, case_id, access, text) "
          "VALUES (10, 1, 0, CAST(x'c3286f6b' AS TEXT))")  # fmt: skip
    court = source(path, case='SELECT id, number, access FROM "case"')
    with caplog.at_level(logging.WARNING, "mailbot.court"):
        found = {entry.key: entry for entry in court.entries(["1"])["1"]}
        court.entries(["1"])
    assert set(found) == {"2", "3", "4", "5", "6", "8", "9", "10", "xff"}
    assert found["3"].text == "Latin-1: caf\ufffd"
    assert len(found["4"].text) == 2_000_000
    assert (found["5"].access, found["6"].access, found["8"].access) == (5, 5, 9)
    assert found["9"].text == "NUL \x00 and \u202e and \u2028"
    assert found["10"].text == "\ufffd(ok"
    (logged,) = caplog.records  # once, not at every sweep
    for odd in ("2 entry without key", "2 access unknown", "1 key twice", "1 time impossible"):
        assert odd in logged.getMessage()
    assert [entry.key for entry in court.entries_of("1", ["xff", "4"])] == ["xff", "4"]


def test_a_text_is_cut_where_it_would_fill_the_memory(path: Path) -> None:
    add(path, "docket_entry", id=8, case_id=2, access=0, text="x" * (TEXT_CHARACTERS + 1))
    add(path, "docket_entry", id=9, case_id=2, access=0, text="é" * TEXT_CHARACTERS)
    found = {entry.key: len(entry.text) for entry in source(path).entries(["2"])["2"]}
    assert (found["8"], found["9"]) == (TEXT_CHARACTERS, TEXT_CHARACTERS)


@pytest.mark.parametrize("kind", ["INTEGER", "TEXT", "NUMERIC", "REAL", "BLOB", ""])
def test_keys_of_any_column_type_find_their_rows(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "court.sqlite"
    write(path, f"CREATE TABLE c (id {kind}, number TEXT); "
          f"CREATE TABLE e (id {kind}, case_id {kind}, text TEXT)")  # fmt: skip
    for key in (7, 2**60, "a7") if kind in ("", "TEXT", "BLOB") else (7, 2**53):
        add(path, "c", id=key, number=f"N{key}")
        add(path, "e", id=key, case_id=key, text=f"of {key}")
    court = source(path, case="c", docket_entry="e")
    for case in court.find(["N7", f"N{2**60}", f"N{2**53}", "NA7"]):
        assert court.cases([case.source_id]) == [case]
        assert texts(court, case.source_id) == [[f"of {case.number[1:]}"]]
        assert len(court.entries_of(case.source_id, [case.source_id])) == 1


# --- Down, closed, misfit ----------------------------------------------------------------------

QUESTIONS: list[Callable[[CaseSource], object]] = [
    lambda court: court.find(["A"]),
    lambda court: court.cases(["1"]),
    lambda court: court.entries(["1"]),
    lambda court: court.entries_of("1", ["1"]),
    lambda court: court.recent(NOON),
    lambda court: court.data_version(),
    lambda court: court.mapping_version,
    lambda court: court.entries_have_access,
]


@pytest.mark.parametrize("ask", QUESTIONS)
@pytest.mark.parametrize(
    "url",
    [
        "sqlite:////nowhere/at/all.sqlite",
        "postgresql+psycopg://reader:hunter2@127.0.0.1:1/court",
        "mysql+nodriver://reader:hunter2@127.0.0.1:1/court",
        "sqlite:////dev/null",
    ],
)
def test_a_court_that_is_down_is_unavailable_and_tells_no_secret(
    url: str, ask: Callable[[CaseSource], object]
) -> None:
    court = CaseSource("franklin", Source(url=SecretStr(url)), ZONE)
    if ask is QUESTIONS[5] and (url.startswith(("postgresql", "mysql")) or "null" in url):
        return  # nothing is asked of them
    with pytest.raises(CourtUnavailable) as refused:
        ask(court)
    assert "franklin" in str(refused.value)
    assert "hunter2" not in str(refused.value)
    assert refused.value.__cause__ is None
    (sentence,) = court.check()
    assert "hunter2" not in sentence
    court.close()


def test_a_court_that_comes_back_answers(path: Path) -> None:
    court = source(path)
    assert len(court.find(["15ABCR00015"])) == 1
    away = path.rename(path.with_name("away.sqlite"))
    with pytest.raises(CourtUnavailable, match="SQLITE_CANTOPEN"):
        court.find(["15ABCR00015"])
    assert court.mapping_version  # that of the last answer
    away.rename(path)
    assert len(court.find(["15ABCR00015"])) == 1


def test_a_court_that_is_locked_is_unavailable_after_its_time(path: Path) -> None:
    court = source(path, statement_seconds=1)
    clerk = sqlite3.connect(path)
    clerk.execute("BEGIN EXCLUSIVE")
    with pytest.raises(CourtUnavailable, match="SQLITE_BUSY"):
        court.entries(["1"])
    clerk.rollback()
    clerk.close()
    assert texts(court, "2") == [["Third"]]


def test_a_file_that_is_no_database_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "court.sqlite").write_bytes(os.urandom(8192))
    with pytest.raises(CourtUnavailable, match="SQLITE_NOTADB"):
        source(tmp_path / "court.sqlite").entries(["1"])


def test_a_mapping_that_does_not_fit_is_unavailable_and_told(path: Path) -> None:
    court = source(path, columns=Columns(case=CaseColumns(access="acces")))
    with pytest.raises(Unmapped):
        court.find(["A"])
    assert court.check() == [
        "columns.case.access: there is no column 'acces'; is it 'access'?",
    ]


def test_a_column_that_goes_is_looked_for_anew(path: Path) -> None:
    court = source(path)
    assert texts(court, "2") == [["Third"]]
    version = court.mapping_version
    write(path, "ALTER TABLE docket_entry DROP COLUMN text")
    with pytest.raises(CourtUnavailable):
        court.entries(["2"])
    assert texts(court, "2") == [[""]]
    assert court.mapping_version != version


@pytest.mark.parametrize("table", ["case", "docket_entry"])
def test_a_column_of_levels_that_goes_closes_the_court(path: Path, table: str) -> None:
    """Renamed by the court's people, it must not open every sealed case."""
    court = source(path)
    court.find(["15ABCR00015"])
    court.entries(["1"])
    write(path, f'ALTER TABLE "{table}" RENAME COLUMN access TO secrecy')
    for _ in range(3):
        with pytest.raises(CourtUnavailable):
            _ = court.find(["15ABCR00015"]), court.entries(["1"])
    write(path, f'ALTER TABLE "{table}" RENAME COLUMN secrecy TO access')
    assert len(court.find(["15ABCR00015"])) == 1


def test_whether_entries_have_levels_is_known(path: Path) -> None:
    assert source(path).entries_have_access
    assert not source(
        path,
        case='SELECT id, number FROM "case"',
        docket_entry="SELECT id, case_id FROM docket_entry",
    ).entries_have_access


# --- Read only, many threads -------------------------------------------------------------------


def test_nothing_is_written_whatever_the_mapping_says(path: Path) -> None:
    """T-RO. The journal stays away, too: the folder is the court's."""
    before = path.read_bytes()
    court = source(path, case='WITH x AS (SELECT 1) SELECT id, number, access FROM "case"')
    court.find(["15ABCR00015"])
    court.entries(["1", "2"])
    court.data_version()
    court.check()
    court.close()
    assert path.read_bytes() == before
    assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_a_court_in_a_folder_that_nobody_may_write_is_read(path: Path) -> None:
    path.chmod(0o444)
    path.parent.chmod(0o555)
    assert texts(source(path), "2") == [["Third"]]
    path.parent.chmod(0o755)


def test_a_path_of_odd_letters_is_opened(path: Path) -> None:
    folder = path.parent / "a b#c%41?mode=rwé"
    folder.mkdir()
    moved = path.rename(folder / "court 1.sqlite")
    court = source(moved)
    assert texts(court, "2") == [["Third"]]
    assert court.data_version() is not None
    court.close()


def test_a_reader_never_holds_up_the_clerk(path: Path) -> None:
    write(path, "PRAGMA journal_mode=WAL")
    court = source(path)
    court.data_version()
    stop = threading.Event()
    failures: list[Exception] = []

    def read() -> None:
        while not stop.is_set():
            try:
                court.entries(["1", "2"])
                court.data_version()
            except CourtUnavailable as error:
                failures.append(error)

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    for number in range(60):
        write(path, f"UPDATE docket_entry SET text = '{number}' WHERE id = 3")
    write(path, "PRAGMA wal_checkpoint(TRUNCATE)")
    stop.set()
    for reader in readers:
        reader.join()
    assert failures == []
    assert texts(court, "2") == [["59"]]
    court.close()


def test_a_change_is_told_once_from_one_reading_to_the_next(path: Path) -> None:
    court = source(path)

    def states() -> dict[str, Any]:
        return {entry.key: state_of(entry) for entry in court.entries(["1"])["1"]}

    before = states()
    write(path, "UPDATE docket_entry SET text = 'Corrected', modified_at = '2015-11-18' WHERE id=1")
    add(path, "docket_entry", id=50, case_id=1, text="Third", access=0)
    add(path, "docket_entry", id=51, case_id=1, text="Hidden", access=5)
    write(path, "UPDATE docket_entry SET modified_at = '2015-11-18' WHERE id = 2")
    changes = compare(before, states(), lambda access: access == 0)
    assert [(change.kind, change.entry_key) for change in changes] == [
        ("added", "50"),
        ("updated", "1"),
    ]
    assert compare(states(), states(), lambda access: True) == []
