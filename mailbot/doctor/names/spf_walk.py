"""Follows an SPF record through the DNS: who may send, and how many look-ups it takes.

RFC 7208 4.6.4 and 5. Macros are not expanded: whether such a term fits cannot be told here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from ipaddress import ip_network
from typing import Literal

from mailbot.doctor.names.resolver import Address, Look, addresses, texts
from mailbot.doctor.names.spf import ASKING, RESULTS, VERSION, Spf, Term, is_spf, read_spf

_DEEPEST = 12  # includes inside each other; ten look-ups allow no more
_MOST = 60  # look-ups that are followed when a record breaks the rules
_MOST_HOSTS = 10  # of one mx (RFC 7208 4.6.4)

Outcome = Literal[
    "pass", "fail", "softfail", "neutral", "none", "permerror", "temperror", "unknown"
]


@dataclass
class Weight:
    """What a record costs its readers, and what is wrong on the way."""

    lookups: int = 0
    void: int = 0
    problems: list[str] = field(default_factory=list)  # whole, with the domain
    unanswered: str = ""  # a domain that nobody could tell about


def record_of(look: Look, domain: str) -> tuple[list[str], str]:
    """The SPF records of a domain, and why they are not known, if that is so."""
    found, answer = texts(look, domain, VERSION)
    return [one for one in found if is_spf(one)], answer.why


def weigh(look: Look, domain: str) -> Weight:
    """Every look-up of a domain's record, those of its includes and its redirect too."""
    weight = Weight()
    _weigh(look, domain, weight, ())
    return weight


def _weigh(look: Look, domain: str, weight: Weight, above: tuple[str, ...]) -> None:
    if domain in above or len(above) > _DEEPEST:
        weight.problems.append(f"{domain} includes itself")
        return
    record = _only(look, domain, weight, bool(above))
    if record is None:
        return
    for term in record.terms:
        if term.name not in ASKING:
            continue
        weight.lookups += 1
        if weight.lookups > _MOST:
            return
        target = term.domain or domain
        if term.name == "include" and not term.has_macro:
            _weigh(look, target, weight, (*above, domain))
        elif term.name in ("a", "mx") and not term.has_macro:
            kinds = ("MX",) if term.name == "mx" else ("A", "AAAA")
            asked = [look(target, kind) for kind in kinds]
            weight.void += all(one.status in ("absent", "empty") for one in asked)
    if record.redirect:
        weight.lookups += 1
        if "%" not in record.redirect and weight.lookups <= _MOST:
            _weigh(look, record.redirect.rstrip(".").lower(), weight, (*above, domain))


def _only(look: Look, domain: str, weight: Weight, included: bool) -> Spf | None:
    found, why = record_of(look, domain)
    if why:
        weight.unanswered = weight.unanswered or domain
        return None
    if len(found) != 1:
        if included:
            what = "no SPF record" if not found else f"{len(found)} SPF records"
            weight.problems.append(f"{domain}, which it includes, has {what}")
        return None
    record = read_spf(found[0])
    weight.problems += [f"the record of {domain} {problem}" for problem in record.problems]
    return record


def judge(look: Look, domain: str, address: Address) -> Outcome:
    """What a receiver makes of mail of a domain from an address (check_host, RFC 7208 4)."""
    return _Walk(look, address).check(domain, 0)


class _Walk:
    def __init__(self, look: Look, address: Address) -> None:
        self._look, self._address = look, address
        self._asked = 0

    def check(self, domain: str, depth: int) -> Outcome:
        if depth > _DEEPEST:
            return "permerror"
        found, why = record_of(self._look, domain)
        if why:
            return "temperror"
        if len(found) != 1:
            return "none" if not found else "permerror"
        record = read_spf(found[0])
        if record.problems:
            return "permerror"
        doubtful = False
        for term in record.terms:
            fits = self._fits(term, domain, depth)
            if fits in ("permerror", "temperror"):
                return fits
            if fits == "pass":
                return "unknown" if doubtful else _result(term)
            doubtful = doubtful or fits == "unknown"
        if doubtful:
            return "unknown"
        if not record.redirect:
            return "neutral"
        return self._redirected(record.redirect, depth)

    def _redirected(self, redirect: str, depth: int) -> Outcome:
        self._asked += 1
        if "%" in redirect:
            return "unknown"
        if self._asked > _MOST:
            return "permerror"
        outcome = self.check(redirect.rstrip(".").lower(), depth + 1)
        return "permerror" if outcome == "none" else outcome  # RFC 7208 6.1

    def _fits(self, term: Term, domain: str, depth: int) -> Outcome:
        """Whether a term fits: "pass", or "fail" for no, or an error."""
        if term.name == "all":
            return "pass"
        if term.network is not None:
            same = term.network.version == self._address.version
            return "pass" if same and self._address in term.network else "fail"
        self._asked += 1
        if self._asked > _MOST:
            return "permerror"
        if term.has_macro or term.name in ("exists", "ptr"):
            return "unknown"
        target = term.domain or domain
        if term.name == "include":
            outcome = self.check(target, depth + 1)
            if outcome == "none":
                return "permerror"  # RFC 7208 5.2
            return outcome if outcome in _UNDECIDED else "fail"
        for host in self._hosts(term.name, target):
            if any(self._inside(each, term) for each in addresses(self._look, host)[0]):
                return "pass"
        return "fail"

    def _hosts(self, name: str, target: str) -> Iterator[str]:
        if name == "a":
            yield target
            return
        for value in self._look(target, "MX").values[:_MOST_HOSTS]:
            yield value.partition(" ")[2]

    def _inside(self, host: Address, term: Term) -> bool:
        if host.version != self._address.version:
            return False
        length = term.length4 if host.version == 4 else term.length6
        return self._address in ip_network(f"{host}/{length}", strict=False)


_UNDECIDED = frozenset({"pass", "permerror", "temperror", "unknown"})


def _result(term: Term) -> Outcome:
    outcomes: dict[str, Outcome] = {
        "pass": "pass", "fail": "fail", "softfail": "softfail", "neutral": "neutral",
    }  # fmt: skip
    return outcomes[RESULTS[term.qualifier]]
