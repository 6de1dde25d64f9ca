"""Reads an SPF record (RFC 7208 4.6, 5, 6): its terms come out, or what is wrong with it.

Pure and total.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network

VERSION = "v=spf1"
MOST_LOOKUPS = 10  # RFC 7208 4.6.4
MOST_VOID = 2
ASKING = frozenset({"include", "a", "mx", "ptr", "exists"})  # and redirect=
_MECHANISMS = frozenset({"all", "include", "a", "mx", "ptr", "ip4", "ip6", "exists"})
_NEEDS_VALUE = frozenset({"include", "ip4", "ip6", "exists"})
_TERM = re.compile(r"([+?~-]?)([A-Za-z][A-Za-z0-9._-]*)([:/].*)?")
_MODIFIER = re.compile(r"([A-Za-z][A-Za-z0-9._-]*)=(.*)")
_LENGTHS = re.compile(r"(?:/(\d{1,3}))?(?://(\d{1,3}))?$")
RESULTS = {"+": "pass", "-": "fail", "~": "softfail", "?": "neutral"}

Network = IPv4Network | IPv6Network


@dataclass(frozen=True)
class Term:
    """One mechanism."""

    qualifier: str  # + - ~ ?
    name: str
    domain: str = ""  # "" is the domain of the record
    length4: int = 32
    length6: int = 128
    network: Network | None = None  # of ip4 and ip6

    @property
    def has_macro(self) -> bool:
        """Whether its domain depends on the mail (RFC 7208 7)."""
        return "%" in self.domain


@dataclass(frozen=True)
class Spf:
    """A record. With `problems` receivers call it a permanent error (permerror)."""

    terms: tuple[Term, ...] = ()
    redirect: str = ""
    problems: tuple[str, ...] = ()  # each the end of a sentence that begins with the record

    @property
    def everybody(self) -> bool:
        """Whether it lets the whole world send (+all)."""
        return any(term.name == "all" and term.qualifier == "+" for term in self.terms)

    @property
    def last_word(self) -> str:
        """What it says of all others: "fail", "softfail", "neutral", "pass", "redirect"."""
        for term in self.terms:
            if term.name == "all":
                return RESULTS[term.qualifier]
        return "redirect" if self.redirect else "neutral"


def is_spf(text: str) -> bool:
    """Whether a TXT record is one of SPF (RFC 7208 4.5)."""
    return text.lower() == VERSION or text.lower().startswith(f"{VERSION} ")


def read_spf(text: str) -> Spf:
    """A TXT record for which `is_spf` is true."""
    terms: list[Term] = []
    problems: list[str] = []
    seen: dict[str, str] = {}
    for word in text.split(" ")[1:]:
        if not word:
            continue
        modifier = _MODIFIER.fullmatch(word)
        if modifier is not None:
            name = modifier[1].lower()
            if name in ("redirect", "exp") and name in seen:
                problems.append(f"has {name}= twice")
            if name == "redirect" and not modifier[2]:
                problems.append("has a redirect= to nowhere")
            seen[name] = modifier[2]
            continue
        term = _term(word)
        if isinstance(term, Term):
            terms.append(term)
        else:
            problems.append(term)
    if not text.isascii():
        problems.append("holds characters that are not ASCII")
    has_all = any(term.name == "all" for term in terms)
    return Spf(tuple(terms), "" if has_all else seen.get("redirect", ""), tuple(problems))


def _term(word: str) -> Term | str:
    """A mechanism, or what is wrong with the word."""
    found = _TERM.fullmatch(word)
    name = found[2].lower() if found else ""
    if found is None or name not in _MECHANISMS:
        return f'holds "{word[:40]}", which SPF does not know'
    value = found[3] or ""
    qualifier = found[1] or "+"
    if name in ("ip4", "ip6"):
        return _network(qualifier, name, value, word)
    if name == "all":
        return Term(qualifier, name) if not value else f'holds "{word[:40]}"; all stands alone'
    lengths = _LENGTHS.search(value) if name in ("a", "mx") else None
    domain = value[: lengths.start()] if lengths else value
    if domain.startswith(":") and len(domain) > 1:
        domain = domain[1:]
    elif domain or name in _NEEDS_VALUE:
        return f'holds "{word[:40]}", in which no domain can be read'
    length4 = int(lengths[1]) if lengths and lengths[1] else 32
    length6 = int(lengths[2]) if lengths and lengths[2] else 128
    if length4 > 32 or length6 > 128:
        return f'holds "{word[:40]}", whose prefix is too long'
    return Term(qualifier, name, domain.rstrip(".").lower(), length4, length6)


def _network(qualifier: str, name: str, value: str, word: str) -> Term | str:
    try:
        network = ip_network(value.removeprefix(":"), strict=False)
    except ValueError:
        return f'holds "{word[:40]}", which is no network'
    if f"ip{network.version}" != name or not value.startswith(":"):
        return f'holds "{word[:40]}", which is no network of that kind'
    return Term(qualifier, name, network=network)
