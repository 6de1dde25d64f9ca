"""Answers to a mail that asked: they mean what stands in them (mail-interface.md 5.3 F, G)."""

from __future__ import annotations

import pytest

from tests.world import Sent, World, templates

ANN, BEN = "ann@people.example", "ben@people.example"


@pytest.fixture
def two(world: World) -> World:
    """Ann follows two cases."""
    world.follow(ANN, "15AB-CR00015")
    world.wait(minutes=20)
    world.follow(ANN, "15AB-DR00010")
    world.wait(minutes=20)
    return world


def ask(world: World, command: str) -> Sent:
    world.mail(ANN, command, f"at {world.now}")
    (asked,) = world.leave()
    return asked


def followed(world: World) -> set[str]:
    """The numbers that Ann follows, by the store."""
    from mailbot.store import addresses, subscriptions

    with world.database.reading() as conn:
        ann = addresses.by_spelling(conn, ANN)
        assert ann is not None
        return {row.number for row in subscriptions.of_address(conn, ann.id, ("active",))}


def test_stop_with_another_number_stops_that_one(two: World) -> None:
    asked = ask(two, "STOP 15AB-CR00015")
    two.answer(asked, ANN, "STOP 15AB-DR00010")
    (receipt,) = two.leave()
    assert "15AB-DR00010" in receipt.text
    assert followed(two) == {"15AB-CR00015"}


def test_stop_all_in_answer_to_a_question_about_one_stops_all(two: World) -> None:
    asked = ask(two, "STOP 15AB-CR00015")
    two.answer(asked, ANN, "STOP ALL")
    (receipt,) = two.leave()
    assert "You are no longer tracking any cases." in receipt.folded
    assert followed(two) == set()


def test_stop_of_one_in_answer_to_a_question_about_all_stops_one(two: World) -> None:
    asked = ask(two, "STOP ALL")
    two.answer(asked, ANN, "STOP 15AB-CR00015")
    assert templates(two.leave()) == ["stopped"]
    assert followed(two) == {"15AB-DR00010"}


@pytest.mark.parametrize("words", ["STOP", "STOP 15AB-CR00015", "yes"])
def test_stop_as_asked_is_the_yes(two: World, words: str) -> None:
    asked = ask(two, "STOP 15AB-CR00015")
    two.answer(asked, ANN, words)
    assert templates(two.leave()) == ["stopped"]
    assert followed(two) == {"15AB-DR00010"}


def test_a_sign_up_answered_with_stop_of_another_case_waits_on(two: World) -> None:
    asked = ask(two, "TRACK 000333666")
    two.answer(asked, ANN, "STOP 15AB-CR00015")
    assert templates(two.leave()) == ["stopped"]
    assert followed(two) == {"15AB-DR00010"}
    two.answer(asked, ANN, "yes")
    assert templates(two.leave()) == ["tracking"]


def test_a_stranger_stops_nothing_by_answering(two: World) -> None:
    asked = ask(two, "STOP 15AB-CR00015")
    for words in ("STOP", "STOP ALL", "STOP 15AB-DR00010", "yes"):
        two.answer(asked, BEN, words)
    two.leave()
    assert followed(two) == {"15AB-CR00015", "15AB-DR00010"}


@pytest.mark.parametrize("words", ["yes\nREPORT", "STOP\nREPORT", "no\nREPORT"])
def test_what_stands_beside_the_answer_runs_too(two: World, words: str) -> None:
    asked = ask(two, "STOP 15AB-CR00015")
    two.answer(asked, ANN, words)
    assert "report" in templates(two.leave())


def test_report_beside_stop_all_in_answer_to_a_sign_up(two: World) -> None:
    asked = ask(two, "TRACK 000333666")
    two.answer(asked, ANN, "STOP ALL\nREPORT")
    assert templates(two.leave()) == ["stopped", "no-records"]


@pytest.mark.parametrize(("command", "left"), [("STOP 15AB-CR00015", 1), ("STOP ALL", 0)])
def test_a_yes_to_an_expired_question_is_asked_again(two: World, command: str, left: int) -> None:
    asked = ask(two, command)
    two.wait(days=8)
    assert two.look("confirm", asked.token("c")).template == "expired"
    two.answer(asked, ANN, "yes")
    again, problem = sorted(two.leave(), key=lambda sent: sent.row.template, reverse=True)
    assert again.row.template == "stop-ask"
    assert "A new e-mail is on its way to you" in problem.folded
    two.answer(again, ANN, "yes")
    two.leave()
    assert len(followed(two)) == left


def test_a_page_of_an_expired_question_asks_again_too(two: World) -> None:
    asked = ask(two, "STOP 15AB-CR00015")
    two.wait(days=8)
    page = two.act("confirm", asked.token("c"))
    assert (page.template, page.facts["fresh"], page.facts["stops"]) == ("problem", True, True)
    assert templates(two.leave()) == ["stop-ask"]


def test_a_new_mail_is_promised_only_when_it_comes(world: World) -> None:
    world.mail(ANN, "TRACK 15AB-CR00015")
    (asked,) = world.leave()
    world.act("stop", asked.token("s"))
    world.leave()
    world.wait(days=8)
    world.answer(asked, ANN, "yes")
    (said,) = world.leave()
    assert "A new e-mail" not in said.folded
    assert "send your command again" in said.folded


def test_the_second_yes_to_an_expired_sign_up_names_the_mail_that_waits(world: World) -> None:
    world.mail(ANN, "TRACK 15AB-CR00015")
    (asked,) = world.leave()
    world.wait(days=8)
    world.answer(asked, ANN, "yes")
    assert sorted(templates(world.leave())) == ["link-problem", "verify"]
    world.wait(hours=1)
    world.answer(asked, ANN, "YES")
    (said,) = world.leave()
    assert said.row.template == "link-problem"
    assert "A new e-mail is on its way to you; please use that one." in said.folded


def test_a_yes_to_an_expired_question_about_a_stopped_case_says_that_it_is(two: World) -> None:
    asked = ask(two, "STOP 15AB-DR00010")
    two.answer(two.sent[-2], ANN, "STOP")
    two.leave()
    two.wait(days=8)
    two.answer(asked, ANN, "yes")
    (said,) = two.leave()
    assert "You are no longer tracking this case." in said.folded


def test_a_second_yes_after_the_undo_asks_again(two: World) -> None:
    asked = ask(two, "STOP 15AB-CR00015")
    two.answer(asked, ANN, "yes")
    (receipt,) = two.leave()
    two.answer(receipt, ANN, "UNDO")
    two.leave()
    two.answer(asked, ANN, "yes, please")
    assert "stop-ask" in templates(two.leave())
    assert followed(two) == {"15AB-CR00015", "15AB-DR00010"}


def test_a_no_to_a_question_is_no_refusal_on_its_page(two: World) -> None:
    asked = ask(two, "STOP ALL")
    two.answer(asked, ANN, "no")
    page = two.look("confirm", asked.token("c"))
    assert (page.template, page.facts["problem"], page.facts["stops"]) == (
        "problem",
        "declined",
        True,
    )
