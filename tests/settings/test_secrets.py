"""Secrets: four places, exactly one of them, never readable by others, never guessable."""

from __future__ import annotations

import base64
import os
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from mailbot.settings.secrets import (
    Places,
    create_key_file,
    is_missing,
    is_obvious,
    read_secret,
    weakness,
)

STRONG = "Wm0vYk1yZ2tPq8dLx5sTn3uVb7cJf9hGe2aKi4oRw6E="


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a private config.toml and a private secret file."""
    for name, content in (("config.toml", "x = 1\n"), ("secret", f"  {STRONG}\n")):
        (tmp_path / name).write_text(content)
        (tmp_path / name).chmod(0o600)
    return tmp_path


def places(folder: Path, **env: str) -> Places:
    return Places(folder / "config.toml", env)


def problem(given: object, where: Places) -> str:
    with pytest.raises(PydanticCustomError) as raised:
        read_secret(given, where)
    return str(raised.value)


# --- The four places --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "given",
    [
        STRONG,
        {"value": STRONG},
        {"file": "secret"},
        {"env": "MAILBOT_SECRET"},
        {"credential": "secret"},
    ],
)
def test_every_form_gives_the_secret(given: object, folder: Path) -> None:
    where = places(folder, MAILBOT_SECRET=STRONG + "\n", CREDENTIALS_DIRECTORY=str(folder))
    assert read_secret(given, where) == STRONG


def test_an_absolute_path_is_taken_as_it_is(folder: Path, tmp_path: Path) -> None:
    elsewhere = Places(Path("/etc/mailbot/config.toml"), {})
    assert read_secret({"file": str(folder / "secret")}, elsewhere) == STRONG


def test_a_credential_is_systemds_to_protect(folder: Path) -> None:
    (folder / "secret").chmod(0o444)
    where = places(folder, CREDENTIALS_DIRECTORY=str(folder))
    assert read_secret({"credential": "secret"}, where) == STRONG


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (5, 'must be text, or a table like { file = "var/secret" }.'),
        ({}, "needs exactly one of value, file, env, credential, and has none."),
        ({"file": "a", "env": "B"}, "and has file and env."),
        ({"fil": "a"}, 'knows no "fil"; did you mean "file"?'),
        ({"file": 5}, "needs text in quotes after file =."),
        ({"env": " "}, "needs text in quotes after env =."),
        ({"file": "absent"}, 'needs the file "absent", which does not exist; create it or'),
        ({"file": "."}, 'needs the file ".", which cannot be read: Is a directory.'),
        ({"file": "a\0b"}, "which cannot be read: embedded null byte."),
        ({"file": "x" * 300}, "which cannot be read: File name too long."),
        ({"env": "ABSENT"}, "needs the environment variable ABSENT, which is not set; set it, or"),
        ({"credential": "absent"}, 'needs the credential "absent", which does not exist;'),
        ({"credential": "../secret"}, "needs the plain name of a credential, not the path"),
    ],
)
def test_what_cannot_be_read_says_why(given: object, expected: str, folder: Path) -> None:
    assert expected in problem(given, places(folder, CREDENTIALS_DIRECTORY=str(folder)))


def test_without_systemd_there_are_no_credentials(folder: Path) -> None:
    said = problem({"credential": "key"}, places(folder))
    assert "LoadCredential=key:/path" in said


@pytest.mark.parametrize(
    ("content", "expected"),
    [(b" \n", "which is empty"), (b"\xff\xfe\x00", "needs text in the file")],
)
def test_a_file_must_hold_text(content: bytes, expected: str, folder: Path) -> None:
    (folder / "secret").write_bytes(content)
    assert expected in problem({"file": "secret"}, places(folder))


# --- Who else can read it ---------------------------------------------------------------------


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o620, 0o660])
def test_a_secret_file_open_to_others_is_refused_with_the_command(mode: int, folder: Path) -> None:
    (folder / "secret").chmod(mode)
    said = problem({"file": "secret"}, places(folder))
    assert said.endswith(f"run: chmod 600 {folder / 'secret'}")


@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_a_private_file_is_taken(mode: int, folder: Path) -> None:
    (folder / "secret").chmod(mode)
    (folder / "config.toml").chmod(0o644)  # it holds no secret itself
    assert read_secret({"file": "secret"}, places(folder)) == STRONG


@pytest.mark.parametrize("given", [STRONG, {"value": STRONG}])
def test_a_literal_in_an_open_config_is_refused(given: object, folder: Path) -> None:
    (folder / "config.toml").chmod(0o640)
    said = problem(given, places(folder))
    assert said.endswith(f"run: chmod 600 {folder / 'config.toml'}")
    assert STRONG not in said


def test_the_command_survives_a_blank_in_the_path(tmp_path: Path) -> None:
    folder = tmp_path / "our court"
    folder.mkdir()
    (folder / "config.toml").touch(0o644)
    assert problem("x", places(folder)).endswith(f"chmod 600 '{folder}/config.toml'")


def test_places_do_not_show_the_environment() -> None:
    assert STRONG not in repr(Places(Path("config.toml"), {"KEY": STRONG}))


# --- Who could guess it -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("secret", "expected"),
    [
        ("", "is 0 bytes long and needs 32"),
        ("changeme", "is 8 bytes long and needs 32"),
        (STRONG[:31], "is 31 bytes long and needs 32"),
        ("a" * 64, "repeats a few characters"),
        ("abcabcabd" * 5, "repeats a few characters"),
        ("k7Gq2-Xw9z" * 4, "repeats a few characters"),
        ("k7Gq2-Xw9zLm" * 3, "repeats a few characters"),
        ("changeme-changeme-9Xw2kLq8-vTz1bN", "holds a word that attackers try first"),
        ("This-is-our-very-secret-signing-key", "holds a word that attackers try first"),
        ("Pass-Word9Xw2kLq8vTz1bNfG5hJ7mR3cY", "holds a word that attackers try first"),
    ],
)
def test_a_weak_key_is_refused_with_the_way_to_a_good_one(secret: str, expected: str) -> None:
    said = weakness(secret) or ""
    assert said.startswith(expected)
    assert said.endswith("openssl rand -base64 32 > NEW-FILE)")


@settings(deadline=None)
@given(seed=st.integers(0, 2**64))
def test_random_keys_are_good_in_base64_and_hex(seed: int) -> None:
    key = random.Random(seed).randbytes(32)
    assert weakness(base64.b64encode(key).decode()) is None
    assert weakness(key.hex()) is None


def test_length_counts_bytes_not_characters() -> None:
    assert weakness("äöüßéèñçøåæœłźśğ") is None  # 16 characters, 32 bytes


def test_a_password_may_be_short_but_not_obvious() -> None:
    assert not is_obvious("Fg7-kanu")
    assert is_obvious("Change-Me!")


# --- The first key ----------------------------------------------------------------------------


def test_a_key_file_is_private_whatever_the_umask(tmp_path: Path) -> None:
    path = tmp_path / "var" / "deep" / "key"
    old = os.umask(0)
    try:
        create_key_file(path, bytes(range(32)))
    finally:
        os.umask(old)
    assert path.stat().st_mode & 0o777 == 0o600
    assert base64.b64decode(path.read_text()) == bytes(range(32))


def test_a_created_key_is_read_back_and_strong(folder: Path) -> None:
    create_key_file(folder / "key", bytes(range(100, 132)))
    assert weakness(read_secret({"file": "key"}, places(folder))) is None


def test_a_key_is_never_overwritten(folder: Path) -> None:
    with pytest.raises(FileExistsError):
        create_key_file(folder / "secret", bytes(32))
    assert STRONG in (folder / "secret").read_text()


def test_too_little_random_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="a key needs 32 random bytes"):
        create_key_file(tmp_path / "key", b"short")
    assert not (tmp_path / "key").exists()


def test_only_what_is_not_there_is_missing(folder: Path) -> None:
    assert is_missing(folder / "absent")
    assert is_missing(folder / "secret" / "below-a-file")
    assert not is_missing(folder / "secret")
    assert not is_missing(folder / ("x" * 300))
    (folder / "dangling").symlink_to(folder / "absent")
    assert not is_missing(folder / "dangling")
