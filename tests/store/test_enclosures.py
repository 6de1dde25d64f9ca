"""Mails that ours carry along."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailbot.store import enclosures
from mailbot.store.database import Database
from mailbot.store.enclosures import Enclosure
from tests.world import fresh_store


def test_no_mail_carries_what_has_no_mail(tmp_path: Path) -> None:
    (tmp_path / "store.sqlite").write_bytes(fresh_store())
    database = Database(f"sqlite:///{tmp_path}/store.sqlite")
    with database.transaction() as conn:
        with pytest.raises(LookupError):
            enclosures.put(conn, "no such cause", Enclosure({}, b"x"))
        assert enclosures.of_mail(conn, 1) is None
        enclosures.wipe(conn, 1)
    database.close()
