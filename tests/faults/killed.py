"""One way in, in a process of its own that kills itself at a step of the intake (T-IN)."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from multiprocessing.connection import Connection
from pathlib import Path
from signal import SIGKILL
from typing import Any

from pydantic import SecretStr
from sqlalchemy import event

from mailbot.config import Mailbox, Settings, load
from mailbot.desk.desk import Desk
from mailbot.inbound.imap.account import Account
from mailbot.inbound.imap.terms import Inside, Terms
from mailbot.inbound.keeper import Keeper
from mailbot.inbound.smtp.listener import Listener
from mailbot.maillog import MailLog
from mailbot.model import Envelope
from mailbot.receiving import parts_of
from mailbot.store.database import Database
from mailbot.store.imap_folders import ImapFolders

STEPS = ("received", "begun", "committing", "committed", "answering", "answered")
QUICK = Terms(glance=0.02, first_pause=0.02, longest_pause=0.1, retry=0.05, stop=3.0)


@dataclass
class Trap:
    """Kills this process the n-th time that a step is reached."""

    step: str
    left: int

    def at(self, step: str) -> None:
        if step == self.step:
            self.left -= 1
            if self.left == 0:
                os.kill(os.getpid(), SIGKILL)


class Intake:
    """The desk and its store, with the trap at each step.

    "answering" is when all is stored and nothing said, "answered" when all is said.
    """

    def __init__(self, folder: Path, now: datetime, trap: Trap) -> None:
        self.settings: Settings = load(folder / "config.toml", {})
        self.database = Database(f"sqlite:///{folder}/store.sqlite")
        self.log = MailLog(b"0123456789abcdef")
        self.clock: Callable[[], datetime] = lambda: now
        desk = Desk(parts_of(self.settings, self.database), lambda: None)
        self._keeper, self._accepts, self._trap = Keeper(desk, self.log), desk.accepts, trap
        self._inside, self._stored = threading.local(), 0
        event.listen(self.database.engine, "begin", lambda _: self._while_storing("begun"))
        event.listen(self.database.engine, "commit", lambda _: self._while_storing("committing"))

    def receive(self, raw: bytes, envelope: Envelope, now: datetime) -> None:
        self._trap.at("received")
        self._inside.storing = True
        self._keeper.receive(raw, envelope, now)
        self._inside.storing = False
        self._trap.at("committed")
        self._stored += 1

    def accepts(self, recipient: str) -> bool:
        """By SMTP the next RCPT says that the last 250 has gone."""
        if self._stored:
            self._trap.at("answered")
        return self._accepts(recipient)

    def _while_storing(self, step: str) -> None:
        if getattr(self._inside, "storing", False):
            self._trap.at(step)


class Notes(ImapFolders):
    """By IMAP the note of how far the folder is read is the last word about a mail."""

    def __init__(self, database: Database, trap: Trap) -> None:
        super().__init__(database)
        self._trap = trap

    def write(self, account: str, folder: str, uidvalidity: int, last_uid: int) -> None:
        self._trap.at("answering")
        super().write(account, folder, uidvalidity, last_uid)
        self._trap.at("answered")


class Answering(logging.Handler):
    """By SMTP the log names an accepted mail right before its reply."""

    def __init__(self, trap: Trap) -> None:
        super().__init__()
        self._trap = trap

    def emit(self, record: logging.LogRecord) -> None:
        if "event=arrived" in record.getMessage():
            self._trap.at("answering")


def listen(way: Any, folder: Path, now: datetime, trap: Trap, told: Connection) -> None:
    """Listen until the trap closes, or for ever; the port is told."""
    log = logging.getLogger("mailbot.mail")
    log.setLevel(logging.INFO)
    log.handlers, log.propagate = [Answering(trap)], False
    intake = Intake(folder, now, trap)

    async def run() -> None:
        listener = Listener(
            intake.receive,
            intake.accepts,
            "mx.court.example",
            intake.settings.limits,
            intake.clock,
            intake.log,
            way=way,
        )
        await listener.start("127.0.0.1", 0)
        told.send(listener.port)
        await asyncio.Event().wait()

    asyncio.run(run())


def fetch(port: int, folder: Path, now: datetime, trap: Trap, told: Connection) -> None:
    """Read the account at that port until the trap closes, or for ever."""
    intake = Intake(folder, now, trap)
    address = intake.settings.mailbox[0].address
    mailbox = Mailbox.model_validate(
        {
            "name": "track", "address": address, "way": "imap", "host": "127.0.0.1", "port": port,
            "tls": "none", "username": "bot", "password": SecretStr("correct horse"),
        }
    )  # fmt: skip
    inside = Inside(
        intake.receive,
        intake.accepts,
        lambda: frozenset({address}),
        Notes(intake.database, trap),
        intake.clock,
    )
    quick = mailbox.model_copy(update={"poll_seconds": 0.05})
    Account(quick, inside, intake.settings.limits, intake.log, QUICK).start()
    told.send(port)
    threading.Event().wait()
