"""What an administrator does to a running service: signals, kills, faults (issue: bad input)."""

from __future__ import annotations

import base64
import re
import smtplib
import socket
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from signal import SIGHUP, SIGINT, SIGKILL, SIGTERM

import pytest

from tests.stories.theatre import Post, Theatre
from tests.world import people_the_court

BOT = "track@court.example"


@pytest.fixture
def theatre(tmp_path: Path) -> Iterator[Theatre]:
    theatre = Theatre(tmp_path)
    people_the_court(theatre.court)
    with theatre:
        yield theatre


def mail(sender: str, subject: str, body: str = "", number: int = 1) -> bytes:
    head = f"From: {sender}\r\nTo: {BOT}\r\nSubject: {subject}\r\nMessage-ID: <{number}@x.example>"
    return f"{head}\r\n\r\n{body}".encode()


def answer_to(asked: Post) -> str:
    """Where the answer to a question goes."""
    found = re.search(rb"track\+c-[a-z2-7]{26}@court\.example", asked.content)
    assert found is not None
    return found[0].decode()


@pytest.mark.parametrize("number", [SIGTERM, SIGINT])
def test_it_ends_cleanly(theatre: Theatre, number: int) -> None:
    began = time.monotonic()
    assert theatre.stop(number) == 0  # type: ignore[arg-type]
    assert time.monotonic() - began < 10
    assert "Traceback" not in theatre.log.read_text()


def test_sigterm_finishes_the_mail_in_hand(theatre: Theatre) -> None:
    with socket.create_connection(("127.0.0.1", theatre.smtp_port), 10) as client:
        file = client.makefile("rwb")

        def say(line: bytes) -> bytes:
            file.write(line + b"\r\n")
            file.flush()
            reply = file.readline()
            while reply[3:4] == b"-":
                reply = file.readline()
            return bytes(reply)

        file.readline()
        say(b"EHLO x.example")
        say(b"MAIL FROM:<ann@x.example>")
        say(b"RCPT TO:<" + BOT.encode() + b">")
        assert say(b"DATA").startswith(b"354")
        theatre.signal(SIGTERM)
        time.sleep(0.5)
        assert say(mail("ann@x.example", "TRACK 15AB-CR00015") + b"\r\n.").startswith(b"250")
    theatre.wait_for(lambda: not theatre.is_running(), "the end")
    theatre.start()
    (asked,) = theatre.next()
    assert asked.recipient == "ann@x.example"


def test_a_broken_configuration_is_not_taken_over_and_says_why(theatre: Theatre) -> None:
    path = theatre.folder / "config.toml"
    good = path.read_text()
    path.write_text(good.replace('purpose = "commands"', 'purpose = "comands"'))
    theatre.signal(SIGHUP)
    theatre.wait_for(lambda: "the old one stays" in theatre.log.read_text(), "a refusal")
    assert "commands" in theatre.log.read_text()
    assert theatre.is_ready()
    path.write_text(good.replace('file = "key"', 'file = "a-key-that-is-not-there"'))
    theatre.signal(SIGHUP)
    theatre.wait_for(lambda: theatre.log.read_text().count("old one stays") == 2, "a refusal")
    theatre.send("ann@x.example", BOT, mail("ann@x.example", "TRACK 15AB-CR00015", number=2))
    (asked,) = theatre.next()
    theatre.send("ann@x.example", answer_to(asked), mail("ann@x.example", "yes", number=3))
    theatre.next()
    theatre.court.enter("15AB-CR00015", "Order", "the watchers go on")
    (notice,) = theatre.next()
    assert b"the watchers go on" in notice.content
    assert theatre.is_ready()
    path.write_text(good.replace("1(555)555-0100", "1(555)555-0199"))
    theatre.signal(SIGHUP)
    theatre.wait_for(lambda: "was read again" in theatre.log.read_text(), "the reload")
    theatre.send("ann@x.example", BOT, mail("ann@x.example", "HELP"))
    (said,) = theatre.next()
    assert b"555-0199" in said.content


def test_a_broken_template_is_not_taken_over_and_the_old_ones_go_on(theatre: Theatre) -> None:
    path, own = theatre.folder / "config.toml", theatre.folder / "own" / "en" / "mail" / "help"
    own.mkdir(parents=True)
    path.write_text(path.read_text().replace("[bot]", '[bot]\ntemplates = "own"', 1))
    (own / "subject.txt").write_text("Our help {{ no_such_fact }}")
    (own / "body.txt").write_text("{% if %}")
    theatre.signal(SIGHUP)
    theatre.signal(SIGHUP)
    theatre.wait_for(lambda: "the old one stays" in theatre.log.read_text(), "a refusal")
    assert "no_such_fact" in theatre.log.read_text()
    theatre.send("ann@x.example", BOT, mail("ann@x.example", "HELP", number=1))
    assert b"Track This Case" in theatre.next()[0].content
    (own / "subject.txt").write_text("Our own help")
    (own / "body.txt").unlink()
    for _ in range(3):
        theatre.signal(SIGHUP)
        time.sleep(0.3)
    theatre.wait_for(lambda: "was read again" in theatre.log.read_text(), "the reload")
    theatre.send("ann@x.example", BOT, mail("ann@x.example", "HELP", number=2))
    assert b"Our own help" in theatre.next()[0].content
    (own / "subject.txt").write_text("{{ not read before the next SIGHUP")
    theatre.send("ben@x.example", BOT, mail("ben@x.example", "HELP", number=3))
    assert b"Our own help" in theatre.next()[0].content
    theatre.stop()
    assert theatre.run() == 2
    assert "subject.txt:1:" in theatre.log.read_text()
    assert "Traceback" not in theatre.log.read_text()


