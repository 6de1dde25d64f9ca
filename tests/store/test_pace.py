"""What is usual: the 99th percentile of the answers an hour of fourteen days (decisions.md 22)."""

from __future__ import annotations

from datetime import timedelta

from mailbot.store import arrivals, pace
from tests.world import World

ANN = "ann@people.example"


def usual(world: World) -> int:
    with world.database.transaction() as conn:
        pace.add_up(conn, world.now)
        return pace.usual(conn, world.now)


def given(world: World, count: int) -> None:
    """So many answers in this hour."""
    with world.database.transaction() as conn:
        for _ in range(count):
            arrivals.note(conn, pace.ANSWERS, "", world.now)


def test_the_three_busiest_hours_of_fourteen_days_are_not_usual(world: World) -> None:
    assert usual(world) == 0
    for count in (9, 7, 5, 3, 2):
        given(world, count)
        world.wait(hours=1)
    assert usual(world) == 3
    assert usual(world) == 3  # an hour is added up once
    world.wait(days=14)
    assert usual(world) == 0


def test_the_hour_that_is_not_over_does_not_count(world: World) -> None:
    for _ in range(4):
        given(world, 2)
        assert usual(world) == 0
        world.wait(hours=1)
    assert usual(world) == 2


def test_a_flood_does_not_become_usual(world: World) -> None:
    for _ in range(5):
        given(world, 50)
        with world.database.transaction() as conn:
            arrivals.note(conn, pace.OPENED, "", world.now)
        world.wait(hours=1)
    assert usual(world) == 0


def test_the_first_sweep_of_a_day_adds_up_before_counts_are_forgotten(world: World) -> None:
    for _ in range(4):
        given(world, 6)
        world.wait(hours=1)
    world.wait(days=3)
    world.sweep()
    with world.database.reading() as conn:
        assert pace.usual(conn, world.now) == 6


def test_a_subject_may_be_longer_than_its_column(world: World) -> None:
    """An address has up to 320 characters, and a budget may name a case behind it."""
    long = f"{'a' * 64}@{'b' * 250}.example|franklin|15ABCR00015"
    with world.database.transaction() as conn:
        arrivals.note(conn, "help", long, world.now)
        assert arrivals.count(conn, "help", long, world.now - timedelta(days=1)) == 1
        assert arrivals.count(conn, "help", f"{long}6", world.now - timedelta(days=1)) == 0
        stored = conn.exec_driver_sql("SELECT max(length(subject)) FROM tally").scalar_one()
    assert stored <= 200
