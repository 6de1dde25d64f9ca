"""DKIM keys are read as RFC 6376 3.6.1 has them, and their length is known."""

from __future__ import annotations

import base64
import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.doctor.names.dkim_key import read_key
from mailbot.doctor.names.tags import Malformed
from tests.doctor.signing import LONG, SHORT, TINY, Key, der

ED25519 = "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="  # RFC 8463 A.2


@pytest.mark.parametrize(("key", "bits"), [(LONG, 2048), (SHORT, 1024), (TINY, 512)])
def test_an_rsa_key_is_read(key: Key, bits: int) -> None:
    read = read_key(key.record)
    assert (read.modulus, read.exponent, read.bits) == (key.modulus, 65537, bits)
    assert read_key(f"p={base64.b64encode(key.bare).decode()}").modulus == key.modulus


def test_flags_and_kinds_are_read() -> None:
    read = read_key(LONG.record.replace("k=rsa", "k=rsa; t=y:s; h=sha1:sha256; s=email; n=a note"))
    assert (read.testing, read.exact, read.takes_sha256, read.revoked) == (True, True, True, False)
    assert not read_key(LONG.record.replace("k=rsa", "h=sha1")).takes_sha256
    assert (read_key(ED25519).kind, read_key(ED25519).bits) == ("ed25519", 256)
    assert read_key("v=DKIM1; p=").revoked


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("v=DKIM2; p=", "v=DKIM1"),
        ("k=rsa; v=DKIM1; p=", "v=DKIM1"),
        ("v=DKIM1; k=rsa", "no p="),
        ("v=DKIM1; s=tlsrpt; p=", "not for mail"),
        ("v=DKIM1; k=dsa; p=", "nobody knows"),
        ("v=DKIM1; p=###", "not base64"),
        ("v=DKIM1; k=ed25519; p=YWJj", "3 octets"),
        (LONG.record[:200], "cut off"),
        ("v=DKIM1; p=YWJj", "no RSA key"),
    ],
)
def test_what_is_no_key_is_named(text: str, why: str) -> None:
    with pytest.raises(Malformed, match=why):
        read_key(text)


@given(st.binary(max_size=300))
def test_any_octets_are_a_key_or_malformed(octets: bytes) -> None:
    for content in (octets, der(0x30, octets), der(0x30, der(0x30, b"") + der(3, octets))):
        with contextlib.suppress(Malformed):
            assert read_key(f"p={base64.b64encode(content).decode()}").bits >= 0
