"""Asks a DNS server, within seconds, and says what came: values, nothing, or why not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from threading import Lock
from typing import Literal

import dns.exception
import dns.resolver
from dns.rdtypes.ANY.TXT import TXT

Address = IPv4Address | IPv6Address
_PATIENCE = 2  # questions without an answer, after which no more are asked


@dataclass(frozen=True)
class Answer:
    """What came back. `values` are texts: "10 mx.court.example", "203.0.113.5", a whole TXT."""

    status: Literal["found", "empty", "absent", "failed"]
    values: tuple[str, ...] = ()
    why: str = ""  # it failed: the end of a sentence

    @property
    def failed(self) -> bool:
        """Whether nobody knows."""
        return self.status == "failed"


Look = Callable[[str, str], Answer]  # a name and a type


class Dns:
    """A DNS server that is asked each question once. May be asked by many threads.

    Args:
        server: address and port; by default those that this machine uses.
        seconds: of patience for each question.
    """

    def __init__(self, server: tuple[str, int] | None = None, seconds: float = 4.0) -> None:
        self._lock = Lock()
        self._known: dict[tuple[str, str], Answer] = {}
        self._unanswered, self._why = 0, ""
        try:
            self._resolver = dns.resolver.Resolver(configure=server is None)
        except (dns.resolver.NoResolverConfiguration, OSError):
            self._resolver = dns.resolver.Resolver(configure=False)
            self._unanswered = _PATIENCE
            self._why = "this machine names no DNS server; name one with --resolver"
        if server is not None:
            self._resolver.nameservers = [server[0]]
            self._resolver.port = server[1]
        self._resolver.lifetime = seconds
        self._resolver.search = []

    def __call__(self, name: str, rdtype: str) -> Answer:
        """Ask."""
        key = (name.lower().rstrip("."), rdtype)
        with self._lock:
            if key not in self._known:
                self._known[key] = self._ask(f"{key[0]}.", rdtype)
            return self._known[key]

    def _ask(self, name: str, rdtype: str) -> Answer:
        if self._unanswered >= _PATIENCE:
            return Answer("failed", why=self._why)
        try:
            found = self._resolver.resolve(name, rdtype, raise_on_no_answer=False)
        except dns.resolver.NXDOMAIN:
            answer = Answer("absent")
        except dns.resolver.LifetimeTimeout:
            self._unanswered += 1
            self._why = "no DNS server answers; see to the network, or name another with --resolver"
            return Answer("failed", why=self._why)
        except dns.resolver.NoNameservers:
            answer = Answer("failed", why="the DNS server says that it cannot find out (SERVFAIL)")
        except (dns.exception.DNSException, ValueError, OSError) as error:
            answer = Answer("failed", why=f"the question cannot be asked ({type(error).__name__})")
        else:
            values = tuple(_text(each) for each in found.rrset or ())
            answer = Answer("found" if values else "empty", values)
        self._unanswered = 0
        return answer


def _text(rdata: object) -> str:
    """A record's value as text. The strings of a TXT are one (RFC 7208 3.3, RFC 6376 3.6.2.2)."""
    if isinstance(rdata, TXT):
        return b"".join(rdata.strings).decode("utf-8", "replace")
    text = str(rdata)
    return text if text == "." or text.endswith(" .") else text.rstrip(".")


def addresses(look: Look, host: str) -> tuple[list[Address], str]:
    """The addresses of a host, and why they are not known, if that is so."""
    try:
        return [ip_address(host.strip("[]"))], ""
    except ValueError:
        pass
    found: list[Address] = []
    why = ""
    for rdtype in ("A", "AAAA"):
        answer = look(host, rdtype)
        why = why or answer.why
        for value in answer.values:
            try:
                found.append(ip_address(value))
            except ValueError:  # another type on the way, such as a CNAME
                continue
    return found, "" if found else why


def texts(look: Look, name: str, begin: str) -> tuple[list[str], Answer]:
    """The TXT records of a name that begin so, in whatever case."""
    answer = look(name, "TXT")
    return [one for one in answer.values if one.lower().startswith(begin.lower())], answer
