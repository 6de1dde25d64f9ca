"""Tells which route a recipient address takes, to which court and purpose, and with which handle.

An exact address wins, then one with a tag or handle behind it, then the longest wildcard or <court>
address, then a catch-all; config.toml cannot hold two that are equal (settings/routes.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mailbot.config import Route, Settings, Trust
from mailbot.model import address_key
from mailbot.settings.patterns import RANKS, SEPARATORS, By, Spec, fits
from mailbot.tokens import HANDLE_CHARACTERS, canonical_handle

HANDLES = {
    "c": "confirm",  # a request
    "s": "stop",  # a subscription
    "a": "stop-all",  # an address
    "u": "undo",  # a stop
    "n": "thread",  # a mail of ours that is answered
    "b": "bounce",  # a mail of ours that came back
    "d": "doctor",  # a mail of `mailbot doctor` to itself
}
POSTMASTER = "postmaster"


@dataclass(frozen=True)
class Routed:
    """Where a recipient address leads. `kind` is "" without a handle."""

    route: Route
    kind: str = ""
    handle: str = ""
    by: By = "exact"  # what makes the route fit
    tag: str = ""  # what stands behind the separator and is no handle
    rank: tuple[int, bool, int, bool] = (0, False, 0, False)  # the highest wins


def resolve(settings: Settings, recipient: str) -> Routed | None:
    """The route of a recipient address, or None if the address is not ours.

    Handles survive lower-casing, a stray dot and a missing plus (mail-interface.md 5.3 I); a tag
    that means nothing is let through (trap 85).
    """
    return next(iter(every(settings, recipient)), None)


def every(settings: Settings, recipient: str) -> list[Routed]:
    """Every route that fits a recipient address, the one that it takes first."""
    key = address_key(recipient)
    found = [each for spec, route in settings.specs for each in _fitting(spec, route, key)]
    # The listener says @instance where a mail server said nothing (RFC 5321 4.5.1).
    if key in (f"@{POSTMASTER}", f"{POSTMASTER}@{settings.bot.instance}"):
        found += [] if any(each.by == "exact" for each in found) else [_postmaster(settings)]
    return sorted(found, key=lambda each: each.rank, reverse=True)


def expects_report(settings: Settings, recipient: str) -> bool:
    """Whether mail to that address is mail of ours that came back, not somebody's letter."""
    routed = resolve(settings, recipient)
    return routed is not None and "bounce" in (routed.kind, routed.route.purpose.rstrip("s"))


def trusted_at(settings: Settings, recipient: str) -> Trust:
    """Whose word about the sender of a mail to that address counts."""
    routed = resolve(settings, recipient)
    return settings.trust_of_route(routed.route) if routed else Trust()


def _postmaster(settings: Settings) -> Routed:
    """Postmaster without a domain must be let in (RFC 5321 4.5.1): the first that there is."""
    named = (route for _, route in settings.specs if route.purpose == POSTMASTER)
    address = f"{POSTMASTER}@{settings.bot.instance}"
    route = next(named, None) or settings.postmaster_at(settings.route[0], address)
    return Routed(route, rank=(RANKS["exact"], False, len(address), True))


def _fitting(spec: Spec, route: Route, key: str) -> Iterator[Routed]:
    if fits(spec.key, key):
        kind, handle = _at_the_end(spec, key) if spec.is_wild else ("", "")
        rank = (RANKS[spec.by], bool(kind), spec.fixed, True)
        yield Routed(route, kind, handle, spec.by, rank=rank)
        return
    rest = spec.behind(key)
    if not rest:
        return
    by: By = "tag" if spec.by == "exact" else spec.by
    kind, handle = _handle(rest.lstrip(SEPARATORS + spec.separator))
    if kind:
        yield Routed(route, kind, handle, by, rank=(RANKS[by], True, spec.fixed, False))
    elif rest.startswith(spec.separator) and len(rest) > 1:
        rank = (RANKS[by], False, spec.fixed, False)
        yield Routed(route, by=by, tag=rest[1:], rank=rank)


def _handle(tag: str) -> tuple[str, str]:
    letter, _, rest = tag.partition("-")
    if letter in HANDLES and (canonical := canonical_handle(rest)):
        return HANDLES[letter], canonical
    return "", ""


def _at_the_end(spec: Spec, key: str) -> tuple[str, str]:
    """The handle that ends an address which a wildcard fits: its tag may be anywhere in it."""
    local = key.rpartition("@")[0]
    tag = local[-HANDLE_CHARACTERS - 2 :]
    before = local[: -len(tag)]
    if before and before[-1] not in SEPARATORS + spec.separator:
        return "", ""
    return _handle(tag)
