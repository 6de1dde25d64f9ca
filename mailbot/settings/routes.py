"""Names what does not agree between mailboxes, routes and the people behind them.

Each problem comes with the place where it stands. Works on raw tables, as rules.py does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path

from mailbot.model import address_key
from mailbot.settings import folders, imap, precedence
from mailbot.settings.fields import LOCAL_PART_OCTETS, nearest
from mailbot.settings.mailboxes import COMMANDS, PURPOSES
from mailbot.settings.patterns import COURT, fits
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
from mailbot.settings.ways import Way, homes_of, ways_of

_TRUSTED = {"trusted_results", "trusted_nameless"}


def disagreements(raw: Raw, folder: Path) -> Iterator[Problem]:
    """Every disagreement; `folder` is where relative paths start."""
    ways = list(ways_of(raw))
    yield from _mailboxes(raw, ways)
    yield from _routes(raw)
    yield from _courts(raw)
    yield from _too_long(ways)
    yield from precedence.disagreements(ways)
    yield from _texts(raw, folder)
    yield from _people(raw, ways)


# --- Mailboxes --------------------------------------------------------------------------------


def _mailboxes(raw: Raw, ways: Sequence[Way]) -> Iterator[Problem]:
    for place, name in seen_before(rows(raw, "mailbox"), "name"):
        yield place, f'Two mailboxes have the name "{name}"; every mailbox needs its own.'
    for place, address in seen_before(rows(raw, "mailbox"), "address"):
        yield place, f'Two mailboxes claim the address "{address}"; give it to one of them.'
    routed = {address_key(text(route, "address")) for _, route in rows(raw, "route")}
    accounts: set[tuple[object, ...]] = set()
    for place, mailbox in rows(raw, "mailbox"):
        yield from imap.disagreements(place, mailbox)
        account = tuple(text(mailbox, key) for key in ("host", "username", "folder"))
        if mailbox.get("way") == "imap" and account in accounts:
            yield place, "Two mailboxes fetch from the same account and folder; take one out."
        accounts.add(account)
        if "trusted_sealers" in mailbox and not mailbox.keys() & _TRUSTED:
            yield (
                (*place, "trusted_sealers"),
                "A seal counts where a trusted server has checked it; add trusted_results.",
            )
        address = text(mailbox, "address")
        key = address_key(address)
        if routed and address and key not in routed and not _taken_by(key, ways):
            yield (
                (*place, "address"),
                f'No route leads from "{address}" to a court; add a [[route]] with this address.',
            )


def _taken_by(key: str, ways: Sequence[Way]) -> list[Way]:
    return [way for way in ways if fits(way.spec.key, key)]


# --- Each route by itself ---------------------------------------------------------------------


def _routes(raw: Raw) -> Iterator[Problem]:
    for place, address in seen_before(rows(raw, "route"), "address"):
        yield place, f'Two routes have the address "{address}"; one address means one thing.'
    courts, homes = named_courts(raw), homes_of(raw)
    names = {text(mailbox, "name") for _, mailbox in rows(raw, "mailbox")}
    for place, row in rows(raw, "route"):
        court, name, address = text(row, "court"), text(row, "mailbox"), text(row, "address")
        yield from _court_of(place, row, courts)
        if name and name not in names:
            yield (*place, "mailbox"), f'There is no mailbox "{name}"; {nearest(name, names)}'
        for each in courts if COURT in address else (court,):
            own = address.replace(COURT, each)
            home = homes.get(address_key(own))
            if not name and home is None:
                yield place, _who_answers(address, names)
                break
            if name in names and home and name != home:
                yield (
                    (*place, "mailbox"),
                    f'The mailbox "{home}" claims "{own}", and this route gives it to "{name}"; '
                    "take mailbox out of the route, or give the mailbox another address.",
                )


def _court_of(place: Place, row: Raw, courts: Mapping[str, Raw]) -> Iterator[Problem]:
    court, by_address = text(row, "court"), COURT in text(row, "address")
    is_other_part = "<" in text(row, "address")  # "<county>" is complaint enough
    if court and court not in courts:
        yield (*place, "court"), f"There is no [court.{court}]; {nearest(court, courts)}"
    if court and by_address:
        yield (
            (*place, "court"),
            f"The address names the court by {COURT} already; take court out, or write the "
            "address without it.",
        )
    if row.get("court") in (None, "") and not by_address and not is_other_part:
        example = min(courts, default="franklin")
        yield place, f'This route leads to no court; add, for example: court = "{example}"'


def _courts(raw: Raw) -> Iterator[Problem]:
    courts = named_courts(raw)
    commanded: set[str] = set()
    for _, row in rows(raw, "route"):
        if row.get("purpose") in PURPOSES and row.get("purpose") != COMMANDS:
            continue  # "comands" is complaint enough
        court = text(row, "court")
        commanded.update({court, *get_close_matches(court, courts)})
        if COURT in text(row, "address"):
            commanded.update(courts)
    for court in courts.keys() - commanded:
        yield (
            ("court", court),
            f'No route leads to [court.{court}]; add a [[route]] with court = "{court}" and '
            f'purpose = "commands".',
        )


def _who_answers(address: str, names: set[str]) -> str:
    example = min(names, default="track")
    return f'No mailbox answers for "{address}"; add to this route: mailbox = "{example}"'


def _too_long(ways: Sequence[Way]) -> Iterator[Problem]:
    """The addresses that <court> makes; the others are checked by themselves (trap 59)."""
    for way in ways:
        for option in ("address", "reply_as"):
            written = text(way.row, option)
            local = written.rpartition("@")[0].replace(COURT, way.court)
            if COURT in written and len(local) > LOCAL_PART_OCTETS:
                yield (
                    (*way.place, option),
                    f'{option} "{written}" is too long before the @ for [court.{way.court}]: '
                    f"mailbot adds 29 characters for links, so use at most {LOCAL_PART_OCTETS} "
                    "with the court's id.",
                )


def _texts(raw: Raw, folder: Path) -> Iterator[Problem]:
    """Languages and template folders must be there."""
    templates = text(table(raw, "bot"), "templates")
    own = folder / templates if templates and "\0" not in templates else None
    languages, known = folders.languages(own), folders.route_folders(own)
    for place, row in rows(raw, "route"):
        language, name = text(row, "language"), text(row, "templates")
        if folders.LANGUAGE.fullmatch(language) and language not in languages:
            yield (
                (*place, "language"),
                f'There are no templates in "{language}"; {nearest(language, languages)}',
            )
        if name and name not in known:
            yield (
                (*place, "templates"),
                f'There is no template folder "{folders.OF_ROUTES}/{name}" in the folder that '
                f"templates in [bot] names; {nearest(name, known)}",
            )


# --- People -----------------------------------------------------------------------------------


def _people(raw: Raw, ways: Sequence[Way]) -> Iterator[Problem]:
    """Whoever is written to must be a person: mail from our own address is never read."""
    own = {address_key(text(row, "address")) for _, row in rows(raw, "mailbox")}
    operator = text(table(raw, "bot"), "operator")
    told: list[tuple[Place, str]] = [(("bot", "operator"), operator)]
    for court_id, court in named_courts(raw).items():
        email = text(table(court, "help_desk"), "email")
        told.append((("court", court_id, "help_desk", "email"), email))
    for place, address in told:
        key = address_key(address)
        if address and (key in own or _taken_by(key, ways)):
            yield (
                place,
                f'"{address}" is an address of mailbot itself; name the address of a person.',
            )
