"""What one peer may do to a session, over real sockets: politely, slowly, endlessly, or in HTTP."""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket

import pytest

from mailbot.inbound.smtp import replies
from mailbot.inbound.smtp.door import Terms
from tests.inbound.peer import MAIL, TRACK, Gone, Scene, listening
from tests.tls import client_context, server_context
from tests.until import until

HASTY = Terms(idle=0.5, session=2.0, grace=0.5, linger=0.2, stop=1.0)


async def settled(scene: Scene, seconds: float = 3.0) -> None:
    """Wait until no session is left."""
    await until(lambda: not scene.listener.sessions, seconds)


async def test_greeting_and_offers() -> None:
    """Statements 1 and 5: 220 at once without a version; EHLO lists SIZE."""
    async with listening() as scene, scene.peer(greeted=False) as peer:
        assert await peer.reply() == "220 mx.court.test ESMTP"
        offers = (await peer.say("ehlo home.test")).split("\n")
        assert "250-SIZE 100000" in offers
        assert not [offer for offer in offers if "AUTH" in offer or "STARTTLS" in offer]
        assert await peer.say("VRFY track") == replies.CANNOT_VERIFY
        assert await peer.say("EXPN list") == replies.NOT_IMPLEMENTED
        assert await peer.say("HELP") == replies.HELP
        assert await peer.say("AUTH PLAIN AGEAYg==") == replies.NOT_IMPLEMENTED
        assert await peer.say("STARTTLS") == replies.NOT_IMPLEMENTED
        assert await peer.say("QUIT") == replies.BYE
        assert await peer.is_cut()


async def test_verbs_in_any_case_and_commands_in_any_pieces() -> None:
    """Statements 2 to 4: 512 octets and more; a local part of ours in any case."""
    async with listening() as scene, scene.peer() as peer:
        for octet in b"eHlO home.test\r\n":
            await peer.send(bytes([octet]))
        assert (await peer.reply()).startswith("250-")
        assert await peer.say("NOOP " + "x" * (900 - 7)) == replies.OK
        assert await peer.say("mail from:<ann@home.test>") == replies.SENDER_OK
        assert await peer.say("rcpt to:<TRACK@court.test>") == replies.RECIPIENT_OK
        assert await peer.say("rcpt to:<postMASTER>") == replies.RECIPIENT_OK
        assert await peer.say("data") == replies.GO_AHEAD


async def test_pipelining_and_commands_behind_the_dot() -> None:
    """Statement 23 and RFC 2920: a whole session in one packet, answered in order."""
    octets = (
        b"EHLO home.test\r\nMAIL FROM:<>\r\nRCPT TO:<track@court.test>\r\n"
        b"RCPT TO:<who@else.test>\r\nDATA\r\n" + MAIL + b".\r\nNOOP\r\nMAIL FROM:<>\r\n"
        b"RCPT TO:<track@court.test>\r\nDATA\r\n.\r\nQUIT\r\n"
    )
    async with listening() as scene, scene.peer() as peer:
        await peer.send(octets)
        codes = " ".join([(await peer.reply())[:3] for _ in range(12)])
        assert codes == "250 250 250 550 354 250 250 250 250 354 250 221"
        assert await peer.is_cut()
        assert [len(raw) > 150 for _, raw in scene.desk.received] == [True, False]


@pytest.mark.parametrize(
    "octets",
    [b"NOOP\n", b"NO\rOP\r\n", b"NOOP\0\r\n", b"NOOP\r\r\n", b"EHLO a\nMAIL FROM:<>\r\n"],
)
async def test_bare_line_ends_in_a_command_end_the_session(octets: bytes) -> None:
    """Statement 2; reliability.md 2.1."""
    async with listening() as scene, scene.peer() as peer:
        await peer.send(octets)
        assert await peer.reply() == replies.BAD_LINE_END
        assert await peer.is_cut()


@pytest.mark.parametrize("verb", ["GET / HTTP/1.1", "post /x", "CONNECT a:25 HTTP/1.1"])
async def test_http_ends_the_session_before_its_body_is_read(verb: str) -> None:
    async with listening() as scene, scene.peer() as peer:
        await peer.send(verb.encode() + b"\r\nHost: x\r\n\r\nEHLO x\r\nMAIL FROM:<>\r\n")
        assert await peer.reply() == replies.NOT_SMTP
        assert await peer.is_cut()


async def test_ten_errors_and_no_more() -> None:
    """Empty and non-ASCII lines count, too; stock answers 20,000 of them."""
    async with listening() as scene, scene.peer() as peer:
        for line in (b"", b"\xff\xfe", b"XYZZY", b"MAIL FROM:<a@", b"EHLO"):
            for _ in range(2):
                await peer.send(line + b"\r\n")
                assert (await peer.reply())[0] == "5"
        assert await peer.reply() == replies.TOO_MANY_ERRORS
        assert await peer.is_cut()


