"""Darkens a colour until white letters on it can be read."""

from __future__ import annotations

import re
from collections.abc import Sequence


def deep(colour: str) -> str:
    """A court's colour, darkened until white letters on it have a contrast of 7:1 (WCAG 1.4.6)."""
    digits = colour.removeprefix("#")
    if not re.fullmatch(r"[0-9A-Fa-f]{6}", digits):
        digits = "1f3a5f"
    shares = [int(digits[place : place + 2], 16) for place in (0, 2, 4)]
    while 1.05 / (_luminance(shares) + 0.05) < 7:
        shares = [int(share * 0.95) for share in shares]
    return "#" + "".join(f"{share:02x}" for share in shares)


def _luminance(shares: Sequence[int]) -> float:
    linear = [
        share / 255 / 12.92 if share <= 10 else ((share / 255 + 0.055) / 1.055) ** 2.4
        for share in shares
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
