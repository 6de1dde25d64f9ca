"""The door: 250 only after the commit, 451 for every fault of ours, counted guests, a quiet end."""

from __future__ import annotations

import asyncio
import logging
import threading
import time

import pytest

from mailbot.errors import CourtUnavailable, PermanentError
from mailbot.inbound.smtp import replies
from mailbot.inbound.smtp.door import Arrival, Terms
from mailbot.inbound.smtp.listener import stamp
from mailbot.inbound.smtp.wire import Collector, SpoolSpace
from mailbot.model import Envelope
from tests.inbound.peer import MAIL, NOON, TRACK, Desk, Gone, listening
from tests.until import until

SECRET = "postgresql://user:password@db/"


class Gateway:
    """Holds `receive` until it is opened, and says when somebody waits."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self.opened = threading.Event()

    def __call__(self, envelope: Envelope) -> None:
        self.reached.set()
        assert self.opened.wait(10)

    async def wait(self) -> None:
        assert await asyncio.to_thread(self.reached.wait, 5)


async def test_a_mail_arrives_as_it_was_sent_under_a_received_line() -> None:
    """Statements 11, 12 and 14."""
    content = MAIL + b"..\r\n.\r\n.x\r\n\xff\xe4 8-bit\r\n"
    async with listening() as scene, scene.peer() as peer:
        reply = await peer.mail(content)
        ((envelope, raw),) = scene.desk.received
    assert envelope == Envelope("ann@home.test", TRACK)
    receipt = reply.removeprefix("250 2.0.0 OK: kept as ")
    assert raw == (
        b"Received: from home.test ([127.0.0.1])\r\n\tby mx.court.test with ESMTP id "
        + receipt.encode()
        + b";\r\n\tMon, 23 Nov 2026 12:00:00 +0000\r\n"
        + content
    )


async def test_the_null_sender_and_every_recipient_are_handled() -> None:
    """Statement 8; one `receive` a recipient, in order, each address once."""
    async with listening() as scene, scene.peer() as peer:
        await peer.begin("track@court.test", "stop@court.test", "track@court.test", sender="")
        await peer.send(MAIL + b".\r\n")
        assert (await peer.reply())[:3] == "250"
        assert scene.desk.recipients == ["track@court.test", "stop@court.test"]
        assert {envelope.mail_from for envelope, _ in scene.desk.received} == {""}


async def test_250_comes_after_receive_has_returned() -> None:
    """Invariant 1: accepted means committed."""
    gateway = Gateway()
    async with listening(desk=Desk(before=gateway)) as scene, scene.peer() as peer:
        answer = asyncio.create_task(peer.mail(MAIL))
        await gateway.wait()
        await asyncio.sleep(0.1)
        assert not answer.done()
        assert scene.desk.received == []
        gateway.opened.set()
        assert (await answer)[:3] == "250"
        assert len(scene.desk.received) == 1


@pytest.mark.parametrize(
    "error",
    [CourtUnavailable(SECRET), PermanentError(SECRET), RuntimeError(SECRET), RecursionError(SECRET),
     OSError(24, SECRET), MemoryError(SECRET), UnicodeDecodeError("utf-8", b"x", 0, 1, SECRET)],
)  # fmt: skip
async def test_any_error_is_451_and_tells_nothing(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    """Statement 10, T-LEAK: stock answers 500 with the exception's text."""

    def fail(envelope: Envelope) -> None:
        raise error

    caplog.set_level(logging.DEBUG)
    desk = Desk(before=fail)
    async with listening(desk=desk) as scene, scene.peer() as peer:
        assert await peer.mail(MAIL) == replies.TRY_LATER
        desk.before = lambda envelope: None
        assert (await peer.mail(MAIL))[:3] == "250"
        assert len(scene.desk.received) == 1
    assert type(error).__name__ in caplog.text
    assert SECRET not in caplog.text
    assert "home.test" not in caplog.text


async def test_one_failing_recipient_makes_the_sender_come_again() -> None:
    """The others have their mail already; a second time is theirs to recognise."""

    def fail(envelope: Envelope) -> None:
        if envelope.recipient.startswith("stop"):
            raise CourtUnavailable

    recipients = ("track@court.test", "stop@court.test", "help@court.test")
    async with listening(desk=Desk(before=fail)) as scene, scene.peer() as peer:
        assert await peer.mail(MAIL, *recipients) == replies.TRY_LATER
        assert scene.desk.recipients == ["track@court.test", "help@court.test"]


