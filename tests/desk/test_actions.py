"""Links: looking changes nothing, acting does it once (S66-S69, S89-S98, S119-S127)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.world import Sent, World, templates

ANN = "ann@people.example"


@pytest.fixture
def asked(world: World) -> Sent:
    world.mail(ANN, "TRACK 15AB-CR00015")
    (asked,) = world.leave()
    return asked


@pytest.fixture
def tracking(world: World) -> Sent:
    return world.follow(ANN, "15AB-CR00015")


def test_the_verification_link_asks_and_its_button_tracks(world: World, asked: Sent) -> None:
    token = asked.token("c")
    page = world.look("confirm", token)
    assert (page.template, page.status) == ("confirm", 200)
    assert page.facts["address"] == "a***@people.example"
    done = world.act("confirm", token)
    assert done.template == "confirmed"
    assert templates(world.leave()) == ["tracking"]
    assert world.act("confirm", token).template == "confirmed"
    assert world.leave() == []


def test_looking_a_thousand_times_changes_no_row(world: World, tracking: Sent) -> None:
    world.mail(ANN, "TRACK 15AB-DR00010")
    world.wait(minutes=16)
    (asked,) = world.leave()
    before = world.counts()
    links = [
        ("confirm", asked.token("c")),
        ("decline", asked.token("n")),
        ("stop", tracking.token("s")),
        ("stop-all", tracking.token("a")),
    ]
    for _ in range(50):
        for verb, token in links:
            assert world.look(verb, token).status == 200
    assert world.counts() == before


def test_fifty_at_once_confirm_once_and_all_hear_success(world: World, asked: Sent) -> None:
    token, heard = asked.token("c"), []

    def press() -> None:
        heard.append(world.act("confirm", token).template)

    threads = [threading.Thread(target=press) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert heard == ["confirmed"] * 50
    assert templates(world.leave()) == ["tracking"]


def test_an_expired_link_asks_before_it_sends_a_fresh_mail(world: World, asked: Sent) -> None:
    world.wait(days=8)
    assert world.look("confirm", asked.token("c")).template == "expired"
    assert world.leave() == []
    page = world.act("confirm", asked.token("c"))
    assert (page.template, page.status) == ("problem", 410)
    assert page.facts["problem"] == "expired"
    assert page.facts["fresh"] is True
    assert templates(world.leave()) == ["verify"]


def test_declining_by_link_and_taking_it_back(world: World, asked: Sent) -> None:
    assert world.look("decline", asked.token("n")).template == "decline"
    page = world.act("decline", asked.token("n"))
    assert page.template == "declined"
    undo = page.facts["undo"].url.rsplit("/", 1)[1]  # type: ignore[attr-defined]
    assert world.act("confirm", asked.token("c")).facts["problem"] == "declined"
    assert world.look("undo", undo).template == "undo"
    assert world.act("undo", undo).template == "undone"
    assert world.act("confirm", asked.token("c")).template == "confirmed"


def test_stopping_one_case(world: World, tracking: Sent) -> None:
    token = tracking.token("s")
    assert world.look("stop", token).template == "stop"
    page = world.act("stop", token)
    assert page.template == "stopped"
    assert page.facts["undo"] is not None
    assert templates(world.leave()) == ["stopped"]
    again = world.act("stop", token)
    assert again.template == "stopped"  # S93 for ever (G10)
    assert world.leave() == []


def test_one_click_stops_one_case_and_the_receipt_follows(world: World, tracking: Sent) -> None:
    for _ in range(2):
        page = world.act("stop", tracking.token("s"), via="one-click")
        assert (page.template, page.status) == ("stopped", 200)
    assert templates(world.leave()) == ["stopped"]  # decisions.md 17


def test_stopping_all_and_undoing_it(world: World, tracking: Sent) -> None:
    page = world.act("stop-all", tracking.token("a"))
    assert page.template == "stopped-all"
    (receipt,) = world.leave()
    assert "You are no longer tracking any cases." in receipt.folded
    undone = world.act("undo", receipt.token("r"))
    assert undone.template == "undone"
    assert templates(world.leave()) == ["restored"]
    world.court.enter("15AB-CR00015", "Order", "again")
    assert templates(world.sweep()) == ["notice"]


def test_undo_after_thirty_days_is_too_late(world: World, tracking: Sent) -> None:
    world.act("stop-all", tracking.token("a"))
    (receipt,) = world.leave()
    world.wait(days=31)
    page = world.act("undo", receipt.token("r"))
    assert page.facts["problem"] == "too-late"


@pytest.mark.parametrize("verb", ["confirm", "decline", "stop", "stop-all", "undo"])
def test_a_token_is_good_for_one_purpose(world: World, tracking: Sent, verb: str) -> None:
    for letter, own in (("s", "stop"), ("a", "stop-all")):
        if own != verb:
            page = world.act(verb, tracking.token(letter))
            assert (page.template, page.status) == ("problem", 404)  # trap 38


def test_a_changed_token_is_a_plain_page(world: World, tracking: Sent) -> None:
    token = tracking.token("s")
    for changed in (token[:-2] + "xx", "x" + token, token.replace(".", "!"), "", "\u017f"):
        page = world.act("stop", changed)
        assert page.status == 404
    assert templates(world.leave()) == []


def test_another_spelling_of_a_token_is_the_same_row(world: World, asked: Sent) -> None:
    """itsdangerous accepts several last characters: the ledger is the row (trap 37)."""
    token = asked.token("c")
    spellings = [token[:-1] + last for last in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdef0123-_"]
    pages = [world.act("confirm", each) for each in [token, *spellings]]
    assert {page.template for page in pages} <= {"confirmed", "problem"}
    assert templates(world.leave()) == ["tracking"]


def test_the_stop_question_by_mail_is_answered_by_its_link_too(world: World) -> None:
    world.follow(ANN, "15AB-CR00015")
    world.mail(ANN, "STOP ALL")
    (asked,) = world.leave()
    assert world.look("confirm", asked.token("c")).template == "stop-all"
    assert world.act("confirm", asked.token("c")).template == "stopped-all"


def test_code_mode_asks_for_the_code(tmp_path_factory) -> None:  # type: ignore[no-untyped-def]
    from tests.world import worlds

    folder = tmp_path_factory.mktemp("code")
    (world,) = [next(worlds(folder, more='confirm_web = "code"'))]
    world.mail(ANN, "TRACK 15AB-CR00015")
    (asked,) = world.leave()
    token, code = asked.token("c"), asked.text.split("Code: ")[1].split()[0]
    assert world.look("confirm", token).facts["code_wanted"] is True
    assert world.act("confirm", token).facts["code_error"] == "missing"
    wrong = world.act("confirm", token, code="AAAAA-AAAAA")
    assert (wrong.status, wrong.facts["code_error"]) == (422, "wrong")
    for _ in range(19):
        world.act("confirm", token, code="AAAAA-AAAAA")
    assert world.act("confirm", token, code=code).status == 429
    world.close()


def test_a_sealed_case_shows_its_number_only(world: World, tracking: Sent) -> None:
    world.court.set_access("15AB-CR00015", 9)
    page = world.look("stop", tracking.token("s"))
    shown: Any = page.facts["cases"]
    assert [(case["caption"], case["url"]) for case in shown] == [(None, None)]


@pytest.fixture(params=["code", "off"])
def guarded(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """A court whose pages do not confirm by a button alone."""
    from tests.world import worlds

    yield from worlds(tmp_path, more=f'confirm_web = "{request.param}"')


def test_a_question_about_stopping_can_be_answered_where_its_link_leads(guarded: World) -> None:
    guarded.follow(ANN, "15AB-CR00015")
    guarded.mail(ANN, "STOP")
    (question,) = guarded.leave()
    if guarded.settings.web.confirm_web == "off":
        assert "https://track.court.example/c/" not in question.text + question.html
        guarded.mail(ANN, question.mailto("CONFIRM")[1], "", to=question.mailto("CONFIRM")[0])
    else:
        assert guarded.act("confirm", question.token("c")).template == "stopped"
    assert templates(guarded.leave()) == ["stopped"]


def test_where_only_mail_confirms_no_link_and_no_page_does(tmp_path: Path) -> None:
    from mailbot.tokens import Purpose
    from tests.world import worlds

    (world,) = [next(worlds(tmp_path, more='confirm_web = "off"'))]
    world.mail(ANN, "TRACK 15AB-CR00015")
    (asked,) = world.leave()
    assert "https://track.court.example/c/" not in asked.text + asked.html
    assert "clicking the link" not in asked.folded + asked.html
    assert 'href=""' not in asked.html
    token = world.signer.sign(Purpose.CONFIRM, asked.row.request_id or 0, world.now)
    for page in (world.look("confirm", token), world.act("confirm", token)):
        assert (page.status, page.facts["problem"]) == (403, "by-mail")
    assert world.leave() == []
    address, subject = asked.mailto("CONFIRM")
    world.mail(ANN, subject, "", to=address)
    assert templates(world.leave()) == ["tracking"]
    world.close()


def test_an_old_link_of_one_case_does_not_undo_a_stop_of_all(world: World, tracking: Sent) -> None:
    assert world.act("stop-all", tracking.token("a")).facts["undo"] is not None
    page = world.act("stop", tracking.token("s"))
    assert (page.template, page.facts["undo"]) == ("stopped", None)
