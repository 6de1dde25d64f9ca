"""How much of the fault plan runs: tier C with every change, tier N by night (reliability.md 4)."""

from __future__ import annotations

import random
from dataclasses import dataclass

SEED = 20261125


@dataclass(frozen=True)
class Scale:
    """What `--tier`, `--seed` and `--share` say; read nowhere else.

    Args:
        tier: "C" or "N".
        seed: what all chance of a test begins with.
        share: a part of tier N, for a machine that has less time; tier C is always whole.
    """

    tier: str = "C"
    seed: int = SEED
    share: float = 1.0

    def of(self, change: int, night: int) -> int:
        """How many of something: the first figure in tier C, the share of the second in tier N."""
        return change if self.tier == "C" else max(change, round(night * self.share))

    def chance(self, name: str = "") -> random.Random:
        """The chance of one test; the same seed gives the same."""
        return random.Random(f"{self.seed} {name}")
