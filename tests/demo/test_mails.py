"""Mails are kept within bounds, listed newest first, and waited for."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from threading import Thread

from mailbot.demo.mails import Mail, Mails

START = datetime(2026, 3, 3, 15, tzinfo=UTC)


def keep(mails: Mails, content: bytes = b"x", minutes: int = 0) -> Mail:
    at = START + timedelta(minutes=minutes)
    return mails.keep("person", at, "alex@people.example", "track@court.example", content)


def test_a_mail_is_found_again() -> None:
    mails = Mails()
    kept = keep(mails)
    assert kept.id == mails.last_id == 1
    assert mails.by_id(1) == kept
    assert mails.by_id(2) is None


def test_newest_first_by_time_then_by_arrival() -> None:
    mails = Mails()
    late, early, also_late = keep(mails, minutes=5), keep(mails), keep(mails, minutes=5)
    assert mails.newest_first() == [also_late, late, early]


def test_the_oldest_make_room() -> None:
    mails = Mails(most=2)
    for _ in range(3):
        keep(mails)
    assert [mail.id for mail in mails.newest_first()] == [3, 2]


def test_large_mails_make_room_earlier_and_the_last_one_always_stays() -> None:
    mails = Mails(most_bytes=10)
    keep(mails, b"12345")
    keep(mails, b"12345")
    keep(mails, b"1")
    assert [mail.id for mail in mails.newest_first()] == [3, 2]
    keep(mails, b"1" * 100)
    assert [mail.id for mail in mails.newest_first()] == [4]


def test_waiting_finds_what_is_there_and_what_comes() -> None:
    mails = Mails()
    keep(mails, b"first")
    assert mails.wait(lambda _mail: True, 0, 0) == mails.by_id(1)

    def later() -> None:
        time.sleep(0.05)
        keep(mails, b"other")
        keep(mails, b"wanted")

    thread = Thread(target=later)
    thread.start()
    found = mails.wait(lambda mail: mail.content == b"wanted", 1, 10)
    thread.join()
    assert found is not None
    assert found.id == 3


def test_waiting_ends() -> None:
    mails = Mails()
    keep(mails)
    assert mails.wait(lambda _mail: True, 1, 0.01) is None
