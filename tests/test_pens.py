"""What an administrator does with the pen (trap 90), beside a service that goes on."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mailbot.cli import main
from tests.poison import arrives, broken, in_pen
from tests.world import BOT, Sent, World, templates

BEN = "ben@people.example"


def run(world: World, *words: str) -> Result:
    result = CliRunner().invoke(main, ["pen", words[0], "--config", str(config(world)), *words[1:]])
    assert isinstance(result.exception, SystemExit | None), result.exception
    return result


def left(world: World) -> list[Sent]:
    """What leaves now; commands live by the real clock."""
    world.now = datetime.now(UTC)
    return world.leave()


def config(world: World) -> Path:
    return world.folder / "config.toml"


@pytest.fixture
def parked(world: World) -> World:
    """A world with a mail in the pen that nobody else has any more."""
    with broken(world):
        raw = world.raw(BEN, "HELP", "\x1b[2J please", BOT)
        assert [arrives(world, raw, BEN) for _ in range(3)] == [False, False, True]
    return world


def test_an_empty_pen_lists_nothing(world: World) -> None:
    assert run(world, "list").output == ""


def test_a_mail_is_listed_and_shown(parked: World) -> None:
    listed = run(parked, "list").output
    assert "1  2026-03-03 15:00  3 tries, kept  " in listed
    assert "from <ben@people.example> to <track@court.example>  ValueError at mailbot" in listed
    shown = run(parked, "show", "1").output
    assert "mailbot.desk.intake" in shown
    assert "?[2J please" in shown  # a terminal obeys nothing in it
    raw = run(parked, "show", "1", "--raw").stdout_bytes
    assert b"\x1b[2J please\r\n" in raw


def test_what_is_not_there_is_said(world: World) -> None:
    for words in (("show", "7"), ("retry", "7"), ("answer", "7"), ("drop", "7")):
        result = run(world, *words)
        assert (result.exit_code, result.output) == (
            1,
            "There is no mail 7 in the pen; it may have been seen to.\n",
        )


def test_a_retry_acts_once(parked: World) -> None:
    assert run(parked, "retry", "1").output == "1: done.\n"
    assert in_pen(parked) == []
    assert run(parked, "retry", "1").exit_code == 1
    assert templates(left(parked)) == ["help"]


def test_a_retry_of_what_was_acted_upon_meanwhile_does_nothing(parked: World) -> None:
    """Its sender, or a copy by another way, was quicker; so was a retry that lost its store."""
    raw = parked.raw(BEN, "HELP", "", BOT)
    with broken(parked):
        arrives(parked, raw, BEN)
    parked.mail(BEN, raw=raw)
    assert run(parked, "retry", "2").output == "2: repeated.\n"
    assert templates(left(parked)) == ["help"]


def test_an_edited_mail_is_what_is_tried(parked: World, tmp_path: Path) -> None:
    file = tmp_path / "mended.eml"
    file.write_bytes(parked.raw(BEN, "TRACK 15AB-CR00015", "", BOT))
    assert run(parked, "edit", "1", str(file)).output == "1: changed.\n"
    assert run(parked, "retry", "1").exit_code == 0
    assert templates(left(parked)) == ["verify"]


def test_many_are_tried_by_reason_and_time(parked: World) -> None:
    parked.wait(days=1)
    with broken(parked):
        arrives(parked, parked.raw(BEN, "REPORT", "", BOT), BEN)
    assert run(parked, "retry", "--all", "--reason", "KeyError").output == ""
    assert run(parked, "retry", "--all", "--since", "2026-03-04").output == "2: done.\n"
    assert run(parked, "retry", "--all", "--reason", "ValueError at").output == "1: done.\n"
    assert sorted(templates(left(parked))) == ["help", "no-records"]


def test_a_retry_names_one_mail_or_all(parked: World) -> None:
    for words in (("retry",), ("retry", "1", "--all")):
        assert run(parked, *words).exit_code == 2


def test_its_writer_is_answered_once(parked: World) -> None:
    assert run(parked, "answer", "1").output == "1: answered.\n"
    assert run(parked, "answer", "1").output == "1: answered before.\n"
    (said,) = left(parked)
    assert (said.row.template, said.recipient) == ("not-handled", BEN)
    assert said.message["In-Reply-To"] == "<1@people.example>"
    assert "answered" in run(parked, "list").output


def test_a_robot_is_not_answered(world: World) -> None:
    with broken(world):
        raw = world.raw(BEN, "HELP", "", "stop@court.example", {"Auto-Submitted": "auto-replied"})
        arrives(world, raw, BEN)
        arrives(world, world.raw(BEN, "HELP", "", BOT), BEN)
    (parked,) = in_pen(world)  # the robot's mail was no trouble
    file = world.folder / "robot.eml"
    file.write_bytes(raw)
    run(world, "edit", str(parked.id), str(file))
    result = run(world, "answer", str(parked.id))
    assert (result.exit_code, result.output) == (1, "1: not answered: Auto-Submitted (RFC 3834).\n")
    assert world.leave() == []


def test_a_mail_can_be_thrown_away(parked: World) -> None:
    assert run(parked, "drop", "1").output == "1: thrown away.\n"
    assert in_pen(parked) == []
    assert left(parked) == []