async def test_unknown_recipients_are_no_errors_of_the_session() -> None:
    """T-RELAY: a foreign recipient is refused however often it is tried, an honest one served."""
    async with listening() as scene, scene.peer() as peer:
        await peer.say("EHLO home.test")
        await peer.say("MAIL FROM:<ann@home.test>")
        for number in range(99):
            reply = await peer.say(f"RCPT TO:<x{number}@foreign.test>")
            assert reply == replies.UNKNOWN_RECIPIENT
        assert await peer.say(f"RCPT TO:<{TRACK}>") == replies.RECIPIENT_OK
        assert await peer.say(f"RCPT TO:<{TRACK}>") == replies.TOO_MANY_RECIPIENTS
        assert await peer.say("DATA") == replies.GO_AHEAD


async def test_commands_without_a_mail_end() -> None:
    """Stock accepts 50,000 NOOP."""
    async with listening() as scene, scene.peer() as peer:
        await peer.send(b"NOOP\r\n" * 500)
        said = [await peer.reply() for _ in range(102)]
        assert said == [replies.OK] * 101 + [replies.TOO_MANY_IDLE_COMMANDS]
        assert await peer.is_cut()


async def test_mails_reset_the_count_of_commands() -> None:
    async with listening(Terms(idle_commands=8)) as scene, scene.peer() as peer:
        for _ in range(5):
            assert (await peer.mail(MAIL))[:3] == "250"
        assert len(scene.desk.received) == 5


async def test_an_endless_command_line_ends_the_session() -> None:
    async with listening() as scene, scene.peer() as peer:
        await peer.send(b"A" * 100_000)
        assert await peer.reply() == replies.LINE_TOO_LONG
        assert await peer.is_cut()


async def test_too_big_is_said_after_the_mail_and_the_session_goes_on() -> None:
    """552 also where MAIL said no SIZE."""
    async with listening() as scene, scene.peer() as peer:
        await peer.begin()
        await peer.send(b"0123456789" * 9 + b"\r\n" * 1)
        for _ in range(20):
            await peer.send((b"x" * 900 + b"\r\n") * 20)
        await peer.send(b".\r\n")
        assert await peer.reply() == replies.TOO_BIG
        assert (await peer.mail(MAIL))[:3] == "250"
        assert len(scene.desk.received) == 1
        assert scene.listener.space.used == 0


async def test_an_endless_mail_is_cut_after_eight_times_the_limit() -> None:
    """T-MEM, in one line without end and in lines. The kernel may hold some megabytes of it."""
    for piece in (b"x" * 8192, b"\r\n" * 4096, b"..\r\n" * 2048):
        async with listening(message_bytes=65_536) as scene, scene.peer() as peer:
            await peer.begin()
            sent = 0
            while scene.listener.sessions and sent < 60_000_000:
                await peer.send(piece)
                sent += len(piece)
                await asyncio.sleep(0)
            assert sent < 60_000_000
            assert scene.listener.space.used == 0
            assert scene.desk.received == []


async def test_a_silent_peer_is_cut() -> None:
    async with listening(HASTY) as scene, scene.peer() as peer:
        assert await peer.reply() == replies.TOO_SLOW
        await settled(scene)


async def test_one_octet_at_a_time_does_not_hold_a_command_open() -> None:
    async with listening(HASTY) as scene, scene.peer() as peer:
        for octet in b"NOOP xxxxxxxxxx":
            await peer.send(bytes([octet]))
            await asyncio.sleep(0.05)
        await settled(scene, 1.0)


async def test_a_busy_idler_is_cut_by_the_length_of_its_session() -> None:
    async with listening(HASTY) as scene, scene.peer() as peer:
        said = []
        with contextlib.suppress(Gone):
            for _ in range(30):
                said.append(await peer.say("NOOP"))
                await asyncio.sleep(0.1)
        assert 5 <= said.count(replies.OK) <= 21
        await settled(scene)


async def test_a_mail_that_trickles_is_cut() -> None:
    """T-SLOW: 500 octets a second after the grace; a steady slow one is served."""
    async with listening(HASTY) as scene, scene.peer() as slow, scene.peer() as steady:
        await slow.begin()
        await steady.begin()
        for _ in range(10):
            await slow.send(b"x")
            await steady.send(b"x" * 200 + b"\r\n")
            await asyncio.sleep(0.08)
        await steady.send(b".\r\n")
        assert (await steady.reply())[:3] == "250"
        assert await slow.is_cut()
        assert len(scene.desk.received) == 1
        assert scene.listener.space.used == 0


