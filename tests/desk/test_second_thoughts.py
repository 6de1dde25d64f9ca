"""What people take back, renew and take back again, and which court it was about."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mailbot.desk import comparing
from mailbot.store import addresses
from mailbot.store.inventory import must_be_configured
from mailbot.store.ledger import forget_mapping
from tests.world import Sent, World, templates, worlds

ANN, BEN = "ann@people.example", "ben@people.example"
CASE, OTHER = "15AB-CR00015", "15AB-DR00010"
BOONE = """
[court.boone]
name = "Circuit Court of Boone County"
time_zone = "America/Chicago"
number_shapes = ["99AA-AA00000"]
help_desk = { name = "Help Desk", email = "help@boone.example" }
source = { url = "sqlite:///court.sqlite" }

[[mailbox]]
name = "boone"
address = "boone@court.example"

[[route]]
address = "boone@court.example"
court = "boone"
purpose = "commands"
"""


@pytest.fixture
def two(tmp_path: Path) -> Iterator[World]:
    """An instance of two courts."""
    yield from worlds(tmp_path, more=BOONE)


def asked(world: World, number: str = CASE) -> Sent:
    world.mail(ANN, f"TRACK {number}")
    (verify,) = [sent for sent in world.leave() if sent.row.template == "verify"]
    return verify


def told(mails: list[Sent], text: str) -> int:
    return sum(text in sent.text for sent in mails if sent.row.template == "notice")


def states(world: World) -> list[str]:
    with world.database.reading() as conn:
        return list(conn.exec_driver_sql("select state from subscription").scalars())


def test_a_notice_held_for_long_blocks_nobody(world: World) -> None:
    world.follow(ANN, CASE)
    world.court.enter(CASE, "Filing:", "FIRST")
    world.desk.sweep("franklin", world.now)
    world.court.set_access(CASE, 9)
    world.wait(days=6)
    world.leave()
    world.court.set_access(CASE, 0)
    world.follow(BEN, CASE)
    world.wait(days=1)
    world.sweep()
    assert told(world.sent, "FIRST") == 1


def test_an_undo_of_an_old_stop_while_the_case_is_sealed_loses_nothing(world: World) -> None:
    tracking = world.follow(ANN, CASE)
    world.court.enter(CASE, "Filing:", "FIRST")
    world.desk.sweep("franklin", world.now)
    world.act("stop", tracking.token("s"))
    (receipt,) = world.leave()
    world.wait(days=6)
    world.court.set_access(CASE, 9)
    world.act("undo", receipt.token("r"))
    world.leave()
    world.court.set_access(CASE, 0)
    world.wait(days=1)
    assert told(world.sweep(), "FIRST") == 1


def test_a_silent_beginning_is_never_from_nothing(world: World) -> None:
    world.follow(ANN, CASE)
    world.court.run("UPDATE docket_entry SET deleted_at = '2026-03-03'")
    with world.database.transaction() as conn:
        forget_mapping(conn, "franklin")
    world.sweep()
    world.court.run("UPDATE docket_entry SET deleted_at = NULL")
    assert world.sweep() == []


def test_a_slow_comparison_does_not_undo_a_quicker_one(world: World) -> None:
    world.follow(ANN, CASE)
    with world.database.transaction() as conn:
        forget_mapping(conn, "franklin")
        (head,) = world.heads(conn)
    shown = world.source.entries([head.source_id])[head.source_id]
    slow = comparing.compared(head, {}, shown, world.source.mapping_version, True)
    world.sweep()
    world.court.enter(CASE, "Order", "NEWS")
    assert told(world.sweep(), "NEWS") == 1
    with world.database.transaction() as conn:
        comparing.written(conn, slow, world.now)
    assert world.sweep() == []


# --- Two courts ----------------------------------------------------------------------------------


def refused_by(world: World) -> list[str]:
    with world.database.reading() as conn:
        return list(conn.exec_driver_sql("select court from refusal").scalars())


def test_a_no_sent_to_another_courts_address_refuses_the_court_that_asked(two: World) -> None:
    verify = asked(two)
    two.mail(ANN, f"NO {verify.token('n')}", to="boone@court.example")
    (declined,) = two.leave()
    assert refused_by(two) == ["franklin"]
    assert "Franklin" in declined.text
    two.mail(ANN, f"UNDO {declined.token('r')}", to="boone@court.example")
    assert refused_by(two) == []


def test_a_yes_sent_to_another_courts_address_is_the_asking_courts(two: World) -> None:
    verify = asked(two)
    with two.database.transaction() as conn:
        owner = addresses.by_spelling(conn, ANN)
        assert owner is not None
    two.mail(ANN, f"CONFIRM {verify.token('c')}", to="boone@court.example")
    (tracking,) = two.leave()
    assert tracking.row.court == "franklin"


# --- Renewed and taken back ----------------------------------------------------------------------


@pytest.mark.parametrize("how", ["decline", "stop-all"])
def test_a_renewed_wish_takes_no_undo_away(world: World, how: str) -> None:
    tracking = world.follow(ANN, CASE)
    world.act("stop", tracking.token("s"))
    (receipt,) = world.leave()
    world.wait(minutes=20)
    verify = asked(world)  # anybody may have written it
    if how == "decline":
        world.act("decline", verify.token("n"))
    else:
        world.answer(verify, ANN, "STOP ALL")
    world.leave()
    assert world.act("undo", receipt.token("r")).template == "undone"
    assert "active" in states(world)


def test_an_undone_no_keeps_the_baseline_of_the_wish(world: World) -> None:
    tracking = world.follow(ANN, CASE)
    world.act("stop", tracking.token("s"))
    world.leave()
    world.court.enter(CASE, "Order", "OLD")
    world.sweep()
    world.wait(days=31)
    verify = asked(world)
    world.answer(verify, ANN, "yes")
    assert told(world.leave(), "OLD") == 0


def test_a_yes_to_what_goes_on_already_says_so(world: World) -> None:
    tracking = world.follow(ANN, CASE)
    world.act("stop", tracking.token("s"))
    (receipt,) = world.leave()
    world.wait(minutes=20)
    verify = asked(world)
    world.act("undo", receipt.token("r"))
    world.leave()
    world.answer(verify, ANN, "yes")
    assert templates(world.leave()) == ["tracking"]


def test_the_undo_of_a_no_opens_every_question_that_it_closed(world: World) -> None:
    first = asked(world)
    world.wait(minutes=20)
    second = asked(world, OTHER)
    world.act("decline", first.token("n"))
    world.leave()
    with world.database.reading() as conn:
        (stop,) = conn.exec_driver_sql("select id from stop").scalars()
    from mailbot.tokens import Purpose

    world.act("undo", world.signer.sign(Purpose.UNDO, stop, world.now))
    world.leave()
    world.answer(second, ANN, "yes")
    assert templates(world.leave()) == ["tracking"]


def test_a_forged_wish_makes_no_bare_stop_ambiguous(world: World) -> None:
    world.follow(ANN, CASE)
    world.mail(ANN, "REPORT")
    (report,) = world.leave()
    world.wait(minutes=20)
    asked(world, OTHER)
    world.answer(report, ANN, "STOP")
    assert templates(world.leave()) == ["stopped"]


def test_a_closed_court_with_an_unconfirmed_wish_may_go(tmp_path: Path) -> None:
    for world in worlds(tmp_path, court_options="closes_on = 2026-03-03\n"):
        asked(world)
        world.wait(days=2)
        world.desk.sweep("franklin", world.now)
        world.desk.farewell("franklin", world.now)
        must_be_configured(world.database, set(), {"one"})
        for sent in world.sent:
            assert world.act("confirm", sent.token("c")).status == 410


def test_an_undo_with_everything_tracked_again_has_nothing_to_undo(world: World) -> None:
    tracking = world.follow(ANN, CASE)
    world.act("stop", tracking.token("s"))
    world.leave()
    world.wait(minutes=20)
    world.follow(ANN, CASE)
    world.mail(ANN, "UNDO")
    (said,) = world.leave()
    assert "nothing to undo" in said.folded
