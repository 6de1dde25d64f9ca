"""The sample court is the same for the same seed and holds what the seed document names."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from mailbot.court.cases import CaseSource
from mailbot.demo.missouri import (
    COFFMAN,
    FINE_COLLECTION,
    SAMPLE_DAY,
    SAMPLE_ENTRY_CASE,
    SEALED,
    SIMPSON,
    build,
)
from mailbot.model import Case, case_key
from tests.court.courts import source

SEED_NUMBERS = (
    "15AB-CR00015",
    "15AB-CR00123",
    "08AB-CC00155",
    "15AB-DR00010",
    "1420-CC00599",
    "000333666",
    "111222333",
    "222444666",
)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("court") / "court.sqlite"
    build(path)
    return path


@pytest.fixture(scope="module")
def court(path: Path) -> Iterator[CaseSource]:
    court = source(path)
    yield court
    court.close()


def rows(path: Path, query: str) -> list[Any]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(query).fetchall()


def one(court: CaseSource, number: str) -> Case:
    (case,) = court.find([case_key(number)])
    return case


def test_every_number_of_the_seed_document_is_there(court: CaseSource) -> None:
    found = {case.number: case for case in court.find([case_key(each) for each in SEED_NUMBERS])}
    assert set(found) == set(SEED_NUMBERS)
    assert {case.access for case in found.values()} == {0}
    assert found[COFFMAN].caption == "ST V JASON L COFFMAN"


def test_the_sample_header_is_that_of_the_document(path: Path) -> None:
    """S21-S26."""
    query = (
        "SELECT c.caption, court.county, filed_on, type_text, disposition_text, disposed_on, j.name"
        ' FROM "case" c JOIN court ON court.id = c.court_id'
        f" JOIN judge j ON j.id = judge_at_disposition WHERE number = '{SIMPSON}'"
    )
    assert rows(path, query) == [
        (
            "ST V HOMER J SIMPSON",
            "Franklin",
            "2015-03-10",
            "Criminal/Infract.- see Charges",
            "Dismiss by Ct w/o Prejudice",
            "2015-09-30",
            "WOOD, GAEL D.",
        )
    ]


def test_the_sample_entry_is_that_of_the_document(court: CaseSource) -> None:
    """S76-S79: filed 11/16/15 9:21 AM, activity two days later."""
    case = one(court, SAMPLE_ENTRY_CASE)
    entry = court.entries([case.source_id])[case.source_id][-1]
    assert (entry.description, entry.text) == ("Filing:", "Track This Case Docket Text")
    assert entry.filed_at == datetime(2015, 11, 16, 15, 21, tzinfo=UTC)
    assert entry.activity_at == datetime(2015, 11, 18, 15, 21, tzinfo=UTC)


def test_one_case_is_with_the_fine_collection_center_and_one_sealed(
    court: CaseSource, path: Path
) -> None:
    assert one(court, FINE_COLLECTION).category == "FCC"
    assert one(court, SEALED).access == 9
    counted = dict(rows(path, 'SELECT access, count(*) FROM "case" GROUP BY access'))
    assert counted[9] == 1
    assert counted[1] >= 1  # protection orders: by exact number only
    assert rows(path, "SELECT count(*) FROM \"case\" WHERE category = 'FCC'") == [(1,)]


def test_there_are_about_two_hundred_more_with_all_that_belongs_to_a_case(path: Path) -> None:
    counted = {
        name: rows(path, f'SELECT count(*) FROM "{name}"')[0][0]
        for (name,) in rows(path, "SELECT name FROM sqlite_master WHERE type = 'table'")
    }
    assert counted["case"] == 210
    for name in ("party", "attorney", "representation", "document", "hearing", "charge", "judge"):
        assert counted[name] > 3, name
    assert counted["docket_entry"] > 1000


def test_the_texts_are_of_every_kind_that_breaks_a_mail(path: Path) -> None:
    texts = [text for (text,) in rows(path, "SELECT text FROM docket_entry")]
    assert any(text is None for text in texts)  # S81
    told = [text for text in texts if text]
    assert any(len(text) > 2000 for text in told)  # S80
    for sign in "\n&<§–“Ñ":
        assert any(sign in text for text in told), sign
    assert not any("{" in text for text in told)


def test_some_entries_were_changed_later_and_some_are_not_public(path: Path) -> None:
    ((changed, hidden),) = rows(
        path, "SELECT count(modified_at), sum(access = 5) FROM docket_entry"
    )
    assert changed > 20
    assert hidden > 5


def test_nothing_is_dated_in_the_future_or_before_its_case(path: Path) -> None:
    late = rows(
        path,
        'SELECT count(*) FROM docket_entry e JOIN "case" c ON c.id = e.case_id WHERE '
        f"max(entered_at, coalesce(e.modified_at, '')) >= '{SAMPLE_DAY} 08' OR filed_at < filed_on "
        "OR coalesce(e.modified_at, entered_at) > last_activity_at OR entered_at < filed_at",
    )
    assert late == [(0,)]


def test_the_mapping_has_nothing_to_complain_of(court: CaseSource) -> None:
    assert court.check() == []


def test_the_same_seed_gives_the_same_court(tmp_path: Path) -> None:
    def content(name: str, seed: int) -> list[Any]:
        build(tmp_path / name, seed=seed, cases=20)
        query = 'SELECT * FROM "case" c LEFT JOIN docket_entry e ON e.case_id = c.id ORDER BY c.id'
        return rows(tmp_path / name, query)

    first = content("a", 1)
    assert first == content("b", 1)
    assert first != content("c", 2)


def test_numbers_do_not_repeat(path: Path) -> None:
    numbers = Counter(rows(path, 'SELECT number_norm FROM "case"'))
    assert max(numbers.values()) == 1


def test_the_court_lives_in_the_day_it_is_built(tmp_path: Path) -> None:
    build(tmp_path / "court.sqlite", cases=30, today=date(2026, 3, 3))
    ((last,),) = rows(tmp_path / "court.sqlite", 'SELECT max(last_activity_at) FROM "case"')
    assert "2026-01" < last < "2026-03-03"


def test_a_file_that_is_there_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "court.sqlite"
    path.write_bytes(b"somebody's")
    with pytest.raises(FileExistsError):
        build(path)
    assert path.read_bytes() == b"somebody's"


def test_it_is_written_for_readers_and_a_clerk_at_once(path: Path) -> None:
    assert rows(path, "PRAGMA journal_mode") == [("wal",)]
    assert rows(path, "PRAGMA integrity_check") == [("ok",)]
    assert rows(path, "PRAGMA foreign_key_check") == []


def test_nobody_in_it_can_be_reached(path: Path) -> None:
    """decisions.md 30."""
    assert all(email.endswith(".example") for (email,) in rows(path, "SELECT email FROM attorney"))
    phones = rows(path, "SELECT phone FROM attorney UNION SELECT phone FROM party")
    assert all(phone is None or phone.startswith("(555) 010-") for (phone,) in phones)
