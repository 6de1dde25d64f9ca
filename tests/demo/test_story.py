"""`mailbot demo --check` plays the whole job over real sockets, beside another demo, in time."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from mailbot.demo.missouri import COFFMAN
from mailbot.demo.stage import Stage
from mailbot.demo.story import teller
from mailbot.demo.story.claims import Failed
from mailbot.demo.story.people import Person
from mailbot.demo.story.teller import Story
from tests.demo.playing import person, started

ROOT = Path(__file__).parent.parent.parent
SECONDS = 60  # the whole story, as promised to newcomers


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with TemporaryDirectory() as folder, started(Path(folder)) as running:
        yield running


def test_every_step_holds(stage: Stage) -> None:
    begun = time.monotonic()
    told = subprocess.run(
        [sys.executable, "-m", "mailbot", "demo", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=4 * SECONDS,
        check=False,
    )
    assert told.returncode == 0, told.stdout + told.stderr
    assert told.stderr == ""
    steps = [line for line in told.stdout.splitlines() if line.startswith("ok  ")]
    assert len(steps) >= 40
    assert f"All {len(steps)} steps held" in told.stdout
    for part in ("CONFIRM by a bare reply", "UPDATED", "STOP ALL", "RFC 8058", "sealed"):
        assert part in told.stdout
    assert stage.mails.last_id == 0, "it played beside this demo, not in it"
    assert time.monotonic() - begun < 2 * SECONDS


def test_the_first_step_that_does_not_hold_ends_it(stage: Stage) -> None:
    told: list[str] = []

    def broken(story: Story) -> None:
        with story.step("one"):
            pass
        with story.step("two"):
            raise Failed("a yes", "a no")

    def never(story: Story) -> None:
        with story.step("three"):
            pass

    assert teller.play(stage, [broken, never], told.append) == 1
    assert told == ["ok  one", "FAILED two: expected a yes, came a no"]


def test_any_error_is_that_steps(stage: Stage) -> None:
    told: list[str] = []

    def broken(story: Story) -> None:
        with story.step("one"):
            raise ConnectionRefusedError("nobody there")

    assert teller.play(stage, [broken], told.append) == 1
    assert told == ["FAILED one: expected no error, came ConnectionRefusedError nobody there"]


def test_a_story_that_holds_says_so(stage: Stage) -> None:
    told: list[str] = []

    def short(story: Story) -> None:
        with story.step("one"):
            story.person("ida").has_nothing_new()

    assert teller.play(stage, [short], told.append) == 0
    assert told == ["ok  one", "All 1 steps held, in 0 s."]


def test_another_mail_than_the_expected_one_is_named(stage: Stage) -> None:
    jane = person(stage, "jane")
    jane.write("HELP")
    with pytest.raises(Failed, match="expected a mail of kind report, came help: "):
        jane.gets("report")


def test_a_surplus_mail_is_noticed(stage: Stage) -> None:
    kate = person(stage, "kate")
    kate.write("HELP")
    kate.write("REPORT")
    kate.gets("help")
    stage.mails.wait(lambda mail: b"no-records" in mail.content, 0, 20)
    with pytest.raises(Failed, match="no further mail, came no-records"):
        kate.has_nothing_new()


def test_what_the_server_refuses_fails(stage: Stage) -> None:
    with pytest.raises(Failed, match="250 from the mail server, came 550"):
        person(stage, "leo").write("HELP", to="else@where.example")


def test_it_waits_until_the_court_was_swept(stage: Stage) -> None:
    story = Story(stage, print)
    act = stage.clerk.add_entry(COFFMAN)
    story.becomes_quiet(act.at)
    swept = stage.inside.look().swept_at
    assert swept is not None
    assert swept > act.at


def test_nobody_tracks_what_nobody_asked_for(stage: Stage) -> None:
    nobody: Person = person(stage, "nobody")
    assert Story(stage, print).state(nobody, COFFMAN) == "none"
