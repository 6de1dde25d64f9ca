"""Real dockets go into a court and come back to the letter; then each change is told once."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, event, func, select

from mailbot.court import canonical
from mailbot.court.cases import CaseSource
from mailbot.court.changes import compare, state_of
from mailbot.model import Case, Entry, EntryState, case_key
from tests.court.courts import source
from tests.dockets import (
    CASES,
    ZONE,
    Docket,
    case_files,
    load_case,
    load_cases,
    read_dockets,
    update_case,
    write_docket,
)

HISTORY = CASES / "juriscraper__docket_history_reports-casd.json"
DISTRICT = CASES / "juriscraper__district-casd_6.json"


def canonical_court(path: Path) -> Engine:
    """An empty court of the canonical tables."""
    engine = create_engine(f"sqlite:///{path}")
    event.listen(engine, "connect", lambda one, _: one.execute("PRAGMA synchronous=OFF"))
    canonical.metadata.create_all(engine)
    return engine


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "court.sqlite"


@pytest.fixture
def engine(path: Path) -> Iterator[Engine]:
    engine = canonical_court(path)
    yield engine
    engine.dispose()


@pytest.fixture
def court(path: Path, engine: Engine) -> Iterator[CaseSource]:
    court = source(path, ZONE)
    yield court
    court.close()


def public(access: int) -> bool:
    return access == 0


def states(court: CaseSource, number: str) -> dict[str, EntryState]:
    return {entry.key: state_of(entry) for entry in entries(court, number)}


def entries(court: CaseSource, number: str) -> list[Entry]:
    (case,) = found(court, number)
    return court.entries([case.source_id])[case.source_id]


def found(court: CaseSource, number: str) -> list[Case]:
    return court.find([case_key(number)])


def test_every_docket_comes_back_to_the_letter(tmp_path: Path) -> None:
    empty = tmp_path / "empty.sqlite"
    canonical_court(empty).dispose()
    for file in case_files():
        path = Path(shutil.copy(empty, tmp_path / file.name))
        engine = create_engine(f"sqlite:///{path}")
        with engine.begin() as connection:
            numbers = load_cases(connection, file)
        told = read_dockets(file)
        assert numbers == [docket.number for docket in told]
        court = source(path, ZONE)
        for docket in told:
            (case,) = found(court, docket.number)
            assert (case.number, case.access) == (docket.number, 0)
            assert_read_back(court.entries([case.source_id])[case.source_id], docket)
        court.close()
        engine.dispose()


def assert_read_back(back: list[Entry], docket: Docket) -> None:
    assert [(entry.text, entry.documents) for entry in back] == [
        (item.text, item.documents) for item in docket.items
    ]
    labels = [" ".join(item.type_text.split()) for item in docket.items]
    assert [entry.description for entry in back] == labels
    assert all(entry.filed_at is not None for entry in back)


def test_all_dockets_stand_in_one_court(engine: Engine, court: CaseSource) -> None:
    files = case_files()
    with engine.begin() as connection:
        numbers = {number for file in files for number in load_cases(connection, file)}
        kept = connection.execute(select(func.count()).select_from(canonical.docket_entry))
        entries_kept = kept.scalar_one()
    cases = court.find([case_key(number) for number in numbers])
    read = court.entries([case.source_id for case in cases])
    print(f"{len(files)} files, {len(cases)} cases, {entries_kept} entries")
    assert (len(files), len(cases), entries_kept) == (62, len(numbers), 574)
    assert sum(map(len, read.values())) == entries_kept
    assert court.check() == []


def test_a_criminal_case_goes_from_17_entries_to_27(engine: Engine, court: CaseSource) -> None:
    with engine.begin() as connection:
        number = load_case(connection, HISTORY)
    before = states(court, number)
    assert len(before) == 17
    with engine.begin() as connection:
        assert update_case(connection, DISTRICT) == number
    after = states(court, number)
    changes = compare(before, after, public)
    assert [change.kind for change in changes] == ["added"] * 10 + ["updated"] * 17
    assert {change.fields for change in changes[10:]} == {("text",)}
    texts = {entry.key: entry.text for entry in entries(court, number)}
    assert {texts[change.entry_key] for change in changes} == {
        item.text for item in read_dockets(DISTRICT)[0].items
    }
    with engine.begin() as connection:
        update_case(connection, DISTRICT)
    assert compare(after, states(court, number), public) == []


@pytest.mark.parametrize(
    ("before", "after", "added", "updated"),
    [
        ("docket_history_reports-nysd_441170", "district-nysd_441170", 0, 2),
        ("appellate-ca9_1", "appellate-ca9_2", 4, 0),
        ("special-cit_3", "special-cit_4", 0, 0),
    ],
)
def test_the_other_pairs(
    before: str, after: str, added: int, updated: int, engine: Engine, court: CaseSource
) -> None:
    with engine.begin() as connection:
        number = load_case(connection, CASES / f"juriscraper__{before}.json")
    first = states(court, number)
    with engine.begin() as connection:
        update_case(connection, CASES / f"juriscraper__{after}.json")
    kinds = [change.kind for change in compare(first, states(court, number), public)]
    assert (kinds.count("added"), kinds.count("updated")) == (added, updated)
    assert len(kinds) == added + updated


def test_any_stop_on_the_way_tells_every_entry_once(engine: Engine, court: CaseSource) -> None:
    """A sweep after each entry written tells the same as one at the end."""
    with engine.begin() as connection:
        number = load_case(connection, HISTORY)
    first = known = states(court, number)
    told: list[tuple[str, str]] = []
    (docket,) = read_dockets(DISTRICT)
    items = docket.items
    for count in range(1, len(items) + 1):
        docket.items = items[:count]
        with engine.begin() as connection:
            write_docket(connection, docket)
        now = states(court, number)
        told += [(change.entry_key, change.kind) for change in compare(known, now, public)]
        known = now
    at_once = compare(first, known, public)
    assert sorted(told) == sorted((change.entry_key, change.kind) for change in at_once)
