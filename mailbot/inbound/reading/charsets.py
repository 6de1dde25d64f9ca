"""Turns the octets of a mail into text: transfer encodings, charsets, encoded words. Never raises.

Only charsets of the list are decoded as they say; everything else is read as UTF-8, else as
windows-1252, so that UTF-7 and Python's own codecs never are (reliability.md 2.2, T-CHARSET).
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from encodings.aliases import aliases

# Names of Python's codec modules. codecs.lookup is never asked about a name from a mail: it
# remembers every unknown one for ever.
# fmt: off
_ALLOWED = frozenset({
    "ascii", "utf_8", "utf_8_sig", "utf_16", "utf_16_le", "utf_16_be", "latin_1", "koi8_r",
    "koi8_u", "gb2312", "gbk", "gb18030", "big5", "big5hkscs", "shift_jis", "cp932", "euc_jp",
    "euc_kr", "cp949", "iso2022_jp", "iso2022_jp_1", "iso2022_jp_2", "iso2022_kr", "johab",
    "cp437", "cp850", "cp852", "cp866", "cp874", "tis_620", "mac_roman", "windows_31j",
    *(f"iso8859_{part}" for part in (*range(1, 12), *range(13, 17))),
    *(f"cp{page}" for page in range(1250, 1259)),
})
# fmt: on
# What mail programs say and what they mean (WHATWG Encoding, section 4.2): the smaller set is
# read as the larger one.
_MEANT = {
    "latin_1": "cp1252",
    "iso8859_1": "cp1252",
    "ascii": "utf_8",
    "utf_8_sig": "utf_8",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "euc_kr": "cp949",
    "shift_jis": "cp932",
    "windows_31j": "cp932",
    "big5": "big5hkscs",
    "tis_620": "cp874",
}
_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_NOT_BASE64 = bytes(set(range(256)) - set(_BASE64))
_ENCODED_WORD = re.compile(
    r"=\?([A-Za-z0-9_.:()-]{1,64})(?:\*[A-Za-z0-9-]{0,35})?\?([bBqQ])\?([^?\r\n]{0,4096})\?="
)
_SURROGATE = re.compile("[\ud800-\udfff]")


def codec_of(charset: str) -> str | None:
    """Python's name of a charset that may be decoded, else None."""
    name = re.sub("[^a-z0-9]+", "_", charset.strip(" \t'\"").lower()).removeprefix("x_")
    found = aliases.get(name, name)
    return _MEANT.get(found, found) if found in _ALLOWED else None


def decode(octets: bytes, charset: str) -> str:
    """The text of octets in a charset; what the charset has no character for becomes U+FFFD."""
    codec = codec_of(charset) if charset else "utf_8"
    if codec == "utf_8" or codec is None:
        return _utf8_or_windows(octets)
    return _presentable(octets.decode(codec, "replace"))


def _utf8_or_windows(octets: bytes) -> str:
    """UTF-8 where it is, or nearly; else windows-1252, which has a character for almost all."""
    try:
        return _presentable(octets.decode("utf-8"))
    except UnicodeDecodeError:
        text = octets.decode("utf-8", "replace")
    wrong = text.count("\ufffd")
    right = sum(not char.isascii() for char in text) - wrong
    return _presentable(text if right > wrong else octets.decode("cp1252", "replace"))


def _presentable(text: str) -> str:
    """Without NUL, a byte order mark and lone surrogates, none of which any store takes."""
    text = text.removeprefix("\ufeff").replace("\0", "\ufffd")
    return _SURROGATE.sub("\ufffd", text)


def transfer_decode(octets: bytes, encoding: str, limit: int) -> tuple[bytes, bool]:
    """At most `limit` octets of a part's body, and whether there were more.

    Args:
        octets: the body as it stands in the mail, with LF line ends.
        encoding: the Content-Transfer-Encoding; an unknown one is taken as none (RFC 2045 6.4).
        limit: octets of the result. Not much more than needed for them is decoded.
    """
    encoding = encoding.strip().lower()
    if encoding == "base64":
        decoded = _base64(octets[: limit * 2])  # 4 for 3, and line ends
        return decoded[:limit], len(octets) > limit * 2 or len(decoded) > limit
    if encoding == "quoted-printable":
        decoded = binascii.a2b_qp(octets[: limit * 3])
        return decoded[:limit], len(octets) > limit * 3 or len(decoded) > limit
    return octets[:limit], len(octets) > limit


def _base64(octets: bytes) -> bytes:
    """Base64 as far as it goes: foreign characters skipped, a broken end dropped, else nothing."""
    padding = octets.find(b"=")
    letters = (octets if padding < 0 else octets[:padding]).translate(None, _NOT_BASE64)
    letters = letters[: len(letters) - 1] if len(letters) % 4 == 1 else letters
    return binascii.a2b_base64(letters + b"=" * (-len(letters) % 4))


def header_text(octets: bytes) -> str:
    """The raw value of a header field: UTF-8 (RFC 6532), else windows-1252."""
    return _utf8_or_windows(octets)


def decode_words(value: str) -> str:
    """A header value with its encoded words read (RFC 2047); broken ones stay as they are.

    White space between two encoded words is dropped (6.2), and a character that a mail program cut
    in two between them is put together.
    """
    return "".join(decode(octets, charset) for octets, charset in _runs(value))


def _runs(value: str) -> Iterator[tuple[bytes, str]]:
    """The value in runs of one charset, encoded words next to each other joined."""
    waiting, charset, end = b"", "", 0
    for word in _ENCODED_WORD.finditer(value):
        between = value[end : word.start()]
        octets = _word(word[3], word[2])
        if charset != word[1].lower() or between.strip():
            yield waiting, charset
            waiting, charset = b"", word[1].lower()
            joined = end > 0 and not between.strip()
            yield (b"" if joined else between.encode("utf-8", "replace")), ""
        waiting += octets
        end = word.end()
    yield waiting, charset
    yield value[end:].encode("utf-8", "replace"), ""


def _word(text: str, encoding: str) -> bytes:
    octets = text.encode("utf-8", "replace")
    if encoding in "bB":
        return _base64(octets)
    return binascii.a2b_qp(octets, header=True)
