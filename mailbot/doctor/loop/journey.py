"""Sends a mail from each mailbox to itself, through the smarthost, and waits until it is home."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from mailbot.config import Mailbox, Smarthost
from mailbot.doctor.findings import About, Finding
from mailbot.doctor.loop.arrival import Arrived, judge_arrival, selectors_of
from mailbot.doctor.loop.letter import letter
from mailbot.doctor.servers.doors import serves
from mailbot.doctor.surroundings import Surroundings
from mailbot.errors import MailbotError, MailRefused, SmarthostUnavailable, TemporaryError
from mailbot.model import Outgoing
from mailbot.outbound.transport import Smarthost as Transport
from mailbot.store import errands
from mailbot.store.database import Database
from mailbot.store.upgrade import must_be_current

_REPLY = 200  # characters that are shown


@dataclass
class Journey:
    """What came of it; `selectors` are the pairs of domain and selector that sign our mail."""

    findings: list[Finding] = field(default_factory=list)
    came: bool = False  # a mail did
    selectors: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class _Errand:
    mailbox: Mailbox
    handle: str
    mail: Outgoing
    left: datetime


def travel(
    around: Surroundings, open_database: Callable[[], Database], handle: Callable[[], str]
) -> Journey:
    """Send, wait, judge.

    Args:
        open_database: opens the store, in which a running `mailbot serve` keeps what comes home.
        handle: gives 26 random characters, new each time.
    """
    reason = _why_not(around)
    if reason is not None:
        return Journey([reason])
    database = open_database()
    try:
        must_be_current(database)
        return _travel(around, database, handle)
    except MailbotError as error:
        about = About("loop", "store")
        return Journey([about.wrong(str(error), "See to the store (store in [bot]) first.")])
    finally:
        database.close()


def _why_not(around: Surroundings) -> Finding | None:
    about = About("loop", "mail to itself")
    if not around.host:
        return about.warning(
            "Mail goes into a Maildir (a trial), so no mail to itself was sent.",
            "Name a mail server in [smarthost] when you begin in earnest.",
        )
    if not serves(around):
        return about.warning(
            "mailbot does not run here, so no mail to itself was sent: nobody would take it.",
            "Start `mailbot serve`, then run the doctor again.",
        )
    return None


def _travel(around: Surroundings, database: Database, handle: Callable[[], str]) -> Journey:
    journey = Journey()
    away: list[_Errand] = []
    for mailbox in around.settings.mailbox:
        errand = _errand(around, mailbox, handle())
        with database.transaction() as conn:
            errands.expect(conn, errand.handle, errand.left)
        trouble = _send(around, errand)
        if trouble is None:
            away.append(errand)
        else:
            journey.findings.append(trouble)
            _give_up(database, errand)
    _await(around, database, away, journey)
    return journey


def _errand(around: Surroundings, mailbox: Mailbox, handle: str) -> _Errand:
    now = around.now()
    return _Errand(mailbox, handle, letter(around.settings, mailbox, handle, now), now)


def _send(around: Surroundings, errand: _Errand) -> Finding | None:
    about = About("loop", errand.mailbox.address)
    try:
        asyncio.run(_deliver(around, errand.mail))
    except SmarthostUnavailable as error:
        return about.wrong(
            f"The mail to itself could not be handed over: {_said(error)}",
            "See the lines on smtp.",
        )
    except MailRefused as error:
        return about.wrong(
            f"The smarthost refuses the mail to itself: {_said(error)}",
            f"Let it take mail from {errand.mailbox.address} to {errand.mail.recipient}.",
        )
    except TemporaryError as error:
        return about.warning(
            f"The smarthost does not take the mail to itself now: {_said(error)}",
            "Run the doctor again later.",
        )
    return None


async def _deliver(around: Surroundings, mail: Outgoing) -> None:
    settings = around.settings.smarthost
    transport = Transport(_hasty(around, settings), around.settings.bot.instance, around.context())
    try:
        await transport.deliver(mail, _always)
    finally:
        await transport.close()


async def _always() -> bool:
    return True


def _hasty(around: Surroundings, settings: Smarthost) -> Smarthost:
    """The same smarthost, with a person's patience."""
    patience = around.patience
    return settings.model_copy(
        update={
            "connect_seconds": patience.connect,
            "command_seconds": patience.answer,
            "dot_seconds": patience.arrival,
        }
    )


def _await(around: Surroundings, database: Database, away: list[_Errand], journey: Journey) -> None:
    began, waiting = time.monotonic(), list(away)
    while waiting:
        for errand in list(waiting):
            passed = time.monotonic() - began
            home = None
            with database.transaction() as conn:
                home = errands.collect(conn, errand.handle)
            if home is not None:
                _judge(around, errand, home, journey)
                waiting.remove(errand)
            elif passed > _longest(around, errand.mailbox):
                journey.findings.append(_lost(errand, passed))
                _give_up(database, errand)
                waiting.remove(errand)
        if waiting:
            time.sleep(around.patience.glance)


def _longest(around: Surroundings, mailbox: Mailbox) -> float:
    return around.patience.arrival + (mailbox.poll_seconds if mailbox.way == "imap" else 0)


def _judge(around: Surroundings, errand: _Errand, home: errands.Home, journey: Journey) -> None:
    arrived = Arrived(
        raw=home.raw,
        mail_from=home.envelope.mail_from,
        recipient=home.envelope.recipient,
        seconds=(around.now() - errand.left).total_seconds(),
    )
    journey.findings += judge_arrival(
        around.settings, around.look, errand.mailbox, errand.mail, arrived
    )
    journey.selectors += selectors_of(home.raw)
    journey.came = True


def _lost(errand: _Errand, passed: float) -> Finding:
    return About("loop", errand.mailbox.address).wrong(
        f"The smarthost took the mail to itself, and it was not home within {passed:.0f} s.",
        f"Look for {errand.mail.recipient} in the smarthost's log: mail for this address, with all "
        "that stands behind the separator, must come to mailbot's door.",
    )


def _give_up(database: Database, errand: _Errand) -> None:
    with database.transaction() as conn:
        errands.give_up(conn, errand.handle)


def _said(error: Exception) -> str:
    return (str(error.args[0]) if error.args else type(error).__name__)[:_REPLY]
