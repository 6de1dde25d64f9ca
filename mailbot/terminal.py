"""What every command needs: configuration, store, and errors as sentences with exit codes."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mailbot.config import Settings, load
from mailbot.errors import ConfigError, MailbotError
from mailbot.settings.drivers import missing_drivers

if TYPE_CHECKING:
    from mailbot.store.database import Database

BAD_CONFIGURATION = 2

config_option = click.option(
    "--config",
    "path",
    type=click.Path(path_type=Path),
    default=Path("config.toml"),
    show_default=True,
    help="The configuration file.",
)


def settings_of(path: Path) -> Settings:
    """The settings of a configuration file; what is wrong with it ends the program."""
    try:
        return load(path, os.environ)
    except ConfigError as error:
        click.echo(lines_of(error), err=True)
        sys.exit(BAD_CONFIGURATION)


def usable(path: Path) -> Settings:
    """The settings, if the drivers that they need are installed."""
    try:
        return with_drivers(settings_of(path), path)
    except ConfigError as error:
        click.echo(lines_of(error), err=True)
        sys.exit(BAD_CONFIGURATION)


def with_drivers(settings: Settings, path: Path) -> Settings:
    """The same settings. Raises ConfigError if a driver that they need is not installed."""
    missing = [f"{path.name}: {sentence}" for sentence in missing_drivers(settings)]
    if missing:
        raise ConfigError(*missing)
    return settings


def lines_of(error: ConfigError) -> str:
    """Every mistake in a line."""
    return "\n".join(str(line) for line in error.args)


@contextmanager
def told() -> Iterator[None]:
    """Errors of ours, and busy ports, become one sentence and an exit code."""
    try:
        yield
    except ConfigError as error:
        click.echo(lines_of(error), err=True)
        sys.exit(BAD_CONFIGURATION)
    except MailbotError as error:
        click.echo(str(error), err=True)
        sys.exit(1)
    except OSError as error:
        click.echo(f"This address or file cannot be used: {error}", err=True)
        sys.exit(1)


@contextmanager
def open_store(settings: Settings) -> Iterator[Database]:
    """mailbot's own database, closed afterwards."""
    from mailbot.store.database import Database

    database = Database(settings.bot.store.get_secret_value())
    try:
        yield database
    finally:
        database.close()
