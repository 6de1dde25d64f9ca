"""Loads real dockets (juriscraper's JSON and RSS of American courts) into a canonical court.

Every file becomes cases with entries, however it spells them. An entry is known again in another
file of the same case by its number, its document's id, or its place among those of its day; the
column `type_code` keeps which. So a court can be brought from one state to the next.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, insert, select, update

from mailbot.court.canonical import case, court, docket_entry
from mailbot.model import case_key
from tests.fixtures_folder import FOLDER

CASES = FOLDER / "dockets" / "cases"
ZONE = "America/New_York"

Values = Mapping[str, Any]


@dataclass
class Item:
    """An entry as a file tells it; times are local and naive."""

    known_as: str
    filed_at: datetime | None
    entered_at: datetime | None
    type_text: str
    text: str
    documents: int = 0


@dataclass
class Docket:
    """A case as a file tells it."""

    court: str
    number: str
    caption: str
    items: list[Item] = field(default_factory=list)


def case_files() -> list[Path]:
    """Every case file of the fixtures."""
    assert CASES.is_dir(), f"no fixtures at {FOLDER}: set MAILBOT_FIXTURES to their folder"
    return sorted(path for path in CASES.iterdir() if path.suffix in {".json", ".xml"})


def load_case(connection: Connection, path: Path) -> str:
    """Put the cases of a file into the court; the number of the first."""
    return load_cases(connection, path)[0]


def update_case(connection: Connection, path: Path) -> str:
    """Bring a case to the state in which another file shows it: its number.

    Entries, labels and texts that this file lacks stay as they are.
    """
    return load_cases(connection, path)[0]


def load_cases(connection: Connection, path: Path) -> list[str]:
    """Put all cases of a file into the court; their numbers, in the file's order."""
    dockets = read_dockets(path)
    for docket in dockets:
        write_docket(connection, docket)
    return [docket.number for docket in dockets]


def read_dockets(path: Path) -> list[Docket]:
    """What a file tells, one docket a case."""
    if path.suffix == ".xml":
        found = list(_from_feed(path))
    else:
        told = json.loads(path.read_text(encoding="utf-8"))
        found = [_from_json(one, path) for one in _apart(told)]
    merged: dict[tuple[str, str], Docket] = {}
    for docket in found:
        first = merged.setdefault((docket.court, docket.number), docket)
        if first is not docket:
            first.items += docket.items
    for docket in merged.values():
        seen: Counter[str] = Counter()
        for item in docket.items:
            seen[item.known_as] += 1
            item.known_as = f"{item.known_as} {seen[item.known_as]}"
    return list(merged.values())


def _apart(told: Any) -> list[Values]:
    """The dockets of a file: it may hold one, a list of them, or only the entries of one."""
    if isinstance(told, list):
        return told if "docket_entries" in told[0] else [{"entries": told}]
    if "_embedded" in told:
        return [{"entries": [one["docketEntryHeader"] for one in told["_embedded"]["results"]]}]
    return [told.get("caseHeader", told)]


def _from_json(told: Values, path: Path) -> Docket:
    entries = _first(told, "docket_entries", "entries", "ProceedingsandOrder") or []
    name = _first(told, "case_name", "caseTitle")
    if name is None and "PetitionerTitle" in told:
        name = f"{told['PetitionerTitle']} v. {told['RespondentTitle']}"
    # Florida's entries come without a court, and without a number but that in the file's name.
    number = _first(told, "docket_number", "caseNumber", "CaseNumber")
    known = "flca04" if "florida" in path.name else _first(told, "court_id")
    return Docket(
        court=str(known or "scotus"),
        number=str(number or re.findall(r"\d\w*-\d+", path.name)[-1]).split()[0],
        caption=str(name or path.stem),
        items=[_item(entry) for entry in entries],
    )


