"""Signs and reads what lets a person act: links, address handles, typed codes, Message-IDs.

Everything names one row and one purpose, and nothing else; the row is the truth
(mail-interface.md 5.3, decisions.md 15). Pure: keys and times are passed in.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from itsdangerous import (
    BadData,
    BadSignature,
    SignatureExpired,
    TimestampSigner,
    URLSafeTimedSerializer,
)
from itsdangerous.signer import SigningAlgorithm

from mailbot.errors import TokenExpired, TokenForged

VERSION = 1
FUTURE_TOLERANCE = timedelta(seconds=120)  # decisions.md 23
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # short typed codes: no I, L, O, U
_CODE_FIXES = str.maketrans("OIL", "011")
_TOKEN = re.compile(r"[A-Za-z0-9_-]{10,40}\.[A-Za-z0-9_-]{4,8}\.[A-Za-z0-9_-]{22}")
HANDLE_CHARACTERS = 26  # of base32, 128 bits
_HANDLE = re.compile(rf"[a-z2-7]{{{HANDLE_CHARACTERS}}}")
_MESSAGE_ID = re.compile(r"<?([0-9]{1,19})\.([a-z2-7]{26})@[^<>\s]+>?")


class Purpose(StrEnum):
    """What a token or handle is good for; each has its own salt."""

    CONFIRM = "confirm"  # a request row
    DECLINE = "decline"  # a request row
    STOP = "stop"  # a subscription row
    STOP_ALL = "stop-all"  # an address row
    UNDO = "undo"  # a stop row
    FORM = "form"  # the nonce of a page's form
    MAIL = "mail"  # an outbox row: thread handle and return path


@dataclass(frozen=True)
class Key:
    """A signing key with the name under which rows remember it."""

    id: str
    secret: bytes


@dataclass(frozen=True)
class Opened:
    """A token that verified: the row it names, and when it was signed (UTC)."""

    row: int
    signed_at: datetime


class _HalfSha256(SigningAlgorithm):
    """HMAC-SHA-256 cut to 128 bits: 61 characters a token instead of 82."""

    def get_signature(self, key: bytes, value: bytes) -> bytes:
        return hmac.digest(key, value, "sha256")[:16]


class _FixedTime(TimestampSigner):
    """A signer whose time is the row's, so that a retry is byte-equal (decisions.md 2)."""

    at = 0

    def get_timestamp(self) -> int:
        return self.at


