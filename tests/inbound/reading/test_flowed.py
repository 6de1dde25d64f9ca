"""format=flowed is unfolded before anything is read in it (RFC 3676)."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailbot.inbound.reading.flowed import unfold


@pytest.mark.parametrize(
    ("text", "unfolded"),
    [
        ("TRACK \n15AB-CR00015", "TRACK 15AB-CR00015"),
        ("one\ntwo", "one\ntwo"),
        ("one \ntwo \nthree\nfour", "one two three\nfour"),
        (" From here", "From here"),  # space-stuffing, 4.4
        (" > not quoted", "> not quoted"),
        ("> one \n> two\n> three", "> one two\n> three"),
        (">> one \n>> two", ">> one two"),
        (">one \n>two", "> one two"),
        ("> one \ntwo", "> one \ntwo"),  # a paragraph never changes depth, 4.5
        ("text \n-- \nsignature", "text \n-- \nsignature"),  # 4.3
        ("-- \nsignature", "-- \nsignature"),
        ("", ""),
        ("\n\n", "\n\n"),
        ("ends \n", "ends "),
    ],
)
def test_soft_breaks_are_joined(text: str, unfolded: str) -> None:
    assert unfold(text, delete_space=False) == unfolded


def test_delsp_takes_the_space_away() -> None:
    assert unfold("15AB-CR \n00015", delete_space=True) == "15AB-CR00015"
    assert unfold("one \n two", delete_space=True) == "onetwo"


@settings(deadline=None)
@given(st.text(alphabet="ab >-\n", max_size=200), st.booleans())
def test_no_letter_is_lost(text: str, delete_space: bool) -> None:
    def letters(value: str) -> list[str]:
        return [char for char in value if char in "ab"]

    assert letters(unfold(text, delete_space)) == letters(text)
