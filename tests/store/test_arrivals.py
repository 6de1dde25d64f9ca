"""What has come in is forgotten when nothing asks for it any more (docs/operating.md, Retention)."""

from __future__ import annotations

from sqlalchemy import func, select

from mailbot.store.schema import arrival, tally
from tests.world import World

ANN = "ann@people.example"


def kept(world: World) -> tuple[int, bool]:
    """How many mails the store knows, and whether it knows any counts."""
    with world.database.reading() as conn:
        mails, counts = (select(func.count()).select_from(each) for each in (arrival, tally))
        return conn.execute(mails).scalar_one(), conn.execute(counts).scalar_one() > 0


def test_the_first_sweep_of_a_day_forgets(world: World) -> None:
    world.mail(ANN, "HELP")
    world.sweep()
    assert kept(world) == (1, True)
    world.wait(days=1, hours=23)
    world.sweep()
    assert kept(world) == (1, True)
    world.wait(hours=2)
    world.sweep()
    assert kept(world) == (1, True)  # not the first of its day
    world.wait(days=1)
    world.sweep()
    assert kept(world) == (1, False)
    world.wait(days=29)
    world.sweep()
    assert kept(world) == (0, False)
