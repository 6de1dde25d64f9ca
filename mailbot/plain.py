"""Makes foreign text fit to be shown: cleaned, cut, wrapped, and unable to pass for ours.

Pure functions of text; nothing here raises, whatever the text is (reliability.md 2.7).
"""

from __future__ import annotations

import dataclasses
import re
import unicodedata
from collections.abc import Mapping
from typing import Any, Literal

from mailbot.model import Facts

COLUMNS = 72
LONE = 20  # characters; no line of ours is one word shorter than that, for it might be a Yes

# A line that begins with one of these opens our footer, in both parts and both profiles. The
# reader of replies takes nothing from it on for new text (mail-interface.md 5.2.6).
SENTINELS = ("This e-mail is auto generated.",)

# Words that a person may begin a command with, in any language served. A continuation line of
# ours never begins with one (decisions.md 18).
# fmt: off
COMMAND_WORDS = frozenset({
    "track", "confirm", "yes", "ok", "no", "report", "list", "stop", "unsubscribe", "quit",
    "cancel", "remove", "end", "case", "name", "filed", "hearings", "more", "note", "only",
    "except", "digest", "pause", "resume", "lang", "undo", "resend", "since", "status", "my",
    "forget", "help", "ping", "move", "remind", "discreet",
})
# fmt: on

_NEWLINES = re.compile(r"\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e"
    "\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff\U000e0000-\U000e007f]"
)
_SURROGATES = re.compile("[\ud800-\udfff]")
# Joiners belong between letters of scripts that need them, and hide words elsewhere.
_LOOSE_JOINERS = re.compile("(?<![^\x00-\x7f])[\u200c\u200d]+|[\u200c\u200d]+(?![^\x00-\x7f])")
_ACTIVE = re.compile(r"\b(?:[a-z][a-z0-9+.-]{0,30}:(?=//)|mailto:|www(?=\.))", re.IGNORECASE)
_NON_JOINER = "\u200c"
_NOT_FIRST = re.compile(
    rf"[\W_]*(?:{'|'.join(sorted(COMMAND_WORDS))})?[\W_]*|.*\d.*", re.IGNORECASE | re.DOTALL
)

_HANGUL_AFTER = {"L": "LVH", "V": "VT", "T": "T", "H": "VT"}


def clean_text(text: str) -> str:
    """A text of lines: every kind of line end is LF; what cannot be seen or turns text is gone."""
    if text.isascii() and text.isprintable():
        return text
    lines = _NEWLINES.sub("\n", text).replace("\t", " ")
    visible = _LOOSE_JOINERS.sub("", _INVISIBLE.sub("", lines))
    return _SURROGATES.sub("\ufffd", visible)


def clean_line(text: str) -> str:
    """A text in one line, for headings and header fields; runs of white space are one space."""
    return " ".join(clean_text(text).split())


def cut(text: str, limit: int) -> tuple[str, int]:
    """At most `limit` code points of a text, and how many more there are (S80, G20).

    Counted after the line ends are normalised; what reads as one character stays whole, unless it
    alone is longer than the limit.
    """
    whole = _NEWLINES.sub("\n", text)
    if len(whole) <= limit:
        return whole, 0
    end = limit
    while end > 0 and _joined(whole, end):
        end -= 1
    end = end or limit
    return whole[:end], len(whole) - end


def _joined(text: str, place: int) -> bool:
    """Whether the characters before and after a place are one to the reader (UAX 29, in short)."""
    before, after = text[place - 1], text[place]
    if before == "\n" or after == "\n":
        return False
    if unicodedata.category(after) in ("Mn", "Mc", "Me") or "\U0001f3fb" <= after <= "\U0001f3ff":
        return True  # combining marks, variation selectors, skin tones
    if after in "\u200c\u200d" or before == "\u200d" or "\U000e0020" <= after <= "\U000e007f":
        return True
    if _is_flag_letter(after):
        return _flag_letters_before(text, place) % 2 == 1
    return _hangul(after) in _HANGUL_AFTER.get(_hangul(before), "") != ""


def _flag_letters_before(text: str, place: int) -> int:
    start = place
    while start > 0 and _is_flag_letter(text[start - 1]):
        start -= 1
    return place - start


