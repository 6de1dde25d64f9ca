"""Octets become text whatever they claim to be (T-CHARSET, traps 3, 4, 22)."""

from __future__ import annotations

import base64
import encodings
import pkgutil
import quopri

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailbot.inbound.reading.charsets import (
    codec_of,
    decode,
    decode_words,
    header_text,
    transfer_decode,
)

PYTHONS = sorted(module.name for module in pkgutil.iter_modules(encodings.__path__))
JUNK = [
    "x-unknown", "unknown-8bit", "utf-8\0", "utf-7", "UTF-7", "unicode-1-1-utf-7", "rot13", "hex",
    "zlib", "idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs", "oem",
    "", " ", "''", '"', "=", "utf-8;", "a" * 5000, "..", "../etc/passwd", "encodings", "aliases",
    "default", "none", "%s", "utf-88", "cp99999", "iso-8859-99", "\ud800", "\x7f", "ütf-8", "八",
    "utf 8 bom", "latin-9000", "x-user-defined", "replacement", "8bit", "binary", "us-ascii us",
    "charset=utf-8", "text/html", "euc-xx", "big-5-5", "hz-gb-2312", "iso-2022-cn", "ucs-4",
]  # fmt: skip


@pytest.mark.parametrize("charset", [*PYTHONS, *JUNK])
def test_any_charset_gives_a_text(charset: str) -> None:
    for octets in (b"STOP", b"\x00\xff\xfe\x80S", bytes(range(256)), b"+AFMAVABPAFA-", b"\x1b$B"):
        text = decode(octets, charset)
        text.encode("utf-8")  # no lone surrogate
        assert "\0" not in text


def test_fifty_names_are_junk() -> None:
    assert len(JUNK) >= 50
    assert [name for name in JUNK if codec_of(name) not in (None, "utf_8")] == []


@pytest.mark.parametrize(
    ("charset", "codec"),
    [
        ("utf-8", "utf_8"),
        ("UTF8", "utf_8"),
        ("us-ascii", "utf_8"),
        ("ANSI_X3.4-1968", "utf_8"),
        ("iso-8859-1", "cp1252"),
        ("latin1", "cp1252"),
        ("Windows-1252", "cp1252"),
        ("iso-8859-15", "iso8859_15"),
        ("koi8-r", "koi8_r"),
        ("gb2312", "gb18030"),
        ("Shift_JIS", "cp932"),
        ("x-sjis", "cp932"),
        ("windows-31j", "cp932"),
        ("iso-2022-jp", "iso2022_jp"),
        ("ks_c_5601-1987", "cp949"),
        ("big5", "big5hkscs"),
        ("macintosh", "mac_roman"),
    ],
)
def test_charsets_of_mail_programs_are_read_as_they_mean(charset: str, codec: str) -> None:
    assert codec_of(charset) == codec


def test_utf_7_is_never_decoded() -> None:
    assert decode(b"+AFMAVABPAFA-", "utf-7") == "+AFMAVABPAFA-"


@pytest.mark.parametrize("charset", ["", "utf-8", "us-ascii", "x-unknown"])
def test_the_fallback_is_utf_8_and_then_windows_1252(charset: str) -> None:
    assert decode("naïve “yes”".encode(), charset) == "naïve “yes”"
    assert decode("naïve “yes”".encode("cp1252"), charset) == "naïve “yes”"


def test_a_broken_character_does_not_spoil_a_utf_8_text() -> None:
    assert decode("привет".encode() + b"\xff", "utf-8") == "привет\ufffd"


def test_nothing_that_a_store_refuses_comes_out() -> None:
    assert decode(b"\xef\xbb\xbfa\0b", "utf-8") == "a\ufffdb"
    assert decode(b"\x00\xd8", "utf-16-le") == "\ufffd"


def test_utf_16_is_read() -> None:
    assert decode("STOP\n".encode("utf-16"), "utf-16") == "STOP\n"


# --- Transfer encodings -----------------------------------------------------------------------


def test_quoted_printable_joins_soft_line_breaks() -> None:
    octets, more = transfer_decode(b"CONF=\nIRM =41=4", "Quoted-Printable ", 100)
    assert octets == b"CONFIRM A=4"
    assert not more


@pytest.mark.parametrize(
    ("text", "octets"),
    [
        (b"U1RPUA==", b"STOP"),
        (b"U1RP\nUA", b"STOP"),
        (b"U1 RP*UA=", b"STOP"),
        (b"U1RPUA==\n--\nlist footer", b"STOP"),
        (b"U1RPUAA", b"STOP\0"),
        (b"U", b""),
        (b"!!!", b""),
        (b"", b""),
    ],
)
def test_base64_goes_as_far_as_it_goes(text: bytes, octets: bytes) -> None:
    assert transfer_decode(text, "base64", 100) == (octets, False)


@settings(deadline=None)
@given(st.binary(max_size=300), st.integers(1, 300))
def test_encoded_octets_come_back_up_to_the_limit(octets: bytes, limit: int) -> None:
    for encoding, encoded in (
        ("base64", base64.encodebytes(octets)),
        ("quoted-printable", quopri.encodestring(octets)),
        ("8bit", octets),
        ("x-nonsense", octets),
    ):
        decoded, more = transfer_decode(encoded, encoding, limit)
        assert octets.startswith(decoded)
        assert len(decoded) <= limit
        assert decoded == octets or more


def test_only_what_is_needed_is_decoded() -> None:
    """T-ATT: a 10 MB part is cut before the decoder sees it."""
    octets, more = transfer_decode(b"QUFB" * 2_500_000, "base64", 1000)
    assert octets == b"A" * 1000
    assert more


# --- Header fields ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("plain", "plain"),
        ("=?utf-8?q?caf=C3=A9_x?=", "café x"),
        ("=?UTF-8?B?Y2Fmw6k=?=", "café"),
        ("=?utf-8*en?q?x?=", "x"),  # RFC 2231 5
        ("=?utf-8?q?a?= =?utf-8?q?b?=", "ab"),  # RFC 2047 6.2
        ("=?utf-8?q?a?=   =?iso-8859-1?q?=E9?= c", "aé c"),
        ("=?utf-8?q?=C3?= =?utf-8?q?=A9?=", "é"),  # a character in two words
        ("=?utf-8?b?w?= =?utf-8?b?6Q==?=", "é"),
        ("Re: =?gb2312?B?u9i4tA==?=", "Re: 回复"),
        ("=?x-unknown?q?CONFIRM?=", "CONFIRM"),
        ("=?utf-7?q?+ADw-?=", "+ADw-"),
        ("=?utf-8?q?broken", "=?utf-8?q?broken"),
        ("=?utf-8?x?a?=", "=?utf-8?x?a?="),
        ("=?utf-8?Q?with space?=", "with space"),
        ("", ""),
    ],
)
def test_encoded_words(value: str, text: str) -> None:
    assert decode_words(value) == text


@settings(deadline=None)
@given(st.text(max_size=400))
def test_any_header_value_gives_a_text(value: str) -> None:
    decode_words(value).encode("utf-8")


def test_a_storm_of_encoded_words_is_read_once() -> None:
    """An 8 KB field of openings: each is looked at once, none costs the rest of the field."""
    assert decode_words("=?a?q?" * 1365).startswith("=?a?q?")
    assert decode_words("=?utf-8?q?a?= " * 585) == "a" * 585 + " "


def test_eight_bit_header_values() -> None:
    assert header_text("Zoë".encode()) == "Zoë"
    assert header_text("Zoë".encode("latin-1")) == "Zoë"
    assert header_text(b"a\0b") == "a\ufffdb"
