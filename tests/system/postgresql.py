"""A PostgreSQL of our own on loopback, from Debian's package; the machine's own is left alone."""

from __future__ import annotations

import itertools
import os
import pwd
import shutil
import subprocess
from pathlib import Path
from tempfile import mkdtemp
from types import TracebackType

import pytest
from sqlalchemy import create_engine, make_url

from tests.stories.theatre import SECONDS, free_port

USER = "postgres"  # initdb refuses root
OPTIONS = "-c fsync=off -c listen_addresses=127.0.0.1 -c max_connections=200"


class PostgreSQL:
    """One private server, to be used in a `with`. It trusts whoever connects from here."""

    def __init__(self) -> None:
        self.port = free_port()
        self.folder: Path
        self.url = f"postgresql+psycopg://{USER}@127.0.0.1:{self.port}/postgres"
        self._numbers = itertools.count(1)

    def __enter__(self) -> PostgreSQL:
        self.folder = Path(mkdtemp(prefix="mailbot-postgresql-"))
        try:
            os.chown(self.folder, self._owner().pw_uid, self._owner().pw_gid)
            self._run("initdb", "-D", str(self.data), "-A", "trust", "--no-sync", "-E", "UTF8")
            self.start()
        except BaseException:
            shutil.rmtree(self.folder)
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if (self.data / "postmaster.pid").exists():
                self.kill()
        finally:
            shutil.rmtree(self.folder)

    @property
    def data(self) -> Path:
        """The folder of its files."""
        return self.folder / "data"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        options = f"{OPTIONS} -p {self.port} -c unix_socket_directories={self.folder}"
        log = str(self.folder / "log")
        self._run("pg_ctl", "-D", str(self.data), "-l", log, "-w", "-o", options, "start")

    def kill(self) -> None:
        """Every process of it ends at once, as in a crash."""
        self._run("pg_ctl", "-D", str(self.data), "-m", "immediate", "-w", "stop")

    def database(self) -> str:
        """The URL of a new, empty database."""
        name = f"mailbot_{next(self._numbers)}"
        engine = create_engine(self.url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name}")
        engine.dispose()
        return make_url(self.url).set(database=name).render_as_string(hide_password=False)

    @staticmethod
    def _owner() -> pwd.struct_passwd:
        try:
            return pwd.getpwnam(USER)
        except KeyError:
            pytest.fail("There is no PostgreSQL here: apt-get install postgresql", pytrace=False)

    def _run(self, program: str, *words: str) -> None:
        places = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"))
        if not places:
            pytest.fail(f"There is no {program} here: apt-get install postgresql", pytrace=False)
        subprocess.run(
            [places[-1], *words],
            user=USER,
            group=USER,
            extra_groups=[],
            cwd=self.folder,
            check=True,
            timeout=SECONDS * 2,
            stdout=subprocess.DEVNULL,
        )