async def test_recipients_unknown_or_unaskable() -> None:
    async with listening() as scene, scene.peer() as peer:
        await peer.say("EHLO home.test")
        await peer.say("MAIL FROM:<ann@home.test>")
        assert await peer.say("RCPT TO:<ann@foreign.test>") == replies.UNKNOWN_RECIPIENT
        assert await peer.say("RCPT TO:<broken@court.test>") == replies.TRY_LATER
        assert await peer.say("DATA") == replies.RECIPIENT_FIRST
        assert await peer.say("RCPT TO:<Postmaster>") == replies.RECIPIENT_OK
        assert scene.desk.asked[-1] == "postmaster@mx.court.test"


@pytest.mark.parametrize(
    ("content", "reply"),
    [
        (b"a\nb\r\n", replies.BARE_CR_OR_LF),
        (b"Subject: a\rFrom: victim@home.test\r\n\r\n", replies.BARE_CR_OR_LF),
        (b"a\0\r\n", replies.BARE_CR_OR_LF),
        (b"x" * 998 + b"\r\n", "250"),
        (b"x" * 999 + b"\r\n", replies.TEXT_LINE_TOO_LONG),
        (b"Received: x\r\n" * 51 + b"\r\n", replies.MAIL_LOOP),
        (b"", "250"),
    ],
)
async def test_defects_are_told_after_the_mail(content: bytes, reply: str) -> None:
    """Statements 3 and 11: the connection goes on afterwards."""
    async with listening() as scene, scene.peer() as peer:
        assert (await peer.mail(content)).startswith(reply)
        assert len(scene.desk.received) == (reply == "250")
        assert await peer.say("NOOP") == replies.OK


async def test_a_peer_that_hangs_up_while_we_commit_stops_nothing() -> None:
    """T-RST: stock cancels the handler in the middle. All or nothing; here, all."""
    for abruptly in (True, False):
        gateway = Gateway()
        async with listening(desk=Desk(before=gateway)) as scene:
            async with scene.peer() as peer:
                await peer.begin()
                await peer.send(MAIL + b".\r\n")
                await gateway.wait()
                if abruptly:
                    peer.writer.transport.abort()
            gateway.opened.set()
            await until(lambda: scene.desk.received)


async def test_a_half_closed_peer_still_gets_its_reply() -> None:
    gateway = Gateway()
    async with listening(desk=Desk(before=gateway)) as scene, scene.peer() as peer:
        await peer.begin()
        await peer.send(MAIL + b".\r\n")
        peer.writer.write_eof()
        await gateway.wait()
        gateway.opened.set()
        assert (await peer.reply())[:3] == "250"
        assert await peer.is_cut()


async def test_our_own_slowness_is_not_the_peers_fault() -> None:
    """A store that takes longer than the idle limit, even than the session, is waited for."""
    terms = Terms(idle=0.2, session=0.5, grace=0.2)
    desk = Desk(before=lambda envelope: time.sleep(0.8))
    async with listening(terms, desk=desk) as scene, scene.peer() as peer:
        assert (await peer.mail(MAIL))[:3] == "250"
        assert await peer.reply() == replies.TOO_LONG_A_SESSION


async def test_too_many_guests() -> None:
    """T-CONN: 421 at the gate, and the place is free again when somebody leaves."""
    async with (
        listening(Terms(connections=3)) as scene,
        scene.peer() as first,
        scene.peer(),
        scene.peer(),
    ):
        async with scene.peer(greeted=False) as fourth:
            assert await fourth.reply() == replies.TOO_BUSY
            assert await fourth.is_cut()
        assert await first.say("QUIT") == replies.BYE
        assert await first.is_cut()
        async with scene.peer() as fifth:
            assert (await fifth.mail(MAIL))[:3] == "250"


async def test_too_many_guests_of_one_address() -> None:
    terms = Terms(connections=100, connections_per_address=2)
    async with (
        listening(terms) as scene,
        scene.peer(),
        scene.peer(),
        scene.peer(greeted=False) as third,
    ):
        assert await third.reply() == replies.TOO_BUSY


