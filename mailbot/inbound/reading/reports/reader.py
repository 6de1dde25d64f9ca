"""Turns a mail into a report of a bounce or a complaint, or into None. Total: never raises.

The machine's fields come first (RFC 3464), then X-Failed-Recipients, then the words of the notice.
The returned mail names nobody; of it only what tells whose mail it is, is kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from mailbot.config import Limits
from mailbot.inbound.reading import hypertext
from mailbot.inbound.reading.charsets import decode, transfer_decode
from mailbot.inbound.reading.reports import feedback, fields, notice, notification
from mailbot.inbound.reading.reports.evidence import is_notification, speaks_of_delivery
from mailbot.inbound.reading.reports.reasons import Judged, judge
from mailbot.inbound.reading.structure import Header, Part, read_header
from mailbot.report import Failure, Outcome, Report

_MOST_OCTETS = 65_536  # of one part
_MOST_PARTS = 8  # of each kind
_MOST_RECIPIENTS = 100  # RFC 5321 4.5.3.1.8: as many as one mail must be able to have
_MOST_SAID = 30_000  # characters about all of them together
_STATUS = ("message/delivery-status", "message/global-delivery-status")
_RETURNED = ("message/rfc822", "text/rfc822-headers", "text/rfc822-header", "message/global")
_WHOSE = ("message-id", "return-path", "x-envelope-from", "sender", "reply-to", "from")
_DELIVERED = ("delivered", "relayed", "expanded")
_DELAYED = re.compile(
    r"warning (?:message )?only|not need to (?:re-?send|retransmit)|will keep trying|"
    r"(?:not|n't) yet (?:been )?(?:delivered|received)|(?:is|been|delivery) delayed|"
    r"will (?:be )?(?:retry|retried|continue)|still (?:being )?(?:retr|undelivered)|"
    r"temporary failure report|postponed|just a warning|advisory-only|"
    r"no action is required on your part|delayed mail|\(delay\)"
)
_GIVEN_UP = re.compile(
    r"permanent|given up|giving up|failed permanently|undeliverable|for [1-9]\d* d"
)


@dataclass(frozen=True)
class Arrival:
    """A mail as the readers before this one left it."""

    octets: bytes
    header: Header
    root: Part
    mail_from: str
    subject: str
    text: str  # what is shown, new and quoted
    expected: bool = False  # came to an address for bounces


def read(mail: Arrival, limits: Limits) -> Report | None:
    """What a mail reports, or None where it is no report."""
    labels = [mail.root.label, *(leaf.label for leaf in mail.root.leaves())]
    if any("feedback-report" in label for label in labels) or _is_forwarded_complaint(mail):
        return _complaint(mail, limits)
    told = (mail.header.fields, labels, mail.mail_from, mail.subject, mail.text, mail.expected)
    if not speaks_of_delivery(*told):
        return None
    if is_notification(mail.text):
        return notification.read("\n".join(_notices(mail)))
    return _bounce(mail, limits)


# --- Complaints -------------------------------------------------------------------------------


def _is_forwarded_complaint(mail: Arrival) -> bool:
    """Microsoft's form: a subject, and nothing but the mail complained of."""
    return mail.subject.lower().startswith("complaint about message from")


def _complaint(mail: Arrival, limits: Limits) -> Report | None:
    leaves = list(mail.root.leaves())
    texts = [_text(mail, leaf) for leaf in leaves if "feedback-report" in leaf.content_type]
    if not texts and _is_forwarded_complaint(mail):
        shown = _returned_header(mail, limits)
        wanted = shown.first("x-hmxmroriginalrecipient") if shown else ""
        texts = [f"Feedback-Type: abuse\nOriginal-Rcpt-To: {wanted}\n"]
    elif not texts:
        texts = [_text(mail, leaf) for leaf in leaves if leaf.content_type == "text/plain"]
    return feedback.read(texts[:_MOST_PARTS], _original(mail, "", limits))


# --- Bounces ----------------------------------------------------------------------------------


def _bounce(mail: Arrival, limits: Limits) -> Report:
    text = "\n".join(_notices(mail))
    said, shown = notice.part(text)
    entries = _entries(mail, text, said)
    original = _original(mail, shown, limits)
    named = notice.recipients(said, _own(mail), _home(mail))
    reported = [entry for entry in entries if entry.recipient][:_MOST_RECIPIENTS]
    chosen = _chosen(mail, said, named)[:_MOST_RECIPIENTS]
    room = _MOST_SAID // max(1, len(reported or chosen))
    if reported:
        found = [_by_fields(entry, said, named, room) for entry in reported]
    else:
        found = [_by_words(each, mail, room) for each in chosen]
    failures = tuple({each.recipient: each for each in found}.values())
    if failures:
        status = next((each.status for each in failures if each.status), None)
        return Report("bounce", failures, _together(failures), status, original)
    judged = judge(said, next((entry.status for entry in entries), None))
    return Report("bounce", (), _outcome(judged, said, mail), judged.status, original)


