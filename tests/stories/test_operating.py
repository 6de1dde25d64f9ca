"""What an administrator does to a running service: signals, kills, faults (issue: bad input)."""

from __future__ import annotations

import smtplib
import socket
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from signal import SIGHUP, SIGINT, SIGKILL, SIGTERM

import pytest

from tests.stories.theatre import Theatre
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
    path.write_text(good.replace("1(555)555-0100", "1(555)555-0199"))
    theatre.signal(SIGHUP)
    theatre.wait_for(lambda: "was read again" in theatre.log.read_text(), "the reload")
    theatre.send("ann@x.example", BOT, mail("ann@x.example", "HELP"))
    (said,) = theatre.next()
    assert b"555-0199" in said.content


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
    assert theatre.run() == 1
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
