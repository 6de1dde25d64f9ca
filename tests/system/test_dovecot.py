"""mailbot reads a real Dovecot by IMAP: by password and by token, with IDLE, MOVE and restarts."""

from __future__ import annotations

import imaplib
import sqlite3
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from tests.inbound.imap.endpoint import Endpoint
from tests.inbound.imap.scene import Scene, mail, oauth, until
from tests.inbound.imap.server import Server
from tests.stories.theatre import QUIET, Theatre
from tests.system.dovecot import PASSWORD, USER, Dovecot
from tests.system.people import COFFMAN
from tests.tls import client_context
from tests.world import people_the_court

pytestmark = pytest.mark.system

BOT = "track@court.test"


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with Endpoint() as running:
        running.user = USER
        yield running


@pytest.fixture
def dovecot(endpoint: Endpoint) -> Iterator[Dovecot]:
    with Dovecot(endpoint.port) as running:
        yield running


def at(
    dovecot: Dovecot,
    context: Callable[[], ssl.SSLContext] = ssl.create_default_context,
    **options: Any,
) -> Scene:
    """An account at Dovecot that is not read yet."""
    given = {
        "port": dovecot.port,
        "username": USER,
        "password": SecretStr(PASSWORD),
        **options,
    }
    played = Scene(Server(), options=given, context=context)
    return played.with_terms(renew=300.0, connect=30.0, answer=30.0)


def deliver(dovecot: Dovecot, subject: str, to: str = BOT) -> None:
    dovecot.deliver("ann@home.test", to, mail(subject, "X-Nothing: 1"))


def test_a_mail_is_there_seconds_after_its_delivery_and_is_moved(dovecot: Dovecot) -> None:
    played = at(dovecot)
    with played.fetching():
        deliver(dovecot, "first", "track+tag@court.test")
        until(lambda: played.desk.acted == [b"first"])
        until(lambda: dovecot.count("Processed") == 1)
        time.sleep(0.5)  # it is in IDLE again
        began = time.monotonic()
        deliver(dovecot, "second")
        until(lambda: played.desk.acted == [b"first", b"second"])
        took = time.monotonic() - began
        print(f"delivery to desk by IDLE: {took:.2f} s")
        assert took < 10
        until(lambda: dovecot.count("Processed") == 2)
    assert dovecot.count("INBOX") == 0
    envelope = played.desk.envelopes[0]
    assert (envelope.mail_from, envelope.recipient) == ("ann@home.test", "track+tag@court.test")
    assert b"\\Seen" not in b"".join(dovecot.flags("Processed"))


def test_two_hundred_mails_are_caught_up_in_order(dovecot: Dovecot) -> None:
    played = at(dovecot)
    subjects = [f"mail-{number:03}".encode() for number in range(200)]
    with dovecot.login() as client:
        for subject in subjects:
            client.append("INBOX", "", "", mail(subject.decode()))
    began = time.monotonic()
    with played.fetching():
        until(lambda: len(played.desk.acted) == 200)
        until(lambda: dovecot.count("Processed") == 200)
    print(f"200 mails in {time.monotonic() - began:.2f} s")
    assert played.desk.acted == subjects
    assert set(played.desk.given.values()) == {1}


def test_flagged_where_they_are_they_are_acted_upon_once(dovecot: Dovecot) -> None:
    played = at(dovecot, processed="flag")
    for subject in ("one", "two"):
        deliver(dovecot, subject)
    with played.fetching():
        until(lambda: b"".join(dovecot.flags("INBOX")).count(b"$MailbotDone") == 2)
    with played.fetching():
        time.sleep(1)
    assert played.desk.given == {b"one": 1, b"two": 1}


def test_a_mail_that_is_too_big_is_refused_by_its_header(dovecot: Dovecot) -> None:
    played = at(dovecot)
    dovecot.append(mail("big", body="x" * 900 + "\r\n" + ("y" * 900 + "\r\n") * 200))
    with played.fetching():
        until(lambda: dovecot.count("Refused") == 1)
    assert played.desk.given == {}


def test_a_dovecot_that_restarts_loses_and_doubles_nothing(dovecot: Dovecot) -> None:
    played = at(dovecot)
    with played.fetching():
        deliver(dovecot, "before")
        until(lambda: played.desk.acted == [b"before"])
        dovecot.stop()
        time.sleep(0.3)
        dovecot.start()
        deliver(dovecot, "after")
        until(lambda: played.desk.acted == [b"before", b"after"])
    assert set(played.desk.given.values()) == {1}


