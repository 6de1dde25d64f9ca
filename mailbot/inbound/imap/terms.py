"""What the parts of an IMAP account's fetcher agree on: patience, what is called, what may fail."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol

from mailbot.errors import MailboxUnavailable
from mailbot.model import Envelope
from mailbot.settings.mailboxes import DELIVERED

__all__ = [
    "CommandRefused",
    "Described",
    "Folder",
    "InThePen",
    "Inside",
    "LoginRefused",
    "MailboxUnavailable",
    "Terms",
]


class CommandRefused(Exception):
    """The server said NO or BAD, or what it said cannot be read; the connection is still good."""


class LoginRefused(CommandRefused):
    """The server does not let this account in."""


class InThePen(Exception):
    """mailbot fails on the mail, and keeps it for a person; it need not come again."""


@dataclass(frozen=True)
class Terms:
    """How patient a fetcher is. Seconds and counts."""

    connect: float = 30.0
    answer: float = 60.0  # for each piece of an answer of the server
    renew: float = 300.0  # IDLE, RFC 2177: before 29 minutes; some servers fall silent after 10
    glance: float = 0.5  # how soon a waiting thread sees that it shall stop
    first_pause: float = 1.0  # after a failure; doubled after each
    longest_pause: float = 300.0
    store_pause: float = 5.0  # the longest one while the store is down (T-FULL: back within 10 s)
    batch: int = 50  # mails between two notes of how far the folder is read
    portion: int = 1_048_576  # octets of mails that are fetched in one command
    tries: int = 5  # of a mail that makes our own code fail
    retry: float = 30.0  # before its second try; doubled after each
    longest_retry: float = 600.0
    stop: float = 20.0  # to finish the mail in hand
    unreached: timedelta = timedelta(minutes=15)  # before it says that it is not well


class Progress(Protocol):
    """The store's memory of how far folders have been read (RFC 9051 2.3.1.1)."""

    def read(self, account: str, folder: str) -> tuple[int, int] | None:
        """UIDVALIDITY and the UID up to which every mail is finished; None if never read."""

    def write(self, account: str, folder: str, uidvalidity: int, last_uid: int) -> None:
        """Remember it; durable when this returns."""


@dataclass(frozen=True)
class Inside:
    """What a fetcher calls of the house.

    Args:
        receive: stores one mail, or raises, also InThePen; the same mail may come again.
        accepts: whether an address is ours. addresses: those that this account stands for.
        progress: how far folders have been read. clock: the time, aware.
        delivered: names of the fields in which the server writes for whom a mail came.
    """

    receive: Callable[[bytes, Envelope, datetime], None]
    accepts: Callable[[str], bool]
    addresses: Callable[[], frozenset[str]]
    progress: Progress
    clock: Callable[[], datetime]
    delivered: Callable[[], Collection[str]] = lambda: DELIVERED


@dataclass(frozen=True)
class Described:
    """What is known of a mail before it is fetched."""

    octets: int
    finished: bool  # it carries our keyword: it was acted upon, and stayed


class Folder(Protocol):
    """A selected folder. Every method may raise MailboxUnavailable or CommandRefused."""

    uidvalidity: int
    uidnext: int  # 0 if the server did not say

    def after(self, uid: int, since: date | None) -> list[int]:
        """The UIDs above one, rising; only of mails that arrived since a day, if one is given."""

    def describe(self, uids: Sequence[int]) -> dict[int, Described]:
        """What is known of mails; a mail that is gone is missing."""

    def mails(self, uids: Sequence[int], octets: int) -> dict[int, bytes]:
        """The first octets of mails, without a flag being set; a mail that is gone is missing."""

    def header(self, uid: int, octets: int) -> bytes:
        """The first octets of a mail's header."""

    def put_away(self, uids: Sequence[int]) -> bool:
        """Move or flag mails that were acted upon; whether it was done as it should be."""

    def refuse(self, uids: Sequence[int]) -> bool:
        """Move mails that are not acted upon; whether it was done as it should be."""
