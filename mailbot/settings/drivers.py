"""Says which database drivers the settings need, and whether they are installed; loads none."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mailbot.settings.bot import Settings

# By dialect, the drivers that work without async, the default first: module, package to install.
DRIVERS = {
    "sqlite": {"pysqlite": ("sqlite3", "")},
    "postgresql": {
        "psycopg2": ("psycopg2", "psycopg2-binary"),
        "psycopg": ("psycopg", "psycopg[binary]"),
        "pg8000": ("pg8000", "pg8000"),
    },
    "mysql": {
        "mysqldb": ("MySQLdb", "mysqlclient"),
        "pymysql": ("pymysql", "PyMySQL"),
        "mysqlconnector": ("mysql", "mysql-connector-python"),
        "mariadbconnector": ("mariadb", "mariadb"),
    },
}
DRIVERS["mariadb"] = DRIVERS["mysql"]


def missing_drivers(settings: Settings) -> Iterator[str]:
    """A sentence for each database whose driver is not installed, with the remedy."""
    urls = {"store in [bot]": settings.bot.store}
    urls |= {
        f"url in [court.{name}.source]": one.source.url for name, one in settings.court.items()
    }
    for option, url in urls.items():
        scheme = url.get_secret_value().partition(":")[0]
        module, package = _wanted(scheme)
        if find_spec(module) is None:
            yield (
                f'{option} needs the driver {module} for "{scheme}", which is not installed; '
                f'run: {sys.executable} -m pip install "{package}"'
            )


def _wanted(scheme: str) -> tuple[str, str]:
    dialect, _, driver = scheme.partition("+")
    drivers = DRIVERS[dialect]
    return drivers[driver or next(iter(drivers))]
