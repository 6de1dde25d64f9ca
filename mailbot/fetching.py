"""Builds one fetcher for each IMAP account of the settings, and starts and stops them together."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime

from mailbot.config import Settings
from mailbot.inbound.imap.account import Account
from mailbot.inbound.imap.terms import Inside, InThePen
from mailbot.maillog import MailLog
from mailbot.model import Envelope
from mailbot.store.database import Database
from mailbot.store.imap_folders import ImapFolders


class Fetching:
    """The fetchers of a running mailbot.

    Args:
        settings: as they are now; a reload may change which addresses an account stands for.
        receive, accepts: what they call of the desk; receive says whether a mail was acted upon,
            or is kept in the pen.
    """

    def __init__(
        self,
        settings: Callable[[], Settings],
        database: Database,
        receive: Callable[[bytes, Envelope, datetime], bool],
        accepts: Callable[[str], bool],
        clock: Callable[[], datetime],
        log: MailLog,
    ) -> None:
        self._settings, self._database = settings, database
        self._receive, self._accepts = receive, accepts
        self._clock, self._log = clock, log
        self._accounts: dict[str, Account] = {}

    def start(self) -> None:
        """Start a thread for each account."""
        now = self._settings()
        for mailbox in now.mailbox:
            if mailbox.way == "imap":
                inside = Inside(
                    receive=self._take,
                    accepts=self._accepts,
                    addresses=self._addresses_of(mailbox.name),
                    delivered=self._delivered_of(mailbox.name),
                    progress=ImapFolders(self._database),
                    clock=self._clock,
                )
                self._accounts[mailbox.name] = Account(mailbox, inside, now.limits, self._log)
        for account in self._accounts.values():
            account.start()

    def _take(self, raw: bytes, envelope: Envelope, now: datetime) -> None:
        if not self._receive(raw, envelope, now):
            raise InThePen

    def _addresses_of(self, name: str) -> Callable[[], frozenset[str]]:
        def addresses() -> frozenset[str]:
            settings = self._settings()
            mailboxes: Mapping[str, frozenset[str]] = {
                one.name: settings.addresses_of(one) for one in settings.mailbox
            }
            return mailboxes.get(name, frozenset())

        return addresses

    def _delivered_of(self, name: str) -> Callable[[], Collection[str]]:
        def delivered() -> Collection[str]:
            named = (one for one in self._settings().mailbox if one.name == name)
            return next((one.recipient_headers for one in named), ())

        return delivered

    def stop(self) -> None:
        """Let each finish the mail in hand; they end side by side."""
        for account in self._accounts.values():
            account.hurry()
        for account in self._accounts.values():
            account.stop()
        self._accounts = {}

    def check(self) -> bool | str:
        """True, or which account was not reached for long, and since when."""
        late = {name: one.unreached_since() for name, one in self._accounts.items()}
        told = [f'"{name}" since {at:%Y-%m-%d %H:%M} UTC' for name, at in late.items() if at]
        return f"An IMAP account was not reached: {', '.join(told)}." if told else True
