"""A small SMTP server for tests: keeps what it takes, and fails at any stage as it is told.

    async with sink() as server:
        server.plan("rcpt", "450 4.2.1 Busy", DROP)   # the next two RCPT; then as usual
        ...
        assert server.taken[0].recipient == "ann@home.test"

Stages: greeting ehlo starttls auth mail rcpt data body dot rset. `body` is the first octets of a
mail, before its dot.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import ssl
from collections import defaultdict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Late:
    """A reply that takes some seconds; None hangs up after them."""

    seconds: float
    reply: str | None


DROP = Late(0, None)  # hang up without a word
HANG = Late(3600, None)  # never answer
Action = str | Late


@dataclass(frozen=True)
class Taken:
    """A mail that came whole, dot and all. `reply` "" was never said."""

    mail_from: str
    recipient: str
    content: bytes  # unstuffed
    reply: str
    connection: int  # counted from 1


class _HangUp(Exception):
    pass


@dataclass
class Sink:
    """The server. `users` asks for a login; `tls` offers STARTTLS, or is TLS from the first octet.

    `lines` are the commands of all connections in order, without what AUTH carries.
    """

    users: dict[str, str] = field(default_factory=dict)
    tls: ssl.SSLContext | None = None
    tls_at_once: bool = False
    offers: tuple[str, ...] = ("SIZE 10000000", "8BITMIME", "PIPELINING")
    taken: list[Taken] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    connections: int = 0
    port: int = 0
    begun: int = 0  # mails of which an octet arrived

    def __post_init__(self) -> None:
        self._plans: defaultdict[str, deque[Action]] = defaultdict(deque)
        self._server: asyncio.Server | None = None
        self._open: dict[int, _Connection] = {}

    @property
    def open_connections(self) -> int:
        """How many clients are connected."""
        return len(self._open)

    def plan(self, stage: str, *actions: Action) -> None:
        """What to do at the next occasions of a stage instead of the usual."""
        self._plans[stage].extend(actions)

    def next_of(self, stage: str, usual: str) -> Action:
        """The action whose turn it is."""
        planned = self._plans[stage]
        return planned.popleft() if planned else usual

    async def start(self) -> None:
        """Listen on loopback, at the port of before if there was one."""
        context = self.tls if self.tls_at_once else None
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, ssl=context)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Hang up on everybody and listen no more."""
        if self._server is not None:
            self._server.close()
        self.hang_up()
        while self._open:
            await asyncio.wait([connection.task for connection in self._open.values()])

    def hang_up(self) -> None:
        """Close every connection, as a server does that has waited long enough."""
        for connection in list(self._open.values()):
            connection.writer.transport.abort()
            connection.task.cancel()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        number = self.connections
        task = asyncio.current_task()
        assert task is not None
        connection = _Connection(self, number, reader, writer, task)
        self._open[number] = connection
        with contextlib.suppress(_HangUp, OSError, EOFError, asyncio.CancelledError):
            await connection.talk()
        writer.transport.abort()
        del self._open[number]


@dataclass
class _Connection:
    sink: Sink
    number: int
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    task: asyncio.Task[None]
    secured: bool = False
    known: bool = False
    mail_from: str = ""
    recipient: str = ""

    async def talk(self) -> None:
        self.secured = self.sink.tls_at_once
        await self.say("greeting", "220 sink.test ESMTP")
        while line := await self.reader.readline():
            command = line.decode().rstrip("\r\n")
            verb, _, argument = command.partition(" ")
            self.sink.lines.append(command if verb != "AUTH" else "AUTH")
            await self.obey(verb.upper(), argument)

    async def obey(self, verb: str, argument: str) -> None:
        match verb:
            case "EHLO":
                await self.say("ehlo", self.offers())
            case "STARTTLS" if self.sink.tls is not None:
                if (await self.say("starttls", "220 2.0.0 Go ahead")).startswith("2"):
                    await self.writer.start_tls(self.sink.tls)
                    self.secured = True
            case "AUTH":
                await self.log_in(*argument.split())
            case "MAIL" if self.sink.users and not self.known:
                await self.write("530 5.7.0 Authentication required")
            case "MAIL":
                self.mail_from = argument
                await self.say("mail", "250 2.1.0 OK")
            case "RCPT":
                self.recipient = argument.removeprefix("TO:<").rstrip(">")
                await self.say("rcpt", "250 2.1.5 OK")
            case "DATA":
                if (await self.say("data", "354 Go ahead")).startswith("3"):
                    await self.take()
            case "RSET":
                await self.say("rset", "250 2.0.0 OK")
            case "QUIT":
                await self.write("221 2.0.0 Bye")
                raise _HangUp
            case _:
                await self.write("500 5.5.1 What?")

    def offers(self) -> str:
        offers = ["sink.test", *self.sink.offers]
        if self.sink.tls is not None and not self.secured:
            offers.append("STARTTLS")
        if self.sink.users:
            offers.append("AUTH LOGIN PLAIN")
        return "\r\n".join([*(f"250-{offer}" for offer in offers[:-1]), f"250 {offers[-1]}"])

    async def log_in(self, mechanism: str, initial: str) -> None:
        if mechanism == "PLAIN":
            _, user, password = base64.b64decode(initial).decode().split("\0")
        else:
            user = base64.b64decode(initial).decode()
            await self.write("334 UGFzc3dvcmQ6")
            password = base64.b64decode(await self.reader.readline()).decode()
        self.known = self.sink.users.get(user) == password
        await self.say("auth", "235 2.7.0 OK" if self.known else "535 5.7.8 Wrong")

    async def take(self) -> None:
        first = await self.reader.readline()
        if first:
            self.sink.begun += 1
        if isinstance(self.sink.next_of("body", "go on"), Late):
            raise _HangUp
        lines, line = [], first
        while line != b".\r\n":
            if not line:
                raise _HangUp
            lines.append(line.removeprefix(b"."))
            line = await self.reader.readline()
        action = self.sink.next_of("dot", "250 2.0.0 Taken")
        reply = (action.reply if isinstance(action, Late) else action) or ""
        mail_from = self.mail_from.partition(">")[0].removeprefix("FROM:<")
        taken = Taken(mail_from, self.recipient, b"".join(lines), reply, self.number)
        self.sink.taken.append(taken)
        await self.act(action)

    async def say(self, stage: str, usual: str) -> str:
        return await self.act(self.sink.next_of(stage, usual))

    async def act(self, action: Action) -> str:
        reply: str | None = None
        if isinstance(action, Late):
            await asyncio.sleep(action.seconds)
            reply = action.reply
        else:
            reply = action
        if reply is None:
            raise _HangUp
        await self.write(reply)
        if reply.startswith("421"):
            raise _HangUp
        return reply

    async def write(self, reply: str) -> None:
        self.writer.write(reply.encode("utf-8", "surrogateescape") + b"\r\n")
        await self.writer.drain()
        if reply.startswith("421"):
            self.writer.close()
            with contextlib.suppress(OSError):
                await self.writer.wait_closed()


@asynccontextmanager
async def sink(
    users: dict[str, str] | None = None,
    tls: ssl.SSLContext | None = None,
    tls_at_once: bool = False,
    offers: tuple[str, ...] = Sink.offers,
) -> AsyncIterator[Sink]:
    """A running sink for the length of a block."""
    server = Sink(users or {}, tls, tls_at_once, offers)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()
