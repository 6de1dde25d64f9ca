"""Reads config.toml into frozen settings, or names everything that is wrong with it at once."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError

from mailbot.errors import ConfigError
from mailbot.settings.bot import (
    Bot,
    Limits,
    Settings,
    SigningKey,
    Smarthost,
    Web,
)
from mailbot.settings.complaints import complaints_of
from mailbot.settings.court import (
    Banner,
    ClosedHours,
    Columns,
    Court,
    Exclusion,
    HelpDesk,
    Policy,
    Source,
)
from mailbot.settings.imap import OPTIONS as IMAP_OPTIONS
from mailbot.settings.imap import OAuth
from mailbot.settings.lines import find_lines, line_of
from mailbot.settings.mailboxes import Mailbox, Route
from mailbot.settings.rules import disagreements
from mailbot.settings.secrets import Places, create_key_file
from mailbot.settings.trust import Trust

__all__ = [
    "Banner",
    "Bot",
    "ClosedHours",
    "Columns",
    "Court",
    "Exclusion",
    "HelpDesk",
    "Limits",
    "Mailbox",
    "OAuth",
    "Policy",
    "Route",
    "Settings",
    "SigningKey",
    "Smarthost",
    "Source",
    "Trust",
    "Web",
    "changes_needing_restart",
    "create_key_file",
    "load",
]

_LARGEST = 1_048_576  # bytes
# What a listener keeps from its start.
_LIMITS_OF_THE_DOOR = ("message_bytes", "recipients", "connections", "connections_per_address")


def load(path: Path, env: Mapping[str, str]) -> Settings:
    """Read and check a configuration.

    Args:
        path: config.toml; relative paths in it start at its folder.
        env: the process's environment, for secrets.

    Raises:
        ConfigError: its args are all the mistakes, each "config.toml:LINE: what to do".
    """
    text = _read(path)
    raw = _parse(path.name, text)
    lines = find_lines(text)
    places = Places(path.resolve(), env)
    problems = list(disagreements(raw, places.folder))
    if "path" in raw:
        problems.append((("path",), 'This file knows no "path"; take it out.'))
    settings: Settings | None = None
    try:
        settings = Settings.model_validate({**raw, "path": places.config}, context=places)
    except ValidationError as error:
        problems += complaints_of(error, Settings)
    if settings is not None and not problems:
        return settings
    found = {(line_of(place, lines), _on_one_line(sentence)) for place, sentence in problems}
    raise ConfigError(*(f"{path.name}:{line}: {sentence}" for line, sentence in sorted(found)))


def changes_needing_restart(old: Settings, new: Settings) -> list[str]:
    """The options that differ and that a running mailbot cannot take over (SIGHUP)."""
    changed = []
    if old.bot.store != new.bot.store:
        changed.append("store in [bot]")
    if old.bot.instance != new.bot.instance:
        changed.append("instance in [bot]")
    if old.bot.log_level != new.bot.log_level:
        changed.append("log_level in [bot]")
    if old.smarthost != new.smarthost:
        changed.append("[smarthost]")
    changed += [
        f"{name} in [limits]"
        for name in _LIMITS_OF_THE_DOOR
        if getattr(old.limits, name) != getattr(new.limits, name)
    ]
    if old.web.listen != new.web.listen:
        changed.append("listen in [web]")
    before, after = _listening(old), _listening(new)
    if set(before.values()) != set(after.values()):
        moved = [name for name in {**before, **after} if before.get(name) != after.get(name)]
        changed += [f'way, listen and proxy of [[mailbox]] "{name}"' for name in moved]
    accounts, fetched = _accounts(old), _accounts(new)
    changed += [
        f'the IMAP account of [[mailbox]] "{name}"'
        for name in {**accounts, **fetched}
        if accounts.get(name) != fetched.get(name)
    ]
    return changed


def _accounts(settings: Settings) -> dict[str, tuple[object, ...]]:
    """Every option of each mailbox that is fetched, by its name."""
    return {
        one.name: tuple(getattr(one, option) for option in IMAP_OPTIONS)
        for one in settings.mailbox
        if one.way == "imap"
    }


def _listening(settings: Settings) -> dict[str, object]:
    """Where and how the listeners listen, by mailbox."""
    return {
        one.name: (one.way, one.listen, one.proxies)
        for one in settings.mailbox
        if one.way != "imap"
    }


def _on_one_line(sentence: str) -> str:
    """A sentence whose quoted names and values hold no line break or control character."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in sentence)


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST + 1)
    except FileNotFoundError:
        raise ConfigError(
            f"{path.name}: There is no file {path}; name one with --config."
        ) from None
    except OSError as error:
        raise ConfigError(f"{path.name}: {path} cannot be read: {error.strerror}.") from None
    if len(content) > _LARGEST:
        raise ConfigError(f"{path.name}: This file is larger than 1 MB; is it the right one?")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigError(
            f"{path.name}:{line}: This line is not UTF-8; save it as UTF-8."
        ) from None


def _parse(name: str, text: str) -> dict[str, object]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message = str(error)
        found = re.search(r" \(at line (\d+), column (\d+)\)", message)
        line, column = (found[1], f", column {found[2]}") if found else (text.count("\n") + 1, "")
        problem = message[: found.start()] if found else message.partition(" (at")[0]
    except RecursionError:
        line, column, problem = 1, "", "Too many brackets inside each other"
    raise ConfigError(
        f"{name}:{line}: This is not TOML{column}: {problem}; options look like: key = "
        f'"text", 25, true or ["list"].'
    )