class Signer:
    """Signs with the last key and reads with all of them.

    Args:
        keys: oldest first, at least one; the id of each is unique.
    """

    def __init__(self, keys: Sequence[Key]) -> None:
        self._keys = {key.id: key for key in keys}
        self.current = keys[-1]

    def sign(self, purpose: Purpose, row: int, at: datetime) -> str:
        """A URL-safe token of about 61 characters for links, subjects and bodies."""
        serializer = self._serializer(purpose, [self.current.secret], at)
        return str(serializer.dumps([VERSION, row]))

    def read(
        self, purpose: Purpose, token: str, now: datetime, max_age: timedelta | None = None
    ) -> Opened:
        """Open a token.

        Raises:
            TokenForged: not ours, another purpose, changed, or more than 120 s from the future.
            TokenExpired: older than `max_age`.
        """
        serializer = self._serializer(purpose, [key.secret for key in self._keys.values()], now)
        try:
            payload, signed_at = serializer.loads(token, return_timestamp=True)
            version, row = payload
        except SignatureExpired as error:
            raise TokenExpired from error
        except (BadSignature, BadData, ValueError, TypeError) as error:
            raise TokenForged from error
        if version != VERSION or not isinstance(row, int) or signed_at > now + FUTURE_TOLERANCE:
            raise TokenForged
        if max_age is not None and now - signed_at >= max_age:
            raise TokenExpired
        return Opened(row, signed_at)

    def handle(self, purpose: Purpose, row: int, key_id: str | None = None) -> str:
        """26 lower-case base32 characters for a mail address; survives case folding."""
        key = self._keys.get(key_id or "", self.current)
        return _base32(hmac.digest(key.secret, f"handle|{purpose}|{row}".encode(), "sha256")[:16])

    def code(self, row: int, key_id: str | None = None) -> str:
        """The short code of a request, ten characters of Crockford base32: "K7M2Z-9QXD4"."""
        key = self._keys.get(key_id or "", self.current)
        number = int.from_bytes(hmac.digest(key.secret, f"code|{row}".encode(), "sha256")[:7])
        digits = "".join(CROCKFORD[(number >> 5 * place) & 31] for place in range(10))
        return f"{digits[:5]}-{digits[5:]}"

    def message_id(self, row: int, domain: str, key_id: str | None = None) -> str:
        """The Message-ID of an outbox row, equal in every retry."""
        key = self._keys.get(key_id or "", self.current)
        return f"<{row}.{self._message_mac(key, row)}@{domain}>"

    def own_message(self, message_id: str) -> int | None:
        """The outbox row of a Message-ID that verifies as ours, else None (decisions.md 21)."""
        match = _MESSAGE_ID.fullmatch(message_id.strip().lower())
        if match is None:
            return None
        row = int(match[1])
        macs = (self._message_mac(key, row) for key in self._keys.values())
        return row if any(hmac.compare_digest(mac, match[2]) for mac in macs) else None

    def derive(self, label: str) -> bytes:
        """32 bytes that depend on the current key and the label, for keyed hashes of the log."""
        return hmac.digest(self.current.secret, f"derive|{label}".encode(), "sha256")

    @staticmethod
    def _message_mac(key: Key, row: int) -> str:
        return _base32(hmac.digest(key.secret, f"message-id|{row}".encode(), "sha256")[:16])

    @staticmethod
    def _serializer(purpose: Purpose, secrets: list[bytes], at: datetime) -> URLSafeTimedSerializer:
        fixed = type("_At", (_FixedTime,), {"at": int(at.astimezone(UTC).timestamp())})
        return URLSafeTimedSerializer(
            secrets,
            salt=f"mailbot.{purpose}",
            signer=fixed,
            signer_kwargs={
                "algorithm": _HalfSha256(),
                "key_derivation": "hmac",
                "digest_method": hashlib.sha256,
            },
        )


def digest(handle_or_code: str) -> str:
    """What a row keeps of a handle or code for look-up: hex SHA-256 of its canonical form."""
    return hashlib.sha256(handle_or_code.encode()).hexdigest()


def find_tokens(text: str) -> tuple[str, ...]:
    """Everything in a text that looks like a signed token, in order, each once.

    Tolerates what gateways put around links: trailing punctuation, percent-encoding, line breaks
    inside a token (trap 15, 46).
    """
    unbroken = re.sub(r"=?\r?\n", "", text) if "\n" in text else text
    found = [*_TOKEN.findall(text), *_TOKEN.findall(unbroken)]
    return tuple(dict.fromkeys(found))


def canonical_code(text: str) -> str:
    """A typed code as the row knows it ("k7m2z 9qxd4" -> "K7M2Z-9QXD4"), or "" if it is none."""
    letters = re.sub(r"[^0-9A-Z]", "", text.upper()).translate(_CODE_FIXES)
    if len(letters) != 10 or not set(letters) <= set(CROCKFORD):
        return ""
    return f"{letters[:5]}-{letters[5:]}"


def canonical_handle(text: str) -> str:
    """A handle as the row knows it, or "" if it is none; case, dots and 0/1 slips forgiven."""
    handle = text.strip().lower().replace(".", "").replace("0", "o").replace("1", "l")
    return handle if _HANDLE.fullmatch(handle) else ""


def _base32(raw: bytes) -> str:
    return base64.b32encode(raw).decode("ascii").rstrip("=").lower()
