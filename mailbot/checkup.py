"""The command `mailbot doctor`: looks at everything outside that mailbot relies on."""

from __future__ import annotations

import base64
import secrets
import sys
from ipaddress import ip_address
from pathlib import Path

import click

from mailbot.terminal import config_option, told, usable

FAILED = 1
_NAMES = (
    "dns", "mx", "spf", "dkim", "dmarc", "ptr", "web", "ports", "tls", "imap", "smtp", "clock",
    "courts", "loop",
)  # fmt: skip


class Resolver(click.ParamType[tuple[str, int]]):
    """HOST:PORT of a DNS server, by its address."""

    name = "host:port"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, int]:
        """("127.0.0.1", 53) of "127.0.0.1"; an IPv6 address with a port stands in brackets."""
        text = str(value)
        host, colon, port = text.rpartition(":")
        if not colon or (":" in host and not text.startswith("[")) or text.endswith("]"):
            host, port = text, "53"
        try:
            address = ip_address(host.strip("[]"))
            number = int(port)
        except ValueError:
            number, address = 0, None
        if address is None or not 1 <= number <= 65_535:
            self.fail(f'"{text}" is no address of a DNS server; write one like 127.0.0.1:53.')
        return str(address), number


@click.command()
@config_option
@click.option("--json", "as_json", is_flag=True, help="One JSON object a finding, a line each.")
@click.option("--only", multiple=True, type=click.Choice(_NAMES), help="Only this; repeat it.")
@click.option("--loop/--no-loop", default=True, help="Whether to send a mail to itself.")
@click.option("--resolver", type=Resolver(), help="The DNS server. Default: this machine's.")
def doctor(
    path: Path,
    as_json: bool,
    only: tuple[str, ...],
    loop: bool,
    resolver: tuple[str, int] | None,
) -> None:
    """Look at DNS, ports, certificates, accounts and clocks, and send a mail to itself.

    Changes nothing on any server. Exit code 0: all is well, or could be better; 1: something is
    wrong; 2: the configuration is.
    """
    from mailbot.doctor.examine import CHECKS, DNS, examine
    from mailbot.doctor.loop.journey import travel
    from mailbot.doctor.names.resolver import Dns
    from mailbot.doctor.shown import as_json as in_json
    from mailbot.doctor.shown import in_words
    from mailbot.doctor.surroundings import Surroundings, own_addresses
    from mailbot.running import utc_now
    from mailbot.store.database import Database

    settings = usable(path)
    chosen = {name for word in only for name in (DNS if word == "dns" else (word,))}
    around = Surroundings(settings, Dns(resolver), utc_now, own=own_addresses())
    names = [name for name in CHECKS if not chosen or name in chosen]

    def open_store() -> Database:
        return Database(settings.bot.store.get_secret_value())

    with told():
        findings = examine(
            around,
            names,
            new_handle(),
            (lambda: travel(around, open_store, new_handle)) if loop else None,
        )
    for line in map(in_json, findings) if as_json else in_words(findings):
        click.echo(line)
    sys.exit(FAILED if any(one.state == "wrong" for one in findings) else 0)


def new_handle() -> str:
    """26 random characters of base32, as handles have them."""
    return base64.b32encode(secrets.token_bytes(16)).decode("ascii").rstrip("=").lower()
