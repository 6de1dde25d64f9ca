"""Tells what trusted servers prove about the one From of a mail: header fields in, a Proof out.

Only Authentication-Results of a configured server count (RFC 8601 5), and of those only the topmost
run: what stands between the top of the header and the first Received below it or, if that comes
first, the first Received of a foreign host. The topmost field of the run alone can prove; those
under it, which a sender may have forged where the server does not strip, can only lower. The same
name again below the run, or one malformed field in it, and nothing counts.

Aligned is a signature of the From's domain or of a domain above it, two labels at least (RFC 7489
3.1.1 without a public suffix list: whoever holds a domain holds what is under it). A signature of a
sub-domain or a sister, which relaxed alignment takes too, does not count by itself; the DMARC
result of the trusted server may.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

from mailbot.inbound.reading.results import (
    Result,
    Results,
    read_results,
    read_seal,
    read_sealed,
    words_of,
)
from mailbot.model import Proof, address_key
from mailbot.settings.trust import Trust

Fields = Sequence[tuple[str, str]]
Told = TypeVar("Told")

_RESULTS = "authentication-results"


def prove(fields: Fields, sender: str | None, defects: Sequence[str], trust: Trust) -> Proof:
    """What is proved about a mail.

    Args:
        fields: lower-case name and raw unfolded value of every header field, topmost first.
        sender: the one address of the one From field, or None.
        defects: what was wrong with the header; in a forged one nothing can be trusted.
        trust: whose word counts.
    """
    if trust.nobody:
        return Proof()
    if defects:
        return Proof(why=f"header with defects: {defects[0]}")
    if sender is None:
        return Proof(why="no single address in From")
    run = _topmost_run(fields, trust)
    if isinstance(run, str):
        return Proof(why=run)
    return _judge(address_key(sender).rpartition("@")[2], run, fields, trust)


def _judge(domain: str, run: Sequence[Results], fields: Fields, trust: Trust) -> Proof:
    """The topmost field proves, any may say that the From is forged."""
    top = run[0]
    if len(top.of("dmarc")) > 1 or len(top.of("arc")) > 1:
        return Proof(why="one result told twice")
    if [each.outcome for each in top.of("arc")] == ["pass"] and _is_sealed(domain, fields, trust):
        return Proof("P1", "ARC pass by listed sealers")
    if any(each.outcome == "fail" for results in run for each in results.of("dmarc")):
        return Proof(why="DMARC fail", failed=True)
    if why := _says(domain, top):
        return Proof("P1", why)
    return Proof(why="trusted results prove nothing")


# --- Which fields count -----------------------------------------------------------------------


def _topmost_run(fields: Fields, trust: Trust) -> list[Results] | str:
    """The results that count, at least one, or why none does."""
    run: list[Results] = []
    hops = foreign = 0
    for at, (name, value) in enumerate(fields):
        if name == "received":
            hops += 1 if run else 0
            foreign += not trust.is_ours(_host(value))
        elif name == _RESULTS:
            results = read_results(value)
            if results is None and not (hops or foreign):
                return "malformed results"
            if results is None or not _is_trusted(results, fields[at:], trust):
                continue
            if hops or foreign:
                return "trusted name below another hop"
            if results.server and results.server not in trust.results:
                return "trusted name in another spelling"
            run.append(results)
    return run or "no trusted results"


def _is_trusted(results: Results, below: Fields, trust: Trust) -> bool:
    """By its authserv-id; without one by the host that took the mail, in the next Received."""
    if results.server:
        return trust.is_named(results.server)
    if not trust.nameless:
        return False
    return trust.writes_no_name(_host(next((v for name, v in below if name == "received"), "")))


def _host(received: str) -> str:
    """The host behind "by" in a Received field (RFC 5321 4.4), or ""."""
    words = words_of(received)
    start = 2 if words[:1] == ["from"] else 0
    behind = words.index("by", start) + 1 if "by" in words[start:] else len(words)
    return words[behind].rstrip(".") if behind < len(words) else ""


# --- What they say ----------------------------------------------------------------------------


def _says(domain: str, results: Results) -> str:
    """Why these results prove the From's domain, or ""."""
    dmarc = results.of("dmarc")
    if len(dmarc) == 1 and dmarc[0].outcome == "pass" and _is_about(domain, dmarc[0]):
        return "DMARC pass"
    if any(each.outcome == "pass" and _is_aligned(domain, each) for each in results.of("dkim")):
        return "aligned DKIM pass"
    return ""


def _is_about(domain: str, dmarc: Result) -> bool:
    told = [_domain(value) for value in dmarc.values("header.from")]
    return bool(told) and all(each == domain for each in told)


def _is_aligned(domain: str, dkim: Result) -> bool:
    """Every d= that is told, else every i= (RFC 6376 3.5: it stands under d=), is good."""
    signed = dkim.values("header.d") or dkim.values("header.i")
    return bool(signed) and all(_is_above(_domain(value), domain) for value in signed)


def _is_above(signer: str, domain: str) -> bool:
    return "." in signer and (domain == signer or domain.endswith(f".{signer}"))


def _domain(value: str) -> str:
    """The domain of "court.example", "@court.example" or an address, as `address_key` knows it."""
    return address_key(f"@{value.rpartition('@')[2]}")[1:]


# --- ARC --------------------------------------------------------------------------------------


def _is_sealed(domain: str, fields: Fields, trust: Trust) -> bool:
    """Whether a listed sealer, with none but listed ones after it, saw the From proved (RFC 8617).

    That the chain holds our own server has said: a mail that was changed later on has none.
    """
    seals = _numbered(read_seal(value) for name, value in fields if name == "arc-seal")
    told = _numbered(read_sealed(value) for name, value in fields if name == f"arc-{_RESULTS}")
    if seals is None or told is None or sorted(seals) != list(range(1, len(seals) + 1)):
        return False
    if seals.keys() != told.keys():
        return False
    for number in sorted(seals, reverse=True):
        if seals[number] not in trust.sealers:
            return False
        if _says(domain, told[number]):
            return True
    return False


def _numbered(sets: Iterable[tuple[int, Told] | None]) -> dict[int, Told] | None:
    """By instance; None if one is malformed or there twice."""
    numbered: dict[int, Told] = {}
    for each in sets:
        if each is None or each[0] in numbered:
            return None
        numbered[each[0]] = each[1]
    return numbered