def _is_flag_letter(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def _hangul(char: str) -> str:
    """L, V or T for a conjoining jamo, H for a syllable, "-" for anything else."""
    if "\u1100" <= char <= "\u115f":
        return "L"
    if "\u1160" <= char <= "\u11a7":
        return "V"
    if "\u11a8" <= char <= "\u11ff":
        return "T"
    return "H" if "\uac00" <= char <= "\ud7a3" else "-"


def wrap(text: str, width: int = COLUMNS, indent: str = "", hang: str | None = None) -> str:
    """One paragraph in lines of at most `width` columns; long words and addresses stay whole.

    No line but the first begins with a command word or anything with a digit, or is one short word
    ("si"): what our lines say is never a command, however they break (decisions.md 18).

    Args:
        text: any white space in it is one space.
        width: columns, with the indent.
        indent: before the first line.
        hang: before the others; the indent when not given.
    """
    following = indent if hang is None else hang
    lines = _lines(_guarded(text.split()), width, len(indent), len(following))
    for place in range(len(lines) - 1, 0, -1):
        if len(lines[place]) == 1 and len(lines[place][0]) < LONE:
            lines[place].insert(0, lines[place - 1].pop())
    joined = [" ".join(line) for line in lines if line]
    return "\n".join((following if at else indent) + line for at, line in enumerate(joined or [""]))


def mark(text: str, width: int = COLUMNS, indent: str = "") -> str:
    """A text of the court's in lines that show whose it is: "| " before each.

    The mark reads as a quotation, so nothing in the text is ever a command (trap 8), and no line
    of it can pass for one of ours (trap 100).
    """
    prefix = f"{indent}| "
    marked = []
    for line in clean_text(text).strip("\n").split("\n"):
        folded = _lines(line.split(), width, len(prefix), len(prefix)) or [[]]
        marked += [f"{prefix}{' '.join(words)}".rstrip() for words in folded]
    return "\n".join(marked)


def _guarded(words: list[str]) -> list[str]:
    """The words, those that may not begin a line together with the one before."""
    pieces: list[str] = []
    for word in words:
        if pieces and _NOT_FIRST.fullmatch(word):
            pieces[-1] += f" {word}"
        else:
            pieces.append(word)
    return pieces


def _lines(pieces: list[str], width: int, first: int, rest: int) -> list[list[str]]:
    """As many pieces a line as fit, at least one; `first` and `rest` columns are taken already."""
    lines: list[list[str]] = []
    room = width - first
    used = 0
    for piece in pieces:
        if lines and used + 1 + len(piece) <= room:
            lines[-1].append(piece)
            used += 1 + len(piece)
        else:
            room = width - rest if lines else room
            lines.append([piece])
            used = len(piece)
    return lines


def unlinked(text: str) -> str:
    """A text in which no mail program finds a link: broken invisibly after its scheme.

    The docket is written by the parties; a link in our mail is only ever one of ours (2.7).
    """
    return _ACTIVE.sub(lambda found: f"{found[0]}{_NON_JOINER}", text)


# --- Facts ------------------------------------------------------------------------------------

MULTILINE = ("text",)  # facts that keep their line ends; all others are one line
MARKED = ("text", "line", "lines")  # facts that stand behind marks in a text part
# Ends of the names of facts that are ours or the operator's: what they link to stays a link.
TRUSTED = ("url", "mailto", "address", "email", "example", "closes_text")
Linkable = Literal["all", "text", "none"]

_OURS = re.compile(r"(?:https?://|mailto:)[^\s<>\"]+")


def prepare(facts: Facts, linkable: Linkable) -> dict[str, Any]:
    """Facts in which every text is clean, every dataclass a dict, every address one of ours.

    Args:
        facts: as the desk gives them.
        linkable: which foreign texts may hold what mail programs make links of: in a subject all,
            in a text part those behind marks, in HTML none.
    """
    return {
        key: _prepared(value, key, "all" if key == "frame" else linkable)
        for key, value in facts.items()
    }


def _prepared(value: object, key: str, linkable: Linkable) -> object:
    if isinstance(value, str):
        return _prepared_text(value, key, linkable)
    if isinstance(value, list | tuple):
        return [_prepared(each, key, linkable) for each in value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        value = {each.name: getattr(value, each.name) for each in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {name: _prepared(each, str(name), linkable) for name, each in value.items()}
    return value


def _prepared_text(text: str, key: str, linkable: Linkable) -> str:
    clean = clean_text(text) if key in MULTILINE else clean_line(text)
    if key.endswith(("url", "mailto")):
        return clean if _OURS.fullmatch(clean) else ""
    if linkable == "all" or key.endswith(TRUSTED) or (linkable == "text" and key in MARKED):
        return clean
    return unlinked(clean)
