"""Fixtures that many tests share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from tests.scale import SEED, Scale

if TYPE_CHECKING:
    from tests.world import World

settings.register_profile("house", deadline=None)  # a busy machine is no failure
settings.load_profile("house")


def pytest_addoption(parser: pytest.Parser) -> None:
    """How much of the fault plan runs; docs/faults.md has the figures."""
    group = parser.getgroup("mailbot")
    group.addoption("--tier", choices=("C", "N"), default="C", help="C each change, N by night")
    group.addoption("--seed", type=int, default=SEED, help="what all chance begins with")
    group.addoption("--share", type=float, default=1.0, help="a part of tier N, as 0.1")


@pytest.fixture
def scale(request: pytest.FixtureRequest) -> Scale:
    """How large a test of the fault plan is; a failure shows the command that repeats it."""
    told = request.config.getoption
    found = Scale(told("--tier"), told("--seed"), told("--share"))
    options = f"--tier {found.tier} --seed {found.seed} --share {found.share:g}"
    print(f"again: python -m pytest {options} '{request.node.nodeid}'")
    return found


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    from tests.world import worlds

    yield from worlds(tmp_path)


@pytest.fixture
def seed(tmp_path: Path) -> Iterator[World]:
    """The same world in the profile of the original."""
    from tests.world import worlds

    yield from worlds(tmp_path, profile="seed")
