"""Case numbers as typed become numbers as the court writes them, or nothing (G19, traps 7, 25)."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailbot.desk.reading.numbers import MOST_NEAR, find, known, looks_like, near, tidy

SHAPES = ("99AA-AA00000", "9999-AA00000", "000000000")


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("15AB-CR00015", "15AB-CR00015"),
        ("15ab-cr00015", "15AB-CR00015"),
        ("15ab cr 15", "15AB-CR00015"),
        ("15ab cr00015", "15AB-CR00015"),
        ("15ABCR15", "15AB-CR00015"),
        ("15AB\u2013CR00015", "15AB-CR00015"),
        ("15AB\u00a0CR\u200b00015", "15AB-CR00015"),
        ("１５ＡＢ－ＣＲ０００１５", "15AB-CR00015"),
        (" 15AB--CR 00015 ", "15AB-CR00015"),
        ("15/AB/CR/15", "15AB-CR00015"),
        ("1420-CC00599", "1420-CC00599"),
        ("1420cc599", "1420-CC00599"),
        ("000333666", "000333666"),
        ("000 333 666", "000333666"),
        ("333666", "000333666"),
    ],
)
def test_every_spelling_is_one_number(typed: str, number: str) -> None:
    assert tidy(typed, SHAPES) == number
    assert known(typed, SHAPES)


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("15AB-CRO0015", "15AB-CRO0015"),  # the letter O
        ("15AB-CR000015", "15AB-CR000015"),
        ("15AB-CR", "15AB-CR"),
        ("5AB-CR00015", "5AB-CR00015"),
        ("24-cv-1234", "24-CV-1234"),
        ("3336", "3336"),  # too little of nine digits
        ("\u0661\u0665AB-CR00015", "\u0661\u0665AB-CR00015"),  # Arabic digits
        ("15\u0410B-CR00015", "15\u0410B-CR00015"),  # Cyrillic A
        ("15\u017fB-CR00015", "15\u017fB-CR00015"),
        ("palin", "PALIN"),
        ("", ""),
        ("x" * 100, "X" * 64),
    ],
)
def test_what_fits_no_shape_is_shown_and_not_known(typed: str, shown: str) -> None:
    assert tidy(typed, SHAPES) == shown
    assert not known(typed, SHAPES)


def test_padding_that_two_shapes_would_do_differently_is_not_done() -> None:
    """Trap 25: 12c7 may be either."""
    shapes = ("99A000", "99A-0000")
    assert not known("12c7", shapes)
    assert tidy("12c7", shapes) == "12C7"
    assert set(near("12c7", shapes)) >= {"12C007", "12C-0007"}
    assert tidy("12c0007", shapes) == "12C-0007"


def test_padding_can_be_asked_for() -> None:
    assert not known("15ab cr 15", SHAPES, padding=False)
    assert known("15ab cr 00015", SHAPES, padding=False)


@pytest.mark.parametrize(
    ("shape", "typed", "number"),
    [
        ("9999-99-AA-000000", "2024 01 cv 77", "2024-01-CV-000077"),
        ("A0000", "s12", "S0012"),
        ("99:AA.000", "12ab7", "12:AB.007"),
        ("AA 00000", "sc12345", "SC 12345"),
        ("999", "123", "123"),
    ],
)
def test_other_shapes(shape: str, typed: str, number: str) -> None:
    assert tidy(typed, (shape,)) == number


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        (
            "Please see 15AB-CR00015, (1420-CC00599) and 15ab cr 16.",
            ["15AB-CR00015", "1420-CC00599", "15AB-CR00016"],
        ),
        ("15AB-CR00015 15ab-cr00015", ["15AB-CR00015"]),
        ("case #000333666!", ["000333666"]),
        ("in 2015 call 573-555-0123 or 333666", []),
        ("555 012 345", []),  # a telephone's
        ("", []),
        ("15AB-CR00015" * 2, []),
    ],
)
def test_numbers_in_a_text(text: str, numbers: list[str]) -> None:
    assert find(text, SHAPES) == numbers


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("15AB-CRO0015", "15AB-CR00015"),
        ("I5AB-CR00015", "15AB-CR00015"),
        ("l5ab-crooo15", "15AB-CR00015"),
        ("15A8-CR00015", "15AB-CR00015"),
        ("51AB-CR00015", "15AB-CR00015"),
        ("15BA-CR00015", "15AB-CR00015"),
        ("15AB-CR00051", "15AB-CR00015"),
        ("15AI-CR00015", "15AL-CR00015"),
        ("15A1-CR00015", "15AL-CR00015"),
        ("O00333666", "000333666"),
    ],
)
def test_near_numbers_are_proposed(typed: str, meant: str) -> None:
    """Libraries.md: rules found the right one where similarity scores did not."""
    assert meant in near(typed, SHAPES)


def test_near_numbers_are_never_the_number_itself() -> None:
    assert "15AB-CR00015" not in near("15AB-CR00015", SHAPES)
    assert near("", SHAPES) == near("palin", SHAPES) == []


@pytest.mark.parametrize(
    ("word", "number"),
    [
        ("24-cv-1234", True),
        ("15AB-CRO0015", True),
        ("Palin", False),
        ("15", False),
        ("a@1.b", False),
        ("", False),
    ],
)
def test_what_is_meant_as_a_number(word: str, number: bool) -> None:
    assert looks_like(word) is number


# The configuration takes no shape without a place for a digit or a letter.
SHAPES_OF_ALL_KINDS = st.text(alphabet="9A0-/. ", max_size=12).filter(lambda s: set(s) & set("9A0"))


@settings(deadline=None)
@given(st.text(max_size=80), st.lists(SHAPES_OF_ALL_KINDS, max_size=4))
def test_any_text_and_any_shape(text: str, shapes: list[str]) -> None:
    number = tidy(text, shapes)
    if known(text, shapes):
        assert number.isascii()
        assert tidy(number, shapes) == number
    assert len(near(text, shapes)) <= MOST_NEAR
    find(text, shapes)


@settings(deadline=None)
@given(
    st.from_regex(r"\A[0-9]{2}[A-Z]{2}-[A-Z]{2}[0-9]{5}\Z"),
    st.sampled_from(["", " ", "-", "\u2013"]),
)
def test_a_number_survives_every_way_of_writing_it(number: str, between: str) -> None:
    typed = number.lower().replace("-", between)
    assert tidy(typed, SHAPES) == number
    assert find(f"see {number}, please", SHAPES) == [number]


def test_numbers_are_looked_for_in_the_first_words_of_an_endless_text_only() -> None:
    assert find("15AB-CR00015 " + "<a@b> " * 6_000 + "15AB-CR00016", ["99AA-AA00000"]) == [
        "15AB-CR00015"
    ]
