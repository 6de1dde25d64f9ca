"""The nouns of the house: what arrives, what a court holds, what a person asks, what leaves.

Frozen dataclasses without behaviour beyond their own values; no clock, no I/O.
"""

from __future__ import annotations

import contextlib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal

from mailbot.report import Report
from mailbot.voice import Voice

Facts = Mapping[str, object]


def address_key(spelling: str) -> str:
    """The one form under which an address is known (G30): domain in IDNA, ASCII letters lowered.

    Non-ASCII letters are never folded (reliability.md 2.2), plus-tags stay distinct.
    """
    local, _, domain = unicodedata.normalize("NFC", spelling.strip()).rpartition("@")
    with contextlib.suppress(UnicodeError):
        domain = domain.encode("idna").decode("ascii")
    return "".join(c.lower() if c.isascii() else c for c in f"{local}@{domain}")


@dataclass(frozen=True)
class Envelope:
    """The SMTP transaction (RFC 5321): never header fields. `mail_from` "" is the null path."""

    mail_from: str
    recipient: str


@dataclass(frozen=True)
class Proof:
    """What proves that a mail is from its From (5.4): P1 by a trusted server's word, P0 nothing."""

    level: Literal["P0", "P1"] = "P0"
    why: str = "no server is trusted"
    failed: bool = False  # a trusted server calls the From forged (DMARC fail)


@dataclass(frozen=True)
class Inbound:
    """A parsed arrival. Built from any bytes; what could not be read is named in `defects`."""

    envelope: Envelope
    sender: str | None  # the one addr-spec of the one From field, else None
    subject: str  # decoded, controls removed, not yet peeled
    message_id: str | None
    date: str | None
    in_reply_to: str | None
    references: tuple[str, ...]
    headers: tuple[tuple[str, str], ...]  # (lower-cased name, raw unfolded value), in order
    content_type: str  # of the whole mail, lower case, without parameters
    new_text: str  # what the person typed: above quotes, signature, sentinel
    quoted_text: str  # everything else that is visible
    has_attachment: bool
    nothing_visible: bool  # nothing outside quotes anywhere, and no attachment (decisions.md 13)
    content_key: str  # hex SHA-256 of the body with line ends normalised (decisions.md 3)
    defects: tuple[str, ...] = ()
    part_types: tuple[str, ...] = ()  # of the mail and its leaves, "text/calendar; reply"
    proof: Proof = Proof()
    report: Report | None = None  # what it says became of another mail

    def header(self, name: str) -> str | None:
        """The first field of that name (lower case), or None."""
        return next((value for key, value in self.headers if key == name), None)

    def all_headers(self, name: str) -> tuple[str, ...]:
        """Every field of that name (lower case), topmost first."""
        return tuple(value for key, value in self.headers if key == name)


class Kind(StrEnum):
    """Who wrote a mail (mail-interface.md 5.5)."""

    HUMAN = "human"
    ROBOT = "robot"
    BOUNCE = "bounce"
    COMPLAINT = "complaint"
    LIST = "list"
    SELF = "self"


@dataclass(frozen=True)
class Sender:
    """What the guard makes of a mail. `answer` is the only licence to reply."""

    kind: Kind
    why: str
    answer: Literal["never", "allowed", "no usable sender"]


class Verb(StrEnum):
    """What a person may ask (decisions.md 26). NOT_OFFERED is a known verb that is not built."""

    TRACK = "TRACK"
    CONFIRM = "CONFIRM"
    NO = "NO"
    REPORT = "REPORT"
    STOP = "STOP"
    UNDO = "UNDO"
    HELP = "HELP"
    CASE = "CASE"
    NOT_OFFERED = "NOT_OFFERED"


@dataclass(frozen=True)
class Command:
    """One command of a mail: TRACK has one number a command, STOP none, numbers, or "ALL"."""

    verb: Verb
    args: tuple[str, ...] = ()
    line: str = ""


@dataclass(frozen=True)
class Ignored:
    """A line that was looked at and not run, and why."""

    line: str
    reason: str


