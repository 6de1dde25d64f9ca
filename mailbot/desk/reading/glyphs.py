"""Folds what keyboards, phones and gateways do to plain letters, so that meaning can be compared.

Only spelling that looks the same is folded: full-width forms, dashes, spaces, quotation marks.
What merely normalises to ASCII (long s, Kelvin sign, circled letters) is left alone, so that
neither "\u017fTOP" nor a Cyrillic "\u0410LL" ever becomes a command (reliability.md 2.2, T-UNI).
"""

from __future__ import annotations

import unicodedata

_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u207b\u2212\ufe58\ufe63\uff0d"
_DOUBLE_QUOTES = "\u00ab\u00bb\u201c\u201d\u201e\u201f\u2033\u301d\u301e\u301f\uff02"
_SINGLE_QUOTES = "\u2018\u2019\u201a\u201b\u2032\u2039\u203a\u00b4\uff07"
_SPACES = (
    "\t\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f"
    "\u205f\u2800\u3000\ufffc"  # the last stands for a picture
)
_FULL_WIDTH = range(0xFF01, 0xFF5F)  # "\uff01" to "\uff5e", 0xFEE0 above their ASCII twins
_KELVIN = 0x212A  # the one letter that NFC makes ASCII


def _table() -> dict[int, str]:
    table = {code: chr(code - 0xFEE0) for code in _FULL_WIDTH}
    table |= dict.fromkeys(map(ord, _DASHES), "-")
    table |= dict.fromkeys(map(ord, _DOUBLE_QUOTES), '"')
    table |= dict.fromkeys(map(ord, _SINGLE_QUOTES), "'")
    table |= dict.fromkeys(map(ord, _SPACES), " ")
    return table | {_KELVIN: "\ufffd"}


_FOLDED = _table()


def fold(text: str) -> str:
    """A line as it reads: invisible characters gone, look-alike forms ASCII, spaces single.

    Case stays. Letters that are not ASCII stay what they are, and so do control characters.
    """
    text = text.translate(_FOLDED)
    if not text.isascii():
        seen = (char for char in text if char.isascii() or not _is_invisible(char))
        text = unicodedata.normalize("NFC", "".join(seen))
    return " ".join(word for word in text.split(" ") if word)


def _is_invisible(char: str) -> bool:
    """Format characters (zero-width, bidi marks, soft hyphen) and variation selectors."""
    return unicodedata.category(char) == "Cf" or "\ufe00" <= char <= "\ufe0f" or char == "\u034f"


def is_plain(text: str) -> bool:
    """Whether a folded text is ASCII and printable: the only kind that can be a command."""
    return text.isascii() and text.isprintable()
