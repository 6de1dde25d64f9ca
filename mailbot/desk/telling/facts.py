"""Shows cases and entries as mails and pages do, from one look at the courts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from urllib.parse import quote

from mailbot.desk.parts import Parts
from mailbot.desk.telling.links import Links
from mailbot.model import Case, Claimed, Entry, Facts
from mailbot.plain import cut
from mailbot.store import addresses, requests, stops
from mailbot.store.addresses import AddressRow
from mailbot.store.requests import RequestRow
from mailbot.store.stops import StopRow
from mailbot.store.subscriptions import SubscriptionRow
from mailbot.voice import Voice
from mailbot.wording import frame

Told = dict[str, Any]


@dataclass(frozen=True)
class Gate:
    """One look at the courts, for the mails claimed together."""

    parts: Parts
    now: datetime
    cases: Mapping[str, Mapping[str, Case] | None]
    voices: Mapping[str, Voice] = field(default_factory=dict)  # of the mail, by its court

    def of(self, row: Claimed) -> Gate:
        """The same look, for a mail that speaks as its route says."""
        voice = self.parts.settings.still(row.voice, row.court)
        return replace(self, voices={row.court: voice})

    @property
    def links(self) -> Links:
        """Writes links."""
        return Links(self.parts.settings, self.parts.signer, self.voices)

    def frame(self, row: Claimed) -> Facts:
        """The frame of a mail."""
        settings, voice = self.parts.settings, self.voices.get(row.court)
        return frame(settings, row.court, row.created_at, row.language, voice)

    def case(self, row: SubscriptionRow) -> Case | None:
        """The case if it may be seen now."""
        return (self.cases.get(row.court) or {}).get(row.case_key)

    def hidden(self, row: SubscriptionRow) -> bool:
        """Whether the court was read and shows no such case."""
        return self.cases.get(row.court) is not None and self.case(row) is None

    def address(self, row: Claimed) -> AddressRow:
        """The address of the mail."""
        with self.parts.database.reading() as conn:
            return addresses.by_id(conn, row.address_id)

    def refuses(self, row: Claimed) -> bool:
        """Whether the address wants nothing unasked from the court of the mail."""
        with self.parts.database.reading() as conn:
            return addresses.refuses(conn, row.address_id, row.court)

    def request(self, row: Claimed) -> RequestRow:
        """The request of the mail. Raises LookupError."""
        with self.parts.database.reading() as conn:
            return requests.by_id(conn, row.request_id or 0)

    def request_of(self, refusal: StopRow) -> RequestRow | None:
        """The request that a refusal refused."""
        if refusal.request_id is None:
            return None
        with self.parts.database.reading() as conn:
            return requests.by_id(conn, refusal.request_id)

    def stopped(self, row: Claimed) -> StopRow | None:
        """The stop of the mail, or None."""
        stop_id = row.facts.get("stop")
        if not isinstance(stop_id, int):
            return None
        with self.parts.database.reading() as conn:
            return stops.by_id(conn, stop_id)


def case_facts(gate: Gate, row: SubscriptionRow) -> Told:
    """A case as mails show it: without caption and links where the court shows none now."""
    court, case = gate.parts.settings.court[row.court], gate.case(row)
    number = quote(row.number, safe="")
    known = case is not None
    return {
        "number": row.number,
        "caption": case.caption if case else None,
        "url": court.case_url.replace("{number}", number) if court.case_url and known else None,
        "docket_url": (
            court.docket_url.replace("{number}", number) if court.docket_url and known else None
        ),
        "court_name": None,
    }


def with_stop(gate: Gate, row: SubscriptionRow, at: datetime) -> Told:
    """A case with the link that stops it."""
    return {**case_facts(gate, row), "stop": gate.links.stop(row, at)}


def in_order(entry: Entry) -> tuple[float, int, str]:
    """Filing date, then sequence (G22)."""
    return (entry.filed_at.timestamp() if entry.filed_at else 0.0, entry.seq, entry.key)


def entry_facts(
    gate: Gate, entry: Entry, kind: str, fields: Sequence[str], activity_at: datetime | None
) -> Told:
    """A docket entry as mails show it: at most 2000 characters, and how many more (S80, G20)."""
    text, more = cut(entry.text, gate.parts.settings.limits.text_characters)
    return {
        "kind": kind,
        "fields": list(fields),
        "filed_at": entry.filed_at,
        "activity_at": activity_at,
        "description": entry.description,
        "text": text,
        "more_characters": more,
    }
