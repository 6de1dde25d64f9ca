"""Says who may see what (decisions.md 9): classes, not ranks; only the public is served yet."""

from __future__ import annotations

PUBLIC = 0
EXACT_NUMBER_ONLY = 1


def public_sees_case(access: int) -> bool:
    """Whether anybody who knows the number may see the case."""
    return access in (PUBLIC, EXACT_NUMBER_ONLY)


def public_sees_entry(access: int) -> bool:
    """Whether anybody who may see the case may see the entry."""
    return access in (PUBLIC, EXACT_NUMBER_ONLY)