def _item(entry: Values) -> Item:
    number = _first(entry, "document_number", "docket_entry_uuid", "docketEntryUUID")
    document = _first(entry, "pacer_doc_id")
    filed_at = _time(_first(entry, "datetime_filed", "filedDate", "date_filed", "Date"))
    attached = _first(entry, "attachments", "Links") or []
    counted = _first(entry, "document_count", "documentCount")
    label = _first(entry, "short_description", "entry_name", "docketEntryName")
    text = _first(entry, "description", "entry_description", "docketEntryDescription", "Text")
    return Item(
        known_as=f"n:{number}" if number else f"d:{document}" if document else f"t:{filed_at}",
        filed_at=filed_at,
        entered_at=_time(_first(entry, "date_entered", "date_submitted", "submittedDate")),
        type_text=str(label or ""),
        text=str(text or ""),
        documents=int(counted or len(attached) or (1 if document else 0)),
    )


def _from_feed(path: Path) -> Iterator[Docket]:
    """RSS of a federal court: one entry an item, "[Judgment] (<a ...>102</a>)"."""
    court_id = path.stem.rpartition("-")[2].split("_")[0]
    for element in ElementTree.parse(path).iter("item"):
        told = {child.tag: (child.text or "").strip() for child in element}
        number, _, caption = told["title"].partition(" ")
        label = re.search(r"\[(.*?)\]", told["description"])
        document = re.search(r">(\d+)</a>", told["description"])
        published = parsedate_to_datetime(told["pubDate"]).astimezone(ZoneInfo(ZONE))
        item = Item(
            known_as=f"n:{document[1]}" if document else f"g:{told['guid']}",
            filed_at=published.replace(tzinfo=None),
            entered_at=None,
            type_text=label[1] if label else "",
            text="",
            documents=1 if document else 0,
        )
        yield Docket(court_id, number, caption, [item])


def _first(told: Values, *names: str) -> Any:
    """The first of these that says anything."""
    return next((told[name] for name in names if told.get(name) not in (None, "")), None)


def _time(told: object) -> datetime | None:
    """A local time without zone, of ISO 8601 or of the Supreme Court's "May 07 2024"."""
    if told is None:
        return None
    try:
        found = datetime.fromisoformat(str(told))
    except ValueError:
        found = datetime.strptime(str(told), "%b %d %Y").replace(tzinfo=ZoneInfo(ZONE))
    return found.astimezone(ZoneInfo(ZONE)).replace(tzinfo=None) if found.tzinfo else found


def write_docket(connection: Connection, docket: Docket) -> None:
    """Bring a case of the court to what the docket tells."""
    case_id = _case_id(connection, docket)
    entry = docket_entry.c
    query = select(docket_entry).where(entry.case_id == case_id)
    there = {row.type_code: row for row in connection.execute(query)}
    seq = len(there)
    for item in docket.items:
        told = {
            "filed_at": item.filed_at,
            "entered_at": item.entered_at,
            "type_text": item.type_text,
            "text": item.text,
            "document_count": item.documents,
        }
        row = there.get(item.known_as)
        if row is None:
            seq += 1
            values = {"case_id": case_id, "seq": seq, "type_code": item.known_as, "access": 0}
            connection.execute(insert(docket_entry).values(**values, **told))
            continue
        told = {name: value for name, value in told.items() if value not in (None, "", 0)}
        if any(row._mapping[name] != value for name, value in told.items()):
            connection.execute(update(docket_entry).where(entry.id == row.id).values(told))


def _case_id(connection: Connection, docket: Docket) -> int:
    """The case in the court, opened if need be."""
    court_id = connection.execute(
        select(court.c.id).where(court.c.short_name == docket.court)
    ).scalar()
    if court_id is None:
        values = {"name": docket.court, "short_name": docket.court, "time_zone": ZONE}
        added = connection.execute(insert(court).values(**values)).inserted_primary_key
        court_id = added[0] if added else 0
    same = (case.c.court_id == court_id) & (case.c.number == docket.number)
    known = connection.execute(select(case.c.id).where(same)).scalar()
    if known is not None:
        return int(known)
    opened = {
        "court_id": court_id,
        "number": docket.number,
        "number_norm": case_key(docket.number),
        "caption": docket.caption,
        "category": "Federal",
        "access": 0,
    }
    key = connection.execute(insert(case).values(**opened)).inserted_primary_key
    return int(key[0]) if key else 0
