"""Sets the stage of the demo in a folder: a court, a mail server that keeps all, and mailbot."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from random import SystemRandom
from string import Template
from zoneinfo import ZoneInfo

from starlette.types import ASGIApp

from mailbot.config import Settings, create_key_file, load
from mailbot.court.cases import CaseSource
from mailbot.demo import missouri
from mailbot.demo.clerk import Clerk
from mailbot.demo.mails import Mails
from mailbot.demo.page.app import Page
from mailbot.demo.page.casenet import CaseNet
from mailbot.demo.page.gate import Gate
from mailbot.demo.page.inside import Inside
from mailbot.demo.page.office import Office
from mailbot.demo.page.scene import Scene
from mailbot.demo.sink import Sink
from mailbot.model import Envelope
from mailbot.running import Mailbot, utc_now
from mailbot.store.database import Database
from mailbot.store.upgrade import upgrade

COURT = "franklin"
CASES = 200  # made up, besides those of the seed document
CONFIG = Path(__file__).with_name("stage.toml")

Say = Callable[[str], None]


class WatchedMailbot(Mailbot):
    """mailbot, whose arrivals are kept for the page to show."""

    mails: Mails

    def receive(self, raw: bytes, envelope: Envelope, now: datetime) -> None:
        """Receive as ever; what was accepted is shown."""
        super().receive(raw, envelope, now)
        self.mails.keep("person", now, envelope.mail_from, envelope.recipient, raw)


class Stage:
    """The demo's world, to be started once.

    Args:
        folder: an empty one; every file of the demo is in it.
        page_port: where pages are shown.
        smtp_port: where mail is taken; both on loopback.
        say: tells the newcomer what is being done.
    """

    def __init__(self, folder: Path, page_port: int, smtp_port: int, say: Say) -> None:
        self.folder, self.page_port, self.smtp_port, self._say = folder, page_port, smtp_port, say
        self.mails = Mails()
        self.sink = Sink(self._keep)
        self.settings: Settings
        self.clerk: Clerk
        self.office: Office
        self.inside: Inside
        self._store: Database
        self._source: CaseSource
        self._mailbot: WatchedMailbot

    @property
    def address(self) -> str:
        """Where people write to."""
        return self.settings.voice_of(COURT).address

    @property
    def zone(self) -> ZoneInfo:
        """The court's."""
        return self.settings.court[COURT].zone

    def _keep(self, mail_from: str, recipient: str, content: bytes) -> None:
        self.mails.keep("mailbot", utc_now(), mail_from, recipient, content)

    async def start(self) -> None:
        """Make everything and open the doors.

        Raises:
            OSError: a port is taken.
        """
        await self.sink.start()
        self.settings = self._configured()
        self._say("Making a sample court: cases with parties, docket entries and hearings ...")
        await asyncio.to_thread(self._make_court)
        self._say("Starting mailbot: store, mail server, watcher, sender, pages ...")
        await asyncio.to_thread(self._open_store)
        self._mailbot = WatchedMailbot(self.settings, self._around)
        self._mailbot.mails = self.mails
        await self._mailbot.start()

    async def stop(self) -> None:
        """Close the doors, the newest first."""
        await self.office.rest()
        await self._mailbot.stop()
        await self.sink.stop()
        self.office.close()
        self._source.close()
        self._store.close()

    def _configured(self) -> Settings:
        """The demo's config.toml, written into its folder and read like any other."""
        ports = {"page": self.page_port, "smtp": self.smtp_port, "sink": self.sink.port}
        path = self.folder / "config.toml"
        path.write_text(Template(CONFIG.read_text(encoding="utf-8")).substitute(ports))
        path.chmod(0o600)
        create_key_file(self.folder / "key", secrets.token_bytes(32))
        return load(path, os.environ)

    def _make_court(self) -> None:
        court = self.folder / "court.sqlite"
        missouri.build(court, cases=CASES, today=utc_now().astimezone(self.zone).date())
        self.clerk = Clerk(court, utc_now, SystemRandom())

    def _open_store(self) -> None:
        self._store = Database(self.settings.bot.store.get_secret_value())
        upgrade(self._store)
        self.inside = Inside(self._store)
        self.office = Office(self.clerk, self.inside.tracked_numbers)
        court = self.settings.court[COURT]
        self._source = CaseSource("casenet", court.source, court.time_zone)

    def _around(self, inner: ASGIApp) -> ASGIApp:
        """The demo's page around mailbot's own pages."""
        scene = Scene(
            mails=self.mails,
            office=self.office,
            inside=self.inside,
            limits=self.settings.limits,
            bot=self.address,
            zone=self.zone,
            smtp_port=self.smtp_port,
        )
        casenet = CaseNet(self._source, self.zone)
        return Gate(Page(inner, scene, casenet, utc_now), self.page_port)
