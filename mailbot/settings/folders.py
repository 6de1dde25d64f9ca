"""Finds the templates: their folders, and the languages and route folders that there are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

SHIPPED = Path(__file__).resolve().parents[2] / "templates"
OF_ROUTES = "routes"  # the folder of the template folders that routes name
LANGUAGE = re.compile(r"[a-z]{2,3}")
FOLDER_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


def languages(own: Path | None) -> set[str]:
    """The languages in which there are mails, in the shipped templates or in a folder like them."""
    return {each.name for each in _folders(own, "") if LANGUAGE.fullmatch(each.name)}


def route_folders(own: Path | None) -> set[str]:
    """The names that a route's `templates` may have."""
    return {each.name for each in _folders(own, OF_ROUTES) if FOLDER_NAME.fullmatch(each.name)}


def _folders(own: Path | None, below: str) -> Iterator[Path]:
    for root in (SHIPPED, own):
        try:
            found = sorted((root / below).iterdir()) if root is not None else []
        except (OSError, ValueError):
            continue
        for each in found:
            if each.is_dir() and (below or (each / "mail").is_dir()):
                yield each
