"""The pages that no token stands behind: home, Help, what "No" shows, and the style sheet."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any, cast

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mailbot.colours import deep
from mailbot.model import Facts, Page
from mailbot.web.links import QUESTIONS
from mailbot.web.routes import Answer, route
from mailbot.web.site import Site

SHEET = Path(__file__).with_name("style.css")


def page_routes(site: Site) -> list[Route]:
    """/, /help, /help/<court>, /unchanged/<question>/<court>, /style/<court>.css."""
    pages = Pages(site)
    return [
        route("/", _threaded(pages.home)),
        route("/help", _threaded(pages.help)),
        route("/help/{court}", _threaded(pages.help)),
        route("/unchanged/{question}/{court}", _threaded(pages.unchanged)),
        route("/style/{court}.css", _threaded(pages.style)),
    ]


def sheet(colour: str) -> str:
    """The style sheet of a court with this colour, "#1f3a5f"."""
    return f":root {{ --court: {deep(colour)}; }}\n{SHEET.read_text(encoding='utf-8')}"


class Pages:
    """Pages for anybody."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def home(self, request: Request) -> Response:
        """What this is and which address to write to."""
        return self._site.show(Page("home", self._help_facts(request)))

    def help(self, request: Request) -> Response:
        """The one page of documentation for users (S142)."""
        return self._site.show(Page("help", self._help_facts(request)))

    def unchanged(self, request: Request) -> Response:
        """After No: nothing was changed, and the way home (S94, S125)."""
        question = request.path_params["question"]
        if question not in QUESTIONS:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        facts = {"frame": self._frame(request), "question": question}
        return self._site.show(Page("unchanged", facts))

    def style(self, request: Request) -> Response:
        """The style sheet in the court's colour."""
        frame = cast("Mapping[str, Any]", self._frame(request))
        return Response(sheet(frame["court"]["colour"]), media_type="text/css")

    def _help_facts(self, request: Request) -> Facts:
        frame = self._frame(request)
        return {**self._site.help(request.path_params.get("court")), "frame": frame}

    def _frame(self, request: Request) -> Facts:
        try:
            return self._site.frame(request.path_params.get("court"))
        except LookupError:
            raise HTTPException(HTTPStatus.NOT_FOUND) from None


def _threaded(show: Callable[[Request], Response]) -> Answer:
    async def shown(request: Request) -> Response:
        return await run_in_threadpool(show, request)

    return shown
