"""Takes a mail from any door to the desk; one that makes our own code fail goes into the pen.

The sender is told to come again a bounded number of times. Then the mail is accepted and stays in
the pen for an administrator (mail-interface.md 0.1, traps 89 and 90).
"""

from __future__ import annotations

import hashlib
import re
from datetime import datetime

from mailbot.config import Settings
from mailbot.desk.desk import Desk
from mailbot.desk.parking import Failed, Parked
from mailbot.desk.reading.routing import expects_report, trusted_at
from mailbot.errors import StoreUnavailable, TemporaryError
from mailbot.inbound.reading.message import parse
from mailbot.maillog import MailLog, cause, places
from mailbot.model import Envelope, Inbound

# What each way in, and each new try, puts on top of the same mail.
_TRACE_FIELD = re.compile(
    rb"(?:received|return-path|delivered-to|x-original-to|envelope-to)[ \t]*:"
    rb"[^\n]*\n(?:[ \t][^\n]*\n)*",
    re.IGNORECASE,
)


def key_of(raw: bytes, envelope: Envelope) -> str:
    """The key under which a mail is the same one: its octets without what its way wrote on top.

    Reads nothing that could be wrong with it.
    """
    at = 0
    while field := _TRACE_FIELD.match(raw, at):
        at = field.end()
    names = f"{envelope.mail_from}\0{envelope.recipient.lower()}\0"
    content = raw[at:].replace(b"\r\n", b"\n")
    return hashlib.sha256(names.encode("utf-8", "replace") + content).hexdigest()


def read(settings: Settings, raw: bytes, envelope: Envelope) -> Inbound:
    """A mail, read as the address to which it came wants it."""
    returned = expects_report(settings, envelope.recipient)
    trust = trusted_at(settings, envelope.recipient)
    return parse(raw, envelope, settings.limits, returned, trust)


class Keeper:
    """Between the doors and the desk. Every method may be called from any thread.

    Args:
        desk: acts on mails.
        log: one line for each mail that is parked.
    """

    def __init__(self, desk: Desk, log: MailLog) -> None:
        self._desk = desk
        self._log = log

    def receive(self, raw: bytes, envelope: Envelope, now: datetime) -> bool:
        """One mail for one recipient: act on it, or keep it in the pen.

        Returns: it is accepted; and whether it was acted upon.

        Raises:
            TemporaryError: store, court or postmaster cannot be had; its sender must come again.
            Exception: our own code failed on it; likewise, until it was tried often enough.
        """
        try:
            self._act(raw, envelope, now)
        except TemporaryError:
            raise
        except Exception as error:  # the door: what our code cannot do with a mail, a person must
            parked = self._park(raw, envelope, error, now)
            if parked is None or not parked.kept:
                raise
            self._alert(parked, now)
            return False
        awaited = self._desk.awaited()
        if awaited and (key := key_of(raw, envelope)) in awaited:
            self._desk.forgive(key)
        return True

    def retry(self, parked: Parked, raw: bytes, now: datetime) -> tuple[bool, str]:
        """Act on a parked mail, once. Returns whether it is out of the pen, and a word or reason.

        Raises:
            TemporaryError: nothing was done.
        """
        envelope = Envelope(parked.mail_from, parked.recipient)
        try:
            done = self._act(raw, envelope, now)
        except TemporaryError:
            raise
        except Exception as error:  # the door, once more
            failed = Failed(parked.key, raw, envelope, cause(error), places(error))
            self._desk.park(failed, now)
            return False, cause(error)
        self._desk.forgive(parked.key)
        return True, done

    def answer(self, parked: Parked, raw: bytes, now: datetime) -> str:
        """Tell the writer of a parked mail that nothing came of it. Returns a word, or why not.

        Raises:
            StoreUnavailable: nothing was done.
        """
        try:
            inbound = read(
                self._desk.parts.settings, raw, Envelope(parked.mail_from, parked.recipient)
            )
            return self._desk.answer_parked(parked, inbound, now)
        except StoreUnavailable:
            raise
        except Exception as error:  # the door: what is poison may be so here, too
            return cause(error)

    def _act(self, raw: bytes, envelope: Envelope, now: datetime) -> str:
        if self._desk.come_home(raw, envelope, now):
            return "doctor"
        return self._desk.receive(read(self._desk.parts.settings, raw, envelope), now, raw)

    def _park(
        self, raw: bytes, envelope: Envelope, error: Exception, now: datetime
    ) -> Parked | None:
        failed = Failed(key_of(raw, envelope), raw, envelope, cause(error), places(error))
        parked = self._desk.park(failed, now)
        if parked is not None:
            self._log.parked(f"pen-{parked.id}", parked.reason, parked.tries, parked.kept)
        return parked

    def _alert(self, parked: Parked, now: datetime) -> None:
        """The mail is kept, whether or not the operator can be told."""
        try:
            self._desk.alert(parked, now)
        except Exception as error:  # the door: the same fault may be in the way
            self._log.trouble("operator", cause(error))
