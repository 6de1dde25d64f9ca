"""The whole service with an account at the scripted server: ready, fetching, stopped, reloaded."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from mailbot.config import Settings, load
from mailbot.running import Mailbot
from mailbot.store import pen
from mailbot.store.database import Database
from mailbot.store.imap_folders import ImapFolders
from mailbot.store.upgrade import upgrade
from tests.inbound.imap.scene import mail
from tests.inbound.imap.server import Server
from tests.stories.theatre import free_port
from tests.until import until
from tests.world import SmallCourt, people_the_court, write_config

NAME = "track@court.example"


class Clock:
    def __init__(self) -> None:
        self.later = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.later


def settings(folder: Path, server: Server, more: str = "") -> Settings:
    people_the_court(SmallCourt(folder / "court.sqlite"))
    path = write_config(folder)
    text = path.read_text()
    account = (
        f'way = "imap"\nhost = "127.0.0.1"\nport = {server.port}\ntls = "none"\n'
        f'username = "track"\npassword = "{server.password}"\n{more}'
    )
    text = text.replace(
        f'address = "{NAME}"\n\n[[route]]', f'address = "{NAME}"\n{account}\n[[route]]', 1
    )
    text = text.replace("[web]\n", f'[web]\nlisten = "127.0.0.1:{free_port()}"\n')
    path.write_text(text)
    path.chmod(0o600)
    return load(path, {})


@asynccontextmanager
async def running(found: Settings, clock: Clock | None = None) -> AsyncIterator[Mailbot]:
    database = Database(found.bot.store.get_secret_value())
    upgrade(database)
    database.close()
    service = Mailbot(found, clock=clock or Clock())
    await service.start()
    try:
        yield service
    finally:
        await service.stop()
        assert "imap track" not in [each.name for each in threading.enumerate()]


async def test_a_mail_in_the_account_is_answered(tmp_path: Path) -> None:
    with Server() as server:
        server.inbox.add(mail("TRACK 15AB-CR00015", f"Delivered-To: {NAME}"))
        found = settings(tmp_path, server)
        async with running(found) as service:
            await until(lambda: server.names("Processed"), 20)
            await until(lambda: list((tmp_path / "out" / "new").glob("*")), 20)
            await until(lambda: all(v is True for v in service.checks().values()), 20)
            assert service.checks()["listeners"] is True  # there is none to bind
        database = Database(found.bot.store.get_secret_value())
        assert ImapFolders(database).read(f"127.0.0.1:{server.port}/track", "INBOX") == (1, 1)
        database.close()
    (answer,) = (tmp_path / "out" / "new").glob("*")
    assert b"please verify" in answer.read_bytes()


async def test_an_account_that_is_not_reached_for_long_is_named(tmp_path: Path) -> None:
    clock = Clock()
    with Server() as server:
        server.refuse_logins = True
        async with running(settings(tmp_path, server), clock) as service:
            await until(lambda: server.logins >= 1, 20)
            assert service.checks()["imap"] is True  # it may still come
            clock.later = timedelta(minutes=16)
            told = service.checks()["imap"]
            assert isinstance(told, str)
            assert told.startswith('An IMAP account was not reached: "track" since 20')
            server.refuse_logins = False
            await until(lambda: service.checks()["imap"] is True, 20)


async def test_another_account_needs_a_restart_and_other_routes_do_not(tmp_path: Path) -> None:
    with Server() as server:
        found = settings(tmp_path, server)
        async with running(found) as service:
            path = tmp_path / "config.toml"
            text = path.read_text()
            path.write_text(text.replace('username = "track"', 'username = "other"'))
            assert await service.reload(load(path, {})) == [
                'the IMAP account of [[mailbox]] "track"'
            ]
            path.write_text(text.replace("stop@court.example", "end@court.example"))
            assert await service.reload(load(path, {})) == []
            server.inbox.add(mail("HELP", "Delivered-To: stop@court.example"))
            server.inbox.add(mail("STOP", "Delivered-To: end@court.example"))
            await until(lambda: server.names("Processed") == [b"STOP"], 20)
            await until(lambda: server.names("Refused") == [b"HELP"], 20)


async def test_a_mail_on_which_our_code_fails_lies_in_the_pen_and_with_the_refused(
    tmp_path: Path,
) -> None:
    """The fault is a rule in the store, as in tests/stories/test_pen.py."""
    clock = Clock()
    with Server() as server:
        found = settings(tmp_path, server)
        async with running(found, clock) as service:
            rule = (
                "CREATE TRIGGER broken BEFORE INSERT ON address BEGIN SELECT RAISE(ABORT, 'x'); END"
            )
            with service.database.transaction() as conn:
                conn.exec_driver_sql(rule)
            server.inbox.add(mail("HELP", f"Delivered-To: {NAME}"))
            for tries in (1, 2, 3):
                await until(partial(was_tried, service, tries), 20)
                clock.later += timedelta(minutes=11)
                server.inbox.add(mail(f"nothing {tries}", "Delivered-To: other@court.example"))
            await until(lambda: b"HELP" in server.names("Refused"), 20)
            assert server.names("Processed") == []

            # A person mends the cause, and moves the mail back.
            with service.database.transaction() as conn:
                conn.exec_driver_sql("DROP TRIGGER broken")
            server.inbox.add(mail("HELP", f"Delivered-To: {NAME}"))
            await until(lambda: server.names("Processed") == [b"HELP"], 20)
            assert tries_of(service) == [3]  # for `mailbot pen retry`, which now does nothing more


def was_tried(service: Mailbot, tries: int) -> bool:
    return tries_of(service) == [tries]


def tries_of(service: Mailbot) -> list[int]:
    """How often each mail of the pen was tried."""
    with service.database.reading() as conn:
        return [parked.tries for parked in pen.every(conn)]
