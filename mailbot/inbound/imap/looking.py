"""Looks at an account without touching it, for `mailbot doctor`: its server, its folders."""

from __future__ import annotations

from dataclasses import dataclass

from mailbot.inbound.imap.fetcher import Connection, _talking
from mailbot.inbound.imap.terms import CommandRefused


@dataclass(frozen=True)
class Seen:
    """What is there."""

    capabilities: frozenset[str]  # upper case
    folder: bool  # the one that is read
    missing: tuple[str, ...]  # folders that mails would be moved to


class Looker(Connection):
    """A logged-in connection that only looks. Methods may raise MailboxUnavailable."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection._client, connection._mailbox)

    def look(self) -> Seen:
        """Ask for capabilities and folders; nothing is made, selected or flagged."""
        wanted = (self._mailbox.processed_folder, self._mailbox.refused)
        return Seen(
            capabilities=frozenset(
                each.decode("ascii", "replace").upper() for each in self._capabilities()
            ),
            folder=self._is_there(self._mailbox.folder),
            missing=tuple(each for each in wanted if each and not self._is_there(each)),
        )

    def _capabilities(self) -> tuple[bytes, ...]:
        with _talking():
            return tuple(self._client.capabilities())

    def _is_there(self, folder: str) -> bool:
        try:
            with _talking():
                return bool(self._client.folder_exists(folder))
        except CommandRefused:
            return False
