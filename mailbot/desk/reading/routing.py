"""Tells which court and purpose a recipient address means, and which handle it carries."""

from __future__ import annotations

from dataclasses import dataclass

from mailbot.config import Route, Settings, Trust
from mailbot.model import address_key
from mailbot.tokens import canonical_handle

SEPARATORS = "+-=."
HANDLES = {
    "c": "confirm",  # a request
    "s": "stop",  # a subscription
    "a": "stop-all",  # an address
    "u": "undo",  # a stop
    "n": "thread",  # a mail of ours that is answered
    "b": "bounce",  # a mail of ours that came back
    "d": "doctor",  # a mail of `mailbot doctor` to itself
}


@dataclass(frozen=True)
class Routed:
    """Where a recipient address leads. `kind` is "" without a handle."""

    route: Route
    kind: str = ""
    handle: str = ""


def resolve(settings: Settings, recipient: str) -> Routed | None:
    """The route of a recipient address, or None if the address is not ours.

    An exact address wins; else what stands behind a separator is a handle or a tag that means
    nothing (trap 85). Handles survive lower-casing, a stray dot and a missing plus (5.3 I).
    """
    key = address_key(recipient)
    for route in settings.route:
        if address_key(route.address) == key:
            return Routed(route)
    local, _, domain = key.rpartition("@")
    for route in sorted(settings.route, key=lambda each: -len(each.address)):
        own_local, _, own_domain = address_key(route.address).rpartition("@")
        if domain == own_domain and local.startswith(own_local):
            found = _behind(route, local[len(own_local) :])
            if found is not None:
                return found
    return None


def expects_report(settings: Settings, recipient: str) -> bool:
    """Whether mail to that address is mail of ours that came back, not somebody's letter."""
    routed = resolve(settings, recipient)
    return routed is not None and "bounce" in (routed.kind, routed.route.purpose.rstrip("s"))


def trusted_at(settings: Settings, recipient: str) -> Trust:
    """Whose word about the sender of a mail to that address counts."""
    routed = resolve(settings, recipient)
    return settings.trust_of_route(routed.route) if routed else Trust()


def _behind(route: Route, rest: str) -> Routed | None:
    tag = rest.lstrip(SEPARATORS)
    kind, _, handle = tag.partition("-")
    if kind in HANDLES and (canonical := canonical_handle(handle)):
        return Routed(route, HANDLES[kind], canonical)
    return Routed(route) if rest[:1] in SEPARATORS and len(rest) > 1 else None
