"""Writes one line per event in a mail's life, with the mail's id and without a readable address.

Lines are `event=sent mail=out-17 to=5c1a... reply="250 2.0.0 OK"`: key=value, values in JSON quotes
where they hold more than plain characters, so that nothing a peer says can begin a line or a field.
Arrivals are `in-...`, departures `out-` and the outbox row.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
from datetime import datetime

from mailbot.model import address_key

_PLAIN = re.compile(r"[A-Za-z0-9._:/+-]+")
_ADDRESS = re.compile(r"[^\s<>@\"',;()]{1,64}@[^\s<>@\"',;()]{1,255}")
_CUT = 500  # characters of what a peer said
_PLACES = 40  # of a deep error, the innermost


class MailLog:
    """The log of mails.

    Args:
        key: 16 to 64 octets; who has it can tell whether an address is a given one (2.6, T-LOG).
        logger: where lines go; by default `mailbot.mail`.
    """

    def __init__(self, key: bytes, logger: logging.Logger | None = None) -> None:
        self._key = key
        self._logger = logger or logging.getLogger("mailbot.mail")

    def who(self, address: str) -> str:
        """The keyed hash under which an address appears; the null path is `<>`."""
        if not address:
            return "<>"
        known_as = address_key(address).encode("utf-8", "surrogatepass")
        return hashlib.blake2b(known_as, key=self._key, digest_size=8).hexdigest()

    # --- Arrivals ---

    def arrived(self, mail: str, mail_from: str, recipients: int, octets: int, peer: str) -> None:
        """A mail was committed for every recipient; the 250 follows."""
        self._write(
            logging.INFO,
            "arrived",
            mail,
            {"from": self.who(mail_from), "rcpts": recipients, "octets": octets, "peer": peer},
        )

    def refused(self, mail: str, reply: str, peer: str) -> None:
        """A mail was refused for good at the door, for a fault of its own."""
        self._write(logging.INFO, "refused", mail, {"reply": reply, "peer": peer})

    def postponed(self, mail: str, recipient: str, why: str) -> None:
        """A mail could not be kept for a fault of ours; its sender has been told to come again."""
        self._write(logging.WARNING, "postponed", mail, {"to": self.who(recipient), "why": why})

    def ignored(self, mail: str, why: str) -> None:
        """A mail was kept and nothing comes of it: a robot, a list, our own."""
        self._write(logging.INFO, "ignored", mail, {"why": why})

    def answered(self, mail: str, template: str, row_id: int | None = None) -> None:
        """A mail has its answer in the outbox."""
        out = None if row_id is None else f"out-{row_id}"
        self._write(logging.INFO, "answered", mail, {"template": template, "by": out})

    def parked(self, mail: str, why: str, tries: int, kept: bool) -> None:
        """A mail made our own code fail and lies in the pen; `kept`: its sender has none."""
        facts = {"why": why, "tries": tries, "kept": "yes" if kept else "no"}
        self._write(logging.ERROR, "parked", mail, facts)

    # --- Departures ---

    def enqueued(self, row_id: int, template: str, recipient: str) -> None:
        """A mail was put into the outbox."""
        self._out(logging.INFO, "enqueued", row_id, template=template, to=self.who(recipient))

    def claimed(self, row_id: int, template: str, recipient: str, tries: int) -> None:
        """A sender has taken a mail in hand for its `tries`-th try."""
        to = self.who(recipient)
        self._out(logging.INFO, "claimed", row_id, template=template, to=to, tries=tries)

    def sent(self, row_id: int, reply: str) -> None:
        """The mail server said 250."""
        self._out(logging.INFO, "sent", row_id, reply=reply)

    def deferred(self, row_id: int, reply: str, until: datetime) -> None:
        """The mail server did not take it now."""
        self._out(logging.INFO, "deferred", row_id, until=until, reply=reply)

    def doubtful(self, row_id: int, why: str, until: datetime) -> None:
        """The mail server has the whole mail and did not answer; it is tried again."""
        self._out(logging.WARNING, "doubtful", row_id, until=until, why=why)

    def held(self, row_id: int, why: str, until: datetime) -> None:
        """The last gate, or a dead mail server, said not now; that was no try."""
        self._out(logging.INFO, "held", row_id, until=until, why=why)

    def abandoned(self, row_id: int, why: str) -> None:
        """A mail was given up right before the dot: it is no longer ours, or no longer wanted."""
        self._out(logging.INFO, "abandoned", row_id, why=why)

    def failed(self, row_id: int, reply: str) -> None:
        """A mail will never leave."""
        self._out(logging.WARNING, "failed", row_id, reply=reply)

    def broken(self, row_id: int, why: str) -> None:
        """Our own code failed on a mail; a person must look."""
        self._out(logging.ERROR, "broken", row_id, why=why)

    def dropped(self, row_id: int, why: str) -> None:
        """The last gate said never."""
        self._out(logging.INFO, "dropped", row_id, why=why)

    # --- What came back ---

    def returned(self, row_id: int, recipient: str, verdict: str, status: str | None) -> None:
        """A mail came back, or is said to be late or there."""
        to = self.who(recipient)
        self._out(logging.INFO, "returned", row_id, to=to, verdict=verdict, status=status)

    def complained(self, row_id: int, recipient: str, done: str) -> None:
        """Somebody called a mail spam."""
        self._out(logging.WARNING, "complained", row_id, to=self.who(recipient), done=done)

    def suspended(self, row_id: int, recipient: str) -> None:
        """Mail to an address comes back, this one last: it gets no more notices."""
        self._out(logging.WARNING, "suspended", row_id, to=self.who(recipient))

    def recovered(self, recipient: str) -> None:
        """A suspended address has answered: it gets what it missed."""
        self._write(logging.INFO, "recovered", "any", {"to": self.who(recipient)})

    def trouble(self, what: str, why: str) -> None:
        """Something that concerns no single mail is wrong: a dead server, a dead store."""
        self._write(logging.ERROR, "trouble", what, {"why": why})

    def _out(self, level: int, event: str, row_id: int, **facts: object) -> None:
        self._write(level, event, f"out-{row_id}", facts)

    def _write(self, level: int, event: str, mail: str, facts: dict[str, object]) -> None:
        if not self._logger.isEnabledFor(level):
            return
        pairs = [f"event={event}", f"mail={self._value(mail)}"]
        pairs += [
            f"{name}={self._value(value)}"
            for name, value in facts.items()
            if value not in (None, "")
        ]
        self._logger.log(level, "%s", " ".join(pairs))

    def _value(self, value: object) -> str:
        if isinstance(value, datetime):
            return value.isoformat(timespec="seconds")
        text = _ADDRESS.sub(lambda found: self.who(found.group()), str(value)[:_CUT])
        if _PLAIN.fullmatch(text) or text == "<>":
            return text
        return json.dumps(text, ensure_ascii=True).replace("\x7f", "\\u007f")


def cause(error: BaseException) -> str:
    """An error for the log: its type and the last place in mailbot, never its text.

    Exception texts carry what was worked on (docket text, addresses, a database's URL).
    """
    place, trace = "", error.__traceback__
    while trace is not None:
        module = str(trace.tb_frame.f_globals.get("__name__", ""))
        if module.startswith("mailbot.") or not place:
            place = f"{module}:{trace.tb_lineno}"
        trace = trace.tb_next
    return f"{type(error).__name__} at {place}" if place else type(error).__name__


def places(error: BaseException) -> str:
    """Where an error came through, a line each, the innermost last: module, line, function."""
    lines, trace = [type(error).__name__], error.__traceback__
    while trace is not None:
        module = trace.tb_frame.f_globals.get("__name__", "")
        lines.append(f"{module}:{trace.tb_lineno} {trace.tb_frame.f_code.co_name}")
        trace = trace.tb_next
    return "\n".join(lines[:1] + lines[1:][-_PLACES:])
