"""Builds mailbot from its settings, and starts, reloads and stops it as a whole.

Started in the order in which mail may flow (senders, watchers, pages, then the listeners), stopped
in the other: nobody new comes in, what is in hand is finished, claims are given back.
"""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import socket
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from starlette.types import ASGIApp

from mailbot.config import Settings, changes_needing_restart
from mailbot.desk.desk import Desk
from mailbot.desk.telling import open_pages
from mailbot.doors import Contexts, Doors, contexts_of, listening
from mailbot.errors import ConfigError, StoreUnavailable
from mailbot.fetching import Fetching
from mailbot.inbound.keeper import Keeper
from mailbot.inbound.refusals import refusals
from mailbot.inbound.watcher import Watcher
from mailbot.maillog import MailLog
from mailbot.model import Claimed, Envelope, Facts, Outgoing
from mailbot.outbound.burial import bury_the_dead
from mailbot.outbound.compose import compose
from mailbot.outbound.maildir import MaildirTransport
from mailbot.outbound.sender import Sender
from mailbot.outbound.transport import Smarthost, Transport
from mailbot.preview import prove
from mailbot.receiving import parts_of
from mailbot.store.clock import StoreClock
from mailbot.store.database import Database
from mailbot.store.inventory import must_be_configured
from mailbot.store.outbox import Outbox
from mailbot.store.upgrade import must_be_current
from mailbot.tokens import Signer
from mailbot.web.app import build
from mailbot.web.server import WebServer
from mailbot.web.site import Site
from mailbot.wording import Wording

log = logging.getLogger("mailbot")
CLOCK_SECONDS = 60  # between two looks at the store's clock
_HOST = socket.gethostname().replace(":", "-")[:30]


def utc_now() -> datetime:
    """The time, aware."""
    return datetime.now(UTC)


