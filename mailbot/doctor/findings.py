"""What the doctor says of one thing: how it is, in a sentence, what to do, and what to publish."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "warning", "wrong"]
_PIECE = 255  # octets of one string of a TXT record (RFC 1035 3.3.14)


@dataclass(frozen=True)
class Record:
    """A DNS record as it is to be published."""

    name: str  # without the dot at its end
    type: str
    value: str

    def __str__(self) -> str:
        value = self.value
        if self.type == "TXT":
            pieces = [value[at : at + _PIECE] for at in range(0, len(value), _PIECE)]
            value = " ".join(f'"{piece}"' for piece in pieces)
        return f"{self.name}. {self.type} {value}"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. `check` is a name for --only, `subject` what was looked at."""

    check: str
    subject: str
    state: State
    says: str  # one sentence
    todo: str = ""  # one sentence; of every "wrong"
    publish: tuple[Record, ...] = ()


@dataclass(frozen=True)
class About:
    """Makes findings about one thing."""

    check: str
    subject: str

    def ok(self, says: str) -> Finding:
        """It is as it should be."""
        return Finding(self.check, self.subject, "ok", says)

    def warning(self, says: str, todo: str = "", publish: Sequence[Record] = ()) -> Finding:
        """It works, and something could be better or could not be looked at."""
        return Finding(self.check, self.subject, "warning", says, todo, tuple(publish))

    def wrong(self, says: str, todo: str, publish: Sequence[Record] = ()) -> Finding:
        """It does not work."""
        return Finding(self.check, self.subject, "wrong", says, todo, tuple(publish))
