"""How far a folder was read: one note an account and folder, replaced, durable."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mailbot.errors import StoreUnavailable
from mailbot.store.database import Database
from mailbot.store.imap_folders import ImapFolders
from tests.stores import discard, fresh_store


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    found = Database(fresh_store(tmp_path))
    yield found
    discard(found)


def test_a_folder_that_was_never_read_has_no_note(database: Database) -> None:
    assert ImapFolders(database).read("imap.court.test:993/track", "INBOX") is None


def test_a_note_replaces_the_one_before_and_no_other(database: Database) -> None:
    notes = ImapFolders(database)
    notes.write("one", "INBOX", 1, 5)
    notes.write("two", "INBOX", 2, 6)
    notes.write("one", "Other", 3, 7)
    notes.write("one", "INBOX", 4_294_967_295, 4_294_967_294)  # 32 bits, RFC 9051 2.3.1.1
    reopened = Database(database.engine.url.render_as_string(hide_password=False))
    again = ImapFolders(reopened)
    assert again.read("one", "INBOX") == (4_294_967_295, 4_294_967_294)
    assert again.read("two", "INBOX") == (2, 6)
    assert again.read("one", "Other") == (3, 7)
    reopened.close()


def test_a_store_that_is_away_says_so(tmp_path: Path) -> None:
    notes = ImapFolders(Database(f"sqlite:///{tmp_path}/nothing.sqlite"))
    with pytest.raises(StoreUnavailable):
        notes.read("one", "INBOX")
