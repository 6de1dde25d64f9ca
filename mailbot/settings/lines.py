"""Finds on which line of a TOML text each key, table and list entry stands.

tomllib keeps no lines. The text has been read by it before, so nothing is checked here: the scan
only follows TOML 1.0's shapes (headers, dotted keys, four kinds of strings, lists, inline tables).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping

Place = tuple[str | int, ...]

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_KEY = re.compile(r"""[ \t]*("(?:[^"\\\n]|\\.)*"|'[^'\n]*'|[A-Za-z0-9_-]+)[ \t]*""")
_STRING = re.compile(
    r'"""(?:[^"\\]|\\[\s\S]|"{1,2}(?!"))*"{3,5}'
    r"|'''(?:[^']|'{1,2}(?!'))*'{3,5}"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'[^'\n]*'"
)
_BARE = re.compile(r"[^\s,\]}#]+(?: [0-9][^\s,\]}#]*)?")  # also "1979-05-27 07:32:00"


def line_of(place: Place, lines: Mapping[Place, int]) -> int:
    """The line of a place, or of the nearest table around it; 1 when it has none."""
    while place and place not in lines:
        place = place[:-1]
    return lines.get(place, 1)


def find_lines(text: str) -> dict[Place, int]:
    """The line, counted from 1, of every key, table and list entry of a valid TOML text.

    A list entry bears its number: ("route", 1, "court") is in the second [[route]].
    """
    return _Scan(text.replace("\r\n", "\n")).whole()


class _Scan:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.lines: dict[Place, int] = {}
        self.counts: dict[Place, int] = {}  # entries of each [[list]] so far

    def whole(self) -> dict[Place, int]:
        table: Place = ()
        self._skip()
        while self.at < len(self.text):
            if self.text[self.at] == "[":
                table = self._header()
            else:
                self._pair(table)
            self._skip()
        return self.lines

    def _header(self) -> Place:
        begin = self.at
        is_list = self.text.startswith("[[", begin)
        self.at += 1 + is_list
        keys = self._keys()
        self.at += 1 + is_list
        place: Place = ()
        for key in keys[:-1]:
            place = self._into((*place, key), begin)
        place = (*place, keys[-1])
        self._note(place, begin)
        if is_list:
            self.counts[place] = self.counts.get(place, -1) + 1
            place = (*place, self.counts[place])
            self._note(place, begin)
        return place

    def _into(self, place: Place, begin: int) -> Place:
        """A table on the way of a header; of a [[list]] it is the last entry."""
        self._note(place, begin)
        return (*place, self.counts[place]) if place in self.counts else place

    def _pair(self, table: Place) -> None:
        begin = self.at
        place = table
        for key in self._keys():
            place = (*place, key)
            self._note(place, begin)
        self.at += 1  # the equals sign
        self._skip()
        self._value(place)

    def _value(self, place: Place) -> None:
        if self.text[self.at] == "[":
            self._list(place)
        elif self.text[self.at] == "{":
            self._inline_table(place)
        else:
            found = _STRING.match(self.text, self.at) or _BARE.match(self.text, self.at)
            self.at = found.end() if found else len(self.text)

    def _list(self, place: Place) -> None:
        self.at += 1
        number = 0
        while not self._ended("]"):
            self._note((*place, number), self.at)
            self._value((*place, number))
            number += 1

    def _inline_table(self, place: Place) -> None:
        self.at += 1
        while not self._ended("}"):
            self._pair(place)

    def _ended(self, bracket: str) -> bool:
        """Steps to the next entry, or over the closing bracket."""
        self._skip()
        if self.text.startswith(",", self.at):
            self.at += 1
            self._skip()
        if self.text.startswith(bracket, self.at):
            self.at += 1
            return True
        return self.at >= len(self.text)

    def _keys(self) -> list[str]:
        """The parts of a dotted key, unquoted."""
        keys: list[str] = []
        while found := _KEY.match(self.text, self.at):
            bare = found[1][0] not in "\"'"
            keys.append(found[1] if bare else next(iter(tomllib.loads(f"{found[1]} = 0"))))
            self.at = found.end()
            if not self.text.startswith(".", self.at):
                break
            self.at += 1
        return keys

    def _skip(self) -> None:
        found = _BLANK.match(self.text, self.at)
        self.at = found.end() if found else self.at

    def _note(self, place: Place, at: int) -> None:
        self.lines.setdefault(place, self.text.count("\n", 0, at) + 1)
