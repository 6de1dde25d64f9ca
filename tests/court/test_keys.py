"""Keys kept as text become what the court's database compares them with."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import BigInteger, LargeBinary, Numeric, String, Uuid

from mailbot.court.keys import chunks, key_type
from mailbot.court.rows import key_text

ID = "00000000-0000-0000-0000-000000000007"


@pytest.mark.parametrize(
    ("shown", "kind", "keys", "natives"),
    [
        (7, BigInteger, ["7", "-8", "a", "7.5", ""], [7, -8]),
        (7.0, Numeric, ["7", "x"], [Decimal(7)]),
        (Decimal(7), Numeric, ["7", "x"], [Decimal(7)]),
        ("7", String, ["7", "a"], ["7", "a"]),
        (b"\x07", LargeBinary, ["x07ff", "x0", "7"], [b"\x07\xff"]),
        (UUID(int=7), Uuid, [ID, "x"], [UUID(int=7)]),
    ],
)
def test_a_key_is_asked_for_in_the_columns_own_type(
    shown: object, kind: type, keys: list[str], natives: list[object]
) -> None:
    known = key_type("postgresql", shown)
    assert isinstance(known.sql, kind)
    assert known.natives(keys) == natives


def test_sqlite_is_asked_for_every_value_that_shows_as_the_key() -> None:
    known = key_type("sqlite", 7)
    assert known.natives(["7", "x07", "a", "07"]) == ["7", 7, "x07", b"\x07", "a", "07"]


@given(st.one_of(st.integers(-(2**62), 2**62), st.text(), st.binary(max_size=60), st.uuids()))
def test_a_key_finds_its_way_back(value: object) -> None:
    key = key_text(value)
    if key:
        assert [key_text(native) for native in key_type("postgresql", value).natives([key])] == [
            key
        ]
        assert value in key_type("sqlite", value).natives([key]) or isinstance(value, UUID)


@given(st.text(max_size=200))
def test_any_text_may_be_asked_for(key: str) -> None:
    for shown in (7, 7.5, "a", b"a", UUID(int=1)):
        key_type("mysql", shown).natives([key])
    key_type("sqlite", 7).natives([key])


def test_chunks_hold_each_key_once() -> None:
    assert list(chunks(["a", "b", "a", "c"], 2)) == [["a", "b"], ["c"]]
    assert list(chunks([], 2)) == []
