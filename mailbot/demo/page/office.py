"""The clerk's desk: what the clerk did last, and the clerk who works without being asked."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Collection
from dataclasses import dataclass

from mailbot.demo.clerk import Act, CaseLine, Clerk, EntryLine

log = logging.getLogger("mailbot.demo")

PAUSE = 4.0  # seconds between two acts of the busy clerk
LATEST = 8  # acts shown
ENTRIES = 6  # of the case in hand
SEALED = 9


@dataclass(frozen=True)
class File:
    """A case on the clerk's desk."""

    case: CaseLine
    entries: list[EntryLine]
    more: int  # older entries

    @property
    def sealed(self) -> bool:
        """Whether nobody but the court may see it."""
        return self.case.access == SEALED


class Office:
    """Where the demo's clerk works. Methods block on the database; not for the event loop.

    Args:
        prefer: numbers of cases that somebody tracks, where things should happen.
    """

    def __init__(self, clerk: Clerk, prefer: Callable[[], Collection[str]]) -> None:
        self._clerk = clerk
        self._prefer = prefer
        self._acts: deque[Act] = deque(maxlen=LATEST)
        self._busy: asyncio.Task[None] | None = None

    @property
    def acts(self) -> list[Act]:
        """The latest, newest first."""
        return list(reversed(self._acts))

    @property
    def busy(self) -> bool:
        """Whether the clerk works by itself."""
        return self._busy is not None

    def is_followed(self, number: str) -> bool:
        """Whether somebody tracks that case, so that an act in it makes a notice."""
        return number in self._prefer()

    def cases(self) -> list[CaseLine]:
        """Every case, sealed ones too."""
        return self._clerk.cases()

    def file(self, number: str) -> File | None:
        """That case with its newest entries, None if there is none."""
        case = next((each for each in self._clerk.cases() if each.number == number), None)
        if case is None:
            return None
        entries = self._clerk.entries(number)
        return File(case, entries[:ENTRIES], max(0, len(entries) - ENTRIES))

    def add(self, number: str, type_text: str, text: str) -> Act:
        """File an entry; what is left empty is made up, but a type alone is an entry without text.

        Raises:
            LookupError: no case has that number.
        """
        made_up = not type_text and not text
        return self._done(
            self._clerk.add_entry(
                number,
                type_text=type_text or None,
                text=None if made_up else text,
            )
        )

    def correct(self, number: str, entry_id: int, text: str) -> Act:
        """Change an entry's text; the text it has already means that the clerk thinks of something.

        Raises:
            LookupError: no case has that number, or the case has no such entry.
        """
        before = {entry.id: entry.text for entry in self._clerk.entries(number)}
        changed = text if text.split() != before.get(entry_id, "").split() else None
        return self._done(self._clerk.correct_entry(number, entry_id, text=changed))

    def seal(self, number: str) -> Act:
        """Close a case to everybody. Raises LookupError."""
        return self._done(self._clerk.seal(number))

    def unseal(self, number: str) -> Act:
        """Open it again. Raises LookupError."""
        return self._done(self._clerk.unseal(number))

    def _done(self, act: Act) -> Act:
        self._acts.append(act)
        return act

    async def work_alone(self) -> None:
        """From now on something happens every few seconds."""
        if self._busy is None:
            self._busy = asyncio.create_task(self._work(), name="busy clerk")

    async def rest(self) -> None:
        """Nothing happens by itself any more."""
        if self._busy is not None:
            self._busy.cancel()
            await asyncio.gather(self._busy, return_exceptions=True)
            self._busy = None

    async def _work(self) -> None:
        while True:
            try:
                self._done(await asyncio.to_thread(self._act))
            except Exception as error:  # the demo's door: the next act may go better
                log.warning("the clerk stumbled: %s", error)
            await asyncio.sleep(PAUSE)

    def _act(self) -> Act:
        return self._clerk.busy(self._prefer())

    def close(self) -> None:
        """Leave the court's database."""
        self._clerk.close()
