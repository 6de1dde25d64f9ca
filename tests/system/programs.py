"""Finds the programs of the machine that the system tests run; one that is missing fails the test."""

from __future__ import annotations

import os
import shutil

import pytest


def needed(program: str, package: str) -> str:
    """The path of a program, which Debian's package brings."""
    found = shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin")
    if found is None:
        pytest.fail(
            f"This test runs {program}, which is not on this machine: apt-get install {package}",
            pytrace=False,
        )
    return found
