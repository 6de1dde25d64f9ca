"""Goes through what is new in a folder: each mail to the desk, in order, and then out of the way.

Whatever ends a round in between, the next one reads the mails again that were not noted, and the
desk knows them by their content key (decisions.md 3).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from mailbot.config import Limits
from mailbot.errors import StoreUnavailable, TemporaryError
from mailbot.inbound.imap.labels import Unfit, envelope_of, header_of, mail_from_of
from mailbot.inbound.imap.mark import Mark
from mailbot.inbound.imap.terms import (
    CommandRefused,
    Described,
    Folder,
    Inside,
    InThePen,
    MailboxUnavailable,
    Terms,
)
from mailbot.maillog import MailLog, cause

Answer = TypeVar("Answer")
_SPAN = 50_000  # UIDs of one search


@dataclass
class _Batch:
    """What has become of the mails of one batch."""

    done: list[int] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)
    away: StoreUnavailable | None = None  # the store does not answer: no use in going on


class Rounds:
    """The rounds through one folder.

    Args:
        name: of the mailbox, for the log. mark: how far the folder is read.
    """

    def __init__(
        self, name: str, mark: Mark, inside: Inside, limits: Limits, log: MailLog, terms: Terms
    ) -> None:
        self._name, self._mark, self._inside = name, mark, inside
        self._limits, self._log, self._terms = limits, log, terms
        self._uidvalidity = 0
        self._failed: Counter[int] = Counter()  # how often our code failed on a mail
        self._careful = False  # fetch mails singly: one of several ended the connection

    def go(self, folder: Folder, stopping: Callable[[], bool]) -> None:
        """Act on everything that is new, until there is nothing more or it shall stop.

        Raises:
            StoreUnavailable, MailboxUnavailable: what was acted upon so far stays so.
        """
        now = self._inside.clock()
        if self._uidvalidity != folder.uidvalidity:
            self._uidvalidity = folder.uidvalidity
            self._failed.clear()
        noted, since = self._mark.begin(folder, now)
        for uids in self._mark.batches(folder.after(noted, since), now):
            if stopping():
                return
            self._take(folder, uids, stopping)
        self._careful = False

    def next_due(self, longest: float) -> float:
        """Seconds until there is something to do without new mail, at most so many."""
        return self._mark.next_due(longest, self._inside.clock())

    def _take(self, folder: Folder, uids: Sequence[int], stopping: Callable[[], bool]) -> None:
        """Act on one batch; then move it away; then note it."""
        batch, looked, now = _Batch(), 0, self._inside.clock()
        for uid, raw in self._opened(folder, uids, batch):
            if raw is not None:
                self._act(uid, raw, batch)
            if batch.away is not None:
                break
            looked = uid
            if not self._mark.waits(uid, now):
                self._mark.finish(uid)
            if stopping():
                break
        self._put_away(folder, batch)
        self._mark.note(looked)
        if batch.away is not None:
            raise batch.away

    def _put_away(self, folder: Folder, batch: _Batch) -> None:
        moved = not batch.done or folder.put_away(batch.done)
        moved &= not batch.refused or folder.refuse(batch.refused)
        if not moved:
            self._log.trouble(
                f"imap-{self._name}",
                "mails were flagged where they are, as the server does not move them; make the "
                "folders of processed and refused, and let the account write to them",
            )

    # --- Fetching ---

    def _opened(
        self, folder: Folder, uids: Sequence[int], batch: _Batch
    ) -> Iterator[tuple[int, bytes | None]]:
        """Each mail in order with its octets, or None where there is nothing to act upon."""
        described = self._ask(uids, folder.describe)
        most = 0 if self._careful else self._terms.portion
        for portion in portions(uids, described, most):
            wanted = [uid for uid in portion if self._is_wanted(folder, uid, described, batch)]
            mails = self._fetched(folder, wanted)
            for uid in portion:
                yield uid, mails.get(uid)

    def _is_wanted(
        self, folder: Folder, uid: int, described: Mapping[int, Described], batch: _Batch
    ) -> bool:
        if uid not in described or described[uid].finished:
            return False  # gone, or acted upon
        if described[uid].octets > self._limits.message_bytes:
            self._ask([uid], lambda _: self._too_big(folder, uid, described[uid].octets, batch))
            return False
        return True

    def _too_big(self, folder: Folder, uid: int, octets: int, batch: _Batch) -> dict[int, None]:
        """Only the header is fetched, to note whose mail it was (RFC 9051 6.4.5)."""
        header = folder.header(uid, self._limits.header_bytes)
        try:
            whose = mail_from_of(header_of(header, self._limits))
        except Unfit as error:
            whose = str(error)
        self._refuse(uid, f"too big: {octets} octets from {whose or '<>'}", batch)
        return {}

    def _fetched(self, folder: Folder, uids: Sequence[int]) -> dict[int, bytes]:
        most = self._limits.message_bytes + 1
        try:
            return self._ask(uids, lambda some: folder.mails(some, most))
        except MailboxUnavailable:
            self._careful = True
            if len(uids) == 1:  # the others go first when the connection is back
                self._leave(uids[0], "the connection ended while it was fetched")
            raise

    def _ask(
        self, uids: Sequence[int], question: Callable[[Sequence[int]], dict[int, Answer]]
    ) -> dict[int, Answer]:
        """The answers about mails. One that the server cannot give hides no other (trap 83)."""
        if not uids:
            return {}
        try:
            return question(uids)
        except CommandRefused as error:
            if len(uids) == 1:
                self._leave(uids[0], str(error))
                return {}
        answers: dict[int, Answer] = {}
        for uid in uids:
            answers |= self._ask([uid], question)
        return answers

    # --- Acting ---

    def _act(self, uid: int, raw: bytes, batch: _Batch) -> None:
        """One mail to the desk. Whatever goes wrong with it stops no other."""
        inside, recipient = self._inside, ""
        try:
            if len(raw) > self._limits.message_bytes:
                raise Unfit("too big, and the server called it smaller")
            envelope = envelope_of(
                raw, self._limits, inside.addresses(), inside.accepts, inside.delivered()
            )
            recipient = envelope.recipient
            inside.receive(raw, envelope, inside.clock())
        except Unfit as error:
            self._refuse(uid, str(error), batch)
        except InThePen:
            self._refuse(uid, "in the pen", batch)
        except StoreUnavailable as error:
            batch.away = error
        except TemporaryError as error:
            self._leave(uid, cause(error), recipient)
        except Exception as error:  # the door: a mail that makes our code fail hides no other
            self._leave(uid, cause(error), recipient)
            self._failed[uid] += 1
            if self._failed[uid] >= self._terms.tries:
                self._log.parked(self._id(uid), cause(error), self._failed.pop(uid), kept=True)
                self._refuse(uid, "mailbot fails on it", batch)
        else:
            batch.done.append(uid)
            self._log.arrived(self._id(uid), envelope.mail_from, 1, len(raw), self._name)

    def _leave(self, uid: int, why: str, recipient: str = "") -> None:
        self._log.postponed(self._id(uid), recipient, why)
        self._mark.leave(uid, self._inside.clock())

    def _refuse(self, uid: int, why: str, batch: _Batch) -> None:
        self._log.refused(self._id(uid), why, self._name)
        self._mark.finish(uid)
        batch.refused.append(uid)

    def _id(self, uid: int) -> str:
        return f"in-{self._name}-{self._uidvalidity}-{uid}"


def portions(
    uids: Sequence[int], described: Mapping[int, Described], octets: int
) -> Iterator[list[int]]:
    """Mails in order, as many together as are small enough to be fetched at once."""
    portion: list[int] = []
    room = octets
    for uid in uids:
        size = described[uid].octets if uid in described else 0
        if portion and size > room:
            yield portion
            portion, room = [], octets
        portion.append(uid)
        room -= size
    if portion:
        yield portion


def spans(first: int, end: int) -> Iterator[str]:
    """UIDs from the first up to the end, in parts: imaplib reads no line of a million octets."""
    if not end:
        yield f"{first}:*"
    step = max(_SPAN, (end - first) // 20)
    for start in range(first, end, step):
        yield f"{start}:{min(start + step, end) - 1}"
