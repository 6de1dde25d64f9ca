"""The main job through a real Postfix, which stops, comes back, keeps mail, and sends it back."""

from __future__ import annotations

import re
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from signal import SIGKILL, SIGTERM, Signals
from typing import Any

import pytest

from tests.outbound.standards import problems
from tests.stories.theatre import QUIET, SECONDS, free_port
from tests.system.people import COFFMAN, Delivered, Person, PostedTheatre, until
from tests.system.postfix import Postfix
from tests.system.sasl import Logins
from tests.tls import PEM

pytestmark = pytest.mark.system

CROWD = [f"p{number:03}" for number in range(100)]
CONNECTIONS = 4  # to the smarthost at once; the default


@pytest.fixture
def logins() -> Iterator[Logins]:
    with Logins("mailbot", "correct horse") as running:
        yield running


@pytest.fixture
def postfix(logins: Logins) -> Iterator[Postfix]:
    with Postfix(["ann", *CROWD], free_port(), logins.port) as running:
        yield running


@pytest.fixture
def theatre(postfix: Postfix, tmp_path: Path) -> Iterator[PostedTheatre]:
    with PostedTheatre(tmp_path, postfix) as running:
        yield running
    assert running.posts == []  # nothing by another way
    assert "Traceback" not in running.log.read_text()


@pytest.fixture
def ann(postfix: Postfix) -> Person:
    return Person("ann", postfix)


def rows(theatre: PostedTheatre, statement: str) -> list[tuple[Any, ...]]:
    """What the store holds, read beside the running service."""
    with closing(sqlite3.connect(f"file:{theatre.folder}/store.sqlite?mode=ro", uri=True)) as store:
        return store.execute(statement).fetchall()


def nothing_more(ann: Person) -> None:
    """Fails if another mail comes."""
    time.sleep(QUIET)
    assert [mail.subject for mail in ann.arrived()[ann.read :]] == []


def faultless(theatre: PostedTheatre, mail: Delivered) -> None:
    """The mail is as mailbot made it, and came from the mail's own return path."""
    assert problems(mail.as_sent) == []
    assert re.fullmatch(r"<track\+b-[a-z0-9]+@court\.example>", str(mail.message["Return-Path"]))
    assert "DKIM-Signature" not in mail.message  # the mail server's task, and this one has no key
    assert str(mail.message["Message-ID"]).endswith("@track.court.example>")
    (made_at,) = (
        datetime.fromisoformat(made_at).replace(tzinfo=UTC, microsecond=0)
        for (made_at,) in rows(theatre, "SELECT max(created_at) FROM outbox")
    )
    assert parsedate_to_datetime(str(mail.message["Date"])) == made_at


def test_the_whole_loop(theatre: PostedTheatre, ann: Person) -> None:
    ann.write(f"TRACK {COFFMAN}")
    asked = ann.next()
    assert "please verify" in asked.subject
    faultless(theatre, asked)
    ann.answer(asked, "yes")
    tracking = ann.next()
    assert tracking.subject.endswith("you are now tracking this case")
    faultless(theatre, tracking)

    theatre.court.enter(COFFMAN, "Order", "Granted: Zoë may move. " + "long " * 300)
    notice = ann.next()
    assert "Zoë may move" in notice.text
    faultless(theatre, notice)
    (link,) = re.findall(rb"^List-Unsubscribe: (.*)$", notice.raw, re.MULTILINE)
    assert re.fullmatch(rb"<http://127\.0\.0\.1:\d+/u/\S+>, <mailto:track\+s-\S+>", link)
    assert b"\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\n" in notice.raw

    address, subject = notice.mailto("STOP 15AB")
    ann.write(subject, to=address)
    stopped = ann.next()
    assert stopped.subject.endswith("you are no longer tracking this case")
    faultless(theatre, stopped)
    theatre.court.enter(COFFMAN, "Order", "Unheard")
    nothing_more(ann)


def test_a_login_behind_starttls(
    postfix: Postfix, logins: Logins, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(PEM))  # whom this machine trusts
    smarthost = (
        f'host = "localhost"\nport = {postfix.submission_port}\ntls = "starttls"\n'
        'username = "mailbot"\npassword = "correct horse"'
    )
    with PostedTheatre(tmp_path, postfix, smarthost):
        Person("ann", postfix).track()
    assert set(logins.asked) == {"mailbot"}
    assert "sasl_method=PLAIN, sasl_username=mailbot" in postfix.log


