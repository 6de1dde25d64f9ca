"""Hostile clients, tier C of reliability.md 4.2: T-CONN, T-SLOW, T-FD, T-SMUG, T-GARB, T-MEM."""

from __future__ import annotations

import asyncio
import random
import tracemalloc
from pathlib import Path

import pytest

from mailbot.inbound.smtp import replies
from mailbot.inbound.smtp.door import Terms, Way
from tests.faults.hostile import SMALL, besiege
from tests.inbound.peer import MAIL, Gone, Peer, Scene, listening
from tests.inbound.smtp.test_wire import VARIANTS
from tests.until import until


def test_the_honest_are_served_under_siege(tmp_path: Path) -> None:
    """T-CONN: 2,000 at once, endless, never reading, slow and idle; a mail a second all the while."""
    report = besiege(tmp_path, SMALL, seconds=20)
    print(report)
    assert report.refused == []
    assert len(report.waits) >= 10
    assert report.slowest <= 2.0
    assert report.peak <= 256 * 2**20
    assert report.most > 100, "the attackers have not got in"
    assert report.left == 0


@pytest.mark.parametrize("way", ["smtp", "lmtp"])
@pytest.mark.parametrize("variant", VARIANTS)
async def test_no_cut_of_no_variant_smuggles_a_mail(variant: bytes, way: Way) -> None:
    """T-SMUG: 12 ends of DATA that are none, cut at every place, over the socket."""
    smuggled = (
        b"a" + variant + b"MAIL FROM:<evil@evil.test>\r\nRCPT TO:<track@court.test>\r\nDATA\r\nb"
        b"\r\n.\r\n"
    )
    terms = Terms(errors=10**6, idle_commands=10**6)
    async with listening(terms, way=way) as scene, scene.peer() as peer:
        await peer.say(f"{peer.greeting} home.test")
        for cut in range(len(smuggled) + 1):
            await peer.send(b"MAIL FROM:<ann@home.test>\r\nRCPT TO:<track@court.test>\r\nDATA\r\n")
            assert [(await peer.reply())[:3] for _ in range(3)] == ["250", "250", "354"]
            await peer.send(smuggled[:cut])
            await asyncio.sleep(0.001)  # so that the listener reads it alone
            await peer.send(smuggled[cut:])
            assert await peer.reply() == replies.BARE_CR_OR_LF
        assert await peer.say("NOOP") == replies.OK
        assert scene.desk.received == []


LINES = 50_000
WORDS = [
    b"EHLO x", b"HELO x", b"LHLO x", b"MAIL FROM:<", b"MAIL FROM:<ann@home.test>", b"a@b.test>",
    b"RCPT TO:<", b"RCPT TO:<track@court.test>", b"track@court.test>", b"DATA", b".", b" ", b"..",
    b"RSET", b"NOOP", b"VRFY x", b"EXPN x", b"HELP", b"AUTH PLAIN", b"STARTTLS", b"SIZE=",
    b" SMTPUTF8", b"\xff", "é".encode(), b"x" * 300, b"BDAT 1", b"XCLIENT", b"\xed\xa0\x80",
]  # fmt: skip
POISON = [b"\0", b"\r", b"\n", b"GET / HTTP/1.1", b"x" * 1000, b"QUIT"]  # each ends a session


def garbage(chance: random.Random) -> bytes:
    """A line of one to three words, most of them whole commands, one in 500 poison."""
    words = chance.choices(WORDS, k=chance.choice((1, 1, 1, 2, 3)))
    return b"".join([*words, *chance.choices(POISON, k=chance.random() < 0.002)]) + b"\r\n"


async def read_all(peer: Peer, known: set[str]) -> int:
    """Every reply to the end; each must be one of the table. Returns how many there were."""
    count = 0
    try:
        while True:
            said = await peer.reply()
            assert said in known or said.startswith(("250 ", "250-mx.court.test\n")), said
            count += 1
    except Gone:
        return count


@pytest.mark.parametrize("way", ["smtp", "lmtp"])
async def test_random_lines_get_replies_of_the_table_and_leave_nothing(way: Way) -> None:
    """T-GARB: 25,000 lines by each way, in random pieces; then an honest mail passes."""
    seed = 20261125
    chance = random.Random(seed)
    known = {value for name, value in vars(replies).items() if name.isupper()}
    terms = Terms(errors=10**6, idle_commands=10**6, idle=2.0, grace=2.0, linger=0.2)
    before = len(asyncio.all_tasks())
    async with listening(terms, way=way) as scene:
        answered = 0
        for _ in range(LINES // 2 // 100):
            lines = [garbage(chance) for _ in range(100)]
            answered += await babble(scene, b"".join(lines), chance, known)
        assert answered > LINES // 10, "most lines were never looked at"
        async with scene.peer() as peer:
            assert (await peer.mail(MAIL))[:3] == "250"
        await until(lambda: not scene.listener.sessions)
        assert scene.listener.space.used == 0
    await until(lambda: len(asyncio.all_tasks()) <= before)


async def babble(scene: Scene, octets: bytes, chance: random.Random, known: set[str]) -> int:
    async with scene.peer() as peer:
        reading = asyncio.create_task(read_all(peer, known))
        await peer.send(f"{peer.greeting} x\r\n".encode())
        while octets and not reading.done():
            piece = chance.choice((1, 7, 50, 500, 5000))
            await peer.send(octets[:piece])
            octets = octets[piece:]
        await peer.send(b"\r\n.\r\nQUIT\r\n")
        if not reading.done() and peer.writer.can_write_eof():
            peer.writer.write_eof()
        return await reading


@pytest.mark.parametrize("piece", [b"x" * 16_384, b"\r\n" * 8192, b"..\r\n" * 4096])
async def test_endless_mails_cost_a_bounded_memory(piece: bytes) -> None:
    """T-MEM: 30 at once, of one line and of many; stock grows by each octet."""
    terms = Terms(connections_per_address=100)
    async with listening(terms, message_bytes=65_536) as scene:
        tracemalloc.start()
        try:
            await asyncio.gather(*(one_endless(scene, piece) for _ in range(30)))
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert peak < 16 * 2**20
        assert scene.listener.space.used == 0
        await until(lambda: not scene.listener.sessions)


async def one_endless(scene: Scene, piece: bytes) -> None:
    """Sends until it is cut; the kernels hold some megabytes beyond the eight times 64 KB."""
    async with scene.peer() as peer:
        await peer.begin()
        for _ in range(3000):
            await peer.send(piece)
            await asyncio.sleep(0)
            if peer.writer.transport.is_closing():
                return
        raise AssertionError("it was not cut")


async def test_a_legal_mail_of_empty_lines_is_kept_at_little_cost() -> None:
    """T-MEM: 33 MB of them cost stock 2.7 GB and 46 s."""
    async with listening(message_bytes=10_000_000) as scene, scene.peer() as peer:
        await peer.begin()
        tracemalloc.start()
        try:
            await peer.send(b"\r\n" * 4_900_000 + b".\r\n")
            reply = await asyncio.wait_for(peer.reader.readline(), 60)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert reply.startswith(b"250 ")
        assert (
            peak < 80 * 2**20
        )  # 10 MB of the peer's own, the mail, and the mail with its Received
