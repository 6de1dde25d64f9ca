"""Turns keys, which mailbot keeps as text, back into what the court's database compares them with.

The type is that of a key the court has shown: `id = '7'` is an error on PostgreSQL where ids are
numbers, and CAST(id AS TEXT) would pass by every index.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, LargeBinary, Numeric, String, Uuid
from sqlalchemy.types import NullType, TypeEngine

from mailbot.court.rows import whole


@dataclass(frozen=True)
class KeyType:
    """How a database holds the keys of one column."""

    python: type
    sql: TypeEngine[Any]

    def natives(self, keys: Iterable[str]) -> list[object]:
        """The keys that such a column can hold at all."""
        natives: list[object] = []
        for key in keys:
            if isinstance(self.sql, NullType):
                natives += _for_sqlite(key)
            elif (native := self._native(key)) is not None:
                natives.append(native)
        return natives

    def _native(self, key: str) -> object:
        if self.python is str:
            return key
        if self.python is bytes:
            return _from_hex(key)
        if self.python is UUID:
            return _from_uuid(key)
        number = whole(key)
        return Decimal(number) if self.python is Decimal and number is not None else number


def key_type(dialect: str, shown: object) -> KeyType:
    """The type of a column in which `shown` was found. SQLite holds any type in any column."""
    if dialect == "sqlite":
        return KeyType(object, NullType())
    if isinstance(shown, bytes | bytearray | memoryview):
        return KeyType(bytes, LargeBinary())
    if isinstance(shown, UUID):
        return KeyType(UUID, Uuid())
    if isinstance(shown, int):
        return KeyType(int, BigInteger())
    if isinstance(shown, float | Decimal):
        return KeyType(Decimal, Numeric())
    return KeyType(str, String())


def chunks(keys: Iterable[str], size: int) -> Iterator[list[str]]:
    """The keys, each once, in lists of at most that size (reliability.md 2.8: 500)."""
    unique = iter(dict.fromkeys(keys))
    while chunk := list(islice(unique, size)):
        yield chunk


def _for_sqlite(key: str) -> list[object]:
    """Every value that rows.key_text writes as this key."""
    number, octets = whole(key), _from_hex(key)
    natives: list[object] = [key]
    if number is not None and str(number) == key:
        natives.append(number)
    if octets is not None:
        natives.append(octets)
    return natives


def _from_hex(key: str) -> bytes | None:
    try:
        return bytes.fromhex(key[1:]) if key.startswith("x") else None
    except ValueError:
        return None


def _from_uuid(key: str) -> UUID | None:
    try:
        return UUID(key)
    except ValueError:
        return None
