"""Routes in the running service: whom the listener lets in, and what becomes of each recipient."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.desk.reading.test_routing import route
from tests.stories.test_ways_in import change, pipe
from tests.stories.theatre import SECONDS, Post, Theatre
from tests.world import people_the_court

BOT, STOP, CLERK = "track@court.example", "stop@court.example", "clerk@court.example"
ANN = "ann@people.example"
ROUTES = route("case-*@court.example", "franklin", "report") + route(
    CLERK, "franklin", reply_as=CLERK, display="The Clerk"
)


@pytest.fixture
def theatre(tmp_path: Path) -> Iterator[Theatre]:
    theatre = Theatre(tmp_path)
    people_the_court(theatre.court)
    with theatre:
        theatre.stop()
        change(theatre, "[smarthost]", f"{ROUTES}\n[smarthost]")
        change(theatre, "[bot]", '[bot]\noperator = "operator@people.example"')
        theatre.start()
        yield theatre


def mail(*fields: str, subject: str = "HELP") -> bytes:
    head = [
        *fields,
        f"From: {ANN}",
        f"Subject: {subject}",
        f"Message-ID: <{subject}@people.example>",
    ]
    return ("\r\n".join(head) + "\r\n\r\n").encode()


def read(post: Post) -> EmailMessage:
    return message_from_bytes(post.content, policy=policy.default)


def test_who_is_let_in(theatre: Theatre) -> None:
    """Traps 85 and 86, and RFC 5321 4.5.1."""
    with smtplib.SMTP("127.0.0.1", theatre.smtp_port, timeout=SECONDS) as server:
        server.ehlo()
        server.mail(ANN)
        for recipient, code in (
            ("nobody@court.example", 550),
            ("case-@court.example", 550),
            ("case-15ab@court.example", 250),
            ("track+any@court.example", 250),
            ("track-any@court.example", 550),
            ("PostMaster", 250),
            ("postmaster@court.example", 250),
        ):
            assert server.rcpt(recipient)[0] == code, recipient


def test_each_recipient_takes_its_own_route(theatre: Theatre) -> None:
    """Traps 86 and 87: both are handled, and the visible To is somebody else's."""
    with smtplib.SMTP("127.0.0.1", theatre.smtp_port, timeout=SECONDS) as server:
        recipients = [CLERK, "case-15ab@court.example"]
        assert server.sendmail(ANN, recipients, mail("To: friend@people.example")) == {}
    found = {str(read(post)["Feedback-ID"]).partition(":")[0] for post in theatre.next(2)}
    assert found == {"help", "no-records"}
    theatre.nothing_comes()


def test_a_forged_delivered_to_takes_no_route(theatre: Theatre) -> None:
    """Trap 88."""
    theatre.send(ANN, BOT, mail(f"Delivered-To: {CLERK}", f"X-Original-To: {CLERK}"))
    (said,) = theatre.next()
    assert read(said)["From"].addresses[0].addr_spec == BOT


def test_postmaster_is_a_person(theatre: Theatre) -> None:
    theatre.send(ANN, "postmaster", mail("To: postmaster", subject="A=question"))
    (said,) = theatre.next()
    assert said.recipient == "operator@people.example"
    assert read(said)["Reply-To"] == ANN
    carried = list(read(said).iter_parts())[1].get_content()
    assert carried["Subject"] == "A=question"
    theatre.send("", said.mail_from, said.content)
    theatre.nothing_comes()


def test_a_pipe_reads_for_whom_a_mail_came(theatre: Theatre) -> None:
    delivered = mail(f"Delivered-To: {CLERK}", f"To: {BOT}")
    assert pipe(theatre, delivered, "--mailbox", "track", "--sender", ANN) == (0, "")
    (said,) = theatre.next()
    assert read(said)["From"].addresses[0].addr_spec == CLERK
    nobody = mail(f"To: {BOT}", subject="REPORT")
    assert pipe(theatre, nobody, "--mailbox", "track") == (67, "5.1.1 No such mailbox here\n")
    assert pipe(theatre, nobody, "--mailbox", "trak")[0] == 64
    assert pipe(theatre, nobody, "--mailbox", "track", "--recipient", BOT)[0] == 64
