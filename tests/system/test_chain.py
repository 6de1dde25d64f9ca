"""The main job through real servers on every side, as the recipes have it; each of them killed once."""

from __future__ import annotations

import re
import smtplib
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.inbound.imap.endpoint import Endpoint
from tests.outbound.standards import problems
from tests.stories.theatre import QUIET, SECONDS, Theatre
from tests.system.chain import ACCOUNT, LANES, LOGIN, Chain, chain, rows
from tests.system.daemon import Daemon
from tests.system.dovecot import PASSWORD
from tests.system.people import COFFMAN, Person, until
from tests.tls import PEM

pytestmark = pytest.mark.system

CONNECTIONS = 4  # of mailbot to its smarthost; the default
VICTIMS = ("mailbot", "postfix", "dovecot")
CROWDS = {victim: [f"{victim}{number:02}" for number in range(16)] for victim in VICTIMS}


@pytest.fixture(autouse=True, scope="module")
def trusted() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(PEM))  # whom this machine trusts
        yield


@pytest.fixture(scope="module")
def running(trusted: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    """One chain for all tests that mail by LMTP; each has people of its own."""
    people = ["ann", "ben", "eve", *(name for crowd in CROWDS.values() for name in crowd)]
    with chain(tmp_path_factory.mktemp("chain"), people) as found:
        yield found


def of(running: Chain, table: str, what: str, name: str) -> list[Any]:
    """A column of the store's rows about the people whose names begin so."""
    found = rows(
        running.theatre,
        f"SELECT {what} FROM {table} JOIN address ON address.id = {table}.address_id "
        f"WHERE address.key LIKE '{name}%'",
    )
    return [each for (each,) in found]


def nothing_more(person: Person) -> None:
    """Fails if another mail comes."""
    time.sleep(QUIET)
    assert [mail.subject for mail in person.arrived()[person.read :]] == []


def play_the_whole_story(running: Chain, name: str = "ann") -> None:
    """TRACK, yes by reply, a notice, STOP by reply: each is what a person does with what came."""
    person = Person(name, running)
    person.write(f"TRACK {COFFMAN}")
    asked = person.next()
    assert "please verify" in asked.subject
    person.answer(asked, "yes")
    tracking = person.next()
    assert tracking.subject.endswith("you are now tracking this case")

    running.theatre.court.enter(COFFMAN, "Order", "Granted: Zoë may move. " + "long " * 300)
    notice = person.next()
    assert "Zoë may move" in notice.text
    assert b"\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\n" in notice.raw
    person.answer(notice, "STOP")
    stopped = person.next()
    assert stopped.subject.endswith("you are no longer tracking this case")
    running.theatre.court.enter(COFFMAN, "Order", "Unheard")
    nothing_more(person)
    for mail in (asked, tracking, notice, stopped):
        assert problems(mail.as_sent) == []
        path = str(mail.message["Return-Path"])
        assert re.fullmatch(r"<track\+b-[a-z0-9]+@court\.example>", path)
        assert str(mail.message["To"]).endswith(f"{person.address}")


def test_the_whole_story_by_lmtp(running: Chain) -> None:
    play_the_whole_story(running)
    log = running.postfix.log
    assert f"sasl_method=PLAIN, sasl_username={LOGIN}" in log
    assert re.search(r"postfix/lmtp\[\d+\]: .*to=<track\+c-\w+@court\.example>.*status=sent", log)


def test_a_person_with_a_tag_is_answered_at_that_tag(running: Chain) -> None:
    """The plus survives on both ends: hers at Dovecot, ours at Postfix and LMTP."""

    class Tagged(Person):
        @property
        def address(self) -> str:
            return "ben+court@people.example"

    tracking = Tagged("ben", running).track()
    assert "ben+court@people.example" in str(tracking.message["To"])
    assert str(tracking.message["Delivered-To"]) == "ben+court@people.example"


def test_a_mailbox_that_is_not_there_comes_back_and_counts(running: Chain) -> None:
    """Dovecot refuses, Postfix reports to the return path, mailbot believes its handle."""
    Person("gone", running).write(f"TRACK {COFFMAN}")
    until(lambda: of(running, "returned", "hard", "gone") == [1], "the report", running)
    assert of(running, "request", "state", "gone") == ["bounced"]
    assert of(running, "outbox", "state", "gone") == ["returned"]
    assert re.search(r"to=<gone@.* 5\.1\.1 .*status=bounced|status=bounced .*5\.1\.1", running.log)
    assert "event=returned" in running.theatre.log.read_text()


def test_a_subscriber_whose_mailbox_goes_away_gets_a_point_and_loses_it_by_writing(
    running: Chain,
) -> None:
    eve = Person("eve", running)
    tracking = eve.track()
    password = running.dovecot.passwords.pop(eve.address)
    running.dovecot.write_users()
    running.theatre.court.enter(COFFMAN, "Order", "Nobody reads this")
    until(lambda: of(running, "returned", "hard", "eve") == [1], "the report", running)
    time.sleep(QUIET)
    assert of(running, "subscription", "state", "eve") == ["active"]
    assert of(running, "outbox", "state", "eve").count("returned") == 1
    assert running.postfix.queued() == 0  # no report about the report

    running.dovecot.passwords[eve.address] = password
    running.dovecot.write_users()
    eve.answer(tracking, "STOP")
    eve.next()
    assert of(running, "returned", "hard", "eve") == []


def test_only_listed_addresses_are_taken_and_only_mailbot_sends_as_the_court(
    running: Chain,
) -> None:
    with smtplib.SMTP("127.0.0.1", running.postfix.port, timeout=SECONDS) as door:
        door.ehlo()
        door.mail("ann@people.example")
        assert door.rcpt("nobody@court.example")[0] == 550
        assert door.rcpt("track+c-anything@court.example")[0] == 250
    with smtplib.SMTP("127.0.0.1", running.postfix.submission_port, timeout=SECONDS) as door:
        door.ehlo()
        door.mail("track@court.example")
        assert door.rcpt("ann@people.example")[0] == 530  # no TLS
    for sender, code in (("track+b-x@court.example", 250), ("ann@people.example", 553)):
        with submission(running, LOGIN) as door:
            door.mail(sender)
            assert door.rcpt("ann@people.example")[0] == code
    with submission(running, "ann@people.example") as door:
        door.mail(ACCOUNT)
        assert door.rcpt("ann@people.example")[0] == 553  # not the owner of that address


def submission(running: Chain, user: str) -> smtplib.SMTP:
    door = smtplib.SMTP("127.0.0.1", running.postfix.submission_port, timeout=SECONDS)
    door.starttls()
    door.login(user, PASSWORD)
    return door


# --- By IMAP ----------------------------------------------------------------------------------

PASSWORD_LOGIN = """way = "imap"
host = "127.0.0.1"
port = PORT
tls = "none"
username = "track@court.example"
password = "correct-horse"
"""
TOKEN_LOGIN = """way = "imap"
host = "127.0.0.1"
port = PORT
tls = "none"
username = "track@court.example"
[mailbox.oauth]
grant = "refresh_token"
token_url = "TOKENS"
client_id = "mailbot"
refresh_token = { file = "refresh-token" }
mechanism = "OAUTHBEARER"
"""


def test_the_whole_story_by_imap(tmp_path: Path) -> None:
    with chain(tmp_path, ["ann"], "imap", PASSWORD_LOGIN) as running:
        play_the_whole_story(running)
        assert running.dovecot.mails(ACCOUNT) == []  # all is moved away
        until(lambda: running.dovecot.count("Processed") == 3, "all to be moved", running)


def test_an_account_by_token_outlives_restarts_though_each_token_is_good_once(
    tmp_path: Path,
) -> None:
    first = tmp_path / "refresh-token"
    first.write_text("first")
    first.chmod(0o600)
    with Endpoint() as endpoint:
        endpoint.user, endpoint.refresh = ACCOUNT, "first"
        account = TOKEN_LOGIN.replace("TOKENS", endpoint.url)
        with chain(tmp_path, ["ann"], "imap", account, endpoint.port) as running:
            ann = Person("ann", running)
            asked_before = len(endpoint.asked)
            ann.write(f"TRACK {COFFMAN}")
            asked = ann.next()
            running.theatre.kill()
            ann.answer(asked, "yes")
            running.theatre.start()
            assert ann.next().subject.endswith("you are now tracking this case")
            assert len(endpoint.asked) > asked_before
            shown = [form["refresh_token"] for form in endpoint.asked]
            assert len(set(shown)) == len(shown)  # none twice
            assert first.read_text() == "first"  # the administrator's file is left alone


# --- One of them dies -------------------------------------------------------------------------


def delivered(running: Chain, crowd: str) -> int:
    """How many mails Dovecot has taken for a crowd."""
    found = re.findall(rf"to=<{crowd}\d\d@people\.example>.*status=sent", running.postfix.log)
    return len(found)


@pytest.mark.parametrize("victim", VICTIMS)
def test_who_is_killed_in_a_burst_loses_nothing(running: Chain, victim: str) -> None:
    """Twice comes at most what was in flight, and then as the very same mail."""
    crowd = CROWDS[victim]
    first, second = crowd[: len(crowd) // 2], crowd[len(crowd) // 2 :]
    server: Theatre | Daemon = running.theatre
    if victim != "mailbot":
        server = running.postfix if victim == "postfix" else running.dovecot
    in_flight = {"mailbot": CONNECTIONS, "postfix": CONNECTIONS + LANES, "dovecot": LANES}[victim]
    write_all(running, first)
    until(lambda: delivered(running, victim) >= 2, "some to be answered", running)
    server.kill()
    early = delivered(running, victim)
    if victim != "postfix":  # who cannot hand in a mail keeps it himself
        write_all(running, second)
    server.start()
    if victim == "postfix":
        write_all(running, second)
    until(lambda: is_over(running, crowd), "everything to be answered", running, 2 * SECONDS)

    found = Counter({name: len(running.mails(name)) for name in crowd})
    twice = [name for name in crowd if found[name] == 2]
    print(
        f"{victim} killed after {early}: lost {list(found.values()).count(0)}, twice {len(twice)}"
    )
    assert set(found.values()) <= {1, 2}
    assert len(twice) <= in_flight
    for name in twice:
        one, other = Person(name, running).arrived()
        assert one.message["Message-ID"] == other.message["Message-ID"]
        assert one.as_sent == other.as_sent
    assert of(running, "subscription", "state", victim) == ["pending"] * len(crowd)
    assert of(running, "returned", "hard", victim) == []


def write_all(running: Chain, names: list[str]) -> None:
    for name in names:
        Person(name, running).write(f"TRACK {COFFMAN}")


def is_over(running: Chain, crowd: list[str]) -> bool:
    running.postfix.flush()
    let_time_pass(running.theatre)
    time.sleep(0.5)
    states = of(running, "outbox", "state", crowd[0][:-2])
    return running.postfix.queued() == 0 and states == ["sent"] * len(crowd)


def let_time_pass(theatre: Theatre) -> None:
    """What was cut off is sent again after a minute, or a quarter of an hour: they are over."""
    statement = "UPDATE outbox SET next_at = created_at WHERE state = 'ready'"
    with closing(sqlite3.connect(theatre.folder / "store.sqlite", timeout=SECONDS)) as store:
        store.execute(statement)
        store.commit()
