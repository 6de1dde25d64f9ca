"""A fault of our own in the running service: nobody waits, nothing is lost (traps 89 and 90).

The fault is a real one, without a line of ours changed: the store refuses one address by a rule of
its own, which is neither a dead store nor a mistake of the mail.
"""

from __future__ import annotations

import smtplib
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stories.theatre import Theatre
from tests.world import people_the_court

BOT = "track@court.example"
ANN, BEN = "ann@people.example", "ben@people.example"
RULE = """CREATE TRIGGER broken BEFORE INSERT ON address WHEN NEW."key" = 'ben@people.example'
BEGIN SELECT RAISE(ABORT, 'what was worked on'); END"""


@pytest.fixture
def theatre(tmp_path: Path) -> Iterator[Theatre]:
    theatre = Theatre(tmp_path)
    people_the_court(theatre.court)
    with theatre:
        yield theatre


def run(theatre: Theatre, statement: str) -> None:
    with sqlite3.connect(theatre.folder / "store.sqlite", timeout=10) as store:
        store.execute(statement)
    store.close()


def written(sender: str) -> bytes:
    head = f"From: {sender}\r\nTo: {BOT}\r\nSubject: HELP\r\nMessage-ID: <1@{sender}>"
    return f"{head}\r\n\r\n".encode()


def code_for(theatre: Theatre, sender: str) -> int:
    try:
        theatre.send(sender, BOT, written(sender))
    except smtplib.SMTPDataError as error:
        return error.smtp_code
    return 250


def test_a_fault_of_our_own_is_kept_and_mended_while_the_service_runs(theatre: Theatre) -> None:
    run(theatre, RULE)
    assert [code_for(theatre, BEN) for _ in range(2)] == [451, 451]
    began = time.monotonic()
    assert code_for(theatre, ANN) == 250
    assert time.monotonic() - began < 1
    assert theatre.next()[0].recipient == ANN
    assert code_for(theatre, BEN) == 250
    log = theatre.log.read_text()
    assert "event=parked mail=pen-1" in log
    assert "tries=3 kept=yes" in log
    assert "worked on" not in log
    assert BEN not in log
    assert theatre.command("pen", "retry", "--all") == 1  # the fault is there still
    run(theatre, "DROP TRIGGER broken")
    assert theatre.command("pen", "retry", "--all") == 0
    assert theatre.next()[0].recipient == BEN
    assert theatre.command("pen", "retry", "1") == 1
    assert code_for(theatre, BEN) == 250  # the same mail once more, by whatever way
    theatre.nothing_comes()
