"""Knocks at doors: mailbot's own listeners, and the servers that take mail for its addresses.

Nothing is sent: a knock ends before DATA.
"""

from __future__ import annotations

import http.client
import json
import smtplib
import socket
from typing import Any

from mailbot.config import Mailbox
from mailbot.doctor.findings import About, Finding
from mailbot.doctor.names.mail_exchangers import exchangers
from mailbot.doctor.names.resolver import addresses
from mailbot.doctor.servers.certificates import cause
from mailbot.doctor.surroundings import Surroundings, domain_of

_ANY = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - where to knock at who listens anywhere
_UNKNOWN = b"PROXY UNKNOWN\r\n"  # for who expects a load balancer (proxy-protocol.txt 2.1)
_MOST = 512  # octets of a greeting
_PAGE = 65_536


def serves(around: Surroundings) -> bool:
    """Whether `mailbot serve` answers on this machine."""
    return _health(around, "/healthz/live") is not None


def listeners(around: Surroundings) -> list[Finding]:
    """Whether the doors answer, and how the service says it is."""
    if not serves(around):
        host, port = around.settings.web.host_and_port
        return [
            About("ports", "serve").warning(
                f"mailbot does not run here (nothing answers at {host}:{port}), so its doors were "
                "not tried.",
                "Start `mailbot serve`, then run the doctor again.",
            )
        ]
    doors = {one.host_and_port: one for one in around.settings.mailbox if one.way != "imap"}
    return [_ready(around), *(_door(around, one) for one in doors.values())]


def _ready(around: Surroundings) -> Finding:
    about, said = About("ports", "serve"), _health(around, "/healthz/ready")
    if said is not None and said.get("ready") is True:
        return about.ok("mailbot runs and says that it is ready.")
    checks = (said or {}).get("checks")
    amiss = [str(what) for what in checks.values() if what is not True] if checks else []
    return about.wrong(
        f"mailbot runs and is not ready: {' '.join(amiss) or 'it does not say why'}",
        "See to that; its log says more.",
    )


def _health(around: Surroundings, path: str) -> dict[str, Any] | None:
    host, port = around.settings.web.host_and_port
    connection = http.client.HTTPConnection(
        _ANY.get(host, host), port, timeout=around.patience.connect
    )
    try:
        connection.request("GET", path)
        said = json.loads(connection.getresponse().read(_PAGE))
    except (OSError, http.client.HTTPException, ValueError):
        return None
    finally:
        connection.close()
    return said if isinstance(said, dict) else None


def _door(around: Surroundings, mailbox: Mailbox) -> Finding:
    host, port = mailbox.host_and_port
    about = About("ports", f"{host}:{port}")
    name = mailbox.way.upper()
    try:
        with socket.create_connection((_ANY.get(host, host), port), around.patience.connect) as way:
            if mailbox.proxies is not None:
                way.sendall(_UNKNOWN)
            greeting = way.recv(_MOST).decode("ascii", "replace").strip()
            way.sendall(b"QUIT\r\n")
    except OSError as error:
        return about.wrong(
            f'The {name} door of mailbox "{mailbox.name}" does not answer ({cause(error)}).',
            "See the log of `mailbot serve`; does it run with this configuration?",
        )
    if not greeting.startswith("220 "):
        return about.wrong(
            f'The {name} door of mailbox "{mailbox.name}" does not greet with 220.',
            "Does another program listen there?",
        )
    return about.ok(f'The {name} door of mailbox "{mailbox.name}" answers.')


# --- Servers that take mail for us ---


def mail_servers(around: Surroundings, handle: str) -> list[Finding]:
    """Whether the MX of each mailbox takes mail to it, and returned mail to its bounce address.

    Args:
        handle: 26 characters as of a mail that never was.
    """
    found: list[Finding] = []
    for mailbox in around.settings.mailbox:
        domain = domain_of(mailbox.address)
        hosts = exchangers(around.look, domain)
        said = [
            answered
            for host in hosts
            for answered in _at(around, host, mailbox, mailbox.tagged(f"b-{handle}"))
        ]
        found += said
        if not hosts:
            found.append(
                About("ports", mailbox.address).warning(
                    f"No MX of {domain} is known, so port {around.patience.mx_port} was not tried."
                )
            )
    return found


def _at(around: Surroundings, host: str, mailbox: Mailbox, bounce: str) -> list[Finding]:
    port = around.patience.mx_port
    about = About("ports", f"{host}:{port} for {mailbox.address}")
    places = addresses(around.look, host)[0]
    if not places:
        return []  # said by mx
    trouble = OSError("not tried")
    for place in places:
        try:
            hello, seconds = around.settings.bot.instance, around.patience.answer
            with smtplib.SMTP(str(place), port, hello, timeout=seconds) as server:
                return [_asked(server, about, mailbox.address, bounce)]
        except OSError as error:  # and all of smtplib's
            trouble = error
    why = cause(trouble)
    if why == "no answer in time":
        return [
            about.warning(
                f"{host} does not answer at port {port}; many networks let nobody out to that "
                "port.",
                "Try it from another network.",
            )
        ]
    return [
        about.wrong(
            f"{host} takes no mail at port {port} ({why}).",
            "See that a mail server listens there and that the firewall lets others in.",
        )
    ]


def _asked(server: smtplib.SMTP, about: About, address: str, bounce: str) -> Finding:
    """MAIL and RCPT as of a bounce; then RSET."""
    server.ehlo_or_helo_if_needed()
    code, _ = server.mail("")
    if code != 250:
        return about.wrong(
            f"The server refuses the empty sender ({code}), so no returned mail comes in.",
            "Let it take MAIL FROM:<> (RFC 5321 6.1).",
        )
    replies = {recipient: server.rcpt(recipient)[0] for recipient in (address, bounce)}
    server.rset()
    refused = {recipient: code for recipient, code in replies.items() if code // 100 == 5}
    if address in refused:
        return about.wrong(
            f"The server refuses mail to {address} ({refused[address]}).",
            "Let it take mail for this address and hand it to mailbot.",
        )
    if refused:
        return about.wrong(
            f"The server takes mail to {address} and refuses {bounce} ({refused[bounce]}), so "
            "answers and returned mail do not come in.",
            "Let it take everything behind the separator, as with Postfix's recipient_delimiter.",
        )
    if any(code // 100 == 4 for code in replies.values()):
        return about.warning("The server says to come again later (greylisting?).")
    return about.ok(f"The server takes mail to {address} and returned mail behind the separator.")
