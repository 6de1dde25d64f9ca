"""What the configuration must still name, and a key that is given up (trap 53)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from mailbot.errors import ConfigError
from mailbot.store.inventory import must_be_configured, retire
from mailbot.store.schema import outbox, subscription
from mailbot.tokens import Key, Signer
from tests.world import World, templates, worlds

ANN = "ann@people.example"
COURTS, KEYS = {"franklin"}, {"one"}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    yield from worlds(tmp_path)


def sentences(world: World, courts: set[str], keys: set[str]) -> list[str]:
    with pytest.raises(ConfigError) as refused:
        must_be_configured(world.database, courts, keys)
    return [str(each) for each in refused.value.args]


def test_an_empty_store_asks_for_nothing(world: World) -> None:
    must_be_configured(world.database, set(), set())


def test_each_court_and_key_in_use_is_asked_for(world: World) -> None:
    world.follow(ANN, "15AB-CR00015")
    must_be_configured(world.database, {*COURTS, "boone"}, {*KEYS, "two"})
    court, key = sentences(world, set(), {"two"})
    assert "put [court.franklin] back" in court
    assert "mailbot retire-key one" in key


def test_a_court_that_nobody_follows_may_go(world: World) -> None:
    tracking = world.follow(ANN, "15AB-CR00015")
    world.answer(tracking, ANN, "STOP")
    assert "1 trackings and mails" in sentences(world, set(), KEYS)[0]  # its receipt
    (receipt,) = world.leave()
    with world.database.transaction() as conn:
        conn.execute(update(subscription).values(court="gone"))
        conn.execute(update(outbox).values(court="gone"))
    must_be_configured(world.database, COURTS, KEYS)
    # What its old mails still name is answered politely.
    world.answer(receipt, ANN, "UNDO")
    assert world.act("undo", receipt.token("r")).template == "problem"
    assert world.act("stop", tracking.token("s")).template == "problem"
    assert world.act("stop-all", tracking.token("a")).template == "problem"
    world.leave()


def test_a_retired_key_takes_its_handles_along_and_leaves_new_ones(world: World) -> None:
    tracking = world.follow(ANN, "15AB-CR00015")
    old = tracking.mailto("STOP")[0]
    world.mail(ANN, "TRACK 15AB-DR00010")
    world.leave()
    signer = Signer([Key("two", b"another secret of thirty-two bytes")])
    assert retire(world.database, "one", signer, world.now) > 0
    assert retire(world.database, "one", signer, world.now) == 0
    must_be_configured(world.database, COURTS, {"two"})
    world.rekey(signer)
    world.mail(ANN, "anything", "", to=old)
    world.answer(tracking, ANN, "STOP")  # its thread is not known any more: a question
    assert "stopped" not in templates(world.leave())
    world.court.enter("15AB-CR00015", "Order", "after the rotation")
    (notice,) = world.sweep()
    assert world.act("stop", tracking.token("s")).template == "problem"
    address, _ = notice.mailto("STOP")
    assert address != old
    world.mail(ANN, "anything", "", to=address)
    assert templates(world.leave()) == ["stopped"]


def test_a_key_is_not_given_up_under_a_sender_at_work(world: World) -> None:
    world.mail(ANN, "TRACK 15AB-CR00015")
    (row,) = world.outbox.claim("sender", world.now, 1, timedelta(minutes=1))
    signer = Signer([Key("two", b"another secret of thirty-two bytes")])
    with pytest.raises(ConfigError, match="stop it first"):
        retire(world.database, "one", signer, world.now)
    assert row.key_id == "one"
    assert retire(world.database, "one", signer, world.now + timedelta(minutes=2)) > 0
