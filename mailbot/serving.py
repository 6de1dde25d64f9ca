"""Runs the service as a process: its first start, its signals, its reload."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mailbot.config import Settings, create_key_file, load
from mailbot.errors import ConfigError, MailbotError
from mailbot.terminal import config_option, lines_of, open_store, told, usable, with_drivers

if TYPE_CHECKING:
    from mailbot.running import Mailbot


@click.command()
@config_option
def serve(path: Path) -> None:
    """Run the service until SIGTERM; SIGHUP reads the configuration again."""
    from mailbot.running import Mailbot

    settings = usable(path)
    logging.basicConfig(level=settings.bot.log_level.upper(), format="%(levelname)s %(message)s")
    with told():
        if settings.bot.missing_key_files():
            _make_keys(settings)
            settings = load(path, os.environ)  # again: now with the keys
        _make_tables(settings)
        asyncio.run(_run(Mailbot(settings), path))


def _make_tables(settings: Settings) -> None:
    """Make the tables of a first start; older ones wait for `mailbot upgrade`."""
    from mailbot.store.upgrade import is_empty
    from mailbot.store.upgrade import upgrade as bring_up

    with open_store(settings) as database:
        if is_empty(database):
            bring_up(database)


def _make_keys(settings: Settings) -> None:
    """Make the key files of a first start; a store in use that has lost its key is refused."""
    from mailbot.store.upgrade import holds_links, is_empty

    with open_store(settings) as database:
        in_use = not is_empty(database) and holds_links(database)
    for file in settings.bot.missing_key_files():
        if in_use:
            raise ConfigError(
                f"The key file {file} is gone, and the store holds links signed with it. "
                "Put it back from your backup."
            )
        create_key_file(file, secrets.token_bytes(32))
        click.echo(f"Made the key file {file}; keep a copy: old links die without it.")


async def _run(mailbot: Mailbot, path: Path) -> None:
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
    loop.add_signal_handler(signal.SIGHUP, lambda: None)  # what it starts with is new enough
    await mailbot.start()
    loop.add_signal_handler(signal.SIGHUP, hang_up)
    click.echo(f"mailbot serves {mailbot.settings.bot.instance}.", err=True)
    await stopping.wait()
    await mailbot.stop()


async def _reload(mailbot: Mailbot, path: Path) -> None:
    """Take over a changed configuration, or say why not and keep the old one."""
    log = logging.getLogger("mailbot")
    try:
        fixed = await mailbot.reload(with_drivers(load(path, os.environ), path))
    except ConfigError as error:
        log.error("The configuration was not read again; the old one stays:\n%s", lines_of(error))
        return
    except MailbotError as error:
        log.error("The configuration was not read again; the old one stays: %s", error)
        return
    if fixed:
        log.error("The old configuration stays: only a restart takes over %s.", ", ".join(fixed))
    else:
        log.warning("The configuration was read again.")
