"""The mail server of the demo's world: takes every mail on loopback and delivers none."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from weakref import WeakSet

from aiosmtpd.smtp import SMTP, Envelope, Session

LOOPBACK = "127.0.0.1"
MOST_BYTES = 12_000_000  # of one mail; mailbot's own have far less
TAKEN = "250 2.0.0 OK: kept in the demo's memory"

Keep = Callable[[str, str, bytes], object]


class Sink:
    """A mail server that is the smarthost of the demo, so that no mail leaves this machine.

    Args:
        keep: takes envelope sender, one recipient and the octets of each mail.
    """

    def __init__(self, keep: Keep) -> None:
        self._keep = keep
        self._server: asyncio.Server | None = None
        self._peers: WeakSet[SMTP] = WeakSet()
        self.port = 0  # where it listens, once it does
        logging.getLogger("mail.log").setLevel(logging.WARNING)  # aiosmtpd's, one line a command

    async def start(self, port: int = 0) -> None:
        """Listen on loopback, on any free port if none is named."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._peer, LOOPBACK, port)
        self.port = self._server.sockets[0].getsockname()[1]

    def _peer(self) -> SMTP:
        peer = SMTP(
            self,
            data_size_limit=MOST_BYTES,
            enable_SMTPUTF8=True,
            hostname="sink.example",
            ident="demo",
        )
        self._peers.add(peer)
        return peer

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Keep a mail for each of its recipients; aiosmtpd calls it by this name."""
        sender = (envelope.mail_from or "").removeprefix("<>")  # how aiosmtpd calls nobody
        for recipient in envelope.rcpt_tos:
            self._keep(sender, recipient, envelope.original_content or b"")
        return TAKEN

    async def stop(self) -> None:
        """Close, also what is still connected. Harmless if it never started."""
        if self._server is None:
            return
        self._server.close()
        for peer in list(self._peers):
            if isinstance(peer.transport, asyncio.Transport):
                peer.transport.abort()
        await self._server.wait_closed()
        self._server = None
