"""Tag lists are read as RFC 6376 3.2 has them, and no text makes the reader fail."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.doctor.names.tags import Malformed, read_tags


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("v=DKIM1; p=abc", {"v": "DKIM1", "p": "abc"}),
        (" v = DKIM1 ;\r\n\tp=a b ; ", {"v": "DKIM1", "p": "a b"}),
        ("p=", {"p": ""}),
        ("n=a=b", {"n": "a=b"}),
        ("", {}),
    ],
)
def test_tags_are_read(text: str, tags: dict[str, str]) -> None:
    assert read_tags(text) == tags


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("v=1; v=2", "names v= twice"),
        ("v=1;; p=2", "two semicolons"),
        ("v", "no tag=value"),
        ("1v=2", "no tag=value"),
    ],
)
def test_what_is_no_list_is_named(text: str, why: str) -> None:
    with pytest.raises(Malformed, match=why):
        read_tags(text)


@given(st.text(max_size=200))
def test_any_text_is_a_list_or_malformed(text: str) -> None:
    with contextlib.suppress(Malformed):
        for name, value in read_tags(text).items():
            assert name.isascii()
            assert value == value.strip()


NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True)
VALUES = st.text(st.characters(codec="ascii", exclude_characters=";"), max_size=20).map(str.strip)


@given(st.dictionaries(NAMES, VALUES, max_size=8))
def test_what_is_written_is_read(tags: dict[str, str]) -> None:
    assert read_tags(";".join(f"{name}={value}" for name, value in tags.items())) == tags
