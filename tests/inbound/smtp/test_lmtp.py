"""LMTP over real sockets: a reply for each recipient, whatever becomes of the mail (RFC 2033)."""

from __future__ import annotations

import pytest

from mailbot.errors import CourtUnavailable
from mailbot.inbound.smtp import replies
from mailbot.model import Envelope
from tests.inbound.peer import MAIL, TRACK, Desk, Peer, listening

THREE = ("track@court.test", "stop@court.test", "track@court.test")


async def codes(peer: Peer, count: int) -> list[str]:
    """The codes of the next replies."""
    return [(await peer.reply())[:3] for _ in range(count)]


async def test_only_lhlo_greets() -> None:
    """Statements 17 and 19."""
    async with listening(way="lmtp") as scene, scene.peer(greeted=False) as peer:
        assert await peer.reply() == "220 mx.court.test LMTP"
        assert await peer.say("EHLO home.test") == replies.UNKNOWN_COMMAND
        assert await peer.say("HELO home.test") == replies.UNKNOWN_COMMAND
        assert await peer.say("MAIL FROM:<>") == replies.GREET_FIRST
        offers = (await peer.say("lhlo home.test")).split("\n")
        assert {"250-PIPELINING", "250-ENHANCEDSTATUSCODES", "250-8BITMIME"} <= set(offers)


async def test_every_recipient_gets_its_own_reply_in_order() -> None:
    """T-LMTP, statement 18: also the same address twice; each is its own transaction."""

    def fail(envelope: Envelope) -> None:
        if envelope.recipient.startswith("stop"):
            raise CourtUnavailable

    async with listening(way="lmtp", desk=Desk(before=fail)) as scene, scene.peer() as peer:
        first = await peer.mail(MAIL, *THREE)
        assert first.startswith("250 2.0.0 ")
        assert await peer.reply() == replies.TRY_LATER
        assert await peer.reply() == first
        assert scene.desk.recipients == ["track@court.test", "track@court.test"]
        assert b" with LMTP id in-" in scene.desk.received[0][1]
        assert await peer.say("NOOP") == replies.OK


async def test_a_mail_for_nobody_is_503() -> None:
    """Statement 21: RFC 2033 4.2, not one reply too many."""
    async with listening(way="lmtp") as scene, scene.peer() as peer:
        await peer.send(b"LHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<who@else.test>\r\nDATA\r\nNOOP\r\n")
        assert await codes(peer, 5) == ["250", "250", "550", "503", "250"]


@pytest.mark.parametrize(
    ("content", "reply"),
    [
        (b"a\nb\r\n", replies.BARE_CR_OR_LF),
        (b"a\0b\r\n", replies.BARE_CR_OR_LF),
        (b"x" * 999 + b"\r\n", replies.TEXT_LINE_TOO_LONG),
        (b"Received: x\r\n" * 51 + b"\r\n", replies.MAIL_LOOP),
        (b"x\r\n" * 40_000, replies.TOO_BIG),
    ],
)
async def test_a_refused_mail_is_refused_for_each(content: bytes, reply: str) -> None:
    """libraries.md finding 2: aiosmtpd says its own errors once, and Postfix waits for the rest."""
    async with listening(way="lmtp") as scene, scene.peer() as peer:
        assert await peer.mail(content, *THREE) == reply
        assert [await peer.reply() for _ in range(2)] == [reply, reply]
        assert await peer.say("NOOP") == replies.OK
        assert scene.desk.received == []


async def test_a_fault_of_ours_is_said_to_each() -> None:
    def fail(envelope: Envelope) -> None:
        raise RuntimeError("postgresql://user:password@db/")

    async with listening(way="lmtp", desk=Desk(before=fail)) as scene, scene.peer() as peer:
        assert await peer.mail(MAIL, *THREE) == replies.TRY_LATER
        assert [await peer.reply() for _ in range(2)] == [replies.TRY_LATER] * 2


async def test_a_whole_session_in_one_packet() -> None:
    """Statements 19 and 23: PIPELINING works, commands behind the dot run in order."""
    one = (
        b"MAIL FROM:<>\r\n" + b"RCPT TO:<track@court.test>\r\n" * 2 + b"DATA\r\n" + MAIL + b".\r\n"
    )
    async with listening(way="lmtp") as scene, scene.peer() as peer:
        await peer.send(b"LHLO x\r\n" + one + one + b"QUIT\r\n")
        assert await codes(peer, 14) == [
            *["250"] * 4, "354", "250", "250", *["250"] * 3, "354", "250", "250", "221",
        ]  # fmt: skip
        assert await peer.is_cut()
        assert len(scene.desk.received) == 4


async def test_a_hundred_recipients_get_a_hundred_replies() -> None:
    """Statement 7 by LMTP."""
    async with listening(way="lmtp") as scene, scene.peer() as peer:
        await peer.send(b"LHLO x\r\nMAIL FROM:<>\r\n" + f"RCPT TO:<{TRACK}>\r\n".encode() * 101)
        assert await codes(peer, 103) == ["250"] * 102 + ["452"]
        await peer.send(b"DATA\r\n" + MAIL + b".\r\nNOOP\r\n")
        assert await codes(peer, 102) == ["354"] + ["250"] * 101
        assert len(scene.desk.received) == 100
