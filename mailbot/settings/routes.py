"""Names what does not agree between mailboxes, routes and the people behind them.

Each problem comes with the place where it stands. Works on raw tables, as rules.py does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from pydantic_core import PydanticCustomError

from mailbot.model import address_key
from mailbot.settings import folders, imap
from mailbot.settings.fields import LOCAL_PART_OCTETS, nearest
from mailbot.settings.mailboxes import COMMANDS, PURPOSES, reply_address, route_address
from mailbot.settings.patterns import COURT, Spec, both_fit, covers, fits, spec_for, spec_of
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

_TRUSTED = {"trusted_results", "trusted_nameless"}


@dataclass(frozen=True)
class _Way:
    """A route of one court, as far as its address can be read."""

    place: Place
    address: str  # as it is written
    court: str
    row: Raw
    spec: Spec


def disagreements(raw: Raw, folder: Path) -> Iterator[Problem]:
    """Every disagreement; `folder` is where relative paths start."""
    ways = list(_ways(raw))
    yield from _mailboxes(raw, ways)
    yield from _routes(raw)
    yield from _courts(raw)
    yield from _too_long(ways)
    yield from _overlaps(ways)
    yield from _unreachable(ways)
    for way in ways:
        yield from _reply_as(way, ways)
    yield from _texts(raw, folder)
    yield from _people(raw, ways)


def _ways(raw: Raw) -> Iterator[_Way]:
    """Every route whose address can be read; one with <court> once for each court."""
    separators = {text(one, "name"): text(one, "separator") for _, one in rows(raw, "mailbox")}
    homes = _homes(raw)
    for place, row in rows(raw, "route"):
        address = text(row, "address")
        if not address or not _is_good(address):
            continue
        for court in _court_ids(raw) if COURT in address else (text(row, "court"),):
            own = address.replace(COURT, court)
            name = text(row, "mailbox") or homes.get(address_key(own), "")
            separator = text(row, "separator") or separators.get(name, "") or "+"
            yield _Way(place, address, court, row, spec_of(own, separator, own != address))


def _is_good(address: str) -> bool:
    """Whether a route may have that address; the models say what is wrong with another."""
    try:
        route_address(address)
    except PydanticCustomError:
        return False
    return True


def _court_ids(raw: Raw) -> list[str]:
    return [each for each in named_courts(raw) if re.fullmatch(r"[a-z0-9][a-z0-9-]{0,31}", each)]


def _homes(raw: Raw) -> Mapping[str, str]:
    """The mailbox of each address that one claims."""
    found: dict[str, str] = {}
    for _, row in rows(raw, "mailbox"):
        if address := text(row, "address"):
            found.setdefault(address_key(address), text(row, "name"))
    return found


# --- Mailboxes --------------------------------------------------------------------------------


def _mailboxes(raw: Raw, ways: Sequence[_Way]) -> Iterator[Problem]:
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


def _taken_by(key: str, ways: Sequence[_Way]) -> list[_Way]:
    return [way for way in ways if fits(way.spec.key, key)]


# --- Each route by itself ---------------------------------------------------------------------


def _routes(raw: Raw) -> Iterator[Problem]:
    for place, address in seen_before(rows(raw, "route"), "address"):
        yield place, f'Two routes have the address "{address}"; one address means one thing.'
    courts, homes = named_courts(raw), _homes(raw)
    names = {text(mailbox, "name") for _, mailbox in rows(raw, "mailbox")}
    for place, row in rows(raw, "route"):
        court, name, address = text(row, "court"), text(row, "mailbox"), text(row, "address")
        yield from _court_of(place, row, courts)
        if name and name not in names:
            yield (*place, "mailbox"), f'There is no mailbox "{name}"; {nearest(name, names)}'
        for each in courts if COURT in address else (court,):
            own = address.replace(COURT, each)
            home = homes.get(address_key(own), "")
            if not name and not home:
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
    if court and court not in courts:
        yield (*place, "court"), f"There is no [court.{court}]; {nearest(court, courts)}"
    if court and by_address:
        yield (
            (*place, "court"),
            f"The address names the court by {COURT} already; take court out, or write the "
            "address without it.",
        )
    if row.get("court") in (None, "") and not by_address:
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


def _too_long(ways: Sequence[_Way]) -> Iterator[Problem]:
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


# --- Routes beside each other -----------------------------------------------------------------


def _overlaps(ways: Sequence[_Way]) -> Iterator[Problem]:
    """Two that fit one address and are equally long: nobody could say which wins."""
    for number, way in enumerate(ways):
        for other in ways[:number]:
            if not _is_equal(way, other):
                continue
            shared = both_fit(way.spec.key, other.spec.key)
            if shared is not None:
                yield (
                    (*way.place, "address"),
                    f'"{other.address}" and "{way.address}" both fit "{shared}" and are of equal '
                    "length; make one of them longer, or write out that address in a route.",
                )
                break


def _is_equal(way: _Way, other: _Way) -> bool:
    one, two = way.spec, other.spec
    if way.place == other.place or one.by == "exact" or two.by == "exact":
        return False
    if address_key(way.address) == address_key(other.address):
        return False  # the same address twice is a complaint of its own
    return one.by == two.by and one.fixed == two.fixed


def _unreachable(ways: Sequence[_Way]) -> Iterator[Problem]:
    """A route all of whose addresses others win."""
    exact = [way for way in ways if way.spec.by == "exact"]
    by_place: dict[Place, list[_Way]] = {}
    for way in ways:
        if way.spec.by != "exact":
            by_place.setdefault(way.place, []).append(way)
    for place, mine in by_place.items():
        winners = [_winner(way, exact) for way in mine]
        won = [each.address for each in winners if each is not None]
        if len(won) == len(mine):
            yield (
                (*place, "address"),
                f'No mail comes to "{mine[0].address}": "{won[0]}" wins all that fits it, by '
                "itself or with a tag; take one of the two out, or give that one another separator.",
            )


def _winner(way: _Way, exact: Sequence[_Way]) -> _Way | None:
    for other in exact:
        if other.spec.key == way.spec.key or covers(other.spec.tagged, way.spec.key):
            return other
    return None


def _reply_as(way: _Way, ways: Sequence[_Way]) -> Iterator[Problem]:
    """Who answers such a mail must come to the same court, where commands are read."""
    written = text(way.row, "reply_as")
    try:
        reply_address(written)
    except PydanticCustomError:
        return
    if COURT in written and COURT not in way.address:
        yield (*way.place, "reply_as"), f"{COURT} stands for nothing here; the address has none."
        return
    own = written.replace(COURT, way.court)
    won = spec_for(address_key(own), [each.spec for each in ways])
    leads = next((each for each in ways if each.spec is won), None)
    if leads is None:
        known = [each.spec.key for each in ways if each.row.get("purpose") == COMMANDS]
        yield (
            (*way.place, "reply_as"),
            f'reply_as "{own}" is no address of mailbot; add a [[route]] for it, or '
            f"{nearest(own, known)}",
        )
    elif leads.row.get("purpose") in PURPOSES and leads.row.get("purpose") != COMMANDS:
        yield (
            (*way.place, "reply_as"),
            f'reply_as "{own}" leads to the purpose "{leads.row["purpose"]}", where people\'s '
            "answers would not be understood; name an address for commands.",
        )
    elif leads.court != way.court:
        yield (
            (*way.place, "reply_as"),
            f'reply_as "{own}" leads to [court.{leads.court}], and this route to '
            f"[court.{way.court}]; name an address of the same court.",
        )


# --- People -----------------------------------------------------------------------------------


def _people(raw: Raw, ways: Sequence[_Way]) -> Iterator[Problem]:
    """Whoever is written to must be a person: mail from our own address is never read."""
    own = {address_key(text(row, "address")) for _, row in rows(raw, "mailbox")}
    operator = text(table(raw, "bot"), "operator")
    told = [(("bot", "operator"), operator)]
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
