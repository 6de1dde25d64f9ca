"""The desk: one entrance for each door, each one transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from mailbot.desk import actions, closing, intake, opening, parking, release, sweep
from mailbot.desk.comparing import Swept
from mailbot.desk.doing import returned
from mailbot.desk.parking import Failed, Parked
from mailbot.desk.parts import Parts, Via
from mailbot.desk.reading import routing
from mailbot.model import Claimed, Envelope, Inbound, Page, Verdict
from mailbot.report import Failure


class Desk:
    """What the doors call. Every method may be called from any thread.

    Args:
        wake: called after whatever may have put a mail into the outbox.
    """

    def __init__(self, parts: Parts, wake: Callable[[], None]) -> None:
        self.parts = parts
        self._wake = wake

    def accepts(self, recipient: str) -> bool:
        """Whether mail to that address is ours."""
        return routing.resolve(self.parts.settings, recipient) is not None

    def receive(self, inbound: Inbound, now: datetime, raw: bytes = b"") -> str:
        """Act on a mail; see `intake.receive`."""
        done = intake.receive(self.parts, inbound, now, raw)
        self._wake()
        return done

    def park(self, failed: Failed, now: datetime) -> Parked | None:
        """Keep a mail that our own code failed on; see `parking.park`."""
        return parking.park(self.parts, failed, now)

    def alert(self, parked: Parked, now: datetime) -> None:
        """Tell the operator of a mail in the pen; see `parking.alert`."""
        parking.alert(self.parts, parked, now)
        self._wake()

    def come_home(self, raw: bytes, envelope: Envelope, now: datetime) -> bool:
        """Keep a mail of `mailbot doctor` to itself; see `parking.come_home`."""
        return parking.come_home(self.parts, raw, envelope, now)

    def awaited(self) -> set[str]:
        """Which mails in the pen may come again; see `parking.awaited`."""
        return parking.awaited(self.parts)

    def forgive(self, key: str) -> None:
        """Take a mail out of the pen that was acted upon; see `parking.forgive`."""
        parking.forgive(self.parts, key)

    def answer_parked(self, parked: Parked, inbound: Inbound, now: datetime) -> str:
        """Tell the writer of a parked mail; see `parking.answer`."""
        done = parking.answer(self.parts, parked, inbound, now)
        self._wake()
        return done

    def look(self, verb: str, token: str, now: datetime) -> Page:
        """Show what a link would do; see `actions.look`."""
        return actions.look(self.parts, verb, token, now)

    def act(self, verb: str, token: str, now: datetime, via: Via, code: str | None = None) -> Page:
        """Do what a link says; see `actions.act`."""
        page = actions.act(self.parts, verb, token, now, via, code)
        self._wake()
        return page

    def sweep(self, court: str, now: datetime) -> Swept:
        """Compare all that is watched in a court; see `sweep.sweep`."""
        swept = sweep.sweep(self.parts, court, now)
        self._waking(swept.notices)
        return swept

    def hint(self, court: str, now: datetime) -> Swept:
        """Compare what the court says has changed; see `sweep.hint`."""
        swept = sweep.hint(self.parts, court, now)
        self._waking(swept.notices)
        return swept

    def answer_waiting(self, court: str, now: datetime) -> int:
        """Answer what waited for the court; see `opening.answer_waiting`."""
        return self._waking(opening.answer_waiting(self.parts, court, now))

    def farewell(self, court: str, now: datetime) -> int:
        """Say farewell for a court whose last day is over; see `closing.farewell`."""
        return self._waking(closing.farewell(self.parts, court, now))

    def release(self, rows: Sequence[Claimed], now: datetime) -> dict[int, Verdict]:
        """Say what claimed mails tell; see `release.release`."""
        return release.release(self.parts, rows, now)

    def refused(self, row_id: int, failure: Failure, now: datetime) -> None:
        """Note that our mail server refused a recipient; see `returned.refused`."""
        returned.refused(self.parts, row_id, failure, now)

    def _waking(self, mails: int) -> int:
        if mails:
            self._wake()
        return mails
