"""Builds no more than one mail needs, and lets the pipe take it."""

from __future__ import annotations

import os
import secrets
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import BinaryIO

from mailbot.config import Mailbox, Settings, load
from mailbot.court.cases import CaseSource
from mailbot.desk.desk import Desk
from mailbot.desk.parts import Parts
from mailbot.errors import ConfigError
from mailbot.inbound.imap.labels import Unfit, envelope_of
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


def receive_from(
    stream: BinaryIO, path: Path, recipient: str | None, sender: str | None, mailbox: str = ""
) -> Outcome:
    """One mail from a pipe goes to the desk; the running service sends what it answers.

    Args:
        recipient: to whom it is delivered; None: as the fields say that `mailbox` names.
    """
    try:
        settings = load(path, os.environ)
        if any(missing_drivers(settings)):
            return MISCONFIGURED
        named = next((one for one in settings.mailbox if one.name == mailbox), None)
        to = recipient or named
        if to is None:
            known = ", ".join(one.name for one in settings.mailbox)
            return Outcome(os.EX_USAGE, f'There is no mailbox "{mailbox}"; known here: {known}')
        return _receive(settings, stream, to, sender)
    except ConfigError:
        return MISCONFIGURED
    except Exception as error:  # the door: a fault of ours is 75, whatever it is
        return postponed(error)


def _receive(
    settings: Settings, stream: BinaryIO, to: str | Mailbox, sender: str | None
) -> Outcome:
    database = Database(settings.bot.store.get_secret_value())
    try:
        must_be_current(database)
        must_be_configured(database, settings.court.keys(), [key.id for key in settings.bot.keys])
        parts = parts_of(settings, database)
        desk = Desk(parts, wake=lambda: None)
        keeper = Keeper(desk, MailLog(parts.signer.derive("log")))
        most, now = settings.limits.message_bytes, datetime.now(UTC)
        recipient = to if isinstance(to, str) else partial(_delivered_to, settings, desk, to)
        return take(stream, recipient, sender, most, desk.accepts, keeper.receive, now)
    finally:
        database.close()


def _delivered_to(settings: Settings, desk: Desk, mailbox: Mailbox, raw: bytes) -> str:
    """For whom the server says that it delivered a mail to a mailbox; "" where nobody can know."""
    own, names = settings.addresses_of(mailbox), mailbox.recipient_headers
    try:
        return envelope_of(raw, settings.limits, own, desk.accepts, names).recipient
    except Unfit:
        return ""
