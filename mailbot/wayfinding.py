"""Says which route an address takes and why, which others fit it, and what a mail server hears."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from mailbot.config import Settings
from mailbot.desk.reading.routing import POSTMASTER, Routed, every
from mailbot.inbound.smtp import paths, replies
from mailbot.model import address_key
from mailbot.settings.patterns import By

MOST_NEAR = 3
READERS, COURTS = "the reader's", "the court's"
WHY: Mapping[By, str] = {
    "exact": "it is this very address",
    "tag": "it is this address with a tag behind it",
    "pattern": "its wildcard or <court> fits",
    "catch-all": "it takes whatever no other route takes",
}
KINDS: Mapping[By, str] = {
    "exact": "an exact address",
    "tag": "an address with a tag",
    "pattern": "a wildcard or <court>",
    "catch-all": "a catch-all",
}


def find(settings: Settings, address: str) -> dict[str, Any]:
    """What would become of mail to an address, as a JSON object (keys in docs/operating.md)."""
    path = paths.read(f"TO:<{address}>", "TO:")
    recipient = path.address if path is not None else ""
    found = every(settings, recipient) if recipient else []
    told: dict[str, Any] = {
        "address": address,
        "ours": bool(found),
        "rcpt": _at_rcpt(recipient, found),
        "why": _why(recipient, found),
        "route": None,
        "handle": None,
        "tag": None,
        "mailbox": None,
        "answers": None,
        "lost": [{**_route(each), "why": _lost(found[0], each)} for each in found[1:]],
        "near": [] if found else _near(settings, address),
    }
    return told | (_taken(settings, found[0]) if found else {})


def in_words(told: Mapping[str, Any]) -> str:
    """The same for a person to read."""
    lines = [f"At RCPT: {told['rcpt']}"]
    if told["ours"]:
        route, mailbox, answers = told["route"], told["mailbox"], told["answers"]
        lines += [
            f"Route: {route['address']}, court {route['court']}, purpose {route['purpose']}",
            f"Why: {told['why']}.",
            f"Mailbox: {mailbox['name']}, {mailbox['address']}, by {mailbox['way']}",
            f"Handle: {told['handle'] or 'none'}",
            f"Tag: {told['tag'] or 'none'}",
            f"Answers come from: {answers['display']} <{answers['address']}>",
            f"Their language: {answers['language'] or READERS}",
            f"Their templates: {answers['templates'] or COURTS}",
        ]
    else:
        lines.append(f"No route: {told['why']}.")
    lines += [f"Lost: {each['address']}, {each['court']}: {each['why']}." for each in told["lost"]]
    lines += [f"Near: {each}" for each in told["near"]]
    return "\n".join(lines)


def _at_rcpt(recipient: str, found: Sequence[Routed]) -> str:
    if not recipient:
        return replies.BAD_RECIPIENT
    return replies.RECIPIENT_OK if found else replies.UNKNOWN_RECIPIENT


def _why(recipient: str, found: Sequence[Routed]) -> str:
    if not recipient:
        return "this is not an e-mail address"
    if not found:
        return "no route fits it"
    if "@" not in recipient:
        return "postmaster without a domain must be taken (RFC 5321 4.5.1)"
    return f"it bears a handle of ours, {found[0].kind}" if found[0].kind else WHY[found[0].by]


def _taken(settings: Settings, routed: Routed) -> dict[str, Any]:
    mailbox = settings.mailbox_of_route(routed.route)
    voice = settings.voice_of_route(routed.route)
    return {
        "route": _route(routed),
        "handle": routed.kind or None,
        "tag": routed.tag or None,
        "mailbox": {"name": mailbox.name, "address": mailbox.address, "way": mailbox.way},
        "answers": {
            "address": voice.address,
            "display": voice.display,
            "language": voice.language,
            "templates": voice.templates or None,
        },
    }


def _route(routed: Routed) -> dict[str, Any]:
    route = routed.route
    return {
        "address": route.written,
        "court": route.court,
        "purpose": route.purpose,
        "by": routed.by,
    }


def _lost(winner: Routed, other: Routed) -> str:
    """Why another route that fits is not taken: the first of what counts in which they differ."""
    if winner.by != other.by:
        return f"{KINDS[winner.by]} goes before {KINDS[other.by]}"
    if bool(winner.kind) != bool(other.kind):
        return "an address with a handle goes before one without"
    return "the longer one goes first"


def _near(settings: Settings, address: str) -> list[str]:
    """The addresses of ours that are spelt most like it."""
    known = [spec.key for spec, route in settings.specs if route.purpose != POSTMASTER]
    return get_close_matches(address_key(address), known, n=MOST_NEAR)
