"""What every decision of the desk is made with, and the one transaction in which it is made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import Connection

from mailbot.config import Court, Settings
from mailbot.court.cases import CaseSource
from mailbot.desk.telling.links import Links
from mailbot.maillog import MailLog
from mailbot.model import Proof
from mailbot.store.database import Database
from mailbot.tokens import Signer
from mailbot.voice import Voice

PENDING_DAYS = 30  # G9: what nobody has confirmed by then is forgotten

Via = Literal["mail", "link", "one-click", "court", "complaint"]


@dataclass(frozen=True)
class Parts:
    """The desk's parts. `random_id` gives 63-bit row ids that nobody can guess."""

    settings: Settings
    database: Database
    courts: Mapping[str, CaseSource]
    signer: Signer
    random_id: Callable[[], int]

    @property
    def links(self) -> Links:
        """Writes the links of mails and pages."""
        return Links(self.settings, self.signer)

    @property
    def mail_log(self) -> MailLog:
        """The log of what becomes of mails."""
        return MailLog(self.signer.derive("log"))

    def watched_since(self, now: datetime) -> datetime:
        """Watched is a case whose last wish or stop is later: it may be confirmed or undone."""
        return now - timedelta(days=max(PENDING_DAYS, self.settings.limits.undo_days))


@dataclass(frozen=True)
class Turn:
    """One entrance's transaction: who came how, when, to which court, and what caused it."""

    parts: Parts
    conn: Connection
    now: datetime
    court_id: str
    cause: str
    via: Via
    in_reply_to: str | None = None
    references: tuple[str, ...] = ()
    proof: Proof = field(default_factory=Proof)  # that the mail is from its From
    voice: Voice | None = None  # as whom to answer; None: as the court by itself

    def at(self, court_id: str) -> Turn:
        """The same, at the court that is meant; one that was not written to has its own voice."""
        return self if court_id == self.court_id else replace(self, court_id=court_id, voice=None)

    @property
    def language(self) -> str:
        """The language in which somebody is met for the first time."""
        return (self.voice and self.voice.language) or self.court.language

    @property
    def court(self) -> Court:
        """The settings of the court that is asked."""
        return self.parts.settings.court[self.court_id]
