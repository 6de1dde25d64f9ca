"""Moving to another store: every row arrives, numbers go on, the old store is left for good."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, func, insert, select

from mailbot.errors import ConfigError
from mailbot.store.database import Database
from mailbot.store.drafts import Draft, put
from mailbot.store.move import move
from mailbot.store.outbox import Outbox
from mailbot.store.schema import address, metadata, outbox, suppression
from mailbot.store.upgrade import must_be_current
from tests.stores import discard, empty_store, fresh_store
from tests.world import World

ANN = "ann@people.example"
CASE = "15AB-CR00015"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def new(tmp_path: Path) -> Iterator[Database]:
    (tmp_path / "new").mkdir()
    found = Database(empty_store(tmp_path / "new"))
    yield found
    discard(found)


@pytest.fixture
def used(world: World) -> World:
    """A world in which something of nearly everything has happened."""
    world.follow(ANN, CASE)
    world.court.enter(CASE, "Filing:", "FIRST \N{SNOWMAN}", world.now)
    world.desk.sweep("franklin", world.now)
    world.mail("bea@people.example", "TRACK 15AB-DR00010")
    world.leave()
    world.mail(ANN, "STOP")
    world.mail("cem@people.example", "TRACK 15AB-CR00015")
    return world


def rows(database: Database) -> dict[str, list[object]]:
    with database.reading() as conn:
        return {
            each.name: sorted((tuple(row) for row in conn.execute(select(each))), key=repr)
            for each in metadata.sorted_tables
        }


def test_every_row_arrives_as_it_was(used: World, new: Database) -> None:
    before = rows(used.database)
    counts = move(used.database, new, used.now)
    assert rows(new) == before
    assert counts == {name: len(found) for name, found in before.items()}
    assert {"address", "subscription", "ledger", "outbox", "tally"} <= {
        name for name, count in counts.items() if count
    }
    must_be_current(new)


def test_what_waited_leaves_from_the_new_store(used: World, new: Database) -> None:
    move(used.database, new, used.now)
    claimed = Outbox(new, used.signer).claim("me", used.now, 10, MINUTE)
    assert [(row.template, row.address) for row in claimed] == [
        ("stop-ask", ANN),
        ("verify", "cem@people.example"),
    ]


@pytest.mark.parametrize("left", [0, 1])
def test_numbers_go_on_above_all_that_were_given(used: World, new: Database, left: int) -> None:
    with used.database.transaction() as conn:
        last = conn.execute(select(func.max(outbox.c.id))).scalar_one()
        gone = outbox.c.id == last if left else outbox.c.id > 0
        conn.execute(delete(outbox).where(gone))  # each bore a Message-ID once
        owner = conn.execute(select(address.c.id).limit(1)).scalar_one()
    move(used.database, new, used.now)
    with new.transaction() as conn:
        assert put(conn, Draft("one more", "help", 0, "franklin", owner, used.now, used.now))
        newest = conn.execute(select(outbox.c.id).where(outbox.c.cause == "one more")).scalar_one()
    assert newest > last


def test_the_old_store_cannot_be_used_any_more(used: World, new: Database) -> None:
    move(used.database, new, used.now)
    with pytest.raises(ConfigError, match="was moved to another one; name that one"):
        must_be_current(used.database)
    with pytest.raises(ConfigError, match="was moved to another one"):
        move(used.database, new, used.now)


def test_a_store_in_use_is_not_moved(used: World, new: Database) -> None:
    assert used.outbox.claim("a sender", used.now, 1, MINUTE)
    with pytest.raises(ConfigError, match="stop it, wait, and try again"):
        move(used.database, new, used.now)
    must_be_current(used.database)
    assert move(used.database, new, used.now + 2 * MINUTE)["address"] == 3


def test_a_store_that_holds_anything_takes_no_other(used: World, tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    taken = Database(fresh_store(tmp_path / "taken"))
    with taken.transaction() as conn:
        conn.execute(
            insert(suppression).values(address_key="a@b.example", reason="why", since=used.now)
        )
    with pytest.raises(ConfigError, match="name an empty database"):
        move(used.database, taken, used.now)
    discard(taken)
    must_be_current(used.database)


def test_a_store_is_not_moved_into_itself(used: World) -> None:
    with pytest.raises(ConfigError, match="name the new one there"):
        move(used.database, used.database, used.now)
