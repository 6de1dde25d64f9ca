"""The canonical court needs no mapping at all."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import create_engine

from mailbot.court import canonical
from mailbot.court.mapping import CASE_COLUMNS, ENTRY_COLUMNS
from tests.court.courts import source


def test_the_canonical_court_needs_no_mapping(tmp_path: Path) -> None:
    path = tmp_path / "court.sqlite"
    engine = create_engine(f"sqlite:///{path}")
    canonical.metadata.create_all(engine)
    engine.dispose()
    assert source(path).check() == []


def test_the_mapped_entities_hold_every_canonical_column() -> None:
    assert set(CASE_COLUMNS) <= set(canonical.case.c.keys())
    assert set(ENTRY_COLUMNS) <= set(canonical.docket_entry.c.keys())


def test_what_belongs_to_a_case_is_found_by_it() -> None:
    for table in (canonical.docket_entry, canonical.party, canonical.hearing, canonical.charge):
        indexed = {next(iter(index.columns)).name for index in table.indexes}
        assert "case_id" in indexed, table.name
