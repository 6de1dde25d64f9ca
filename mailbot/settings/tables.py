"""Looks at the tables of config.toml as TOML gives them; what has the wrong type is left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mailbot.model import address_key

Raw = Mapping[str, object]
Place = tuple[str | int, ...]
Problem = tuple[Place, str]  # where, and a whole sentence that says what to do


def table(raw: Raw, key: str) -> Raw:
    """The table of that name, empty if there is none."""
    value = raw.get(key)
    return value if isinstance(value, dict) else {}


def rows(raw: Raw, *place: str) -> Iterator[tuple[Place, Raw]]:
    """The tables of a list, each with its place."""
    found: object = raw
    for key in place:
        found = found.get(key) if isinstance(found, dict) else None
    if isinstance(found, dict):  # [mailbox] for [[mailbox]]; the models say so
        yield place, found
    for number, row in enumerate(found if isinstance(found, list) else []):
        if isinstance(row, dict):
            yield (*place, number), row


def text(row: Raw, key: str) -> str:
    """The text of an option, "" if it has none."""
    value = row.get(key)
    return value if isinstance(value, str) else ""


def seen_before(rows: Iterator[tuple[Place, Raw]], key: str) -> Iterator[tuple[Place, str]]:
    """The place and text of every row whose text stood in an earlier row."""
    seen: set[str] = set()
    for place, row in rows:
        given = text(row, key)
        folded = address_key(given) if key == "address" else given
        if given and folded in seen:
            yield (*place, key), given
        seen.add(folded)


def named_courts(raw: Raw) -> dict[str, Raw]:
    """The tables of the courts by their ids."""
    return {name: court for name, court in table(raw, "court").items() if isinstance(court, dict)}
