"""Parts what a person typed from everything that was there before: quotes, signature, footers.

One pass over the lines, each looked at a bounded number of times; no regular expression. What
stands below or inside a quotation never runs, but it counts as visible (decisions.md 13). Where a
quotation has no marks, only a no or stop can be told from what was quoted: no line of ours is one.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum

from mailbot.desk.reading.glyphs import fold
from mailbot.desk.reading.verbs import refuses
from mailbot.inbound.reading.attribution import (
    HEADER_LINES,
    MOST_LINES,
    Marks,
    is_attribution,
    is_header_block,
    is_mobile_signature,
    is_original_message,
    label_of,
    marks_of,
)
from mailbot.plain import SENTINELS

MOST_LINES_READ = 2_000  # the rest is taken as quoted and visible
_BANNER_LINES = 15  # lines between two rules at the very top of a mail
_RULE_SIGNS = "-_=*~\u2500\u2501\u2550\u2581\u2594"
_ARMOUR = "-----BEGIN PGP SIGNED MESSAGE-----"  # RFC 9580 7: above a text signed in the clear
_MOST_ARMOUR = 5  # lines: "Hash: SHA256" and its like
_LONGEST_INITIALS = 5  # "AB> quoted"


@dataclass(frozen=True)
class Split:
    """A text in two: what is new, and the rest without its quotation marks."""

    new: str
    quoted: str
    visible_below: bool  # whether somebody wrote below, between or into the quoted lines


class _State(Enum):
    NEW = "new"
    SIGNATURE = "signature"
    MARKED = "marked quote"  # lines that begin with ">"
    PLAIN = "plain quote"  # everything to the end, as below an Outlook header block


def split(text: str, sentinels: Collection[str] = SENTINELS) -> Split:
    """Find the new text of a mail.

    Args:
        text: with LF line ends, flowed lines already joined.
        sentinels: how the line begins that opens the footer of our own mails.
    """
    return _Scanner(text, sentinels).run()


class _Scanner:
    """Walks down the lines of one text once."""

    def __init__(self, text: str, sentinels: Collection[str]) -> None:
        self._raw = text.split("\n", MOST_LINES_READ)
        self._beyond = self._raw.pop() if len(self._raw) > MOST_LINES_READ else ""
        self._lines = [fold(line) for line in self._raw]
        self._seen: dict[int, Marks] = {}
        self._sentinels = tuple(sentinels)
        self._state = _State.NEW
        self._banner_until = self._top_banner()
        self._new: list[str] = []
        self._quoted: list[str] = []
        self._typed = False  # whether anything but drawn lines is new so far
        self._visible_below = False

    def run(self) -> Split:
        at = 0
        while at < len(self._lines):
            at += self._step(at)
        if self._beyond:
            self._quoted.append(self._beyond)
            self._visible_below = True
        if not self._typed:
            self._new, self._quoted = [], [*self._new, *self._quoted]
        new = "\n".join(self._new).strip("\n").rstrip()
        return Split(new, "\n".join(self._quoted).strip("\n"), self._visible_below)

    def _step(self, at: int) -> int:
        """Decide about the line and say how many lines were taken."""
        line = self._lines[at]
        if not line:
            return self._take(at, 1)
        if line.startswith(self._sentinels):
            return self._enter(_State.PLAIN, at, 1)
        if self._state is _State.PLAIN:
            return self._take(at, 1)
        if is_quoted(line):
            return self._enter(_State.MARKED, at, 1)
        if at < self._banner_until:
            return self._take(at, 1)
        if line == _ARMOUR and self._state is _State.NEW:
            return self._below_armour(at)
        opening = self._opening(at)
        if opening:
            return self._enter(self._kind_of_quote(at + opening), at, opening)
        if self._ends_text(at):
            return self._enter(_State.SIGNATURE, at, 1)
        if self._state is _State.MARKED:
            self._visible_below = True
        return self._take(at, 1)

    def _below_armour(self, at: int) -> int:
        """Leave out the head of a signed text, down to its empty line (RFC 9580 7)."""
        for count, line in enumerate(self._lines[at : at + _MOST_ARMOUR]):
            if not line:
                return count
        return 1

    def _opening(self, at: int) -> int:
        """How many lines from here say that a quotation follows; 0 for none."""
        if is_original_message(self._lines[at]):
            return 1
        if self._is_header_block(at):
            return 1
        return self._attribution(at)

    def _is_header_block(self, at: int) -> bool:
        return label_of(self._lines[at]) != "" and is_header_block(
            self._lines[at : at + HEADER_LINES]
        )

    def _attribution(self, at: int) -> int:
        """How many lines from here name the writer of what follows; 0 for none."""
        without_colon = 0  # "On 2 March A wrote": the colon may be in the next line
        for end in range(at + 1, min(at + MOST_LINES, len(self._lines)) + 1):
            line = self._lines[end - 1]
            if not line or (is_quoted(line) and line != ">:"):  # ">:" is the broken end of one
                break
            marks = [self._marks(place) for place in range(at, end)]
            closes = marks[-1].colon or marks[-1].ends_wrote
            if closes and is_attribution(marks, self._quote_follows(end)):
                if marks[-1].colon:
                    return end - at
                without_colon = without_colon or end - at
        return without_colon

    def _marks(self, at: int) -> Marks:
        """The marks of a line, looked for once."""
        if at not in self._seen:
            self._seen[at] = marks_of(self._lines[at])
        return self._seen[at]

    def _kind_of_quote(self, at: int) -> _State:
        return _State.MARKED if self._quote_follows(at) else _State.PLAIN

    def _quote_follows(self, at: int) -> bool:
        """Whether the next line that is not empty is marked as quoted."""
        for line in self._lines[at : at + 6]:
            if line:
                return is_quoted(line)
        return False

    def _ends_text(self, at: int) -> bool:
        """Whether a line opens a signature or the footer of a list."""
        line = self._lines[at]
        if line in ("--", "-"):  # "-- " of RFC 3676 4.3, and a dash alone
            return True
        if is_rule(line):
            return self._typed or self._state is not _State.NEW
        return is_mobile_signature(line)

    def _top_banner(self) -> int:
        """Where the banner ends that a gateway put between two rules above all else, or 0."""
        first = next((at for at, line in enumerate(self._lines) if line), 0)
        if not self._lines or not is_rule(self._lines[first]) or self._lines[first] == "--":
            return 0
        last = min(first + 2 + _BANNER_LINES, len(self._lines))
        for at in range(first + 1, last):
            if self._is_header_block(at):
                return 0
            if is_rule(self._lines[at]):
                return at + 1
        return 0

    def _enter(self, state: _State, at: int, count: int) -> int:
        self._state = state
        return self._take(at, count)

    def _take(self, at: int, count: int) -> int:
        if self._state is _State.NEW:
            self._new += self._raw[at : at + count]
            self._typed = self._typed or not is_drawn(self._lines[at])
            return count
        self._quoted += (unmarked(line) for line in self._raw[at : at + count])
        said = (unmarked(line) for line in self._lines[at : at + count])
        self._visible_below = self._visible_below or any(map(refuses, said))
        return count


def is_quoted(line: str) -> bool:
    """Whether a folded line is marked as quoted: "> ", "| ", "AB> ", "&gt; "."""
    if line.startswith((">", "| ", "&gt;")) or line == "|":
        return True
    initials, mark, _ = line[: _LONGEST_INITIALS + 1].partition(">")
    return bool(mark) and initials.isalnum()


def is_rule(line: str) -> bool:
    """Whether a folded line is drawn: "____", "-----", "=====", "--"."""
    return len(line) >= 2 and not line.strip(_RULE_SIGNS + " ")


def is_drawn(text: str) -> bool:
    """Whether a text shows nothing but white space and drawn lines."""
    return not text.strip(_RULE_SIGNS + " \n\t\u00a0")


def unmarked(line: str) -> str:
    """A line without its quotation marks, so that a link broken over two lines can be joined."""
    bare = line.lstrip()
    if not bare.startswith((">", "|", "&gt;")):
        return line
    return bare.lstrip("> |") if bare[0] != "&" else bare.removeprefix("&gt;").lstrip()
