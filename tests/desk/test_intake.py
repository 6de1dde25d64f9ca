"""Who is answered, with what, and how often (mail-interface.md 5.2, 5.5, decisions.md 13-22)."""

from __future__ import annotations

import pytest

from tests.world import World, templates

ANN, BEN = "ann@people.example", "ben@people.example"


def test_what_the_grammar_cannot_read_gets_one_helpful_answer(world: World) -> None:
    world.mail(ANN, "a question", "Hello, I would like to know about my brother's case.")
    (said,) = world.leave()
    assert said.row.template == "not-understood"
    assert "TRACK" in said.text


def test_a_mistyped_verb_gets_a_suggestion(world: World) -> None:
    world.mail(ANN, "TRAK 15AB-CR00015")
    (said,) = world.leave()
    assert "TRACK 15AB-CR00015" in said.text
    assert "mailto:track@court.example?subject=TRACK" in said.text


def test_a_bare_number_is_offered_to_track(world: World) -> None:
    world.mail(ANN, "15AB-CR00015")
    (said,) = world.leave()
    assert "TRACK 15AB-CR00015" in said.text
    assert "COFFMAN" not in said.text


@pytest.mark.parametrize("verb", ["NAME Simpson", "HEARINGS today", "MY DATA", "DIGEST daily"])
def test_a_verb_that_is_not_built_says_so(world: World, verb: str) -> None:
    world.mail(ANN, verb)
    (said,) = world.leave()
    assert said.row.template == "not-understood"
    assert "Not offered here:" in said.folded


def test_help_lists_what_is_accepted(world: World) -> None:
    world.mail(ANN, "help")
    (said,) = world.leave()
    for verb in ("TRACK", "REPORT", "STOP", "UNDO", "HELP"):
        assert verb in said.text
    for verb in ("HEARINGS", "DIGEST", "FORGET"):
        assert verb not in said.text


def test_help_and_errors_are_answered_three_times_a_day(world: World) -> None:
    for number in range(10):
        world.mail(ANN, f"what about {number}", "please explain")
    assert len(world.leave()) == 3
    world.mail(ANN, "TRACK 15AB-CR00015")
    assert templates(world.leave()) == ["verify"]
    world.wait(days=1, minutes=1)
    world.mail(ANN, "and now", "please explain")
    assert templates(world.leave()) == ["not-understood"]


def test_answers_to_commands_are_thirty_a_day_for_the_unproved(world: World) -> None:
    for number in range(40):
        world.mail(ANN, f"STOP 15AB-CR{number:05}")
    assert len(world.leave()) == 30


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto-Submitted": "auto-replied"},
        {"Precedence": "bulk"},
        {"List-Id": "<a.list.example>"},
        {"X-Auto-Response-Suppress": "All"},
        {"X-Autoreply": "yes"},
    ],
)
def test_robots_and_lists_are_not_answered(world: World, headers: dict[str, str]) -> None:
    world.mail(ANN, "TRACK 15AB-CR00015", "", headers=headers)
    assert world.leave() == []


def test_a_null_sender_is_not_answered(world: World) -> None:
    world.mail(ANN, "TRACK 15AB-CR00015", mail_from="")
    assert world.leave() == []


@pytest.mark.parametrize("body", ["I am out of office until Monday. Best, Ann"])
def test_a_vacation_reply_confirms_nothing(world: World, body: str) -> None:
    world.mail(ANN, "TRACK 15AB-CR00015")
    (asked,) = world.leave()
    world.answer(asked, ANN, body)
    assert "tracking" not in templates(world.leave())


def test_our_own_mail_fed_back_changes_nothing(world: World) -> None:
    """Trap 9: quoted, unquoted, forwarded or bounced, in every template."""
    world.follow(ANN, "15AB-CR00015")
    world.court.enter("15AB-CR00015", "Order", "TRACK 000333666\nSTOP ALL\nCONFIRM")
    world.sweep()
    world.mail(ANN, "STOP ALL", "fresh")
    world.mail(ANN, "HELP")
    world.mail(ANN, "REPORT")
    world.mail(BEN, "TRACK 15AB-DR00010")
    world.leave()
    world.wait(hours=1)
    before = {key: world.counts()[key] for key in ("subscription", "request", "stop", "refusal")}
    for sent in list(world.sent):
        for subject in (str(sent.message["Subject"]), f"Fwd: {sent.message['Subject']}"):
            for address in ("track@court.example", sent.reply_to):
                world.mail("carl@people.example", subject, sent.text, to=address)
                world.mail(sent.recipient, subject, sent.text, to=address)
        world.mail(ANN, raw=sent.raw)
    after = {key: world.counts()[key] for key in before}
    assert after == before
    world.mail(ANN, "REPORT", "still")
    assert any("15AB-CR00015" in each.text for each in world.leave())


def test_forwarded_mail_runs_no_command(world: World) -> None:
    world.mail(ANN, "Fwd: TRACK 15AB-CR00015", "TRACK 15AB-CR00015")
    assert "verify" not in templates(world.leave())


def test_subject_and_body_together(world: World) -> None:
    world.mail(ANN, "TRACK 15AB-CR00015", "track 15ab-dr00010\n")
    (asked,) = world.leave()
    assert "15AB-DR00010" in asked.text


def test_answers_carry_the_thread_and_say_they_are_from_a_machine(world: World) -> None:
    world.mail(ANN, "REPORT", headers={"References": "<a@b.example>"})
    (said,) = world.leave()
    assert said.message["Auto-Submitted"] == "auto-replied"
    assert said.message["X-Auto-Response-Suppress"] == "All"
    assert said.message["In-Reply-To"] == "<1@people.example>"
    assert said.message["References"] == "<a@b.example> <1@people.example>"
    assert said.message["To"] == ANN


def test_two_from_addresses_move_nothing(world: World) -> None:
    raw = world.raw(
        "ann@people.example, ben@people.example", "TRACK 15AB-CR00015", "", "x@y.example"
    )
    world.mail(ANN, raw=raw)
    assert world.leave() == []
    assert world.counts()["subscription"] == 0


def test_an_unknown_tag_of_a_known_mailbox_is_answered(world: World) -> None:
    world.mail(ANN, "TRACK 15AB-CR00015", to="track+anything@court.example")
    assert templates(world.leave()) == ["verify"]


def test_the_desk_knows_its_addresses(world: World) -> None:
    assert world.desk.accepts("Track@Court.Example")
    assert world.desk.accepts("track+s-abc@court.example")
    assert not world.desk.accepts("tracker@court.example")
    assert not world.desk.accepts("track@other.example")
