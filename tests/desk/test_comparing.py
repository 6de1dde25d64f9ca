"""What a court may do to its tables, and what of it is told (reliability.md 2.8, 3.1)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from mailbot.errors import CourtImplausible
from mailbot.store.ledger import forget_mapping
from tests.world import START, World, templates, worlds

ANN, BEN = "ann@people.example", "ben@people.example"
CASE = "15AB-CR00015"
NO_LEVELS = """
case = 'SELECT id, number, number_norm, caption, category FROM "case"'
docket_entry = '''SELECT id, case_id, seq, filed_at, entered_at, type_text, text, modified_at,
    deleted_at FROM docket_entry'''
"""


@pytest.fixture
def followed(world: World) -> World:
    world.follow(ANN, CASE)
    return world


@pytest.fixture
def open_court(tmp_path: Path) -> Iterator[World]:
    """A court whose entries carry no access levels, and which tells removals (G3)."""
    for world in worlds(tmp_path, source_options=f"{NO_LEVELS}access_default = 0"):
        world.follow(ANN, CASE)
        yield world


def fill(world: World, count: int) -> list[int]:
    """So many entries, told."""
    entries = [
        world.court.enter(CASE, "Filing:", f"entry {n}", START + timedelta(minutes=n))
        for n in range(count)
    ]
    world.sweep()
    return entries


def sweeps(world: World, count: int, **span: float) -> list[str]:
    """Texts of the notices of so many rounds."""
    texts = []
    for _ in range(count):
        world.wait(**(span or {"minutes": 1}))
        texts += [sent.text for sent in world.sweep() if sent.row.template == "notice"]
    return texts


# --- Levels --------------------------------------------------------------------------------------


def test_a_court_that_says_nothing_of_access_shows_nothing(tmp_path: Path) -> None:
    """decisions.md 9: unknown is for the court only; a misnamed column must not open all."""
    for world in worlds(tmp_path, source_options=NO_LEVELS):
        world.mail(ANN, f"TRACK {CASE}")
        assert templates(world.leave()) == ["refused"]


# --- Net of several changes ----------------------------------------------------------------------


def test_what_is_changed_and_changed_back_is_no_change(followed: World) -> None:
    entry = followed.court.enter(CASE, "Filing:", "text")
    followed.sweep()
    for text in ("other", "text"):
        followed.court.correct(entry, text=text)
        followed.desk.sweep("franklin", followed.now)
    assert followed.leave() == []
    followed.court.correct(entry, text="third")
    (notice,) = followed.sweep()
    assert "third" in notice.text


def test_fields_are_those_that_differ_in_the_end(followed: World) -> None:
    entry = followed.court.enter(CASE, "Filing:", "text")
    followed.sweep()
    for type_text, text in (("Order", "other"), ("Order", "text")):
        followed.court.correct(entry, type_text=type_text, text=text)
        followed.desk.sweep("franklin", followed.now)
    (notice,) = followed.leave()
    assert re.search(r"Changed +description\r?\n", notice.text)


def test_an_entry_deleted_before_it_was_told_holds_no_other_up(followed: World) -> None:
    followed.court.enter(CASE, "Filing:", "stays")
    gone = followed.court.enter(CASE, "Filing:", "goes")
    followed.desk.sweep("franklin", followed.now)
    followed.court.remove(gone)
    (notice,) = sweeps(followed, 3)
    assert "stays" in notice
    assert "goes" not in notice


def test_an_entry_that_comes_back_untold_is_told(followed: World) -> None:
    gone = followed.court.enter(CASE, "Filing:", "there and back")
    followed.desk.sweep("franklin", followed.now)
    followed.court.run(f"UPDATE docket_entry SET deleted_at = '2026-03-03' WHERE id = {gone}")
    assert sweeps(followed, 3) == []
    followed.court.run(f"UPDATE docket_entry SET deleted_at = NULL WHERE id = {gone}")
    (notice,) = sweeps(followed, 2)
    assert "there and back" in notice


def test_an_entry_that_comes_back_is_told_to_those_who_never_heard_of_it(followed: World) -> None:
    followed.court.enter(CASE, "Filing:", "stays")
    gone = followed.court.enter(CASE, "Filing:", "there and back")
    followed.desk.sweep("franklin", followed.now)
    followed.court.run(f"UPDATE docket_entry SET deleted_at = '2026-03-03' WHERE id = {gone}")
    (notice,) = sweeps(followed, 3)
    assert "there and back" not in notice
    for told in (1, 0):
        followed.court.run(f"UPDATE docket_entry SET deleted_at = NULL WHERE id = {gone}")
        notices = sweeps(followed, 2)
        assert [("there and back" in each, "stays" in each) for each in notices] == [
            (True, False)
        ] * told
        followed.court.run(f"UPDATE docket_entry SET deleted_at = '2026-03-03' WHERE id = {gone}")
        assert sweeps(followed, 3) == []


def test_an_entry_that_comes_back_told_is_silent_unless_it_differs(open_court: World) -> None:
    (gone,) = fill(open_court, 1)
    for text, told in (("entry 0", 0), ("another", 1)):
        open_court.court.run(f"UPDATE docket_entry SET deleted_at = '2026-03-03' WHERE id = {gone}")
        (removal,) = sweeps(open_court, 3)
        assert "NO LONGER SHOWN" in removal
        assert "entry 0" not in removal
        open_court.court.run(
            f"UPDATE docket_entry SET deleted_at = NULL, text = '{text}' WHERE id = {gone}"
        )
        assert len(sweeps(open_court, 2)) == told


def test_a_removal_that_is_taken_back_before_it_left_is_not_told(open_court: World) -> None:
    (gone,) = fill(open_court, 1)
    for deleted in ("'2026-03-03'", "'2026-03-03'", "NULL"):
        open_court.court.run(f"UPDATE docket_entry SET deleted_at = {deleted} WHERE id = {gone}")
        open_court.desk.sweep("franklin", open_court.now)
    assert open_court.leave() == []


# --- A court that is loaded anew -----------------------------------------------------------------


def test_new_ids_of_the_same_entries_are_no_change(followed: World) -> None:
    fill(followed, 30)
    followed.court.enter(CASE, "Filing:", "not told yet")
    followed.desk.sweep("franklin", followed.now)
    followed.court.run("UPDATE docket_entry SET id = id + 1000")
    (notice,) = sweeps(followed, 2)
    assert "1 new entry" in notice
    assert "not told yet" in notice
    followed.court.run("UPDATE docket_entry SET text = 'corrected' WHERE id = 1005")
    (notice,) = sweeps(followed, 2)
    assert "1 updated entry" in notice


def test_new_ids_after_an_empty_moment_are_no_change(open_court: World) -> None:
    fill(open_court, 10)
    open_court.court.run("CREATE TABLE kept AS SELECT * FROM docket_entry")
    open_court.court.run("DELETE FROM docket_entry")
    assert sweeps(open_court, 1) == []
    open_court.court.run("UPDATE kept SET id = id + 500")
    open_court.court.run("INSERT INTO docket_entry SELECT * FROM kept")
    assert sweeps(open_court, 3) == []


def test_a_court_whose_entries_are_gone_at_once_is_held(open_court: World) -> None:
    """T-GUARD: an empty view, a lost grant. It recovers by itself."""
    fill(open_court, 30)
    open_court.court.run(
        "CREATE TABLE kept AS SELECT * FROM docket_entry", "DELETE FROM docket_entry"
    )
    for _ in range(3):
        open_court.wait(minutes=1)
        with pytest.raises(CourtImplausible, match="32 of 32 entries are gone at once"):
            open_court.desk.sweep("franklin", open_court.now)
    assert open_court.leave() == []
    open_court.court.run("INSERT INTO docket_entry SELECT * FROM kept")
    assert sweeps(open_court, 2) == []


@pytest.mark.parametrize("look", ["sweep", "hint"])
def test_a_court_rewritten_at_once_is_held_until_it_is_taken_as_it_is(
    followed: World, look: str
) -> None:
    fill(followed, 120)
    followed.desk.hint("franklin", followed.now)
    later = "entered_at = '2026-03-03 09:30:00', modified_at = '2026-03-03 09:30:00'"
    followed.court.run(f"UPDATE docket_entry SET text = text || '.', {later}")
    followed.wait(minutes=1)
    with pytest.raises(CourtImplausible, match="122 of 122 entries read otherwise"):
        getattr(followed.desk, look)("franklin", followed.now)
    assert followed.leave() == []
    with followed.database.transaction() as conn:
        assert forget_mapping(conn, "franklin") == 1
    assert sweeps(followed, 2) == []
    followed.court.enter(CASE, "Order", "after it was taken as it is")
    (notice,) = sweeps(followed, 1)
    assert "1 new entry" in notice


def test_a_load_of_new_entries_is_told(followed: World) -> None:
    for number in range(300):
        followed.court.enter(CASE, "Filing:", f"entry {number}")
    (notice,) = sweeps(followed, 1)
    assert "300 new entries" in notice


# --- Several cases of one number -----------------------------------------------------------------


def double(world: World, caption: str) -> None:
    """Another case of the same number; the clerk goes on with the first."""
    first = world.court.ids[CASE]
    world.court.open_case(CASE, caption)
    world.court.ids[CASE] = first


def test_a_second_case_of_a_number_does_not_stand_in_for_the_followed_one(followed: World) -> None:
    followed.court.enter(CASE, "Filing:", "of the first")
    followed.desk.sweep("franklin", followed.now)
    double(followed, "ANOTHER V CASE")
    (notice,) = sweeps(followed, 2)
    assert "of the first" in notice
    assert "COFFMAN" in notice
    followed.court.set_access(CASE, 9)
    followed.mail(ANN, "REPORT")
    (report,) = followed.leave()
    assert "ANOTHER" not in report.text


def test_a_hidden_case_of_a_number_does_not_hide_the_open_one(world: World) -> None:
    double(world, "OPEN V CASE")
    world.court.set_access(CASE, 9)
    world.mail(ANN, f"TRACK {CASE}")
    (asked,) = world.leave()
    assert "OPEN V CASE" in asked.text


# --- Wishes and stops at the edge of the window --------------------------------------------------


def test_a_long_undo_window_keeps_the_case_watched(tmp_path: Path) -> None:
    for world in worlds(tmp_path, more="[limits]\nundo_days = 90\n"):
        tracking = world.follow(ANN, CASE)
        world.act("stop", tracking.token("s"))
        (receipt,) = world.leave()
        world.wait(days=35)
        world.court.enter(CASE, "Order", "while it was stopped")
        world.sweep()
        world.mail(BEN, f"TRACK {CASE}")
        world.leave()
        world.act("undo", receipt.token("r"))
        assert any("while it was stopped" in sent.text for sent in world.leave())


def test_a_wish_renewed_after_weeks_is_watched_again(world: World) -> None:
    world.mail(ANN, f"TRACK {CASE}")
    world.leave()
    world.wait(days=31)
    world.mail(ANN, f"TRACK {CASE}")
    (asked,) = world.leave()
    world.court.enter(CASE, "Order", "after the second wish")
    world.sweep()
    world.wait(hours=1)
    world.mail(ANN, f"TRACK {CASE}")  # anybody may forge one; it must not begin anew
    world.leave()
    world.answer(asked, ANN, "yes")
    assert any("after the second wish" in sent.text for sent in world.leave())