def _entries(mail: Arrival, text: str, said: str) -> list[fields.Entry]:
    parts = [leaf for leaf in mail.root.leaves() if leaf.content_type.startswith(_STATUS)]
    found = [entry for leaf in parts[:_MOST_PARTS] for entry in fields.entries(_text(mail, leaf))]
    if found:
        return found
    reported = "delivery-status" in mail.root.label
    written = text if reported else said
    return fields.entries(written) if fields.is_report(written) else []


def _by_fields(entry: fields.Entry, said: str, named: Sequence[notice.Named], room: int) -> Failure:
    recipient = entry.recipient or ""
    if entry.action in _DELIVERED:
        return Failure(recipient, "delivered", entry.status)
    around = next((n.said for n in named if n.address.lower() == recipient.lower()), said)
    around = around[:room]
    found = judge(entry.diagnostic, entry.status, around)
    if found.verdict is None or not entry.diagnostic:
        found = judge(around, entry.status)
    outcome: Outcome = found.verdict or "soft"
    if entry.action == "delayed":
        outcome = "delayed"
    return Failure(recipient, outcome, found.status, found.reply)


def _chosen(mail: Arrival, said: str, named: list[notice.Named]) -> list[notice.Named]:
    """Those of X-Failed-Recipients, else those whom the notice names."""
    values = (value for key, value in mail.header.fields if key == "x-failed-recipients")
    listed = [fields.address_of(each) for value in values for each in value.split(",")[:200]]
    chosen = list(dict.fromkeys(address for address in listed if address))
    if not chosen:
        return named
    heard = {each.address.lower(): each.said for each in named}
    return [notice.Named(address, heard.get(address.lower(), said)) for address in chosen]


def _by_words(named: notice.Named, mail: Arrival, room: int) -> Failure:
    found = judge(named.said[:room])
    outcome = _outcome(found, named.said, mail) or "soft"
    return Failure(named.address, outcome, found.status, found.reply)


def _outcome(found: Judged, said: str, mail: Arrival) -> Outcome | None:
    told = f"{mail.subject} {mail.text[:4000]} {said[:4000]}".lower()
    waits = _DELAYED.search(" ".join(told.split()))
    if found.verdict != "hard" and waits and not _GIVEN_UP.search(" ".join(said.lower().split())):
        return "delayed"
    return found.verdict


def _together(failures: Sequence[Failure]) -> Outcome | Literal["mixed"]:
    verdicts = {failure.verdict for failure in failures}
    return next(iter(verdicts)) if len(verdicts) == 1 else "mixed"


# --- The parts of the mail --------------------------------------------------------------------


def _notices(mail: Arrival) -> Iterator[str]:
    """The texts before the returned mail; of a text in two forms the plain one."""
    leaves = list(mail.root.leaves())
    ends = [at for at, leaf in enumerate(leaves) if leaf.content_type.startswith(_RETURNED)]
    ahead = leaves[: ends[0]] if ends and ends[0] > 0 else leaves
    texts = [leaf for leaf in ahead if leaf.is_text]
    plain = [leaf for leaf in texts if leaf.content_type == "text/plain"]
    read_plain = [_text(mail, leaf) for leaf in plain[:_MOST_PARTS]]
    if any(text.strip() for text in read_plain):
        yield from read_plain
    else:
        for leaf in texts[:2]:
            if leaf.content_type == "text/html":
                yield hypertext.read(_text(mail, leaf)).text


def _text(mail: Arrival, leaf: Part) -> str:
    body = mail.octets[leaf.start : min(leaf.end, leaf.start + 3 * _MOST_OCTETS)]
    octets, _ = transfer_decode(body, leaf.encoding, _MOST_OCTETS)
    text = decode(octets, leaf.parameters.get("charset", ""))
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _own(mail: Arrival) -> set[str]:
    """Addresses of the reader and the writer, who are not the ones that failed."""
    keys = ("to", "from", "delivered-to", "return-path", "envelope-to")
    values = [value for key, value in mail.header.fields if key in keys]
    return {address.lower() for value in values for address in notice.addresses(value)}


def _home(mail: Arrival) -> str:
    """The domain of a From field with one address, else ""."""
    found = notice.addresses(mail.header.first("from"))
    return found[0].rpartition("@")[2].lower() if len(found) == 1 else ""


def _returned_header(mail: Arrival, limits: Limits) -> Header | None:
    for leaf in mail.root.leaves():
        if leaf.content_type.startswith(_RETURNED):
            return read_header(mail.octets, leaf.start, leaf.end, limits)
    return None


def _original(mail: Arrival, shown: str, limits: Limits) -> tuple[str, ...]:
    """The Message-ID of the returned mail and whose it says it is, as far as it is shown."""
    header = _returned_header(mail, limits)
    if header is None and shown:
        octets = shown[shown.find("\n") + 1 :].lstrip("\n").encode("utf-8", "replace")
        header = read_header(octets, 0, len(octets), limits)
    if header is None:
        return ()
    pairs = [(key, value) for key in _WHOSE for value in [header.first(key)] if value]
    found = [value.strip()[:250] if key == "message-id" else "" for key, value in pairs]
    found += [a for key, value in pairs if key != "message-id" for a in notice.addresses(value)]
    return tuple(dict.fromkeys(each for each in found if each))
