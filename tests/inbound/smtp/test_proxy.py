"""PROXY headers: the specification's own examples, every cut, and that nothing else is one."""

from __future__ import annotations

import ipaddress
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.inbound.smtp.proxy import LONGEST_BLOCK, Header, Malformed, read

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"


def block(source: str, kind: int = 0x21, extra: bytes = b"") -> bytes:
    """A header of version 2 for TCP."""
    address = ipaddress.ip_address(source)
    body = address.packed * 2 + struct.pack("!HH", 56324, 25) + extra
    family = 0x11 if address.version == 4 else 0x21
    return SIGNATURE + bytes([kind, family]) + struct.pack("!H", len(body)) + body


WHOLE = [
    (b"PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n", "255.255.255.255"),
    (b"PROXY TCP4 192.0.2.1 127.0.0.1 56324 25\r\n", "192.0.2.1"),
    (b"PROXY TCP6 2001:db8::1 ::1 56324 25\r\n", "2001:db8::1"),
    (b"PROXY UNKNOWN\r\n", ""),
    (b"PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535\r\n", ""),
    (block("192.0.2.1"), "192.0.2.1"),
    (block("2001:db8::1"), "2001:db8::1"),
    (block("192.0.2.1", extra=b"\x04\0\x01x"), "192.0.2.1"),
    (block("192.0.2.1", kind=0x20), ""),  # LOCAL: a health check
    (SIGNATURE + b"\x21\0\0\0", ""),
]


@pytest.mark.parametrize(("octets", "source"), WHOLE)
def test_reads_a_header_however_it_is_cut(octets: bytes, source: str) -> None:
    for cut in range(1, len(octets)):
        assert read(octets[:cut]) is None
    assert read(octets) == read(octets + b"EHLO x\r\n") == Header(source, len(octets))


@pytest.mark.parametrize(
    "octets",
    [
        b"EHLO home.test\r\n",
        b"PROXY\r\n",
        b"PROXY TCP4 192.0.2.1 127.0.0.1 56324\r\n",
        b"PROXY TCP4 192.0.2.1 127.0.0.1 56324 65536\r\n",
        b"PROXY TCP4 2001:db8::1 ::1 56324 25\r\n",
        b"PROXY TCP6 192.0.2.1 127.0.0.1 56324 25\r\n",
        b"PROXY TCP4 192.0.2.999 127.0.0.1 56324 25\r\n",
        b"PROXY TCP4 \xff\xfe 127.0.0.1 56324 25\r\n",
        b"PROXY UDP4 192.0.2.1 127.0.0.1 56324 25\r\n",
        b"PROXY TCP4 " + b"1" * 107,
        SIGNATURE + b"\x31\x11\0\x0c" + bytes(12),  # version 3
        SIGNATURE + b"\x22\x11\0\x0c" + bytes(12),  # neither LOCAL nor PROXY
        SIGNATURE + b"\x21\x11\0\x0b" + bytes(11),
        SIGNATURE + b"\x21\x21\0\x0c" + bytes(12),
        SIGNATURE + b"\x21\x11" + struct.pack("!H", LONGEST_BLOCK + 1),
    ],
)
def test_refuses_what_is_none(octets: bytes) -> None:
    with pytest.raises(Malformed):
        read(octets)


@given(st.binary(max_size=40) | st.sampled_from([each for each, _ in WHOLE]), st.binary(max_size=9))
def test_is_total(octets: bytes, rest: bytes) -> None:
    try:
        found = read(octets + rest)
    except Malformed:
        return
    assert found is None or found.length <= len(octets + rest)
