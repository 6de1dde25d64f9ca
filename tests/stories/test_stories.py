"""Every story folder, played by the whole program over real sockets."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.stories.script import Script
from tests.stories.theatre import Theatre
from tests.world import people_the_court

HERE = Path(__file__).parent
STORIES = sorted(path for path in HERE.iterdir() if path.is_dir() and path.name[0].isdigit())


@pytest.mark.parametrize("folder", STORIES, ids=lambda path: path.name)
def test_story(folder: Path, tmp_path: Path) -> None:
    profile = "seed" if folder.name.endswith("-seed") else "default"
    theatre = Theatre(tmp_path, profile)
    people_the_court(theatre.court)
    with theatre:
        Script(theatre, folder).play()
    assert "Traceback" not in theatre.log.read_text()
