"""Floods within a domain, and the breaker; the storms themselves are in tests/faults."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from tests.world import Sent, World, templates, worlds

ANN, VICTIM = "ann@people.example", "victim@people.example"


def day_of(world: World, hours: int = 24) -> list[Sent]:
    """All that leaves from now on, in so many hours."""
    left = world.leave()
    for _ in range(hours * 2):
        world.wait(minutes=30)
        left += world.leave()
    return left


def small(folder: Path, **limits: int) -> Iterator[World]:
    told = "\n".join(f"{name} = {value}" for name, value in limits.items())
    yield from worlds(folder, more=f"[limits]\n{told}")


@pytest.fixture
def tight(tmp_path: Path) -> Iterator[World]:
    """A breaker at 20 answers an hour, and an operator."""
    for world in small(tmp_path, answers_per_hour=20):
        bot = world.settings.bot.model_copy(update={"operator": "root@office.example"})
        world.settings = world.settings.model_copy(update={"bot": bot})
        world.desk.parts = world.parts = replace(world.parts, settings=world.settings)
        yield world


def test_bombing_of_a_domain(tmp_path: Path) -> None:
    """20 an hour here instead of 100: 60 victims are what 300 are there."""
    for world in small(tmp_path, domain_answers_per_hour=20):
        for number in range(60):
            world.mail(f"v{number}@people.example", "TRACK 15AB-CR00015")
        assert len(world.leave()) == 20
        world.mail("v0@elsewhere.example", "TRACK 15AB-CR00015")
        assert len(world.leave()) == 1
        world.wait(hours=1)
        assert len(world.leave()) == 20
        world.wait(hours=1)
        assert len(world.leave()) == 20  # nobody's confirmation is lost


# --- The breaker ------------------------------------------------------------------------------


def strangers(world: World, count: int, subject: str = "TRACK 15AB-CR00015") -> None:
    """So many people write for the first time, each from a domain of his own."""
    for number in range(count):
        world.mail(f"p{number}@d{number}.example", subject)


def test_beyond_the_breaker_strangers_wait_in_their_order_and_nothing_is_lost(tight: World) -> None:
    tight.follow(ANN, "15AB-CR00015")
    tight.wait(hours=2)
    strangers(tight, 50)
    now = [each for each in tight.leave() if each.row.template == "verify"]
    assert [each.recipient for each in now] == [f"p{n}@d{n}.example" for n in range(20)]
    tight.mail(ANN, "REPORT")
    assert templates(tight.leave()) == ["report"]  # who has proved an address does not wait
    later = [each for each in day_of(tight, 3) if each.row.template == "verify"]
    assert [each.recipient for each in later] == [f"p{n}@d{n}.example" for n in range(20, 50)]


def test_never_more_in_an_hour_than_the_breaker_lets(tight: World) -> None:
    strangers(tight, 70)
    leaving: list[Any] = []
    for _ in range(10):
        leaving.append(len([each for each in tight.leave() if each.row.template == "verify"]))
        tight.wait(hours=1)
    assert leaving == [20, 20, 20, 10, 0, 0, 0, 0, 0, 0]


def test_what_is_planned_for_tomorrow_keeps_nobody_waiting_today(tmp_path: Path) -> None:
    """Ten victims have had all that a day allows; their next confirmations leave tomorrow."""
    limits = {"confirmations_per_day": 1, "domain_answers_per_hour": 5, "answers_per_hour": 10}
    for world in small(tmp_path, **limits):
        for hour in range(2):
            for number in range(5):
                name = f"v{5 * hour + number}@people.example"
                world.mail(name, "TRACK 15AB-CR00015")
                world.leave()
                world.mail(name, "TRACK 15AB-DR00010")
            world.wait(hours=1)
        assert len(world.sent) == 10
        world.mail("new@people.example", "TRACK 15AB-CR00015")
        assert [each.recipient for each in world.leave()] == ["new@people.example"]
        strangers(world, 15)
        assert len(world.leave()) == 9
        world.wait(hours=1)
        assert len(world.leave()) == 6


def test_the_operator_gets_one_mail_a_day(tight: World) -> None:
    strangers(tight, 40)
    tight.wait(hours=3)
    strangers(tight, 40, "HELP")
    alerts = [each for each in day_of(tight, 2) if each.row.template == "operator-alert"]
    assert [each.recipient for each in alerts] == ["root@office.example"]
    assert "20 answers" in alerts[0].folded
    assert alerts[0].message["In-Reply-To"] is None
    tight.wait(days=1)
    strangers(tight, 40, "REPORT")
    assert "operator-alert" in templates(day_of(tight, 2))


def test_without_an_operator_nobody_is_told(tmp_path: Path) -> None:
    for world in small(tmp_path, answers_per_hour=5):
        strangers(world, 10)
        assert set(templates(day_of(world, 3))) == {"verify"}


def test_what_is_usual_moves_the_breaker(tmp_path: Path) -> None:
    """Five times the 99th percentile: four hours with 4 answers let 20 through, not 5."""
    for world in small(tmp_path, answers_per_hour=5):
        for hour in range(4):
            for number in range(4):
                world.mail(f"u{hour}{number}@usual.example", "HELP")
            world.wait(hours=1)
        world.wait(days=1)
        world.sweep()
        world.leave()
        strangers(world, 30)
        assert len(world.leave()) == 20


def test_a_flood_that_fills_days_makes_no_mail_dear(tmp_path: Path) -> None:
    """Statements are counted and not time; eighty hours are full."""
    statements: list[str] = []
    for world in small(tmp_path, answers_per_hour=1):
        strangers(world, 5)
        event.listen(
            world.database.engine,
            "before_cursor_execute",
            lambda *told: statements.append(told[2]),
        )
        world.mail("first@people.example", "TRACK 15AB-CR00015")
        first = len(statements)
        strangers(world, 80, "TRACK 15AB-DR00010")
        statements.clear()
        world.mail("last@people.example", "TRACK 15AB-CR00015")
        assert first > 10
        assert len(statements) <= first + 20
