"""The store on a real PostgreSQL: the stories, two services on one store, and crashes."""

from __future__ import annotations

import os
import smtplib
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from signal import SIGKILL

import pytest

from tests.stories.script import Script
from tests.stories.test_operating import BOT, answer_to, mail
from tests.stories.test_stories import STORIES
from tests.stories.theatre import ROOT, Theatre, free_port
from tests.system.postgresql import PostgreSQL
from tests.world import people_the_court

pytestmark = pytest.mark.system

CASE = "15AB-CR00015"
LANES = 4  # connections of a sender: so many mails may be in doubt when it dies
MINUTES = 10


@pytest.fixture(scope="module")
def server() -> Iterator[PostgreSQL]:
    with PostgreSQL() as running:
        yield running


@pytest.fixture
def theatre(server: PostgreSQL, tmp_path: Path) -> Iterator[Theatre]:
    theatre = Theatre(tmp_path, store=server.database())
    people_the_court(theatre.court)
    with theatre:
        yield theatre


class Second:
    """Another service with the same configuration but for its ports."""

    def __init__(self, first: Theatre) -> None:
        self.smtp_port, page_port = free_port(), free_port()
        text = (first.folder / "config.toml").read_text()
        text = text.replace(f":{first.smtp_port}", f":{self.smtp_port}")
        text = text.replace(f":{first.page_port}", f":{page_port}")
        self._path = first.folder / "second.toml"
        self._path.write_text(text)
        self._first = first

    def start(self) -> None:
        """Start it and wait until it takes mail."""
        words = [sys.executable, "-m", "mailbot", "serve", "--config", str(self._path)]
        with self._first.log.open("ab") as log:
            self.process = subprocess.Popen(words, cwd=ROOT, stdout=log, stderr=log)
        self._first.wait_for(self._takes_mail, "the second service")

    def _takes_mail(self) -> bool:
        try:
            smtplib.SMTP("127.0.0.1", self.smtp_port, timeout=2).quit()
        except OSError:
            return False
        return True

    def kill(self) -> None:
        """kill -9."""
        self.process.send_signal(SIGKILL)
        self.process.wait()


@pytest.fixture
def second(theatre: Theatre) -> Iterator[Second]:
    other = Second(theatre)
    other.start()
    yield other
    other.process.terminate()
    other.process.wait()


def handed_over(port: int, person: str, content: bytes) -> bool:
    """Whether the service took the mail."""
    try:
        with smtplib.SMTP("127.0.0.1", port, timeout=60) as smtp:
            return smtp.sendmail(person, [BOT], content) == {}
    except (OSError, smtplib.SMTPException):
        return False


def all_told(theatre: Theatre, people: list[str], kills: int) -> None:
    """Everybody has one mail, but for one in doubt on each connection of whoever was killed."""
    wanted = set(people)
    theatre.wait_for(lambda: {post.recipient for post in theatre.posts} == wanted, "all mails")
    time.sleep(1.5)
    assert len(theatre.posts) - len(people) <= LANES * kills
    ids = {post.content.split(b"Message-ID: ")[1].split(b"\r\n")[0] for post in theatre.posts}
    assert len(ids) == len(people)


@pytest.mark.parametrize("story", STORIES[:2], ids=lambda folder: folder.name)
def test_stories_are_told_to_the_letter(server: PostgreSQL, tmp_path: Path, story: Path) -> None:
    profile = "seed" if story.name.endswith("-seed") else "default"
    theatre = Theatre(tmp_path, profile, store=server.database())
    people_the_court(theatre.court)
    with theatre:
        Script(theatre, story).play()
    assert "Traceback" not in theatre.log.read_text()


def test_two_services_share_one_store_and_tell_everybody_once(
    theatre: Theatre, second: Second
) -> None:
    people = [f"person{number}@x.example" for number in range(20)]
    for number, person in enumerate(people):
        for port in (theatre.smtp_port, second.smtp_port):  # the same mail by two ways acts once
            assert handed_over(port, person, mail(person, f"TRACK {CASE}", number=number))
    all_told(theatre, people, kills=0)
    for number, post in enumerate(theatre.next(len(people))):
        port = (theatre.smtp_port, second.smtp_port)[number % 2]
        yes = mail(post.recipient, "yes", number=100 + number).replace(
            BOT.encode(), answer_to(post).encode()
        )
        with smtplib.SMTP("127.0.0.1", port, timeout=60) as smtp:
            smtp.sendmail(post.recipient, [answer_to(post)], yes)
    theatre.next(len(people))
    theatre.court.enter(CASE, "Filing:", "ONE MOTION", datetime.now(UTC))
    notices = theatre.next(len(people))
    assert sorted(post.recipient for post in notices) == sorted(people)
    assert all(b"ONE MOTION" in post.content for post in notices)
    theatre.nothing_comes()  # both watch the court, and neither tells it again


def test_one_of_two_services_killed_in_a_burst_loses_nothing(
    theatre: Theatre, second: Second
) -> None:
    people = [f"person{number}@x.example" for number in range(40)]
    taken = []
    for number, person in enumerate(people):
        port = (theatre.smtp_port, second.smtp_port)[number % 2]
        if handed_over(port, person, mail(person, f"TRACK {CASE}", number=number)):
            taken.append(person)
        if number == 25:
            second.kill()
    second.start()
    for number, person in enumerate(people):
        assert handed_over(second.smtp_port, person, mail(person, f"TRACK {CASE}", number=number))
    assert 26 <= len(taken) < len(people)
    all_told(theatre, people, kills=1)


def test_a_database_that_crashes_in_a_burst_loses_nothing(
    theatre: Theatre, server: PostgreSQL
) -> None:
    people = [f"person{number}@x.example" for number in range(40)]
    for number, person in enumerate(people):
        if number == 20:
            server.kill()
            assert not handed_over(theatre.smtp_port, person, mail(person, "HELP", number=1000))
            server.start()
        content = mail(person, f"TRACK {CASE}", number=number)
        theatre.wait_for(
            lambda person=person, content=content: handed_over(  # type: ignore[misc]
                theatre.smtp_port, person, content
            ),
            "the mail to be taken",
        )
    all_told(theatre, people, kills=1)
    theatre.wait_for(theatre.is_ready, "the service to recover without a restart")


def test_what_the_store_and_the_desk_promise_holds_here_too(server: PostgreSQL) -> None:
    """The tests of what decides by what it has read, each with a database of its own."""
    desk = ("tracking", "stopping", "opening")
    done = subprocess.run(
        [
            sys.executable,
            *("-m", "pytest", "-x", "-W", "ignore::ResourceWarning"),  # connections, closed late
            *("tests/store", "tests/outbound/test_sender.py"),
            *(f"tests/desk/test_{name}.py" for name in desk),
        ],
        cwd=ROOT,
        check=False,
        env={**os.environ, "MAILBOT_TEST_STORE": server.url},
        capture_output=True,
        text=True,
        timeout=MINUTES * 60,
    )
    assert done.returncode == 0, done.stdout[-4000:]
