"""A zone of the DNS for tests: asked directly, or over a real socket on loopback."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

from mailbot.doctor.names.resolver import Answer


class Zone:
    """Records by (name, type). A name without a record of any type does not exist.

    Names in `dead` are never answered, those in `failing` with SERVFAIL.
    """

    def __init__(self, records: dict[tuple[str, str], list[str]] | None = None) -> None:
        self.records = dict(records or {})
        self.dead: set[str] = set()
        self.failing: set[str] = set()
        self.asked: list[tuple[str, str]] = []

    def __call__(self, name: str, rdtype: str) -> Answer:
        """As `resolver.Dns` answers."""
        self.asked.append((name, rdtype))
        if name in self.failing | self.dead:
            return Answer("failed", why="the DNS server says that it cannot find out (SERVFAIL)")
        found = self.records.get((name, rdtype))
        if found:
            return Answer("found", tuple(found))
        return Answer("empty" if self.exists(name) else "absent")

    def exists(self, name: str) -> bool:
        return any(known == name or known.endswith(f".{name}") for known, _ in self.records)

    def add(self, name: str, rdtype: str, *values: str) -> None:
        self.records[name, rdtype] = list(values)

    # --- On the wire ---

    def reply(self, octets: bytes) -> bytes | None:
        query = dns.message.from_wire(octets)
        question = query.question[0]
        name = question.name.to_text().rstrip(".").lower()
        rdtype = dns.rdatatype.to_text(question.rdtype)
        self.asked.append((name, rdtype))
        if name in self.dead:
            return None
        reply = dns.message.make_response(query)
        reply.flags |= dns.flags.RA
        if name in self.failing:
            reply.set_rcode(dns.rcode.SERVFAIL)
        elif values := self.records.get((name, rdtype)):
            if rdtype == "TXT":
                values = [quoted(value) for value in values]
            if rdtype in ("MX", "PTR", "CNAME"):
                values = [value.rstrip(".") + "." for value in values]
            reply.answer.append(dns.rrset.from_text(question.name, 60, "IN", rdtype, *values))
        elif not self.exists(name):
            reply.set_rcode(dns.rcode.NXDOMAIN)
        return reply.to_wire(max_size=65_535)


def quoted(text: str) -> str:
    """A TXT in strings of at most 255 octets."""
    pieces = [text[at : at + 200] for at in range(0, len(text), 200)] or [""]
    return " ".join('"' + piece.replace('"', '\\"') + '"' for piece in pieces)


@contextmanager
def serving(zone: Zone) -> Iterator[tuple[str, int]]:
    """A DNS server for the zone; its address and port."""
    door = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    door.bind(("127.0.0.1", 0))
    door.settimeout(0.1)
    stopping = threading.Event()

    def answer() -> None:
        while not stopping.is_set():
            try:
                octets, peer = door.recvfrom(65_535)
            except TimeoutError:
                continue
            if (reply := zone.reply(octets)) is not None:
                door.sendto(reply, peer)

    thread = threading.Thread(target=answer)
    thread.start()
    try:
        yield "127.0.0.1", int(door.getsockname()[1])
    finally:
        stopping.set()
        thread.join()
        door.close()
