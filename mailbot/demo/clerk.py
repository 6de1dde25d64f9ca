"""The clerk of the sample court: adds and corrects docket entries, seals cases and unseals them.

The only writer of a case database in the house, and only of the demo's: mailbot never writes one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any, Literal
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    create_engine,
    event,
    func,
    insert,
    select,
    update,
)

from mailbot.court.canonical import case, court, docket_entry
from mailbot.demo.words import EntryKind, Words
from mailbot.model import case_key

PUBLIC, SEALED = 0, 9
BUSY_SECONDS = 10  # how long a write waits for another one
SEALS = 0.03  # of the busy clerk's acts
CORRECTS = 0.35
GROWN = 3000  # characters of a text that was corrected often enough; it is written anew
STAYS = 0.5  # in the cases that are preferred


@dataclass(frozen=True)
class Act:
    """What the clerk did, as the court's database shows it from now on."""

    verb: Literal["added", "corrected", "sealed", "unsealed"]
    number: str
    entry_id: int | None
    at: datetime  # aware


@dataclass(frozen=True)
class CaseLine:
    """A case in the clerk's list."""

    number: str
    caption: str
    access: int


@dataclass(frozen=True)
class EntryLine:
    """An entry in the clerk's list; times are the court's local ones."""

    id: int
    filed_at: datetime | None
    type_text: str
    text: str


