"""Reads the fields of a delivery report (RFC 3464), also where they stand in the wrong order.

Such fields come as a part of their own or typed into a text. Blank lines may be missing between
two recipients or stand between two fields of one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

_MOST_RECIPIENTS = 100
_MOST_LINES = 2000
_LONGEST_VALUE = 2000  # characters of a field
_LONGEST_ADDRESS = 320  # RFC 5321 4.5.3.1, twice over
_FIELD = re.compile(r"([A-Za-z][A-Za-z0-9-]{1,60})[ \t]{0,8}:[ \t]{0,80}(.*)")
_NAMING = ("final-recipient", "original-recipient")
_OF_ONE = frozenset({*_NAMING, "action", "status", "diagnostic-code", "x-actual-recipient"})
_ESCAPED = re.compile(r"\\x\{([0-9A-Fa-f]{2,6})\}")  # RFC 6533 3
_STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")


@dataclass(frozen=True)
class Entry:
    """The fields about one recipient, names in small letters."""

    values: Mapping[str, str] = field(default_factory=dict)

    @property
    def recipient(self) -> str | None:
        """Final-Recipient, else Original-Recipient (RFC 3464 2.3.1 and 2.3.2), else None."""
        found = (address_of(self.values.get(name, "")) for name in _NAMING)
        return next((address for address in found if address), None)

    @property
    def action(self) -> str:
        """ "failed", "delayed", "delivered", "relayed", "expanded" (2.3.3), or another word."""
        words = self.values.get("action", "").lower().split()
        return words[0].strip(";,.()") if words else ""

    @property
    def status(self) -> str | None:
        """The status code (2.3.4) without its comment."""
        found = _STATUS.search(self.values.get("status", ""))
        return found[1] if found else None

    @property
    def diagnostic(self) -> str:
        """What the other server said (2.3.6), and the sorting of it by one's own server."""
        said = self.values.get("diagnostic-code", "")
        sorted_as = self.values.get("x-powermta-bouncecategory", "")
        return f"{said} {sorted_as}".strip()


def address_of(value: str) -> str | None:
    """The address of "rfc822; ann@p.example", as it is spelled; None for what is none.

    The type may be missing or wrong, the address in brackets, quotes, or RFC 6533's escapes.
    """
    kind, semicolon, rest = value[:_LONGEST_VALUE].partition(";")
    text = (rest if semicolon else kind).strip()
    if "<" in text and ">" in text:
        text = text.rpartition("<")[2].partition(">")[0]
    elif text.endswith(")"):
        text = text.partition(" (")[0]
    text = text.strip(" \t<>;,")
    if text[:1] in ("'", '"') and text[-1:] == text[:1]:
        text = text[1:-1]
    if kind.strip().lower() == "utf-8":
        text = _ESCAPED.sub(_character, text)
    named = "@" in text[1:-1] and not any(char.isspace() for char in text)
    return text if named and len(text) <= _LONGEST_ADDRESS and text.isprintable() else None


def _character(found: re.Match[str]) -> str:
    point = int(found[1], 16)
    usable = point < 0x110000 and not 0xD800 <= point < 0xE000
    return chr(point) if usable else found[0]


def entries(text: str) -> list[Entry]:
    """The recipients of a delivery report, each with its fields; none where none is named."""
    shared: dict[str, str] = {}
    found: list[dict[str, str]] = []
    for block in _blocks(text):
        named = False
        for name, value in block:
            if name in _NAMING and (not named or name in found[-1]):
                found.append({} if named else _taken(block))
                named = True
            if named or (found and name in _OF_ONE and not _holds(block)):
                found[-1].setdefault(name, value)
            elif not found:
                shared.setdefault(name, value)
        if len(found) >= _MOST_RECIPIENTS:
            break
    return [Entry({**shared, **values}) for values in found]


def _holds(block: list[tuple[str, str]]) -> bool:
    return any(name in _NAMING for name, _ in block)


def _taken(block: list[tuple[str, str]]) -> dict[str, str]:
    """What stands in a block before the first name of a recipient."""
    before: dict[str, str] = {}
    for name, value in block:
        if name in _NAMING:
            break
        before[name] = value
    return before


def is_report(text: str) -> bool:
    """Whether a text holds the fields of a report: somebody named, and what became of it."""
    return any(each.recipient and (each.action or each.status) for each in entries(text))


def _blocks(text: str) -> Iterator[list[tuple[str, str]]]:
    """The fields between blank lines, names in small letters, values unfolded."""
    block: list[tuple[str, str]] = []
    for line in text.split("\n", _MOST_LINES)[:_MOST_LINES]:
        found = _FIELD.match(line[:_LONGEST_VALUE])
        if found:
            block.append((found[1].lower(), found[2].strip()))
        elif line[:1] in (" ", "\t") and line.strip() and block:
            name, value = block[-1]
            block[-1] = (name, f"{value} {line.strip()}"[:_LONGEST_VALUE])
        elif not line.strip():
            if block:
                yield block
            block = []
    yield block