def test_a_folder_that_is_made_anew_is_read_again_and_acted_upon_once(dovecot: Dovecot) -> None:
    played = at(dovecot, folder="Arrivals", processed="flag")
    with dovecot.login() as client:
        client.create("Arrivals")
        client.append("Arrivals", "", "", mail("one"))
    with played.fetching():
        until(lambda: played.desk.acted == [b"one"])
        until(lambda: played.notes.one[1] == 1)
    old = played.notes.one
    time.sleep(1.1)  # UIDVALIDITY is a time
    with dovecot.login() as client:
        client.delete("Arrivals")
        client.create("Arrivals")
        client.append("Arrivals", "", "", mail("one"))
        client.append("Arrivals", "", "", mail("two"))
    with played.fetching():
        until(lambda: played.desk.acted == [b"one", b"two"])
        until(lambda: played.notes.one[1] == 2)
    assert played.notes.one[0] != old[0]


def test_a_dovecot_without_idle_and_move_is_looked_at_and_mails_are_copied(
    endpoint: Endpoint,
) -> None:
    """RFC 4315: COPY, and EXPUNGE of these mails alone."""
    with Dovecot(endpoint.port, more="imap_capability = IMAP4rev1 UIDPLUS AUTH=PLAIN") as dovecot:
        played = at(dovecot)
        with played.fetching():
            deliver(dovecot, "first")
            until(lambda: played.desk.acted == [b"first"])
            deliver(dovecot, "second")
            until(lambda: played.desk.acted == [b"first", b"second"])
            until(lambda: dovecot.count("Processed") == 2)
        assert dovecot.count("INBOX") == 0
        assert set(played.desk.given.values()) == {1}


def test_an_idle_is_renewed_and_hears_of_mail_after_it(dovecot: Dovecot) -> None:
    played = at(dovecot).with_terms(renew=1.0)
    with played.fetching():
        time.sleep(3.5)  # several renewals
        deliver(dovecot, "late")
        until(lambda: played.desk.acted == [b"late"])
    assert dovecot.log.count("Info: Login: ") == 2  # the test's own at the start, and mailbot's


@pytest.mark.parametrize("password", ["grüße-ključ-鍵", 'back\\slash "quoted"'])
def test_a_password_of_any_letters_opens_the_account(dovecot: Dovecot, password: str) -> None:
    dovecot.passwords[USER] = password
    dovecot.write_users()
    deliver(dovecot, "one")
    played = at(dovecot, password=SecretStr(password))
    with played.fetching():
        until(lambda: played.desk.acted == [b"one"])
        until(lambda: dovecot.log.count("method=PLAIN") >= 2)


@pytest.mark.parametrize("password", ["", "!", "*"])
def test_an_address_without_a_login_has_none(dovecot: Dovecot, password: str) -> None:
    """The recipe's second line."""
    client = imaplib.IMAP4("127.0.0.1", dovecot.port, timeout=30)
    with client, pytest.raises(imaplib.IMAP4.error, match=r"AUTHENTICATIONFAILED"):
        client.login("stop@court.example", password)


@pytest.mark.parametrize("tls", ["tls", "starttls"])
def test_tls_is_spoken_and_verified(dovecot: Dovecot, tls: str) -> None:
    port = dovecot.tls_port if tls == "tls" else dovecot.port
    played = at(dovecot, client_context, host="localhost", tls=tls, port=port)
    deliver(dovecot, "secured")
    with played.fetching():
        until(lambda: played.desk.acted == [b"secured"])


@pytest.mark.parametrize("mechanism", ["XOAUTH2", "OAUTHBEARER"])
def test_a_token_opens_the_account_and_is_renewed_when_it_is_withdrawn(
    dovecot: Dovecot, endpoint: Endpoint, mechanism: str
) -> None:
    played = at(dovecot, oauth=oauth(endpoint.url, mechanism=mechanism), password=None)
    deliver(dovecot, "one")
    with played.fetching():
        until(lambda: played.desk.acted == [b"one"])
        assert len(endpoint.asked) == 1
        endpoint.good.clear()  # the administrator withdraws it
        dovecot.stop()
        dovecot.start()
        deliver(dovecot, "two")
        until(lambda: played.desk.acted == [b"one", b"two"])
        assert len(endpoint.asked) == 2
    assert endpoint.questions[-1] == "token-2"


def test_a_wrong_password_is_told_and_opens_nothing(
    dovecot: Dovecot, caplog: pytest.LogCaptureFixture
) -> None:
    played = at(dovecot, password=SecretStr("Fg7-kanu"))
    deliver(dovecot, "one")
    with played.fetching():
        until(lambda: "check username and password" in caplog.text)
    assert played.desk.given == {}
    assert "Fg7-kanu" not in caplog.text


