"""Names what does not agree between the parts of config.toml, each with the place where it stands.

Works on the tables as TOML gives them, so that one wrong value elsewhere hides none of this; what
has the wrong type is left to the models.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from datetime import date
from difflib import get_close_matches
from pathlib import Path

from mailbot.model import address_key
from mailbot.settings import imap
from mailbot.settings.certificates import UnfitCertificate, context_of
from mailbot.settings.fields import is_loopback, nearest
from mailbot.settings.secrets import is_missing

_OF_THE_DOOR = {  # options that mailboxes at one address share, with their defaults
    "way": "smtp", "tls_certificate": None, "tls_key": None, "proxy": False, "proxy_from": None,
}  # fmt: skip
_TRUSTED = {"trusted_results", "trusted_nameless"}
OTHER_PURPOSES = ("track", "stop", "help", "bounces", "postmaster")

Raw = Mapping[str, object]
Place = tuple[str | int, ...]
Problem = tuple[Place, str]  # where, and a whole sentence that says what to do


def disagreements(raw: Raw, folder: Path) -> Iterator[Problem]:
    """Every disagreement; `folder` is where relative paths start."""
    yield from _courts(raw)
    yield from _keys(raw, folder)
    yield from _mailboxes(raw)
    yield from _routes(raw)
    yield from _operator(raw)
    yield from _smarthost(raw)
    yield from _doors(raw, folder)


# --- Looking at tables ------------------------------------------------------------------------


def _table(raw: Raw, key: str) -> Raw:
    value = raw.get(key)
    return value if isinstance(value, dict) else {}


def _rows(raw: Raw, *place: str) -> Iterator[tuple[Place, Raw]]:
    """The tables of a list, each with its place."""
    found: object = raw
    for key in place:
        found = found.get(key) if isinstance(found, dict) else None
    if isinstance(found, dict):  # [mailbox] for [[mailbox]]; the models say so
        yield place, found
    for number, row in enumerate(found if isinstance(found, list) else []):
        if isinstance(row, dict):
            yield (*place, number), row


def _text(row: Raw, key: str) -> str:
    value = row.get(key)
    return value if isinstance(value, str) else ""


def _seen_before(rows: Iterator[tuple[Place, Raw]], key: str) -> Iterator[tuple[Place, str]]:
    """The place and text of every row whose text stood in an earlier row."""
    seen: set[str] = set()
    for place, row in rows:
        text = _text(row, key)
        folded = address_key(text) if key == "address" else text
        if text and folded in seen:
            yield (*place, key), text
        seen.add(folded)


# --- Courts -----------------------------------------------------------------------------------


def _courts(raw: Raw) -> Iterator[Problem]:
    for court_id, court in _named_courts(raw).items():
        place = ("court", court_id)
        if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,31}", court_id):
            yield place, f"[court.{court_id}] must be named with a-z, 0-9 and - only, at most 32."
        if _text(court, "closes_text") and "closes_on" not in court:
            yield (*place, "closes_text"), "closes_text is shown with closes_on; add closes_on too."
        if court.get("profile") == "seed" and _text(_table(court, "policy"), "stop") == "proved":
            yield (
                (*place, "policy", "stop"),
                'Profile "seed" asks before each stop; take this out, or profile = "seed".',
            )
        yield from _banners(raw, court_id)
        for rule_place, rule in _rows(raw, "court", court_id, "exclude"):
            if not rule.keys() & {"category", "number"}:
                yield rule_place, "This exclude rule fits nothing; add category or number to it."
        if (url := _text(_table(court, "source"), "url")) and url == _text(
            _table(raw, "bot"), "store"
        ):
            yield (
                (*place, "source", "url"),
                "The court's database and mailbot's own store are the same; give each its own.",
            )


def _named_courts(raw: Raw) -> dict[str, Raw]:
    return {name: court for name, court in _table(raw, "court").items() if isinstance(court, dict)}


def _banners(raw: Raw, court_id: str) -> Iterator[Problem]:
    for place, banner in _rows(raw, "court", court_id, "banner"):
        first, last = banner.get("from"), banner.get("until")
        if isinstance(first, date) and isinstance(last, date) and str(first) > str(last):
            yield (
                (*place, "until"),
                f"This banner ends on {last} before it begins on {first}; exchange from and until.",
            )


# --- Signing keys -----------------------------------------------------------------------------


def _keys(raw: Raw, folder: Path) -> Iterator[Problem]:
    for place, key_id in _seen_before(_rows(raw, "bot", "keys"), "id"):
        yield place, f'Two keys have the id "{key_id}"; every key needs its own.'
    for form in ("value", "file", "env", "credential"):
        for place, _ in _seen_before(_rows(raw, "bot", "keys"), form):
            yield place, f"Two keys have the same {form}; a new key needs a new secret."
    missing = [
        (place, _text(key, "file"))
        for place, key in _rows(raw, "bot", "keys")
        if _text(key, "file") and is_missing(folder / _text(key, "file"))
    ]
    if len(missing) < len(list(_rows(raw, "bot", "keys"))):  # else: the first start makes them
        for place, file in missing:
            yield (
                (*place, "file"),
                f'The key file "{file}" does not exist; put it back, or make a new key with: '
                f"(umask 077; openssl rand -base64 32 > {shlex.quote(file)})",
            )


# --- Mailboxes and routes ---------------------------------------------------------------------


def _mailboxes(raw: Raw) -> Iterator[Problem]:
    for place, name in _seen_before(_rows(raw, "mailbox"), "name"):
        yield place, f'Two mailboxes have the name "{name}"; every mailbox needs its own.'
    for place, address in _seen_before(_rows(raw, "mailbox"), "address"):
        yield place, f'Two mailboxes claim the address "{address}"; give it to one of them.'
    routed = {address_key(_text(route, "address")) for _, route in _rows(raw, "route")}
    accounts: set[tuple[object, ...]] = set()
    for place, mailbox in _rows(raw, "mailbox"):
        yield from imap.disagreements(place, mailbox)
        account = tuple(_text(mailbox, key) for key in ("host", "username", "folder"))
        if mailbox.get("way") == "imap" and account in accounts:
            yield place, "Two mailboxes fetch from the same account and folder; take one out."
        accounts.add(account)
        if "trusted_sealers" in mailbox and not mailbox.keys() & _TRUSTED:
            yield (
                (*place, "trusted_sealers"),
                "A seal counts where a trusted server has checked it; add trusted_results.",
            )
        address = _text(mailbox, "address")
        if routed and address and address_key(address) not in routed:
            yield (
                (*place, "address"),
                f'No route leads from "{address}" to a court; add a [[route]] with this address.',
            )


def _routes(raw: Raw) -> Iterator[Problem]:
    for place, address in _seen_before(_rows(raw, "route"), "address"):
        yield place, f'Two routes have the address "{address}"; one address means one thing.'
    courts = _named_courts(raw)
    names = {_text(mailbox, "name") for _, mailbox in _rows(raw, "mailbox")}
    homes = {address_key(_text(mailbox, "address")) for _, mailbox in _rows(raw, "mailbox")}
    commanded: set[str] = set()
    for place, route in _rows(raw, "route"):
        court, name = _text(route, "court"), _text(route, "mailbox")
        if route.get("purpose") not in OTHER_PURPOSES:  # "comands" is complaint enough
            commanded.update({court, *get_close_matches(court, courts)})
        if court and court not in courts:
            yield (*place, "court"), f"There is no [court.{court}]; {nearest(court, courts)}"
        if name and name not in names:
            yield (*place, "mailbox"), f'There is no mailbox "{name}"; {nearest(name, names)}'
        elif not name and address_key(_text(route, "address")) not in homes:
            yield place, _who_answers(_text(route, "address"), names)
    for court in courts.keys() - commanded:
        yield (
            ("court", court),
            f'No route leads to [court.{court}]; add a [[route]] with court = "{court}" and '
            f'purpose = "commands".',
        )


def _who_answers(address: str, names: set[str]) -> str:
    example = min(names, default="track")
    return f'No mailbox answers for "{address}"; add to this route: mailbox = "{example}"'


def _operator(raw: Raw) -> Iterator[Problem]:
    """Whoever is told must be a person: mail from our own address is never read."""
    operator = _text(_table(raw, "bot"), "operator")
    rows = [*_rows(raw, "mailbox"), *_rows(raw, "route")]
    if operator and address_key(operator) in {
        address_key(_text(row, "address")) for _, row in rows
    }:
        yield (
            ("bot", "operator"),
            f'"{operator}" is an address of mailbot itself; name the address of a person.',
        )


# --- Doors and departure ----------------------------------------------------------------------


def _smarthost(raw: Raw) -> Iterator[Problem]:
    if not isinstance(raw.get("smarthost"), dict):
        return
    smarthost = _table(raw, "smarthost")
    place = ("smarthost",)
    host, ways = _text(smarthost, "host"), smarthost.keys() & {"host", "maildir"}
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
    web = _text(_table(raw, "web"), "listen") or "127.0.0.1:8080"
    first: dict[str, Raw] = {}
    for place, mailbox in _rows(raw, "mailbox"):
        listen = _text(mailbox, "listen") or "127.0.0.1:8025"
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
                    f'The mailbox "{_text(first[listen], "name")}" listens there too; what differs '
                    f"is {option}: make it the same, or give this mailbox another port.",
                )
        yield from _tls_and_proxy(place, mailbox, folder)


def _tls_and_proxy(place: Place, mailbox: Raw, folder: Path) -> Iterator[Problem]:
    if "proxy_from" in mailbox and mailbox.get("proxy") is not True:
        yield (*place, "proxy_from"), "Nobody is asked for whom it speaks; add proxy = true."
    certificate, key = _text(mailbox, "tls_certificate"), _text(mailbox, "tls_key")
    if "tls_key" in mailbox and "tls_certificate" not in mailbox:
        yield (*place, "tls_key"), "A key needs its certificate; add tls_certificate = ..."
    if certificate:
        try:
            context_of(folder / certificate, folder / key if key else None)
        except UnfitCertificate as error:
            shown = f'{error.option} "{_text(mailbox, error.option)}"'
            yield (*place, error.option), f"{shown} {error.predicate}"
