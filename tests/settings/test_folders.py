"""Which languages and template folders there are."""

from __future__ import annotations

from pathlib import Path

from mailbot.settings.folders import languages, route_folders


def test_shipped_templates_are_in_english() -> None:
    assert languages(None) == {"en"}
    assert route_folders(None) == set()


def test_an_own_folder_adds_to_them(tmp_path: Path) -> None:
    (tmp_path / "es" / "mail").mkdir(parents=True)
    (tmp_path / "fr").mkdir()  # without a mail
    (tmp_path / "courts" / "mail").mkdir(parents=True)  # no code of a language
    (tmp_path / "routes" / "short" / "en").mkdir(parents=True)
    (tmp_path / "routes" / "A folder").mkdir()
    (tmp_path / "routes" / "file").write_text("")
    assert languages(tmp_path) == {"en", "es"}
    assert route_folders(tmp_path) == {"short"}


def test_a_folder_that_is_not_there_adds_nothing(tmp_path: Path) -> None:
    assert languages(tmp_path / "none") == {"en"}
    assert route_folders(tmp_path / "no\0ne") == set()
