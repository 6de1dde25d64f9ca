"""The first moment of a connection: who it is, and whether it may come in. Costs nothing yet.

Behind a load balancer it first reads who the real client is; that one is counted and named.
"""

from __future__ import annotations

import asyncio
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Protocol, cast

from mailbot.inbound.smtp import proxy, replies
from mailbot.inbound.smtp.door import Guest
from mailbot.inbound.smtp.lobby import Lobby
from mailbot.inbound.smtp.session import Session

_PIECE = 16 * 1024  # octets

Networks = tuple[IPv4Network | IPv6Network, ...]


class House(Protocol):
    """What a gate needs from the listener."""

    lobby: Lobby
    stopping: bool
    proxies: Networks | None  # None: everybody speaks for himself
    proxy_seconds: float

    def admit(self, peer: str) -> Session | None:
        """A session for that peer, or None if there are too many."""

    def came(self, guest: Guest, origin: str) -> None:
        """Somebody stands at the gate."""

    def left(self, guest: Guest) -> None:
        """Somebody is gone."""


class Gate(asyncio.Protocol):
    """Hands a connection to a session, or sends it away."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._transport: asyncio.Transport
        self._octets = b""
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody connects."""
        self._transport = cast(asyncio.Transport, transport)
        _make_small(self._transport)
        peer = _peer_of(self._transport)
        if self._house.proxies is None:
            self._enter(peer)
        elif not _is_among(peer, self._house.proxies) or self._house.lobby.is_full():
            self._transport.abort()
        else:
            self._house.came(self, f"proxy {peer}")
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(self._house.proxy_seconds, self._transport.abort)

    def data_received(self, data: bytes) -> None:
        """Octets of the header, and what follows it; nobody else is waited for here."""
        self._octets += data
        try:
            header = proxy.read(self._octets)
        except proxy.Malformed:
            self._transport.abort()
            return
        if header is not None:
            self._depart()
            rest = self._octets[header.length :]
            self._enter(header.source or _peer_of(self._transport), rest)

    def connection_lost(self, error: Exception | None) -> None:
        """Nobody came of it."""
        self._depart()

    def _depart(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._house.left(self)

    def _enter(self, peer: str, octets: bytes = b"") -> None:
        session = None if self._house.stopping else self._house.admit(peer)
        if session is None:
            reply = replies.STOPPING if self._house.stopping else replies.TOO_BUSY
            self._transport.write(reply.encode("ascii") + b"\r\n")
            self._transport.abort()  # close() would wait for a peer that never reads
            return
        self._transport.set_protocol(session)
        session.connection_made(self._transport)
        if octets:
            session.data_received(octets)

    # --- As a guest who waits for the header ---

    def give_way(self) -> bool:
        """Leave for somebody else."""
        self._transport.abort()
        return True

    def hurry(self) -> None:
        """There is no mail in hand."""
        self._transport.abort()

    def cut(self, reply: str) -> None:
        """Nothing may be said before the header."""
        self._transport.abort()


def _make_small(transport: asyncio.Transport) -> None:
    """Five hundred who send and never read shall cost 40 MB; by default they cost 200."""
    transport.set_write_buffer_limits(high=_PIECE)
    if hasattr(transport, "max_size"):  # octets of one read; asyncio's own loop has it
        transport.max_size = _PIECE


def _peer_of(transport: asyncio.Transport) -> str:
    name = transport.get_extra_info("peername")
    return str(name[0]) if isinstance(name, tuple) and name else "local"


def _is_among(peer: str, networks: Networks) -> bool:
    try:
        address = ip_address(peer.partition("%")[0])
    except ValueError:
        return False
    return any(address in network for network in networks)
