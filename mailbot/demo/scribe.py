"""Makes up the rows of the sample court: people, and for each case what belongs to it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

from sqlalchemy import Connection, Table, insert

from mailbot.court import canonical
from mailbot.demo.words import EntryKind, Kind, Words, office_day
from mailbot.model import case_key

ATTORNEYS = 40
LEFT_OUT = 0.35  # of the usual entries of a case
CHANGED_LATER = 0.1  # of the entries

Values = dict[str, Any]


class Scribe:
    """Keeps what it made up, table by table, until it is flushed."""

    def __init__(self, words: Words, random: Random, today: date) -> None:
        self._words = words
        self._random = random
        self._today = today
        tables = canonical.metadata.sorted_tables
        self._blank: dict[str, Values] = {one.name: dict.fromkeys(one.c.keys()) for one in tables}
        self._rows: dict[str, list[Values]] = {one.name: [] for one in tables}
        self._ids: Counter[str] = Counter()
        self._seq = 0  # of the last entry of the last case
        self.judges: dict[str, int] = {}

    def flush(self, connection: Connection) -> None:
        """Write what has been made up so far."""
        for table in canonical.metadata.sorted_tables:
            if rows := self._rows[table.name]:
                connection.execute(insert(table), rows)
                rows.clear()

    def add_people(self) -> None:
        """The court, the Fine Collection Center, judges and attorneys."""
        own = dict(self._words.court)
        second = {"name": own.pop("fine_collection"), "short_name": "FCC"}
        self._add(canonical.court, **own)
        self._add(canonical.court, **second, time_zone=own["time_zone"])
        for division, name in enumerate(self._words.names["judge"], start=1):
            judge = self._add(canonical.judge, name=name, title="Judge", division=str(division))
            self.judges[name] = judge["id"]
        for number in range(ATTORNEYS):
            facts = self._words.facts({}, self._today, self._random)
            self._add(
                canonical.attorney,
                name=facts["attorney"],
                bar_no=str(40_000 + 7 * number),
                firm=facts["firm"],
                email=f"attorney{number}@law.example",
                phone=f"(555) 010-{number + 100:04d}",
            )

    def add_case(self, kind: Kind, number: str, caption: str, known: Mapping[str, Any]) -> Values:
        """A case with all that belongs to it; `known` are columns that are not made up."""
        judge = self._random.choice(self._words.names["judge"])
        made_up = {
            "court_id": 1,
            "category": kind.category,
            "type_code": kind.code,
            "type_text": kind.type_text,
            "status": "Open",
            "judge_id": self.judges[judge],
            "access": 0,
        }
        case = self._add(
            canonical.case,
            number=number,
            number_norm=case_key(number),
            caption=caption,
            **{**made_up, **known},
        )
        case["last_activity_at"] = datetime.combine(case["filed_on"], time(8))
        facts = {"number": number, "caption": caption, "judge": judge}
        self._seq = 0
        self._add_parties(case, kind)
        for entry_kind in self._words.entries_for(kind.code):
            self._make_up_entry(case, entry_kind, {**facts, "type_text": case["type_text"]})
        self._add_hearings(case)
        return case

    def add_entry(self, case: Values, **values: Any) -> Values:
        """A docket entry of the case that was added last."""
        self._seq += 1
        entry = self._add(canonical.docket_entry, case_id=case["id"], seq=self._seq, **values)
        last = entry["modified_at"] or entry["entered_at"]
        case["last_activity_at"] = max(case["last_activity_at"], last)
        return entry

    def _make_up_entry(self, case: Values, kind: EntryKind, facts: Mapping[str, str]) -> None:
        """Perhaps an entry of that kind, if its day has come."""
        day = case["filed_on"] + timedelta(days=kind.day and kind.day + self._random.randrange(9))
        day = max(office_day(day), case["filed_on"])
        if day >= self._today or (kind.day and self._random.random() < LEFT_OUT):
            return
        filed_at = self._words.moment(day, self._random)
        entered_at = filed_at + timedelta(minutes=self._random.randrange(90))
        changed_at = min(entered_at + timedelta(days=2), datetime.combine(self._today, time(7)))
        told = self._words.facts(facts, day, self._random)
        entry = self.add_entry(
            case,
            filed_at=filed_at,
            entered_at=entered_at,
            modified_at=changed_at if self._random.random() < CHANGED_LATER else None,
            type_text=kind.type_text,
            text=self._words.text_for(kind, told, self._random) or None,
            filed_by=kind.by or None,
            document_count=kind.documents,
            access=kind.access,
        )
        for number in range(1, kind.documents + 1):
            self._add(
                canonical.document,
                entry_id=entry["id"],
                number=entry["id"],
                attachment_no=number,
                title=kind.type_text if number == 1 else f"Exhibit {number - 1}",
                extension="PDF",
                pages=self._random.randrange(1, 30),
                access=kind.access,
            )

    def _add_parties(self, case: Values, kind: Kind) -> None:
        roles = [("PTR", "Petitioner"), ("RSP", "Respondent")]
        if kind.code == "CR":
            roles = [("ST", "State"), ("DFT", "Defendant")]
        for seq, (code, text) in enumerate(roles, start=1):
            party = self._add_party(case, seq, code, text)
            if seq == 1 or self._random.random() < 0.6:
                self._add(
                    canonical.representation,
                    party_id=party["id"],
                    attorney_id=self._random.randrange(ATTORNEYS) + 1,
                    role="Attorney of Record",
                )
            if code == "DFT":
                self._add_charges(case, party["id"])

    def _add_party(self, case: Values, seq: int, code: str, text: str) -> Values:
        facts = self._words.facts({}, self._today, self._random)
        common = {"case_id": case["id"], "seq": seq, "role_code": code, "role_text": text}
        if code == "ST":
            name = self._words.names["state"][0]
            return self._add(
                canonical.party,
                **common,
                kind="org",
                org_name=name,
                display_name=name,
                protected=False,
            )
        street = self._random.choice(self._words.names["street"])
        return self._add(
            canonical.party,
            **common,
            kind="person",
            last=facts["last"],
            first=facts["first"],
            display_name=f"{facts['last']}, {facts['first']} {facts['letter']}.",
            birth_year=self._today.year - self._random.randrange(19, 80),
            address=f"{facts['amount']} {street}, UNION, MO",
            phone=f"(555) 010-{self._random.randrange(10_000):04d}",
            protected=case["access"] != 0 and seq == 1,
            added_on=case["filed_on"],
        )

    def _add_charges(self, case: Values, party_id: int) -> None:
        for count_no in range(1, self._random.randrange(2, 4)):
            statute, description, severity, degree = self._random.choice(self._words.charges)
            self._add(
                canonical.charge,
                case_id=case["id"],
                party_id=party_id,
                count_no=count_no,
                statute=statute,
                description=description,
                severity=severity,
                degree=degree,
                offense_on=case["filed_on"] - timedelta(days=self._random.randrange(1, 90)),
            )

    def _add_hearings(self, case: Values) -> None:
        for _ in range(self._random.randrange(3)):
            day = case["filed_on"] + timedelta(days=self._random.randrange(20, 400))
            starts_at = self._words.moment(office_day(day), self._random)
            self._add(
                canonical.hearing,
                case_id=case["id"],
                starts_at=starts_at,
                time_known=True,
                type_text=self._random.choice(self._words.hearings),
                room=f"Division {self._random.randrange(1, 8)}",
                judge_id=case["judge_id"],
                status="held" if day < self._today else "set",
                access=case["access"],
            )

    def _add(self, table: Table, **values: Any) -> Values:
        self._ids[table.name] += 1
        row = {**self._blank[table.name], **values}
        if "id" in row:
            row["id"] = self._ids[table.name]
        self._rows[table.name].append(row)
        return row
