"""A mail from a pipe: what is done with it, and which exit code the mail server sees."""

from __future__ import annotations

import io
import os

import pytest

from mailbot.errors import CourtUnavailable, StoreUnavailable
from mailbot.inbound.pipe import KEPT, Outcome, take
from mailbot.model import Envelope
from tests.inbound.peer import MAIL, NOON, TRACK, Desk

MOST = 100_000
SECRET = "postgresql://user:password@db/"


def give(
    octets: bytes, desk: Desk | None = None, recipient: str = TRACK, sender: str | None = None
) -> tuple[Outcome, list[tuple[Envelope, bytes]]]:
    desk = desk or Desk()
    stream = io.BytesIO(octets)
    outcome = take(stream, recipient, sender, MOST, desk.accepts, desk.receive, NOON)
    return outcome, desk.received


@pytest.mark.parametrize("octets", [MAIL, MAIL.replace(b"\r\n", b"\n")])
def test_any_line_ends_give_the_same_mail(octets: bytes) -> None:
    outcome, received = give(octets, sender="ann@home.test")
    assert outcome == KEPT
    assert received == [(Envelope("ann@home.test", TRACK), MAIL)]


@pytest.mark.parametrize(
    ("top", "sender"),
    [
        (b"", ""),
        (b"From ann@home.test  Mon Nov 23 12:00:00 2026\n", "ann@home.test"),
        (b"From MAILER-DAEMON Mon Nov 23 12:00:00 2026\n", ""),
        (b"From x Mon Nov 23\nReturn-Path: <ann@home.test>\n", "ann@home.test"),
        (b"Return-Path: <>\n", ""),
        (b"return-path: ann@home.test\r\n", "ann@home.test"),
        (b"From \xff\n", "\ufffd"),
    ],
)
def test_the_sender_is_what_the_mail_server_wrote_on_top(top: bytes, sender: str) -> None:
    """Never the From field, nor a Return-Path further down (statement 12)."""
    _, ((envelope, raw),) = give(top + MAIL)
    assert envelope.mail_from == sender
    assert raw.endswith(MAIL)
    assert not raw.startswith(b"From ann@home.test ")
    _, ((envelope, _),) = give(b"Subject: x\nReturn-Path: <evil@evil.test>\n\n")
    assert envelope.mail_from == ""


@pytest.mark.parametrize("said", ["", "<>", "MAILER-DAEMON"])
def test_the_null_sender_has_three_spellings(said: str) -> None:
    _, ((envelope, _),) = give(b"Return-Path: <ann@home.test>\n" + MAIL, sender=said)
    assert envelope.mail_from == ""


@pytest.mark.parametrize(
    ("octets", "code"),
    [
        (MAIL, os.EX_OK),
        (b"", os.EX_OK),
        (b"a\0b\n", os.EX_DATAERR),
        (b"Subject: hi\rFrom: victim@home.test\n\n", os.EX_DATAERR),
        (b"a\r\r\n", os.EX_DATAERR),
        (b"x" * 999 + b"\n", os.EX_DATAERR),
        (b"Received: x\n" * 51 + b"\n", os.EX_DATAERR),
        (b"x\n" * 50_000, os.EX_OK),
        (b"x\n" * 50_001, os.EX_DATAERR),
    ],
)
def test_what_smtp_refuses_is_refused(octets: bytes, code: int) -> None:
    outcome, received = give(octets)
    assert outcome.code == code
    assert len(received) == (code == os.EX_OK)
    assert (outcome.said[:1] == "5") == (code != os.EX_OK)


def test_an_endless_mail_is_not_read_into_memory_and_not_for_ever() -> None:
    class Endless(io.RawIOBase):
        given = 0

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: object) -> int:
            assert isinstance(buffer, memoryview)
            buffer[:] = b"x" * len(buffer)
            self.given += len(buffer)
            return len(buffer)

    endless = Endless()
    desk = Desk()
    stream = io.BufferedReader(endless)
    outcome = take(stream, TRACK, None, MOST, desk.accepts, desk.receive, NOON)
    assert outcome.code == os.EX_DATAERR
    assert endless.given < 10 * MOST


def test_nobody_here_by_that_name() -> None:
    """T-RELAY by pipe: never taken, so never relayed."""
    outcome, received = give(MAIL, recipient="ann@foreign.test")
    assert outcome == Outcome(os.EX_NOUSER, "5.1.1 No such mailbox here")
    assert received == []


@pytest.mark.parametrize(
    "error",
    [StoreUnavailable(SECRET), CourtUnavailable(SECRET), RuntimeError(SECRET), MemoryError(SECRET)],
)
def test_a_fault_of_ours_keeps_the_mail_at_the_mail_server(error: Exception) -> None:
    """Statement 10: what Postfix prints of us into a bounce tells nothing (T-LEAK)."""

    def fail(envelope: Envelope) -> None:
        raise error

    outcome, _ = give(MAIL, Desk(before=fail))
    assert outcome.code == os.EX_TEMPFAIL
    assert outcome.said.startswith("4.3.0 ")
    assert SECRET not in outcome.said
    assert give(MAIL, recipient="broken@court.test")[0].code == os.EX_TEMPFAIL
