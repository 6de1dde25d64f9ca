"""Turns a click, or its outcome, into the page that the reader sees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from mailbot.desk.doing import lookups
from mailbot.desk.parts import Parts
from mailbot.desk.telling import facts
from mailbot.desk.telling.facts import Gate, Told
from mailbot.model import Page
from mailbot.store import requests
from mailbot.store.addresses import AddressRow
from mailbot.store.requests import RequestRow
from mailbot.store.stops import StopRow
from mailbot.store.subscriptions import SubscriptionRow
from mailbot.wording import frame


@dataclass(frozen=True)
class Click:
    """What a link names: the row, its owner, and the subscriptions concerned."""

    verb: str
    court: str
    owner: AddressRow
    rows: Sequence[SubscriptionRow] = ()
    request: RequestRow | None = None
    stopped: StopRow | None = None  # of an undo link; the refusal that keeps a request void

    @property
    def asked(self) -> RequestRow:
        """The request of a confirm or decline link. Raises LookupError for the others."""
        if self.request is None:
            raise LookupError(self.verb)
        return self.request

    @property
    def ended(self) -> StopRow:
        """The stop of an undo link. Raises LookupError for the others."""
        if self.stopped is None:
            raise LookupError(self.verb)
        return self.stopped


def unknown_link(parts: Parts, now: datetime) -> Page:
    """The page for a link that names nothing of ours; it tells no more than that."""
    court = next(iter(parts.settings.court))
    told = {"problem": "forged", "fresh": False, "frame": frame(parts.settings, court, now)}
    return Page("problem", told, 404)


def masked(spelling: str) -> str:
    """An address shown to whoever holds a forwarded link (G31): "a***@example.org"."""
    local, _, domain = spelling.rpartition("@")
    return f"{local[:1]}***@{domain}"


class Pages:
    """Turns a click and its outcome into a page's facts."""

    def __init__(self, parts: Parts, click: Click, now: datetime) -> None:
        self._parts, self._click, self._now = parts, click, now
        visible = lookups.visible_cases(parts, click.rows, now)
        self._gate = Gate(parts, now, visible)

    def question(self, code_error: str | None = None) -> Page:
        """The page that asks."""
        click = self._click
        told: Told = {"address": masked(click.owner.spelling)}
        if click.verb == "confirm":
            return self._confirm_question(told, code_error)
        if click.verb == "undo":
            told["scope"] = click.ended.scope
        named = click.verb in ("stop", "decline") or told.get("scope") == "one"
        told["cases"] = self._cases(click.rows) if named else []
        return self._page(click.verb, told, 200)

    def _confirm_question(self, told: Told, code_error: str | None) -> Page:
        click, request = self._click, self._click.asked
        if self._parts.settings.web.confirm_web == "off":
            return self._page("problem", {"problem": "by-mail", "fresh": False}, 403)
        every = request.kind == "stop_all"
        told["cases"] = [] if every else self._cases(click.rows)
        waiting = request.state == requests.WAITING
        if request.state == requests.DECLINED:
            return self._void("declined")
        if request.kind == "track" and request.state != requests.CONFIRMED and self._has_closed():
            return self._void("closed")
        if request.state == requests.EXPIRED or (waiting and request.expires_at <= self._now):
            return self._page("expired", told, 410)
        if request.kind != "track":
            return self._page("stop-all" if every else "stop", told, 200)
        told |= {
            "expires_at": request.expires_at,
            "code_wanted": self._parts.settings.web.confirm_web == "code",
            "code_error": code_error,
            "decline": self._gate.links.decline(request, self._now) if waiting else None,
        }
        status = {None: 200, "too-many": 429}.get(code_error, 422)
        return self._page("confirm", told, status)

    def _void(self, problem: str) -> Page:
        outcome = {"problem": problem, "fresh": False, "stop": self._click.stopped}
        return self.result("problem", outcome, 410)

    def _has_closed(self) -> bool:
        return self._parts.settings.court[self._click.court].has_closed(self._now)

    def result(self, template: str, outcome: Told, status: int) -> Page:
        """The page that says what was done."""
        click = self._click
        told: Told = {
            key: outcome[key] for key in ("problem", "fresh", "scope", "count") if key in outcome
        }
        if "rows" in outcome:
            told["cases"] = self._cases(outcome["rows"], stop=template in ("confirmed", "undone"))
        if template == "problem":
            told["stops"] = click.request is not None and click.request.kind != "track"
        if template in ("stopped", "stopped-all", "declined", "problem"):
            receipt = template in ("stopped", "stopped-all")
            told |= self._undo_of(outcome.get("stop"), self._seed() and receipt)
        if template == "undone":
            request = outcome["request"]
            told["confirm"] = self._gate.links.confirm(request, self._now) if request else None
        return self._page(template, told, status)

    def _undo_of(self, stopped: StopRow | None, withheld: bool) -> Told:
        """The undo of a stop; a refusal can be taken back for ever (decisions.md 27)."""
        if stopped is None or withheld:
            return {"undo": None, "undo_until": None}
        until = stopped.stopped_at + timedelta(days=self._parts.settings.limits.undo_days)
        link = self._gate.links.undo(self._click.court, stopped, self._now)
        return {"undo": link, "undo_until": None if stopped.scope == "refused" else until}

    def _seed(self) -> bool:
        return self._parts.settings.court[self._click.court].profile == "seed"

    def _cases(self, rows: Sequence[SubscriptionRow], stop: bool = False) -> list[Any]:
        if stop:
            return [facts.with_stop(self._gate, row, self._now) for row in rows]
        return [facts.case_facts(self._gate, row) for row in rows]

    def _page(self, template: str, told: Told, status: int) -> Page:
        language = self._click.owner.language
        shown = frame(self._parts.settings, self._click.court, self._now, language)
        return Page(template, {**told, "frame": shown}, status)
