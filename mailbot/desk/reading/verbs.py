"""The verbs that a person may write, their other names, and what may stand behind each.

mail-interface.md 5.2.8, decisions.md 18 and 26. A verb counts only if the rest of its line is of
its form: "Stop by my office" is prose.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mailbot.desk.reading import numbers
from mailbot.desk.reading.glyphs import is_plain
from mailbot.model import Verb
from mailbot.tokens import canonical_code, find_tokens

_DIGITS_OF_A_CHOICE = 2  # "3" answers a list of results
_LONGEST_NO = 12  # characters with the signs behind it
_SIGNS_BEHIND_NO = ".,;:!"
_NEAR = 2  # letters that a mistyped verb of five or more may differ by

# fmt: off
NAMES = {
    "TRACK": Verb.TRACK,
    "CONFIRM": Verb.CONFIRM,
    "NO": Verb.NO,
    "REPORT": Verb.REPORT, "LIST": Verb.REPORT, "TRACKING REPORT": Verb.REPORT,
    "STOP": Verb.STOP, "UNSUBSCRIBE": Verb.STOP, "QUIT": Verb.STOP, "CANCEL": Verb.STOP,
    "REMOVE": Verb.STOP, "END": Verb.STOP,
    "UNDO": Verb.UNDO,
    "HELP": Verb.HELP, "?": Verb.HELP,
    "CASE": Verb.CASE,
}
# Yes and No in the languages of the readers, in small letters. A word that says yes in one and
# something else in another (Polish and Danish "tak") is none.
YES = frozenset({
    "yes", "ok", "okay", "ja", "oui", "sí", "si", "sim", "sì", "áno", "ano", "igen", "да", "ναι",
    "evet", "kyllä", "jah", "taip", "jā", "はい", "是", "是的", "네", "예", "نعم", "כן", "vâng",
    "ใช่",
})
NO = frozenset({
    "no", "nein", "non", "não", "nee", "nej", "nei", "ei", "nie", "ne", "нет", "ні", "όχι",
    "hayır", "いいえ", "否", "不", "不是", "아니요", "아니오", "لا", "לא", "không", "ไม่", "tidak",
    "nem",
})
# fmt: on


_COURTESY = ("please", "pls", "thanks", "thank you", "bitte", "danke", "por favor", "gracias")


def without_courtesy(line: str) -> str:
    """A line without the please or thanks around it: "please stop", "yes, thank you"."""
    text = line
    for words in _COURTESY:
        folded = text.casefold()
        if folded.endswith(f" {words}"):
            text = text[: -len(words)].rstrip(" ,")
        elif folded.startswith(f"{words} "):
            text = text[len(words) :].lstrip(" ,")
    return text


@dataclass(frozen=True)
class Absent:
    """A verb that other systems or later versions have, and the form in which it is meant."""

    name: str
    fits: Callable[[str], bool]


def _nothing(rest: str) -> bool:
    return not rest


def _one_word(rest: str) -> bool:
    return bool(rest) and " " not in rest


def _few_words(rest: str) -> bool:
    return len(rest.split()) <= 6


def _with_digits(rest: str) -> bool:
    return _few_words(rest) and any(char.isdigit() for char in rest)


def _numbers_or_nothing(rest: str) -> bool:
    return not rest or (_few_words(rest) and all(map(numbers.looks_like, rest.split())))


def _name(rest: str) -> bool:
    return bool(rest) and len(rest.split()) <= 5


def _note(rest: str) -> bool:
    return numbers.looks_like(rest.partition(" ")[0])


# Those in capitals only, if prose may begin with the same word and be of the same form.
SHOUTED = frozenset({"NAME", "HEARINGS", "ONLY", "EXCEPT", "MOVE", "MORE", "SINCE", "NOTE"})
NOT_OFFERED = tuple(
    Absent(name, fits)
    for name, fits in {
        "MY DATA": _nothing, "FORGET ME": _nothing, "NAME": _name, "FILED": _with_digits,
        "HEARINGS": _few_words, "MORE": _nothing, "LANG": _one_word, "NOTE": _note,
        "ONLY": _few_words, "EXCEPT": _few_words, "DIGEST": _one_word,
        "PAUSE": _numbers_or_nothing, "RESUME": _numbers_or_nothing, "REMIND": _with_digits,
        "RESEND": _numbers_or_nothing, "SINCE": _with_digits, "STATUS": _numbers_or_nothing,
        "PING": _nothing, "DISCREET": _few_words, "MOVE": _one_word,
    }.items()
)  # fmt: skip


def split_verb(line: str) -> tuple[Verb | None, str]:
    """A folded line as an offered verb and the rest, or None and the line.

    A colon behind the verb is forgiven ("track: 15ab cr00015"). The rest may not fit the verb.
    """
    word = line.lower()  # never casefold: it makes "s" of a long one
    if word in YES or word in NO:
        return (Verb.CONFIRM if word in YES else Verb.NO), ""
    if not is_plain(line):
        return None, line
    words = line.replace(":", ": ", 1).split(maxsplit=2)
    for count in (2, 1):
        name = " ".join(words[:count]).rstrip(":").upper()
        if len(words) >= count and (verb := _verb(name)):
            return verb, " ".join(words[count:])
    return None, line


def _verb(name: str) -> Verb | None:
    return Verb.CONFIRM if name == "YES" else NAMES.get(name)


def not_offered(line: str) -> str:
    """The verb of a folded line that is known and not built, or ""."""
    if line.isascii() and line.isdigit() and len(line) <= _DIGITS_OF_A_CHOICE:
        return line
    if not is_plain(line):
        return ""
    for absent in NOT_OFFERED:
        name, rest = line[: len(absent.name)], line[len(absent.name) :]
        if name.upper() != absent.name or rest[:1] not in ("", " ", ":"):
            continue
        written_so = name.isupper() or absent.name not in SHOUTED
        return absent.name if written_so and absent.fits(rest.strip(" :")) else ""
    return ""


def token_in(rest: str) -> str:
    """The token or code that is all of a text, white space inside forgiven, else "".

    A code comes back in canonical form. Brackets, final punctuation, the word "code" in front and
    the rest of a link around a token are forgiven (traps 15, 46).
    """
    bare = without_label(rest.strip(" .,;:!?()[]<>\"'"))
    together = "".join(bare.split())
    if together.lower().startswith(("https://", "http://")):
        return next(iter(find_tokens(together)), "")
    if find_tokens(together)[:1] == (together,):
        return together
    typed_as_words = bare.isalpha() and not bare.isupper()  # "CONFIRM everything" has ten letters
    return canonical_code(bare) if len(together) <= 12 and not typed_as_words else ""


def without_label(text: str) -> str:
    """A text without the "Code:" that stands before the code in our mails."""
    first, _, behind = text.partition(" ")
    return behind.strip(" :") if first.rstrip(":").lower() == "code" else text


def is_code(line: str) -> bool:
    """Whether a line is a code without a word to it; telephone numbers and words are none."""
    letters = sum(char.isalpha() for char in line)
    return " " not in line and 0 < letters < 10 and bool(canonical_code(line))


def opens_command(line: str) -> bool:
    """Whether a folded line is of the form of an offered command, whatever court it is for."""
    return opened(line)[0] is not None


def opened(line: str) -> tuple[Verb | None, str]:
    """The verb of a folded line of the form of an offered command, and its rest; else None."""
    verb, rest = split_verb(line.strip(" .,;!*_\"'>-"))
    return (verb, rest) if verb is not None and _has_form(verb, rest) else (None, line)


def _has_form(verb: Verb, rest: str) -> bool:
    if not rest or verb is Verb.HELP:
        return not rest or rest.upper() in NAMES
    if verb in (Verb.CONFIRM, Verb.NO, Verb.UNDO):
        return bool(token_in(rest))
    words = rest.replace(",", " ").split()
    return rest.upper() == "ALL" or (
        len(words) <= 20 and any(char.isdigit() for char in rest) and numbers.looks_like(words[0])
    )


def refuses(line: str) -> bool:
    """Whether a folded line says no or stop: the word alone, or a no that goes on behind a sign.

    "No, this was not me", "nein!", "No." and "Stop." refuse; "No. 15AB-CR00015", "no entry" and
    "Stop Tracking" do not. No line of ours does, however it is broken (decisions.md 18).
    """
    word = line[: _LONGEST_NO + 1].partition(" ")[0]
    bare = word.rstrip(_SIGNS_BEHIND_NO).lower()
    if bare in NO and (word[-1] in ",;!" or len(word) == len(line)):
        return True
    return opened(line) == (Verb.STOP, "")


def near_verb(word: str) -> Verb | None:
    """The verb that a mistyped word was meant for: one slip, two in five letters or more."""
    typed = word.strip(":").upper()
    if not is_plain(word) or len(typed) < 3 or typed in NAMES or typed == "YES":
        return None
    best: tuple[int, Verb] | None = None
    for name in (*NAMES, "YES"):
        allowed = _NEAR if len(name) >= 5 else 1
        if len(name) < 3 or abs(len(name) - len(typed)) > allowed:
            continue
        if len(set(name) ^ set(typed)) > 2 * allowed:  # a slip changes two letters at most
            continue
        distance = _distance(typed, name)
        verb = _verb(name)
        if verb and distance <= allowed and (best is None or distance < best[0]):
            best = distance, verb
    return best[1] if best else None


def _distance(first: str, second: str) -> int:
    """Slips between two short words: wrong, missing, added letters and swapped neighbours."""
    before: list[int] = []
    row = list(range(len(second) + 1))
    for i, one in enumerate(first, 1):
        current = [i]
        for j, other in enumerate(second, 1):
            cost = min(row[j] + 1, current[-1] + 1, row[j - 1] + (one != other))
            if i > 1 and j > 1 and one == second[j - 2] and first[i - 2] == other:
                cost = min(cost, before[j - 2] + 1)
            current.append(cost)
        before, row = row, current
    return row[-1]
