"""Robots, lists and loops: the traps 60 to 71 of mail-interface.md, each by its number."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.world import BOT, Sent, World, templates, worlds

ANN, BEN = "ann@people.example", "ben@people.example"
REPORT = 'multipart/report; report-type=delivery-status; boundary="b"'
CALENDAR = "text/calendar; method=REPLY"
ROBOTS: dict[str, tuple[str, str, dict[str, str], str]] = {  # From, subject, header, text
    "1": (ANN, "HELP", {"Auto-Submitted": "auto-replied"}, ""),
    "2": (ANN, "HELP", {"Auto-Submitted": "auto-generated"}, ""),
    "3": (ANN, "HELP", {"Auto-Submitted": "auto-notified"}, ""),
    "4": (ANN, "HELP", {"Auto-Submitted": "Auto-Replied (vacation); owner=x"}, ""),
    "5": (ANN, "HELP", {"Return-Path": "<>"}, ""),
    "6": (ANN, "HELP", {"Content-Type": REPORT}, "--b\n\nHELP\n--b--\n"),
    "8": (ANN, "Accepted: HELP", {"Content-Type": CALENDAR}, "BEGIN:VCALENDAR\n"),
    "9": (ANN, "HELP", {"Precedence": "BULK"}, ""),
    "10": (ANN, "HELP", {"Precedence": "auto_reply"}, ""),
    "10 junk": (ANN, "HELP", {"Precedence": "junk"}, ""),
    "11": (ANN, "HELP", {"X-Autoreply": "yes"}, ""),
    "11 respond": (ANN, "HELP", {"X-Autorespond": "HELP"}, ""),
    "12": (ANN, "HELP", {"X-Auto-Response-Suppress": "All"}, ""),
    "13": (ANN, "HELP", {"List-Id": "<a.list.example>"}, ""),
    "13 post": (ANN, "HELP", {"List-Post": "<mailto:a@list.example>"}, ""),
    "14": (ANN, "HELP", {"X-Loop": "a"}, ""),
    "14 failed": (ANN, "HELP", {"X-Failed-Recipients": BEN}, ""),
    "15": ("MAILER-DAEMON@people.example", "HELP", {}, ""),
    "15 no-reply": ("no-reply@people.example", "HELP", {}, ""),
    "15 own": (BOT, "HELP", {}, ""),
    "16": (ANN, "Automatic reply: your question", {}, "I am away."),
    "16 german": (ANN, "Abwesenheitsnotiz: Ihre Frage", {}, "Ich bin nicht da."),
    "16 spanish": (ANN, "Fuera de oficina", {}, "Vuelvo el lunes."),
    "17": (ANN, "Your mail", {}, "Please confirm that you are human by clicking the link below."),
    "18": (ANN, "Your mail", {}, "I am out of the office until Monday. Best, Ann"),
}
RECEIPT = 'multipart/report; report-type=disposition-notification; boundary="b"'
HUMANS: dict[str, tuple[str, dict[str, str]]] = {
    "1": ("HELP", {"Auto-Submitted": "No"}),
    "2": ("HELP", {"Auto-Submitted": "no (x)"}),
    "3": ("HELP", {"X-Auto-Response-Suppress": "DR, OOF"}),
    "4": ("Re: Automatic reply: HELP", {}),
    "5": ("HELP", {"Precedence": "first-class"}),
    "6": ("HELP", {"Reply-To": BEN}),
}


def write(world: World, sender: str, subject: str, header: dict[str, str], text: str) -> str:
    """A mail as bytes, so that every header may be as wrong as it likes."""
    lines = [f"From: {sender}", f"To: {BOT}", f"Subject: {subject}", *_fields(header)]
    return world.mail(sender, raw="\r\n".join([*lines, "", text]).encode())


def _fields(header: dict[str, str]) -> list[str]:
    return [f"{name}: {value}" for name, value in header.items()]


@pytest.mark.parametrize("shape", ROBOTS)
def test_trap_60_a_robot_gets_no_answer(world: World, shape: str) -> None:
    write(world, *ROBOTS[shape])
    assert world.leave() == []


def test_trap_60_a_read_receipt_gets_no_answer(world: World) -> None:
    write(world, ANN, "Read: HELP", {"Content-Type": RECEIPT}, "--b\n\nHELP\n--b--\n")
    assert world.leave() == []


@pytest.mark.parametrize("shape", HUMANS)
def test_trap_60_a_person_is_answered_at_the_from(world: World, shape: str) -> None:
    subject, header = HUMANS[shape]
    write(world, ANN, subject, header, "HELP\n")
    (said,) = world.leave()
    assert (said.row.template, said.recipient) == ("help", ANN)


@pytest.fixture
def other(tmp_path: Path) -> Iterator[World]:
    """Another instance, with an address of its own that the first does not know."""
    (tmp_path / "other").mkdir()
    yield from worlds(tmp_path / "other")


def handed(sent: Sent, sender: str) -> bytes:
    """A mail of ours as if it came from that address, with everything else as it is."""
    return sent.raw.replace(f"<{BOT}>".encode(), f"<{sender}>".encode(), 1)


@pytest.mark.parametrize("subject", ["HELP", "TRACK 15AB-CR00015", "what is this", "REPORT"])
def test_trap_61_two_mailbots_stop_after_two_mails(
    world: World, other: World, subject: str
) -> None:
    """Somebody forges the address of each in a mail to the other."""
    first, second = "track@first.example", "track@second.example"
    mails = 0
    world.mail(second, subject)
    for _ in range(5):
        for here, there, name in ((world, other, first), (other, world, second)):
            for sent in here.leave():
                mails += 1
                there.mail(name, raw=handed(sent, name), mail_from=name)
    assert 1 <= mails <= 2


def test_trap_61_the_mark_of_a_mailbot_alone_is_enough(world: World) -> None:
    """Whatever a gateway took out of the other's mail."""
    assert write(world, ANN, "HELP", {"X-Mailbot-Loop": "elsewhere.example"}, "") == "robot"
    assert world.leave() == []


