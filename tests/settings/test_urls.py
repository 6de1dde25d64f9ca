"""Database URLs: SQLite files beside config.toml, secrets in any form, passwords never shown."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic_core import PydanticCustomError

from mailbot.settings.secrets import Places
from mailbot.settings.urls import read_url


def test_a_sqlite_file_lies_beside_the_config(tmp_path: Path) -> None:
    places = Places(tmp_path / "config.toml", {})
    for given, url in [
        ("sqlite:///var/court.sqlite", f"sqlite:///{tmp_path}/var/court.sqlite"),
        ("sqlite:///x.db?timeout=5", f"sqlite:///{tmp_path}/x.db?timeout=5"),
        ("sqlite+pysqlite:///x.db", f"sqlite+pysqlite:///{tmp_path}/x.db"),
        ("sqlite:////srv/x.db", "sqlite:////srv/x.db"),
    ]:
        assert read_url(given, places).get_secret_value() == url


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg://reader:pw@db.court.example/cases",
        "mariadb+pymysql://reader@db.court.example/cases?charset=utf8mb4",
        "postgresql+pg8000://reader:pw@db.court.example/cases",
    ],
)
def test_a_server_is_left_as_written(url: str, tmp_path: Path) -> None:
    assert read_url({"env": "URL"}, Places(tmp_path / "c", {"URL": url})).get_secret_value() == url


def test_a_url_without_password_may_stand_in_an_open_config(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.touch(0o644)
    read_url("postgresql://reader@db.court.example/cases", Places(config, {}))
    for secret in ("postgresql://r:pw@db/x", "postgresql://db/x?password=pw", "mysql://[::1:p@x"):
        with pytest.raises(PydanticCustomError, match="is a secret and others on this machine"):
            read_url(secret, Places(config, {}))


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("sqlite://", "must name a file after three slashes"),
        ("sqlite:///", "must name a file after three slashes"),
        ("sqlite:///:memory:", "must name a file after three slashes"),
        ("sqlite:var/x", 'must be a database URL like "sqlite:///var/court.sqlite"'),
        ("sqlite:///file:x?uri=true", "without file:"),
        ("oracle+oracledb://r:pw@db/x", "begins with oracle; mailbot reads sqlite, postgresql+psy"),
        ("mssql://db/x", "begins with mssql; mailbot reads"),
        ("postgres://db/x", 'did you mean "postgresql"?'),
        ("var/court.sqlite", "known: sqlite, postgresql"),
        ("", "known: sqlite, postgresql"),
    ],
)
def test_what_is_no_database_url_says_so(url: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(PydanticCustomError) as raised:
        read_url(url, Places(tmp_path / "c", {}))
    assert said in str(raised.value)


def test_a_url_is_not_shown(tmp_path: Path) -> None:
    found = read_url("postgresql://r:hunter2@db/x", Places(tmp_path / "c", {}))
    assert "hunter2" not in repr(found)
