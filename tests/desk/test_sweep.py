"""Changes become notices, each once (S71-S88, G2-G6, decisions.md 8-12)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from mailbot.errors import CourtUnavailable
from tests.world import START, World, templates

ANN, BEN = "ann@people.example", "ben@people.example"
CASE = "15AB-CR00015"


@pytest.fixture
def followed(world: World) -> World:
    world.follow(ANN, CASE)
    return world


def test_an_added_entry_makes_one_notice(followed: World) -> None:
    followed.court.enter(CASE, "Judge Assigned", "Hon. A. Judge", START + timedelta(minutes=5))
    (notice,) = followed.sweep()
    assert (
        f"Information on case number {CASE} has been added or updated. Please see the details "
        "below:" in notice.folded
    )
    assert "Hon. A. Judge" in notice.text
    assert "3/3/26 9:05 AM" in notice.text  # S76
    assert followed.sweep() == []


def test_an_updated_entry_is_marked_with_what_changed(followed: World) -> None:
    entry = followed.court.enter(CASE, "Filing:", "befor")
    followed.sweep()
    followed.court.correct(entry, START + timedelta(hours=1), text="after")
    (notice,) = followed.sweep()
    assert "UPDATED" in notice.text
    assert "after" in notice.text
    assert "befor" not in notice.text.replace("before", "")


def test_several_changes_of_a_case_make_one_notice(followed: World) -> None:
    entry = followed.court.enter(CASE, "Filing:", "one")
    followed.sweep()
    followed.court.correct(entry, text="one corrected")
    for number in range(3):
        followed.court.enter(CASE, "Filing:", f"more {number}")
    (notice,) = followed.sweep()
    assert "3 new entries, 1 updated" in notice.folded
    order = [notice.text.index(f"more {number}") for number in range(3)]
    assert order == sorted(order)
    assert notice.text.index("one corrected") > order[-1]  # G22: updates after additions


def test_a_touched_time_alone_is_no_change(followed: World) -> None:
    entry = followed.court.enter(CASE, "Filing:", "text")
    followed.sweep()
    followed.court.correct(entry, START + timedelta(days=1))
    assert followed.sweep() == []  # G2


def test_changed_and_changed_back_is_silent(followed: World) -> None:
    entry = followed.court.enter(CASE, "Filing:", "text")
    followed.sweep()
    followed.court.correct(entry, text="other")
    followed.court.correct(entry, text="text")
    assert followed.sweep() == []  # G5


def test_added_then_updated_before_leaving_is_one_added_entry(followed: World) -> None:
    entry = followed.court.enter(CASE, "Filing:", "first")
    followed.desk.sweep("franklin", followed.now)
    followed.court.correct(entry, text="final")
    (notice,) = followed.sweep()
    assert "1 new entry" in notice.folded
    assert "final" in notice.text
    assert "UPDATED" not in notice.text  # G6


def test_a_correction_seen_at_the_last_gate_is_taken_in(followed: World) -> None:
    """The court corrects between the sweep and the sending: no old text, and no second mail."""
    entry = followed.court.enter(CASE, "Filing:", "secret name")
    followed.desk.sweep("franklin", followed.now)
    followed.court.correct(entry, text="redacted")
    left = followed.leave()
    followed.wait(seconds=5)
    left += followed.sweep()
    assert templates(left) == ["notice"]
    assert "redacted" in left[0].text
    assert b"secret name" not in left[0].raw


def test_every_follower_gets_one(followed: World) -> None:
    followed.follow(BEN, CASE)
    followed.court.enter(CASE, "Filing:", "for both")
    assert sorted(sent.recipient for sent in followed.sweep()) == [ANN, BEN]


def test_a_case_sealed_before_the_sweep_is_silent(followed: World) -> None:
    followed.court.enter(CASE, "Filing:", "too late")
    followed.court.set_access(CASE, 9)
    assert followed.sweep() == []


def test_a_case_sealed_between_sweep_and_gate_is_silent(followed: World) -> None:
    followed.court.enter(CASE, "Filing:", "too late")
    followed.desk.sweep("franklin", followed.now)
    followed.court.set_access(CASE, 9)
    assert followed.leave() == []
    followed.wait(hours=1)
    assert followed.sweep() == []
    followed.court.set_access(CASE, 0)
    followed.wait(hours=1)
    (notice,) = followed.sweep()  # decisions.md 10: what is to be seen again is told
    assert "too late" in notice.text


@pytest.mark.parametrize("days", [3, 7, 60])
def test_what_was_sealed_for_long_is_told_when_it_opens(followed: World, days: int) -> None:
    followed.court.enter(CASE, "Filing:", "before it was sealed")
    followed.desk.sweep("franklin", followed.now)
    followed.court.set_access(CASE, 9)
    for _ in range(days):
        assert followed.sweep() == []
        followed.wait(days=1)
    followed.court.set_access(CASE, 0)
    followed.court.enter(CASE, "Filing:", "after it was opened")
    (notice,) = followed.sweep()
    assert "2 new entries" in notice.folded
    assert "before it was sealed" in notice.text


def test_a_hidden_entry_is_silent_and_its_opening_an_addition(followed: World) -> None:
    entry = followed.court.enter(CASE, "Filing:", "for the court", access=5)
    assert followed.sweep() == []
    followed.court.correct(entry, access=0)
    (notice,) = followed.sweep()
    assert "1 new entry" in notice.folded
    followed.court.correct(entry, access=5)
    assert followed.sweep() == []  # decisions.md 10


def test_an_entry_sealed_before_leaving_is_left_out(followed: World) -> None:
    entry = followed.court.enter(CASE, "Filing:", "hush")
    followed.court.enter(CASE, "Order", "for all")
    followed.desk.sweep("franklin", followed.now)
    followed.court.correct(entry, access=5)
    left = followed.leave()
    followed.wait(seconds=5)
    left += followed.sweep()
    (notice,) = left
    assert "for all" in notice.text
    assert b"hush" not in notice.raw


def test_an_entry_that_vanishes_and_returns_unchanged_is_silent(followed: World) -> None:
    entry = followed.court.enter(CASE, "Filing:", "here")
    followed.sweep()
    followed.court.remove(entry)
    assert followed.sweep() == []
    assert followed.sweep() == []  # entries with access levels: no word of removals
    followed.court._entry_ids = iter([entry])  # type: ignore[assignment]
    followed.court.enter(CASE, "Filing:", "here")
    assert followed.sweep() == []


def test_the_hint_is_quick_and_the_sweep_complete(followed: World) -> None:
    followed.court.enter(CASE, "Filing:", "by hint", followed.now)
    followed.desk.hint("franklin", followed.now)
    assert templates(followed.leave()) == ["notice"]
    followed.wait(days=1)
    followed.desk.hint("franklin", followed.now)
    entry = followed.court.enter(CASE, "Filing:", "old", START - timedelta(days=9))
    followed.desk.hint("franklin", followed.now)
    assert followed.leave() == []
    assert templates(followed.sweep()) == ["notice"]
    followed.court.remove(entry)


def test_text_is_cut_at_2000_characters_and_says_how_many_more(followed: World) -> None:
    followed.court.enter(CASE, "Filing:", "word " * 500)
    (notice,) = followed.sweep()
    assert notice.text.count("word") == 400
    assert "500 more characters" in notice.folded or "499 more characters" in notice.folded  # G20


def test_no_text_says_so(followed: World) -> None:
    followed.court.enter(CASE, "Filing:", "")
    (notice,) = followed.sweep()
    assert "None entered at this time" in notice.text  # S81


def test_at_most_fifty_rows_then_a_count(followed: World) -> None:
    for number in range(60):
        followed.court.enter(CASE, "Filing:", f"row {number}.")
    (notice,) = followed.sweep()
    assert notice.text.count("row ") >= 50
    assert "row 59." not in notice.text
    assert "10 more" in notice.folded  # G23


def test_a_court_that_is_down_loses_nothing(followed: World) -> None:
    path = followed.folder / "court.sqlite"
    followed.court.enter(CASE, "Filing:", "during the outage")
    followed.desk.sweep("franklin", followed.now)
    followed.source.close()
    path.rename(path.with_suffix(".away"))
    assert followed.leave() == []
    with pytest.raises(CourtUnavailable):
        followed.desk.sweep("franklin", followed.now)
    path.with_suffix(".away").rename(path)
    followed.wait(minutes=2)
    assert templates(followed.leave()) == ["notice"]


def test_after_an_outage_each_case_makes_one_mail(followed: World) -> None:
    """The mail server is away for a day; what was refused then is told together."""
    for number in range(3):
        followed.court.enter(CASE, "Filing:", f"day {number}")
        followed.desk.sweep("franklin", followed.now)
        for row in followed.outbox.claim("test", followed.now, 10, timedelta(minutes=1)):
            later = followed.now + timedelta(hours=1)
            followed.outbox.deferred(row.id, "test", followed.now, later, "421", ambiguous=False)
        followed.wait(hours=8)
    (notice,) = followed.leave()
    assert "3 new entries" in notice.folded


def test_a_mail_in_doubt_is_not_taken_back(followed: World) -> None:
    followed.court.enter(CASE, "Filing:", "one")
    followed.desk.sweep("franklin", followed.now)
    (row,) = followed.outbox.claim("test", followed.now, 10, timedelta(minutes=1))
    assert followed.outbox.fence(row.id, "test", followed.now)
    followed.wait(minutes=2)  # the sender died after the dot
    followed.court.enter(CASE, "Filing:", "two")
    left = followed.sweep()
    assert templates(left) == ["notice", "notice"]
    assert left[0].row.id == row.id
    assert left[0].row.tries == 2


def test_notices_of_one_case_stand_in_one_thread(followed: World) -> None:
    followed.court.enter(CASE, "Filing:", "one")
    (first,) = followed.sweep()
    followed.court.enter(CASE, "Filing:", "two")
    (second,) = followed.sweep()
    assert first.message["Subject"] == second.message["Subject"]
    assert first.message["References"] == second.message["References"]
    assert first.message["Message-ID"] != second.message["Message-ID"]


def test_the_first_sweep_of_a_day_forgets_old_arrivals_and_counts(followed: World) -> None:
    followed.sweep()
    assert followed.counts()["arrival"] > 0
    followed.wait(days=29)
    followed.sweep()
    assert followed.counts()["arrival"] > 0
    assert followed.counts()["tally"] == 0
    followed.wait(days=2)
    followed.sweep()
    assert followed.counts()["arrival"] == 0


def test_a_view_that_blinks_costs_no_notice(followed: World) -> None:
    entry = followed.court.enter(CASE, "Filing:", "here all along")
    followed.desk.sweep("franklin", followed.now)
    followed.court.remove(entry)
    for _ in range(4):
        assert followed.leave() == []
        followed.wait(seconds=3)
    followed.court._entry_ids = iter([entry])  # type: ignore[assignment]
    followed.court.enter(CASE, "Filing:", "here all along")
    followed.wait(minutes=16)
    left = followed.leave() + followed.sweep()
    assert templates(left) == ["notice"]
    assert "here all along" in left[0].text


def test_a_case_that_the_court_renumbers_inside_is_followed_on(followed: World) -> None:
    from sqlalchemy import update

    from mailbot.court import canonical

    with followed.court.engine.begin() as conn:
        old = followed.court.ids[CASE]
        conn.execute(update(canonical.case).where(canonical.case.c.id == old).values(id=9000))
        entries = canonical.docket_entry
        conn.execute(update(entries).where(entries.c.case_id == old).values(case_id=9000))
    followed.court.ids[CASE] = 9000
    followed.court.enter(CASE, "Filing:", "under another id")
    left = followed.sweep() + followed.sweep()
    assert templates(left) == ["notice"]
    assert "under another id" in left[0].text
