"""Takes one mail from a pipe, as mail servers and fetchmail give it, and says how it went.

The exit codes of sysexits.h, which Postfix's pipe(8) and local(8), Exim and fetchmail read: with 75
the mail is kept there for another try, 65 and 67 send it back. Refused is what SMTP refuses.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

from mailbot.inbound.smtp import replies
from mailbot.inbound.smtp.wire import DRAIN, defect
from mailbot.maillog import cause
from mailbot.model import Envelope

_PIECE = 65_536  # octets
# local(8) and pipe(8) with flag F put this line in front; it is no part of the mail.
_FROM_LINE = re.compile(rb"From (?P<sender>\S*)[^\n]*\n")
_RETURN_PATH = re.compile(rb"Return-Path:[ \t]*<?(?P<sender>[^\s<>]*)>?[ \t]*\n", re.IGNORECASE)
_NOBODY = {"", "<>", "MAILER-DAEMON"}  # the null path; the last is Postfix's word for it


@dataclass(frozen=True)
class Outcome:
    """An exit code, and a fixed sentence that may be sent to whoever wrote the mail."""

    code: int
    said: str


KEPT = Outcome(os.EX_OK, "")
# Not EX_CONFIG: mail servers return the mail at that, and a slip of ours must cost nobody theirs.
MISCONFIGURED = Outcome(
    os.EX_TEMPFAIL, "4.3.5 The configuration cannot be used: mailbot check says why"
)


def take(
    stream: BinaryIO,
    recipient: str | Callable[[bytes], str],
    sender: str | None,
    most: int,
    accepts: Callable[[str], bool],
    receive: Callable[[bytes, Envelope, datetime], object],
    now: datetime,
) -> Outcome:
    """One mail for one recipient.

    Args:
        stream: the mail, with any line ends, to its end.
        recipient: to whom it is delivered, or what reads that from the mail.
        sender: the envelope's; None: as the mail server wrote it on top of the mail.
        most: octets of a mail.
        accepts, receive: as the listener's.
    """
    try:
        octets = _read(stream, most)
        found, content = _part(octets.replace(b"\r\n", b"\n"))
        to = recipient if isinstance(recipient, str) else recipient(content)
        if not accepts(to):
            return _refused(os.EX_NOUSER, replies.UNKNOWN_RECIPIENT)
        if len(octets) > most:
            return _refused(os.EX_DATAERR, replies.TOO_BIG)
        content = content.replace(b"\n", b"\r\n")
        if fault := defect(content):
            return _refused(os.EX_DATAERR, fault)
        receive(content, Envelope(_named(found if sender is None else sender), to), now)
    except Exception as error:  # the door: a fault of ours is 75, whatever it is
        return postponed(error)
    return KEPT


def postponed(error: Exception) -> Outcome:
    """The mail server keeps the mail and tries again. Says where it failed, never on what."""
    said = replies.TRY_LATER.partition(" ")[2]
    return Outcome(os.EX_TEMPFAIL, f"{said} ({cause(error)})")


def _refused(code: int, reply: str) -> Outcome:
    """pipe(8) takes the enhanced code from the sentence (RFC 3463)."""
    return Outcome(code, reply.partition(" ")[2])


def _read(stream: BinaryIO, most: int) -> bytes:
    """At most one octet too many; the rest is read away, for no mail server likes a broken pipe."""
    octets = stream.read(most + 1)
    left = DRAIN * most
    while left > 0 and (piece := stream.read(_PIECE)):
        left -= len(piece)
    return octets


def _part(octets: bytes) -> tuple[str, bytes]:
    """The envelope's sender as the mail server wrote it, and the mail without mbox's line."""
    line = _FROM_LINE.match(octets)
    content = octets[line.end() :] if line else octets
    found = _RETURN_PATH.match(content) or line
    return (found["sender"].decode("utf-8", "replace") if found else ""), content


def _named(sender: str) -> str:
    return "" if sender in _NOBODY else sender.removeprefix("<").removesuffix(">")
