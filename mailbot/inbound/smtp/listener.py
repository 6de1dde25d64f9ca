"""The SMTP door: peers come in by a counted gate, mails are stored, and only then is 250 said.

Thin over `receive`, a plain function on a worker thread that returns when the mail's effect and
its reply are committed (house.md 3.1). Whatever goes wrong on our side is 451.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import ssl
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from email.utils import format_datetime
from typing import cast

from mailbot.config import Limits
from mailbot.inbound.smtp import replies
from mailbot.inbound.smtp.door import Arrival, Guest, Terms, Way
from mailbot.inbound.smtp.gate import Gate, Networks
from mailbot.inbound.smtp.lobby import AT_ONCE, Lobby, origin_of
from mailbot.inbound.smtp.session import Session
from mailbot.inbound.smtp.wire import defect
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
        tls_context: offers STARTTLS if given; may be exchanged while it listens.
        way: what is spoken.
        proxies: who must say, before anything else, for whom it speaks; None: nobody.
        lobby: counts the guests of several listeners together.
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
        way: Way = "smtp",
        proxies: Networks | None = None,
        lobby: Lobby | None = None,
    ) -> None:
        self.hostname = hostname
        self.limits = limits
        self.terms = terms = terms or Terms()
        self.tls_context = tls_context
        self.way, self.proxies, self.proxy_seconds = way, proxies, terms.grace
        self.lobby = lobby or Lobby(terms)
        self.space = self.lobby.space
        self.stopping = False
        self.port = 0  # where it listens, once it does
        self._receive = receive
        self._accepts = accepts
        self._clock = clock
        self._log = log
        self._threads = ThreadPoolExecutor(terms.threads, "mail-in")
        self._guests: set[Guest] = set()
        self._stores: set[asyncio.Task[str]] = set()
        self._server: asyncio.Server | None = None
        self._quiet = asyncio.Event()
        logging.getLogger("mail.log").setLevel(logging.WARNING)  # aiosmtpd prints addresses at INFO

    async def start(self, host: str, port: int) -> None:
        """Listen.

        Raises:
            OSError: the address cannot be bound.
        """
        self.lobby.fit()
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: Gate(self), host, port, backlog=AT_ONCE)
        for server in self._server.sockets:  # asyncio takes `backlog` newcomers before it looks
            _lengthen_queue(server.fileno())
        self.port = cast(int, self._server.sockets[0].getsockname()[1])

    @property
    def sessions(self) -> int:
        """How many peers are connected."""
        return len(self._guests)

    async def stop(self) -> None:
        """Accept nobody any more, finish the mails in hand, part from everybody."""
        self.stopping = True
        if self._server is not None:
            self._server.close()
        for guest in list(self._guests):
            guest.hurry()
        self._note_quiet()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.terms.stop):
                await self._quiet.wait()
        for guest in list(self._guests):
            guest.cut(replies.STOPPING)
        if self._server is not None:
            await self._server.wait_closed()
        self._threads.shutdown(wait=False, cancel_futures=True)

    # --- Who may come in ---

    def admit(self, peer: str) -> Session | None:
        """A session for a new connection, or None if there are too many."""
        origin = origin_of(peer)
        if not self.lobby.has_room_for(origin):
            return None
        session = Session(self, peer)
        self.came(session, origin)
        return session

    def came(self, guest: Guest, origin: str) -> None:
        """Somebody is let in."""
        self.lobby.enter(guest, origin)
        self._guests.add(guest)
        self._note_quiet()

    def left(self, guest: Guest) -> None:
        """Somebody is gone. May be said twice."""
        self.lobby.leave(guest)
        self._guests.discard(guest)
        self._note_quiet()

    def _note_quiet(self) -> None:
        if not self._guests and not self._stores:
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
            return arrival.answered(replies.TRY_LATER)
        finally:
            arrival.mail.close()

    def _keep(self, arrival: Arrival) -> str:
        """On a worker thread: every recipient gets its mail, or the sender comes again."""
        content = arrival.mail.content()
        refusal = defect(content)
        if refusal is not None:
            self.refused(arrival, refusal)
            return arrival.answered(refusal)
        now = self._clock()
        size, raw = len(content), stamp(arrival, self.hostname, now) + content
        del content  # up to 10 MB on each of the threads
        kept = [self._keep_for(recipient, arrival, raw, now) for recipient in arrival.recipients]
        taken = replies.TAKEN.format(receipt=arrival.receipt)
        if all(kept) or (arrival.each and any(kept)):
            self._log.arrived(arrival.receipt, arrival.mail_from, sum(kept), size, arrival.peer)
        if arrival.each:
            return "\r\n".join(taken if done else replies.TRY_LATER for done in kept)
        return taken if all(kept) else replies.TRY_LATER

    def _keep_for(self, recipient: str, arrival: Arrival, raw: bytes, now: datetime) -> bool:
        try:
            self._receive(raw, Envelope(arrival.mail_from, recipient), now)
        except Exception as error:  # the door: one failing recipient keeps no other from its mail
            self._log.postponed(arrival.receipt, recipient, cause(error))
            return False
        return True


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


def _lengthen_queue(descriptor: int) -> None:
    """Let more connections wait in the kernel, where they cost no file of ours.

    One for which there is no place comes again after a second, and then after two more.
    """
    with socket.socket(fileno=os.dup(descriptor)) as server:
        server.listen(4096)  # the kernel takes less if net.core.somaxconn is less
