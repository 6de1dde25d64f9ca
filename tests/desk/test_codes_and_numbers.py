"""Codes typed as our mails print them, and numbers written without a verb."""

from __future__ import annotations

import re

import pytest

from tests.world import Sent, World, templates

ANN = "ann@people.example"


@pytest.fixture
def asked(world: World) -> Sent:
    world.mail(ANN, "TRACK 15AB-CR00015")
    (asked,) = world.leave()
    return asked


def code_of(asked: Sent) -> str:
    found = re.search(r"Code: (\S+)", asked.text)
    assert found is not None
    return found[1]


@pytest.mark.parametrize(
    "body",
    [
        "CONFIRM\n{code}",
        "Confirm\nCode: {code}\n\nThank you",
        "CONFIRM Code: {code}",
        "confirm {code}",
        "CONFIRM https://track.court.example/c/{token}",
    ],
)
def test_a_code_or_link_behind_the_word_confirms_in_a_new_mail(
    world: World, asked: Sent, body: str
) -> None:
    world.mail(ANN, "hello", body.format(code=code_of(asked), token=asked.token("c")))
    assert templates(world.leave()) == ["tracking"]


def test_a_name_below_a_yes_is_no_code(world: World, asked: Sent) -> None:
    world.answer(asked, ANN, "yes\nELIZABETH K")
    assert templates(world.leave()) == ["tracking"]


@pytest.mark.parametrize("text", ["15AB-CR00015 15AB-DR00010", "15AB-CR00015\n15AB-DR00010"])
def test_bare_numbers_are_offered_to_be_tracked_together(world: World, text: str) -> None:
    world.mail(ANN, "", text)
    (said,) = world.leave()
    assert "TRACK 15AB-CR00015, 15AB-DR00010" in said.folded
    assert "CASE, CASE" not in said.text


def test_a_number_with_a_number_sign_is_tracked(world: World) -> None:
    world.mail(ANN, "TRACK #15AB-CR00015")
    assert templates(world.leave()) == ["verify"]


def test_a_report_of_what_was_stopped_meanwhile_says_no_records(world: World) -> None:
    tracking = world.follow(ANN, "15AB-CR00015")
    world.mail(ANN, "REPORT")
    world.act("stop", tracking.token("s"))
    told = {sent.row.template: sent for sent in world.leave()}
    assert "No Records Found." in told["report"].folded
    assert "0 cases" not in str(told["report"].message["Subject"])
