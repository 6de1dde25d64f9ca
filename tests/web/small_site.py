"""Web applications for tests, and what a reader sees of their pages."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from lxml import html
from starlette.testclient import TestClient

from mailbot.errors import PermanentError
from mailbot.model import Facts, Page
from mailbot.tokens import Key, Signer
from mailbot.web.app import build
from mailbot.web.samples import samples
from mailbot.web.site import Desk, Site, Via
from mailbot.wording import Wording, frame

if TYPE_CHECKING:
    from tests.world import World

WORDING = Wording()
NOW = datetime(2026, 3, 3, 15, 0, tzinfo=UTC)
CASE = "15AB-CR00015"
PAT = "pat@reader.example"
LETTERS = {"c": "confirm", "n": "decline", "s": "stop", "a": "stop-all", "r": "undo", "u": "stop"}


class WatchedDesk:
    """The real desk, with a list of what was asked of it."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.acts: list[tuple[str, Via, str | None]] = []
        self.looks: list[str] = []

    def look(self, verb: str, token: str, now: datetime) -> Page:
        self.looks.append(verb)
        return self._desk.look(verb, token, now)

    def act(self, verb: str, token: str, now: datetime, via: Via, code: str | None = None) -> Page:
        self.acts.append((verb, via, code))
        return self._desk.act(verb, token, now, via, code)


class BrokenDesk:
    """A desk whose every entrance ends in one error."""

    def __init__(self, error: Exception | None = None) -> None:
        self._error = error or PermanentError("of no concern to a reader")

    def look(self, verb: str, token: str, now: datetime) -> Page:
        raise self._error

    def act(self, verb: str, token: str, now: datetime, via: Via, code: str | None = None) -> Page:
        raise self._error


class PageDesk:
    """A desk that shows one page, whatever the link."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.codes: list[str | None] = []

    def look(self, verb: str, token: str, now: datetime) -> Page:
        return self.page

    def act(self, verb: str, token: str, now: datetime, via: Via, code: str | None = None) -> Page:
        self.codes.append(code)
        return self.page


def plain_site(desk: Desk | None = None, **changes: Any) -> Site:
    """The parts of the door without a court behind them, made of the samples."""
    facts = samples()["help"]

    def framed(court_id: str | None) -> Facts:
        if court_id not in (None, "franklin"):
            raise LookupError(court_id)
        return facts["frame"]  # type: ignore[return-value]

    site = Site(
        desk=desk or BrokenDesk(),
        wording=WORDING,
        signer=Signer([Key("one", bytes(range(32)))]),
        frame=framed,
        help=lambda court_id: facts,
        checks=lambda: {"store": True},
        clock=lambda: NOW,
        base_url="https://track.court.example",
    )
    return replace(site, **changes)


def site_of(world: World, desk: Desk | None = None, **changes: Any) -> Site:
    """The parts of the door over a world."""

    return plain_site(
        desk or world.desk,
        signer=world.signer,
        frame=lambda court_id: frame(world.settings, court_id or "franklin", world.now),
        clock=lambda: world.now,
        **changes,
    )


def client_of(site: Site) -> TestClient:
    """A browser without scripts, cookies or redirects."""
    return TestClient(build(site), base_url="https://track.court.example", follow_redirects=False)


class Seen:
    """A page as a reader meets it."""

    def __init__(self, response: Any) -> None:
        self.status: int = response.status_code
        self.source: str = response.text
        self.tree: Any = html.fromstring(response.text)

    @property
    def text(self) -> str:
        """All words of the main part, white space folded (requirements.md G40)."""
        return " ".join(str(self.tree.text_content()).split())

    @property
    def outcome(self) -> str:
        """What was done, or went wrong."""
        found = self.tree.xpath("//*[@role='alert']")
        return " ".join(found[0].text_content().split()) if found else ""

    @property
    def heading(self) -> str:
        """The case, or what the page is about."""
        found = self.tree.xpath("//h2")
        return " ".join(found[0].text_content().split()) if found else ""

    def form(self) -> tuple[str, dict[str, str]]:
        """Where the page's one form goes, and its fields."""
        (form,) = self.tree.xpath("//form")
        assert form.get("method") == "post"
        fields = {field.get("name"): field.get("value", "") for field in form.xpath(".//input")}
        return form.get("action"), fields

    def link(self, words: str) -> str:
        """Path of the link with these words."""
        found = [a for a in self.tree.xpath("//a") if words in a.text_content()]
        return urlsplit(str(found[0].get("href"))).path


def press(client: TestClient, seen: Seen, **typed: str) -> Seen:
    """Press the main button of a page."""
    action, fields = seen.form()
    return Seen(client.post(action, data={**fields, **typed}))


def tokens_of(world: World) -> dict[str, str]:
    """A working token for every kind of link: a letter of the path -> token."""
    world.mail(PAT, f"TRACK {CASE}")
    (asked,) = world.leave()
    tokens = {"c": asked.token("c"), "n": asked.token("n")}
    world.follow("kim@reader.example", CASE)
    world.court.enter(CASE, "Order:", "Something happened", world.now)
    (notice,) = world.sweep()
    tokens |= {letter: notice.token(letter) for letter in "sa"}
    one_click = re.search(r"/u/([^>\s]+)>", str(notice.message["List-Unsubscribe"]))
    assert one_click is not None
    tokens["u"] = one_click[1]
    world.follow("lee@reader.example", CASE)
    world.mail("lee@reader.example", f"STOP {CASE}")
    (question,) = world.leave()
    world.answer(question, "lee@reader.example", "yes")
    (stopped,) = world.leave()
    tokens["r"] = stopped.token("r")
    return tokens
