"""Mail that comes back: what it costs an address, what it cannot do, and how it recovers."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from mailbot.store import addresses, requests
from mailbot.store.schema import outbox, request, subscription
from tests.desk.reports import arf, bounce, complain, dsn
from tests.world import BOT, Sent, World, templates, worlds

ANN, BOB = "ann@people.example", "bob@people.example"
CASE, OTHER = "15AB-CR00015", "15AB-DR00010"
ABUSE = """
[[mailbox]]
name = "bounces"
address = "bounces@court.example"

[[route]]
address = "bounces@court.example"
court = "franklin"
purpose = "bounces"
"""
NOBODY = "track+b-" + "a" * 26 + "@court.example"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    yield from worlds(tmp_path, more=ABUSE)


def entered(world: World, text: str, case: str = CASE) -> list[Sent]:
    """An entry, and the notices of it that left."""
    world.court.enter(case, "Filing:", text, world.now)
    return [sent for sent in world.sweep() if sent.row.template == "notice"]


def suspended_at(world: World, spelling: str = ANN) -> datetime | None:
    with world.database.reading() as conn:
        row = addresses.by_spelling(conn, spelling)
    assert row is not None
    return row.suspended_at


def points(world: World) -> int:
    return world.counts()["returned"]


def suspend(world: World) -> Sent:
    """Two notices come back as hard on two days. Returns the second."""
    (first,) = entered(world, "FIRST")
    bounce(world, first)
    world.wait(days=1)
    (second,) = entered(world, "SECOND")
    bounce(world, second)
    assert suspended_at(world) == world.now
    return second


def told(mails: list[Sent], *texts: str) -> list[int]:
    text = "".join(sent.text for sent in mails if sent.row.template == "notice")
    return [text.count(each) for each in texts]


# --- Who is meant ---


@pytest.mark.parametrize("to", [NOBODY, "bounces@court.example", "bounces+b-x@court.example"])
def test_trap_72_without_a_valid_handle_nobody_is_scored(world: World, to: str) -> None:
    world.follow(ANN, CASE)
    for _ in range(3):
        world.mail("", to=to, mail_from="", raw=dsn("hard", ANN, to))
        world.wait(days=1)
    assert (points(world), suspended_at(world), world.leave()) == (0, None, [])


def test_trap_75_the_handle_decides_and_not_the_recipient_that_is_named(world: World) -> None:
    mine = world.follow(ANN, CASE)
    world.follow(BOB, CASE)
    for _ in range(3):
        bounce(world, mine, recipient=BOB)
        world.wait(days=1)
    assert suspended_at(world, BOB) is None
    assert suspended_at(world, ANN) is not None


def test_t_dsn_2000_forged_reports_change_nothing(world: World) -> None:
    """They name subscribers, with handles that are guessed or of another kind."""
    tracking = world.follow(ANN, CASE)
    other = re.sub(r"\+b-", "+n-", tracking.mail_from)
    before = world.counts()
    handles = [NOBODY, "bounces@court.example", BOT, other]
    with world.database.reading() as conn:
        rows = conn.execute(select(outbox.c.id, outbox.c.state)).all()
    for number in range(2000):
        to = handles[number % 4]
        world.mail("", to=to, mail_from="", raw=dsn(("hard", "full")[number % 2], ANN, to))
        if number % 500 == 0:
            world.wait(days=1)
    after = world.counts()
    assert {**after, "arrival": 0} == {**before, "arrival": 0}
    assert suspended_at(world) is None
    with world.database.reading() as conn:
        assert conn.execute(select(outbox.c.id, outbox.c.state)).all() == rows


def test_trap_77_a_persons_words_at_a_bounce_address_are_read(world: World) -> None:
    tracking = world.follow(ANN, CASE)
    assert world.mail(BOB, "REPORT", to=tracking.mail_from) == "done"
    assert templates(world.leave()) == ["no-records"]
    world.mail(ANN, "Re: Tracking", "STOP", to=tracking.mail_from)
    assert templates(world.leave()) == ["stop-ask"]  # the handle proves nothing here
    answers = {"In-Reply-To": str(tracking.message["Message-ID"])}
    world.mail(ANN, "Question", "When is my hearing?", to="bounces@court.example", headers=answers)
    assert templates(world.leave()) == ["not-understood"]
    assert points(world) == 0


@pytest.mark.parametrize("to", [NOBODY, "bounces@court.example"])
def test_who_asks_nothing_and_answers_nothing_there_is_not_answered(world: World, to: str) -> None:
    """Nobody was told that address: what comes is spam, and its sender forged (T-BACK)."""
    headers = {"In-Reply-To": "<1.made.up@track.court.example>"}
    world.mail(BOB, "Cheap watches", "Buy now at our shop.", to=to, headers=headers)
    assert world.leave() == []
    world.mail(BOB, "Cheap watches", "HELP", to=to, headers=headers)
    assert templates(world.leave()) == ["help"]


# --- Scoring ---


def test_hard_on_two_days_suspends(world: World) -> None:
    world.follow(ANN, CASE)
    suspend(world)
    assert entered(world, "THIRD") == []


@pytest.mark.parametrize("what", ["full", "later", "delayed"])
def test_trap_73_soft_reports_never_suspend_by_themselves(world: World, what: str) -> None:
    tracking = world.follow(ANN, CASE)
    for _ in range(20):
        bounce(world, tracking, what)
        world.wait(days=1)
    assert suspended_at(world) is None


def test_trap_73_an_out_of_office_reply_never_scores(world: World) -> None:
    tracking = world.follow(ANN, CASE)
    headers = {"Auto-Submitted": "auto-replied"}
    for subject in ("Automatic reply: Tracking", "Abwesend"):
        text = "I am out of office until Monday; mailbox full of mail when I return."
        world.mail(ANN, subject, text, to=tracking.mail_from, mail_from="", headers=headers)
        world.wait(days=1)
    assert (points(world), suspended_at(world)) == (0, None)


def test_trap_74_one_point_a_day(world: World) -> None:
    tracking = world.follow(ANN, CASE)
    for _ in range(5):
        bounce(world, tracking)
    bounce(world, tracking, "full")
    assert (points(world), suspended_at(world)) == (1, None)


def test_trap_74_points_vanish_after_thirty_days(world: World) -> None:
    tracking = world.follow(ANN, CASE)
    bounce(world, tracking)
    world.wait(days=31)
    bounce(world, tracking)
    assert suspended_at(world) is None
    world.wait(days=31)
    world.sweep()
    assert points(world) == 0


def test_trap_74_an_answer_resets_the_points(world: World) -> None:
    tracking = world.follow(ANN, CASE)
    bounce(world, tracking)
    world.wait(days=1)
    world.answer(tracking, ANN, "REPORT")
    bounce(world, tracking)
    assert suspended_at(world) is None


def test_trap_74_a_mail_that_does_not_come_back_resets_the_points(world: World) -> None:
    world.follow(ANN, CASE)
    (first,) = entered(world, "FIRST")
    bounce(world, first)
    world.wait(days=1)
    entered(world, "SECOND")  # arrives
    world.wait(days=7)
    (third,) = entered(world, "THIRD")
    bounce(world, third)
    assert suspended_at(world) is None


def test_trap_76_spam_content_in_our_notice_is_not_the_readers_fault(world: World) -> None:
    tracking = world.follow(ANN, CASE)
    for _ in range(25):
        bounce(world, tracking, "spam")
        world.wait(days=1)
    assert (points(world), suspended_at(world)) == (0, None)


def test_weeks_of_soft_reports_suspend(world: World) -> None:
    tracking = world.follow(ANN, CASE)
    for number in range(5):
        assert suspended_at(world) is None
        bounce(world, tracking, "full")
        world.wait(days=6 if number < 4 else 0)
    assert suspended_at(world) is not None


def test_notices_wait_longer_while_mail_does_not_get_through(world: World) -> None:
    world.follow(ANN, CASE)
    (first,) = entered(world, "FIRST")
    bounce(world, first, "full")
    world.wait(days=1)
    (second,) = entered(world, "SECOND")  # one day says little
    bounce(world, second, "full")
    assert entered(world, "THIRD") == []
    world.wait(hours=1)
    assert entered(world, "FOURTH") == []
    world.wait(hours=2)
    assert told(world.leave(), "THIRD", "FOURTH") == [1, 1]


# --- Verification mails ---


def test_trap_52_a_hard_bounce_of_the_confirmation_cancels_it_and_cools_down(
    world: World,
) -> None:
    world.mail(ANN, f"TRACK {CASE}")
    (asked,) = world.leave()
    bounce(world, asked)
    with world.database.reading() as conn:
        assert conn.execute(select(request.c.state)).scalar_one() == requests.BOUNCED
    world.wait(days=6)
    world.mail(ANN, f"TRACK {CASE}, {OTHER}")
    assert world.leave() == []
    world.wait(days=1, minutes=1)
    world.mail(ANN, f"TRACK {CASE}")
    assert templates(world.leave()) == ["verify"]


def test_a_soft_bounce_of_the_confirmation_leaves_it_open(world: World) -> None:
    world.mail(ANN, f"TRACK {CASE}")
    (asked,) = world.leave()
    bounce(world, asked, "full")
    world.answer(asked, ANN, "yes")
    assert templates(world.leave()) == ["tracking"]


def test_who_answers_a_confirmation_that_came_back_is_asked_anew(world: World) -> None:
    world.mail(ANN, f"TRACK {CASE}")
    (asked,) = world.leave()
    bounce(world, asked)
    world.wait(hours=1)
    world.answer(asked, ANN, "yes")
    assert set(templates(world.leave())) == {"verify", "link-problem"}


# --- Complaints ---


def states(world: World) -> dict[str, str]:
    with world.database.reading() as conn:
        query = select(subscription.c.number, subscription.c.state)
        return {row.number: row.state for row in conn.execute(query)}


@pytest.mark.parametrize("to", [None, "bounces@court.example", BOT])
def test_trap_79_a_complaint_stops_the_case_at_once_and_is_logged(
    world: World, caplog: pytest.LogCaptureFixture, to: str | None
) -> None:
    world.follow(ANN, CASE)
    world.wait(hours=1)
    world.follow(ANN, OTHER)
    (notice,) = entered(world, "FIRST")
    with caplog.at_level(logging.INFO, "mailbot.mail"):
        complain(world, notice, to)
    assert states(world) == {CASE: "stopped", OTHER: "active"}
    assert world.leave() == []  # no receipt (decisions.md 17)
    assert suspended_at(world) is None
    (line,) = [each.getMessage() for each in caplog.records if "complained" in each.getMessage()]
    assert "done=stopped" in line
    assert "people.example" not in line


def test_a_complaint_about_a_verification_is_i_did_not_ask_for_this(world: World) -> None:
    world.mail(ANN, f"TRACK {CASE}")
    (asked,) = world.leave()
    complain(world, asked)
    complain(world, asked)
    world.wait(days=2)
    world.mail(ANN, f"TRACK {CASE}")
    assert world.leave() == []
    assert states(world) == {CASE: "stopped"}


def test_a_complaint_about_an_answer_leaves_what_is_tracked(world: World) -> None:
    world.follow(ANN, CASE)
    world.mail(ANN, "HELP")
    (answer,) = world.leave()
    complain(world, answer)
    assert states(world) == {CASE: "active"}
    world.mail(ANN, f"TRACK {OTHER}")
    assert world.leave() == []


def test_t_arf_a_forged_complaint_changes_nothing(world: World) -> None:
    tracking = world.follow(ANN, CASE)
    message_id = str(tracking.message["Message-ID"])
    row, mac = message_id.strip("<>").split("@")[0].split(".")
    before, arrived = states(world), []
    for made_up in (f"{row}.{mac[::-1]}", f"{int(row) - 1}.{mac}"):
        returned = f"Message-ID: {message_id.replace(f'{row}.{mac}', made_up)}\nTo: {ANN}\n"
        for to in (NOBODY, "bounces@court.example", BOT):
            raw = arf(to, f"{returned}Reply-To: {NOBODY}\n")
            arrived.append(world.mail("", to=to, mail_from="", raw=raw))
    assert set(arrived) == {"complaint of nobody"}
    assert states(world) == before
    assert world.leave() == []


# --- Suspended, and back ---


def test_while_suspended_only_what_the_address_asks_for_is_sent(world: World) -> None:
    world.follow(ANN, CASE)
    suspend(world)
    assert entered(world, "THIRD") == []
    world.mail(ANN, "REPORT")
    (report,) = world.leave()
    assert "E-mails that we sent to this address came back, so you get no notices" in report.folded
    assert "came back, so you get no notices" in report.html


def test_trap_78_recovery_sends_one_catch_up_a_case(world: World) -> None:
    world.follow(ANN, CASE)
    world.wait(hours=1)
    tracking = world.follow(ANN, OTHER)
    suspend(world)
    for text in ("THIRD", "FOURTH"):
        world.wait(days=3)
        assert entered(world, text) == []
        assert entered(world, f"{text} THERE", OTHER) == []
    world.answer(tracking, ANN, "REPORT")
    left = world.leave()
    assert sorted(templates(left)) == ["notice", "notice", "report"]
    assert told(left, "FIRST", "SECOND") == [1, 1]
    assert told(left, "FOURTH THERE", "THIRD THERE") == [1, 1]
    (report,) = [sent for sent in left if sent.row.template == "report"]
    assert "came back for a while. You get notices of changes again." in report.folded
    assert suspended_at(world) is None
    world.answer(tracking, ANN, "REPORT")
    (again,) = world.leave()
    assert "came back" not in again.folded  # said once
    assert world.sweep() == []
    assert told(entered(world, "FIFTH"), "FIRST", "FIFTH") == [0, 1]


def test_a_catch_up_without_a_newer_change_tells_what_came_back(world: World) -> None:
    tracking = world.follow(ANN, CASE)
    second = suspend(world)
    world.wait(days=40)
    world.answer(tracking, ANN, "REPORT")
    (notice,) = [sent for sent in world.leave() if sent.row.template == "notice"]
    assert told([notice], "FIRST", "SECOND") == [1, 1]
    assert notice.message["Message-ID"] != second.message["Message-ID"]


def test_a_link_wakes_the_address_too(world: World) -> None:
    world.follow(ANN, CASE)
    world.wait(hours=1)
    world.follow(ANN, OTHER)
    second = suspend(world)
    world.act("stop", second.token("s"))
    assert suspended_at(world) is None
    assert templates(world.leave()) == ["stopped"]  # nothing of the stopped case is told


def test_a_stranger_does_not_wake_the_address(world: World) -> None:
    tracking = world.follow(ANN, CASE)
    suspend(world)
    world.mail(ANN, "REPORT")
    world.answer(tracking, BOB, "REPORT")
    assert suspended_at(world) is not None


MX = "mx.court.example"
TRUSTED = (
    f"Received: from out.people.example by {MX} with ESMTPS id 2; Tue\r\n"
    f"Authentication-Results: {MX}; dmarc={{}} header.from=people.example\r\n"
)


@pytest.mark.parametrize(("dmarc", "wakes"), [("pass", True), ("fail", False), ("none", False)])
def test_a_proved_mail_wakes_the_address(tmp_path: Path, dmarc: str, wakes: bool) -> None:
    """What a trusted server proves is from the address (5.4), so somebody is there."""
    trust = f'trusted_results = ["{MX}"]'
    for world in worlds(tmp_path, more=ABUSE, mailbox_options=trust):
        world.follow(ANN, CASE)
        suspend(world)
        raw = TRUSTED.format(dmarc).encode() + world.raw(ANN, "HELP", "", BOT)
        world.mail(ANN, raw=raw)
        left = world.leave()
        assert (suspended_at(world) is None) == wakes
        assert told(left, "FIRST", "SECOND") == [int(wakes)] * 2
        (said,) = [sent for sent in left if sent.row.template == "help"]
        assert ("came back for a while" in said.folded) == wakes


def test_a_proved_mail_of_an_address_that_is_not_known_wakes_nobody(tmp_path: Path) -> None:
    for world in worlds(tmp_path, mailbox_options=f'trusted_results = ["{MX}"]'):
        raw = TRUSTED.format("pass").encode() + world.raw(BOB, "HELP", "", BOT)
        world.mail(BOB, raw=raw)
        assert templates(world.leave()) == ["help"]


def test_a_stop_and_its_undo_while_suspended_lose_and_double_nothing(world: World) -> None:
    world.follow(ANN, CASE)
    second = suspend(world)
    world.act("stop", second.token("s"))
    (receipt,) = world.leave()
    entered(world, "THIRD")
    world.act("undo", receipt.token("r"))
    left = world.leave()
    assert told(left, "FIRST", "SECOND", "THIRD") == [1, 1, 1]


def test_a_catch_up_that_comes_back_is_told_again_later(world: World) -> None:
    tracking = world.follow(ANN, CASE)
    suspend(world)
    world.answer(tracking, ANN, "REPORT")
    (notice,) = [sent for sent in world.leave() if sent.row.template == "notice"]
    bounce(world, notice)
    world.wait(days=1)
    bounce(world, notice)
    assert suspended_at(world) is not None
    world.answer(tracking, ANN, "yes, I am here\nREPORT")
    assert told(world.leave(), "FIRST", "SECOND") == [1, 1]
