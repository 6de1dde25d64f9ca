"""Commands for the pen: the mails that made our own code fail, and what becomes of them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from mailbot.terminal import config_option, open_store, told, usable

if TYPE_CHECKING:
    from mailbot.config import Settings
    from mailbot.inbound.keeper import Keeper
    from mailbot.store.database import Database
    from mailbot.store.pen import Parked

FAILED = 1


@click.group()
def pen() -> None:
    """See to mails that made mailbot itself fail; `mailbot serve` may go on meanwhile."""


@pen.command("list")
@config_option
def show_all(path: Path) -> None:
    """Show what lies in the pen, oldest first."""
    from mailbot.store.pen import every

    with told(), _store(usable(path)) as database, database.reading() as conn:
        for each in every(conn):
            click.echo(_line(each))


@pen.command()
@config_option
@click.argument("parked_id", metavar="ID", type=int)
@click.option("--raw", is_flag=True, help="Write the mail's octets and nothing else.")
def show(path: Path, parked_id: int, raw: bool) -> None:
    """Show a mail, where it failed, and its text."""
    with told(), _store(usable(path)) as database:
        parked, content = _found(database, parked_id)
    if raw:
        click.echo(content, nl=False)
        return
    click.echo(_line(parked))
    click.echo(f"{parked.trace}\n")
    click.echo(_harmless(content.decode("utf-8", "backslashreplace")))


@pen.command()
@config_option
@click.argument("parked_id", metavar="ID", type=int)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def edit(path: Path, parked_id: int, file: Path) -> None:
    """Put FILE in place of a mail, for the next retry."""
    from mailbot.store import pen as store

    settings = usable(path)
    with told(), _store(settings) as database:
        if file.stat().st_size > settings.limits.message_bytes:
            _end(f"{file} is larger than message_bytes in [limits].")
        _found(database, parked_id)
        with database.transaction() as conn:
            store.edit(conn, parked_id, file.read_bytes())
    click.echo(f"{parked_id}: changed.")


@pen.command()
@config_option
@click.argument("parked_id", metavar="ID", type=int, required=False)
@click.option("--all", "every_one", is_flag=True, help="Every mail in the pen.")
@click.option("--reason", default="", help="With --all: whose reason holds this text.")
@click.option("--since", type=click.DateTime(), help="With --all: parked since then (UTC).")
def retry(
    path: Path, parked_id: int | None, every_one: bool, reason: str, since: datetime | None
) -> None:
    """Act on a mail as if it came now; what worked is out of the pen. Twice is harmless."""
    from mailbot.store.pen import every

    if (parked_id is None) != every_one:
        raise click.UsageError("Name one ID, or --all.")
    with told(), _keeper(usable(path)) as (keeper, database):
        if parked_id is not None:
            chosen = [_found(database, parked_id)[0]]
        else:
            after = since.replace(tzinfo=UTC) if since else None
            with database.reading() as conn:
                chosen = list(every(conn, reason, after))
        done = [_retried(keeper, database, each) for each in chosen]
    sys.exit(0 if all(done) else FAILED)


@pen.command()
@config_option
@click.argument("parked_id", metavar="ID", type=int)
def answer(path: Path, parked_id: int) -> None:
    """Tell the writer of a mail that it was not handled, and what to do; the mail stays."""
    from mailbot.running import utc_now

    with told(), _keeper(usable(path)) as (keeper, database):
        parked, raw = _found(database, parked_id)
        said = keeper.answer(parked, raw, utc_now())
    if said not in ("answered", "answered before"):
        _end(f"{parked_id}: not answered: {said}.")
    click.echo(f"{parked_id}: {said}.")


@pen.command()
@config_option
@click.argument("parked_id", metavar="ID", type=int)
def drop(path: Path, parked_id: int) -> None:
    """Throw a mail away."""
    from mailbot.store import pen as store

    with told(), _store(usable(path)) as database:
        parked, _ = _found(database, parked_id)
        with database.transaction() as conn:
            store.drop(conn, parked.key)
    click.echo(f"{parked_id}: thrown away.")


@contextmanager
def _store(settings: Settings) -> Iterator[Database]:
    from mailbot.store.upgrade import must_be_current

    with open_store(settings) as database:
        must_be_current(database)
        yield database


@contextmanager
def _keeper(settings: Settings) -> Iterator[tuple[Keeper, Database]]:
    """The way to the desk, as `mailbot serve` has it; its senders find what is put out."""
    from mailbot.desk.desk import Desk
    from mailbot.inbound.keeper import Keeper
    from mailbot.maillog import MailLog
    from mailbot.receiving import parts_of

    with _store(settings) as database:
        parts = parts_of(settings, database)
        try:
            yield Keeper(Desk(parts, lambda: None), MailLog(parts.signer.derive("log"))), database
        finally:
            for source in parts.courts.values():
                source.close()


def _found(database: Database, parked_id: int) -> tuple[Parked, bytes]:
    from mailbot.store import pen as store

    with database.reading() as conn:
        parked = store.by_id(conn, parked_id)
        if parked is not None:
            return parked, store.raw_of(conn, parked_id)
    _end(f"There is no mail {parked_id} in the pen; it may have been seen to.")


def _retried(keeper: Keeper, database: Database, parked: Parked) -> bool:
    from mailbot.running import utc_now

    raw = _found(database, parked.id)[1]
    done, said = keeper.retry(parked, raw, utc_now())
    click.echo(f"{parked.id}: {said}." if done else f"{parked.id}: fails again: {said}")
    return done


def _end(sentence: str) -> NoReturn:
    click.echo(sentence, err=True)
    sys.exit(FAILED)


def _line(parked: Parked) -> str:
    """A mail in a line; who wrote it is for the administrator to see, unlike in the log."""
    facts = (
        f"{parked.id}",
        f"{parked.parked_at:%Y-%m-%d %H:%M}",
        f"{parked.tries} tries, {'kept' if parked.kept else 'its sender comes again'}",
        f"{parked.octets} octets",
        f"from <{parked.mail_from}> to <{parked.recipient}>",
        "answered" if parked.answered_at else "",
        parked.reason,
    )
    return _harmless("  ".join(fact for fact in facts if fact))


def _harmless(text: str) -> str:
    """A text without what a terminal would obey."""
    lines = text.replace("\r\n", "\n").split("\n")
    shown = ("".join(c if c.isprintable() or c == "\t" else "?" for c in line) for line in lines)
    return "\n".join(shown)