def test_a_mail_that_came_round_too_often_is_not_answered(world: World) -> None:
    hop = "Received: from x by y; Tue, 3 Mar 2026 09:00:00 -0600\r\n"
    for hops, answers in ((50, 1), (51, 0)):
        mail = f"{hop * hops}From: {ANN}\r\nTo: {BOT}\r\nDate: {hops}\r\nSubject: HELP\r\n\r\n"
        world.mail(ANN, raw=mail.encode())
        assert len(world.leave()) == answers


def test_trap_62_an_echo_with_ever_new_addresses_stops_by_its_domain(tmp_path: Path) -> None:
    """Ten an hour here instead of a hundred, so that the test is quick."""
    for world in worlds(tmp_path, more="[limits]\ndomain_answers_per_hour = 10"):
        for number in range(25):
            world.mail(f"echo-{number}@echo.example", f"what about {number}", "an unmarked echo")
        assert len(world.leave()) == 10
        world.wait(days=4)
        assert world.leave() == []  # not given later either
        world.mail(ANN, "HELP")
        assert templates(world.leave()) == ["help"]


def test_trap_62_who_was_known_yesterday_or_is_proved_does_not_count(tmp_path: Path) -> None:
    for world in worlds(tmp_path, more="[limits]\ndomain_answers_per_hour = 1"):
        world.follow(ANN, "15AB-CR00015")
        world.mail(BEN, "HELP")
        world.leave()
        world.wait(days=1, hours=1)
        for number in range(3):
            world.mail(ANN, f"REPORT {number}")
            world.mail(BEN, f"TRACK 15AB-CR0001{5 + number}")
        world.mail("new@people.example", "HELP")
        assert world.leave()[-1].recipient == "new@people.example"
        world.mail("newer@people.example", "HELP")
        assert world.leave() == []


def test_trap_62_a_large_provider_does_not_count(tmp_path: Path) -> None:
    limits = '[limits]\ndomain_answers_per_hour = 1\nlarge_providers = ["People.example"]'
    for world in worlds(tmp_path, more=limits):
        for number in range(5):
            world.mail(f"p{number}@PEOPLE.example", "HELP")
        assert len(world.leave()) == 5


@pytest.mark.parametrize("sender", [BOT, "stop@court.example", "Track@Court.Example"])
def test_trap_63_our_own_copy_is_not_processed(world: World, sender: str) -> None:
    world.mail(sender, "TRACK 15AB-CR00015")
    world.mail(ANN, "HELP")
    (sent,) = world.leave()
    assert world.mail(sender, raw=sent.raw) == "self"
    assert world.leave() == []
    assert world.counts()["subscription"] == 0


