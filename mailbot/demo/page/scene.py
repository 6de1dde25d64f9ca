"""Gathers what the demo's page shows: mailbox, compose box, clerk's desk, service, next step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from mailbot.config import Limits
from mailbot.demo.mails import Mails
from mailbot.demo.missouri import COFFMAN
from mailbot.demo.opened import Opened, open_mail
from mailbot.demo.page import links
from mailbot.demo.page.inside import Inside
from mailbot.demo.page.office import Office
from mailbot.demo.page.steps import next_step
from mailbot.demo.post import Draft, answer_to, from_mailto

WRITER = "alex@people.example"
LISTED = 60  # mails in the list
VIEWS = ("html", "text", "source")
SAYINGS = ("STOP", "REPORT", "HELP")  # answers that one click prepares
TO_QUESTIONS = ("yes", "no")
QUESTIONS = ("verify", "stop-ask")


@dataclass(frozen=True)
class Place:
    """Where the reader is on the page; all of it stands in the address."""

    mail: int | None = None
    view: str = ""
    case: str = ""
    reply: bool = False
    say: str = ""
    draft: Draft = field(default_factory=Draft)

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Place:
        """The place that an address names; what is odd in it is left out."""
        mail = query.get("mail", "")
        return cls(
            mail=int(mail) if mail.isascii() and mail.isdigit() and len(mail) < 10 else None,
            view=query.get("view", ""),
            case=query.get("case", ""),
            reply="reply" in query,
            say=query.get("say", "")[:40],
            draft=Draft(
                sender=query.get("from", ""),
                to=query.get("to", ""),
                subject=query.get("subject", ""),
                body=query.get("body", ""),
            ),
        )

    def url(self, at: str = "", **query: object) -> str:
        """The address of the page here, with this added or changed."""
        named = {"mail": self.mail, "view": self.view, "case": self.case, **query}
        kept = {name: value for name, value in named.items() if value not in (None, "", False)}
        return f"/{'?' if kept else ''}{urlencode(kept)}{'#' if at else ''}{at}"


@dataclass(frozen=True)
class Scene:
    """The parts that the page shows.

    Args:
        bot: the address to write to.
        zone: of the court; all times on the page are its.
    """

    mails: Mails
    office: Office
    inside: Inside
    limits: Limits
    bot: str
    zone: ZoneInfo
    smtp_port: int

    def facts(self, place: Place, writer: str, notice: str) -> dict[str, Any]:
        """Everything the template needs. Blocks on databases."""
        mails = [open_mail(mail, self.limits) for mail in self.mails.newest_first()]
        shown = self._chosen(mails, place)
        case = place.case or COFFMAN
        step = next_step(mails)
        here = replace(place, mail=shown.mail.id if place.mail and shown else None)
        return {
            "here": here,
            "step": step,
            "bot": self.bot,
            "port": self.smtp_port,
            "mails": mails[:LISTED],
            "shown": shown,
            "view": self._view(shown, place),
            "body": self._body(shown, place, here),
            "draft": self._draft(place, shown, step.name, writer),
            "sayings": TO_QUESTIONS if shown and shown.template in QUESTIONS else SAYINGS,
            "notice": notice,
            "file": self.office.file(case),
            "cases": self.office.cases(),
            "acts": self.office.acts,
            "busy": self.office.busy,
            "inside": self.inside.look(),
        }

    def framed(self, mail_id: int) -> str | None:
        """The HTML of a mail for the sandboxed frame, None if there is no such mail."""
        mail = self.mails.by_id(mail_id)
        if mail is None:
            return None
        place = Place(mail=mail_id, view="html")
        return links.in_html(open_mail(mail, self.limits).html, _to_compose(place))

    def when(self, moment: datetime | None) -> str:
        """A time of day in the court's zone, with the date if it is another day's."""
        if moment is None:
            return ""
        local = moment.astimezone(self.zone)
        return f"{local:%H:%M:%S}"

    def _chosen(self, mails: list[Opened], place: Place) -> Opened | None:
        """The mail asked for, else the newest that came to somebody."""
        asked = next((mail for mail in mails if mail.mail.id == place.mail), None)
        return asked or next((mail for mail in mails if mail.mail.by == "mailbot"), None)

    def _view(self, shown: Opened | None, place: Place) -> str:
        if place.view in VIEWS:
            return place.view
        return "html" if shown and shown.html else "text"

    def _body(self, shown: Opened | None, place: Place, here: Place) -> object:
        """The mail's text with its links alive, or its source."""
        view = self._view(shown, place)
        if shown is None or view == "html":
            return ""
        if view == "source":
            return shown.source
        return links.in_text(shown.text, _to_compose(replace(here, mail=shown.mail.id)))

    def _draft(self, place: Place, shown: Opened | None, step: str, writer: str) -> Draft:
        """What stands in the compose box: an answer, a link's mail, or the first step's."""
        asked = place.draft
        if place.reply and shown is not None:
            return answer_to(shown, shown.mail.recipient or writer, place.say)
        if asked.to or asked.subject or asked.body:
            return replace(asked, sender=asked.sender or writer, to=asked.to or self.bot)
        first = f"TRACK {COFFMAN}" if step == "track" else ""
        return Draft(sender=writer, to=self.bot, subject=first)


def _to_compose(place: Place) -> Callable[[str], str]:
    def to_compose(mailto: str) -> str:
        draft = from_mailto(mailto)
        return place.url("write", to=draft.to, subject=draft.subject, body=draft.body)

    return to_compose