async def test_a_peer_that_never_reads_is_cut() -> None:
    """Stock keeps 18 of 20 such sockets for ever, because close() waits for them."""
    terms = Terms(idle=0.3, session=5, linger=0.2, idle_commands=10**6, errors=10**6)
    async with listening(terms) as scene:
        loop = asyncio.get_running_loop()
        socks = []
        for _ in range(5):
            sock = socket.socket()
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            sock.setblocking(False)
            await loop.sock_connect(sock, ("127.0.0.1", scene.listener.port))
            socks.append(sock)
        for sock in socks:  # until neither side takes anything any more
            with contextlib.suppress(TimeoutError, ConnectionError):
                async with asyncio.timeout(2):
                    while True:
                        await loop.sock_sendall(sock, b"HELP\r\n" * 1000)
        await settled(scene)
        for sock in socks:
            sock.close()


async def test_a_peer_that_hangs_up_anywhere_leaves_nothing() -> None:
    script = b"EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<track@court.test>\r\nDATA\r\n" + MAIL + b"."
    async with listening(HASTY) as scene:
        for cut in range(0, len(script), 7):
            async with scene.peer() as peer:
                await peer.send(script[:cut])
        await settled(scene)
        assert scene.desk.received == []
        assert scene.listener.space.used == 0


async def test_smuggled_commands_are_part_of_the_refused_mail() -> None:
    """T-SMUG over the socket; all variants and cuts: test_wire.py."""
    for variant in (b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r\n.\r", b"\r\n\0.\r\n"):
        async with listening() as scene, scene.peer() as peer:
            await peer.begin()
            await peer.send(b"a" + variant + b"MAIL FROM:<evil@evil.test>\r\n")
            await peer.send(b"RCPT TO:<track@court.test>\r\nDATA\r\nb\r\n.\r\nNOOP\r\n")
            assert await peer.reply() == replies.BARE_CR_OR_LF
            assert await peer.reply() == replies.OK
            assert scene.desk.received == []


async def test_starttls_forgets_everything_said_before() -> None:
    """Statement 22, CVE-2024-34083: nothing pipelined before TLS runs, EHLO is needed again."""
    async with listening(tls_context=server_context()) as scene, scene.peer() as peer:
        assert "250 STARTTLS" in (await peer.say("EHLO home.test"))
        await peer.send(b"STARTTLS\r\nEHLO evil\r\nMAIL FROM:<evil@evil.test>\r\n")
        assert await peer.reply() == replies.READY_TO_UPGRADE
        await peer.starttls(client_context())
        assert await peer.say("MAIL FROM:<ann@home.test>") == replies.GREET_FIRST
        assert "STARTTLS" not in await peer.say("EHLO home.test")
        assert await peer.say("STARTTLS") == replies.ALREADY_TLS
        assert (await peer.mail(MAIL))[:3] == "250"
        assert b" with ESMTPS id " in scene.desk.received[0][1]
        assert await peer.say("QUIT") == replies.BYE
        await settled(scene)


async def test_a_failed_handshake_ends_the_session() -> None:
    async with listening(HASTY, tls_context=server_context()) as scene:
        for nonsense in (b"GET / HTTP/1.1\r\n\r\n", b""):
            async with scene.peer() as peer:
                await peer.say("EHLO home.test")
                assert await peer.say("STARTTLS") == replies.READY_TO_UPGRADE
                await peer.send(nonsense)
                await settled(scene)


async def test_random_lines_never_break_it() -> None:
    """T-GARB, small: every reply is from the table, every session ends, an honest mail passes."""
    chance = random.Random(20261123)
    words = [b"EHLO x", b"MAIL FROM:<", b"a@b.test>", b"RCPT TO:<", b"track@court.test>", b"DATA",
             b".", b" ", b"\r\n", b"\r\n.\r\n", b"\0", b"\xff", b"RSET", b"QUIT"]  # fmt: skip
    known = {value for name, value in vars(replies).items() if name.isupper()}
    async with listening(Terms(idle=0.2, session=2, grace=0.2, linger=0.1)) as scene:
        for _ in range(60):
            async with scene.peer() as peer:
                garbage = b"".join(chance.choices(words, k=60))
                cut = chance.randrange(len(garbage))
                await peer.send(garbage[:cut])
                await peer.send(garbage[cut:] + b"\r\n.\r\n")
                peer.writer.write_eof()
                while True:
                    try:
                        said = await peer.reply()
                    except Gone:
                        break
                    assert said in known or said.startswith(("250", "554")), said
        async with scene.peer() as peer:
            assert (await peer.mail(MAIL))[:3] == "250"
        await settled(scene)
        assert scene.listener.space.used == 0
