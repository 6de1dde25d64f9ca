"""Reads case numbers as people type them, by the shapes a court has configured.

A shape is not a pattern: "9" is a digit, "A" a letter, a run of "0" at the end digits that are
zero-padded on the left, anything else a separator that may be left out. There is nothing to
backtrack (reliability.md 2.2, T-REDOS), and a number is at most 64 characters.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from mailbot.desk.reading.glyphs import fold, is_plain

LONGEST = 64  # characters of a number as typed
MOST_NEAR = 32  # repaired spellings of one number
_MOST_WORDS = 5_000  # of a text in which numbers are looked for: 0.1 ms each
_WORDS_OF_A_NUMBER = 5  # "15 AB - CR 00015"
_SEPARATORS = " -/:._"
_AROUND = " \t-/:._,;!?()[]{}<>\"'*#&"
_DIGIT_FOR = {"O": "0", "Q": "0", "D": "0", "I": "1", "L": "1", "Z": "2", "S": "5", "B": "8"}
_LETTERS_FOR = {"0": "O", "1": "IL", "2": "Z", "5": "S", "8": "B"}
_TWINS = {"I": "L", "L": "I"}


def tidy(text: str, shapes: Sequence[str]) -> str:
    """A number as the court spells it ("15ab cr 15" -> "15AB-CR00015").

    What fits no shape, or two of them in different ways, comes back trimmed and in upper case.
    """
    typed = _plain(text)
    for padding in (False, True):
        fits = {fit for shape in shapes if (fit := _fit(typed, shape, padding))}
        if len(fits) == 1:
            return fits.pop()
    return _upper(fold(text[:LONGEST]))


def known(text: str, shapes: Sequence[str], padding: bool = True) -> bool:
    """Whether a text is one number of one of the shapes.

    Args:
        text: with any separators, in any case.
        shapes: the court's.
        padding: whether leading zeros of the last run may be missing.
    """
    typed = _plain(text)
    exact = {fit for shape in shapes if (fit := _fit(typed, shape, False))}
    if exact or not padding:
        return len(exact) == 1
    return len({fit for shape in shapes if (fit := _fit(typed, shape, True))}) == 1


def looks_like(text: str) -> bool:
    """Whether a word is meant as a number of some kind: letters, digits and separators only."""
    word = _plain(text)
    digits = sum(char.isdigit() for char in word)
    return digits > 0 and len(word) >= 3 and all(c.isalnum() or c in _SEPARATORS for c in word)


def find(text: str, shapes: Sequence[str]) -> list[str]:
    """The numbers in a text, as the court spells them, each once, in order.

    Numbers of digits alone count only with every digit there and nothing between them, so that
    years and telephone numbers are none.
    """
    words = fold(text).split(" ", _MOST_WORDS)[:_MOST_WORDS]
    found: dict[str, None] = {}
    at = 0
    while at < len(words):
        number, length = _at(words, at, shapes)
        if number:
            found[number] = None
        at += length
    return list(found)


def near(text: str, shapes: Sequence[str]) -> list[str]:
    """Numbers that may have been meant: O/0, I/1/L, swapped neighbours. Never for execution.

    Best first, at most `MOST_NEAR`, without the number itself (libraries.md: rules found the
    right one where similarity scores proposed unrelated ones).
    """
    compact = "".join(char for char in _plain(text) if char.isalnum())
    itself = tidy(text, shapes)
    found: dict[str, None] = {}
    for candidate in _spellings(compact):
        for shape in shapes:
            for repaired in _repairs(candidate, shape):
                fit = _fit(repaired, shape, True)
                if fit and fit != itself:
                    found[fit] = None
        if len(found) >= MOST_NEAR:
            break
    return list(found)[:MOST_NEAR]


def _at(words: Sequence[str], at: int, shapes: Sequence[str]) -> tuple[str, int]:
    """The longest number that begins at a word, and how many words it or the gap takes."""
    for length in range(min(_WORDS_OF_A_NUMBER, len(words) - at), 0, -1):
        candidate = " ".join(words[at : at + length]).strip(_AROUND)
        lettered = any(char.isalpha() for char in candidate)
        if (lettered or candidate.isdigit()) and known(candidate, shapes, padding=lettered):
            return tidy(candidate, shapes), length
    return "", 1


def _fit(typed: str, shape: str, padding: bool) -> str:
    """The canonical number if a text is of a shape, else ""."""
    letters = sum(char.isalpha() for char in typed)
    if len(typed) == letters or letters != shape.count("A"):
        return ""
    if shape.isdigit():  # one run: "000 333 666"
        typed = "".join(char for char in typed if char not in _SEPARATORS)
    number: list[str] = []
    place = 0
    only_digits = "A" not in shape
    for kind, length in _runs(shape):
        while place < len(typed) and typed[place] in _SEPARATORS:
            place += 1
        if kind not in "9A0":
            number.append(kind * length)
            continue
        end = place
        while end < len(typed) and end - place < length and _is_of(typed[end], kind):
            end += 1
        taken = typed[place:end]
        least = _least(length, only_digits) if kind == "0" and padding else length
        if len(taken) < least:
            return ""
        number.append(taken.zfill(length) if kind == "0" else taken)
        place = end
    return "".join(number) if place == len(typed) else ""


def _least(length: int, only_digits: bool) -> int:
    """How many digits of a padded run must be typed: half of them where no letter tells more."""
    return (length + 1) // 2 if only_digits else 1


def _runs(shape: str) -> Iterator[tuple[str, int]]:
    """("9", 2), ("A", 2), ("-", 1), ... A run of "0" that is not the last one is of digits."""
    runs = [(kind, len(list(run))) for kind, run in groupby(shape)]
    for place, (kind, length) in enumerate(runs):
        yield ("9" if kind == "0" and place < len(runs) - 1 else kind), length


def _is_of(char: str, kind: str) -> bool:
    return char.isalpha() if kind == "A" else char.isdigit()


def _plain(text: str) -> str:
    """A typed number in ASCII capitals, or "" if it is too long or has other letters."""
    folded = fold(text[: LONGEST + 1])
    return folded.upper() if is_plain(folded) and len(folded) <= LONGEST else ""


def _upper(text: str) -> str:
    """ASCII letters in upper case; no other letter changes (never "\u017f" to "S")."""
    return "".join(char.upper() if char.isascii() else char for char in text)


def _spellings(compact: str) -> Iterator[str]:
    """The text itself, then I for L and back one at a time, then each two neighbours swapped."""
    yield compact
    for place, char in enumerate(compact):
        if char in _TWINS:
            yield compact[:place] + _TWINS[char] + compact[place + 1 :]
    for place in range(len(compact) - 1):
        first, second = compact[place], compact[place + 1]
        if first != second:
            yield compact[:place] + second + first + compact[place + 2 :]


def _repairs(compact: str, shape: str) -> list[str]:
    """A text with digits where the shape wants digits and letters where it wants letters."""
    classes = [kind for kind, length in _runs(shape) if kind in "9A0" for _ in range(length)]
    if len(compact) > len(classes):
        return []
    repaired = [""]
    for char, kind in zip(compact, classes, strict=False):
        if kind == "A":
            choices = char if char.isalpha() else _LETTERS_FOR.get(char, "")
        else:
            choices = char if char.isdigit() else _DIGIT_FOR.get(char, "")
        repaired = [known + choice for known in repaired for choice in choices][:8]
    return repaired
