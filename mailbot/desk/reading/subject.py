"""Peels a Subject down to what its writer meant: reply marks, gateway tags and warnings come off.

mail-interface.md 5.2.3 and trap 1. The prefixes are those that mail programs write in their
languages; a prefix that means "forwarded" in one of them is told apart, for a forwarded mail may
only ask.
"""

from __future__ import annotations

from dataclasses import dataclass

from mailbot.desk.reading.glyphs import fold

MOST_TURNS = 12
_LONGEST_TAG = 24  # characters between the brackets
_LONGEST_PREFIX = 20
_LOOKED_AT = 998  # characters of a subject, RFC 5322 2.1.1

# "RV" means forwarded in Spanish and is written by Outlook for replies, too; trap 1 counts it as
# a reply. "VS" is a Finnish reply and a Danish and Norwegian forward; the careful reading wins.
# fmt: off
REPLY = frozenset({
    "re", "aw", "antw", "antwort", "sv", "svar", "rv", "ref", "rif", "r", "res", "resp", "rép",
    "réf", "bls", "odp", "odpověď", "ynt", "yanıt", "hal", "vá", "válasz", "odg", "atb", "tl",
    "trả lời", "απ", "απάντηση", "σχετ", "на", "ha", "отв", "ответ", "відп", "відповідь", "回复",
    "回覆", "答复", "答覆", "返信", "회신", "답장", "رد", "الرد", "תשובה", "השב", "ตอบ",
    "ตอบกลับ",
})
FORWARD = frozenset({
    "fw", "fwd", "wg", "weitergeleitet", "tr", "fs", "enc", "encaminhado", "reenviado", "i",
    "inoltro", "doorst", "doorgestuurd", "vb", "vs", "vl", "pd", "přep", "fwd.", "ilt", "i̇lt",
    "továbbítás", "továbbítva", "prosl", "trs", "πρθ", "пересл", "перенапр", "转发", "轉寄",
    "轉發", "转寄", "転送", "전달", "إعادة توجيه", "הועבר", "ส่งต่อ", "chuyển tiếp",
})
_WARNINGS = frozenset({
    "ext", "external", "extern", "externe", "externo", "caution", "warning", "spam", "suspect",
    "suspected spam", "bulk", "secure", "encrypt", "encrypted", "possible spam", "probable spam",
})
# fmt: on
_BRACKETS = {"[": "]", "{": "}", "(": ")", "【": "】", "<": ">"}


@dataclass(frozen=True)
class Peeled:
    """What is left of a subject, and what the marks that came off said."""

    text: str
    replied: bool = False
    forwarded: bool = False


def peel(subject: str) -> Peeled:
    """Take off one mark a turn until nothing changes, at most `MOST_TURNS` times."""
    text = fold(subject[:_LOOKED_AT])
    replied = forwarded = False
    if text.casefold().endswith("(fwd)"):
        text, forwarded = text[:-5].rstrip(), True
    for _ in range(MOST_TURNS):
        rest, mark = _without_prefix(text)
        if rest == text:
            rest = _without_tag(text)
        if rest == text:
            break
        text = rest
        replied = replied or mark == "reply"
        forwarded = forwarded or mark == "forward"
    return Peeled(text, replied, forwarded)


def _without_prefix(text: str) -> tuple[str, str]:
    """Take off "Re:", "AW :", "Re[2]:", "Fwd (3):", "EXT:"; say what it was."""
    colon = text.find(":", 0, _LONGEST_PREFIX)
    if colon < 0:
        return text, ""
    word = _without_counter(text[:colon].strip()).casefold()
    for known, mark in ((REPLY, "reply"), (FORWARD, "forward"), (_WARNINGS, "warning")):
        if word in known:
            return text[colon + 1 :].lstrip(), mark
    return text, ""


def _without_counter(word: str) -> str:
    """ "Re[2]", "Re (3)", "Re^2", "Re2" -> "Re"."""
    bare = word.rstrip(")]")
    digits = bare.rstrip("0123456789")
    return digits.rstrip("[(^*- ") if len(bare) - len(digits) in (1, 2, 3) else word


def _without_tag(text: str) -> str:
    """Take off "[EXTERNAL]", "(EXT)", "***SPAM***"; round brackets only around a warning."""
    if text.startswith("*"):
        stars, _, rest = text.lstrip("*").partition("*")
        return rest.lstrip("* ") if stars.strip().casefold() in _WARNINGS else text
    closing = _BRACKETS.get(text[:1])
    if closing is None:
        return text
    end = text.find(closing, 1, _LONGEST_TAG + 2)
    if end < 0:
        return text
    tag = text[1:end].strip(" *!:").casefold()
    if text[0] in "[{【" or tag in _WARNINGS:
        return text[end + 1 :].lstrip(" :-")
    return text
