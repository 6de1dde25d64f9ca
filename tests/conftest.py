"""Fixtures that many tests share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from tests.world import World

settings.register_profile("house", deadline=None)  # a busy machine is no failure
settings.load_profile("house")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    from tests.world import worlds

    yield from worlds(tmp_path)


@pytest.fixture
def seed(tmp_path: Path) -> Iterator[World]:
    """The same world in the profile of the original."""
    from tests.world import worlds

    yield from worlds(tmp_path, profile="seed")
