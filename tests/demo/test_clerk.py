"""The clerk writes; the court's readers see exactly that."""

from __future__ import annotations

import shutil
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from mailbot.court.cases import CaseSource
from mailbot.court.changes import compare, state_of
from mailbot.demo.clerk import Act, Clerk
from mailbot.demo.missouri import COFFMAN, SEALED, build
from mailbot.model import Entry, EntryChange, EntryState, case_key
from tests.court.courts import source

NOW = datetime(2015, 12, 1, 15, 21, 30, 999, tzinfo=UTC)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("court") / "court.sqlite"
    build(path, cases=25)
    return path


@pytest.fixture
def path(built: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(built, tmp_path / "court.sqlite"))


@pytest.fixture
def court(path: Path) -> Iterator[CaseSource]:
    court = source(path)
    yield court
    court.close()


@pytest.fixture
def clerk(path: Path) -> Iterator[Clerk]:
    clerk = Clerk(path, lambda: NOW, Random(1))
    yield clerk
    clerk.close()


def entries(court: CaseSource, number: str) -> list[Entry]:
    (case,) = court.find([case_key(number)])
    return court.entries([case.source_id])[case.source_id]


def states(court: CaseSource, number: str) -> dict[str, EntryState]:
    return {entry.key: state_of(entry) for entry in entries(court, number)}


def changes(before: dict[str, EntryState], after: dict[str, EntryState]) -> list[EntryChange]:
    return compare(before, after, lambda access: access == 0)


def test_an_entry_is_added_as_told(court: CaseSource, clerk: Clerk) -> None:
    act = clerk.add_entry("15ab-cr00015", type_text="Order", text="SO ORDERED", filed_by="Court",
                          documents=2)  # fmt: skip
    assert (act.verb, act.number, act.at) == ("added", COFFMAN, NOW)
    entry = entries(court, COFFMAN)[-1]
    assert entry.key == str(act.entry_id)
    assert (entry.description, entry.text, entry.filed_by) == ("Order", "SO ORDERED", "Court")
    assert entry.documents == 2
    assert entry.filed_at == entry.activity_at == NOW.replace(microsecond=0)
    assert entry.seq == max(one.seq for one in entries(court, COFFMAN))


def test_an_entry_may_have_no_text_or_be_hidden(court: CaseSource, clerk: Clerk) -> None:
    before = states(court, COFFMAN)
    clerk.add_entry(COFFMAN, type_text="Judge/Clerk - Note")
    clerk.add_entry(COFFMAN, access=5)
    note, hidden = entries(court, COFFMAN)[-2:]
    assert (note.text, hidden.access) == ("", 5)
    assert [change.entry_key for change in changes(before, states(court, COFFMAN))] == [note.key]


def test_what_is_not_told_is_made_up(court: CaseSource, clerk: Clerk) -> None:
    act = clerk.add_entry()
    (entry,) = [one for one in entries(court, act.number) if one.key == str(act.entry_id)]
    assert entry.description
    assert entry.access == 0


def test_a_correction_is_one_update(court: CaseSource, clerk: Clerk) -> None:
    before = states(court, COFFMAN)
    first = entries(court, COFFMAN)[0]
    act = clerk.correct_entry(COFFMAN, int(first.key), text="Corrected", type_text="Order")
    assert (act.verb, act.entry_id) == ("corrected", int(first.key))
    (change,) = changes(before, states(court, COFFMAN))
    assert (change.kind, change.entry_key) == ("updated", first.key)
    assert change.fields == ("description", "text")
    again = next(one for one in entries(court, COFFMAN) if one.key == first.key)
    assert (again.filed_at, again.activity_at) == (first.filed_at, NOW.replace(microsecond=0))


def test_a_correction_that_is_made_up_is_visible_every_time(
    court: CaseSource, clerk: Clerk
) -> None:
    key = clerk.add_entry(COFFMAN).entry_id
    for _ in range(40):
        before = states(court, COFFMAN)
        clerk.correct_entry(COFFMAN, key)
        (change,) = changes(before, states(court, COFFMAN))
        assert (change.kind, change.fields) == ("updated", ("text",))
    assert max(len(one.text) for one in entries(court, COFFMAN)) < 6000


def test_hiding_an_entry_is_silence(court: CaseSource, clerk: Clerk) -> None:
    before = states(court, COFFMAN)
    first = entries(court, COFFMAN)[0]
    clerk.correct_entry(COFFMAN, int(first.key), access=5)
    assert changes(before, states(court, COFFMAN)) == []


