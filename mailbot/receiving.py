"""Builds no more than one mail needs, and lets the pipe take it."""

from __future__ import annotations

import os
import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from mailbot.config import Settings, load
from mailbot.court.cases import CaseSource
from mailbot.desk.desk import Desk
from mailbot.desk.parts import Parts
from mailbot.errors import ConfigError
from mailbot.inbound.keeper import Keeper
from mailbot.inbound.pipe import MISCONFIGURED, Outcome, postponed, take
from mailbot.maillog import MailLog
from mailbot.settings.drivers import missing_drivers
from mailbot.store.database import Database
from mailbot.store.inventory import must_be_configured
from mailbot.store.upgrade import must_be_current
from mailbot.tokens import Signer


def random_id() -> int:
    """A row id that nobody can guess: 63 bits, not zero."""
    return secrets.randbits(63) | 1


def parts_of(settings: Settings, database: Database) -> Parts:
    """What the desk works with.

    Raises:
        ConfigError: a key is missing.
    """
    courts = {
        name: CaseSource(name, court.source, court.time_zone)
        for name, court in settings.court.items()
    }
    return Parts(settings, database, courts, Signer(settings.bot.signing_keys()), random_id)


def receive_from(stream: BinaryIO, path: Path, recipient: str, sender: str | None) -> Outcome:
    """One mail from a pipe goes to the desk; the running service sends what it answers."""
    try:
        settings = load(path, os.environ)
        if any(missing_drivers(settings)):
            return MISCONFIGURED
        return _receive(settings, stream, recipient, sender)
    except ConfigError:
        return MISCONFIGURED
    except Exception as error:  # the door: a fault of ours is 75, whatever it is
        return postponed(error)


def _receive(settings: Settings, stream: BinaryIO, recipient: str, sender: str | None) -> Outcome:
    database = Database(settings.bot.store.get_secret_value())
    try:
        must_be_current(database)
        must_be_configured(database, settings.court.keys(), [key.id for key in settings.bot.keys])
        parts = parts_of(settings, database)
        desk = Desk(parts, wake=lambda: None)
        keeper = Keeper(desk, MailLog(parts.signer.derive("log")))
        most, now = settings.limits.message_bytes, datetime.now(UTC)
        return take(stream, recipient, sender, most, desk.accepts, keeper.receive, now)
    finally:
        database.close()
