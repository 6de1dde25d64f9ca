"""A world whose config.toml was edited: what the options of `World` cannot say."""

from __future__ import annotations

from dataclasses import replace

from mailbot.config import load
from mailbot.court.cases import CaseSource
from mailbot.desk.desk import Desk
from tests.world import World


def edit(world: World, *changes: tuple[str, str]) -> World:
    """Replace texts in the world's config.toml, and let it go on as that file says."""
    path = world.folder / "config.toml"
    text = path.read_text()
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    path.write_text(text)
    world.settings = load(path, {})
    world.source.close()
    courts = {
        name: CaseSource(name, court.source, court.time_zone)
        for name, court in world.settings.court.items()
    }
    world.source = courts["franklin"]
    world.parts = replace(world.parts, settings=world.settings, courts=courts)
    world.desk = Desk(world.parts, lambda: None)
    return world
