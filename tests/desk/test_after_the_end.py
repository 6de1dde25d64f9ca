"""Yes and undo that come too late: after a court's last day, and after another stop."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.world import Sent, World, templates, worlds

ANN = "ann@people.example"
LAST_DAY = datetime(2026, 3, 10, 20, 0, tzinfo=UTC)
OVER = datetime(2026, 3, 11, 15, 0, tzinfo=UTC)


@pytest.fixture
def ending(tmp_path: Path) -> Iterator[World]:
    """A court that ends its service on March 10."""
    yield from worlds(tmp_path, court_options="closes_on = 2026-03-10")


def asked_on_the_last_day(world: World) -> Sent:
    world.now = LAST_DAY
    world.mail(ANN, "TRACK 15AB-DR00010")
    (asked,) = world.leave()
    world.now = OVER
    return asked


@pytest.mark.parametrize("days", [0, 10])  # before and after the request expires
def test_a_yes_after_the_last_day_tracks_nothing(ending: World, days: int) -> None:
    asked = asked_on_the_last_day(ending)
    ending.wait(days=days)
    ending.answer(asked, ANN, "yes")
    (said,) = ending.leave()
    assert said.message["Subject"] == "New cases are no longer taken for tracking."
    for page in (ending.look("confirm", asked.token("c")), ending.act("confirm", asked.token("c"))):
        assert (page.template, page.facts["problem"]) == ("problem", "closed")
    assert ending.leave() == []


def test_an_undo_after_the_last_day_brings_nothing_back(ending: World) -> None:
    tracking = ending.follow(ANN, "15AB-CR00015")
    ending.now = LAST_DAY
    ending.answer(tracking, ANN, "STOP")
    (receipt,) = ending.leave()
    ending.now = OVER
    page = ending.act("undo", receipt.token("r"))
    assert (page.template, page.facts["problem"]) == ("problem", "closed")
    ending.answer(receipt, ANN, "UNDO")
    (said,) = ending.leave()
    assert said.row.facts["problem"] == "closed"
    ending.mail(ANN, "REPORT")
    assert templates(ending.leave()) == ["no-records"]


def test_stopping_is_never_too_late(ending: World) -> None:
    ending.follow(ANN, "15AB-CR00015")
    ending.now = LAST_DAY
    ending.mail(ANN, "STOP")
    (asked,) = ending.leave()
    ending.now = OVER
    ending.answer(asked, ANN, "yes")
    assert templates(ending.leave()) == ["stopped"]


@pytest.fixture
def undone(world: World) -> Sent:
    """Ann stopped a case, undid that, and stopped it again. The first receipt."""
    world.follow(ANN, "15AB-DR00010")
    world.wait(minutes=20)
    tracking = world.follow(ANN, "15AB-CR00015")
    world.answer(tracking, ANN, "STOP")
    (receipt,) = world.leave()
    world.answer(receipt, ANN, "UNDO")
    world.answer(tracking, ANN, "STOP")
    world.leave()
    return receipt


def test_a_used_undo_does_not_claim_what_was_stopped_since(world: World, undone: Sent) -> None:
    page = world.act("undo", undone.token("r"))
    assert (page.template, page.facts["problem"]) == ("problem", "used")
    world.answer(undone, ANN, "UNDO")
    (said,) = world.leave()
    assert said.row.facts["problem"] == "stopped-since"


def test_a_used_undo_tells_of_its_case_as_long_as_it_is_tracked(world: World) -> None:
    tracking = world.follow(ANN, "15AB-CR00015")
    world.answer(tracking, ANN, "STOP")
    (receipt,) = world.leave()
    for _ in range(2):
        page = world.act("undo", receipt.token("r"))
        assert (page.template, page.facts["count"]) == ("undone", 1)
        assert page.facts["cases"][0]["number"] == "15AB-CR00015"  # type: ignore[index]


def test_the_page_of_an_undo_does_not_claim_what_was_never_confirmed(world: World) -> None:
    world.mail(ANN, "TRACK 15AB-CR00015")
    (asked,) = world.leave()
    world.act("stop", asked.token("s"))
    (receipt,) = world.leave()
    page = world.act("undo", receipt.token("r"))
    assert (page.template, page.facts["count"]) == ("undone", 0)


def test_in_the_original_a_no_by_page_can_be_undone(seed: World) -> None:
    seed.mail(ANN, "TRACK 15AB-CR00015")
    (asked,) = seed.leave()
    page = seed.act("decline", asked.token("n"))
    assert page.facts["undo"] is not None
    stopped = seed.act("stop", asked.token("s"))
    assert stopped.facts["undo"] is None
