"""Leases of senders of this machine that died end at once; all others keep theirs."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from mailbot.outbound.burial import bury_the_dead
from tests.outbound.stage import NOON, Stage

MINUTE = timedelta(minutes=1)


def dead_process() -> int:
    """The number of a process that has ended."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
        return process.pid


@pytest.mark.parametrize(
    ("owner", "buried"),
    [
        (f"here:{dead_process()}:ab", True),
        (f"here:{os.getpid()}:ab", False),
        ("here:1:ab", False),  # alive, and another user's
        (f"elsewhere:{dead_process()}:ab", False),
        ("by-hand", False),
    ],
)
def test_only_the_dead_of_this_machine_are_buried(tmp_path: Path, owner: str, buried: bool) -> None:
    stage = Stage(tmp_path)
    (row_id,) = stage.put_many(1)
    stage.outbox.claim(owner, NOON, 1, MINUTE)
    bury_the_dead(stage.outbox, "here", NOON + timedelta(seconds=1))
    again = stage.outbox.claim("next", NOON + timedelta(seconds=2), 1, MINUTE)
    assert [row.id for row in again] == ([row_id] if buried else [])
    stage.database.close()
