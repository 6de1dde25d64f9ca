"""Names routes that tie, that nothing reaches, or that answer as nobody of ours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pydantic_core import PydanticCustomError

from mailbot.model import address_key
from mailbot.settings.fields import nearest
from mailbot.settings.mailboxes import COMMANDS, PURPOSES, reply_address
from mailbot.settings.patterns import COURT, both_fit, covers, spec_for
from mailbot.settings.tables import Place, Problem, text
from mailbot.settings.ways import Way


def disagreements(ways: Sequence[Way]) -> Iterator[Problem]:
    """Every disagreement between routes."""
    yield from _overlaps(ways)
    yield from _unreachable(ways)
    for way in ways:
        yield from _reply_as(way, ways)


def _overlaps(ways: Sequence[Way]) -> Iterator[Problem]:
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
                    "length, so neither wins; make one of them longer.",
                )
                break


def _is_equal(way: Way, other: Way) -> bool:
    one, two = way.spec, other.spec
    if way.place == other.place or one.by == "exact" or two.by == "exact":
        return False
    if address_key(way.address) == address_key(other.address):
        return False  # the same address twice is a complaint of its own
    return one.by == two.by and one.fixed == two.fixed


def _unreachable(ways: Sequence[Way]) -> Iterator[Problem]:
    """A route all of whose addresses others win."""
    exact = [way for way in ways if way.spec.by == "exact"]
    by_place: dict[Place, list[Way]] = {}
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
                "itself or with a tag; take one of them out, or give that one another separator.",
            )


def _winner(way: Way, exact: Sequence[Way]) -> Way | None:
    for other in exact:
        if other.spec.key == way.spec.key or covers(other.spec.tagged, way.spec.key):
            return other
    return None


def _reply_as(way: Way, ways: Sequence[Way]) -> Iterator[Problem]:
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
