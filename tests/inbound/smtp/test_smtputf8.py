"""T-EAI at the door: addresses beyond ASCII come in by SMTPUTF8, and only by it (RFC 6531)."""

from __future__ import annotations

from mailbot.inbound.smtp import replies
from mailbot.model import Envelope
from tests.inbound.peer import MAIL, TRACK, listening


async def test_a_utf_8_sender_comes_in_by_smtputf8_only() -> None:
    """Statement 24."""
    async with listening() as scene, scene.peer() as peer:
        assert "250 SMTPUTF8" in (await peer.say("EHLO home.test")).split("\n")
        assert await peer.say("MAIL FROM:<josé@bücher.test>") == replies.NEEDS_SMTPUTF8
        assert await peer.say("MAIL FROM:<josé@bücher.test> SMTPUTF8") == replies.SENDER_OK
        assert await peer.say(f"RCPT TO:<{TRACK}>") == replies.RECIPIENT_OK
        assert await peer.say("RCPT TO:<josé@court.test>") == replies.RECIPIENT_OK
        assert await peer.say("DATA") == replies.GO_AHEAD
        await peer.send(MAIL + b".\r\n")
        assert (await peer.reply())[:3] == "250"
        assert scene.desk.received[0][0] == Envelope("josé@bücher.test", TRACK)
        assert b" with UTF8SMTP id " in scene.desk.received[0][1]
        # the parameter is forgotten with its mail
        assert await peer.say("MAIL FROM:<>") == replies.SENDER_OK
        assert await peer.say("RCPT TO:<josé@court.test>") == replies.NEEDS_SMTPUTF8


async def test_what_is_no_utf_8_or_no_writing_is_refused() -> None:
    async with listening() as scene, scene.peer() as peer:
        await peer.say("EHLO home.test")
        for octets, reply in (
            (b"MAIL FROM:<jos\xe9@home.test> SMTPUTF8", replies.NOT_UTF8),
            (b"MAIL FROM:<\xc0\xae@home.test> SMTPUTF8", replies.NOT_UTF8),
            (b"MAIL FROM:<\xed\xa0\x80@home.test> SMTPUTF8", replies.NOT_UTF8),
            ("MAIL FROM:<ann\u202e@home.test> SMTPUTF8".encode(), replies.BAD_SENDER),
            ("EHLO bücher.test".encode(), replies.NOT_ASCII),
            ("ſTARTTLS".encode(), replies.NOT_ASCII),
        ):
            await peer.send(octets + b"\r\n")
            assert await peer.reply() == reply
