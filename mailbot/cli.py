"""The command line: what an administrator or a newcomer types."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import click

from mailbot.checkup import doctor
from mailbot.pens import pen
from mailbot.serving import serve
from mailbot.sysexits import Sysexits
from mailbot.terminal import config_option, settings_of, told, usable
from mailbot.upkeep import move_store, rebase, retire_key, suppress, upgrade


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

    settings = usable(path)
    with told():
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
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def preview(path: Path, folder: Path) -> None:
    """Write every mail and page of every template into FOLDER, from sample facts."""
    from mailbot.preview import render_all
    from mailbot.running import utc_now

    settings = settings_of(path)
    with told():
        written = render_all(folder, settings, utc_now())
    click.echo(f"{len(written)} files are in {folder}; open {folder / 'index.html'}.")


@main.command()
@config_option
@click.argument("source", type=click.Path(allow_dash=True, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON object a mail, a line each.")
@click.option("--from", "mail_from", help="The envelope's sender; empty for a returned mail.")
@click.option("--to", "recipient", help="The envelope's recipient.")
@click.option(
    "--given", type=click.Choice(["bounce"]), help="Read it as if it came to a bounce address."
)
def explain(
    path: Path,
    source: Path,
    as_json: bool,
    mail_from: str | None,
    recipient: str | None,
    given: str | None,
) -> None:
    """Say what would happen with the mail in SOURCE, a file, a folder or -, without doing it."""
    from mailbot.explain import Given, at_a_bounce_address, explain_all

    settings = usable(path)
    if given == "bounce" and recipient is None:
        recipient = at_a_bounce_address(settings)
    with told():
        for line in explain_all(settings, source, Given(mail_from, recipient), as_json):
            click.echo(line)


@main.command(cls=Sysexits)
@config_option
@click.option("--recipient", metavar="ADDR", help="To whom the mail is delivered.")
@click.option("--mailbox", metavar="NAME", help="Instead: its recipient_headers say to whom.")
@click.option("--sender", metavar="ADDR", help="The envelope's sender. Default: as on its top.")
def receive(path: Path, recipient: str | None, mailbox: str | None, sender: str | None) -> None:
    """Take one mail from standard input; the exit codes are those of sysexits.h."""
    from mailbot.receiving import receive_from

    if (recipient is None) == (mailbox is None):
        click.echo("Say for whom the mail is: either --recipient or --mailbox.", err=True)
        sys.exit(os.EX_USAGE)
    outcome = receive_from(sys.stdin.buffer, path, recipient, sender, mailbox or "")
    if outcome.said:
        click.echo(outcome.said, err=True)
    sys.exit(outcome.code)


@main.command()
@config_option
@click.argument("address")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def route(path: Path, address: str, as_json: bool) -> None:
    """Say which route mail to ADDRESS takes, and why; exit code 1 if it is not ours."""
    from mailbot.wayfinding import find, in_words

    told = find(usable(path), address)
    click.echo(json.dumps(told, ensure_ascii=False) if as_json else in_words(told))
    sys.exit(0 if told["ours"] else 1)


@main.command()
@click.option("--check", "only_check", is_flag=True, help="Play the story and say how it ended.")
@click.option("--port", default=8080, show_default=True, help="The page's port.")
@click.option("--smtp-port", default=8025, show_default=True, help="The mail server's port.")
def demo(only_check: bool, port: int, smtp_port: int) -> None:
    """Try everything on this machine: a sample court, a mail server and a page."""
    from mailbot.demo import trial

    with told():
        sys.exit(trial.main(only_check=only_check, page_port=port, smtp_port=smtp_port))


for _command in (serve, doctor, pen, upgrade, move_store, retire_key, rebase, suppress):
    main.add_command(_command)
