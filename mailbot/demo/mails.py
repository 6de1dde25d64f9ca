"""Keeps the mails of the demo in memory: what people sent to mailbot, and what it sent to them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from threading import Condition
from typing import Literal

MOST_MAILS = 500
MOST_BYTES = 32_000_000  # of all mails together


@dataclass(frozen=True)
class Mail:
    """A mail as it crossed a socket."""

    id: int
    by: Literal["person", "mailbot"]
    at: datetime  # aware
    mail_from: str  # envelope, "" is the null path
    recipient: str
    content: bytes


class Mails:
    """The newest mails, both ways. May be used from any thread."""

    def __init__(self, most: int = MOST_MAILS, most_bytes: int = MOST_BYTES) -> None:
        self._most, self._most_bytes = most, most_bytes
        self._changed = Condition()
        self._kept: dict[int, Mail] = {}
        self._bytes = 0
        self._last = 0

    @property
    def last_id(self) -> int:
        """The id of the newest mail, 0 before the first."""
        return self._last

    def keep(
        self,
        by: Literal["person", "mailbot"],
        at: datetime,
        mail_from: str,
        recipient: str,
        content: bytes,
    ) -> Mail:
        """Keep a mail; the oldest make room for it."""
        with self._changed:
            self._last += 1
            mail = Mail(self._last, by, at, mail_from, recipient, content)
            self._kept[mail.id] = mail
            self._bytes += len(content)
            while len(self._kept) > self._most or (
                self._bytes > self._most_bytes and len(self._kept) > 1
            ):
                oldest = self._kept.pop(next(iter(self._kept)))
                self._bytes -= len(oldest.content)
            self._changed.notify_all()
            return mail

    def by_id(self, mail_id: int) -> Mail | None:
        """That mail, if it is still kept."""
        with self._changed:
            return self._kept.get(mail_id)

    def newest_first(self) -> list[Mail]:
        """All that are kept; of two of the same moment the one that came later."""
        with self._changed:
            kept = list(self._kept.values())
        return sorted(kept, key=lambda mail: (mail.at, mail.id), reverse=True)

    def wait(self, fits: Callable[[Mail], bool], after: int, seconds: float) -> Mail | None:
        """The first mail with an id above `after` that fits; None if none comes in time.

        Blocks: not for the event loop.
        """
        seen = after
        found: list[Mail] = []

        def look() -> bool:
            nonlocal seen
            fresh = [mail for mail in self._kept.values() if mail.id > seen]
            found.extend(mail for mail in fresh if fits(mail))
            seen = self._last
            return bool(found)

        with self._changed:
            self._changed.wait_for(look, seconds)
        return found[0] if found else None
