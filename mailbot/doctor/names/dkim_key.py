"""Reads the public key of a DKIM selector (RFC 6376 3.6.1, RFC 8301, RFC 8463). Pure and total."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

from mailbot.doctor.names.tags import Malformed, read_tags

SMALLEST, ENOUGH = 1024, 2048  # bits (RFC 8301 3.2)
_ED25519 = 32  # octets (RFC 8463 3)


@dataclass(frozen=True)
class PublicKey:
    """A selector's key. With `modulus` 0 it is no RSA key."""

    kind: str  # "rsa", "ed25519"
    modulus: int = 0
    exponent: int = 0
    revoked: bool = False
    testing: bool = False  # t=y: receivers treat the mail as unsigned
    exact: bool = False  # t=s: i= may not be of a subdomain
    hashes: tuple[str, ...] = ()  # h=; empty: all

    @property
    def bits(self) -> int:
        """How long it is."""
        return self.modulus.bit_length() if self.kind == "rsa" else 8 * _ED25519

    @property
    def takes_sha256(self) -> bool:
        """Whether rsa-sha256 and ed25519-sha256 may use it."""
        return not self.hashes or "sha256" in self.hashes


def read_key(text: str) -> PublicKey:
    """A TXT record below _domainkey.

    Raises:
        Malformed: it is no key; the text says why.
    """
    tags = read_tags(text)
    if "v" in tags and (tags["v"] != "DKIM1" or next(iter(tags)) != "v"):
        raise Malformed("does not begin with v=DKIM1")
    if "p" not in tags:
        raise Malformed("has no p=, the key itself")
    services = _list(tags.get("s", "*"))
    if not {"*", "email"} & set(services):
        raise Malformed("is not for mail, by its s=")
    flags = _list(tags.get("t", ""))
    kind = tags.get("k", "rsa").lower()
    if kind not in ("rsa", "ed25519"):
        raise Malformed(f'is of the kind "{kind[:20]}", which nobody knows')
    key = "".join(tags["p"].split())
    modulus, exponent = _numbers(key, kind) if key else (0, 0)
    return PublicKey(
        kind=kind,
        modulus=modulus,
        exponent=exponent,
        revoked=not key,
        testing="y" in flags,
        exact="s" in flags,
        hashes=tuple(_list(tags.get("h", ""))),
    )


def _list(value: str) -> list[str]:
    return [each.strip().lower() for each in value.split(":") if each.strip()]


def _numbers(key: str, kind: str) -> tuple[int, int]:
    try:
        octets = base64.b64decode(key, validate=True)
    except (binascii.Error, ValueError):
        raise Malformed("holds a p= that is not base64; was it cut off?") from None
    if kind == "ed25519":
        if len(octets) != _ED25519:
            raise Malformed(f"holds {len(octets)} octets in p=, and an ed25519 key has 32")
        return 0, 0
    try:
        return _rsa(octets)
    except (IndexError, ValueError):
        raise Malformed("holds a p= that is no RSA key; was it cut off?") from None


def _rsa(octets: bytes) -> tuple[int, int]:
    """Modulus and exponent of SubjectPublicKeyInfo or RSAPublicKey (RFC 3447 A.1.1), in DER."""
    inside = _content(octets, 0x30)[0]
    if inside[:1] == b"\x30":  # the algorithm; behind it the key in a BIT STRING
        behind = _content(inside, 0x30)[1]
        bits = _content(behind, 0x03)[0]
        inside = _content(bits[1:], 0x30)[0]
    modulus, rest = _content(inside, 0x02)
    exponent, _ = _content(rest, 0x02)
    numbers = int.from_bytes(modulus), int.from_bytes(exponent)
    if min(numbers) < 3:
        raise ValueError(numbers)
    return numbers


def _content(octets: bytes, tag: int) -> tuple[bytes, bytes]:
    """What is inside the first element, and what follows it."""
    if octets[0] != tag:
        raise ValueError(octets[0])
    length, begin = octets[1], 2
    if length & 0x80:
        begin += length & 0x7F
        length = int.from_bytes(octets[2:begin])
    if begin + length > len(octets):
        raise ValueError(length)
    return octets[begin : begin + length], octets[begin + length :]
