"""Hostile clients by the thousand, in a process of their own: they come, do harm, and come again.

    python -m tests.faults.attackers PORT SECONDS ENDLESS DEAF SLOW IDLE

They come from 64 addresses of loopback, the worst first. Prints how often each kind came, and how
often it got in (the deaf do not look).
"""

from __future__ import annotations

import asyncio
import contextlib
import resource
import socket
import sys
from collections import Counter
from collections.abc import Awaitable, Callable

AGAIN = 5.0  # seconds until one who was sent away comes again
ADDRESSES = 64
BEGIN = b"EHLO evil.test\r\nMAIL FROM:<evil@evil.test>\r\nRCPT TO:<track@court.example>\r\nDATA\r\n"

Attack = Callable[[socket.socket, int], Awaitable[None]]


async def idle(sock: socket.socket, number: int) -> None:
    """Says nothing and waits."""
    await read_to_the_end(sock)


async def slow(sock: socket.socket, number: int) -> None:
    """An octet every half second: in a command, or in a mail."""
    loop = asyncio.get_running_loop()
    reading = asyncio.create_task(read_to_the_end(sock))
    if number % 2:
        await loop.sock_sendall(sock, BEGIN)
    while not reading.done():
        await loop.sock_sendall(sock, b"x")
        await asyncio.wait([reading], timeout=0.5)


async def deaf(sock: socket.socket, number: int) -> None:
    """Sends what must be answered and never reads an answer."""
    loop = asyncio.get_running_loop()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    while True:
        await loop.sock_sendall(sock, b"HELP\r\n" * 1000)


async def endless(sock: socket.socket, number: int) -> None:
    """A mail without end: one line, or lines of nothing, as fast as they are taken."""
    loop = asyncio.get_running_loop()
    await loop.sock_sendall(sock, BEGIN)
    piece = (b"x" * 16_384, b"\r\n" * 8_192, b"..\r\n" * 4_096)[number % 3]
    while True:
        await loop.sock_sendall(sock, piece)
        await asyncio.sleep(0.01)


async def read_to_the_end(sock: socket.socket) -> None:
    """Until the listener hangs up."""
    loop = asyncio.get_running_loop()
    with contextlib.suppress(OSError):
        while await loop.sock_recv(sock, 4096):
            pass


async def come_again_and_again(port: int, number: int, attack: Attack, came: Counter[str]) -> None:
    """One client, for ever."""
    loop = asyncio.get_running_loop()
    while True:
        with socket.socket() as sock, contextlib.suppress(OSError):
            sock.setblocking(False)
            sock.bind((f"127.0.1.{1 + number % ADDRESSES}", 0))
            await loop.sock_connect(sock, ("127.0.0.1", port))
            came[attack.__name__] += 1
            greeting = b"220 " if attack is deaf else await loop.sock_recv(sock, 4)
            if greeting == b"220 ":
                came[f"{attack.__name__}_in"] += attack is not deaf
                await attack(sock, number)
        await asyncio.sleep(AGAIN)


async def siege(port: int, seconds: float, counts: list[int]) -> Counter[str]:
    """All of them at once, for some seconds; then all hang up."""
    came: Counter[str] = Counter()
    tasks = []
    for attack, count in zip((endless, deaf, slow, idle), counts, strict=True):
        tasks += [
            asyncio.create_task(come_again_and_again(port, number, attack, came))
            for number in range(count)
        ]
        await asyncio.sleep(0.5)
    await asyncio.sleep(seconds)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return came


def open_files_for(clients: int) -> None:
    """Raise the limit of open files, or say that this machine cannot do it."""
    needed = clients + 200
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < needed:
        sys.exit(f"{needed} open files are needed and {hard} allowed: raise ulimit -Hn")
    resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))


if __name__ == "__main__":
    where, how_long, *how_many = map(int, sys.argv[1:])
    open_files_for(sum(how_many))
    done = asyncio.run(siege(where, how_long, how_many))
    print(" ".join(f"{kind}={count}" for kind, count in sorted(done.items())), flush=True)
