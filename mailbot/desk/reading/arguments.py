"""Reads what stands behind a verb: numbers, ALL, a token, another verb; or finds it is prose."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mailbot.desk.reading import verbs
from mailbot.desk.reading.glyphs import is_plain
from mailbot.desk.reading.numbers import find, known, looks_like, tidy
from mailbot.model import Verb
from mailbot.tokens import find_tokens

_MOST_WORDS = 500
_MOST_SUGGESTED = 5
_WORDS_OF_A_NUMBER = 5
# Words between and around numbers that change nothing. STOP takes none (decisions.md 18).
_FILLERS = frozenset(
    {
        "#", "&", "also", "and", "case", "cases", "no", "no.", "nr", "nr.", "number", "number:",
        "numbers", "please", "thanks", "the",
    }
)  # fmt: skip
_ALL = frozenset({"ALL", "EVERYTHING"})
_TAILS = ("-", "(", '"', "'", ":", "/")  # "15AB-CR00015 - ST V JASON L COFFMAN", as copied
_AROUND = ".:;!()[]<>\"'*_#"
_LINKS = ("<tel:", "<mailto:", "<http:", "<https:", "<x-apple-data-detectors:")


def of(verb: Verb, rest: str, shapes: Sequence[str]) -> list[tuple[str, ...]] | None:
    """The arguments of each command that a line gives, or None if the rest is no argument.

    Args:
        verb: as the line begins.
        rest: folded, behind the verb.
        shapes: of case numbers.
    """
    if verb in (Verb.CONFIRM, Verb.NO, Verb.UNDO):
        token = verbs.token_in(rest)
        return [(token,)] if token else _alone(rest)
    if verb is Verb.HELP:
        other = rest.upper()
        return [(other,)] if other in verbs.NAMES else _alone(rest)
    if verb is Verb.REPORT:
        return _alone(rest)
    if verb is Verb.STOP:
        if not rest or rest.upper() == "ALL":
            return [("ALL",)] if rest else [()]
        stopped = _numbers(rest, shapes, ())
        return [tuple(stopped)] if stopped else None
    wanted = _numbers(rest, shapes, _FILLERS)
    return [(number,) for number in wanted] if wanted else None


def _alone(rest: str) -> list[tuple[str, ...]] | None:
    return None if rest else [()]


def bare_numbers(line: str, shapes: Sequence[str]) -> list[str]:
    """The numbers of a line that holds nothing else, each with all its digits (5.2.9)."""
    if not any(char.isdigit() for char in line):
        return []
    return _all(_read(line, shapes, (), padding=False))


def meant(line: str, shapes: Sequence[str]) -> str:
    """The command that a line was probably meant for, as it should be written, or "".

    A mistyped verb counts only with what belongs behind it, a right one only with more on its line
    than belongs there, and "please stop 15AB-CR00015" because it holds both verb and number.
    """
    verb, rest = verbs.split_verb(line)
    if verb is not None:
        return _written(verb, rest, shapes)
    first, _, rest = line.partition(" ")
    verb = verbs.near_verb(first)
    if verb is not None and of(verb, rest, shapes) is not None:
        return _written(verb, rest, shapes)
    words = {word.strip(_AROUND + ",").upper() for word in line.split()[:_MOST_WORDS]}
    verb = next((verb for verb in (Verb.STOP, Verb.TRACK) if verb in words), None)
    named = find(line, shapes) if verb is not None else []
    return f"{verb} {', '.join(named[:_MOST_SUGGESTED])}" if named else ""


def _written(verb: Verb, rest: str, shapes: Sequence[str]) -> str:
    words = rest.upper().split()
    found = list(dict.fromkeys(number for number in _read(rest, shapes, (), True) if number))
    real = [number for number in found if known(number, shapes)]
    if verb is Verb.STOP and not _ALL.isdisjoint(words):
        return "STOP ALL"
    if verb in (Verb.TRACK, Verb.STOP, Verb.CASE) and real:
        return f"{verb} {', '.join(real[:_MOST_SUGGESTED])}"
    if verb in (Verb.TRACK, Verb.CASE):
        return f"{verb} {found[0]}" if found else ""
    return str(verb) if len(words) <= 6 else ""


def _numbers(
    rest: str, shapes: Sequence[str], fillers: Sequence[str] | frozenset[str]
) -> list[str]:
    """The numbers of a text, or none at all if there is anything else in it."""
    if fillers:
        rest = _without_tail(rest, shapes)
    return _all(_read(rest, shapes, fillers, padding=True))


def _all(found: Iterator[str]) -> list[str]:
    """What was read, or nothing as soon as a word is no number."""
    numbers: list[str] = []
    for number in found:
        if not number:
            return []
        numbers.append(number)
    return numbers


def _read(
    text: str, shapes: Sequence[str], fillers: Sequence[str] | frozenset[str], padding: bool
) -> Iterator[str]:
    """Each number of a text as the court spells it; "" for each word that is none."""
    if not is_plain(text):
        yield ""
        return  # the look-alikes of other scripts are none (T-UNI)
    for piece in text.replace(";", ",").split(","):
        words = [word for word in piece.split()[:_MOST_WORDS] if word.lower() not in fillers]
        at = 0
        while at < len(words):
            number, length = _at(words, at, shapes, padding)
            yield number
            at += length


def _at(words: Sequence[str], at: int, shapes: Sequence[str], padding: bool) -> tuple[str, int]:
    """The number that begins at a word and how many words it takes; "" if none does."""
    for length in range(min(_WORDS_OF_A_NUMBER, len(words) - at), 0, -1):
        candidate = " ".join(words[at : at + length]).strip(_AROUND + " -")
        lettered = any(char.isalpha() for char in candidate)
        if (padding or lettered or candidate.isdigit()) and known(
            candidate, shapes, padding or lettered
        ):
            return tidy(candidate, shapes), length
    word = words[at].strip(_AROUND)
    meant = padding and looks_like(word) and not find_tokens(word)
    return (tidy(word, shapes) if meant else ""), 1


def _without_tail(rest: str, shapes: Sequence[str]) -> str:
    """The number alone where its case's name was copied along with it."""
    words = rest.split()
    for at in range(1, min(len(words), _WORDS_OF_A_NUMBER + 1)):
        if words[at].startswith(_TAILS) and known(" ".join(words[:at]), shapes):
            return " ".join(words[:at])
    return rest


def without_links(line: str) -> str:
    """A line without what mail programs put behind a number they took for a telephone's."""
    for mark in _LINKS:
        start = line.find(mark)
        while start >= 0:
            end = line.find(">", start)
            if end < 0:
                break
            line = f"{line[:start]} {line[end + 1 :]}"
            start = line.find(mark, start)
    return line.strip()
