"""Counts who is connected, at all listeners together, and says who may come in.

Few files are open at a time, and some always stay free for database and senders (reliability.md
2.1, T-CONN and T-FD).
"""

from __future__ import annotations

import ipaddress
import resource
from collections import Counter

from mailbot.inbound.smtp.door import Guest, Terms
from mailbot.inbound.smtp.wire import SpoolSpace

AT_ONCE = 100  # connections that are taken from the kernel before the first is looked at
FILES_KEPT_BACK = 64 + AT_ONCE  # descriptors: database, templates, senders and web; then newcomers


class Lobby:
    """All guests, each with the address or network for which it counts, the oldest first.

    Args:
        terms: how many may come, and the room for their unfinished mails.
    """

    def __init__(self, terms: Terms) -> None:
        self.most = terms.connections
        self.space = SpoolSpace(terms.spool, terms.free)
        self._most_of_one = terms.connections_per_address
        self._guests: dict[Guest, str] = {}
        self._from: Counter[str] = Counter()

    def fit(self) -> int:
        """Admit no more than this process can open files for; returns how many that is."""
        files, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        needed = FILES_KEPT_BACK + 2 * self.most
        if files < needed:  # any process may raise its soft limit up to the hard one
            files = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
            resource.setrlimit(resource.RLIMIT_NOFILE, (files, hard))
        self.most = connections_for(files, self.most)
        return self.most

    def enter(self, guest: Guest, origin: str) -> None:
        """Somebody comes in who was let in."""
        self._guests[guest] = origin
        self._from[origin] += 1

    def leave(self, guest: Guest) -> None:
        """Somebody is gone. May be said twice."""
        origin = self._guests.pop(guest, None)
        if origin is not None:
            self._from[origin] -= 1
            if not self._from[origin]:
                del self._from[origin]

    def has_room_for(self, origin: str) -> bool:
        """Whether one more may come from there; whoever sent many makes room for who sent few."""
        if self._from[origin] >= self._most_of_one:
            return False
        return not self.is_full() or self._make_room_for(origin)

    def is_full(self) -> bool:
        """Whether nobody can come in unless somebody leaves."""
        return len(self._guests) >= self.most

    def _make_room_for(self, origin: str) -> bool:
        """The oldest guest of the greatest crowd gives way, unless the newcomer's is as great."""
        ((crowd, count),) = self._from.most_common(1)
        if count < self._from[origin] + 2:
            return False
        for guest, its_origin in self._guests.items():
            if its_origin == crowd and guest.give_way():
                self.leave(guest)
                return True
        return False


def connections_for(files: int, wanted: int) -> int:
    """How many connections fit under a limit of open files: each may need a spool file, too."""
    return max(1, min(wanted, (files - FILES_KEPT_BACK) // 2))


def origin_of(peer: str) -> str:
    """Whom a connection is counted for: an IPv4 address, or an IPv6 network of /64."""
    try:
        address = ipaddress.ip_address(peer.partition("%")[0])
    except ValueError:
        return peer
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is None:
            return str(ipaddress.ip_network((address, 64), strict=False))
        return str(address.ipv4_mapped)
    return str(address)