@pytest.mark.parametrize("wrong", ["certificate", "password"])
def test_nothing_is_said_to_who_is_not_trusted(
    postfix: Postfix, logins: Logins, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrong: str
) -> None:
    if wrong == "password":
        monkeypatch.setenv("SSL_CERT_FILE", str(PEM))
    smarthost = (
        f'host = "localhost"\nport = {postfix.submission_port}\ntls = "starttls"\n'
        'username = "mailbot"\npassword = "wrong"'
    )
    ann = Person("ann", postfix)
    with PostedTheatre(tmp_path, postfix, smarthost) as theatre:
        ann.write(f"TRACK {COFFMAN}")
        theatre.wait_for(lambda: "event=trouble" in theatre.log.read_text(), "a line in the log")
        nothing_more(ann)
        assert rows(theatre, "SELECT state FROM outbox") == [("ready",)]
        assert "wrong" not in theatre.log.read_text()
    assert logins.asked == (["mailbot"] if wrong == "password" else [])


def test_a_mail_server_that_is_away_gets_the_notice_once(
    theatre: PostedTheatre, ann: Person, postfix: Postfix
) -> None:
    ann.track()
    postfix.stop()
    theatre.court.enter(COFFMAN, "Order", "While it was away")
    theatre.wait_for(lambda: "mail server away" in theatre.log.read_text(), "a vain try")
    postfix.start()
    assert "While it was away" in ann.next().text
    nothing_more(ann)


class Burst:
    """A hundred people ask at the same time, while mailbot is ended in between and started again."""

    def __init__(self, theatre: PostedTheatre, postfix: Postfix) -> None:
        self.theatre, self.postfix = theatre, postfix
        self.people = [Person(name, postfix) for name in CROWD]

    def counts(self) -> Counter[str]:
        """How many mails each of them has."""
        return Counter({person.name: len(person.arrived()) for person in self.people})

    def play(self, number: Signals, after: int) -> int:
        """End mailbot by that signal once it has taken so many mails. Returns its exit code."""
        writing = threading.Thread(target=self._write)
        writing.start()
        until(lambda: self._taken() >= after, f"{after} mails to be taken", self.postfix)
        code = self.theatre.stop(number)
        taken, answered = self._taken(), self.counts().total()
        writing.join()
        print(f"{taken} of {len(CROWD)} mails were taken, {answered} answers were there")
        until(lambda: "status=deferred" in self.postfix.log, "the others to wait", self.postfix)
        self.theatre.start()
        until(self._is_over, "everything to be answered", self.postfix, 2 * SECONDS)
        assert rows(self.theatre, "SELECT count(*) FROM subscription") == [(len(CROWD),)]
        return code

    def _write(self) -> None:
        for person in self.people:
            person.write(f"TRACK {COFFMAN}")

    def _taken(self) -> int:
        ((count,),) = rows(self.theatre, "SELECT count(*) FROM arrival")
        return int(count)

    def _is_over(self) -> bool:
        self.postfix.flush()
        time.sleep(1)
        states = rows(self.theatre, "SELECT DISTINCT state FROM outbox")
        return self.postfix.queued() == 0 and states == [("sent",)]


def test_stopped_in_a_burst_it_answers_each_exactly_once(
    theatre: PostedTheatre, postfix: Postfix
) -> None:
    burst = Burst(theatre, postfix)
    assert burst.play(SIGTERM, after=20) == 0
    assert burst.counts() == dict.fromkeys(CROWD, 1)


@pytest.mark.parametrize("after", [10, 50])
def test_killed_in_a_burst_it_loses_nothing(
    theatre: PostedTheatre, postfix: Postfix, after: int
) -> None:
    burst = Burst(theatre, postfix)
    assert burst.play(SIGKILL, after) == -SIGKILL
    counts = burst.counts()
    twice = [person for person in burst.people if counts[person.name] == 2]
    print(f"lost {list(counts.values()).count(0)}, doubled {len(twice)}")
    assert set(counts.values()) <= {1, 2}
    assert len(twice) <= CONNECTIONS  # one in flight on each
    for person in twice:
        one, other = person.arrived()
        assert one.message["Message-ID"] == other.message["Message-ID"]
        assert one.as_sent == other.as_sent


def test_who_does_not_exist_is_given_up(theatre: PostedTheatre, postfix: Postfix) -> None:
    """Refused at once, or sent back by a real delivery report: nothing goes round in circles."""
    gone, away = Person("gone", postfix), Person("away", postfix)
    gone.write(f"TRACK {COFFMAN}")
    away.write(f"TRACK {COFFMAN}")
    theatre.wait_for(lambda: "event=failed" in theatre.log.read_text(), "the refusal")
    until(lambda: "status=bounced" in postfix.log, "the bounce", postfix)
    until(
        lambda: re.search(r"to=<track\+b-\S+>, .*status=sent", postfix.log),
        "it to be taken",
        postfix,
    )
    time.sleep(QUIET)
    states = Counter(state for (state,) in rows(theatre, "SELECT state FROM outbox"))
    assert states == {"failed": 1, "returned": 1}  # the report was read
    assert postfix.queued() == 0
