"""What listener and session agree on: patience, limits, and a mail that waits for its reply."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass
from typing import Literal, Protocol

from mailbot.config import Limits
from mailbot.inbound.smtp.wire import Collector, SpoolSpace


@dataclass(frozen=True)
class Terms:
    """How patient the door is. Seconds and counts (reliability.md 2.1, decisions.md 23)."""

    idle: float = 60.0  # between two commands, or two pieces of a mail
    session: float = 600.0  # in all; a mail being stored is finished
    rate: float = 500.0  # octets a second that a mail must come in with,
    grace: float = 3.0  # after this many seconds
    pause: float = 0.1  # between two reads of what is thrown away, so that it costs others little
    linger: float = 5.0  # for the last reply to be read, then the socket is aborted
    stop: float = 30.0  # to finish the mails in hand
    errors: int = 10
    idle_commands: int = 100  # between two mails
    connections: int = 500
    connections_per_address: int = 50
    threads: int = 4  # that store mails
    spool: int = 256 * 1024 * 1024  # octets of all unfinished mails together,
    free: int = 64 * 1024  # not counting so many of each


Way = Literal["smtp", "lmtp"]


@dataclass(frozen=True)
class Arrival:
    """A whole mail that a peer has sent and that waits for its reply."""

    receipt: str  # its id in the log, in Received and in the reply
    mail: Collector
    mail_from: str  # "" is the null path
    recipients: tuple[str, ...]  # each accepted at RCPT; by SMTP each once
    helo: str  # as the peer calls itself; harmless characters only
    peer: str
    protocol: str  # SMTP, ESMTPS, LMTP, UTF8SMTP and so on (RFC 3848 1, RFC 6531 4.3)
    each: bool = False  # whether each recipient gets its own reply (RFC 2033 4.2)

    def answered(self, reply: str) -> str:
        """One reply for the whole mail, said as often as the protocol wants it."""
        return "\r\n".join([reply] * (len(self.recipients) if self.each else 1))


class Guest(Protocol):
    """Somebody who is connected."""

    def give_way(self) -> bool:
        """Leave at once for somebody else; False if a mail is being stored."""

    def hurry(self) -> None:
        """Leave as soon as the mail in hand is done."""

    def cut(self, reply: str) -> None:
        """Leave at once."""


class Door(Protocol):
    """What a session needs from the listener."""

    hostname: str
    way: Way
    limits: Limits
    terms: Terms
    tls_context: ssl.SSLContext | None
    space: SpoolSpace
    stopping: bool

    async def ask(self, recipient: str) -> str:
        """The reply to RCPT."""

    def store(self, arrival: Arrival) -> asyncio.Task[str]:
        """Keep a mail, whatever becomes of the connection.

        The task's result is the reply; for LMTP the replies, in the recipients' order.
        """

    def refused(self, arrival: Arrival, reply: str) -> None:
        """A mail was refused before it was stored."""

    def stumbled(self, error: Exception) -> None:
        """A session ended by a fault of ours."""

    def left(self, guest: Guest) -> None:
        """A session is over."""