class Mailbot:
    """The whole service in one process.

    Args:
        settings: checked configuration.
        around: wraps the web application; the demo puts its own pages around it.
        clock: the time, aware.

    Raises:
        ConfigError: a template cannot be used, or the store holds what the settings do not name.
        SchemaError: the store's tables do not fit.
        StoreUnavailable: the store does not answer.
    """

    def __init__(
        self,
        settings: Settings,
        around: Callable[[ASGIApp], ASGIApp] = lambda app: app,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self.settings, self._around = settings, around
        self.database = Database(settings.bot.store.get_secret_value())
        self.clock = clock = StoreClock(self.database, clock)
        must_be_current(self.database)
        self._changing = asyncio.Lock()  # one reload at a time, and none after the stop
        self._stopped = False
        self.wording = self._proved(settings)
        parts = parts_of(settings, self.database)
        self.desk = Desk(parts, self._wake)
        self.outbox = Outbox(self.database, parts.signer)
        self.log = MailLog(parts.signer.derive("log"))
        self.keeper = Keeper(self.desk, self.log)
        self.transport = self._way_out(settings)
        self.sender = self._new_sender()
        host, port = settings.web.host_and_port
        self.web = WebServer(around(build(self._site(parts.signer))), host, port)
        self.doors = Doors(self.receive, self.desk.accepts, clock, self.log)
        self.fetching = Fetching(
            lambda: self.settings,
            self.database,
            self.keeper.receive,
            self.desk.accepts,
            clock,
            self.log,
        )
        self._watchers: dict[str, Watcher] = {}
        self._watching: list[asyncio.Task[None]] = []
        self._timing: asyncio.Task[None] | None = None

    def _proved(self, settings: Settings) -> Wording:
        """The templates, all of them read, of settings that fit the store."""
        keys = [key.id for key in settings.bot.keys]
        must_be_configured(self.database, settings.court.keys(), keys)
        wording = Wording(settings.bot.templates)
        prove(settings, wording, self.clock())
        return wording

    @staticmethod
    def _way_out(settings: Settings) -> Transport:
        if settings.smarthost.maildir is not None:
            return MaildirTransport(settings.smarthost.maildir)
        return Smarthost(settings.smarthost, settings.bot.instance)

    def _new_sender(self) -> Sender:
        return Sender(
            outbox=self.outbox,
            release=self.desk.release,
            compose=self._compose,
            transport=self.transport,
            clock=self.clock,
            owner=f"{_HOST}:{os.getpid()}:{secrets.token_hex(4)}",
            lanes=self.settings.smarthost.connections,
            log=self.log,
            refused=refusals(self.desk),
        )

    def _compose(self, row: Claimed, facts: Facts) -> Outgoing:
        return compose(row, facts, self.wording, self.desk.parts.signer, self.settings)

    def _site(self, signer: Signer) -> Site:
        return Site(
            desk=self.desk,
            wording=self.wording,
            signer=signer,
            frame=lambda court: open_pages.frame_of(self.desk.parts, court, self.clock()),
            help=lambda court: open_pages.help_of(self.desk.parts, court),
            checks=self.checks,
            clock=self.clock,
            base_url=self.settings.web.base_url,
        )

    def checks(self) -> Mapping[str, bool | str]:
        """What must be true to serve, for /healthz/ready."""
        return {
            "store": self._store_answers(),
            "listeners": self.doors.check(self.settings),
            "imap": self.fetching.check(),
            "watchers": (
                self._watchers.keys() == self.settings.court.keys()
                and all(watcher.well for watcher in self._watchers.values())
            )
            or "A court's case database has not been swept lately.",
        }

    def _store_answers(self) -> bool | str:
        try:
            self.outbox.next_due(self.clock())
        except StoreUnavailable:
            return "The store does not answer."
        return True

    async def start(self) -> None:
        """Open the doors.

        Raises:
            OSError: an address cannot be bound, by its option; nothing is left running.
        """
        try:
            with listening("[web]", self.web.host, self.web.port):
                await self.web.start()
            await self.doors.open(self.settings)
        except (OSError, ConfigError):
            await self.stop()
            raise
        await asyncio.to_thread(self._look_at_the_clock)
        self._timing = asyncio.create_task(self._keep_time(), name="clock")
        await asyncio.to_thread(bury_the_dead, self.outbox, _HOST, self.clock())
        await self.sender.start()
        self._start_watchers()
        self.fetching.start()

    async def _keep_time(self) -> None:
        while True:
            await asyncio.sleep(CLOCK_SECONDS)
            await asyncio.to_thread(self._look_at_the_clock)

    def _look_at_the_clock(self) -> None:
        with suppress(StoreUnavailable):  # whoever needs the store says so
            self.clock.look()

    def receive(self, raw: bytes, envelope: Envelope, now: datetime) -> None:
        """One mail for one recipient, from whatever door; see `Keeper.receive`."""
        self.keeper.receive(raw, envelope, now)

    def _start_watchers(self) -> None:
        self._watching.append(asyncio.create_task(self._inspect(), name="inspection"))
        for name, court in self.settings.court.items():
            watcher = Watcher(
                desk=self.desk,
                court=name,
                poll=timedelta(seconds=court.source.poll_seconds),
                sweep=timedelta(seconds=court.source.sweep_seconds),
                clock=self.clock,
                changed=self.desk.parts.courts[name].data_version,
            )
            self._watchers[name] = watcher
            self._watching.append(asyncio.create_task(watcher.run(), name=f"watcher of {name}"))

    async def _inspect(self) -> None:
        """Say once what is unsafe or slow about each court's mapping."""
        for name, source in self.desk.parts.courts.items():
            for sentence in await asyncio.to_thread(source.check):
                log.warning("court %s: %s", name, sentence)

    async def _stop_watchers(self) -> None:
        for watcher in self._watchers.values():
            watcher.stop()
        await asyncio.gather(*self._watching)
        self._watching, self._watchers = [], {}

    def _wake(self) -> None:
        self.sender.wake()

    async def reload(self, settings: Settings) -> list[str]:
        """Go on with other settings (SIGHUP). Returns what only a restart can change, if anything.

        With such a change nothing at all is taken over: half a configuration is none.

        Raises:
            ConfigError: as at the start; the old settings stay.
        """
        async with self._changing:
            fixed = changes_needing_restart(self.settings, settings)
            if not fixed and not self._stopped:
                wording = await asyncio.to_thread(self._proved, settings)
                await self._take_over(settings, wording, contexts_of(settings))
            return fixed

    async def _take_over(self, settings: Settings, wording: Wording, tls: Contexts) -> None:
        before, parts = (
            self.desk.parts,
            parts_of(settings, self.database),
        )  # whatever may fail fails here
        await self._stop_watchers()
        self.settings, self.wording = settings, wording
        self.desk.parts, self.outbox.signer = parts, parts.signer
        self.doors.renew(tls)
        self.web.app = self._around(build(self._site(parts.signer)))
        for source in before.courts.values():
            source.close()
        self._start_watchers()

    async def stop(self) -> None:
        """Close the doors; the mails in hand are finished, on both sides."""
        async with self._changing:
            self._stopped = True
        await asyncio.gather(asyncio.to_thread(self.fetching.stop), self.doors.close())
        await self._stop_watchers()
        if self._timing is not None:
            self._timing.cancel()
        await self.web.stop()
        await self.sender.stop()
        for source in self.desk.parts.courts.values():
            source.close()
        self.database.close()
