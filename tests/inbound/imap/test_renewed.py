"""A refresh token that the endpoint replaces: kept on the disk, for its owner only, as a whole."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.inbound.imap.renewed import RefreshToken


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "token.renewed"


def fail(why: str) -> None:
    raise AssertionError(why)


def test_the_first_is_the_configured_one(path: Path) -> None:
    assert RefreshToken("first", path, fail).now() == "first"
    assert not path.exists()


def test_a_later_one_survives_the_process_and_is_for_its_owner_only(path: Path) -> None:
    old_mask = os.umask(0)
    try:
        RefreshToken("first", path, fail).renew("second")
    finally:
        os.umask(old_mask)
    assert RefreshToken("first", path, fail).now() == "second"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in path.parent.iterdir()] == [path.name]
    assert b"first" not in path.read_bytes()


def test_what_the_administrator_writes_anew_counts_at_once(path: Path) -> None:
    RefreshToken("first", path, fail).renew("second")
    after = RefreshToken("agreed again", path, fail)
    assert after.now() == "agreed again"
    after.renew("third")
    assert RefreshToken("agreed again", path, fail).now() == "third"
    assert RefreshToken("first", path, fail).now() == "first"


def test_another_process_that_renews_is_followed(path: Path) -> None:
    """`mailbot doctor` beside the service."""
    service, doctor = RefreshToken("first", path, fail), RefreshToken("first", path, fail)
    doctor.renew("second")
    assert service.now() == "second"
    service.renew("third")
    assert doctor.now() == "third"


def test_the_same_one_again_is_not_written(path: Path) -> None:
    token = RefreshToken("first", path, fail)
    token.renew("first")
    assert not path.exists()
    token.renew("second")
    before = path.stat().st_ino
    token.renew("second")
    assert path.stat().st_ino == before


def test_it_falls_back_to_the_configured_one_once(path: Path) -> None:
    token = RefreshToken("first", path, fail)
    assert not token.fall_back()
    token.renew("second")
    assert token.fall_back()
    assert token.now() == "first"
    assert not token.fall_back()  # that one was in vain, too
    assert token.now() == "second"


def test_without_a_file_it_is_held_and_the_operator_is_told(path: Path) -> None:
    told: list[str] = []
    token = RefreshToken("first", None, told.append)
    token.renew("second")
    assert token.now() == "second"
    assert "add renewed = " in told[0]
    assert "second" not in told[0]


def test_a_folder_that_cannot_be_written_is_told_and_costs_nothing_now(tmp_path: Path) -> None:
    told: list[str] = []
    token = RefreshToken("first", tmp_path / "gone" / "token", told.append)
    token.renew("second")
    assert token.now() == "second"
    assert "let mailbot write to that folder" in told[0]
    assert "second" not in told[0]


@given(st.binary())
def test_whatever_the_file_holds_there_is_a_token(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = tmp_path_factory.mktemp("any") / "token"
    path.write_bytes(content)
    assert RefreshToken("first", path, fail).now() == "first"


def test_a_writer_who_is_killed_leaves_a_whole_token(path: Path) -> None:
    """Each replaces the file as a whole: who reads meanwhile reads one of them."""
    token = RefreshToken("first", path, fail)
    token.renew("0" * 4000)
    child = os.fork()
    if child == 0:
        try:
            for number in range(100_000):
                token.renew(f"{number % 10}" * 4000)
        finally:
            os._exit(0)  # never on into the tests after this one
    try:
        seen: set[str] = set()
        reader = RefreshToken("first", path, fail)
        while len(seen) < 6:
            seen.add(reader.now())
    finally:
        os.kill(child, 9)
        os.waitpid(child, 0)
    seen.add(RefreshToken("first", path, fail).now())
    assert all(len(each) == 4000 and len(set(each)) == 1 for each in seen)
