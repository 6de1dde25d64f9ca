"""Reads the header that a load balancer puts in front: octets go in, the real client comes out.

The PROXY protocol, versions 1 and 2 (haproxy's proxy-protocol.txt, 2.1 and 2.2). Pure and total:
whatever is no header is `Malformed`.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

LONGEST_LINE = 107  # octets of version 1 with CRLF, by the specification
LONGEST_BLOCK = 4096  # octets of version 2 behind its first 16: addresses and extensions

_BEGIN = b"PROXY "
_SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
_HEAD = len(_SIGNATURE) + 4  # version and command, family, length
_LINE = re.compile(r"PROXY TCP([46]) (\S+) (\S+) ([0-9]{1,5}) ([0-9]{1,5})")
_UNKNOWN = re.compile(r"PROXY UNKNOWN(?: .*)?")


class Malformed(Exception):
    """These octets do not begin a PROXY header."""


@dataclass(frozen=True)
class Header:
    """Who speaks through the proxy, "" if it is the proxy itself, and the header's octets."""

    source: str
    length: int


def read(octets: bytes) -> Header | None:
    """The header that the octets begin with, or None while it is not yet whole.

    Raises:
        Malformed: it is none, and none will come of it.
    """
    if octets.startswith(_SIGNATURE[: len(octets)]):
        return _block(octets)
    if octets.startswith(_BEGIN[: len(octets)]):
        return _line(octets)
    raise Malformed


def _line(octets: bytes) -> Header | None:
    """Version 1."""
    end = octets.find(b"\r\n", 0, LONGEST_LINE)
    if end < 0:
        if len(octets) >= LONGEST_LINE:
            raise Malformed
        return None
    line = octets[:end].decode("ascii", "replace")
    length = end + len(b"\r\n")
    if _UNKNOWN.fullmatch(line):
        return Header("", length)
    found = _LINE.fullmatch(line)
    if found is None or max(int(found[4]), int(found[5])) > 65_535:
        raise Malformed
    try:
        source, _ = (ipaddress.ip_address(found[place]) for place in (2, 3))
    except ValueError:
        raise Malformed from None
    if str(source.version) != found[1]:
        raise Malformed
    return Header(str(source), length)


def _block(octets: bytes) -> Header | None:
    """Version 2."""
    if len(octets) < _HEAD:
        return None
    kind, family = octets[12], octets[13]
    size = int.from_bytes(octets[14:16], "big")
    if kind not in {0x20, 0x21} or size > LONGEST_BLOCK:
        raise Malformed
    if len(octets) < _HEAD + size:
        return None
    width = {0x11: 4, 0x21: 16}.get(family)  # TCP over IPv4, over IPv6
    if kind == 0x20 or width is None:  # the proxy looks after us, or says nothing of the client
        return Header("", _HEAD + size)
    if size < 2 * width + 4:
        raise Malformed
    return Header(str(ipaddress.ip_address(octets[_HEAD : _HEAD + width])), _HEAD + size)
