"""The doctor's surroundings for tests: a small configuration, a zone, a clock that stands still."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from mailbot.config import Settings, Smarthost, load
from mailbot.doctor.findings import Finding
from mailbot.doctor.surroundings import Patience, Surroundings
from mailbot.settings.secrets import Places
from tests.doctor.zone import Zone
from tests.tls import client_context
from tests.world import START, write_config

HANDLE = "abcdefghijklmnopqrstuvwxyz"
QUICK = Patience(connect=2.0, answer=2.0, arrival=5.0, glance=0.05)


def surroundings(
    folder: Path,
    look: Zone | None = None,
    smarthost: dict[str, Any] | None = None,
    mailbox: dict[str, Any] | None = None,
    web: dict[str, Any] | None = None,
    now: datetime = START,
    patience: Patience = QUICK,
) -> Surroundings:
    """Surroundings whose settings are the small ones, with those options changed."""
    settings: Settings = load(write_config(folder), {})
    update: dict[str, Any] = {}
    if smarthost is not None:
        context = Places(folder / "config.toml", {})
        update["smarthost"] = Smarthost.model_validate(smarthost, context=context)
    if mailbox is not None:
        update["mailbox"] = (settings.mailbox[0].model_copy(update=mailbox),)
    if web is not None:
        update["web"] = settings.web.model_copy(update=web)
    return Surroundings(
        settings=settings.model_copy(update=update),
        look=look or Zone(),
        now=lambda: now,
        context=client_context,
        patience=patience,
    )


def only(found: list[Finding]) -> Finding:
    """The one finding; a "wrong" one says what to do."""
    (one,) = found
    assert one.todo or one.state != "wrong"
    return one


def states(found: list[Finding]) -> list[str]:
    assert all(one.todo for one in found if one.state == "wrong")
    return [one.state for one in found]
