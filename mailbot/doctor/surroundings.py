"""What every check works with: the settings, a DNS server, the clock, whom to trust, patience."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from ipaddress import ip_address
from urllib.parse import urlsplit

from mailbot.config import Mailbox, Settings
from mailbot.doctor.names.resolver import Address, Look, addresses
from mailbot.doctor.names.senders import provider_of

# Addresses of documentation (RFC 5737, RFC 3849): packets to them go out by the usual way.
_OUTSIDE = ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1"))


@dataclass(frozen=True)
class Patience:
    """Seconds, and the port at which mail servers of the world listen."""

    connect: float = 10.0
    answer: float = 20.0
    arrival: float = 60.0  # of the mail to itself
    glance: float = 0.5  # between two looks for it
    mx_port: int = 25


@dataclass(frozen=True)
class Surroundings:
    """The doctor's surroundings.

    Args:
        look: asks the DNS. now: the time, aware.
        context: for TLS; by default it trusts whom the machine trusts.
        own: addresses of this machine.
    """

    settings: Settings
    look: Look
    now: Callable[[], datetime]
    context: Callable[[], ssl.SSLContext] = ssl.create_default_context
    own: tuple[Address, ...] = ()
    patience: Patience = field(default_factory=Patience)

    @property
    def host(self) -> str:
        """The smarthost's name, "" if mail goes into a Maildir."""
        return (self.settings.smarthost.host or "").lower()

    @property
    def sending(self) -> tuple[Address, ...]:
        """The addresses from which mail leaves to the world, as far as they are known."""
        named = self.settings.smarthost.sends_from
        if named or not self.host or provider_of(self.host):
            return named  # a provider takes mail at other addresses than it sends from
        found = addresses(self.look, self.host)[0]
        inner = any(one.is_loopback for one in found) or self.host == "localhost"
        return tuple(one for one in (self.own if inner else found) if one.is_global)

    @property
    def mail_host(self) -> str:
        """The name to publish for the server of our mail: the smarthost's, if it has one."""
        named = "." in self.host and not self.host.replace(".", "").isdecimal()
        return self.host if named else self.settings.bot.instance

    @property
    def web_host(self) -> str:
        """The host of the links in our mails."""
        return urlsplit(self.settings.web.base_url).hostname or ""

    @property
    def from_domains(self) -> dict[str, Mailbox]:
        """The domains that we write as, each with a mailbox."""
        return {domain_of(one.address): one for one in reversed(self.settings.mailbox)}

    @property
    def mail_domains(self) -> tuple[str, ...]:
        """The domains to which people write."""
        both = [one.address for one in self.settings.mailbox]
        both += [one.address for one in self.settings.route]
        return tuple(dict.fromkeys(map(domain_of, both)))


def domain_of(address: str) -> str:
    """What stands behind the @, lower case."""
    return address.rpartition("@")[2].lower()


def own_addresses() -> tuple[Address, ...]:
    """The addresses under which this machine speaks to others; nothing is sent."""
    found: list[Address] = []
    for family, outside in _OUTSIDE:
        with suppress(OSError, ValueError), socket.socket(family, socket.SOCK_DGRAM) as way:
            way.connect((outside, 53))
            found.append(ip_address(way.getsockname()[0]))
    return (*found, ip_address("127.0.0.1"), ip_address("::1"))
