"""Which servers are ours, by the names in the configuration."""

from __future__ import annotations

import pytest

from mailbot.settings.trust import Trust

TRUST = Trust(frozenset({"mx.court.example"}), instance="track.bot.example")


@pytest.mark.parametrize(
    "host",
    [
        "mx.court.example", "in.mx.court.example", "imap.court.example", "court.example",
        "track.bot.example", "localhost", "10.1.2.3", "[127.0.0.1]", "2002:a4a:8e45:0:0:0:0:0",
        "fd00::1",
    ],
)  # fmt: skip
def test_our_side_of_the_border(host: str) -> None:
    assert TRUST.is_ours(host)


@pytest.mark.parametrize(
    "host",
    ["", "example", "mx.evil.example", "notcourt.example", "mx.court.example.evil.test",
     "bot.example", "8.8.8.8", "2002:808:808::1", "2001:4860::1"],
)  # fmt: skip
def test_the_other_side(host: str) -> None:
    assert not TRUST.is_ours(host)


@pytest.mark.parametrize(
    ("named", "host", "ours"),
    [
        ("court.co.test", "other.co.test", True),
        ("court.co.uk", "other.co.uk", False),
        ("court.co.uk", "mx.court.co.uk", True),
        ("mx.court.co.uk", "imap.court.co.uk", True),
        ("court.example", "other.example", False),
        ("mx1", "mx1", True),
        ("mx1", "mx2", False),
    ],
)
def test_a_public_suffix_is_nobodys_domain(named: str, host: str, ours: bool) -> None:
    assert Trust(frozenset({named})).is_ours(host) is ours


def test_nobody_is_trusted_by_default() -> None:
    assert Trust().nobody
    assert Trust(sealers=frozenset({"a.example"})).nobody
    assert not TRUST.nobody
    assert not Trust(nameless=frozenset({"court.example"})).nobody


def test_nameless_results_are_those_of_named_domains() -> None:
    trust = Trust(nameless=frozenset({"protection.court.example"}))
    assert trust.writes_no_name("x.mail.protection.court.example")
    assert not trust.writes_no_name("mail.court.example")
    assert trust.is_ours("am0.court.example")