async def test_a_flood_leaves_room_for_the_next_honest_mail() -> None:
    """300 connections at a door for 20; afterwards nothing is left of them."""
    terms = Terms(connections=20, connections_per_address=1000)
    async with listening(terms) as scene:
        port = scene.listener.port
        opened = [await asyncio.open_connection("127.0.0.1", port) for _ in range(300)]
        assert scene.listener.sessions <= 20
        for _, writer in opened:
            writer.transport.abort()
        await until(lambda: not scene.listener.sessions)
        async with scene.peer() as peer:
            assert (await peer.mail(MAIL))[:3] == "250"


async def test_no_room_is_ours_to_say_and_passes() -> None:
    """All open mails share their room; what does not fit comes later (T-FULL)."""
    terms = Terms(spool=3000, free=0)
    async with listening(terms) as scene, scene.peer() as first, scene.peer() as second:
        await first.begin()
        await first.send(b"x" * 900 + b"\r\n" + b"y" * 900 + b"\r\n")
        assert await second.mail((b"z" * 900 + b"\r\n") * 2) == replies.NO_ROOM
        await first.send(b".\r\n")
        assert (await first.reply())[:3] == "250"
        assert (await second.mail((b"z" * 900 + b"\r\n") * 2))[:3] == "250"


async def test_a_full_room_keeps_no_small_mail_out() -> None:
    terms = Terms(spool=3000, free=2000)
    async with listening(terms) as scene, scene.peer() as first, scene.peer() as second:
        await first.begin()
        await first.send((b"x" * 900 + b"\r\n") * 5)
        await until(lambda: scene.listener.space.used == 5 * 902 - 2000)
        assert await second.mail((b"z" * 900 + b"\r\n") * 3) == replies.NO_ROOM
        assert (await second.mail((b"z" * 900 + b"\r\n") * 2))[:3] == "250"
        await first.send(b".\r\n")
        assert (await first.reply())[:3] == "250"
        assert scene.listener.space.used == 0


async def test_stop_finishes_the_mail_in_hand() -> None:
    """T-TERM: the one being stored gets its 250, who only waits gets 421, nobody comes in."""
    gateway = Gateway()
    async with listening(desk=Desk(before=gateway)) as scene:
        async with scene.peer() as busy, scene.peer() as sending, scene.peer() as idle:
            await sending.begin()
            await sending.send(b"Subject: half\r\n")
            answer = asyncio.create_task(busy.mail(MAIL))
            await gateway.wait()
            stopping = asyncio.create_task(scene.listener.stop())
            assert await idle.reply() == replies.STOPPING
            await sending.send(b"\r\nother half\r\n.\r\n")
            gateway.opened.set()
            for peer, told in ((busy, await answer), (sending, await sending.reply())):
                assert told[:3] == "250"
                assert await peer.reply() == replies.STOPPING
                assert await peer.is_cut()
            await stopping
            with pytest.raises((ConnectionError, Gone)):
                async with scene.peer(greeted=False) as late:
                    await late.reply()
        assert len(scene.desk.received) == 2


async def test_stop_does_not_wait_for_ever() -> None:
    terms = Terms(stop=0.3, grace=60)
    async with listening(terms) as scene, scene.peer() as peer:
        await peer.begin()
        started = time.monotonic()
        await scene.listener.stop()
        assert time.monotonic() - started < 2
        assert await peer.reply() == replies.STOPPING
        assert scene.desk.received == []


async def test_the_log_names_mails_and_no_address(caplog: pytest.LogCaptureFixture) -> None:
    """Accepted, refused and put off each leave one line, and aiosmtpd is silent."""
    caplog.set_level(logging.DEBUG)
    logging.getLogger("asyncio").setLevel(logging.WARNING)
    async with listening() as scene, scene.peer() as peer:
        receipt = (await peer.mail(MAIL)).rpartition(" ")[2]
        await peer.mail(b"a\nb\r\n")
    lines = [record.getMessage() for record in caplog.records]
    assert len(lines) == 2
    assert lines[0].startswith(f"event=arrived mail={receipt} from=")
    assert lines[1].startswith("event=refused mail=in-")
    assert "home.test" not in caplog.text


def test_received_names_an_ipv6_peer_by_rule() -> None:
    mail = Collector(1000, SpoolSpace(1000))
    arrival = Arrival("in-1", mail, "", (TRACK,), "unknown", "2001:db8::1", "SMTP")
    mail.close()
    assert b"([IPv6:2001:db8::1])" in stamp(arrival, "mx.court.test", NOON)
