"""Reads a database URL of config.toml; a SQLite file is found from the folder of config.toml."""

from __future__ import annotations

import re
from difflib import get_close_matches
from urllib.parse import urlsplit

from pydantic import SecretStr
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from mailbot.settings.drivers import DRIVERS
from mailbot.settings.fields import nearest, wrong
from mailbot.settings.secrets import Places, literal, read_secret

DATABASES = ("sqlite", "postgresql", "mysql", "mariadb")
_TRIED = "sqlite, postgresql+psycopg, mariadb+pymysql, mysql+pymysql"
_SQLITE = re.compile(r"(sqlite(?:\+\w+)?):///([^?]+)(\?.*)?")


def read_url(given: object, context: Places | None) -> SecretStr:
    """A database URL, written as text or as a secret in one of its four forms.

    Args:
        given: "sqlite:///var/court.sqlite", or {file = ...}, {env = ...}, {credential = ...}.
        context: where config.toml lies; None when settings are built without a file.

    Raises:
        PydanticCustomError: the end of a sentence that says what to do; never shows the URL.
    """
    places = context or Places()
    if isinstance(given, SecretStr):
        return given
    if isinstance(given, str):
        text = literal(given, places) if _has_password(given) else given
    else:
        text = read_secret(given, places)
    backend, plus, driver = text.partition(":")[0].partition("+")
    if (
        "://" in text
        and backend.isalpha()
        and not get_close_matches(backend, DATABASES, cutoff=0.85)
    ):
        raise wrong(f"begins with {backend}; mailbot reads {_TRIED}.")
    if "://" not in text or backend not in DATABASES:
        raise wrong(f'must be a database URL like "sqlite:///var/court.sqlite"; {_hint(backend)}')
    if plus and driver not in DRIVERS[backend]:
        known = ", ".join(f"{backend}+{name}" for name in DRIVERS[backend])
        raise wrong(f"names a driver that mailbot does not know; known: {known}.")
    if not _is_readable(text):
        raise wrong("cannot be read as a database URL; is its port a number?")
    if backend == "sqlite":
        return SecretStr(_beside_config(text, places))
    return SecretStr(text)


def _hint(backend: str) -> str:
    return nearest(backend, DATABASES) if backend.isalpha() else f"known: {', '.join(DATABASES)}"


def _is_readable(url: str) -> bool:
    try:
        make_url(url)
    except (ArgumentError, ValueError):
        return False
    return True


def _has_password(url: str) -> bool:
    try:
        return bool(urlsplit(url).password) or "password=" in url.lower()
    except ValueError:
        return True


def _beside_config(url: str, places: Places) -> str:
    found = _SQLITE.fullmatch(url)
    if not found or found[2] == ":memory:":
        raise wrong('must name a file after three slashes, like "sqlite:///var/court.sqlite".')
    if found[2].startswith("file:"):
        raise wrong('must name the file itself, like "sqlite:///var/court.sqlite", without file:.')
    return f"{found[1]}:///{(places.folder / found[2])}{found[3] or ''}"
