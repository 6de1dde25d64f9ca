"""What every page is made with: the desk, the words, the keys, and where the pages stand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Literal, Protocol, cast
from urllib.parse import urlsplit

from starlette.responses import HTMLResponse

from mailbot.model import Facts, Page
from mailbot.tokens import Signer

Via = Literal["link", "one-click"]


class Desk(Protocol):
    """The desk's two entrances for links."""

    def look(self, verb: str, token: str, now: datetime) -> Page:
        """What a link's page shows. Reads only."""
        ...

    def act(self, verb: str, token: str, now: datetime, via: Via, code: str | None = None) -> Page:
        """Do what a link is for, once, and say what was done."""
        ...


class Words(Protocol):
    """Turns a page's name and facts into HTML."""

    def page(self, name: str, language: str, court_id: str, facts: Facts) -> str:
        """The HTML of a page."""
        ...


@dataclass(frozen=True)
class Site:
    """The parts of the HTTP door.

    Args:
        desk: decides about links.
        wording: renders templates.
        signer: signs the words of forms.
        frame: what every page of a court shows; None is the first court. LookupError: no such one.
        help: what the help page of a court lists, as in the mail of that name.
        checks: what must be true to serve; each name with True, False or what is wrong with it, a
            sentence without addresses or paths: anybody may read it.
        clock: the time, aware.
        base_url: where people reach the pages, "https://track.court.example".
    """

    desk: Desk
    wording: Words
    signer: Signer
    frame: Callable[[str | None], Facts]
    help: Callable[[str | None], Facts]
    checks: Callable[[], Mapping[str, bool | str]]
    clock: Callable[[], datetime]
    base_url: str

    @cached_property
    def root(self) -> str:
        """What stands before every path of ours, "" or "/track"."""
        return urlsplit(self.base_url).path.rstrip("/")

    def show(self, page: Page, added: Facts | None = None) -> HTMLResponse:
        """A page as the desk or the door means it, with `added` facts."""
        frame = cast("Mapping[str, Any]", page.facts["frame"])
        court = court_of(page.facts)
        facts = {**page.facts, "site": self._places(frame, court), **(added or {})}
        html = self.wording.page(page.template, frame["language"], court, facts)
        return HTMLResponse(html, page.status)

    def _places(self, frame: Mapping[str, Any], court: str) -> dict[str, str]:
        """Where the pages that every page points to stand; `home` as S94 wants it."""
        return {
            "style": f"{self.root}/style/{court}.css",
            "help": f"{self.root}/help/{court}",
            "home_url": frame["court"]["home_url"] or "",
        }


def court_of(facts: Facts) -> str:
    """The id of the court that a page speaks for."""
    frame = cast("Mapping[str, Any]", facts["frame"])
    return str(frame["court"]["id"])
