"""Service hours and a court that is down (S10, G24, decisions.md 4)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mailbot.errors import CourtClosed
from tests.world import World, templates, worlds

ANN = "ann@people.example"
NIGHT = 'closed = [{ days = "Mon-Fri", from = "01:00", until = "06:00" }]\n'
TWO_AT_NIGHT = datetime(2026, 3, 4, 8, 0, tzinfo=UTC)  # 2 a.m. in Missouri


@pytest.fixture
def night(tmp_path: Path) -> Iterator[World]:
    yield from worlds(tmp_path, court_options=NIGHT)


def test_track_at_night_is_acknowledged_at_once_and_answered_at_opening(night: World) -> None:
    night.now = TWO_AT_NIGHT
    night.mail(ANN, "TRACK 15AB-CR00015")
    (waiting,) = night.leave()
    assert waiting.row.template == "waiting"
    assert "6:00 AM" in waiting.folded
    assert night.desk.answer_waiting("franklin", night.now) == 0
    night.now = night.now.replace(hour=12, minute=1)
    assert night.desk.answer_waiting("franklin", night.now) == 1
    (asked,) = night.leave()
    assert asked.row.template == "verify"
    night.answer(asked, ANN, "yes")
    assert templates(night.leave()) == ["tracking"]


def test_what_cannot_be_tracked_is_refused_at_opening(night: World) -> None:
    night.now = TWO_AT_NIGHT
    night.mail(ANN, "TRACK 15AB-JU00003")
    night.leave()
    night.now = night.now.replace(hour=12, minute=1)
    night.desk.answer_waiting("franklin", night.now)
    assert templates(night.leave()) == ["refused"]


def test_confirm_stop_and_report_work_at_night(night: World) -> None:
    night.mail(ANN, "TRACK 15AB-CR00015")
    (asked,) = night.leave()
    night.now = TWO_AT_NIGHT
    night.answer(asked, ANN, "yes")
    (tracking,) = night.leave()
    assert "You are now tracking case number 15AB-CR00015." in tracking.folded
    assert "Entry 2" not in tracking.text  # the court cannot be read
    night.mail(ANN, "REPORT")
    (report,) = night.leave()
    assert "15AB-CR00015" in report.text
    assert "COFFMAN" not in report.text
    address, subject = tracking.mailto("STOP")
    night.mail(ANN, subject, "", to=address)
    assert templates(night.leave()) == ["stopped"]


def test_notices_wait_for_the_morning(night: World) -> None:
    night.follow(ANN, "15AB-CR00015")
    night.court.enter("15AB-CR00015", "Order", "late")
    night.desk.sweep("franklin", night.now)
    night.now = TWO_AT_NIGHT
    assert night.leave() == []
    night.now = night.now.replace(hour=12, minute=1)
    assert templates(night.leave()) == ["notice"]


def test_a_court_that_is_down_is_as_closed(world: World) -> None:
    path = world.folder / "court.sqlite"
    world.source.close()
    path.rename(path.with_suffix(".away"))
    world.mail(ANN, "TRACK 15AB-CR00015")
    (waiting,) = world.leave()
    assert waiting.row.template == "waiting"
    path.with_suffix(".away").rename(path)
    world.wait(minutes=1)
    world.desk.answer_waiting("franklin", world.now)
    assert templates(world.leave()) == ["verify"]


def test_after_the_last_day_everybody_hears_one_farewell(tmp_path: Path) -> None:
    for world in worlds(tmp_path, court_options="closes_on = 2026-03-03\n"):
        world.follow(ANN, "15AB-CR00015")
        world.wait(minutes=20)
        world.follow(ANN, "15AB-DR00010")
        assert world.desk.farewell("franklin", world.now) == 0
        world.court.enter("15AB-CR00015", "Order", "made on the last evening")
        world.wait(days=1)
        assert world.desk.farewell("franklin", world.now) == 0  # its last day was never swept
        world.desk.sweep("franklin", world.now)
        assert world.desk.farewell("franklin", world.now) == 0  # her notice goes first
        (notice,) = world.leave()
        assert "made on the last evening" in notice.text
        assert world.desk.farewell("franklin", world.now) == 2
        assert world.desk.farewell("franklin", world.now) == 0
        (farewell,) = world.leave()
        assert farewell.row.template == "farewell"
        assert "15AB-CR00015" in farewell.text
        assert "15AB-DR00010" in farewell.text
        world.court.enter("15AB-CR00015", "Order", "after the end")
        assert world.sweep() == []
        world.mail(ANN, "TRACK 15AB-CR00015")
        assert templates(world.leave()) == ["refused"]


def test_a_court_that_never_answers_again_still_says_farewell(tmp_path: Path) -> None:
    for world in worlds(tmp_path, court_options="closes_on = 2026-03-03\n"):
        world.follow(ANN, "15AB-CR00015")
        world.wait(days=1)
        assert world.desk.farewell("franklin", world.now) == 0
        world.wait(days=1)
        assert world.desk.farewell("franklin", world.now) == 1
        assert templates(world.leave()) == ["farewell"]


def test_outside_its_hours_a_court_is_not_swept_and_says_when_it_opens(night: World) -> None:
    night.now = TWO_AT_NIGHT
    for look in (night.desk.sweep, night.desk.hint):
        with pytest.raises(CourtClosed) as closed:
            look("franklin", night.now)
        assert closed.value.opens_at == datetime(2026, 3, 4, 12, 0, tzinfo=UTC)


def test_at_night_what_is_known_is_answered_and_only_the_rest_waits(night: World) -> None:
    night.follow(ANN, "15AB-DR00010")
    night.mail(ANN, "TRACK 15AB-CR00015")
    night.wait(hours=1)
    night.leave()
    night.now = TWO_AT_NIGHT
    night.mail(ANN, "", "TRACK 15AB-DR00010\nTRACK 15AB-CR00015\nTRACK 000333666")
    sent = {each.row.template: each for each in night.leave()}
    assert sorted(sent) == ["already", "verify", "waiting"]
    assert "15AB-DR00010" in sent["already"].text
    assert "15AB-CR00015" in sent["verify"].text
    assert sent["waiting"].row.facts["numbers"] == ["000333666"]


def test_a_flood_at_night_about_one_case_reaches_its_victim_once(night: World) -> None:
    night.now = TWO_AT_NIGHT
    for _ in range(100):
        night.mail(ANN, "TRACK 15AB-CR00015")
        night.wait(seconds=30)
    assert templates(night.leave()) == ["waiting"]
    night.now = TWO_AT_NIGHT.replace(hour=12, minute=1)
    night.desk.answer_waiting("franklin", night.now)
    assert templates(night.leave()) == ["verify"]


def test_a_flood_about_many_cases_reaches_an_unproved_victim_ten_times_a_day(
    night: World,
) -> None:
    """decisions.md 22: confirmations, refusals and "it waits" together."""
    night.now = TWO_AT_NIGHT
    for number in range(40):
        night.mail(ANN, f"TRACK 15AB-CR{90_000 + number}")
        night.mail(ANN, "TRACK 15AB-CR00015")
        night.wait(minutes=1)
    night.now = TWO_AT_NIGHT.replace(hour=12, minute=1)
    night.desk.answer_waiting("franklin", night.now)
    for number in range(100):
        night.mail(ANN, f"TRACK 15AB-CR{91_000 + number}")
        night.mail(ANN, "TRACK 15AB-DR00010")
        night.wait(minutes=8)
        night.leave()
    assert night.now - TWO_AT_NIGHT < timedelta(days=1)
    assert len(night.sent) == 10
