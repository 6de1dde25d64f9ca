"""Says whose word about a sender counts at a mailbox: nobody's, if the configuration names nobody.

A server is ours, and its Received no foreign hop, if it is named, stands under a named one, or
shares the domain of one: with "mx.court.example" every host of court.example. There is no list of
public suffixes here; what looks like one ("co.uk": a short label before a country's two letters) is
no domain of ours, so that "court.co.uk" makes no host of co.uk ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from ipaddress import IPv6Address, ip_address

_SHORT = 3  # letters: "co", "com", "gov", before a country


@dataclass(frozen=True)
class Trust:
    """Servers by authserv-id, as each spells it; domains of servers that write none; sealers."""

    results: frozenset[str] = frozenset()
    nameless: frozenset[str] = frozenset()
    sealers: frozenset[str] = frozenset()
    instance: str = ""  # as mailbot's own listener calls itself in Received

    @property
    def nobody(self) -> bool:
        """Whether no result counts, whoever writes it."""
        return not (self.results or self.nameless)

    @cached_property
    def _domains(self) -> frozenset[str]:
        named = (*map(str.lower, self.results), *self.nameless)
        return frozenset((*named, *map(_domain_of, named), self.instance)) - {""}

    def is_named(self, server: str) -> bool:
        """Whether an authserv-id is a trusted one, in whatever case."""
        return server.lower() in map(str.lower, self.results)

    def is_ours(self, host: str) -> bool:
        """Whether a host that put its name into Received stands on our side of the border."""
        return host == "localhost" or _is_inside(host) or is_under(host, self._domains)

    def writes_no_name(self, host: str) -> bool:
        """Whether results without an authserv-id that this host wrote count (Microsoft 365)."""
        return is_under(host, self.nameless)


def is_under(host: str, domains: frozenset[str]) -> bool:
    """Whether a host is one of the domains or stands under one."""
    labels = host.split(".")
    return any(".".join(labels[at:]) in domains for at in range(len(labels)))


def _domain_of(name: str) -> str:
    """ "court.example" of "mx.court.example"; the name itself where that would be too wide."""
    labels = name.split(".")[1:]
    public = len(labels) == 2 and len(labels[0]) <= _SHORT and len(labels[1]) == 2
    return name if len(labels) < 2 or public else ".".join(labels)


def _is_inside(host: str) -> bool:
    """Whether it is an address of a private network; Google's inner hops are 2002:a05:..."""
    try:
        address = ip_address(host.strip("[]"))
    except ValueError:
        return False
    inner = address.sixtofour if isinstance(address, IPv6Address) else None
    return (inner or address).is_private
