"""STOP, UNDO and REPORT (S84-S127, G10, G14, G29, decisions.md 16-20)."""

from __future__ import annotations

import pytest

from tests.world import BOT, World, templates

ANN, BEN = "ann@people.example", "ben@people.example"


@pytest.fixture
def two(world: World) -> World:
    """Ann follows two cases."""
    world.follow(ANN, "15AB-CR00015")
    world.wait(minutes=20)
    world.follow(ANN, "15AB-DR00010")
    world.wait(minutes=20)
    return world


def followed(world: World) -> list[str]:
    world.mail(ANN, "REPORT", f"at {world.now}")
    (report,) = world.leave()
    if report.row.template == "no-records":
        return []
    return [number for number in ("15AB-CR00015", "15AB-DR00010") if number in report.text]


def test_the_stop_address_stops_one_case_whatever_the_mail_says(two: World) -> None:
    address, _ = two.sent[-1].mailto("STOP 15AB-DR00010")
    two.mail(ANN, "unsubscribe", "This is an automated unsubscribe request.", to=address)
    (receipt,) = two.leave()
    assert receipt.row.template == "stopped"
    assert "You are no longer tracking this case." in receipt.folded
    assert followed(two) == ["15AB-CR00015"]  # S95


def test_the_stop_address_works_lower_cased_and_from_an_alias(two: World) -> None:
    address, _ = two.sent[-1].mailto("STOP 15AB-DR00010")
    two.mail("alias@people.example", "STOP", "", to=address.lower())
    (receipt,) = two.leave()
    assert receipt.recipient == ANN


def test_a_robot_may_use_the_stop_address_and_nothing_else(two: World) -> None:
    address, _ = two.sent[-1].mailto("STOP 15AB-DR00010")
    robot = {"Auto-Submitted": "auto-generated"}
    assert two.mail(ANN, "STOP ALL", "", headers=robot) == "robot"
    two.mail(ANN, "STOP", "", to=address, headers=robot)
    assert templates(two.leave()) == ["stopped"]


def test_stop_twice_says_it_again(two: World) -> None:
    address, _ = two.sent[-1].mailto("STOP 15AB-DR00010")
    for _ in range(2):
        two.mail(ANN, "STOP", "", to=address)
    first, second = two.leave()
    assert "UNDO" in first.text
    assert "You are no longer tracking this case." in second.folded
    assert second.row.facts["stop"] is None


def test_a_reply_stop_to_a_notice_stops_its_case_at_once(two: World) -> None:
    two.court.enter("15AB-CR00015", "Order", "text")
    (notice,) = two.sweep()
    two.answer(notice, ANN, "STOP")
    assert templates(two.leave()) == ["stopped"]
    assert followed(two) == ["15AB-DR00010"]


def test_stop_all_in_a_thread_stops_everything(two: World) -> None:
    two.answer(two.sent[-1], ANN, "stop all")
    (receipt,) = two.leave()
    assert "You are no longer tracking any cases." in receipt.folded
    assert followed(two) == []


def test_a_bare_stop_without_thread_and_two_cases_changes_nothing_and_asks(two: World) -> None:
    two.mail(ANN, "STOP")
    assert templates(two.leave()) == ["stop-which"]  # trap 24
    assert len(followed(two)) == 2


def test_a_fresh_stop_is_a_question_and_yes_is_the_answer(two: World) -> None:
    two.mail(ANN, "STOP 15AB-CR00015")
    (asked,) = two.leave()
    assert "Do you want to stop tracking case number 15AB-CR00015?" in asked.folded
    assert len(followed(two)) == 2
    two.answer(asked, ANN, "Yes")
    assert templates(two.leave()) == ["stopped"]
    assert followed(two) == ["15AB-DR00010"]


def test_no_to_the_question_changes_nothing(two: World) -> None:
    two.mail(ANN, "STOP ALL")
    (asked,) = two.leave()
    assert "Do you want to stop tracking ALL cases?" in asked.folded
    two.answer(asked, ANN, "no")
    two.leave()
    assert len(followed(two)) == 2
    two.answer(asked, ANN, "yes")
    two.leave()
    assert len(followed(two)) == 2


def test_a_forged_stop_moves_nothing_and_asks_at_most_three_times_a_day(two: World) -> None:
    for _ in range(20):
        two.mail(ANN, "STOP ALL")
        two.wait(minutes=20)
    assert templates(two.leave()) == ["stop-ask"] * 3
    assert len(followed(two)) == 2


def test_undo_brings_back_and_tells_what_came_in_between(two: World) -> None:
    two.answer(two.sent[-1], ANN, "STOP ALL")
    (receipt,) = two.leave()
    two.court.enter("15AB-CR00015", "Order", "while stopped")
    two.wait(minutes=5)
    assert two.sweep() == []  # S143
    two.answer(receipt, ANN, "UNDO")
    assert sorted(templates(two.leave())) == ["notice", "restored"]
    assert any("while stopped" in each.text for each in two.sent[-2:])
    assert len(followed(two)) == 2