# --- The whole program ------------------------------------------------------------------------


class FetchedTheatre(Theatre):
    """The service, whose mail comes from a Dovecot."""

    def __init__(self, folder: Path, dovecot: Dovecot) -> None:
        super().__init__(folder)
        people_the_court(self.court)
        self._dovecot = dovecot

    def start(self) -> None:
        path = self.folder / "config.toml"
        text = path.read_text().replace(
            f'listen = "127.0.0.1:{self.smtp_port}"',
            'way = "imap"\nhost = "127.0.0.1"\ntls = "none"\n'
            f'port = {self._dovecot.port}\nusername = "{USER}"\npassword = "{PASSWORD}"',
        )
        path.write_text(text)
        path.chmod(0o600)
        super().start()


def letter(subject: str, body: str = "", who: str = "ann", **fields: str) -> bytes:
    """A mail to the bot, as it lies in the account."""
    message = EmailMessage()
    message["Return-Path"] = f"<{who}@people.example>"
    message["Delivered-To"] = fields.get("to", "track@court.example")
    message["From"], message["To"] = f"{who}@people.example", "track@court.example"
    message["Subject"] = subject
    message["Message-ID"] = f"<{who}.{subject.replace(' ', '.')}@people.example>"
    message.set_content(body)
    return message.as_bytes(policy=SMTP)


def test_the_whole_program_asks_and_tells_by_mail_from_an_account(
    dovecot: Dovecot, tmp_path: Path
) -> None:
    with FetchedTheatre(tmp_path, dovecot) as theatre:
        dovecot.append(letter(f"TRACK {COFFMAN}"))
        (asked,) = theatre.next()
        assert asked.recipient == "ann@people.example"
        assert b"please verify" in asked.content
        theatre.wait_for(lambda: dovecot.count("Processed") == 1, "the mail to be moved")
        reply_to = next(
            line.partition(b"<")[2].partition(b">")[0] or line.partition(b": ")[2]
            for line in asked.content.split(b"\r\n")
            if line.startswith(b"Reply-To: ")
        ).decode()
        assert theatre.stop() == 0

        # While it was away: the answer, and the first mail once more.
        dovecot.append(letter(f"TRACK {COFFMAN}"))
        dovecot.append(letter("Re: please verify", "yes", to=reply_to))
        theatre.start()
        (tracking,) = theatre.next()
        assert b"you are now tracking this case" in tracking.content
        time.sleep(QUIET)
        theatre.nothing_comes()
        assert dovecot.count("Processed") == 3
        assert "Traceback" not in theatre.log.read_text()


def rows(theatre: Theatre, statement: str) -> int:
    """A number that the store holds, read beside the running service."""
    with closing(sqlite3.connect(f"file:{theatre.folder}/store.sqlite?mode=ro", uri=True)) as store:
        return int(store.execute(statement).fetchone()[0])


def acted_upon(theatre: Theatre, count: int) -> Callable[[], bool]:
    """Whether so many mails were."""
    return lambda: rows(theatre, "SELECT count(*) FROM arrival") >= count


def test_killed_again_and_again_it_acts_on_each_mail_once(dovecot: Dovecot, tmp_path: Path) -> None:
    """T-IN for IMAP: kill -9 while mails are fetched, acted upon, moved and noted."""
    crowd = [f"p{number:03}" for number in range(60)]
    with FetchedTheatre(tmp_path, dovecot) as theatre:
        for kill, after in enumerate((1, 13, 26, 39, 52)):
            with dovecot.login() as client:
                for who in crowd[12 * kill : 12 * kill + 12]:
                    client.append("INBOX", "", "", letter(f"TRACK {COFFMAN}", who=who))
            theatre.wait_for(acted_upon(theatre, after), "mails to be acted upon")
            theatre.kill()
            theatre.start()
        theatre.wait_for(lambda: dovecot.count("Processed") >= 60, "all to be moved")
        theatre.wait_for(
            lambda: {post.recipient.partition("@")[0] for post in theatre.posts} == set(crowd),
            "everybody to be answered",
        )
        assert rows(theatre, "SELECT count(*) FROM arrival") == 60
        assert rows(theatre, "SELECT count(*) FROM outbox") == 60
        assert dovecot.count("INBOX") == 0
        assert dovecot.count("Processed") == 60
        print(f"60 mails, 5 kills: {len(theatre.posts)} answers")
