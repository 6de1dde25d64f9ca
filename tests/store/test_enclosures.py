"""Mails that ours carry along."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailbot.store import enclosures
from mailbot.store.database import Database
from mailbot.store.enclosures import Enclosure
from tests.stores import discard, fresh_store


def test_no_mail_carries_what_has_no_mail(tmp_path: Path) -> None:
    database = Database(fresh_store(tmp_path))
    with database.transaction() as conn:
        with pytest.raises(LookupError):
            enclosures.put(conn, "no such cause", Enclosure({}, b"x"))
        assert enclosures.of_mail(conn, 1) is None
        enclosures.wipe(conn, 1)
    discard(database)
