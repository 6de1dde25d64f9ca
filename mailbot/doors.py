"""Builds the listeners that the mailboxes name, and opens, renews and closes them together."""

from __future__ import annotations

import asyncio
import errno
import logging
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from mailbot.config import Mailbox, Settings
from mailbot.errors import ConfigError
from mailbot.inbound.smtp.door import Terms
from mailbot.inbound.smtp.listener import Listener
from mailbot.inbound.smtp.lobby import Lobby
from mailbot.maillog import MailLog
from mailbot.model import Envelope
from mailbot.settings.certificates import UnfitCertificate, context_of

log = logging.getLogger("mailbot")

Contexts = dict[tuple[str, int], ssl.SSLContext | None]


@contextmanager
def listening(option: str, host: str, port: int) -> Iterator[None]:
    """Errors of binding name the option that chose the address."""
    try:
        yield
    except OSError as error:
        busy = error.errno == errno.EADDRINUSE
        why = "another program uses it; stop that one, or name another port" if busy else error
        raise OSError(f'{option} listen = "{host}:{port}": {why}.') from error


class Doors:
    """One listener for each address that the mailboxes name; all count their guests together.

    Args:
        receive: one mail for one recipient, on a worker thread (see `Listener`).
        accepts: whether a recipient is ours.
    """

    def __init__(
        self,
        receive: Callable[[bytes, Envelope, datetime], None],
        accepts: Callable[[str], bool],
        clock: Callable[[], datetime],
        log: MailLog,
    ) -> None:
        self._receive, self._accepts, self._clock, self._log = receive, accepts, clock, log
        self._listeners: dict[tuple[str, int], Listener] = {}

    def check(self, settings: Settings) -> bool | str:
        """Whether every address is listened at that the mailboxes name."""
        return self._listeners.keys() == _mailboxes(settings).keys() or "No mail listener is bound."

    async def open(self, settings: Settings) -> None:
        """Listen.

        Raises:
            OSError: an address cannot be bound, by its option; those before it are open.
            ConfigError: a certificate cannot be used.
        """
        limits, contexts = settings.limits, contexts_of(settings)
        terms = Terms(
            connections=limits.connections, connections_per_address=limits.connections_per_address
        )
        lobby = Lobby(terms)
        if lobby.fit() < limits.connections:
            log.warning(
                "Only %d connections are admitted, not %d: this process may open too few files.",
                lobby.most,
                limits.connections,
            )
        for address, mailbox in _mailboxes(settings).items():
            listener = Listener(
                receive=self._receive,
                accepts=self._accepts,
                hostname=settings.bot.instance,
                limits=limits,
                clock=self._clock,
                log=self._log,
                terms=terms,
                tls_context=contexts[address],
                way="lmtp" if mailbox.way == "lmtp" else "smtp",
                proxies=mailbox.proxies,
                lobby=lobby,
            )
            with listening(f'[[mailbox]] "{mailbox.name}"', *address):
                await listener.start(*address)
            self._listeners[address] = listener

    def renew(self, contexts: Contexts) -> None:
        """Use other certificates from the next connection on."""
        for address, listener in self._listeners.items():
            listener.tls_context = contexts[address]

    async def close(self) -> None:
        """Let nobody in any more, and finish the mails in hand."""
        await asyncio.gather(*(listener.stop() for listener in self._listeners.values()))
        self._listeners = {}


def contexts_of(settings: Settings) -> Contexts:
    """What each listener needs for STARTTLS, read from its files now.

    Raises:
        ConfigError: a file was exchanged for one that cannot be used.
    """
    found: Contexts = {}
    for address, mailbox in _mailboxes(settings).items():
        file = mailbox.tls_certificate
        try:
            found[address] = context_of(file, mailbox.tls_key) if file else None
        except UnfitCertificate as error:
            raise ConfigError(
                f'[[mailbox]] "{mailbox.name}": {error.option} {error.predicate}'
            ) from None
    return found


def _mailboxes(settings: Settings) -> dict[tuple[str, int], Mailbox]:
    """Where to listen, and the first mailbox that says so; IMAP accounts are fetched."""
    found: dict[tuple[str, int], Mailbox] = {}
    for mailbox in settings.mailbox:
        if mailbox.way != "imap":
            found.setdefault(mailbox.host_and_port, mailbox)
    return found
