"""People who forward, protest, thank, or answer the wrong mail: nothing is done, and it helps."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.world import BOT, Sent, World, templates, worlds

ANN = "ann@people.example"


@pytest.fixture
def asked(world: World) -> Sent:
    world.mail(ANN, "TRACK 15AB-CR00015")
    (asked,) = world.leave()
    return asked


def quoted(sent: Sent) -> str:
    return "\n".join(f"> {line}" for line in sent.text.splitlines())


def test_forwarding_the_verification_mail_confirms_nothing(world: World, asked: Sent) -> None:
    head = "---------- Forwarded message ---------\nFrom: Court <track@court.example>\n"
    for to in (BOT, asked.reply_to):
        subject = f"Fwd: {asked.message['Subject']}"
        world.mail(ANN, subject, f"{head}Subject: x\n\n{asked.text}", to=to)
        world.mail(ANN, subject, f"{head}Subject: x\n\n{quoted(asked)}", to=to)
    assert "tracking" not in templates(world.leave())


def test_a_subject_of_ones_own_is_no_empty_answer(world: World, asked: Sent) -> None:
    for to in (BOT, asked.reply_to):
        world.mail(ANN, "What is this?", quoted(asked), to=to)
    assert "tracking" not in templates(world.leave())
    world.mail(ANN, f"Re: {asked.message['Subject']}", quoted(asked), to=asked.reply_to)
    assert "tracking" in templates(world.leave())


def test_a_protest_is_offered_no(world: World, asked: Sent) -> None:
    world.answer(asked, ANN, "I did not ask for this, what do you want from me?")
    (said,) = world.leave()
    assert said.row.template == "link-problem"
    address, subject = said.mailto("NO")
    assert said.mailto("CONFIRM")[0] == address
    world.mail(ANN, subject, "", to=address)
    assert templates(world.leave()) == ["declined"]


@pytest.mark.parametrize("words", ["Yes please", "yes, thank you", "Please confirm"])
def test_courtesy_is_no_obstacle(world: World, asked: Sent, words: str) -> None:
    world.answer(asked, ANN, words)
    assert templates(world.leave()) == ["tracking"]


@pytest.mark.parametrize("words", ["STOP please", "please stop", "Unsubscribe, thanks"])
def test_courtesy_does_not_keep_a_stop_from_stopping(world: World, words: str) -> None:
    tracking = world.follow(ANN, "15AB-CR00015")
    world.answer(tracking, ANN, words)
    assert templates(world.leave()) == ["stopped"]


def test_prose_about_stopping_in_a_thread_is_offered_that_threads_stop(world: World) -> None:
    tracking = world.follow(ANN, "15AB-CR00015")
    world.answer(tracking, ANN, "please stop sending me these mails, I cannot bear it")
    (said,) = world.leave()
    assert said.row.template == "not-understood"
    address, subject = said.mailto("STOP")
    assert address == tracking.reply_to
    world.mail(ANN, subject, "", to=address)
    assert templates(world.leave()) == ["stopped"]


def test_undo_without_its_receipt_shows_the_receipt_again(world: World) -> None:
    tracking = world.follow(ANN, "15AB-CR00015")
    world.answer(tracking, ANN, "STOP")
    world.leave()
    world.mail(ANN, "UNDO")
    (receipt,) = world.leave()
    assert receipt.row.template == "stopped"
    address, subject = receipt.mailto("UNDO")
    world.mail(ANN, subject, "", to=address)
    assert templates(world.leave()) == ["restored"]


def test_undo_with_nothing_to_undo_says_so(world: World) -> None:
    world.mail(ANN, "UNDO")
    (said,) = world.leave()
    assert "There is nothing to undo." in said.folded


def test_a_yes_that_names_nothing_is_shown_the_open_question(world: World, asked: Sent) -> None:
    world.mail(ANN, "Re: something", "yes")
    (said,) = world.leave()
    assert "does not say to which e-mail it belongs" in said.folded
    world.answer(said, ANN, "yes")
    assert templates(world.leave()) == ["tracking"]


def test_a_number_in_prose_is_the_suggestion_and_is_not_run(world: World) -> None:
    world.mail(
        ANN, "a question", "Good day, I would like to hear about case 15AB-CR00015 of my son."
    )
    (said,) = world.leave()
    assert "TRACK 15AB-CR00015" in said.text
    assert world.counts()["subscription"] == 0


def test_the_last_answer_of_a_day_says_that_it_is(world: World) -> None:
    for number in range(4):
        world.mail(ANN, f"question {number}", "what now")
        world.leave()
        world.wait(hours=2)
    said = world.sent
    assert ["last answer of this kind" in each.folded for each in said] == [False, False, True]
    until = "before 3/4/26 9:00 AM (Central Time)"
    assert until in said[-1].folded
    assert until in said[-1].html
    world.wait(hours=15, minutes=59)
    world.mail(ANN, "too early", "what now")
    assert world.leave() == []
    world.wait(minutes=1)
    world.mail(ANN, "the time that was told", "what now")
    assert len(world.leave()) == 1


def test_the_last_answer_to_commands_says_so_too(tmp_path: Path) -> None:
    """mail-interface.md 5.5; within the budget of answers as within that of help."""
    for world in worlds(tmp_path, more="[limits]\nanswers_per_day = 2"):
        world.mail(ANN, "REPORT")
        world.wait(hours=5)
        world.mail(ANN, "STOP ALL")
        world.mail(ANN, "REPORT", "again")
        first, last = world.leave()
        assert "last answer" not in first.folded
        assert "before 3/4/26 9:00 AM" in last.folded
    (tmp_path / "one").mkdir()
    for world in worlds(tmp_path / "one", more="[limits]\nanswers_per_day = 1"):
        world.mail(ANN, "REPORT")
        (only,) = world.leave()
        assert "before 3/4/26 9:00 AM" in only.folded


def plain_of(sent: Sent) -> str:
    return sent.text.replace("\r\n", "\n")


def outlook(text: str) -> str:
    """How Outlook answers: no quotation marks, paragraphs in one line, links gone through a guard."""
    safe = text.replace("https://", "https://safelinks.example/?url=https%3A%2F%2F")
    reflowed = "\n\n".join(" ".join(each.split()) for each in safe.split("\n\n"))
    assert reflowed.count("\n\n") > 5
    head = f"From: Court <{BOT}>\nSent: Tuesday, March 3, 2026 9:00 AM\nTo: {ANN}\nSubject: x\n"
    return f"\n\n________________________________\n{head}\n{reflowed}"


def test_an_empty_answer_from_outlook_confirms(world: World, asked: Sent) -> None:
    world.answer(asked, ANN, outlook(plain_of(asked)), quote=False)
    assert templates(world.leave()) == ["tracking"]


@pytest.mark.parametrize("said", ["No, this was not me.", "NO", "Nein, das war ich nicht."])
def test_a_no_written_into_outlooks_quotation_confirms_nothing(
    world: World, asked: Sent, said: str
) -> None:
    """decisions.md 13."""
    text = plain_of(asked).replace("\n\n", f"\n\n{said}\n\n", 1)
    world.answer(asked, ANN, outlook(text), quote=False)
    assert "tracking" not in templates(world.leave())


def test_a_robot_with_a_footer_stops_no_case(world: World) -> None:
    """Robot 18: known by its text only, whatever stands in its last lines."""
    tracking = world.follow(ANN, "15AB-CR00015")
    for footer in ("Unsubscribe", "Cancel", "STOP ALL"):
        text = f"Thank you for contacting Smith Law. This is an automated message.\n\n{footer}\n"
        assert world.answer(tracking, ANN, text) == "robot"
    assert world.leave() == []


SIGN_OFFS = [
    "Thanks,\nAnn Smith",
    "Regards\nAnn\n555-123-4567",
    "This e-mail is confidential.\nDelete it.",
]


@pytest.mark.parametrize("sign_off", SIGN_OFFS)
@pytest.mark.parametrize("command", ["TRACK 15AB-CR00015", "REPORT", "STOP", "HELP"])
def test_a_command_with_a_sign_off_gets_one_mail(world: World, command: str, sign_off: str) -> None:
    world.follow(ANN, "15AB-DR00010")
    world.wait(minutes=20)
    world.mail(ANN, "hello", f"{command}\n\n{sign_off}\n")
    (answer,) = world.leave()
    assert answer.row.template != "not-understood"


def test_undo_with_its_token_undoes_from_any_address(world: World) -> None:
    tracking = world.follow(ANN, "15AB-CR00015")
    world.answer(tracking, ANN, "STOP")
    (receipt,) = world.leave()
    world.mail("alias@people.example", f"UNDO {receipt.token('r')}")
    (restored,) = world.leave()
    assert (restored.row.template, restored.recipient) == ("restored", ANN)
    world.mail("alias@people.example", f"UNDO {tracking.token('s')}")
    (said,) = world.leave()
    assert (said.row.facts["problem"], said.recipient) == ("forged", "alias@people.example")


@pytest.mark.parametrize("words", ["{code}", "CONFIRM\n{code}", "CONFIRM Code: {code}"])
def test_a_code_typed_somehow_confirms_from_its_own_address(
    world: World, asked: Sent, words: str
) -> None:
    code = asked.text.split("Code: ")[1].split()[0]
    world.mail("ben@people.example", "", words.format(code=code))
    assert "tracking" not in templates(world.leave())
    world.mail(ANN, "", words.format(code=code.lower()))
    assert templates(world.leave()) == ["tracking"]


@pytest.mark.parametrize("text", ["15AB-CR00015, 15AB-DR00010", "15AB-CR00015\n15AB-DR00010"])
def test_numbers_alone_are_suggested_to_be_tracked(world: World, text: str) -> None:
    world.mail(ANN, "", text)
    (said,) = world.leave()
    assert said.message["Subject"] == "We could not read a command in your e-mail"
    assert 'Did you mean "TRACK 15AB-CR00015, 15AB-DR00010"?' in said.folded


def test_prose_is_led_to_people_and_not_blamed_line_by_line(world: World) -> None:
    world.mail(ANN, "My hearing", "Good day,\n\nwhen is my hearing?\n\nAnn")
    (said,) = world.leave()
    assert "A program reads this address; it cannot answer questions." in said.folded
    assert (
        "help.desk@court.example or call 1(555)555-0100. Nothing has been changed." in said.folded
    )
    assert said.text.index("Subject: My hearing") < said.text.index("when is my hearing?")
    assert "This is no command." not in said.text + said.html


def test_what_stood_in_the_subject_is_shown_first(world: World) -> None:
    world.mail(ANN, "TRAK 15AB-CR00015", "thank you")
    (said,) = world.leave()
    assert "Subject: TRAK 15AB-CR00015" in said.folded
    assert 'Did you mean "TRACK 15AB-CR00015"?' in said.folded


def test_the_subject_of_our_own_mail_is_not_shown(world: World) -> None:
    tracking = world.follow(ANN, "15AB-CR00015")
    world.answer(tracking, ANN, "what is this?")
    (said,) = world.leave()
    assert "Subject:" not in said.text + said.html.split("<main>")[-1]


def test_more_than_a_command_on_its_line_is_told_how_to_write_it(world: World) -> None:
    world.follow(ANN, "15AB-CR00015")
    world.mail(ANN, "", "STOP everything please")
    (said,) = world.leave()
    assert "Write the command alone on its line, without other words." in said.folded
    assert 'Did you mean "STOP ALL"?' in said.folded


CAPTION = "15AB-CR00015 - ST V JASON L COFFMAN?"


def test_an_unclear_answer_is_asked_again_about_its_case(world: World, asked: Sent) -> None:
    world.answer(asked, ANN, "perhaps, what is it about")
    (said,) = world.leave()
    assert said.message["Subject"] == "Do you want to track 15AB-CR00015?"
    assert f"Do you want to track {CAPTION} We could not tell from your answer." in said.folded


def test_an_unclear_answer_about_stopping_is_asked_again(world: World) -> None:
    world.follow(ANN, "15AB-CR00015")
    world.mail(ANN, "STOP")
    (question,) = world.leave()
    world.answer(question, ANN, "perhaps, what is it about")
    (said,) = world.leave()
    assert f"Do you want to stop tracking {CAPTION}" in said.folded


def test_a_stranger_is_told_of_no_case(world: World, asked: Sent) -> None:
    world.answer(asked, "ben@people.example", "yes")
    (said,) = world.leave()
    assert (said.recipient, said.row.facts["problem"]) == (ANN, "foreign")
    assert f"Do you want to track {CAPTION}" in said.folded
    world.mail("ben@people.example", "Re: something", "yes")
    (said,) = world.leave()
    assert "15AB-CR00015" not in said.text


@pytest.mark.parametrize("words", ["ok", "Okay.", "OK, thanks"])
def test_okay_is_a_yes(world: World, asked: Sent, words: str) -> None:
    world.answer(asked, ANN, words)
    assert templates(world.leave()) == ["tracking"]
