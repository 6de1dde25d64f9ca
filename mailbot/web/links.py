"""The routes of mailed links: GET asks and changes nothing, POST does it.

What is asked and done is the desk's; here a link is read, however a gateway mangled it, and its
page gets the one form that can answer it (mail-interface.md 5.3 K, traps 42-47).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from urllib.parse import unquote

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mailbot.model import Link, Page
from mailbot.tokens import find_tokens
from mailbot.web import nonce
from mailbot.web.routes import route
from mailbot.web.site import Site, Via, court_of

VERBS = {"c": "confirm", "n": "decline", "s": "stop", "a": "stop-all", "r": "undo"}
QUESTIONS = frozenset({"confirm", "expired", "stop", "stop-all", "undo", "decline"})
ONE_CLICK = ("List-Unsubscribe", "One-Click")  # RFC 8058 3.1
BODY_SECONDS = 15
MOST_FIELDS = 20
TYPED_CHARACTERS = 40  # of a short code, which has 11

Form = Mapping[str, str]


def link_routes(site: Site) -> list[Route]:
    """/c/, /n/, /s/, /a/, /r/ with a form each, and /u/ for RFC 8058, which looks like /s/."""
    pages = {letter: LinkPage(site, letter) for letter in VERBS}
    forms = [
        route(f"/{letter}/{{rest:path}}", page.show, page.answer) for letter, page in pages.items()
    ]
    stop = pages["s"]
    return [*forms, route("/u/{rest:path}", stop.show, stop.one_click)]


class LinkPage:
    """The pages of one kind of link."""

    def __init__(self, site: Site, letter: str) -> None:
        self._site = site
        self._letter = letter
        self._verb = VERBS[letter]

    async def show(self, request: Request) -> Response:
        """GET: the question, or what became of it."""
        return await run_in_threadpool(self._ask, token_of(request))

    async def answer(self, request: Request) -> Response:
        """POST of the page's own form: do it. Any other POST is asked again."""
        form = await _read_form(request)
        return await run_in_threadpool(self._answer, token_of(request), form)

    async def one_click(self, request: Request) -> Response:
        """POST of a mail program: no page, no nonce, no cookie, no redirect (RFC 8058 3.2)."""
        form = await _read_form(request)
        name, value = ONE_CLICK
        if form.get(name, "").strip() != value:
            return await run_in_threadpool(self._ask, token_of(request), again=True)
        return await run_in_threadpool(self._act, token_of(request), "one-click", "")

    def _answer(self, token: str, form: Form) -> Response:
        code = form.get("code", "")[:TYPED_CHARACTERS].strip()
        now = self._site.clock()
        if nonce.good(self._site.signer, form.get("nonce", ""), self._verb, token, now):
            return self._act(token, "link", code)
        return self._ask(token, again=True, typed=code)

    def _ask(self, token: str, *, again: bool = False, typed: str = "") -> Response:
        """The desk's page; a question that is asked `again` says that nothing was done yet."""
        if broken := self._broken(token):
            return broken
        page = self._site.desk.look(self._verb, token, self._site.clock())
        again = again and page.template in QUESTIONS
        if again:
            page = replace(page, status=HTTPStatus.BAD_REQUEST.value)
        return self._shown(page, token, again=again, typed=typed)

    def _act(self, token: str, via: Via, code: str) -> Response:
        if broken := self._broken(token):
            return broken
        now = self._site.clock()
        page = self._site.desk.act(self._verb, token, now, via, code or None)
        return self._shown(page, token, again=False, typed=code)

    def _broken(self, token: str) -> Response | None:
        """What needs no desk: nothing like a token, or one that lost its capital letters."""
        folded = token in (token.lower(), token.upper())  # every token begins with W, z, E, s
        if not folded:
            return None
        problem = "lower-case" if token else "forged"
        facts = {"frame": self._site.frame(None), "problem": problem, "fresh": False}
        return self._site.show(Page("problem", facts, HTTPStatus.NOT_FOUND.value))

    def _shown(self, page: Page, token: str, *, again: bool, typed: str) -> Response:
        root, undo = self._site.root, page.facts.get("undo")
        form = {
            **self._form(self._letter, token),
            "no": f"{root}/unchanged/{page.template}/{court_of(page.facts)}",
            "expired": again,
            "typed": typed,
        }
        back = self._form("r", _token_in(undo.url)) if isinstance(undo, Link) else None
        return self._site.show(page, {"form": form, "undo_form": back})

    def _form(self, letter: str, token: str) -> dict[str, object]:
        word = nonce.issue(self._site.signer, VERBS[letter], token, self._site.clock())
        return {"action": f"{self._site.root}/{letter}/{token}", "nonce": word}


def token_of(request: Request) -> str:
    """The token in a request's path, or "" if there is none."""
    return _token_in(request.path_params["rest"])


def _token_in(text: str) -> str:
    """The first token of a text; what gateways hang on or encode once more is not part of it."""
    return next(iter(find_tokens(unquote(unquote(text)))), "")


async def _read_form(request: Request) -> Form:
    """The text fields of a form, urlencoded or multipart; another content type has none."""
    try:
        async with asyncio.timeout(BODY_SECONDS):
            form = await request.form(max_files=0, max_fields=MOST_FIELDS)
    except TimeoutError:
        raise HTTPException(HTTPStatus.REQUEST_TIMEOUT) from None
    return {name: value for name, value in form.items() if isinstance(value, str)}
