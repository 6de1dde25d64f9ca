"""Answers what the desk asks about a court's cases: reads its database and never writes.

Every question is one short transaction a chunk of keys, so that neither our wish nor our death can
hold up the court (reliability.md 2.8), and one error whatever the driver says: CourtUnavailable.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from threading import Lock
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, make_url, select
from sqlalchemy.exc import SQLAlchemyError

from mailbot.court.clock import server_time
from mailbot.court.engines import WriteCounter, open_read_only, reason, writable
from mailbot.court.hints import recent_cases
from mailbot.court.inspection import inspect_court
from mailbot.court.keys import KeyType, chunks, key_type
from mailbot.court.mapping import (
    CASE_COLUMNS,
    ENTRY_COLUMNS,
    Entity,
    Resolved,
    Unmapped,
    keys_param,
    resolve,
)
from mailbot.court.rows import Row, Rows, wall_clock
from mailbot.errors import CourtUnavailable
from mailbot.model import Case, Entry
from mailbot.settings.court import Source

log = logging.getLogger("mailbot.court")


class CaseSource:
    """A court's read-only case database.

    Every question may raise CourtUnavailable; no other error. May be asked by many threads.

    Args:
        name: the court's id, for the log.
        settings: [court.<id>.source] of config.toml.
        time_zone: IANA name of the court's zone, for times that name none.
    """

    def __init__(self, name: str, settings: Source, time_zone: str) -> None:
        self.name = name
        self._settings = settings
        self._zone = settings.naive_times or time_zone
        self._lock = Lock()
        self._engine: Engine | None = None
        self._counter: WriteCounter | None = None
        self._mapping: Resolved | None = None  # as long as it answers
        self._last: Resolved | None = None
        self._key_types: dict[tuple[str, str], KeyType] = {}
        self._had_levels: set[str] = set()
        self._odd: Counter[str] = Counter()

    @property
    def mapping_version(self) -> str:
        """Differs from another one if the digests of unchanged entries may differ (T-REMAP).

        That of the last answer; the court is asked only before the first.
        """
        return self._known().version

    @property
    def entries_have_access(self) -> bool:
        """Whether the court says of each entry who may see it (decisions.md 10)."""
        return self._known().entry_level is None

    def find(self, keys: Collection[str]) -> list[Case]:
        """Every case with one of these keys (model.case_key), also several of one key (G18)."""
        wanted = {key for key in keys if key}
        found: list[Case] = []
        with self._reading() as (connection, mapping):
            rows = self._rows(mapping)
            statement = mapping.case.rows(CASE_COLUMNS).where(mapping.is_numbered())
            for chunk in chunks(wanted, self._settings.chunk):
                with connection.begin():
                    found += rows.cases(connection.execute(statement, {"keys": chunk}).all())
        self._note(rows)
        return [case for case in found if case.key in wanted]

    def cases(self, source_ids: Collection[str]) -> list[Case]:
        """The cases of these ids that are still there."""
        found: list[Case] = []
        with self._reading() as (connection, mapping):
            rows = self._rows(mapping)
            for chunk in chunks(source_ids, self._settings.chunk):
                with connection.begin():
                    selected = self._select(connection, mapping.case, CASE_COLUMNS, "id", chunk)
                    found += rows.cases(selected)
        self._note(rows)
        return found

    def entries(self, source_ids: Collection[str]) -> dict[str, list[Entry]]:
        """All docket entries of these cases, by case and in the court's order.

        Every id asked for is a key; a case that is gone has no entries. All texts are in memory
        at once, so ask for `chunk` cases a time.
        """
        found: dict[str, list[Entry]] = {}
        with self._reading() as (connection, mapping):
            rows = self._rows(mapping)
            for chunk in chunks(source_ids, self._settings.chunk):
                with connection.begin():
                    selected = self._select(
                        connection, mapping.entry, ENTRY_COLUMNS, "case_id", chunk
                    )
                    found |= rows.entries(selected, chunk)
        self._note(rows)
        return found

    def entries_of(self, source_id: str, entry_keys: Collection[str]) -> list[Entry]:
        """Those entries of the case that are still there."""
        found: dict[str, Entry] = {}
        with self._reading() as (connection, mapping):
            rows = self._rows(mapping)
            for chunk in chunks(entry_keys, self._settings.chunk):
                with connection.begin():
                    selected = self._select(
                        connection, mapping.entry, ENTRY_COLUMNS, "case_id", [source_id], chunk
                    )
                    shown = rows.entries(selected, [source_id])[source_id]
                    found |= {entry.key: entry for entry in shown}
        self._note(rows)
        return [found[key] for key in dict.fromkeys(entry_keys) if key in found]

    def recent(self, since: datetime) -> set[str]:
        """Ids of cases that seem to have changed since an aware time: a hint, no more.

        Empty where the court keeps no such time, or keeps it so that it cannot be compared.
        """
        with self._reading() as (connection, mapping):
            return recent_cases(connection, mapping, wall_clock(since, ZoneInfo(self._zone)))

    def data_version(self) -> int | None:
        """A number that changes when anybody writes to the court's SQLite file; else None."""
        url = make_url(self._settings.url.get_secret_value())
        if url.get_backend_name() != "sqlite":
            return None
        with self._translated():
            engine = self._open()
            with self._lock:
                if self._counter is None:
                    self._counter = WriteCounter(engine, url.database or "")
                counter = self._counter
            return counter.read()

    def clock(self) -> datetime | None:
        """The time of the database's server, UTC; None where it has no clock of its own."""
        with self._translated(), self._open().connect() as connection:
            return server_time(connection)

    def check(self) -> list[str]:
        """What is wrong with the mapping, in sentences; those that only advise say so."""
        try:
            with self._reading() as (connection, mapping):
                return inspect_court(connection, mapping, self._rows(mapping))
        except Unmapped as error:
            return list(error.problems)
        except CourtUnavailable as error:
            return [str(error)]

    def close(self) -> None:
        """Give every connection back; the next question opens new ones."""
        with self._lock:
            engine, counter = self._engine, self._counter
            self._engine = self._counter = self._mapping = None
        if counter is not None:
            counter.close()
        if engine is not None:
            engine.dispose()

    def _known(self) -> Resolved:
        if self._last is not None:
            return self._last
        with self._reading() as (_, mapping):
            return mapping

    @contextmanager
    def _reading(self) -> Iterator[tuple[Connection, Resolved]]:
        with self._translated(), self._open().connect() as connection:
            mapping = self._mapping
            if mapping is None:
                with connection.begin():
                    mapping = self._mapping = self._last = self._resolve(connection)
            yield connection, mapping

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Driver errors become CourtUnavailable, without the driver's text: it may tell secrets."""
        try:
            yield
        except (SQLAlchemyError, OSError, ImportError, UnicodeError) as error:
            self._mapping = None  # the court's tables may have changed: look at them anew
            raise CourtUnavailable(f"Court {self.name}: {reason(error, self._file())}.") from None

    def _file(self) -> str:
        url = make_url(self._settings.url.get_secret_value())
        return url.database or "" if url.get_backend_name() == "sqlite" else ""

    def _open(self) -> Engine:
        with self._lock:
            if self._engine is None:
                self._engine = open_read_only(
                    self._settings.url.get_secret_value(),
                    self._zone,
                    self._settings.statement_seconds,
                )
            return self._engine

    def _resolve(self, connection: Connection) -> Resolved:
        may_write = writable(connection)
        if may_write is not None:
            raise CourtUnavailable(
                f"Court {self.name}: the account may write ({may_write}); mailbot only reads, so "
                "give it an account with SELECT alone."
            )
        mapping = resolve(connection, self._settings, self._zone)
        levels = {one.name for one in (mapping.case, mapping.entry) if "access" in one.columns}
        if not levels >= self._had_levels:
            raise CourtUnavailable(
                f"Court {self.name}: a column with access levels is gone; restart mailbot if "
                "everybody may see everything now."
            )
        self._had_levels = levels
        return mapping

    def _rows(self, mapping: Resolved) -> Rows:
        return Rows(ZoneInfo(self._zone), mapping.case_level, mapping.entry_level)

    def _select(
        self,
        connection: Connection,
        entity: Entity,
        names: Sequence[str],
        by: str,
        keys: Collection[str],
        ids: Collection[str] | None = None,
    ) -> Iterable[Row]:
        """The rows with these keys in the column `by`, of these ids if any are given."""
        query, values = entity.rows(names), {}
        for column, texts in ((by, keys), ("id", ids)):
            if texts is None:
                continue
            known = self._key_type(connection, entity, column)
            values[column] = known.natives(texts) if known is not None else []
            if known is None or not values[column]:
                return ()
            query = query.where(entity.column(column).in_(keys_param(column, known.sql)))
        return connection.execute(query, values).all()

    def _key_type(self, connection: Connection, entity: Entity, by: str) -> KeyType | None:
        """How the court keeps such keys, by a key it shows; None while it has no row at all."""
        known = self._key_types.get((entity.name, by))
        if known is not None:
            return known
        column = entity.column(by)
        shown = connection.execute(select(column).where(column.is_not(None)).limit(1)).scalar()
        if shown is None:
            return None
        return self._key_types.setdefault(
            (entity.name, by), key_type(connection.dialect.name, shown)
        )

    def _note(self, rows: Rows) -> None:
        """Log what was odd, when it is not what was odd before."""
        if rows.odd and rows.odd != self._odd:
            self._odd = rows.odd
            counts = ", ".join(f"{count} {what}" for what, count in sorted(rows.odd.items()))
            log.warning("court %s: odd rows: %s", self.name, counts)
