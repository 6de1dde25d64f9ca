"""Reads the routes of config.toml as tables: one way for each court that a route leads to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pydantic_core import PydanticCustomError

from mailbot.model import address_key
from mailbot.settings.mailboxes import route_address
from mailbot.settings.patterns import COURT, Spec, spec_of
from mailbot.settings.tables import Place, Raw, named_courts, rows, text


@dataclass(frozen=True)
class Way:
    """A route of one court, as far as its address can be read."""

    place: Place
    address: str  # as it is written
    court: str
    row: Raw
    spec: Spec


def ways_of(raw: Raw) -> Iterator[Way]:
    """Every route whose address can be read; one with <court> once for each court."""
    separators = {text(one, "name"): text(one, "separator") for _, one in rows(raw, "mailbox")}
    homes = homes_of(raw)
    for place, row in rows(raw, "route"):
        address = text(row, "address")
        if not address or not _is_good(address):
            continue
        for court in _court_ids(raw) if COURT in address else (text(row, "court"),):
            own = address.replace(COURT, court)
            name = text(row, "mailbox") or homes.get(address_key(own), "")
            separator = text(row, "separator") or separators.get(name, "") or "+"
            yield Way(place, address, court, row, spec_of(own, separator, own != address))


def _is_good(address: str) -> bool:
    """Whether a route may have that address; the models say what is wrong with another."""
    try:
        route_address(address)
    except PydanticCustomError:
        return False
    return True


def _court_ids(raw: Raw) -> list[str]:
    return [each for each in named_courts(raw) if re.fullmatch(r"[a-z0-9][a-z0-9-]{0,31}", each)]


def homes_of(raw: Raw) -> Mapping[str, str]:
    """The mailbox of each address that one claims."""
    found: dict[str, str] = {}
    for _, row in rows(raw, "mailbox"):
        if address := text(row, "address"):
            found.setdefault(address_key(address), text(row, "name"))
    return found