def test_a_sealed_case_is_sealed_until_it_is_unsealed(court: CaseSource, clerk: Clerk) -> None:
    assert clerk.seal(COFFMAN) == Act("sealed", COFFMAN, None, NOW)
    (case,) = court.find([case_key(COFFMAN)])
    assert case.access == 9
    assert clerk.unseal(COFFMAN).verb == "unsealed"
    (case,) = court.find([case_key(COFFMAN)])
    assert case.access == 0


def test_every_act_wakes_the_watcher(court: CaseSource, clerk: Clerk) -> None:
    seen = {court.data_version()}
    for act in (clerk.add_entry, clerk.correct_entry, clerk.seal, clerk.unseal):
        act(COFFMAN)
        seen.add(court.data_version())
    assert len(seen) == 5


def test_the_hint_names_the_case(court: CaseSource, clerk: Clerk) -> None:
    assert court.recent(NOW - timedelta(minutes=5)) == set()
    clerk.add_entry(COFFMAN)
    (case,) = court.find([case_key(COFFMAN)])
    assert court.recent(NOW - timedelta(minutes=5)) == {case.source_id}


def test_a_number_or_entry_that_is_not_there_is_said(clerk: Clerk) -> None:
    for act in (clerk.add_entry, clerk.correct_entry, clerk.seal, clerk.unseal, clerk.entries):
        with pytest.raises(LookupError, match="no case"):
            act("15AB-CR99999")
    with pytest.raises(LookupError, match="no such entry"):
        clerk.correct_entry(COFFMAN, 999_999)


def test_the_lists_show_what_is_there(court: CaseSource, clerk: Clerk) -> None:
    numbers = {line.number: line.access for line in clerk.cases()}
    assert numbers[SEALED] == 9
    assert len(numbers) == 35
    clerk.add_entry(COFFMAN, type_text="Order")
    lines = clerk.entries(COFFMAN)
    assert lines[0].type_text == "Order"
    assert [str(line.id) for line in reversed(lines)] == [
        entry.key for entry in entries(court, COFFMAN)
    ]


def test_the_busy_clerk_is_plausible(court: CaseSource, clerk: Clerk) -> None:
    acts = [clerk.busy(prefer=[COFFMAN]) for _ in range(150)]
    verbs = Counter(act.verb for act in acts)
    assert verbs["added"] > verbs["corrected"] > 25
    assert 0 < verbs["sealed"] + verbs["unsealed"] < 20
    sealed = {act.number for act in acts if act.verb in {"sealed", "unsealed"}}
    named = {COFFMAN, SEALED, "000333666", "111222333", "222444666"}
    assert not sealed & named
    assert Counter(act.number for act in acts)[COFFMAN] > 50


def test_the_busy_clerk_does_the_same_with_the_same_random(built: Path, tmp_path: Path) -> None:
    def acts(name: str) -> list[Act]:
        clerk = Clerk(Path(shutil.copy(built, tmp_path / name)), lambda: NOW, Random(7))
        done = [clerk.busy() for _ in range(30)]
        clerk.close()
        return done

    assert acts("a") == acts("b")


def test_every_act_is_one_change_in_one_case_at_most(court: CaseSource, clerk: Clerk) -> None:
    cases = {case.source_id: case.number for case in court.find(
        [case_key(line.number) for line in clerk.cases()])}  # fmt: skip

    def everything() -> dict[str, dict[str, EntryState]]:
        found = court.entries(list(cases))
        return {key: {one.key: state_of(one) for one in found[key]} for key in cases}

    before = everything()
    for _ in range(40):
        act, after = clerk.busy(), everything()
        happened = [
            (cases[key], change.kind, change.entry_key)
            for key in cases
            for change in changes(before[key], after[key])
        ]
        if act.verb in {"sealed", "unsealed"}:
            assert happened == []
        else:
            kind = "added" if act.verb == "added" else "updated"
            assert happened == [(act.number, kind, str(act.entry_id))]
        before = after


def test_two_clerks_write_at_once(path: Path, court: CaseSource) -> None:
    before = len(entries(court, COFFMAN))

    def work(number: int) -> None:
        clerk = Clerk(path, lambda: NOW, Random(number))
        for _ in range(15):
            clerk.add_entry(COFFMAN)
        clerk.close()

    clerks = [threading.Thread(target=work, args=(number,)) for number in range(3)]
    for one in clerks:
        one.start()
    for one in clerks:
        one.join()
    found = entries(court, COFFMAN)
    assert len(found) == before + 45
    assert len({entry.seq for entry in found}) == len(found)