def test_trap_64_beyond_the_budget_one_line_is_logged_and_notices_go_on(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    """The figures are those of decisions.md 22: 100 for the proved, 30 for others."""
    world.follow(ANN, "15AB-CR00015")
    with caplog.at_level(logging.WARNING, "mailbot.desk"):
        for number in range(110):
            world.mail(ANN, "REPORT", f"number {number}")
    assert len(world.leave()) == 100
    lines = [each for each in caplog.messages if "budget" in each]
    assert lines == ["budget of answers used up: answer"]
    assert ANN not in caplog.text
    world.court.enter("15AB-CR00015", "Order", "text", at=world.now)
    assert templates(world.sweep()) == ["notice"]


def test_trap_65_errors_have_a_lower_budget_whatever_the_error(world: World) -> None:
    for text in ("??", "UNDO", "CONFIRM 12345", "15AB-CR00015", "NAME Simpson", "YES", "HELP"):
        world.mail(ANN, text)
        world.wait(hours=1)
    said = world.leave()
    assert len(said) == 3
    world.mail(ANN, "TRACK 15AB-CR00015")
    assert templates(world.leave()) == ["verify"]


def test_the_same_answer_is_given_a_stranger_twice_in_three_hours(world: World) -> None:
    for _ in range(5):
        world.mail(ANN, "REPORT")
    assert templates(world.leave()) == ["no-records"] * 2
    world.mail(BEN, "REPORT")
    assert len(world.leave()) == 1
    world.wait(hours=3)
    world.mail(ANN, "REPORT")
    assert len(world.leave()) == 1


def test_trap_66_what_a_machine_gets_wrong_is_never_mailed(world: World) -> None:
    for text in ("TRAK 15AB-CR00015", "TRACK 99ZZ-ZZ99999", "CONFIRM 12345", "STOP ALL"):
        write(world, ANN, text, {"Auto-Submitted": "auto-generated"}, "")
    assert world.leave() == []


def test_trap_67_a_list_changes_nothing_and_cannot_be_subscribed(world: World) -> None:
    world.follow(ANN, "15AB-CR00015")
    before = world.counts()
    listed = {"List-Id": "<a.list.example>", "Precedence": "list"}
    write(world, ANN, "STOP ALL", listed, "")
    write(world, "a@list.example", "TRACK 15AB-CR00015", listed, "")
    after = world.counts()
    assert after.pop("arrival") == before.pop("arrival") + 2
    assert after == before
    world.mail("a@list.example", "TRACK 15AB-CR00015")  # forged, without the list's marks
    (asked,) = world.leave()
    world.answer(asked, "member@people.example", "yes")
    write(world, "a@list.example", f"Re: {asked.message['Subject']}", listed, "yes")
    assert "tracking" not in templates(world.leave())


@pytest.mark.parametrize("subject", ["Read: {}", "Accepted: {}", "Gelesen: {}", "Declined: {}"])
def test_trap_68_receipts_and_calendar_answers_confirm_nothing(world: World, subject: str) -> None:
    world.mail(ANN, "TRACK 15AB-CR00015")
    (asked,) = world.leave()
    code = asked.mailto("CONFIRM")[1]
    world.mail(ANN, subject.format(code), "", to=asked.reply_to)
    assert world.leave() == []


def test_trap_69_one_message_id_at_two_addresses_runs_once_for_each(world: World) -> None:
    world.follow(ANN, "15AB-CR00015")
    raw = world.raw(ANN, "HELP", "", BOT, {"X-Test": "1"})
    for to in (BOT, "stop@court.example", BOT, "stop@court.example"):
        world.mail(ANN, to=to, raw=raw)
    assert sorted(templates(world.leave())) == ["help", "stop-ask"]


def test_trap_69_another_mail_with_the_same_message_id_is_not_lost(world: World) -> None:
    for text in ("track 15AB-CR00015", "track 15AB-DR00010"):
        mail = f"From: {ANN}\r\nMessage-ID: <same@x.example>\r\nSubject: hello\r\n\r\n{text}\r\n"
        world.mail(ANN, raw=mail.encode())
    assert world.counts()["subscription"] == 2


@pytest.mark.parametrize("field", ["", "Message-ID:\r\n", "Message-ID: <[x@y\r\n"])
def test_trap_70_a_missing_or_broken_message_id_stops_nothing(world: World, field: str) -> None:
    for number in range(2):
        mail = f"From: {ANN}\r\n{field}Date: {number} Mar 2026\r\nSubject: HELP\r\n\r\n"
        mail += f"> {number}\r\n"
        assert world.mail(ANN, raw=mail.encode()) == "done"
    assert templates(world.leave()) == ["help", "help"]


def test_trap_71_each_mail_says_what_kind_of_machine_wrote_it(world: World) -> None:
    world.follow(ANN, "15AB-CR00015")
    world.mail(ANN, "REPORT")
    world.court.enter("15AB-CR00015", "Order", "text", at=world.now + timedelta(minutes=1))
    world.sweep()
    said = {each.row.template: each.message["Auto-Submitted"] for each in world.sent}
    assert said["report"] == "auto-replied"
    assert said["notice"] == said["verify"] == "auto-generated"
    (asked,) = [each for each in world.sent if each.row.template == "verify"]
    assert asked.message["Precedence"] is None


def test_trap_71_a_person_who_answers_a_confirmation_is_a_person(world: World) -> None:
    world.mail(ANN, "TRACK 15AB-CR00015")
    (asked,) = world.leave()
    world.answer(asked, ANN, "yes")
    assert templates(world.leave()) == ["tracking"]
