"""Keeps one IMAP account read: one thread, one connection, and another when it ends."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable
from datetime import datetime

from mailbot.config import Limits, Mailbox
from mailbot.errors import StoreUnavailable, TemporaryError
from mailbot.inbound.imap.fetcher import Connection, connect
from mailbot.inbound.imap.mark import Mark
from mailbot.inbound.imap.oauth import Tokens
from mailbot.inbound.imap.rounds import Rounds
from mailbot.inbound.imap.terms import CommandRefused, Inside, Terms
from mailbot.maillog import MailLog, cause

_BESIDE = 65_536  # octets that an answer may hold beside a mail (reliability.md 5, statement 49)


class Account:
    """Fetches the mail of one account until it is stopped; nothing else ends it.

    Args:
        mailbox: with way = "imap".
        context: for TLS; by default it trusts whom the machine trusts, and verifies the host.
    """

    def __init__(
        self,
        mailbox: Mailbox,
        inside: Inside,
        limits: Limits,
        log: MailLog,
        terms: Terms | None = None,
        context: Callable[[], ssl.SSLContext] = ssl.create_default_context,
    ) -> None:
        self._mailbox, self._clock, self._context = mailbox, inside.clock, context
        self._log, self._terms = log, terms or Terms()
        self._most = limits.message_bytes + _BESIDE
        mark = Mark(mailbox.account, mailbox.folder, inside.progress, self._terms)
        self._rounds = Rounds(mailbox.name, mark, inside, limits, log, self._terms)
        self._tokens = (
            Tokens(mailbox.oauth, inside.clock, context, self._tell) if mailbox.oauth else None
        )
        self._stopping = threading.Event()
        self._connection: Connection | None = None
        self._failures = 0
        self._reached = inside.clock()
        self._thread = threading.Thread(target=self._run, name=f"imap {mailbox.name}", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def hurry(self) -> None:
        """Begin to end."""
        self._stopping.set()

    def stop(self) -> None:
        """End after the mail in hand; a server that does not answer is not waited for."""
        self._stopping.set()
        if not self._thread.is_alive():
            return
        self._thread.join(self._terms.stop)
        if self._thread.is_alive() and self._connection is not None:
            self._connection.cut()
            self._thread.join(self._terms.stop)

    def unreached_since(self) -> datetime | None:
        """When the account was reached last, if that is too long ago."""
        late = self._clock() > self._reached + self._terms.unreached
        return self._reached if late else None

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._serve()
            except TemporaryError as error:
                self._pause(str(error))
            except CommandRefused as error:
                self._pause(f"{error}; check folder.")
            except Exception as error:  # the door: nothing ends this thread but its stop
                self._pause(cause(error))

    def _pause(self, why: str, longest: float | None = None) -> None:
        if self._stopping.is_set():
            return
        pause = self._terms.first_pause * 2 ** min(self._failures, 20)
        pause = min(pause, longest or self._terms.longest_pause)
        self._failures += 1
        self._tell(f"{why} Tried again in {pause:.0f} s.")
        self._stopping.wait(pause)

    def _tell(self, why: str) -> None:
        self._log.trouble(f"imap-{self._mailbox.name}", why)

    def _serve(self) -> None:
        """One connection, from its beginning to its end."""
        self._connection = connection = connect(
            self._mailbox, self._tokens, self._context, self._most, self._terms
        )
        try:
            connection.make_folders()
            while not self._stopping.is_set():
                self._look(connection)
            connection.leave()
        finally:
            self._connection = None
            connection.cut()

    def _look(self, connection: Connection) -> None:
        """One round, and the wait for the next."""
        connection.select()
        try:
            self._rounds.go(connection, self._stopping.is_set)
        except StoreUnavailable as error:
            self._pause(str(error), self._terms.store_pause)
            return
        self._reached, self._failures = self._clock(), 0
        if not self._stopping.is_set():
            seconds = self._rounds.next_due(self._terms.renew)
            connection.wait(seconds, self._terms, self._stopping)
