"""Addresses with wildcards: what fits, what covers what, and what two have in common."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.settings.patterns import Spec, both_fit, covers, expanded, fits, spec_for, spec_of

PIECES = st.text("ab*", max_size=7).map(lambda text: re.sub(r"\*+", "*", text)).filter(bool)
TEXTS = st.text("abc", min_size=1, max_size=9)


def address(local: str) -> str:
    return f"{local}@court.example"


def as_expression(local: str) -> str:
    return ".+".join(map(re.escape, local.split("*")))


@given(pattern=PIECES, text=TEXTS)
def test_a_wildcard_is_one_character_or_more(pattern: str, text: str) -> None:
    expected = re.fullmatch(as_expression(pattern), text) is not None
    assert fits(address(pattern), address(text)) is expected


@given(one=PIECES, other=PIECES)
def test_what_two_have_in_common_fits_both(one: str, other: str) -> None:
    shared = both_fit(address(one), address(other))
    if shared is not None:
        assert fits(address(one), shared)
        assert fits(address(other), shared)


@given(one=PIECES, other=PIECES, text=TEXTS)
def test_what_fits_both_is_never_overlooked(one: str, other: str, text: str) -> None:
    if fits(address(one), address(text)) and fits(address(other), address(text)):
        assert both_fit(address(one), address(other)) is not None


@given(one=PIECES, other=PIECES, text=TEXTS)
def test_what_is_covered_always_fits(one: str, other: str, text: str) -> None:
    if covers(address(one), address(other)) and fits(address(other), address(text)):
        assert fits(address(one), address(text))


@pytest.mark.parametrize(
    ("pattern", "key", "expected"),
    [
        ("track@*.court.example", "track@cole.court.example", True),
        ("track@*.court.example", "track@a.b.court.example", False),
        ("track@*.court.example", "track@court.example", False),
        ("*@court.example", "@court.example", False),
        ("track-*@court.example", "track-@court.example", False),
        ("track-*@court.example", "track-x@other.example", False),
    ],
)
def test_a_wildcard_in_a_domain_is_one_name(pattern: str, key: str, expected: bool) -> None:
    assert fits(pattern, key) is expected


def test_two_domains_have_nothing_in_common() -> None:
    assert both_fit("*@court.example", "*@other.example") is None
    assert both_fit("*@court.example", "*@a.court.example") is None
    assert both_fit("*@*.court.example", "a*@cole.court.example") == "ax@cole.court.example"


def test_a_long_address_is_no_work() -> None:
    """T-REDOS: what backtracks over "a*a*a*..." takes longer than the world lasts."""
    pattern, key = address("a*" * 30 + "b"), address("a" * 64)
    began = time.process_time()
    for _ in range(100):
        assert not fits(pattern, key)
    assert both_fit(address("*a" * 30), address("b*" * 30)) is not None
    assert time.process_time() - began < 30


def test_court_stands_for_each_court() -> None:
    found = list(expanded("track-<court>@court.example", ["franklin", "cole"]))
    assert found == [
        ("franklin", "track-franklin@court.example"),
        ("cole", "track-cole@court.example"),
    ]


@pytest.mark.parametrize(
    ("key", "winner"),
    [
        ("track-cole@court.example", "track-cole@court.example"),
        ("track-coles@court.example", "track-co*@court.example"),
        ("track-x@court.example", "track-*@court.example"),
        ("other@court.example", "*@court.example"),
        ("other@elsewhere.example", None),
    ],
)
def test_the_longest_wins(key: str, winner: str | None) -> None:
    written = ["*@", "track-*@", "track-co*@", "track-cole@"]
    specs = [spec_of(f"{each}Court.example", "+") for each in written]
    won = spec_for(key, specs)
    assert (won and won.key) == winner


def test_what_a_spec_says_of_itself() -> None:
    assert [Spec(key, "+").by for key in ("a@b.example", "a*@b.example", "*@b.example")] == [
        "exact",
        "pattern",
        "catch-all",
    ]
    assert Spec("a@b.example", "+", by_court=True).by == "pattern"
    assert Spec("a@b.example", "-").tagged == "a-*@b.example"
    assert Spec("a@b.example", "+").behind("a+x@b.example") == "+x"
    assert Spec("a@b.example", "+").behind("a+x@c.example") is None
    assert Spec("a*@b.example", "+").behind("ax@b.example") is None
