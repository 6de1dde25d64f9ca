"""Stands around every route: bounded requests in, guarded headers out, never an error's details.

Pages are never kept, framed, indexed or told to another site, and no request shows in a log
(reliability.md 2.5, trap 55).
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from http import HTTPStatus

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mailbot.errors import TemporaryError
from mailbot.maillog import cause
from mailbot.model import Page
from mailbot.web.site import Site

log = logging.getLogger("mailbot.web")

MOST_BODY = 65_536  # bytes of a POST; ours are below 300
RETRY_SECONDS = "120"  # RFC 9110 10.2.3
HEADERS = (
    ("cache-control", "no-store"),
    ("referrer-policy", "no-referrer"),
    ("x-robots-tag", "noindex"),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    (
        "content-security-policy",
        "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; "
        "base-uri 'none'",
    ),
)
_RAW_HEADERS = [(name.encode(), value.encode()) for name, value in HEADERS]
_KINDS = {400: "bad-form", 405: "method", 408: "slow", 413: "too-large", 503: "temporary"}


class Door:
    """An ASGI application around the routes of a site."""

    def __init__(self, routes: ASGIApp, site: Site) -> None:
        self._routes = routes
        self._site = site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, whatever becomes of it."""
        if scope["type"] != "http":
            return
        # With an "app" starlette raises its own refusals instead of answering in its own words.
        scope = {**scope, "app": self, "path": self._path(scope["path"])}
        guarded = _guarded(send)
        try:
            _check_length(Headers(scope=scope))
            await self._routes(scope, _bounded(receive), guarded)
        except ClientDisconnect:
            log.debug("the reader left")
        except Exception as error:
            response = await run_in_threadpool(self._refuse, error)
            await response(scope, receive, guarded)

    def _path(self, path: str) -> str:
        """The path below our root; line breaks and blanks of a folded link are not part of it."""
        joined = "".join(path.split())
        root = self._site.root
        below = root and f"{joined}/".startswith(f"{root}/")
        return joined[len(root) :] or "/" if below else joined

    def _refuse(self, error: Exception) -> Response:
        """The page for what went wrong; what is for us goes to the log, without any request."""
        headers: Mapping[str, str] = {}
        if isinstance(error, HTTPException):
            status, headers = error.status_code, error.headers or {}
        elif isinstance(error, TemporaryError):
            log.warning("a page has to wait: %s", cause(error))
            status, headers = 503, {"Retry-After": RETRY_SECONDS}
        else:
            log.error("a page failed: %s", cause(error))
            status = 500
        response = self._page(status)
        response.headers.update(headers)
        return response

    def _page(self, status: int) -> Response:
        try:
            facts = {"frame": self._site.frame(None), "kind": _KINDS.get(status, "broken")}
            template = "not-found" if status == HTTPStatus.NOT_FOUND else "error"
            return self._site.show(Page(template, facts, status))
        except Exception as error:
            log.error("the page about an error failed: %s", cause(error))
            return PlainTextResponse(HTTPStatus(status).phrase, status)


def _guarded(send: Send) -> Send:
    async def guarded(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", []), *_RAW_HEADERS]}
        await send(message)

    return guarded


def _check_length(headers: Headers) -> None:
    length = headers.get("content-length", "")
    if length.isascii() and length.isdigit() and int(length[:19]) > MOST_BODY:
        raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)


def _bounded(receive: Receive) -> Receive:
    """Read no more than MOST_BODY, whatever the request said of its length."""
    read = 0

    async def bounded() -> Message:
        nonlocal read
        message = await receive()
        read += len(message.get("body", b""))
        if read > MOST_BODY:
            raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        return message

    return bounded
