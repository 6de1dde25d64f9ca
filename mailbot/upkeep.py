"""Commands for the upkeep of a store: tables, keys, blocked addresses, its view of a court."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mailbot.errors import ConfigError
from mailbot.model import address_key
from mailbot.terminal import config_option, open_store, told, usable

if TYPE_CHECKING:
    from mailbot.store.database import Database


@click.command()
@config_option
def upgrade(path: Path) -> None:
    """Bring the tables of the store to what this version needs; twice is harmless."""
    from mailbot.store.upgrade import upgrade as bring_up

    settings = usable(path)
    with told(), open_store(settings) as database:
        revision = bring_up(database)
    click.echo(f"The store is at {revision}, as this version needs.")


@click.command("move-store")
@config_option
@click.argument("old")
def move_store(path: Path, old: str) -> None:
    """Move everything from the store OLD, a file or a database's URL, to the one in [bot].

    Stop `mailbot serve` first, and name the new, empty store in the configuration.
    """
    from mailbot.running import utc_now
    from mailbot.store.database import Database
    from mailbot.store.move import move

    settings = usable(path)
    url = old if "://" in old else f"sqlite:///{old}"
    if url == f"sqlite:///{old}" and not Path(old).is_file():
        raise click.UsageError(f"{old} is not there; name the file of the old store.")
    with told(), open_store(settings) as new:
        before = Database(url)
        try:
            counts = move(before, new, utc_now())
        finally:
            before.close()
    for table, rows in counts.items():
        click.echo(f"{rows:>9}  {table}")
    click.echo("Everything is in the new store; the old one cannot be used any more. Now start.")


@click.command("retire-key")
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

    settings = usable(path)
    with told(), open_store(settings) as database:
        if key in {known.id for known in settings.bot.keys}:
            raise ConfigError(f'{path.name}: Take the key "{key}" out of keys in [bot] first.')
        must_be_current(database)
        renewed = retire(database, key, Signer(settings.bot.signing_keys()), utc_now())
    click.echo(f'{renewed} links and reply addresses of the key "{key}" work no more.')


@click.command()
@config_option
@click.argument("court")
def rebase(path: Path, court: str) -> None:
    """Take the case database of COURT as it is, and tell nobody what changed in it.

    For a court that was loaded anew or rewritten, and whose changes are therefore held.
    """
    from mailbot.store.ledger import forget_mapping
    from mailbot.store.upgrade import must_be_current

    settings = usable(path)
    with told(), open_store(settings) as database:
        if court not in settings.court:
            raise ConfigError(f"{path.name}: There is no [court.{court}].")
        must_be_current(database)
        with database.transaction() as conn:
            cases = forget_mapping(conn, court)
    click.echo(f"{cases} cases are taken as they are at the next sweep.")


@click.group()
def suppress() -> None:
    """Block addresses, so that nothing is sent to them, or let them have mail again."""


@contextmanager
def _store(path: Path) -> Iterator[Database]:
    """The store of a configuration."""
    from mailbot.store.upgrade import must_be_current

    settings = usable(path)
    with told(), open_store(settings) as database:
        must_be_current(database)
        yield database


@suppress.command("list")
@config_option
def list_all(path: Path) -> None:
    """Show the blocked addresses, one a line, with since when and why."""
    from mailbot.store.suppressions import every

    with _store(path) as database, database.reading() as conn:
        rows = every(conn)
    for row in rows:
        click.echo(f"{row.address_key}  since {row.since:%Y-%m-%d %H:%M} UTC  {row.reason}")
    if not rows:
        click.echo("No address is blocked.")


@suppress.command()
@config_option
@click.argument("address")
@click.option("--reason", default="by the operator", show_default=True, help="Why, for the list.")
def add(path: Path, address: str, reason: str) -> None:
    """Send nothing to ADDRESS any more, not even what waits in the outbox."""
    from mailbot.running import utc_now
    from mailbot.store.suppressions import LONGEST_REASON, Suppressed
    from mailbot.store.suppressions import add as block

    with _store(path) as database, database.transaction() as conn:
        row = Suppressed(_key(address), " ".join(reason.split())[:LONGEST_REASON], utc_now())
        added = block(conn, row)
    said = "gets no mail from now on" if added else "was blocked already"
    click.echo(f"{row.address_key} {said}.")


@suppress.command()
@config_option
@click.argument("address")
def remove(path: Path, address: str) -> None:
    """Let ADDRESS have mail again; what was not sent meanwhile is not sent later."""
    from mailbot.store.suppressions import remove as unblock

    with _store(path) as database, database.transaction() as conn:
        key = _key(address)
        removed = unblock(conn, key)
    click.echo(f"{key} {'may get mail again' if removed else 'was not blocked'}.")


def _key(address: str) -> str:
    """The one form of an address. Raises ConfigError if it is none."""
    local, _, domain = address.strip().rpartition("@")
    key = address_key(address)
    if not local or not domain or len(key) > 320 or any(c.isspace() for c in key):
        raise ConfigError(f'"{address}" is no e-mail address.')
    return key
