"""The demo's page around mailbot's own: a mailbox, the clerk's desk, the service's view."""

from __future__ import annotations

import logging
import re
import secrets
import smtplib
from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from mailbot.demo.page.casenet import CaseNet
from mailbot.demo.page.gate import (
    FRAME_POLICY,
    FRAME_RIGHTS,
    PAGE_POLICY,
    Form,
    read_form,
    with_headers,
)
from mailbot.demo.page.scene import WRITER, Place, Scene
from mailbot.demo.post import Draft, Unsendable, hand_over, mail_of
from mailbot.demo.times import stamp
from mailbot.errors import TemporaryError
from mailbot.settings.folders import SHIPPED

log = logging.getLogger("mailbot.demo")

STATIC = Path(__file__).parent
ANSWER_SECONDS = 3.0  # that a sent mail's page waits for the answer, so that it shows at once
FOR_GET = ["GET", "HEAD"]


class Page:
    """An ASGI application: the demo's pages, and behind all other paths mailbot's own.

    Args:
        inner: mailbot's web application.
        clock: the time, aware.
    """

    def __init__(
        self, inner: ASGIApp, scene: Scene, casenet: CaseNet, clock: Callable[[], datetime]
    ) -> None:
        self._inner, self._scene, self._casenet, self._clock = inner, scene, casenet, clock
        self._nonce = secrets.token_urlsafe(24)
        self._writer = WRITER
        self._notice = ""
        self._templates = Environment(
            loader=FileSystemLoader(SHIPPED / "en" / "demo"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters |= {"when": scene.when, "stamp": stamp}
        self._router = Router(
            [
                Route("/", self._show, methods=FOR_GET),
                Route("/demo/mail/{mail:int}", self._frame, methods=FOR_GET),
                Route("/demo/page.css", self._file("page.css", "text/css"), methods=FOR_GET),
                Route("/demo/page.js", self._file("page.js", "text/javascript"), methods=FOR_GET),
                Route("/demo/send", self._send, methods=["POST"]),
                Route("/demo/clerk", self._clerk, methods=["POST"]),
                Route("/casenet/", self._court, methods=FOR_GET),
                Route("/casenet/{tab}/{number}", self._court, methods=FOR_GET),
            ],
            redirect_slashes=False,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        path = scope["path"]
        if path == "/start":  # mailbot's own start page, whose place the demo's page has taken
            await self._inner({**scope, "path": "/", "raw_path": b"/"}, receive, send)
        elif path == "/" or path.startswith(("/demo/", "/casenet/")):
            guarded = with_headers(send, PAGE_POLICY)
            try:
                await self._router({**scope, "app": self}, receive, guarded)
            except HTTPException as error:
                await _plain(error.detail, error.status_code)(scope, receive, guarded)
            except Exception as error:  # the demo's door
                log.exception("the demo's page failed")
                await _plain(str(error), HTTPStatus.INTERNAL_SERVER_ERROR)(scope, receive, guarded)
        else:
            await self._inner(scope, receive, send)

    async def _show(self, request: Request) -> Response:
        place = Place.of(request.query_params)
        notice = self._notice
        if "x-look" not in request.headers:  # of page.js, which leaves the sentence alone
            self._notice = ""
        facts = await run_in_threadpool(self._scene.facts, place, self._writer, notice)
        return self._page("page.html", facts)

    def _page(self, name: str, facts: dict[str, object], status: int = 200) -> HTMLResponse:
        rights = {"nonce": self._nonce, "frame_rights": FRAME_RIGHTS}
        return HTMLResponse(self._templates.get_template(name).render(facts | rights), status)

    async def _frame(self, request: Request) -> Response:
        html = await run_in_threadpool(self._scene.framed, request.path_params["mail"])
        if html is None:
            raise HTTPException(HTTPStatus.NOT_FOUND, "This mail is not kept any more.")
        return HTMLResponse(html, headers={"content-security-policy": FRAME_POLICY})

    def _file(self, name: str, media_type: str) -> Callable[[Request], Response]:
        def show(_request: Request) -> Response:
            return Response((STATIC / name).read_bytes(), media_type=media_type)

        return show

    async def _court(self, request: Request) -> Response:
        number = request.path_params.get("number", "")
        facts = await run_in_threadpool(self._casenet.facts, number)
        found = facts["case"] is not None or not number
        return self._page("casenet.html", facts, 200 if found else 404)

    async def _send(self, request: Request) -> Response:
        """Send the form's mail by SMTP; what the server said is shown on the next page."""
        form = await read_form(request, self._nonce)
        draft = Draft(
            sender=form.get("from", ""),
            to=form.get("to", ""),
            subject=form.get("subject", ""),
            body=form.get("body", ""),
            in_reply_to=form.get("in_reply_to", ""),
            references=form.get("references", ""),
        )
        sent, self._notice = await run_in_threadpool(self._hand_over, draft)
        here = Place.of({"case": form.get("case", "")})
        if sent:
            self._writer = draft.sender
            return _go(here.url())
        again = {"from": draft.sender, "to": draft.to, "subject": draft.subject, "body": draft.body}
        return _go(f"/?{urlencode(again)}#write")

    def _hand_over(self, draft: Draft) -> tuple[bool, str]:
        """Whether the mail was taken, and the sentence about it."""
        port, before = self._scene.smtp_port, self._scene.mails.last_id
        try:
            reply = hand_over(port, draft, mail_of(draft, self._clock()))
        except (Unsendable, ValueError) as error:
            return False, f"Not sent. {error}"
        except (OSError, smtplib.SMTPException) as error:
            return False, f"Not sent. The mail server on port {port} did not answer: {error}"
        if not reply.startswith("250"):
            return False, f"Not sent. The mail server said: {reply}"
        answer = self._scene.mails.wait(lambda mail: mail.by == "mailbot", before, ANSWER_SECONDS)
        later = "" if answer else " No answer has left yet: the outbox below says when one does."
        return True, f"Sent by SMTP. The mail server said: {reply}.{later}"

    async def _clerk(self, request: Request) -> Response:
        """Do what the clerk's form says."""
        form = await read_form(request, self._nonce)
        try:
            await self._office_does(form)
        except LookupError as error:
            self._notice = f"The clerk could not do that: {error}."
        except TemporaryError as error:
            self._notice = f"The clerk could not do that now: {error}"
        return _go(Place.of({"case": form.get("case", "")}).url("desk"))

    async def _office_does(self, form: Form) -> None:
        match form.get("do"):
            case "alone":
                await self._scene.office.work_alone()
            case "rest":
                await self._scene.office.rest()
            case _:
                await run_in_threadpool(self._act, form)

    def _act(self, form: Form) -> None:
        """One act in one case; where somebody tracks it, wait for the notice, so that it shows."""
        office, mails, number = self._scene.office, self._scene.mails, form.get("case", "")
        text = form.get("text", "").replace("\r\n", "\n").strip()
        before = mails.last_id
        match form.get("do"):
            case "add":
                office.add(number, form.get("type", "").strip(), text)
            case "correct":
                entry = form.get("entry", "")
                office.correct(number, int(entry) if re.fullmatch("[0-9]{1,9}", entry) else 0, text)
            case "seal":
                office.seal(number)
                return
            case "unseal":
                office.unseal(number)
                return
        if office.is_followed(number):
            mails.wait(lambda mail: mail.by == "mailbot", before, ANSWER_SECONDS)


def _plain(sentence: str, status: int) -> Response:
    return Response(f"{sentence}\n", status, media_type="text/plain")


def _go(address: str) -> Response:
    return RedirectResponse(address, HTTPStatus.SEE_OTHER)
