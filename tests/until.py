"""Waits in a test for something that happens by itself, and fails if it does not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


async def until(holds: Callable[[], object], seconds: float = 5.0) -> None:
    """Return as soon as `holds()` is true."""
    for _ in range(int(seconds * 50)):
        if holds():
            return
        await asyncio.sleep(0.02)
    raise AssertionError(f"not within {seconds} s")