def test_the_undo_of_one_stop_tells_of_that_case_alone(two: World) -> None:
    notice = two.sent[-1]
    two.answer(notice, ANN, "STOP 15AB-CR00015")
    (receipt,) = two.leave()
    for _ in range(2):  # the second one finds it undone, and hears the same
        two.answer(receipt, ANN, "UNDO")
        two.wait(minutes=1)
    first, second = two.leave()
    for said in (first, second):
        assert "You are tracking this case again." in said.folded
        assert "15AB-CR00015" in said.text
        assert "15AB-DR00010" not in said.text


def test_the_undo_of_a_refusal_says_that_the_question_is_open_again(world: World) -> None:
    world.mail(ANN, "TRACK 15AB-CR00015")
    (asked,) = world.leave()
    world.answer(asked, ANN, "NO")
    (declined,) = world.leave()
    world.answer(declined, ANN, "UNDO")
    (said,) = world.leave()
    assert said.message["Subject"] == '"I did not ask for this" is taken back'
    assert "The request is waiting for your answer." in said.folded
    assert world.act("confirm", said.token("c")).template == "confirmed"


def test_an_undo_of_what_was_never_confirmed_says_that_it_waits_again(world: World) -> None:
    world.mail(ANN, "TRACK 15AB-CR00015")
    (asked,) = world.leave()
    world.act("stop", asked.token("s"))
    (receipt,) = world.leave()
    world.answer(receipt, ANN, "UNDO")
    (said,) = world.leave()
    assert said.message["Subject"] == "The stop is undone"
    assert "waits for it again" in said.folded


def test_undo_after_thirty_days_says_that_it_is_too_late(two: World) -> None:
    two.answer(two.sent[-1], ANN, "STOP ALL")
    (receipt,) = two.leave()
    two.wait(days=31)
    address, subject = receipt.mailto("UNDO")
    two.mail(ANN, subject, "", to=address)
    (said,) = two.leave()
    assert said.row.template == "restored"
    assert followed(two) == []


def test_after_stop_all_a_new_sign_up_begins_at_verification(two: World) -> None:
    two.answer(two.sent[-1], ANN, "STOP ALL")
    two.leave()
    two.wait(days=1)
    two.mail(ANN, "TRACK 15AB-CR00015")
    assert templates(two.leave()) == ["verify"]  # S127


def test_old_stop_links_answer_after_stop_all(two: World) -> None:
    address, _ = two.sent[-1].mailto("STOP 15AB-DR00010")
    two.answer(two.sent[-1], ANN, "STOP ALL")
    two.leave()
    two.mail(ANN, "STOP", "", to=address)
    (said,) = two.leave()
    assert "You are no longer tracking this case." in said.folded  # trap 54


def test_a_stop_link_stops_what_is_active_now(two: World) -> None:
    address, _ = two.sent[-1].mailto("STOP 15AB-DR00010")
    two.mail(ANN, "STOP", "one", to=address)
    two.leave()
    two.wait(days=1)
    two.follow(ANN, "15AB-DR00010")
    two.mail(ANN, "STOP", "two", to=address)
    assert templates(two.leave()) == ["stopped"]  # decisions.md 17
    assert followed(two) == ["15AB-CR00015"]


def test_the_verification_mails_stop_link_keeps_working(world: World) -> None:
    world.mail(ANN, "TRACK 15AB-CR00015")
    (asked,) = world.leave()
    world.answer(asked, ANN, "yes")
    world.leave()
    address, subject = asked.mailto("STOP")
    world.mail(ANN, subject, "", to=address)
    assert templates(world.leave()) == ["stopped"]  # S65


def test_report_lists_every_case_and_changes_nothing(two: World) -> None:
    before = two.counts()
    two.mail(ANN, "report")
    (report,) = two.leave()
    assert "You are currently tracking the following cases:" in report.folded
    after = two.counts()
    assert {**before, "outbox": 0, "arrival": 0, "tally": 0} == {
        **after,
        "outbox": 0,
        "arrival": 0,
        "tally": 0,
    }  # S118


def test_report_of_an_address_that_follows_nothing(world: World) -> None:
    world.mail(BEN, "REPORT")
    (said,) = world.leave()
    assert said.recipient == BEN
    assert "No Records Found." in said.folded  # S105
    world.mail(ANN, "TRACK 15AB-CR00015")
    world.leave()
    world.mail(ANN, "REPORT")
    assert templates(world.leave()) == ["no-records"]  # S106: pending does not count


def test_a_report_by_thread_goes_to_the_owner_only(two: World) -> None:
    two.answer(two.sent[-1], BEN, "REPORT")
    (report,) = two.leave()
    assert (report.row.template, report.recipient) == ("report", ANN)


def test_profile_seed_stops_without_a_receipt_on_the_web_and_with_text_by_mail(
    seed: World,
) -> None:
    seed.follow(ANN, "15AB-CR00015")
    page = seed.act("stop", seed.sent[0].token("s"))
    assert page.template == "stopped"
    assert seed.leave() == []  # S131
    seed.wait(days=1)
    seed.follow(ANN, "15AB-CR00015")
    seed.answer(seed.sent[-1], ANN, "STOP")
    (said,) = seed.leave()
    assert "You are no longer tracking this case." in said.folded
    assert "UNDO" not in said.text


