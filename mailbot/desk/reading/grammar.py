"""Reads the commands of a mail from its subject and its new text; any text gives a Reading.

mail-interface.md 5.2, decisions.md 18 and 26. Lines end at LF only. A line is looked at once and
never changed into another command than the one that is written there: what is nearly one is
suggested, not run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from mailbot.config import Limits
from mailbot.desk.reading import arguments, verbs
from mailbot.desk.reading.glyphs import fold
from mailbot.desk.reading.subject import peel
from mailbot.model import Command, Ignored, Reading, Verb
from mailbot.tokens import find_tokens

MOST_UNKNOWN_LINES = 40  # greetings and banners above the first command, mistyped ones below
MOST_COMMANDS_READ = 1000  # repetitions among them
_LONGEST_LINE = 4000  # characters of a line that are looked at; 100 numbers fit
_LONGEST_SHOWN = 200  # characters of a line that are repeated to its writer
_MOST_IGNORED = 60
_ALLOWED_WHEN_FORWARDED = (Verb.CASE, Verb.HELP, Verb.NOT_OFFERED)
_LIST_MARKS = "-*+>\u2022\u25cf\u25e6\u2043\u2219\u00b7\u25aa\u25cb\u2023#"
_QUOTES = "*_`\"'~"


class Reason(StrEnum):
    """Why a line was not run, in as few words as the templates can work with."""

    UNKNOWN = "no command"
    NEAR_MISS = "nearly a command"  # a mistyped verb, or more on the line than belongs to it
    NO_NUMBER = "the case number is missing"
    AFTER_COMMANDS = "below the commands"  # the first prose behind a command ends the reading
    NOT_READ = "not read"  # behind a limit or the end of the commands
    TOO_MANY = "not read: too many commands"
    FORWARDED = "in a forwarded mail"  # which may only ask


def read(subject: str, new_text: str, shapes: Sequence[str], limits: Limits) -> Reading:
    """The commands of a mail, in order, each once, subject first.

    Args:
        subject: decoded, not yet peeled.
        new_text: what the person typed, with LF line ends.
        shapes: the court's case number shapes (numbers.py).
        limits: how many commands, how many characters.
    """
    peeled = peel(subject)
    reader = _Reader(shapes)
    reader.subject(peeled.text)
    text, beyond = _cut(new_text, limits.new_text_bytes)
    reader.lines(text.split("\n"))
    if beyond:
        reader.ignore(beyond, Reason.NOT_READ)
    commands = _within(reader, limits)
    if peeled.forwarded:
        held = [command for command in commands if command.verb not in _ALLOWED_WHEN_FORWARDED]
        commands = [command for command in commands if command not in held]
        for command in held:
            reader.ignore(command.line, Reason.FORWARDED)
    return Reading(
        commands=tuple(commands),
        ignored=tuple(reader.ignored[:_MOST_IGNORED]),
        suggestion=reader.suggestion,
        read_only=peeled.forwarded,
    )


def _cut(text: str, limit: int) -> tuple[str, str]:
    """A text of at most so many octets, and the line that was the first to be cut."""
    octets = text.encode("utf-8", "replace")
    if len(octets) <= limit:
        return text, ""
    kept, _, begun = octets[:limit].rpartition(b"\n")
    rest = (begun + octets[limit : limit + 4 * _LONGEST_SHOWN]).decode("utf-8", "replace")
    return kept.decode("utf-8", "replace"), rest.strip().partition("\n")[0]


def _within(reader: _Reader, limits: Limits) -> list[Command]:
    """The commands without repetitions, as many as one mail may give (5.2.7)."""
    different: dict[tuple[Verb, tuple[str, ...]], Command] = {}
    for command in reader.commands:
        different.setdefault((command.verb, command.args), command)
    listed = {verb for verb, _ in different} in ({Verb.CASE}, {Verb.TRACK})
    most = limits.case_list if listed else limits.commands
    for command in list(different.values())[most:]:
        reader.ignore(command.line or " ".join(command.args), Reason.TOO_MANY)
    return list(different.values())[:most]


@dataclass
class _Reader:
    """Goes through one mail's lines and keeps what it found."""

    shapes: Sequence[str]
    commands: list[Command] = field(default_factory=list)
    ignored: list[Ignored] = field(default_factory=list)
    suggestion: str | None = None
    _unknown: int = 0
    _begun: bool = False  # whether there was a command in the text, not only in the subject
    _open: Verb | None = None  # a verb whose numbers may follow on lines of their own

    def subject(self, text: str) -> None:
        """A subject is a command only as a whole; anything else in it is no mistake."""
        line = _clean(text)
        if line and not self._take(line, text):
            self._suggest(line)

    def lines(self, lines: Sequence[str]) -> None:
        """Read down to the first prose behind a command, or the last line."""
        at = 0
        while at < len(lines):
            line, shown = _clean(lines[at]), lines[at]
            if line.upper() == "END OF COMMANDS":
                return
            if len(self.commands) >= MOST_COMMANDS_READ:
                self._rest(lines[at:])
                return
            taken = self._line(line, shown, lines[at + 1] if at + 1 < len(lines) else "")
            if not taken:
                self._rest(lines[at + 1 :], prose=self._unknown < MOST_UNKNOWN_LINES)
                return
            at += taken

    def ignore(self, line: str, reason: Reason) -> None:
        """Note a line that is not run."""
        if len(self.ignored) < _MOST_IGNORED:
            self.ignored.append(Ignored(_shown(line), reason))

    def _line(self, line: str, shown: str, following: str) -> int:
        """How many lines were read here; 0 where the reading ends."""
        if not line or shown.lstrip().startswith("#"):
            return 1
        whole = self._with_rest_of_token(line, shown, following)
        if whole and self._take(whole, whole):
            self._begun = True
            return 2
        if self._take(line, shown):
            self._begun = True
            return 1
        near = self._suggest(line)
        if self._begun and not near:
            self.ignore(shown, Reason.AFTER_COMMANDS)
            return 0
        self.ignore(shown, Reason.NEAR_MISS if near else Reason.UNKNOWN)
        self._unknown += 1
        return 1 if self._unknown < MOST_UNKNOWN_LINES else 0

    def _is_code(self, line: str) -> bool:
        """Whether a line is a code alone, and no case number of the same length."""
        return verbs.is_code(line) and not arguments.bare_numbers(line, self.shapes)

    def _with_rest_of_token(self, line: str, shown: str, following: str) -> str:
        """The line with the next one, where its token is or goes on there (trap 15), else ""."""
        verb, rest = verbs.split_verb(line)
        if verb not in (Verb.CONFIRM, Verb.NO, Verb.UNDO) or 0 < len(rest) < 10:
            return ""
        below = verbs.without_label(_clean(following))
        if not rest and not (find_tokens(following) or self._is_code(below)):
            return ""
        whole = _clean(f"{shown.strip()} {following.strip()}")
        broken = not verbs.token_in(rest) and verbs.token_in(verbs.split_verb(whole)[1])
        return whole if broken else ""

    def _take(self, line: str, shown: str) -> bool:
        """Take the commands of a line; whether there were any."""
        if not self.commands and not self._unknown and self._is_code(line):
            line = f"{Verb.CONFIRM} {line}"  # a code alone opens the mail; below, it may be quoted
        found = self._continued(line, shown) or self._found(line, shown)
        if not found and (plain := verbs.without_courtesy(line)) != line:
            found = [each for each in self._found(plain, shown) if each.verb is not Verb.NO]
        if found and not self.commands:
            self.suggestion = None  # what stood above was a greeting
        self.commands += found
        return bool(found)

    def _continued(self, line: str, shown: str) -> list[Command]:
        """Numbers on a line of their own, below "TRACK", "STOP" or a line that ends in a comma."""
        verb = self._open
        numbers = arguments.bare_numbers(line, self.shapes) if verb is not None else []
        if verb is None or not numbers:
            self._open = None
            return []
        if verb is Verb.TRACK:
            self._drop_open()
            return [Command(verb, (number,), _shown(shown)) for number in numbers]
        earlier = self.commands[-1].args if self.commands else ()
        self.commands = self.commands[:-1]
        return [Command(verb, (*earlier, *numbers), _shown(shown))]

    def _drop_open(self) -> None:
        """Forget the complaint that TRACK had no number, now that it has one."""
        if self.ignored and self.ignored[-1].reason == Reason.NO_NUMBER:
            self.ignored.pop()

    def _found(self, line: str, shown: str) -> list[Command]:
        verb, rest = verbs.split_verb(line)
        if verb is None:
            return self._unled(line, shown)
        sets = arguments.of(verb, rest, self.shapes)
        if sets is None:
            if verb is Verb.TRACK and not rest:
                self._open = verb
                self.ignore(shown, Reason.NO_NUMBER)
            return []
        ends_open = shown.rstrip().endswith(",") or (verb is Verb.STOP and not rest)
        self._open = verb if ends_open and verb in (Verb.TRACK, Verb.STOP) else None
        return [Command(verb, args, _shown(shown)) for args in sets]

    def _unled(self, line: str, shown: str) -> list[Command]:
        """A line without a verb of ours: numbers alone, or a verb that is not built."""
        numbers = arguments.bare_numbers(line, self.shapes)
        if numbers:
            return [Command(Verb.CASE, (number,), _shown(shown)) for number in numbers]
        absent = verbs.not_offered(line)
        return [Command(Verb.NOT_OFFERED, (absent,), _shown(shown))] if absent else []

    def _suggest(self, line: str) -> bool:
        """Keep what was probably meant; whether there is such a thing."""
        meant = arguments.meant(line, self.shapes)
        if meant and self.suggestion is None:
            self.suggestion = meant
        return bool(meant)

    def _rest(self, lines: Sequence[str], prose: bool = False) -> None:
        """Say which line the reading did not come to, where there was one.

        Behind prose, as in a sign-off, only a command or nearly one is worth a word.
        """
        first = next((line for line in lines if _clean(line) and self._counts(line, prose)), "")
        if first:
            self.ignore(first, Reason.NOT_READ)

    def _counts(self, shown: str, prose: bool) -> bool:
        if not prose:
            return True
        line, alone = _clean(shown), _Reader(self.shapes)
        found = any(each.verb is not Verb.NOT_OFFERED for each in alone._found(line, shown))
        return found or bool(arguments.meant(line, self.shapes))


def _shown(line: str) -> str:
    return " ".join(line.split())[:_LONGEST_SHOWN]


def _clean(line: str) -> str:
    """A line folded, without list marks, Markdown, quotes and final punctuation (5.2.7)."""
    text = fold(line[:_LONGEST_LINE]).lstrip(_LIST_MARKS + " ")
    number, mark, rest = text.partition(" ")
    if mark and number[-1:] in ".)" and number[:-1].isdigit() and len(number) <= 4:
        text = rest.lstrip()
    text = arguments.without_links(text)
    return text.strip(_QUOTES + " ").rstrip(".,;:!" + _QUOTES + " ").lstrip(_QUOTES + "([ ")