class Clerk:
    """Writes the sample court.

    Args:
        path: of the database that missouri.build made.
        clock: the time now, aware.
        random: what the clerk takes into its head.
    """

    def __init__(self, path: Path, clock: Callable[[], datetime], random: Random) -> None:
        self._clock = clock
        self._random = random
        self._words = Words.load()
        self._engine = create_engine(
            f"sqlite:///{path}",
            connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
        )

        @event.listens_for(self._engine, "connect")
        def _prepare(connection: Any, _record: Any) -> None:
            connection.isolation_level = None  # BEGIN is ours to say
            connection.execute("PRAGMA synchronous=NORMAL")  # a power cut may cost the last act

        @event.listens_for(self._engine, "begin")
        def _begin(connection: Connection) -> None:
            connection.exec_driver_sql("BEGIN IMMEDIATE")

        with self._engine.begin() as connection:
            zone = connection.execute(select(court.c.time_zone).order_by(court.c.id)).scalars()
            self._zone = ZoneInfo(zone.first() or "UTC")

    def add_entry(
        self,
        number: str | None = None,
        *,
        type_text: str | None = None,
        text: str | None = None,
        filed_by: str | None = None,
        documents: int | None = None,
        access: int = PUBLIC,
    ) -> Act:
        """File an entry now; what is not said is made up, as is the case.

        Raises:
            LookupError: no case has that number.
        """
        now = self._clock()
        with self._engine.begin() as connection:
            its = self._case(connection, number)
            kind, made_up = self._idea(its, now)
            of_case = docket_entry.c.case_id == its.id
            last = connection.execute(select(func.max(docket_entry.c.seq)).where(of_case))
            values = {
                "case_id": its.id,
                "seq": (last.scalar() or 0) + 1,
                "filed_at": self._local(now),
                "entered_at": self._local(now),
                "type_text": kind.type_text if type_text is None else type_text,
                "text": made_up if text is None and type_text is None else text,
                "filed_by": kind.by or None if filed_by is None else filed_by,
                "document_count": kind.documents if documents is None else documents,
                "access": access,
            }
            added = connection.execute(insert(docket_entry).values(values))
            self._touch(connection, its, now)
        key = added.inserted_primary_key
        return Act("added", its.number, key[0] if key else None, now)

    def correct_entry(
        self,
        number: str | None = None,
        entry_id: int | None = None,
        *,
        type_text: str | None = None,
        text: str | None = None,
        access: int | None = None,
    ) -> Act:
        """Change an entry that stands on the docket; without new words, some are made up.

        A case without a public entry gets one instead.

        Raises:
            LookupError: no case has that number, or the case has no such entry.
        """
        now = self._clock()
        with self._engine.begin() as connection:
            its = self._case(connection, number)
            entry = self._entry(connection, its, entry_id)
            if entry is not None:
                changed = {"type_text": type_text, "text": text, "access": access}
                changed = {name: value for name, value in changed.items() if value is not None}
                connection.execute(
                    update(docket_entry)
                    .where(docket_entry.c.id == entry.id)
                    .values(
                        modified_at=self._local(now), **(changed or self._correction(entry, now))
                    )
                )
                self._touch(connection, its, now)
                return Act("corrected", its.number, entry.id, now)
        return self.add_entry(its.number)

    def seal(self, number: str) -> Act:
        """Close a case to everybody, its number included (COR 2.02(c))."""
        return self._set_access(number, SEALED, "sealed")

    def unseal(self, number: str, access: int = PUBLIC) -> Act:
        """Open it again."""
        return self._set_access(number, access, "unsealed")

    def busy(self, prefer: Collection[str] = ()) -> Act:
        """One plausible act; half of them in the preferred cases, which are never sealed."""
        chance, inside = self._random.random(), sorted(prefer)
        number = self._random.choice(inside) if inside and chance < STAYS else None
        what = self._random.random()
        if number is None and what < SEALS:
            return self._busy_with_seals({case_key(one) for one in inside})
        if what < SEALS + CORRECTS:
            return self.correct_entry(number)
        return self.add_entry(number)

    def cases(self) -> list[CaseLine]:
        """Every case, sealed ones too: this is the clerk's desk."""
        query = select(case.c.number, case.c.caption, case.c.access).order_by(case.c.id)
        with self._engine.begin() as connection:
            return [CaseLine(*row) for row in connection.execute(query)]

    def entries(self, number: str) -> list[EntryLine]:
        """The entries of a case, newest first.

        Raises:
            LookupError: no case has that number.
        """
        with self._engine.begin() as connection:
            its = self._case(connection, number)
            shown = (docket_entry.c.case_id == its.id) & docket_entry.c.deleted_at.is_(None)
            query = select(docket_entry).where(shown).order_by(docket_entry.c.seq.desc())
            return [
                EntryLine(row.id, row.filed_at, row.type_text or "", row.text or "")
                for row in connection.execute(query)
            ]

    def close(self) -> None:
        """Give the file back; the next act opens it again."""
        self._engine.dispose()

    def _case(self, connection: Connection, number: str | None) -> Row[Any]:
        wanted: ColumnElement[bool] = case.c.access == PUBLIC
        if number is not None:
            wanted = case.c.number_norm == case_key(number)
        found = self._any(connection, case.c.id, wanted)
        if found is None:
            raise LookupError("no case has that number")
        return connection.execute(select(case).where(case.c.id == found)).one()

    def _entry(
        self, connection: Connection, its: Row[Any], entry_id: int | None
    ) -> Row[Any] | None:
        entry = docket_entry.c
        wanted = (entry.case_id == its.id) & entry.deleted_at.is_(None)
        wanted &= entry.access == PUBLIC if entry_id is None else entry.id == entry_id
        found = self._any(connection, entry.id, wanted)
        if found is None and entry_id is not None:
            raise LookupError("the case has no such entry")
        return connection.execute(select(docket_entry).where(entry.id == found)).one_or_none()

    def _any(
        self, connection: Connection, of: ColumnElement[int], wanted: ColumnElement[bool]
    ) -> int | None:
        """The id of one such row, at random."""
        count = connection.execute(select(func.count(of)).where(wanted)).scalar_one()
        place = self._random.randrange(count) if count else 0
        query = select(of).where(wanted).order_by(of).limit(1).offset(place)
        return connection.execute(query).scalar()

    def _idea(self, its: Row[Any], now: datetime) -> tuple[EntryKind, str]:
        kinds = [
            one for one in self._words.entries_for(its.type_code or "") if one.access == PUBLIC
        ]
        kind = self._random.choice(kinds)
        known = {"number": its.number, "caption": its.caption, "type_text": its.type_text or ""}
        facts = self._words.facts(known, self._local(now).date(), self._random)
        return kind, self._words.text_for(kind, facts, self._random)

    def _correction(self, entry: Row[Any], now: datetime) -> dict[str, str]:
        today = self._local(now)
        text = entry.text or ""
        known = {"text": text if len(text) < GROWN else "", "date": f"{today:%m/%d/%Y}"}
        facts = self._words.facts(known, today.date(), self._random)
        return {"text": self._random.choice(self._words.corrections).format_map(facts).strip()}

    def _busy_with_seals(self, spared: Collection[str]) -> Act:
        """Unseal what this clerk could have sealed, else seal a made-up case."""
        seeds = {case_key(seed["number"]) for seed in self._words.seeds} | set(spared)
        with self._engine.begin() as connection:
            free = case.c.number_norm.not_in(seeds)
            sealed = self._any(connection, case.c.id, free & (case.c.access == SEALED))
            public = self._any(connection, case.c.id, free & (case.c.access == PUBLIC))
            query = select(case.c.number).where(case.c.id == (sealed or public))
            number = connection.execute(query).scalar()
        if number is None:
            return self.add_entry()
        return self.unseal(number) if sealed is not None else self.seal(number)

    def _set_access(self, number: str, access: int, verb: Literal["sealed", "unsealed"]) -> Act:
        now = self._clock()
        with self._engine.begin() as connection:
            its = self._case(connection, number)
            values = {"access": access, "modified_at": self._local(now)}
            connection.execute(update(case).where(case.c.id == its.id).values(values))
        return Act(verb, its.number, None, now)

    def _touch(self, connection: Connection, its: Row[Any], now: datetime) -> None:
        values = {"last_activity_at": self._local(now), "modified_at": self._local(now)}
        connection.execute(update(case).where(case.c.id == its.id).values(values))

    def _local(self, now: datetime) -> datetime:
        return now.astimezone(self._zone).replace(tzinfo=None, microsecond=0)
