"""The command line: what an administrator or a newcomer types."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mailbot.config import Settings, create_key_file, load
from mailbot.errors import ConfigError, MailbotError
from mailbot.settings.drivers import missing_drivers
from mailbot.sysexits import Sysexits

if TYPE_CHECKING:
    from mailbot.running import Mailbot
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


@click.group()
def main() -> None:
    """Follow a court case by plain e-mail."""


@main.command()
@config_option
def check(path: Path) -> None:
    """Say whether the configuration and its templates can be used, without touching any server."""
    from mailbot.preview import prove
    from mailbot.running import utc_now
    from mailbot.wording import Wording

    settings = _usable(path)
    with _told():
        prove(settings, Wording(settings.bot.templates), utc_now())
    missing = settings.bot.missing_key_files()
    click.echo(f"{path}: this configuration can be used.")
    for file in missing:
        click.echo(
            f"The key file {file} is not there yet; `mailbot serve` makes it, unless the store "
            "already holds links signed with it."
        )


@main.command()
@config_option
def upgrade(path: Path) -> None:
    """Bring the tables of the store to what this version needs; twice is harmless."""
    from mailbot.store.upgrade import upgrade as bring_up

    settings = _usable(path)
    with _told(), _store(settings) as database:
        revision = bring_up(database)
    click.echo(f"The store is at {revision}, as this version needs.")


@main.command("retire-key")
@config_option
@click.argument("key")
def retire_key(path: Path, key: str) -> None:
    """Give up every link signed with KEY, after it was taken out of the configuration.

    Stop `mailbot serve` first. Mails from then on carry new links.
    """
    from mailbot.running import utc_now
    from mailbot.store.inventory import retire
    from mailbot.store.upgrade import must_be_current
    from mailbot.tokens import Signer

    settings = _usable(path)
    with _told(), _store(settings) as database:
        if key in {known.id for known in settings.bot.keys}:
            raise ConfigError(f'{path.name}: Take the key "{key}" out of keys in [bot] first.')
        must_be_current(database)
        renewed = retire(database, key, Signer(settings.bot.signing_keys()), utc_now())
    click.echo(f'{renewed} links and reply addresses of the key "{key}" work no more.')


@main.command()
@config_option
@click.argument("court")
def rebase(path: Path, court: str) -> None:
    """Take the case database of COURT as it is, and tell nobody what changed in it.

    For a court that was loaded anew or rewritten, and whose changes are therefore held.
    """
    from mailbot.store.ledger import forget_mapping
    from mailbot.store.upgrade import must_be_current

    settings = _usable(path)
    with _told(), _store(settings) as database:
        if court not in settings.court:
            raise ConfigError(f"{path.name}: There is no [court.{court}].")
        must_be_current(database)
        with database.transaction() as conn:
            cases = forget_mapping(conn, court)
    click.echo(f"{cases} cases are taken as they are at the next sweep.")


@main.command()
@config_option
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def preview(path: Path, folder: Path) -> None:
    """Write every mail and page of every template into FOLDER, from sample facts."""
    from mailbot.preview import render_all
    from mailbot.running import utc_now

    settings = _settings(path)
    with _told():
        written = render_all(folder, settings, utc_now())
    click.echo(f"{len(written)} files are in {folder}; open {folder / 'index.html'}.")


@main.command()
@config_option
def serve(path: Path) -> None:
    """Run the service until SIGTERM; SIGHUP reads the configuration again."""
    from mailbot.running import Mailbot

    settings = _usable(path)
    logging.basicConfig(level=settings.bot.log_level.upper(), format="%(levelname)s %(message)s")
    with _told():
        if settings.bot.missing_key_files():
            _make_keys(settings)
            settings = load(path, os.environ)  # again: now with the keys
        _make_tables(settings)
        asyncio.run(_serve(Mailbot(settings), path))


@main.command(cls=Sysexits)
@config_option
@click.option("--recipient", required=True, metavar="ADDR", help="To whom the mail is delivered.")
@click.option("--sender", metavar="ADDR", help="The envelope's sender. Default: as on its top.")
def receive(path: Path, recipient: str, sender: str | None) -> None:
    """Take one mail from standard input; the exit codes are those of sysexits.h."""
    from mailbot.receiving import receive_from

    outcome = receive_from(sys.stdin.buffer, path, recipient, sender)
    if outcome.said:
        click.echo(outcome.said, err=True)
    sys.exit(outcome.code)


def _make_tables(settings: Settings) -> None:
    """Make the tables of a first start; older ones wait for `mailbot upgrade`."""
    from mailbot.store.upgrade import is_empty
    from mailbot.store.upgrade import upgrade as bring_up

    with _store(settings) as database:
        if is_empty(database):
            bring_up(database)


def _make_keys(settings: Settings) -> None:
    """Make the key files of a first start; a store in use that has lost its key is refused."""
    from mailbot.store.upgrade import holds_links, is_empty

    with _store(settings) as database:
        in_use = not is_empty(database) and holds_links(database)
    for file in settings.bot.missing_key_files():
        if in_use:
            raise ConfigError(
                f"The key file {file} is gone, and the store holds links signed with it. "
                "Put it back from your backup."
            )
        create_key_file(file, secrets.token_bytes(32))
        click.echo(f"Made the key file {file}; keep a copy: old links die without it.")


@contextmanager
def _store(settings: Settings) -> Iterator[Database]:
    from mailbot.store.database import Database

    database = Database(settings.bot.store.get_secret_value())
    try:
        yield database
    finally:
        database.close()


async def _serve(mailbot: Mailbot, path: Path) -> None:
    """Run until told to stop; a second signal ends at once."""
    loop, stopping = asyncio.get_running_loop(), asyncio.Event()
    reloads: set[asyncio.Task[None]] = set()

    def stop() -> None:
        if stopping.is_set():
            os._exit(1)
        stopping.set()

    def hang_up() -> None:
        task = asyncio.create_task(_reload(mailbot, path))
        reloads.add(task)
        task.add_done_callback(reloads.discard)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    loop.add_signal_handler(signal.SIGHUP, hang_up)
    await mailbot.start()
    click.echo(f"mailbot serves {mailbot.settings.bot.instance}.", err=True)
    await stopping.wait()
    await mailbot.stop()


async def _reload(mailbot: Mailbot, path: Path) -> None:
    """Take over a changed configuration, or say why not and keep the old one."""
    log = logging.getLogger("mailbot")
    try:
        fixed = await mailbot.reload(_with_drivers(load(path, os.environ), path))
    except ConfigError as error:
        log.error("The configuration was not read again; the old one stays:\n%s", _lines(error))
        return
    except MailbotError as error:
        log.error("The configuration was not read again; the old one stays: %s", error)
        return
    if fixed:
        log.error("The old configuration stays: only a restart takes over %s.", ", ".join(fixed))
    else:
        log.warning("The configuration was read again.")


@main.command()
@click.option("--check", "only_check", is_flag=True, help="Play the story and say how it ended.")
@click.option("--port", default=8080, show_default=True, help="The page's port.")
@click.option("--smtp-port", default=8025, show_default=True, help="The mail server's port.")
def demo(only_check: bool, port: int, smtp_port: int) -> None:
    """Try everything on this machine: a sample court, a mail server and a page."""
    from mailbot.demo import trial

    with _told():
        sys.exit(trial.main(only_check=only_check, page_port=port, smtp_port=smtp_port))


def _settings(path: Path) -> Settings:
    try:
        return load(path, os.environ)
    except ConfigError as error:
        click.echo(_lines(error), err=True)
        sys.exit(BAD_CONFIGURATION)


def _usable(path: Path) -> Settings:
    """The settings, if the drivers that they need are installed."""
    try:
        return _with_drivers(_settings(path), path)
    except ConfigError as error:
        click.echo(_lines(error), err=True)
        sys.exit(BAD_CONFIGURATION)


def _with_drivers(settings: Settings, path: Path) -> Settings:
    missing = [f"{path.name}: {sentence}" for sentence in missing_drivers(settings)]
    if missing:
        raise ConfigError(*missing)
    return settings


def _lines(error: ConfigError) -> str:
    return "\n".join(str(line) for line in error.args)


@contextmanager
def _told() -> Iterator[None]:
    """Errors of ours, and busy ports, become one sentence and an exit code."""
    try:
        yield
    except ConfigError as error:
        click.echo(_lines(error), err=True)
        sys.exit(BAD_CONFIGURATION)
    except MailbotError as error:
        click.echo(str(error), err=True)
        sys.exit(1)
    except OSError as error:
        click.echo(f"This address or file cannot be used: {error}", err=True)
        sys.exit(1)