def test_a_court_or_key_that_mails_rely_on_is_missed_by_name(theatre: Theatre) -> None:
    theatre.send("ann@x.example", BOT, mail("ann@x.example", "TRACK 15AB-CR00015"))
    (asked,) = theatre.next()
    path, seen = theatre.folder / "config.toml", len(theatre.log.read_text())
    good = path.read_text()
    path.write_text(good.replace("court.franklin", "court.boone").replace('"franklin"', '"boone"'))
    theatre.signal(SIGHUP)
    theatre.wait_for(lambda: "the old one stays" in theatre.log.read_text()[seen:], "a refusal")
    assert "put [court.franklin] back" in theatre.log.read_text()
    assert theatre.is_ready()
    theatre.stop()
    assert theatre.run() == 2
    (theatre.folder / "new").write_bytes(base64.b64encode(bytes(range(64, 96))))
    (theatre.folder / "new").chmod(0o600)
    path.write_text(good.replace('{ id = "one", file = "key" }', '{ id = "two", file = "new" }'))
    assert theatre.run() == 2
    assert "mailbot retire-key one" in theatre.log.read_text()
    assert theatre.command("retire-key", "one") == 0
    theatre.start()
    theatre.send("ann@x.example", answer_to(asked), mail("ann@x.example", "yes", number=2))
    (said,) = theatre.next()
    assert b"does not work" in said.content
    assert theatre.command("retire-key", "two") == 2
    assert "out of keys in [bot] first" in theatre.log.read_text()


def test_a_court_is_taken_as_it_is(theatre: Theatre) -> None:
    assert theatre.command("rebase", "boone") == 2
    assert "There is no [court.boone]." in theatre.log.read_text()
    assert theatre.command("rebase", "franklin") == 0
    assert "0 cases are taken as they are at the next sweep." in theatre.log.read_text()


def test_killed_in_a_burst_it_loses_nothing_and_doubles_at_most_what_was_in_flight(
    theatre: Theatre,
) -> None:
    people = [f"person{number}@x.example" for number in range(40)]
    accepted = []
    with smtplib.SMTP("127.0.0.1", theatre.smtp_port, timeout=20) as server:
        for number, person in enumerate(people):
            try:
                server.sendmail(person, [BOT], mail(person, "TRACK 15AB-CR00015", number=number))
            except (OSError, smtplib.SMTPException):
                break
            accepted.append(person)
            if number == 25:
                theatre.kill()
    theatre.start()
    for number, person in enumerate(people):
        theatre.send(person, BOT, mail(person, "TRACK 15AB-CR00015", number=number))
    theatre.wait_for(lambda: {post.recipient for post in theatre.posts} == set(people), "all mails")
    time.sleep(1.5)
    assert set(accepted) <= {post.recipient for post in theatre.posts}
    doubled = len(theatre.posts) - len(people)
    assert doubled <= 4, "one mail in doubt a connection"
    ids = {post.content.split(b"Message-ID: ")[1].split(b"\r\n")[0] for post in theatre.posts}
    assert len(ids) == len(people)


def test_a_store_that_is_locked_answers_451_and_nothing_is_lost(theatre: Theatre) -> None:
    lock = sqlite3.connect(theatre.folder / "store.sqlite", isolation_level=None)
    lock.execute("BEGIN EXCLUSIVE")
    with smtplib.SMTP("127.0.0.1", theatre.smtp_port, timeout=60) as server:
        with pytest.raises(smtplib.SMTPDataError) as refused:
            server.sendmail("ann@x.example", [BOT], mail("ann@x.example", "TRACK 15AB-CR00015"))
        assert refused.value.smtp_code == 451
        assert "sqlite" not in str(refused.value.smtp_error).lower()
        lock.execute("ROLLBACK")
        lock.close()
        server.sendmail("ann@x.example", [BOT], mail("ann@x.example", "TRACK 15AB-CR00015"))
    (asked,) = theatre.next()
    assert asked.recipient == "ann@x.example"


def test_a_smarthost_that_is_away_defers_and_the_mail_leaves_later(theatre: Theatre) -> None:
    theatre.close_sink()
    theatre.send("ann@x.example", BOT, mail("ann@x.example", "TRACK 15AB-CR00015"))
    time.sleep(1)
    assert theatre.is_ready()
    theatre.open_sink()
    (asked,) = theatre.next()
    assert asked.recipient == "ann@x.example"
    theatre.nothing_comes()


def test_a_lost_key_is_refused_with_the_remedy(theatre: Theatre) -> None:
    theatre.send("ann@x.example", BOT, mail("ann@x.example", "TRACK 15AB-CR00015"))
    theatre.next()
    theatre.stop()
    (theatre.folder / "key").unlink()
    assert theatre.run() == 2
    assert "Put it back from your backup." in theatre.log.read_text()


def test_a_busy_port_is_named(theatre: Theatre) -> None:
    theatre.stop()
    with socket.create_server(("127.0.0.1", theatre.smtp_port)):
        assert theatre.run() == 1
    assert str(theatre.smtp_port) in theatre.log.read_text()
    assert "Traceback" not in theatre.log.read_text()


def test_no_address_and_no_token_is_in_the_log(theatre: Theatre) -> None:
    theatre.send("ann@x.example", BOT, mail("ann@x.example", "TRACK 15AB-CR00015"))
    (asked,) = theatre.next()
    link = asked.content.split(b"/c/")[1].split(b"=\r\n")[0].split(b"\r\n")[0].decode()
    theatre.get(f"/c/{link}")
    theatre.stop(SIGKILL)
    log = theatre.log.read_text()
    assert "ann@x.example" not in log
    assert link[:20] not in log
