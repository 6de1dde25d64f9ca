"""An account at the scripted server, with a desk behind it that knows a mail by its content."""

from __future__ import annotations

import contextlib
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from pydantic import SecretStr

from mailbot.config import Limits, Mailbox, OAuth
from mailbot.inbound.imap.account import Account
from mailbot.inbound.imap.terms import Inside, Terms
from mailbot.maillog import MailLog
from mailbot.model import Envelope
from tests.inbound.imap.server import Server

BOT = "track@court.test"
QUICK = Terms(
    connect=2.0,
    answer=2.0,
    renew=1.0,
    glance=0.02,
    first_pause=0.02,
    longest_pause=0.1,
    store_pause=0.1,
    retry=0.05,
    longest_retry=0.2,
    stop=3.0,
)
PATIENCE = 20.0  # seconds


def mail(subject: str, *fields: str, body: str = "TRACK 15AB-CR00015") -> bytes:
    """A mail as it lies in a mailbox."""
    delivered = fields or (f"Delivered-To: {BOT}",)
    lines = (
        "Return-Path: <ann@home.test>",
        *delivered,
        "From: ann@home.test",
        f"To: {BOT}",
        f"Subject: {subject}",
        f"Message-ID: <{subject}@home.test>",
        "",
        body,
        "",
    )
    return "\r\n".join(lines).encode()


@dataclass
class Desk:
    """Acts on a mail once, as the store's `arrival` does; tests make it fail."""

    acted: list[bytes] = field(default_factory=list)
    envelopes: list[Envelope] = field(default_factory=list)
    given: Counter[bytes] = field(default_factory=Counter)
    before: Callable[[bytes], None] = lambda raw: None
    known: set[str] = field(default_factory=set)

    def receive(self, raw: bytes, envelope: Envelope, now: datetime) -> None:
        subject = raw.partition(b"Subject: ")[2].partition(b"\r")[0]
        self.given[subject] += 1
        self.before(raw)
        key = sha256(raw).hexdigest()
        if key not in self.known:
            self.known.add(key)
            self.acted.append(subject)
            self.envelopes.append(envelope)


class Notes:
    """The store's notes."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, str], tuple[int, int]] = {}
        self.before: Callable[[], None] = lambda: None

    def read(self, account: str, folder: str) -> tuple[int, int] | None:
        return self.rows.get((account, folder))

    def write(self, account: str, folder: str, uidvalidity: int, last_uid: int) -> None:
        self.before()
        self.rows[account, folder] = (uidvalidity, last_uid)

    @property
    def one(self) -> tuple[int, int]:
        return next(iter(self.rows.values()), (0, 0))


@dataclass
class Scene:
    """What a test plays with."""

    server: Server
    desk: Desk = field(default_factory=Desk)
    notes: Notes = field(default_factory=Notes)
    terms: Terms = QUICK
    options: dict[str, Any] = field(default_factory=dict)
    limits: Limits = field(default_factory=lambda: Limits(message_bytes=65_536))
    later: timedelta = timedelta()
    context: Callable[[], ssl.SSLContext] = ssl.create_default_context
    addresses: frozenset[str] = frozenset({BOT})

    def clock(self) -> datetime:
        return datetime.now(UTC) + self.later

    def mailbox(self) -> Mailbox:
        given: dict[str, Any] = {
            "name": "track",
            "address": BOT,
            "way": "imap",
            "host": "127.0.0.1",
            "port": self.server.port,
            "tls": "none",
            "username": "bot",
            "password": SecretStr(self.server.password),
        }
        found = Mailbox.model_validate({**given, **self.options})
        return found.model_copy(update={"poll_seconds": 0.05})

    @contextmanager
    def fetching(self) -> Iterator[Account]:
        """The account is read for the length of a block."""
        inside = Inside(
            self.desk.receive,
            lambda address: address.lower().endswith("@court.test"),
            lambda: self.addresses,
            self.notes,
            self.clock,
        )
        log = MailLog(b"0123456789abcdef")
        account = Account(self.mailbox(), inside, self.limits, log, self.terms, self.context)
        account.start()
        try:
            yield account
        finally:
            began = time.monotonic()
            account.stop()
            assert time.monotonic() - began < PATIENCE
            names = [each.name for each in threading.enumerate()]
            assert "imap track" not in names

    def with_terms(self, **changes: Any) -> Scene:
        self.terms = replace(self.terms, **changes)
        return self


def oauth(url: str, **more: Any) -> OAuth:
    given = {"token_url": url, "client_id": "mailbot", "client_secret": SecretStr("x7-kanu")}
    return OAuth.model_validate({**given, **more})


def until(holds: Callable[[], object], what: str = "it", seconds: float = PATIENCE) -> None:
    """Wait until it holds."""
    ends = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < ends, f"waited for {what}"
        time.sleep(0.01)


@contextmanager
def scene(**options: Any) -> Iterator[Scene]:
    """A server and an account that is not read yet."""
    with Server() as server:
        yield Scene(server, options=options)


__all__ = ["BOT", "QUICK", "Desk", "Scene", "contextlib", "mail", "oauth", "scene", "until"]
