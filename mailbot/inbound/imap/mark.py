"""Keeps how far one folder is read: a note in the store, and the mails left for later."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from mailbot.inbound.imap.terms import Folder, Progress, Terms

# The desk remembers a mail for 30 days (decisions.md 3); what is older was acted upon long ago.
REMEMBERED = timedelta(days=29)


@dataclass
class _Left:
    """A mail that was left as it is: how often, and when it is tried again."""

    tries: int
    due: datetime


class Mark:
    """How far a folder is read. Every mail up to the note is finished; some above it may be, too.

    Args:
        account, folder: under which the store keeps the note.
    """

    def __init__(self, account: str, folder: str, progress: Progress, terms: Terms) -> None:
        self._account, self._folder = account, folder
        self._progress, self._terms = progress, terms
        self._uidvalidity: int | None = None  # of what is remembered here; None at the start
        self._seen = 0  # the highest UID that was looked at
        self._left: dict[int, _Left] = {}

    def begin(self, folder: Folder, now: datetime) -> tuple[int, date | None]:
        """The UID behind which everything is new; and, reading all again, since which day.

        Other UIDs than before (RFC 9051 2.3.1.1), or fewer than were read although a server
        never uses one twice: all is read again, and the desk knows what it acted upon.
        """
        noted = self._progress.read(self._account, self._folder)
        if noted is None:
            noted = (folder.uidvalidity, 0)
        elif noted[0] != folder.uidvalidity or 0 < folder.uidnext <= noted[1]:
            self._forget(folder.uidvalidity, 0)
            self._progress.write(self._account, self._folder, folder.uidvalidity, 0)
            return 0, (now - REMEMBERED).date()
        if self._uidvalidity != folder.uidvalidity or 0 < folder.uidnext <= self._seen:
            self._forget(folder.uidvalidity, noted[1])
        return noted[1], None

    def _forget(self, uidvalidity: int, seen: int) -> None:
        self._uidvalidity, self._seen, self._left = uidvalidity, seen, {}

    def batches(self, uids: Iterable[int], now: datetime) -> Iterator[list[int]]:
        """Those that are to be looked at now: what is new, in order; then each that was left.

        One that was left comes by itself, so that whatever it does again, it does to no other.
        """
        rising = sorted(uids)
        new = [uid for uid in rising if uid > self._seen and uid not in self._left]
        again = [uid for uid in rising if uid in self._left and self._left[uid].due <= now]
        for start in range(0, len(new), self._terms.batch):
            yield new[start : start + self._terms.batch]
        yield from ([uid] for uid in again)

    def leave(self, uid: int, now: datetime) -> None:
        """Leave a mail as it is, for later; each time for longer."""
        tries = self._left[uid].tries + 1 if uid in self._left else 1
        pause = min(self._terms.retry * (1 << min(tries - 1, 20)), self._terms.longest_retry)
        self._left[uid] = _Left(tries, now + timedelta(seconds=pause))

    def waits(self, uid: int, now: datetime) -> bool:
        """Whether a mail was left, and is not due."""
        return uid in self._left and self._left[uid].due > now

    def finish(self, uid: int) -> None:
        """There is nothing more to do about a mail."""
        self._left.pop(uid, None)

    def note(self, looked: int) -> None:
        """Every mail up to that UID was looked at: remember it, before those that were left.

        Raises:
            StoreUnavailable: nothing was noted; these mails come again.
        """
        looked = max(looked, self._seen)
        last = min([looked, *(uid - 1 for uid in self._left)])
        self._progress.write(self._account, self._folder, self._uidvalidity or 0, last)
        self._seen = looked

    def next_due(self, longest: float, now: datetime) -> float:
        """Seconds until a mail that was left is due, at most so many."""
        waits = [(left.due - now).total_seconds() for left in self._left.values()]
        return max(0.0, min([longest, *waits]))
