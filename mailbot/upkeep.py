"""Commands for the upkeep of a store: its tables, its keys, its view of a court."""

from __future__ import annotations

from pathlib import Path

import click

from mailbot.errors import ConfigError
from mailbot.terminal import config_option, open_store, told, usable


@click.command()
@config_option
def upgrade(path: Path) -> None:
    """Bring the tables of the store to what this version needs; twice is harmless."""
    from mailbot.store.upgrade import upgrade as bring_up

    settings = usable(path)
    with told(), open_store(settings) as database:
        revision = bring_up(database)
    click.echo(f"The store is at {revision}, as this version needs.")


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
