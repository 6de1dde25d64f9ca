"""Turns a row of a court's database, whatever it holds, into a Case or an Entry, or into nothing.

A court's rows are old, imported and typed by hand: NULL keys, the year 0000, Latin-1 bytes. None
of that may hide the other rows of the case, so nothing here raises; what had to be left out or
made up is counted in `Rows.odd`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

from mailbot.model import Case, Entry, case_key

KEY_CHARACTERS = 128  # room for a key in the store (store/schema.py)
NUMBER_CHARACTERS = 64
COURT_ONLY = 5  # what a level that is NULL, unknown or no number counts as (case-model.md 1.2)
LEVELS = frozenset((0, 1, 2, 3, 4, COURT_ONLY, 9))
FIRST_YEAR, LAST_YEAR = 2, 9998  # beyond them a time cannot be shown in every zone
LARGEST = 2**63 - 1
_WHOLE = re.compile(r"\s*-?[0-9]{1,19}\s*", re.ASCII)

BINARY = (bytes, bytearray, memoryview)

Row = Sequence[Any]
Shown = TypeVar("Shown", Case, Entry)


class Rows:
    """Reads the rows of one call.

    Args:
        zone: of times that name none.
        case_level: access of every case, or None where the court's column says it.
        entry_level: the same for docket entries.
    """

    def __init__(self, zone: tzinfo, case_level: int | None, entry_level: int | None) -> None:
        self._zone = zone
        self._case_level = case_level
        self._entry_level = entry_level
        self.odd: Counter[str] = Counter()

    def cases(self, rows: Iterable[Row]) -> list[Case]:
        """The cases of rows in the order of mapping.CASE_COLUMNS, one a key."""
        kept: dict[str, Case] = {}
        for row in rows:
            case = self._case(row)
            if case is not None:
                self._keep(kept, case.source_id, case, _case_rank)
        return sorted(kept.values(), key=lambda case: case.source_id)

    def entries(self, rows: Iterable[Row], source_ids: Iterable[str]) -> dict[str, list[Entry]]:
        """The entries of rows in the order of mapping.ENTRY_COLUMNS, by case, one a key."""
        kept: dict[str, dict[str, Entry]] = {source_id: {} for source_id in source_ids}
        for row in rows:
            of_case = kept.get(key_text(row[1]))
            entry = None if of_case is None else self._entry(row)
            if of_case is not None and entry is not None:
                self._keep(of_case, entry.key, entry, _entry_rank)
        return {
            source_id: sorted(of_case.values(), key=lambda entry: (entry.seq, entry.key))
            for source_id, of_case in kept.items()
        }

    @staticmethod
    def case_ids(rows: Iterable[Row]) -> set[str]:
        """The cases that rows of docket entries belong to."""
        return {key_text(row[1]) for row in rows} - {""}

    def _keep(
        self, kept: dict[str, Shown], key: str, row: Shown, rank: Callable[[Shown], Any]
    ) -> None:
        """Of several rows with one key keep the most closed, whatever their order."""
        other = kept.setdefault(key, row)
        if other is not row:
            self.odd["key twice"] += 1
            kept[key] = max(other, row, key=rank)

    def _case(self, row: Row) -> Case | None:
        source_id, number_value, _, caption, category, access, last_activity_at, deleted_at = row
        if is_deleted(deleted_at):
            return None
        key, number = key_text(source_id), one_line(words(number_value))
        norm = case_key(number)
        if not key or not norm or len(number) > NUMBER_CHARACTERS or not number.isprintable():
            self.odd["case without key or number"] += 1
            return None
        return Case(
            source_id=key,
            number=number,
            key=norm,
            caption=one_line(self._words(caption)),
            category=one_line(self._words(category)),
            access=self._access(access) if self._case_level is None else self._case_level,
            last_activity_at=self._moment(last_activity_at),
        )

    def _entry(self, row: Row) -> Entry | None:
        entry_id, _, seq, filed_at, entered_at, type_text, text, filed_by = row[:8]
        document_count, access, modified_at, deleted_at = row[8:]
        if is_deleted(deleted_at):
            return None
        key = key_text(entry_id)
        if not key:
            self.odd["entry without key"] += 1
            return None
        order = whole(entry_id if seq is None else seq)
        return Entry(
            key=key,
            seq=0 if order is None else order,
            filed_at=self._moment(filed_at),
            activity_at=self._moment(modified_at) or self._moment(entered_at),
            description=one_line(self._words(type_text)),
            text=self._words(text),
            filed_by=one_line(self._words(filed_by)),
            documents=max(whole(document_count) or 0, 0),
            access=self._access(access) if self._entry_level is None else self._entry_level,
        )

    def _access(self, value: object) -> int:
        level = whole(value)
        if level in LEVELS:
            return level
        self.odd["access unknown"] += 1
        return COURT_ONLY

    def _moment(self, value: object) -> datetime | None:
        if value is None or value == "":
            return None
        found = moment(value, self._zone)
        if found is None:
            self.odd["time impossible"] += 1
        return found

    def _words(self, value: object) -> str:
        if isinstance(value, str):
            return value
        if value is not None:
            self.odd["text of another type"] += 1
        return words(value)


def key_text(value: object) -> str:
    """A row's key as text, the same for 7, 7.0 and "7"; "" if it names nothing or cannot be kept.

    Bytes become "x" and their hex digits, so that they are never taken for a number.
    """
    number = None if isinstance(value, str) else whole(value)
    if number is not None:
        return str(number)
    text = ""
    if isinstance(value, str | UUID):
        text = str(value)
    elif isinstance(value, BINARY):
        text = f"x{bytes(value).hex()}"
    return text if len(text) <= KEY_CHARACTERS and text.isprintable() else ""


def words(value: object) -> str:
    """Whatever stands in a text column, as text; bytes that are no UTF-8 show as U+FFFD."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, BINARY):
        return bytes(value).decode("utf-8", "replace")
    if isinstance(value, int) and abs(value) > LARGEST:
        return ""
    return str(value)


