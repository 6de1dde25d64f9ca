"""A token endpoint's error names the missing step, and never what else it said."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.inbound.imap.steps import missing_step

SECRET = "Fg7-kanu-8Lor"


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ({"error": "invalid_grant"}, "says invalid_grant: refresh_token is no longer good"),
        ({"error": "invalid_client"}, "says invalid_client: client_id or client_secret is wrong"),
        ({"error": "invalid_client", "error_codes": [7000215]}, "says AADSTS7000215: "),
        (
            {"error": "x", "error_description": "AADSTS65001: The user or"},
            "says AADSTS65001: nobody",
        ),
        (
            {"error": "invalid_client", "error_description": "AADSTS1234: " + SECRET},
            "says invalid_client (AADSTS1234): client_id",
        ),
        ({"error": "odd", "error_description": SECRET}, "answers 400; check token_url"),
        ({"error": ["invalid_grant"], "error_codes": ["7000215"]}, "answers 400; check token_url"),
        ({"error_codes": [True]}, "answers 400"),
        ({}, "answers 400"),
    ],
)
def test_the_missing_step(answer: dict[str, object], says: str) -> None:
    sentence = missing_step(400, answer)
    assert says in sentence
    assert SECRET not in sentence
    assert sentence.endswith((".", "?"))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
)
KEYS = st.sampled_from(["error", "error_codes", "error_description", "other"])


@given(st.integers(100, 599), st.dictionaries(KEYS, JSON))
def test_whatever_it_says_is_one_sentence(status: int, answer: dict[str, object]) -> None:
    sentence = missing_step(status, answer)
    assert sentence.startswith("The token endpoint ")
    assert "\n" not in sentence
