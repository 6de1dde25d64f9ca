"""Makes a route whose GET and HEAD show, whose POST acts, and whose OPTIONS names the methods."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

Answer = Callable[[Request], Awaitable[Response]]


def route(path: str, show: Answer, act: Answer | None = None) -> Route:
    """One path.

    Args:
        path: as starlette writes it.
        show: for GET and HEAD; changes nothing.
        act: for POST, if the path takes one.
    """
    methods = ["GET", "HEAD", *(["POST"] if act else []), "OPTIONS"]

    async def endpoint(request: Request) -> Response:
        if request.method == "OPTIONS":
            return Response(status_code=204, headers={"Allow": ", ".join(methods)})
        if request.method == "POST" and act is not None:
            return await act(request)
        return await show(request)

    return Route(path, endpoint, methods=methods)