def one_line(text: str) -> str:
    """A label: white space of any kind is one space, none around it (CHAR columns are padded)."""
    return " ".join(text.split())


def whole(value: object) -> int | None:
    """A whole number of at most 64 bits, also as text or decimal, else None. True is no number."""
    if isinstance(value, str) and _WHOLE.fullmatch(value):
        value = int(value)
    if type(value) is int:  # by far the most
        return value if -LARGEST <= value <= LARGEST else None
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    try:
        return int(value) if -LARGEST <= value <= LARGEST and value == int(value) else None
    except (ValueError, ArithmeticError):  # NaN
        return None


def moment(value: object, zone: tzinfo) -> datetime | None:
    """A time of the court's database in UTC, or None where it is no time.

    Without a zone it is the court's local time: of the hour that comes twice in autumn the first,
    the hour that is left out in spring moved on by one. A date is its midnight. Text is ISO 8601.
    """
    try:
        if isinstance(value, bytes):
            value = words(value)
        if isinstance(value, str):
            value = datetime.fromisoformat(value.strip())
        elif isinstance(value, date) and not isinstance(value, datetime):
            value = datetime.combine(value, time.min)
        if not isinstance(value, datetime):
            return None
        if value.tzinfo is None:
            value = value.replace(tzinfo=zone, fold=0)
        utc = value.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return utc if FIRST_YEAR <= utc.year <= LAST_YEAR else None


def wall_clock(since: datetime, zone: tzinfo) -> datetime:
    """The court's local time, an hour less before clocks go back: rows may then show less, too."""
    local, later = since.astimezone(zone), (since + timedelta(hours=2)).astimezone(zone)
    back = (local.utcoffset() or timedelta()) - (later.utcoffset() or timedelta())
    return local.replace(tzinfo=None) - max(back, timedelta())


def is_deleted(value: object) -> bool:
    """Whether a row is marked as gone: by a time, or by anything but NULL, "", 0 and false.

    MySQL's year 0000 is its NULL of old.
    """
    if isinstance(value, str):
        return _UNSET.fullmatch(value) is None
    return value is not None and value is not False and whole(value) != 0


_UNSET = re.compile(r"\s*(0|f|false|0000-00-00.*)?\s*", re.ASCII | re.IGNORECASE | re.DOTALL)


def _case_rank(case: Case) -> tuple[object, ...]:
    return (case.access, case.number, case.caption, case.category, str(case.last_activity_at))


def _entry_rank(entry: Entry) -> tuple[object, ...]:
    times = (str(entry.filed_at), str(entry.activity_at))
    labels = (entry.description, entry.text, entry.filed_by)
    return (entry.access, entry.seq, *labels, entry.documents, *times)
