"""Builds the sample court: a canonical case database in SQLite, the same for the same seed.

It holds the cases of the seed document, a Fine Collection Center case, a sealed one, and as many
made-up ones as wanted: 200 for the demo, 100,000 for a trial of speed.
"""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from random import Random

from sqlalchemy import create_engine

from mailbot.court import canonical
from mailbot.demo.scribe import Scribe, Values
from mailbot.demo.words import Words, office_day

COFFMAN = "15AB-CR00015"
SIMPSON = "15AB-CR00123"
FINE_COLLECTION = "700412345"
SEALED = "15AB-CR00099"
SAMPLE_ENTRY_CASE = "111222333"  # holds the one entry that the seed document shows (S76-S79)
SAMPLE_DAY = date(2015, 11, 30)
BATCH = 500  # cases in memory at once
DAYS_BACK = 3 * 365
MEAN_AGE = 240  # days of a made-up case
FIRST_SERIAL = 201  # of the made-up numbers, above every number of the seed document


def build(path: Path, *, seed: int = 15, cases: int = 200, today: date = SAMPLE_DAY) -> None:
    """Write a court into a new file.

    Args:
        path: of the SQLite file.
        seed: of the random; the same gives the same court.
        cases: how many to make up besides the ten that are always there.
        today: the court's day; nothing but hearings is dated later.

    Raises:
        FileExistsError: there is a file already; it may be somebody's.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(exist_ok=False)
    engine = create_engine(f"sqlite:///{path}")
    court = _Court(Words.load(), Random(seed), today)  # noqa: S311
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA journal_mode=WAL")
        connection.exec_driver_sql("PRAGMA synchronous=OFF")  # nobody reads it before it is whole
        connection.commit()
        canonical.metadata.create_all(connection)
        court.write_court()
        for number in range(cases):
            court.make_up_case()
            if number % BATCH == 0:
                court.scribe.flush(connection)
        court.scribe.flush(connection)
        connection.commit()
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()


class _Court:
    """Decides which cases there are; the scribe writes what belongs to each."""

    def __init__(self, words: Words, random: Random, today: date) -> None:
        self.scribe = Scribe(words, random, today)
        self._words = words
        self._random = random
        self._today = today
        self._serials: Counter[str] = Counter()

    def write_court(self) -> None:
        """The court itself, its judges and attorneys, and the cases of missouri.toml."""
        self.scribe.add_people()
        for seed in self._words.seeds:
            self._add_seed(dict(seed))

    def make_up_case(self) -> None:
        """One more case, of a likely kind, filed in the last years."""
        kinds = list(self._words.kinds.values())
        kind = self._random.choices(kinds, [one.weight for one in kinds])[0]
        age = min(int(self._random.expovariate(1 / MEAN_AGE)) + 1, DAYS_BACK)
        filed_on = office_day(self._today - timedelta(days=age))
        facts = self._words.facts({}, filed_on, self._random)
        case = self.scribe.add_case(
            kind,
            self._number(kind.code, filed_on),
            kind.title.format_map(facts),
            {"filed_on": filed_on, "access": kind.access},
        )
        if age > 120 and self._random.random() < 0.5:
            case["status"], case["disposition_text"] = "Disposed", kind.disposition
            case["disposed_on"] = filed_on + timedelta(days=self._random.randrange(90, age))
            case["judge_at_disposition"] = case["judge_id"]

    def _number(self, code: str, filed_on: date) -> str:
        shape = f"{filed_on:%y}AB-{code}"
        self._serials[shape] += 1
        return f"{shape}{FIRST_SERIAL - 1 + self._serials[shape]:05d}"

    def _add_seed(self, seed: Values) -> None:
        kind = self._words.kinds[seed.pop("kind")]
        entries = seed.pop("entry", [])
        judge = seed.pop("judge_at_disposition", None)
        if judge is not None:
            seed |= {"status": "Disposed", "judge_at_disposition": self.scribe.judges[judge]}
        if seed.get("category") == "FCC":
            seed["court_id"] = 2
        case = self.scribe.add_case(kind, seed.pop("number"), seed.pop("caption"), seed)
        for values in entries:
            self.scribe.add_entry(case, entered_at=values["filed_at"], access=0, **values)
