"""Verifies the DKIM signatures of a mail (RFC 6376, RFC 8301), for the doctor's own mail only.

rsa-sha256 is verified; of ed25519-sha256 the parts are read and the hash of the body is checked.
dkimpy comes as a source archive only, which no lock can hold honestly (libraries.md 1.10), and
verifying needs a hash and one power of numbers. Pure and total.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from mailbot.doctor.names.dkim_key import SMALLEST, PublicKey
from mailbot.doctor.names.tags import Malformed, read_tags

# DigestInfo of SHA-256 (RFC 8017 9.2, note 1).
_SHA256 = bytes.fromhex("3031300d060960864801650304020105000420")
_ALGORITHMS = ("rsa-sha256", "ed25519-sha256")
_SPACE = re.compile(rb"[ \t]+")
_MOST = 10  # signatures that are looked at

Field = tuple[bytes, bytes]  # name and all behind the colon, as they came, without the last CRLF
Verdict = Literal["good", "not verified", "bad"]


@dataclass(frozen=True)
class Signature:
    """What a DKIM-Signature says."""

    domain: str  # d=
    selector: str  # s=
    algorithm: str  # a=
    headers: tuple[str, ...]  # h=, lower case
    partly: bool  # l=: only the first octets of the body
    tags: dict[str, str]
    field: Field


@dataclass(frozen=True)
class Checked:
    """A signature and what came of it. `why` is the end of a sentence."""

    signature: Signature
    verdict: Verdict
    why: str = ""


def split(raw: bytes) -> tuple[list[Field], bytes]:
    """The fields of a mail, topmost first, and its body, with CRLF line ends."""
    whole = re.sub(rb"\r\n|\r|\n", b"\r\n", raw)
    head, _, body = whole.partition(b"\r\n\r\n")
    unfolded = re.split(rb"\r\n(?![ \t])", head)
    fields = [
        (name, value) for name, colon, value in (f.partition(b":") for f in unfolded) if colon
    ]
    return fields, body


def signatures(fields: Sequence[Field]) -> list[Signature]:
    """The signatures that can be read."""
    found: list[Signature] = []
    for field in [each for each in fields if each[0].strip().lower() == b"dkim-signature"][:_MOST]:
        try:
            tags = read_tags(field[1].decode("utf-8", "replace").replace("\r\n", ""))
        except Malformed:
            continue
        if {"a", "b", "bh", "d", "h", "s"} <= tags.keys():
            names = tuple("".join(name.split()).lower() for name in tags["h"].split(":"))
            found.append(
                Signature(
                    domain=tags["d"].lower().rstrip("."),
                    selector=tags["s"].lower(),
                    algorithm=tags["a"].lower(),
                    headers=names,
                    partly="l" in tags,
                    tags=tags,
                    field=field,
                )
            )
    return found


def check(raw: bytes, key_of: Callable[[str, str], PublicKey | str]) -> list[Checked]:
    """Every signature of a mail.

    Args:
        key_of: the key of selector and domain, or why there is none: the end of a sentence.
    """
    fields, body = split(raw)
    return [_checked(one, fields, body, key_of) for one in signatures(fields)]


def _checked(
    one: Signature,
    fields: Sequence[Field],
    body: bytes,
    key_of: Callable[[str, str], PublicKey | str],
) -> Checked:
    if one.algorithm not in _ALGORITHMS:
        return Checked(one, "bad", f"{one.algorithm[:20]} is not heeded any more (RFC 8301)")
    header_way, _, body_way = one.tags.get("c", "simple/simple").lower().partition("/")
    body_way = body_way or "simple"
    if {header_way, body_way} - {"simple", "relaxed"}:
        return Checked(one, "bad", "its c= is not known")
    hashed = hashlib.sha256(_limited(canonical_body(body, body_way), one.tags.get("l"))).digest()
    if not hmac.compare_digest(hashed, _decoded(one.tags["bh"])):
        return Checked(one, "bad", "the body was changed after it was signed")
    key = key_of(one.selector, one.domain)
    if isinstance(key, str):
        return Checked(one, "bad", key)
    if key.revoked or key.kind != one.algorithm.partition("-")[0]:
        return Checked(one, "bad", "the key in the DNS is withdrawn or of another kind")
    if key.kind == "ed25519":
        return Checked(one, "not verified", "ed25519 is not verified here")
    if key.bits < SMALLEST:
        return Checked(one, "bad", f"its key has only {key.bits} bits")
    digest = hashlib.sha256(signed_header(one, fields, header_way)).digest()
    if not _rsa_verifies(key, digest, _decoded(one.tags["b"])):
        return Checked(one, "bad", "the header was changed after it was signed, or the key differs")
    return Checked(one, "good")


def canonical_body(body: bytes, way: str) -> bytes:
    """RFC 6376 3.4.3 and 3.4.4."""
    if way == "relaxed":
        lines = [_SPACE.sub(b" ", line).rstrip(b" ") for line in body.split(b"\r\n")]
        body = b"\r\n".join(lines)
    end = len(body)
    while body.endswith(b"\r\n", 0, end):
        end -= 2
    body = body[:end]
    return body + b"\r\n" if body or way == "simple" else b""


def canonical_field(field: Field, way: str) -> bytes:
    """RFC 6376 3.4.1 and 3.4.2, without the CRLF at its end."""
    name, value = field
    if way == "simple":
        return name + b":" + value
    unfolded = _SPACE.sub(b" ", value.replace(b"\r\n", b""))
    return name.strip().lower() + b":" + unfolded.strip(b" ")


def signed_header(one: Signature, fields: Sequence[Field], way: str) -> bytes:
    """What was signed of the header (RFC 6376 3.7 and 5.4.2: each name from the bottom up)."""
    left: dict[str, list[Field]] = {}
    for field in fields:
        left.setdefault(field[0].strip().lower().decode("ascii", "replace"), []).append(field)
    lines = [
        canonical_field(left[name].pop(), way) + b"\r\n" for name in one.headers if left.get(name)
    ]
    name, value = one.field
    emptied = re.sub(rb"((?:^|;)[ \t\r\n]*b[ \t\r\n]*=)[^;]*", rb"\1", value)
    return b"".join(lines) + canonical_field((name, emptied), way)


def _limited(body: bytes, length: str | None) -> bytes:
    return body[: int(length)] if length is not None and length.isdecimal() else body


def _decoded(value: str) -> bytes:
    try:
        return base64.b64decode("".join(value.split()), validate=True)
    except (binascii.Error, ValueError):
        return b""


def _rsa_verifies(key: PublicKey, digest: bytes, signature: bytes) -> bool:
    """RSASSA-PKCS1-v1_5 (RFC 8017 8.2.2): the whole padded message is compared."""
    length = (key.modulus.bit_length() + 7) // 8
    number = int.from_bytes(signature)
    if len(signature) != length or number >= key.modulus:
        return False
    opened = pow(number, key.exponent, key.modulus).to_bytes(length)
    inner = _SHA256 + digest
    padding = b"\xff" * (length - len(inner) - 3)
    return hmac.compare_digest(opened, b"\x00\x01" + padding + b"\x00" + inner)
