"""Guards the demo's page: only this machine's browser, only its own forms, nothing too long.

The page shows every mail and writes the court's database, so a page of another site must neither
read it (Host, against DNS rebinding) nor send its forms (a word that only the page knows).
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import parse_qsl

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_BODY = 300_000  # bytes of a form
MOST_FIELDS = 30
PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; frame-src 'self';"
    " img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# A mail's HTML: no script, no form, nothing loaded; its links may leave the frame when clicked.
FRAME_RIGHTS = "allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation"
FRAME_POLICY = (
    f"sandbox {FRAME_RIGHTS}; default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
)
HEADERS = {
    "cache-control": "no-store",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
}
Form = Mapping[str, str]


class Gate:
    """Lets a request in if its Host says that it means this machine (decisions.md 33)."""

    def __init__(self, app: ASGIApp, port: int) -> None:
        self._app = app
        self._hosts = {f"127.0.0.1:{port}", f"localhost:{port}"}
        if port == 80:  # a browser leaves it out
            self._hosts |= {"127.0.0.1", "localhost"}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or say that it is for another host."""
        if scope["type"] != "http":
            return
        hosts = Headers(scope=scope).getlist("host")
        if len(hosts) != 1 or hosts[0].lower() not in self._hosts:
            sentence = "This page is only for this machine: open it as 127.0.0.1.\n"
            refusal = PlainTextResponse(sentence, HTTPStatus.MISDIRECTED_REQUEST)
            await refusal(scope, receive, send)
            return
        await self._app(scope, receive, send)


def with_headers(send: Send, policy: str) -> Send:
    """Sends a response with the guarding headers, where it has none of its own."""
    guards = {**HEADERS, "content-security-policy": policy}

    async def guarded(message: Message) -> None:
        if message["type"] == "http.response.start":
            have = {name for name, _ in message.get("headers", [])}
            added = [
                (name.encode(), value.encode())
                for name, value in guards.items()
                if name.encode() not in have
            ]
            message = {**message, "headers": [*message.get("headers", []), *added]}
        await send(message)

    return guarded


async def read_form(request: Request, nonce: str) -> Form:
    """The fields of a form of ours.

    Raises:
        HTTPException: too long, or without the word of our page.
    """
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BODY:
            raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    try:
        pairs = parse_qsl(
            body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=MOST_FIELDS
        )
    except ValueError:
        raise HTTPException(HTTPStatus.BAD_REQUEST) from None
    form = dict(pairs)
    if not hmac.compare_digest(form.get("nonce", "").encode(), nonce.encode()):
        raise HTTPException(
            HTTPStatus.FORBIDDEN, "This form is not from this page, or from before a restart."
        )
    return form
