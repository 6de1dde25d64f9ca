"""What an administrator reads of a database's error: kind, code, place and remedy, and no secret."""

from __future__ import annotations

import sqlite3

import pytest

from mailbot.errors import driver_code, driver_trouble

SERVER = "postgresql at db.example"


class Refused(Exception):
    sqlstate = "28P01"


def broken(name: str) -> sqlite3.Error:
    error = sqlite3.OperationalError("password=Fg7-kanu")
    error.sqlite_errorname = name
    return error


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (broken("SQLITE_BUSY"), "OperationalError SQLITE_BUSY"),
        (Refused("password=Fg7-kanu"), "Refused 28P01"),
        (Exception(1045, "Access denied for 'bot'"), "Exception 1045"),
        (OSError("Fg7-kanu"), "OSError"),
    ],
)
def test_an_error_is_a_kind_and_a_code(error: Exception, code: str) -> None:
    assert driver_code(error) == code
    assert driver_trouble(error, SERVER) == f"{code}, from postgresql at db.example."


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("SQLITE_BUSY", "OperationalError SQLITE_BUSY, from the file x.sqlite."),
        (
            "SQLITE_CANTOPEN_ISDIR",
            "OperationalError SQLITE_CANTOPEN_ISDIR: the file x.sqlite cannot be opened; is it a "
            "folder, or not yours? Mend that, or store.",
        ),
        (
            "SQLITE_FULL",
            "OperationalError SQLITE_FULL: the file x.sqlite cannot grow; make room on its disk.",
        ),
    ],
)
def test_a_file_is_named_with_the_remedy(name: str, told: str) -> None:
    assert driver_trouble(broken(name), SERVER, "x.sqlite") == told
