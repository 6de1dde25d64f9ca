"""Reads one Authentication-Results field: which server says what of which method (RFC 8601 2.2).

Tolerant where servers differ (Microsoft writes no authserv-id, others add words of their own), but
no word is ever taken for another: a comment parts words, of a quoted string only what is harmless
is kept, and a field with unbalanced quotes or brackets is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_PIECE = re.compile(r'\\.?|[()";]|[^\\()";]+', re.DOTALL)
_UNQUOTED = re.compile(r"[^A-Za-z0-9.@_+-]")
_METHOD = re.compile("[a-z][a-z0-9-]*")
_STRANGE = "\ufffd"  # stands for what would mean something outside quotes
_MOST_INSTANCES = 50  # RFC 8617 4.2.1


@dataclass(frozen=True)
class Result:
    """What is said of one method: `dkim`, `pass`, and ("header.d", "court.example"), lower case."""

    method: str
    outcome: str
    properties: tuple[tuple[str, str], ...]

    def values(self, name: str) -> list[str]:
        """Every value of a property, in order."""
        return [value for key, value in self.properties if key == name]


@dataclass(frozen=True)
class Results:
    """One field. `server` is its authserv-id as it is spelt, "" if it has none."""

    server: str
    results: tuple[Result, ...]

    def of(self, method: str) -> list[Result]:
        """What is said of a method; each of several signatures has a result."""
        return [result for result in self.results if result.method == method]


def read_results(value: str) -> Results | None:
    """The raw unfolded value of Authentication-Results; None if it is malformed."""
    parts = _parts(value)
    return _read(parts) if parts else None


def read_sealed(value: str) -> tuple[int, Results] | None:
    """Instance and results of ARC-Authentication-Results (RFC 8617 4.1.1); None if malformed."""
    parts = _parts(value) or [""]
    name, _, digits = "".join(parts[0].split()).lower().partition("=")
    number = _instance(digits) if name == "i" else 0
    results = _read(parts[1:]) if number else None
    return (number, results) if results else None


def read_seal(value: str) -> tuple[int, str] | None:
    """Instance and domain of ARC-Seal, a list of tags (RFC 6376 3.2); None if malformed."""
    pairs = [part.partition("=") for part in value.split(";") if part.strip()]
    tags = {name.strip(): "".join(text.split()) for name, _, text in pairs}
    number, domain = _instance(tags.get("i", "")), tags.get("d", "").lower()
    return (number, domain) if number and domain and len(tags) == len(pairs) else None


def words_of(value: str) -> list[str]:
    """The words of a structured field up to its first ";", without comments, in lower case."""
    parts = _parts(value)
    return parts[0].lower().split() if parts else []


def _instance(text: str) -> int:
    """1 to 50, else 0."""
    number = int(text) if re.fullmatch("[0-9]{1,2}", text) else 0
    return number if number <= _MOST_INSTANCES else 0


def _parts(value: str) -> list[str] | None:
    """What stands between the semicolons, comments (RFC 5322 3.2.2) and quotes resolved."""
    value = value.replace("\t", " ")
    if not value.isprintable():
        return None
    parts, depth, quoted = [[""]], 0, False
    for piece in _PIECE.findall(value):
        if quoted and piece == '"':
            quoted = False
            parts[-1].append("" if parts[-1][-1] else _STRANGE)  # "" is a value, too
        elif quoted:
            parts[-1].append(_UNQUOTED.sub(_STRANGE, piece.removeprefix("\\") or "\\"))
        elif depth or piece == "(":
            depth += (piece == "(") - (piece == ")")
            parts[-1].append(" ")
        elif piece == '"':
            quoted = True
            parts[-1].append("")
        elif piece == ";":
            parts.append([""])
        elif piece[0] in ")\\":
            return None
        else:
            parts[-1].append(piece)
    return None if quoted or depth else ["".join(words) for words in parts]


def _read(parts: list[str]) -> Results | None:
    """The first part names the server, with a version that must be 1, or is Microsoft's result."""
    first = parts[0].split() if parts else []
    if parts and "=" in parts[0]:
        named = _result(parts[0])
        return Results("", _all(parts)) if named and _METHOD.fullmatch(named.method) else None
    if not first or len(first) > 2 or first[1:] not in ([], ["1"]):
        return None
    return Results(first[0], _all(parts[1:]))


def _all(parts: list[str]) -> tuple[Result, ...]:
    return tuple(result for part in parts if (result := _result(part)))


def _result(part: str) -> Result | None:
    """`method = result`, then `ptype.property = value`, however they are spaced."""
    pairs = list(_pairs(part.lower()))
    if not pairs or not pairs[0][0]:
        return None
    method, _, version = pairs[0][0].partition("/")
    return Result(method, pairs[0][1], tuple(pairs[1:])) if version in ("", "1") else None


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    """Each name and value in turn; a name of several words is "", as it is nobody's."""
    while text:
        name, equals, rest = text.partition("=")
        value, _, text = rest.lstrip().partition(" ")
        words = " ".join(name.split())
        for mark in "./":
            words = words.replace(f" {mark}", mark).replace(f"{mark} ", mark)
        if equals:
            yield "" if " " in words else words, value
