"""Names what does not agree between the parts of config.toml, each with the place where it stands.

Works on the tables as TOML gives them, so that one wrong value elsewhere hides none of this; what
has the wrong type is left to the models.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from mailbot.settings import routes
from mailbot.settings.certificates import UnfitCertificate, context_of
from mailbot.settings.fields import is_loopback
from mailbot.settings.secrets import is_missing
from mailbot.settings.tables import (
    Place,
    Problem,
    Raw,
    named_courts,
    rows,
    seen_before,
    table,
    text,
)

_OF_THE_DOOR = {  # options that mailboxes at one address share, with their defaults
    "way": "smtp", "tls_certificate": None, "tls_key": None, "proxy": False, "proxy_from": None,
}  # fmt: skip


def disagreements(raw: Raw, folder: Path) -> Iterator[Problem]:
    """Every disagreement; `folder` is where relative paths start."""
    yield from _courts(raw)
    yield from _keys(raw, folder)
    yield from routes.disagreements(raw, folder)
    yield from _smarthost(raw)
    yield from _doors(raw, folder)


# --- Courts -----------------------------------------------------------------------------------


def _courts(raw: Raw) -> Iterator[Problem]:
    for court_id, court in named_courts(raw).items():
        place = ("court", court_id)
        if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,31}", court_id):
            yield place, f"[court.{court_id}] must be named with a-z, 0-9 and - only, at most 32."
        if text(court, "closes_text") and "closes_on" not in court:
            yield (*place, "closes_text"), "closes_text is shown with closes_on; add closes_on too."
        if court.get("profile") == "seed" and text(table(court, "policy"), "stop") == "proved":
            yield (
                (*place, "policy", "stop"),
                'Profile "seed" asks before each stop; take this out, or profile = "seed".',
            )
        yield from _banners(raw, court_id)
        for rule_place, rule in rows(raw, "court", court_id, "exclude"):
            if not rule.keys() & {"category", "number"}:
                yield rule_place, "This exclude rule fits nothing; add category or number to it."
        if (url := text(table(court, "source"), "url")) and url == text(table(raw, "bot"), "store"):
            yield (
                (*place, "source", "url"),
                "The court's database and mailbot's own store are the same; give each its own.",
            )


def _banners(raw: Raw, court_id: str) -> Iterator[Problem]:
    for place, banner in rows(raw, "court", court_id, "banner"):
        first, last = banner.get("from"), banner.get("until")
        if isinstance(first, date) and isinstance(last, date) and str(first) > str(last):
            yield (
                (*place, "until"),
                f"This banner ends on {last} before it begins on {first}; exchange from and until.",
            )


# --- Signing keys -----------------------------------------------------------------------------


def _keys(raw: Raw, folder: Path) -> Iterator[Problem]:
    for place, key_id in seen_before(rows(raw, "bot", "keys"), "id"):
        yield place, f'Two keys have the id "{key_id}"; every key needs its own.'
    for form in ("value", "file", "env", "credential"):
        for place, _ in seen_before(rows(raw, "bot", "keys"), form):
            yield place, f"Two keys have the same {form}; a new key needs a new secret."
    missing = [
        (place, text(key, "file"))
        for place, key in rows(raw, "bot", "keys")
        if text(key, "file") and is_missing(folder / text(key, "file"))
    ]
    if len(missing) < len(list(rows(raw, "bot", "keys"))):  # else: the first start makes them
        for place, file in missing:
            yield (
                (*place, "file"),
                f'The key file "{file}" does not exist; put it back, or make a new key with: '
                f"(umask 077; openssl rand -base64 32 > {shlex.quote(file)})",
            )


# --- Doors and departure ----------------------------------------------------------------------


def _smarthost(raw: Raw) -> Iterator[Problem]:
    if not isinstance(raw.get("smarthost"), dict):
        return
    smarthost = table(raw, "smarthost")
    place = ("smarthost",)
    host, ways = text(smarthost, "host"), smarthost.keys() & {"host", "maildir"}
    if len(ways) == 2:
        yield (*place, "maildir"), "Mail leaves by host or into maildir; keep one of the two."
    if not ways:
        yield place, "Mail has no way out; add host (a mail server) or maildir (for trials)."
    if "password" in smarthost and "username" not in smarthost:
        yield (*place, "password"), "A password needs a name; add username = ..."
    if "username" in smarthost and "password" not in smarthost:
        yield (*place, "username"), "A username needs a password; add password = { file = ... }"
    if smarthost.get("port") == 465 and smarthost.get("tls", "starttls") != "tls":
        yield (
            (*place, "port"),
            'Port 465 speaks TLS from the first byte; add tls = "tls", or use port = 587.',
        )
    if "password" in smarthost and smarthost.get("tls") == "none" and not is_loopback(host):
        yield (
            (*place, "tls"),
            'The password would cross the network in the clear; use tls = "starttls" or "tls".',
        )


def _doors(raw: Raw, folder: Path) -> Iterator[Problem]:
    web = text(table(raw, "web"), "listen") or "127.0.0.1:8080"
    first: dict[str, Raw] = {}
    for place, mailbox in rows(raw, "mailbox"):
        listen = text(mailbox, "listen") or "127.0.0.1:8025"
        if listen == web:
            yield (
                (*place, "listen"),
                f'[web] listens on "{listen}" already; give this mailbox another port.',
            )
        if mailbox.get("way") == "lmtp" and listen.endswith(":25"):
            yield (
                (*place, "listen"),
                "LMTP must not be spoken on port 25 (RFC 2033 5); give this mailbox another port.",
            )
        for option, default in _OF_THE_DOOR.items():
            other = first.setdefault(listen, mailbox).get(option, default)
            if mailbox.get(option, default) != other:
                yield (
                    (*place, option) if option in mailbox else place,
                    f'The mailbox "{text(first[listen], "name")}" listens there too; what differs '
                    f"is {option}: make it the same, or give this mailbox another port.",
                )
        yield from _tls_and_proxy(place, mailbox, folder)


def _tls_and_proxy(place: Place, mailbox: Raw, folder: Path) -> Iterator[Problem]:
    if "proxy_from" in mailbox and mailbox.get("proxy") is not True:
        yield (*place, "proxy_from"), "Nobody is asked for whom it speaks; add proxy = true."
    certificate, key = text(mailbox, "tls_certificate"), text(mailbox, "tls_key")
    if "tls_key" in mailbox and "tls_certificate" not in mailbox:
        yield (*place, "tls_key"), "A key needs its certificate; add tls_certificate = ..."
    if certificate:
        try:
            context_of(folder / certificate, folder / key if key else None)
        except UnfitCertificate as error:
            shown = f'{error.option} "{text(mailbox, error.option)}"'
            yield (*place, error.option), f"{shown} {error.predicate}"
