"""Fits recipient addresses to the addresses of routes: exact ones, and those with a wildcard.

A wildcard stands for one character or more, in the domain for one name. There is no backtracking,
so nothing that a stranger writes after RCPT can take long (T-REDOS).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from mailbot.model import address_key

WILD = "*"
COURT = "<court>"  # the part of a route's address that names the court
ANY = "\0"  # stands for what a wildcard fits and is in no address
SEPARATORS = "+-=."  # those in which a handle is found, whatever the mailbox's own

By = Literal["exact", "tag", "pattern", "catch-all"]
RANKS: dict[By, int] = {"exact": 3, "tag": 2, "pattern": 1, "catch-all": 0}


@dataclass(frozen=True)
class Spec:
    """One address of a route: exact, or with wildcards."""

    key: str  # as model.address_key has it, with the court's id in place of <court>
    separator: str  # between the address and its tags
    by_court: bool = False  # whether <court> stood in it

    @cached_property
    def is_wild(self) -> bool:
        """Whether it fits more addresses than one with its tags."""
        return WILD in self.key

    @property
    def fixed(self) -> int:
        """How many characters of it are no wildcard; the more, the more it says."""
        return len(self.key) - self.key.count(WILD)

    @property
    def by(self) -> By:
        """How it fits an address that bears no tag."""
        if self.key.startswith(f"{WILD}@"):
            return "catch-all"
        return "pattern" if self.is_wild or self.by_court else "exact"

    @property
    def tagged(self) -> str:
        """All its addresses with a tag, as an address with a wildcard."""
        local, _, domain = self.key.rpartition("@")
        return f"{local}{self.separator}{WILD}@{domain}"

    def behind(self, key: str) -> str | None:
        """What stands in an address behind this one; None if that does not begin with it."""
        local, _, domain = self.key.rpartition("@")
        if self.is_wild or not key.startswith(local) or not key.endswith(f"@{domain}"):
            return None
        return key[len(local) : len(key) - len(domain) - 1]


def fits(pattern: str, key: str) -> bool:
    """Whether an address fits one with wildcards; both as model.address_key has them."""
    local, _, domain = pattern.rpartition("@")
    own_local, _, own_domain = key.rpartition("@")
    labels, own = domain.split("."), own_domain.split(".")
    if len(labels) != len(own) or not _fits(local, own_local):
        return False
    return all(map(_fits, labels, own))


def _fits(pattern: str, text: str) -> bool:
    """Whether a text fits, each piece between wildcards found as far left as may be."""
    first, *others = pattern.split(WILD)
    if not others:
        return text == pattern
    if not text.startswith(first):
        return False
    at, last = len(first), others.pop()
    for piece in others:
        found = text.find(piece, at + 1)
        if found < 0:
            return False
        at = found + len(piece)
    return len(text) - len(last) > at and text.endswith(last)


def covers(pattern: str, other: str) -> bool:
    """Whether every address that fits `other` fits `pattern` as well."""
    return fits(pattern, other.replace(WILD, ANY))


def both_fit(one: str, other: str) -> str | None:
    """A shortest address that fits both, or None if there is none."""
    local, _, domain = one.rpartition("@")
    other_local, _, other_domain = other.rpartition("@")
    labels, other_labels = domain.split("."), other_domain.split(".")
    if len(labels) != len(other_labels):
        return None
    found = [_both(local, other_local), *map(_both, labels, other_labels)]
    told = [each for each in found if each is not None]
    return f"{told[0]}@{'.'.join(told[1:])}" if len(told) == len(found) else None


def _both(one: str, other: str) -> str | None:
    """A shortest text that fits both; "x" stands where anything may."""
    first, second = list(_steps(one)), list(_steps(other))
    waiting, seen = deque([("", 0, 0)]), {(0, 0)}
    while waiting:
        text, at, other_at = waiting.popleft()
        if at == len(first) and other_at == len(second):
            return text
        for more, *ends in _next(first, second, at, other_at):
            if tuple(ends) not in seen:
                seen.add((ends[0], ends[1]))
                further = (text + more, ends[0], ends[1])
                waiting.append(further) if more else waiting.appendleft(further)
    return None


def _steps(pattern: str) -> Iterator[str]:
    """A wildcard is one character of any kind, and then as many as there are."""
    for char in pattern:
        yield from ("?", WILD) if char == WILD else (char,)


def _next(
    first: list[str], second: list[str], at: int, other_at: int
) -> Iterator[tuple[str, int, int]]:
    here = first[at] if at < len(first) else ""
    there = second[other_at] if other_at < len(second) else ""
    if here == WILD:
        yield "", at + 1, other_at
    if there == WILD:
        yield "", at, other_at + 1
    free = {"?", WILD}
    if here and there and (here == there or here in free or there in free):
        char = next((each for each in (here, there) if each not in free), "x")
        yield char, at + (here != WILD), other_at + (there != WILD)


def expanded(address: str, courts: Collection[str]) -> Iterator[tuple[str, str]]:
    """Each court that an address with <court> names, with the address that it has then."""
    for court in courts:
        yield court, address.replace(COURT, court)


def spec_of(address: str, separator: str, by_court: bool = False) -> Spec:
    """The spec of an address as it is written in config.toml, <court> filled in."""
    return Spec(address_key(address), separator, by_court)


def spec_for(key: str, specs: Iterable[Spec]) -> Spec | None:
    """The one that wins an address which bears no tag."""
    fitting = [spec for spec in specs if fits(spec.key, key)]
    return max(fitting, key=lambda spec: (RANKS[spec.by], spec.fixed), default=None)
