"""The SMTP door: peers come in by a counted gate, mails are stored, and only then is 250 said.

Thin over `receive`, a plain function on a worker thread that returns when the mail's effect and
its reply are committed (house.md 3.1). Whatever goes wrong on our side is 451.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import logging
import resource
import ssl
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from email.utils import format_datetime
from typing import cast

from mailbot.config import Limits
from mailbot.inbound.smtp import replies
from mailbot.inbound.smtp.door import Arrival, Terms
from mailbot.inbound.smtp.session import Session
from mailbot.inbound.smtp.wire import SpoolSpace, defect
from mailbot.maillog import MailLog, cause
from mailbot.model import Envelope

FILES_KEPT_BACK = 64  # descriptors for database, templates, senders and web (T-FD)


class Listener:
    """An SMTP server for the mailboxes of `accepts`.

    Args:
        receive: stores one mail for one recipient, or raises. Called on a worker thread; the same
            mail may come again after a 451 or a lost reply, and must then have no second effect.
        accepts: whether a recipient is ours. Called on a worker thread.
        hostname: the name the server goes by.
        limits: size of a mail and number of recipients.
        clock: the time, aware.
        log: one line per mail.
        terms: patience and counts.
        tls_context: offers STARTTLS if given.
    """

    def __init__(
        self,
        receive: Callable[[bytes, Envelope, datetime], None],
        accepts: Callable[[str], bool],
        hostname: str,
        limits: Limits,
        clock: Callable[[], datetime],
        log: MailLog,
        terms: Terms | None = None,
        tls_context: ssl.SSLContext | None = None,
    ) -> None:
        self.hostname = hostname
        self.limits = limits
        self.terms = terms = terms or Terms()
        self.tls_context = tls_context
        self.space = SpoolSpace(terms.spool)
        self.stopping = False
        self.port = 0  # where it listens, once it does
        self._receive = receive
        self._accepts = accepts
        self._clock = clock
        self._log = log
        self._threads = ThreadPoolExecutor(terms.threads, "mail-in")
        self._most = terms.connections
        self._sessions: dict[object, str] = {}
        self._from: Counter[str] = Counter()
        self._stores: set[asyncio.Task[str]] = set()
        self._server: asyncio.Server | None = None
        self._quiet = asyncio.Event()
        logging.getLogger("mail.log").setLevel(logging.WARNING)  # aiosmtpd prints addresses at INFO

    async def start(self, host: str, port: int) -> None:
        """Listen.

        Raises:
            OSError: the address cannot be bound.
        """
        files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        self._most = connections_for(files, self.terms.connections)
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Gate(self), host, port, backlog=512)
        self.port = cast(int, self._server.sockets[0].getsockname()[1])

    @property
    def sessions(self) -> int:
        """How many peers are connected."""
        return len(self._sessions)

    async def stop(self) -> None:
        """Accept nobody any more, finish the mails in hand, part from everybody."""
        self.stopping = True
        if self._server is not None:
            self._server.close()
        for session in list(self._sessions):
            cast(Session, session).hurry()
        self._note_quiet()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.terms.stop):
                await self._quiet.wait()
        for session in list(self._sessions):
            cast(Session, session).cut(replies.STOPPING)
        if self._server is not None:
            await self._server.wait_closed()
        self._threads.shutdown(wait=False, cancel_futures=True)

    # --- Who may come in ---

    def admit(self, transport: asyncio.Transport) -> Session | None:
        """A session for a new connection, or None if there are too many."""
        peer = _peer_of(transport)
        origin = _origin(peer)
        full = len(self._sessions) >= self._most
        if self.stopping or full or self._from[origin] >= self.terms.connections_per_address:
            return None
        session = Session(self, peer)
        self._sessions[session] = origin
        self._from[origin] += 1
        return session

    def left(self, session: object) -> None:
        """A session is over. May be said twice."""
        origin = self._sessions.pop(session, None)
        if origin is not None:
            self._from[origin] -= 1
            if not self._from[origin]:
                del self._from[origin]
        self._note_quiet()

    def _note_quiet(self) -> None:
        if not self._sessions and not self._stores:
            self._quiet.set()
        else:
            self._quiet.clear()

    def stumbled(self, error: Exception) -> None:
        """A session ended by a fault of ours."""
        self._log.trouble("listener", cause(error))

    # --- What a session asks ---

    async def ask(self, recipient: str) -> str:
        """The reply to RCPT."""
        loop = asyncio.get_running_loop()
        try:
            known = await loop.run_in_executor(self._threads, self._accepts, recipient)
        except Exception as error:  # the door: a fault of ours is 451, whatever it is
            self._log.trouble("recipients", cause(error))
            return replies.TRY_LATER
        return replies.RECIPIENT_OK if known else replies.UNKNOWN_RECIPIENT

    def refused(self, arrival: Arrival, reply: str) -> None:
        """A mail was refused before it was stored."""
        self._log.refused(arrival.receipt, reply, arrival.peer)

    def store(self, arrival: Arrival) -> asyncio.Task[str]:
        """Store a mail, whatever becomes of its connection; the result is the reply."""
        task = asyncio.get_running_loop().create_task(self._store(arrival))
        self._stores.add(task)
        task.add_done_callback(self._stored)
        return task

    def _stored(self, task: asyncio.Task[str]) -> None:
        self._stores.discard(task)
        self._note_quiet()

    async def _store(self, arrival: Arrival) -> str:
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._threads, self._keep, arrival)
        except Exception as error:  # the door: a fault of ours is 451, whatever it is
            self._log.postponed(arrival.receipt, "", cause(error))
            return replies.TRY_LATER
        finally:
            arrival.mail.close()

    def _keep(self, arrival: Arrival) -> str:
        """On a worker thread: every recipient gets its mail, or the sender comes again."""
        content = arrival.mail.content()
        refusal = defect(content)
        if refusal is not None:
            self.refused(arrival, refusal)
            return refusal
        now = self._clock()
        raw = stamp(arrival, self.hostname, now) + content
        kept = [self._keep_for(recipient, arrival, raw, now) for recipient in arrival.recipients]
        if not all(kept):
            return replies.TRY_LATER
        self._log.arrived(arrival.receipt, arrival.mail_from, len(kept), len(content), arrival.peer)
        return replies.TAKEN.format(receipt=arrival.receipt)

    def _keep_for(self, recipient: str, arrival: Arrival, raw: bytes, now: datetime) -> bool:
        try:
            self._receive(raw, Envelope(arrival.mail_from, recipient), now)
        except Exception as error:  # the door: one failing recipient keeps no other from its mail
            self._log.postponed(arrival.receipt, recipient, cause(error))
            return False
        return True


class _Gate(asyncio.Protocol):
    """The first moment of a connection: costs nothing yet, and is refused if there are too many."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Hand the connection to a session, or send it away."""
        socket = cast(asyncio.Transport, transport)
        session = self._listener.admit(socket)
        if session is None:
            reply = replies.STOPPING if self._listener.stopping else replies.TOO_BUSY
            socket.write(reply.encode("ascii") + b"\r\n")
            socket.close()
            return
        socket.set_protocol(session)
        session.connection_made(socket)


def stamp(arrival: Arrival, hostname: str, now: datetime) -> bytes:
    """The Received field for a mail (RFC 5321 4.4): how it came, and its receipt."""
    peer = f"IPv6:{arrival.peer}" if ":" in arrival.peer else arrival.peer  # RFC 5321 4.1.3
    lines = (
        f"Received: from {arrival.helo} ([{peer}])",
        f"\tby {hostname} with {arrival.protocol} id {arrival.receipt};",
        f"\t{format_datetime(now)}",
        "",
    )
    return "\r\n".join(lines).encode("ascii")


def connections_for(files: int, wanted: int) -> int:
    """How many connections fit under a limit of open files: each may need a spool file, too."""
    return max(1, min(wanted, (files - FILES_KEPT_BACK) // 2))


def _peer_of(transport: asyncio.Transport) -> str:
    name = transport.get_extra_info("peername")
    return str(name[0]) if isinstance(name, tuple) and name else "local"


def _origin(peer: str) -> str:
    """Whom a connection is counted for: an IPv4 address, or an IPv6 network of /64."""
    try:
        address = ipaddress.ip_address(peer.partition("%")[0])
    except ValueError:
        return peer
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is None:
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)
