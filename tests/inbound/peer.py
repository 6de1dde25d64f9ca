"""A peer that speaks raw SMTP to a listener, in whatever pieces a test wants."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from mailbot.config import Limits
from mailbot.inbound.smtp.door import Terms, Way
from mailbot.inbound.smtp.gate import Networks
from mailbot.inbound.smtp.listener import Listener
from mailbot.inbound.smtp.lobby import Lobby
from mailbot.maillog import MailLog
from mailbot.model import Envelope

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
TRACK = "track@court.test"
MAIL = b"From: ann@home.test\r\nSubject: TRACK 15AB-CR00015\r\n\r\nTRACK 15AB-CR00015\r\n"
PATIENCE = 5.0  # seconds a test waits for a reply


class Gone(Exception):
    """The listener has hung up."""


class Peer:
    """One connection to the listener."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, greeting: str = "EHLO"
    ) -> None:
        self.greeting = greeting
        self.reader = reader
        self.writer = writer

    async def reply(self) -> str:
        """The next reply, its lines joined by LF."""
        lines = []
        while True:
            try:
                line = await asyncio.wait_for(self.reader.readline(), PATIENCE)
            except ConnectionError:
                raise Gone from None
            if not line:
                raise Gone
            assert line.endswith(b"\r\n")
            assert len(line) <= 512, "RFC 5321 4.5.3.1.5"
            lines.append(line[:-2].decode("ascii"))
            if line[3:4] == b" ":
                return "\n".join(lines)

    async def send(self, octets: bytes) -> None:
        """Octets as they are."""
        with contextlib.suppress(ConnectionError):
            self.writer.write(octets)
            await self.writer.drain()

    async def say(self, line: str) -> str:
        """A command and its reply."""
        await self.send(line.encode() + b"\r\n")
        return await self.reply()

    async def begin(self, *recipients: str, sender: str = "ann@home.test") -> None:
        """Everything up to the 354."""
        assert (await self.say(f"{self.greeting} home.test"))[:3] == "250"
        assert (await self.say(f"MAIL FROM:<{sender}>"))[:3] == "250"
        for recipient in recipients or (TRACK,):
            assert (await self.say(f"RCPT TO:<{recipient}>"))[:3] == "250"
        assert (await self.say("DATA"))[:3] == "354"

    async def mail(self, content: bytes, *recipients: str) -> str:
        """A whole mail and the reply after the dot. The content is stuffed here."""
        await self.begin(*recipients)
        await self.send((b"\r\n" + content).replace(b"\r\n.", b"\r\n..")[2:] + b".\r\n")
        return await self.reply()

    async def is_cut(self) -> bool:
        """Whether the listener hangs up, whatever it says before."""
        try:
            while True:
                await self.reply()
        except Gone:
            return True

    async def starttls(self, context: ssl.SSLContext) -> None:
        """Go under TLS after the 220."""
        await self.writer.start_tls(context, server_hostname="localhost")

    async def close(self) -> None:
        """Hang up."""
        self.writer.close()
        with contextlib.suppress(OSError):
            await self.writer.wait_closed()


@dataclass
class Desk:
    """What stands behind the listener: keeps what it receives; tests make it fail."""

    received: list[tuple[Envelope, bytes]] = field(default_factory=list)
    before: Callable[[Envelope], None] = lambda envelope: None
    asked: list[str] = field(default_factory=list)

    def receive(self, raw: bytes, envelope: Envelope, now: datetime) -> None:
        assert now == NOON
        self.before(envelope)
        self.received.append((envelope, raw))

    def accepts(self, recipient: str) -> bool:
        self.asked.append(recipient)
        if recipient.startswith("broken"):
            raise RuntimeError("postgresql://user:password@db/")
        return recipient.lower().endswith(("@court.test", "postmaster@mx.court.test"))

    @property
    def recipients(self) -> list[str]:
        return [envelope.recipient for envelope, _ in self.received]


@dataclass
class Scene:
    """A running listener, the desk behind it, and a way to its port."""

    listener: Listener
    desk: Desk

    @asynccontextmanager
    async def peer(
        self, greeted: bool = True, source: str = "127.0.0.1", header: bytes = b""
    ) -> AsyncIterator[Peer]:
        """A new connection from an address of loopback, with a PROXY header if there is one.

        Its greeting is read unless told otherwise.
        """
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", self.listener.port, local_addr=(source, 0)
        )
        peer = Peer(reader, writer, "LHLO" if self.listener.way == "lmtp" else "EHLO")
        await peer.send(header)
        if greeted:
            assert (await peer.reply()).startswith("220 ")
        try:
            yield peer
        finally:
            await peer.close()


@asynccontextmanager
async def listening(
    terms: Terms | None = None,
    message_bytes: int = 100_000,
    tls_context: ssl.SSLContext | None = None,
    desk: Desk | None = None,
    way: Way = "smtp",
    proxies: Networks | None = None,
    lobby: Lobby | None = None,
) -> AsyncIterator[Scene]:
    """A listener on loopback for the length of a block."""
    desk = desk or Desk()
    listener = Listener(
        desk.receive,
        desk.accepts,
        "mx.court.test",
        Limits(message_bytes=message_bytes),
        lambda: NOON,
        MailLog(b"0123456789abcdef"),
        terms,
        tls_context,
        way,
        proxies,
        lobby,
    )
    await listener.start("127.0.0.1", 0)
    try:
        yield Scene(listener, desk)
    finally:
        await listener.stop()