def test_a_queued_notice_does_not_leave_after_stop(two: World) -> None:
    two.court.enter("15AB-CR00015", "Order", "text")
    two.desk.sweep("franklin", two.now)
    two.answer(two.sent[0], ANN, "x")  # whatever else is in the queue
    address, _ = next(sent for sent in two.sent if sent.row.template == "tracking").mailto(
        "STOP 15AB-CR00015"
    )
    two.mail(ANN, "STOP", "", to=address)
    assert "notice" not in templates(two.leave())  # trap 96


def test_the_stop_mailbox_needs_no_words(two: World) -> None:
    two.mail(ANN, "hello", "", to="stop@court.example")
    assert templates(two.leave()) == ["stop-which"]


def test_an_unknown_handle_is_answered_politely_and_changes_nothing(two: World) -> None:
    local, domain = BOT.split("@")
    two.mail(ANN, "STOP", "", to=f"{local}+s-{'a' * 26}@{domain}")
    (said,) = two.leave()
    assert said.row.template == "link-problem"
    assert len(followed(two)) == 2


@pytest.mark.parametrize("way", ["subject", "text"])
def test_the_address_for_stopping_takes_a_number_alone(two: World, way: str) -> None:
    subject, text = ("15AB-DR00010", "") if way == "subject" else ("", "15AB-DR00010")
    two.mail(ANN, subject, text, to="stop@court.example")
    (asked,) = two.leave()
    assert "Do you want to stop tracking case number 15AB-DR00010?" in asked.folded


def test_a_report_that_has_nothing_left_to_list_says_so(world: World) -> None:
    tracking = world.follow(ANN, "15AB-CR00015")
    world.mail(ANN, "REPORT")
    world.act("stop", tracking.token("s"))
    said = [each for each in world.leave() if each.row.template == "report"]
    assert said[0].message["Subject"] == "Your Tracking Report: No Records Found."


@pytest.mark.parametrize(
    ("command", "subject"),
    [
        ("STOP", "You are not tracking any case"),
        ("STOP ALL", "You are not tracking any case"),
        ("STOP 15AB-CR00015", "You are not tracking 15AB-CR00015"),
    ],
)
def test_stop_with_nothing_to_stop_says_so(world: World, command: str, subject: str) -> None:
    world.mail(ANN, command)
    (said,) = world.leave()
    assert said.message["Subject"] == subject
    assert "Nothing has been changed." in said.folded
    assert "another of your addresses" in said.folded


def test_stop_of_another_case_lists_what_is_tracked(two: World) -> None:
    two.mail(ANN, "STOP 000333666")
    (said,) = two.leave()
    assert said.row.template == "not-tracking"
    assert "This address is not tracking case 000333666." in said.folded
    assert "15AB-CR00015" in said.text
    assert said.mailto("STOP 15AB-DR00010")


def test_stop_of_what_waits_for_a_yes_says_that_it_does(world: World) -> None:
    world.mail(ANN, "TRACK 15AB-CR00015")
    world.leave()
    world.mail(ANN, "STOP")
    (said,) = world.leave()
    assert "You have not confirmed 15AB-CR00015" in said.folded


def test_in_a_thread_stop_of_a_stopped_case_is_answered_as_the_first_time(two: World) -> None:
    """G10."""
    notice = two.sent[-1]
    for _ in range(2):
        two.answer(notice, ANN, "STOP 15AB-CR00015")
        (said,) = two.leave()
        assert "You are no longer tracking this case." in said.folded
        assert "15AB-CR00015" in said.text
    for _ in range(2):
        two.answer(notice, ANN, "STOP ALL")
        (said,) = two.leave()
        assert "You are no longer tracking any cases." in said.folded
    two.answer(notice, ANN, "STOP 000333666")
    assert templates(two.leave()) == ["not-tracking"]


def test_a_fresh_undo_is_a_question_that_says_so(two: World) -> None:
    two.answer(two.sent[-1], ANN, "STOP")
    (receipt,) = two.leave()
    assert 'or answer this e-mail with the one word "UNDO".' in receipt.folded
    two.mail(ANN, "UNDO")
    (asked,) = two.leave()
    assert asked.message["Subject"] == "15AB-DR00010: do you want to go on tracking?"
    assert asked.text.startswith("Nothing has been undone yet.")
    assert followed(two) == ["15AB-CR00015"]
    two.answer(asked, ANN, "UNDO")
    assert templates(two.leave()) == ["restored"]


def test_in_the_original_an_undo_that_is_asked_for_is_offered(seed: World) -> None:
    tracking = seed.follow(ANN, "15AB-CR00015")
    seed.answer(tracking, ANN, "STOP")
    (receipt,) = seed.leave()
    assert "UNDO" not in receipt.text
    seed.mail(ANN, "UNDO")
    (asked,) = seed.leave()
    seed.mail(ANN, "UNDO", "", to=asked.mailto("UNDO")[0])
    assert templates(seed.leave()) == ["restored"]
