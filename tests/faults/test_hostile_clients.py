"""Hostile clients, tier C of reliability.md 4.2: T-CONN, T-SLOW, T-FD, T-SMUG, T-MEM."""

from __future__ import annotations

import asyncio
import tracemalloc
from pathlib import Path

import pytest

from mailbot.inbound.smtp import replies
from mailbot.inbound.smtp.door import Terms, Way
from tests.faults.hostile import SMALL, besiege
from tests.inbound.peer import Scene, listening
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
