"""What another mail server says became of a mail of ours: a bounce or a complaint, as it was read.

All of it is a claim of whoever wrote the report (trap 75): which mail it is about, and so whom it
concerns, only the handle in the address it came to may decide.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Outcome = Literal["hard", "soft", "delayed", "delivered"]


@dataclass(frozen=True)
class Failure:
    """What a report says of one recipient."""

    recipient: str  # as the report spells it
    verdict: Outcome
    status: str | None = None  # "5.1.1", RFC 3463
    reply: str | None = None  # "550", RFC 5321 4.2


@dataclass(frozen=True)
class Report:
    """A report as a whole. `failures` is empty where it names nobody for certain."""

    kind: Literal["bounce", "complaint"]
    failures: tuple[Failure, ...] = ()
    verdict: Literal["hard", "soft", "mixed", "delayed", "delivered"] | None = None
    status: str | None = None  # of the first that has one
    original: tuple[str, ...] = ()  # Message-IDs and sender addresses of the returned mail
    feedback: str | None = None  # "abuse", "opt-out", RFC 5965 7.3

    @property
    def recipients(self) -> tuple[str, ...]:
        """Every recipient that it names, in order."""
        return tuple(failure.recipient for failure in self.failures)
