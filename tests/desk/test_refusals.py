""" "I did not ask for this": what it keeps away, what it leaves, and its undo (decisions.md 27)."""

from __future__ import annotations

import pytest

from tests.world import Sent, World, templates

ANN = "ann@people.example"


@pytest.fixture
def refused(world: World) -> Sent:
    """Ann follows one case and refused another. The receipt of her no."""
    world.follow(ANN, "15AB-CR00015")
    world.wait(minutes=20)
    return refuse(world, "15AB-DR00010")


def refuse(world: World, number: str) -> Sent:
    world.mail(ANN, f"TRACK {number}")
    (asked,) = world.leave()
    world.answer(asked, ANN, "NO")
    (receipt,) = world.leave()
    assert receipt.row.template == "declined"
    return receipt


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("STOP", "stop-ask"),
        ("STOP ALL", "stop-ask"),
        ("REPORT", "report"),
        ("HELP", "help"),
        ("UNDO", "declined"),
        ("please help me", "not-understood"),
    ],
)
def test_whoever_follows_a_case_is_answered_after_a_no(
    world: World, refused: Sent, command: str, answer: str
) -> None:
    world.mail(ANN, command)
    assert templates(world.leave()) == [answer]


def test_a_no_keeps_every_track_away_until_it_is_taken_back(world: World, refused: Sent) -> None:
    assert world.mail(ANN, "TRACK 000333666") == "refused by its address"
    assert world.leave() == []
    world.answer(refused, ANN, "UNDO")
    assert templates(world.leave()) == ["restored"]
    world.wait(minutes=20)
    world.mail(ANN, "TRACK 000333666", "once more")
    assert templates(world.leave()) == ["verify"]


@pytest.mark.parametrize(
    ("command", "answer"),
    [("UNDO", ["declined"]), ("HELP", ["help"]), ("REPORT", []), ("STOP", []), ("hello", [])],
)
def test_a_stranger_who_said_no_is_offered_its_undo_and_help(
    world: World, command: str, answer: list[str]
) -> None:
    refuse(world, "15AB-CR00015")
    world.mail(ANN, command)
    assert templates(world.leave()) == answer


def test_undo_for_a_stranger_who_said_no_is_within_the_budget_of_help(world: World) -> None:
    refuse(world, "15AB-CR00015")
    for _ in range(10):
        world.wait(hours=2)
        world.mail(ANN, "UNDO")
    assert templates(world.leave()) == ["declined"] * 3


def test_a_no_can_be_taken_back_for_ever(world: World) -> None:
    receipt = refuse(world, "15AB-CR00015")
    world.wait(days=400)
    world.mail(ANN, "UNDO", "", to=receipt.mailto("UNDO")[0])
    (restored,) = world.leave()
    assert '"I did not ask for this" is taken back.' in restored.folded
    assert "waiting for your answer" not in restored.folded
    world.mail(ANN, "TRACK 15AB-CR00015")
    assert templates(world.leave()) == ["verify"]


def test_the_receipt_of_a_no_promises_what_is_kept(refused: Sent) -> None:
    assert "we do not write to you again when somebody uses this address" in refused.folded
    assert "Cases that you have confirmed stay tracked." in refused.folded
    assert 'or answer this e-mail with the one word "UNDO".' in refused.folded


def test_the_newest_of_stop_and_no_is_what_undo_offers(world: World, refused: Sent) -> None:
    world.wait(minutes=20)
    world.answer(world.sent[1], ANN, "STOP")
    world.leave()
    world.mail(ANN, "UNDO")
    assert templates(world.leave()) == ["stopped"]


def test_a_yes_after_a_no_is_shown_what_to_take_back_first(world: World) -> None:
    world.mail(ANN, "TRACK 15AB-CR00015")
    (asked,) = world.leave()
    world.answer(asked, ANN, "NO")
    world.leave()
    world.answer(asked, ANN, "yes")
    (said,) = world.leave()
    assert "take that back first" in said.folded
    assert "send your command again" not in said.folded
    world.mail(ANN, "UNDO", "", to=said.mailto("UNDO")[0])
    assert templates(world.leave()) == ["restored"]


def test_the_pages_of_a_refused_request_lead_back(world: World) -> None:
    world.mail(ANN, "TRACK 15AB-CR00015")
    (asked,) = world.leave()
    done = world.act("decline", asked.token("n"))
    shown, pressed = world.look("confirm", asked.token("c")), world.act("confirm", asked.token("c"))
    for page in (done, shown, pressed):
        assert page.facts["undo"] is not None
        assert page.facts["undo_until"] is None
