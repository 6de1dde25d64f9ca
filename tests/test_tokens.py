"""Signed tokens: one purpose, one row, and no other moment (traps 38, 40, 53, 57)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from mailbot.errors import TokenExpired, TokenForged
from mailbot.tokens import Key, Purpose, Signer

NOW = datetime(2026, 3, 3, 15, 0, tzinfo=UTC)
OLD, NEW = Key("old", b"o" * 32), Key("new", b"n" * 32)


def test_a_token_of_one_purpose_is_none_of_another() -> None:
    signer = Signer([OLD])
    for made, asked in product(Purpose, Purpose):
        token = signer.sign(made, 7, NOW)
        if made is asked:
            assert signer.read(asked, token, NOW).row == 7
        else:
            with pytest.raises(TokenForged):
                signer.read(asked, token, NOW)


def test_a_token_from_the_future_is_refused() -> None:
    """By more than the 120 s that clocks may differ (decisions.md 23)."""
    signer = Signer([OLD])
    soon = signer.sign(Purpose.STOP, 7, NOW + timedelta(seconds=120))
    assert signer.read(Purpose.STOP, soon, NOW).row == 7
    late = signer.sign(Purpose.STOP, 7, NOW + timedelta(seconds=121))
    with pytest.raises(TokenForged):
        signer.read(Purpose.STOP, late, NOW)


def test_a_token_expires_at_its_second() -> None:
    signer = Signer([OLD])
    token, week = signer.sign(Purpose.CONFIRM, 7, NOW), timedelta(days=7)
    assert signer.read(Purpose.CONFIRM, token, NOW + week - timedelta(seconds=1), week).row == 7
    with pytest.raises(TokenExpired):
        signer.read(Purpose.CONFIRM, token, NOW + week, week)


def test_old_keys_verify_the_last_signs_and_a_removed_one_is_over() -> None:
    before = Signer([OLD]).sign(Purpose.STOP, 7, NOW)
    rotated = Signer([OLD, NEW])
    assert rotated.read(Purpose.STOP, before, NOW).row == 7
    after = rotated.sign(Purpose.STOP, 7, NOW)
    assert Signer([NEW]).read(Purpose.STOP, after, NOW).row == 7
    with pytest.raises(TokenForged):
        Signer([NEW]).read(Purpose.STOP, before, NOW)


def test_two_instances_share_no_token_handle_or_code() -> None:
    one, two = Signer([OLD]), Signer([NEW])
    for purpose in Purpose:
        assert one.sign(purpose, 7, NOW) != two.sign(purpose, 7, NOW)
        assert one.handle(purpose, 7) != two.handle(purpose, 7)
    assert one.code(7) != two.code(7)
