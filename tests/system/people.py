"""People with a mailbox at the Postfix, what arrived there, and mailbot that has it as mail server."""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from signal import SIGKILL
from typing import Protocol
from urllib.parse import unquote

from mailbot.running import utc_now
from tests.stories.theatre import SECONDS, Theatre
from tests.system.postfix import Postfix
from tests.world import people_the_court

BOT = "track@court.example"
COFFMAN = "15AB-CR00015"

# What the last mail server writes above a mail (RFC 5321 4.4); below it the mail is as we sent it.
_TRACE = re.compile(rb"(?:(?:Return-Path|X-Original-To|Delivered-To|Received):.*\n(?:[ \t].*\n)*)*")
_ids = itertools.count(1)


class PostedTheatre(Theatre):
    """The service, whose mail server in both directions is a Postfix.

    Args:
        postfix: that hands on to `bot_port`.
        smarthost: lines of the configuration.
    """

    def __init__(self, folder: Path, postfix: Postfix, smarthost: str = "") -> None:
        super().__init__(folder)
        people_the_court(self.court)
        self.smtp_port = postfix.bot_port
        self._smarthost = smarthost or f'host = "127.0.0.1"\nport = {postfix.port}\ntls = "none"'

    def __enter__(self) -> PostedTheatre:
        super().__enter__()
        return self

    def start(self) -> None:
        path = self.folder / "config.toml"
        head, _, rest = path.read_text().partition("[smarthost]\n")
        path.write_text(f"{head}[smarthost]\n{self._smarthost}\n\n{rest[rest.index('[web]') :]}")
        try:
            super().start()
        except BaseException:
            self.stop(SIGKILL)
            raise


@dataclass(frozen=True)
class Delivered:
    """A mail in a Maildir."""

    raw: bytes

    @property
    def as_sent(self) -> bytes:
        """Without what mail servers wrote above it, with the line ends of SMTP."""
        trace = _TRACE.match(self.raw)
        assert trace is not None
        return self.raw[trace.end() :].replace(b"\n", b"\r\n")

    @property
    def message(self) -> EmailMessage:
        return message_from_bytes(self.raw, policy=policy.default)

    @property
    def text(self) -> str:
        part = self.message.get_body(("plain",))
        assert part is not None
        return str(part.get_content())

    @property
    def subject(self) -> str:
        return str(self.message["Subject"])

    def mailto(self, word: str) -> tuple[str, str]:
        """Address and subject of the mailto link in the text whose subject begins so."""
        for address, subject in re.findall(r"mailto:(\S+?)\?subject=(\S+)", self.text):
            if unquote(subject).startswith(word):
                return unquote(address), unquote(subject)
        raise LookupError(word)


class Office(Protocol):
    """Where people hand mail in, and find what came."""

    @property
    def log(self) -> str:
        """What it knows of the mail on its way."""

    def take(self, mail_from: str, recipient: str, content: bytes) -> None:
        """Take a mail from its writer."""

    def mails(self, name: str) -> list[bytes]:
        """What came for name@people.example, the oldest first."""


@dataclass
class Person:
    """Somebody who writes and reads mail."""

    name: str
    postfix: Office
    read: int = field(default=0, init=False)

    @property
    def address(self) -> str:
        return f"{self.name}@people.example"

    def write(self, subject: str, body: str = "", to: str = BOT, answering: str = "") -> None:
        """Write a mail and hand it to Postfix."""
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = self.address, to, subject
        message["Date"] = format_datetime(utc_now())
        message["Message-ID"] = f"<{next(_ids)}.{self.name}@people.example>"
        if answering:
            message["In-Reply-To"] = answering
        message.set_content(body)
        self.postfix.take(self.address, to, message.as_bytes(policy=policy.SMTP))

    def answer(self, mail: Delivered, word: str) -> None:
        """Answer as mail programs do, with the mail quoted below the word."""
        quoted = "".join(f"> {line}\n" for line in mail.text.splitlines())
        head, message_id = f"Re: {mail.subject}", str(mail.message["Message-ID"])
        self.write(
            head, f"{word}\n\n{BOT} wrote:\n{quoted}", str(mail.message["Reply-To"]), message_id
        )

    def arrived(self) -> list[Delivered]:
        """All that is in the mailbox, the oldest first."""
        return [Delivered(raw) for raw in self.postfix.mails(self.name)]

    def next(self) -> Delivered:
        """The next mail that comes; fails if none comes in time."""
        until(
            lambda: len(self.arrived()) > self.read,
            f"mail {self.read + 1} for {self.name}",
            self.postfix,
        )
        self.read += 1
        return self.arrived()[self.read - 1]

    def track(self, number: str = COFFMAN) -> Delivered:
        """Follow a case, to the end. Returns the "now tracking" mail."""
        self.write(f"TRACK {number}")
        self.answer(self.next(), "yes")
        return self.next()


def until(
    holds: Callable[[], object], what: str, postfix: Office, seconds: float = SECONDS
) -> None:
    """Wait until it holds; if it does not, say what Postfix knows."""
    ends = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < ends, f"waited for {what}\n{postfix.log[-5000:]}"
        time.sleep(0.05)
