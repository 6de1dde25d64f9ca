"""The clerk's desk does what its forms say, remembers it, and can work alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest

from mailbot.demo import missouri
from mailbot.demo.clerk import Clerk
from mailbot.demo.missouri import COFFMAN
from mailbot.demo.page.office import LATEST, Office
from tests.until import until

NOW = datetime(2026, 3, 3, 15, tzinfo=UTC)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    path = tmp_path / "court.sqlite"
    missouri.build(path, cases=5)
    office = Office(Clerk(path, lambda: NOW, Random(1)), lambda: [COFFMAN])
    yield office
    office.close()


def test_a_file_shows_the_newest_entries_and_how_many_are_older(office: Office) -> None:
    act = office.add(COFFMAN, "Order", "SO ORDERED")
    file = office.file(COFFMAN)
    assert file is not None
    assert file.case.number == COFFMAN
    assert (file.entries[0].id, file.entries[0].text) == (act.entry_id, "SO ORDERED")
    for _ in range(12):
        office.add(COFFMAN, "Order", "")
    file = office.file(COFFMAN)
    assert file is not None
    assert file.more >= 7


def test_there_is_no_file_of_an_unknown_case(office: Office) -> None:
    assert office.file("15AB-CR99999") is None
    with pytest.raises(LookupError):
        office.add("15AB-CR99999", "", "")


def test_what_is_left_empty_is_made_up_but_a_type_alone_has_no_text(office: Office) -> None:
    office.add(COFFMAN, "", "")
    office.add(COFFMAN, "Order", "")
    file = office.file(COFFMAN)
    assert file is not None
    bare, made_up = file.entries[:2]
    assert (bare.type_text, bare.text) == ("Order", "")
    assert made_up.type_text


def test_a_correction_is_the_new_text_or_made_up_if_it_is_the_old_one(office: Office) -> None:
    entry_id = office.add(COFFMAN, "Order", "SO ORDERED\ntoday").entry_id or 0
    office.correct(COFFMAN, entry_id, "SO ORDERED yesterday")
    file = office.file(COFFMAN)
    assert file is not None
    assert file.entries[0].text == "SO ORDERED yesterday"
    office.correct(COFFMAN, entry_id, " SO ORDERED \r\n yesterday")
    file = office.file(COFFMAN)
    assert file is not None
    assert file.entries[0].text != "SO ORDERED yesterday"
    assert "SO ORDERED yesterday" in file.entries[0].text


def test_a_case_is_sealed_and_unsealed(office: Office) -> None:
    office.seal(COFFMAN)
    file = office.file(COFFMAN)
    assert file is not None
    assert file.sealed
    office.unseal(COFFMAN)
    file = office.file(COFFMAN)
    assert file is not None
    assert not file.sealed
    assert [act.verb for act in office.acts] == ["unsealed", "sealed"]


def test_only_the_latest_acts_are_remembered(office: Office) -> None:
    for _ in range(LATEST + 3):
        office.seal(COFFMAN)
    assert len(office.acts) == LATEST


async def test_the_clerk_works_alone_until_sent_home(office: Office) -> None:
    await office.work_alone()
    await office.work_alone()
    assert office.busy
    await until(lambda: office.acts)
    await office.rest()
    await office.rest()
    assert not office.busy
