"""Makes up what stands on a Missouri docket, from missouri.toml and a seeded random."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from importlib.resources import files
from random import Random
from typing import Any

LETTERS = "ABCDEGHJKLMNPRSTW"
LONG_TEXT = 2000  # characters that a judgment's text exceeds (S80)


@dataclass(frozen=True)
class Kind:
    """A kind of case, as the letters in its number say."""

    code: str
    disposition: str
    category: str
    type_text: str
    title: str
    weight: int
    access: int = 0


@dataclass(frozen=True)
class EntryKind:
    """A kind of docket entry, and when it usually comes."""

    kinds: str
    day: int
    type_text: str
    texts: Sequence[str]
    by: str = ""
    documents: int = 0
    access: int = 0
    long: bool = False


@dataclass(frozen=True)
class Words:
    """All that missouri.toml says."""

    court: Mapping[str, Any]
    names: Mapping[str, Sequence[str]]
    kinds: Mapping[str, Kind]
    seeds: Sequence[Mapping[str, Any]]
    entries: Sequence[EntryKind]
    findings: Sequence[str]
    charges: Sequence[Sequence[str]]
    hearings: Sequence[str]
    corrections: Sequence[str]

    @classmethod
    def load(cls) -> Words:
        """Read the file beside this module."""
        found = tomllib.loads(
            files("mailbot.demo").joinpath("missouri.toml").read_text(encoding="utf-8")
        )
        return cls(
            court=found["court"],
            names=found["names"],
            kinds={kind["code"]: Kind(**kind) for kind in found["kind"]},
            seeds=found["seed"],
            entries=[EntryKind(**entry) for entry in found["entry"]],
            findings=found["findings"]["sentences"],
            charges=found["charges"]["described"],
            hearings=found["hearings"]["described"],
            corrections=found["clerk"]["corrections"],
        )

    def entries_for(self, code: str) -> list[EntryKind]:
        """The entries that cases of this kind get, in their usual order."""
        return [one for one in self.entries if not one.kinds or code in one.kinds.split()]

    def text_for(self, kind: EntryKind, facts: Mapping[str, str], random: Random) -> str:
        """A docket text; some are empty, and a judgment's is longer than a notice shows."""
        text = random.choice(kind.texts).format_map(facts)
        number = 0
        while kind.long and len(text) <= LONG_TEXT + 400:
            number += 1
            text += f"\n{number}. {random.choice(self.findings).format_map(facts)}"
        return text

    def facts(self, known: Mapping[str, str], near: date, random: Random) -> Facts:
        """What a docket text may speak of, around that day."""
        return Facts(self, known, near, random)

    def moment(self, day: date, random: Random) -> datetime:
        """A minute of that day's office hours, in the court's local time."""
        minutes = random.randrange(8 * 60, 17 * 60)
        return datetime.combine(day, time()) + timedelta(minutes=minutes)


class Facts(dict[str, str]):
    """The words of one docket text by placeholder; each is made up when it is first asked for."""

    def __init__(self, words: Words, known: Mapping[str, str], near: date, random: Random) -> None:
        super().__init__(known)
        self._words = words
        self._near = near
        self._random = random

    def __missing__(self, name: str) -> str:
        """Make one up, and keep to it."""
        return self.setdefault(name, self._made_up(name))

    def _made_up(self, name: str) -> str:
        pick, names = self._random.choice, self._words.names
        match name:
            case "initials" | "otherinitials":
                return "".join(f"{pick(LETTERS)}." for _ in range(3))
            case "letter":
                return pick(LETTERS)
            case "clerk":
                return "/" + "".join(pick(LETTERS) for _ in range(2)).lower()
            case "attorney":
                return f"{pick(names['first'])} {pick(names['last'])}"
            case "county":
                return str(self._words.court["county"])
            case "division":
                return str(self._random.randrange(1, 8))
            case "amount":
                return str(self._random.randrange(50, 9900))
            case "date":
                later = self._near + timedelta(days=self._random.randrange(3, 60))
                return f"{office_day(later):%m/%d/%Y}"
        return pick(names[name.removeprefix("other") or "last"])


def office_day(day: date) -> date:
    """That day, or the Friday before a weekend."""
    return day - timedelta(days=max(day.weekday() - 4, 0))
