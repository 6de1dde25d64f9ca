"""Only what looks the same becomes the same (T-UNI, trap 7)."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailbot.desk.reading.glyphs import fold, is_plain


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("STOP", "STOP"),
        ("ＳＴＯＰ　１５ＡＢ", "STOP 15AB"),
        ("STOP\u00a0ALL", "STOP ALL"),
        ("ST\u200bOP\ufeff", "STOP"),
        ("ST\u00adOP", "STOP"),
        ("\u202eSTOP\u202c", "STOP"),
        ("15AB\u2013CR\u201400015\u2212\u2011", "15AB-CR-00015--"),
        ("\u201cSTOP\u201d \u2018x\u2019 \u00abSTOP\u00bb", '"STOP" \'x\' "STOP"'),
        ("  a \t b  ", "a b"),
        ("si\u0301", "sí"),
        ("\ufffcSTOP", "STOP"),
        ("\u2764\ufe0f", "\u2764"),
    ],
)
def test_what_is_folded(text: str, folded: str) -> None:
    assert fold(text) == folded


@pytest.mark.parametrize(
    "text",
    [
        "\u017fTOP",  # long s: .upper() and NFKC make it S
        "trac\u212a",  # Kelvin sign: lower() and NFC make it k
        "ST\u041eP",  # Cyrillic O
        "STO\u03a1",  # Greek Rho
        "\u24c8TOP",  # circled S
        "ST\u00d8P",
        "STOP\u0337",
        "\u1d54\u1d57\u1d52\u1d56",
        "\U0001d412\U0001d413\U0001d40e\U0001d40f",  # mathematical bold
        "\u2163",  # Roman numeral
        "\u00b2",
        "\u0661",  # Arabic digit one matches \\d
        "STOP\x0bALL",
        "STOP\u2028ALL",
        "STOP\x85",
        "STOP\x1b[0m",
        "STOP\ufffd",
    ],
)
def test_what_is_never_a_command(text: str) -> None:
    assert not is_plain(fold(text))


def test_only_the_list_becomes_ascii() -> None:
    """Every character of Unicode: one that becomes ASCII looks like it."""
    for code in range(0x80, 0x3_0000):
        if 0xD800 <= code <= 0xDFFF:
            continue
        char = chr(code)
        became = fold(char)
        if became and became.isascii():
            wide = unicodedata.normalize("NFKC", char) == became
            sign = unicodedata.category(char) in ("Pd", "Pi", "Pf", "Ps", "Pe", "Po", "Sk", "Sm")
            assert wide or sign or became in "-'\"", f"U+{code:04X} became {became!r}"
            assert not became.isalnum() or 0xFF01 <= code <= 0xFF5E, f"U+{code:04X}"


@settings(deadline=None)
@given(st.text(max_size=100))
def test_folding_twice_is_folding_once(text: str) -> None:
    once = fold(text)
    assert fold(once) == once
    assert once == once.strip(" ")
    assert "  " not in once


@settings(deadline=None)
@given(st.text(alphabet=st.characters(min_codepoint=33, max_codepoint=126), max_size=50))
def test_ascii_is_left_alone(text: str) -> None:
    assert fold(text) == text
