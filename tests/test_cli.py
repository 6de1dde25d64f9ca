"""What the commands say to an administrator: sentences and exit codes, never a traceback."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mailbot.cli import main
from tests.world import write_config


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return write_config(tmp_path)


def run(config: Path, command: str, *words: str) -> Result:
    result = CliRunner().invoke(main, [command, "--config", str(config), *words])
    assert isinstance(result.exception, SystemExit | None), result.exception
    return result


def test_preview_names_a_broken_template(config: Path, tmp_path: Path) -> None:
    own = tmp_path / "own" / "en" / "mail" / "help"
    own.mkdir(parents=True)
    (own / "subject.txt").write_text("Our help {{ no_such_fact }}")
    config.write_text(config.read_text().replace("[bot]", '[bot]\ntemplates = "own"', 1))
    result = run(config, "preview", str(tmp_path / "out"))
    assert result.exit_code == 1
    assert "This template cannot be used." in result.output
    assert "no_such_fact" in result.output


def test_preview_names_a_folder_that_cannot_be_made(config: Path, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    result = run(config, "preview", str(tmp_path / "out" / "below"))
    assert result.exit_code == 1
    assert result.output.startswith("This address or file cannot be used: ")
    assert str(tmp_path / "out") in result.output


def test_check_promises_a_key_only_to_a_new_store(config: Path, tmp_path: Path) -> None:
    """It opens no store, so that it cannot know; `serve` refuses to replace a lost key."""
    (tmp_path / "key").unlink()
    result = run(config, "check")
    assert result.exit_code == 0
    assert result.output.endswith(
        f"The key file {tmp_path}/key is not there yet; `mailbot serve` makes it, unless the store "
        "already holds links signed with it.\n"
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["config.toml"]


@pytest.mark.parametrize("command", ["upgrade", "serve"])
def test_a_store_that_is_no_database_is_named(config: Path, tmp_path: Path, command: str) -> None:
    (tmp_path / "store.sqlite").write_text("Dear court,\n" * 100)
    result = run(config, command)
    assert result.exit_code == 1
    assert f"the file {tmp_path}/store.sqlite is no database" in result.output


def test_a_store_is_moved_by_one_command(config: Path, tmp_path: Path) -> None:
    run(config, "upgrade")
    (tmp_path / "store.sqlite").rename(tmp_path / "old.sqlite")

    def moved() -> Result:
        old = str(tmp_path / "old.sqlite")
        return CliRunner().invoke(main, ["move-store", "--config", str(config), old])

    first, again = moved(), moved()
    assert first.exit_code == 0, first.output
    assert "        0  outbox\n" in first.output
    assert first.output.endswith("the old one cannot be used any more. Now start.\n")
    assert (again.exit_code, "was moved to another one" in again.output) == (2, True)
    (tmp_path / "old.sqlite").unlink()
    assert "old.sqlite is not there; name the file of the old store." in moved().output


def test_suppress_lists_adds_and_removes(config: Path) -> None:
    def suppress(*words: str) -> Result:
        command, *rest = words
        line = ["suppress", command, "--config", str(config), *rest]
        return CliRunner().invoke(main, line)

    run(config, "upgrade")
    assert suppress("list").output == "No address is blocked.\n"
    added = suppress("add", "Ann@Home.example", "--reason", "asked\nby telephone")
    assert added.output == "ann@home.example gets no mail from now on.\n"
    assert suppress("add", "ann@home.example").output == "ann@home.example was blocked already.\n"
    (line,) = suppress("list").output.splitlines()
    assert line.startswith("ann@home.example  since 20")
    assert line.endswith(" UTC  asked by telephone")
    assert suppress("remove", "ANN@home.example").output == "ann@home.example may get mail again.\n"
    assert suppress("remove", "ann@home.example").output == "ann@home.example was not blocked.\n"
    wrong = suppress("add", "ann")
    assert (wrong.exit_code, wrong.output) == (2, '"ann" is no e-mail address.\n')