@dataclass(frozen=True)
class Reading:
    """What the grammar found in subject and new text."""

    commands: tuple[Command, ...]
    ignored: tuple[Ignored, ...] = ()
    suggestion: str | None = None  # "TRACK 15AB-CR00015" for "TRAK 15AB-CR00015"
    read_only: bool = False  # a forwarded mail: lookups and HELP only


# --- Courts and their changes -----------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    """A case as the court's database shows it. `access` is a class of case-model.md 1.2."""

    source_id: str
    number: str
    key: str  # case_key(number)
    caption: str
    category: str
    access: int
    last_activity_at: datetime | None = None  # aware


@dataclass(frozen=True)
class Entry:
    """A docket entry as the court's database shows it. Times are aware; `text` may be hostile."""

    key: str
    seq: int
    filed_at: datetime | None
    activity_at: datetime | None
    description: str
    text: str
    filed_by: str
    documents: int
    access: int


def case_key(number: str) -> str:
    """A case number without spelling: NFKC, upper case, ASCII letters and digits only.

    "15ab‑cr00015" -> "15ABCR00015". Non-ASCII letters make the key "" (never a look-alike).
    """
    folded = unicodedata.normalize("NFKC", number[:64])
    if any(c.isalnum() and not c.isascii() for c in folded):
        return ""
    return "".join(c for c in folded.upper() if c.isalnum() and c.isascii())


FIELD_CLASSES = ("description", "text", "filing date", "party", "documents")


@dataclass(frozen=True)
class EntryState:
    """What the ledger keeps of one entry: its access and one digest a field class, never a text."""

    access: int
    digests: tuple[bytes, ...]  # in the order of FIELD_CLASSES, 8 bytes each
    filed_at: datetime | None = field(default=None, compare=False)


@dataclass(frozen=True)
class EntryChange:
    """One entry of a change, seen from one class of viewer (decisions.md 10)."""

    entry_key: str
    kind: Literal["added", "updated", "removed", "returned"]
    fields: tuple[str, ...]  # names of FIELD_CLASSES that differ, of an update


# --- Departures -------------------------------------------------------------------------------
class Priority:
    """Order of leaving (reliability.md 3.2): what a person waits for goes first."""

    ANSWER = 0
    HEARING = 1
    DOCKET = 2
    DIGEST = 3


@dataclass(frozen=True)
class Claimed:
    """An outbox row in a sender's hands, with what the envelope and the header need."""

    id: int
    template: str
    court: str
    address: str  # the subscriber's spelling, one addr-spec
    language: str
    facts: Facts
    created_at: datetime
    tries: int
    lease_until: datetime
    key_id: str  # of the key that derives handle and Message-ID
    address_id: int
    subscription_id: int | None = None
    request_id: int | None = None
    case_key: str | None = None
    since_event: int | None = None
    upto_event: int | None = None
    in_reply_to: str | None = None
    references: tuple[str, ...] = ()
    voice: Voice | None = None  # None: the court's own


@dataclass(frozen=True)
class Send:
    """The last gate opens: these are the complete facts of the mail."""

    facts: Facts


@dataclass(frozen=True)
class Drop:
    """Nothing is sent, ever. `reason` is one word for the log."""

    reason: str


@dataclass(frozen=True)
class Defer:
    """Not now. `until` is when the row may be claimed again."""

    until: datetime
    reason: str


Verdict = Send | Drop | Defer


@dataclass(frozen=True)
class Link:
    """One thing a reader can do: by https, or by sending the pre-filled mail."""

    url: str
    mailto: str


@dataclass(frozen=True)
class Rendered:
    """A mail in words: subject in one line, text and HTML part with LF line ends."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True)
class Page:
    """What a web page shows: a template's name, its facts, the HTTP status."""

    template: str
    facts: Facts = field(default_factory=dict)
    status: int = 200


@dataclass(frozen=True)
class Outgoing:
    """A mail ready for the wire: envelope and bytes with CRLF line ends."""

    mail_from: str
    recipient: str
    content: bytes
    needs_smtputf8: bool = False
