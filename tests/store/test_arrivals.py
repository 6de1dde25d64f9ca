"""What has come in is forgotten when nothing asks for it any more (docs/operating.md, Retention)."""

from __future__ import annotations

from sqlalchemy import func, select

from mailbot.store.schema import arrival, tally
from tests.world import World

ANN = "ann@people.example"


def kept(world: World) -> tuple[int, int]:
    """How many mails and how many counts the store knows."""
    with world.database.reading() as conn:
        mails, counts = (select(func.count()).select_from(each) for each in (arrival, tally))
        return conn.execute(mails).scalar_one(), conn.execute(counts).scalar_one()


def test_the_first_sweep_of_a_day_forgets(world: World) -> None:
    world.mail(ANN, "HELP")
    world.sweep()
    assert kept(world) == (1, 4)
    world.wait(days=1, hours=23)
    world.sweep()
    assert kept(world) == (1, 4)
    world.wait(hours=2)
    world.sweep()
    assert kept(world) == (1, 4)  # not the first of its day
    world.wait(days=1)
    world.sweep()
    assert kept(world) == (1, 0)
    world.wait(days=29)
    world.sweep()
    assert kept(world) == (0, 0)
