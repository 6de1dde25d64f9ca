"""The table "How good" of issue 3 on mail that nobody here wrote; `python -m tests.figures` is all."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from mailbot.explain import Explainer
from tests.figures import Figure, Reader, figures, table
from tests.fixtures_folder import replies
from tests.reply_mails import ATTRIBUTIONS, COMMANDS, below_an_attribution, inside, on_top
from tests.world import START, worlds

EVERY = 7  # prime to the three forms and five commands, so that each comes with each


def test_every_figure_reaches_its_floor(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = figures(tmp_path, EVERY)
    with capsys.disabled():
        print(f"\n{table(rows)}")
    assert [(row.name, row.wrong) for row in rows if row.share < row.floor] == []
    assert len(rows) >= 15


def test_a_figure_is_what_is_right_of_all() -> None:
    row = Figure("x", 4, ("a",), 0.8, "worst 1 s")
    assert row.share == 0.75
    assert "3 of 4 = 75.0%  worst 1 s\n      a" in table([row])
    assert Figure("nothing was measured", 0).share == 0


def test_what_our_code_fails_on_is_counted(tmp_path: Path) -> None:
    """An explainer that is closed cannot explain; the process that tried ends, this one goes on."""
    path = tmp_path / "1.eml"
    path.write_bytes(b"From: ann@people.example\n\nHELP\n")
    for world in worlds(tmp_path):
        with Explainer(world.settings, START) as explainer:
            good = Reader(world.settings, explainer).of(path)
        bad = Reader(world.settings, explainer).of(path)
    assert good.told is not None
    assert (good.told["answer"], good.seconds >= 0, good.grown >= 0) == ("allowed", True, True)
    assert bad.told is None


def test_every_body_meets_every_command_in_every_form() -> None:
    made = Counter(each.name.split(": ")[0] for each in on_top())
    bodies = {name: record["body_type"] == "text/html" for name, _, record in replies()}
    assert set(made) == set(bodies)
    for name, is_html in bodies.items():
        assert made[name] == len(COMMANDS) * (2 if is_html else 3), name
    assert len(list(below_an_attribution())) == 2 * len(COMMANDS) * len(ATTRIBUTIONS)
    assert sum(b"STOP" in raw or b"base64" in raw for _, raw in inside()) >= 40
