"""The gate over real sockets: behind a balancer the real client is counted and named."""

from __future__ import annotations

from ipaddress import ip_network

from mailbot.inbound.smtp import replies
from mailbot.inbound.smtp.door import Terms
from mailbot.inbound.smtp.lobby import Lobby
from tests.inbound.peer import MAIL, Scene, listening
from tests.inbound.smtp.test_proxy import block
from tests.until import until

BALANCER = (ip_network("127.0.0.1/32"),)


def line(source: str) -> bytes:
    return f"PROXY TCP4 {source} 127.0.0.1 56324 25\r\n".encode()


async def refused(scene: Scene, header: bytes, source: str = "127.0.0.1") -> bool:
    async with scene.peer(greeted=False, source=source, header=header) as peer:
        return await peer.is_cut()


async def test_the_real_client_is_named_in_received() -> None:
    async with listening(proxies=BALANCER) as scene:
        for header in (line("192.0.2.1"), block("2001:db8::1"), b"PROXY UNKNOWN\r\n"):
            async with scene.peer(header=header) as peer:
                assert (await peer.mail(MAIL))[:3] == "250"
        froms = [raw.partition(b"\r\n")[0] for _, raw in scene.desk.received]
        assert froms == [
            b"Received: from home.test ([192.0.2.1])",
            b"Received: from home.test ([IPv6:2001:db8::1])",
            b"Received: from home.test ([127.0.0.1])",
        ]


async def test_the_real_client_is_counted() -> None:
    terms = Terms(connections_per_address=2)
    async with (
        listening(terms, proxies=BALANCER) as scene,
        scene.peer(header=line("192.0.2.1")),
        scene.peer(header=line("192.0.2.1")),
    ):
        async with scene.peer(greeted=False, header=line("192.0.2.1")) as third:
            assert await third.reply() == replies.TOO_BUSY
        async with scene.peer(header=line("192.0.2.2")) as other:
            assert (await other.mail(MAIL))[:3] == "250"


async def test_commands_behind_the_header_and_headers_in_pieces() -> None:
    async with listening(proxies=BALANCER) as scene:
        async with scene.peer(header=block("192.0.2.1") + b"NOOP\r\nNOOP\r\n") as peer:
            assert [await peer.reply(), await peer.reply()] == [replies.OK, replies.OK]
        async with scene.peer(greeted=False) as peer:
            for octet in line("192.0.2.1"):
                await peer.send(bytes([octet]))
            assert (await peer.reply())[:3] == "220"


async def test_nobody_else_may_say_for_whom_it_speaks() -> None:
    """Not a stranger, and not the balancer without or with half a header."""
    async with listening(Terms(grace=0.3), proxies=BALANCER) as scene:
        assert await refused(scene, line("192.0.2.1"), source="127.0.0.2")
        assert await refused(scene, b"EHLO home.test\r\n")
        assert await refused(scene, line("192.0.2.1")[:20])
        assert await refused(scene, b"")
        await until(lambda: not scene.listener.sessions)


async def test_a_header_that_nobody_asked_for_is_no_command() -> None:
    async with listening() as scene, scene.peer(header=line("192.0.2.1")) as peer:
        assert await peer.reply() == replies.UNKNOWN_COMMAND


async def test_a_crowd_makes_room() -> None:
    """Ten from one address fill the house; one from another comes in all the same."""
    terms = Terms(connections=10, connections_per_address=10)
    async with listening(terms) as scene:
        crowd = [scene.peer(source="127.0.0.2") for _ in range(10)]
        for each in crowd:
            await each.__aenter__()
        async with scene.peer(source="127.0.0.3") as peer:
            assert (await peer.mail(MAIL))[:3] == "250"
        for each in crowd:
            await each.__aexit__(None, None, None)


async def test_listeners_share_the_lobby() -> None:
    terms = Terms(connections=2, connections_per_address=1)
    lobby = Lobby(terms)
    async with (
        listening(terms, lobby=lobby) as smtp,
        listening(terms, lobby=lobby, way="lmtp") as lmtp,
    ):
        async with smtp.peer(), lmtp.peer(greeted=False) as second:
            assert await second.reply() == replies.TOO_BUSY
        await until(lambda: not smtp.listener.sessions)
        async with lmtp.peer() as third:
            assert (await third.mail(MAIL))[:3] == "250"


async def test_a_stop_leaves_nobody_at_the_gate() -> None:
    async with listening(proxies=BALANCER) as scene, scene.peer(greeted=False) as peer:
        await until(lambda: scene.listener.sessions)
        await scene.listener.stop()
        assert await peer.is_cut()
