"""What our own code fails on is kept, and stops nobody (mail-interface.md 0.1, traps 89 and 91)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from mailbot.errors import CourtUnavailable, StoreUnavailable
from mailbot.inbound.keeper import key_of
from mailbot.model import Envelope, Inbound
from mailbot.store import pen
from tests.poison import SECRET, arrives, broken, in_pen, keeper_of
from tests.world import BOT, World, templates, worlds

ANN, BEN = "ann@people.example", "ben@people.example"


@pytest.fixture
def told(tmp_path: Path) -> Iterator[World]:
    """A world whose operator has an address."""
    for world in worlds(tmp_path):
        bot = world.settings.bot.model_copy(update={"operator": "root@office.example"})
        settings = world.settings.model_copy(update={"bot": bot})
        world.settings = settings
        world.desk.parts = replace(world.parts, settings=settings)
        yield world


def test_trap_89_poison_is_parked_and_the_next_mail_is_handled_within_a_second(
    world: World,
) -> None:
    world.follow(ANN, "15AB-CR00015")
    with broken(world):
        assert not arrives(world, world.raw(BEN, "HELP", "", BOT), BEN)
        began = time.monotonic()
        assert arrives(world, world.raw(ANN, "REPORT", "", BOT), ANN)
        assert time.monotonic() - began < 1
    assert templates(world.leave()) == ["report"]
    (parked,) = in_pen(world)
    assert parked.reason.startswith("ValueError at mailbot.desk.")
    assert "mailbot.desk.intake" in parked.trace
    assert SECRET not in parked.reason + parked.trace
    assert (parked.mail_from, parked.recipient) == (BEN, BOT)
    assert (parked.tries, parked.kept, parked.parked_at) == (1, False, world.now)


def test_the_third_try_is_accepted_and_a_fourth_too(world: World) -> None:
    raw = world.raw(BEN, "HELP", "", BOT)
    with broken(world):
        assert [arrives(world, raw, BEN, stamp) for stamp in range(4)] == [False, False, True, True]
    (parked,) = in_pen(world)
    assert (parked.tries, parked.kept) == (4, True)
    assert world.leave() == []


def test_another_mail_is_counted_for_itself(world: World) -> None:
    with broken(world):
        for number in range(3):
            assert not arrives(world, world.raw(BEN, f"HELP {number}", "", BOT), BEN)
    assert [each.tries for each in in_pen(world)] == [1, 1, 1]


def test_a_mail_that_comes_again_and_works_leaves_the_pen(world: World) -> None:
    raw = world.raw(BEN, "HELP", "", BOT)
    with broken(world):
        arrives(world, raw, BEN, 1)
    assert arrives(world, raw, BEN, 2)
    assert in_pen(world) == []
    assert templates(world.leave()) == ["help"]


@pytest.mark.parametrize("error", [StoreUnavailable, CourtUnavailable])
def test_what_only_does_not_answer_parks_nothing(world: World, error: type[Exception]) -> None:
    class Away(type(world.desk)):  # type: ignore[misc]
        def receive(self, inbound: Inbound, now: object, raw: bytes) -> str:
            raise error

    world.desk = Away(world.parts, lambda: None)
    with pytest.raises(error):
        keeper_of(world).receive(world.raw(BEN, "HELP", "", BOT), Envelope(BEN, BOT), world.now)
    assert in_pen(world) == []


def test_the_pen_has_an_end_and_beyond_it_the_sender_keeps_his_mail(world: World) -> None:
    with world.database.transaction() as conn:
        facts = {"mail_from": "", "recipient": BOT, "reason": "", "trace": "", "kept": True}
        pen.put(conn, "full", b"x", world.now, **facts)
        conn.exec_driver_sql("UPDATE pen SET octets = 1000000000")
    with broken(world):
        raw = world.raw(BEN, "HELP", "", BOT)
        assert not any(arrives(world, raw, BEN, stamp) for stamp in range(5))
    assert len(in_pen(world)) == 1


def test_the_key_is_that_of_the_mail_and_not_of_its_way() -> None:
    mail = b"From: a@b.example\r\nReceived: within\r\n\r\nReceived: in the text\r\n"
    envelope = Envelope("a@b.example", "Bot@court.example")
    by_way = b"Return-Path: <a@b.example>\nReceived: from x\n\tby y\nDelivered-To: bot\n"
    same = by_way + mail.replace(b"\r\n", b"\n")
    assert key_of(mail, envelope) == key_of(same, replace(envelope, recipient="bot@court.example"))
    assert key_of(mail, envelope) != key_of(mail + b".", envelope)
    assert key_of(mail, envelope) != key_of(mail, replace(envelope, recipient="stop@x.example"))
    assert key_of(b"\0\xff" * 9, Envelope("\udcff", "\udcff"))


def test_trap_91_the_pen_is_emptied_after_thirty_days(world: World) -> None:
    with broken(world):
        arrives(world, world.raw(BEN, "HELP", "", BOT), BEN)
    world.wait(days=29)
    world.sweep()
    assert len(in_pen(world)) == 1
    world.wait(days=2)
    world.sweep()
    assert in_pen(world) == []


def test_the_operator_is_told_once_a_day(told: World) -> None:
    with broken(told):
        raw = told.raw(BEN, "HELP", "", BOT)
        assert not any(arrives(told, raw, BEN) for _ in range(2))
    assert told.leave() == []  # its sender has it still
    told.mail("root@office.example", "HELP")  # known before the fault, for the fault is of new rows
    told.leave()
    with broken(told):
        arrives(told, raw, BEN)
        for number in (1, 2, 3):
            arrives(told, told.raw(ANN, "HELP", str(number), BOT), ANN)
            arrives(told, told.raw(ANN, "HELP", str(number), BOT), ANN)
    (alert,) = told.leave()
    assert (alert.row.template, alert.recipient) == ("operator-alert", "root@office.example")
    assert "mailbot pen show 1" in alert.text
    assert "ValueError at mailbot.desk" in alert.folded
    assert BEN not in alert.text
    assert alert.message["In-Reply-To"] is None


def test_a_fault_that_keeps_the_alert_from_being_written_keeps_no_mail_out(told: World) -> None:
    with broken(told):
        raw = told.raw(BEN, "HELP", "", BOT)
        assert [arrives(told, raw, BEN) for _ in range(3)] == [False, False, True]
    assert [each.kept for each in in_pen(told)] == [True]
    assert told.leave() == []
