"""Serves the web application on a socket inside mailbot's own loop."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import Iterator

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

KEEP_ALIVE_SECONDS = 5
GRACE_SECONDS = 5  # for pages in hand when mailbot stops
MOST_CONNECTIONS = 500
BACKLOG = 128


class WebServer:
    """A web server that is started and stopped like mailbot's other doors.

    Args:
        app: may be replaced while serving, when the configuration is read again.
        host: name or address to bind.
        port: 0 for any free one; `port` tells which it became.
    """

    def __init__(self, app: ASGIApp, host: str, port: int) -> None:
        self.app = app
        self.host = host
        self.port = port
        self._server = _Embedded(_config(self._call))
        self._serving: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Listen; returns when requests are answered.

        Raises:
            OSError: the address cannot be bound; its text names it.
        """
        listener = _bound(self.host, self.port)
        self.port = listener.getsockname()[1]
        self._serving = asyncio.create_task(self._server.serve([listener]), name="web")
        listening = asyncio.create_task(self._server.listening.wait())
        await asyncio.wait({listening, self._serving}, return_when=asyncio.FIRST_COMPLETED)
        listening.cancel()
        if self._serving.done():
            await self._serving

    async def stop(self) -> None:
        """Answer what is in hand, then close. Harmless if it never started."""
        if self._serving is None:
            return
        self._server.should_exit = True
        await self._serving
        self._serving = None

    async def _call(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)


class _Embedded(uvicorn.Server):
    """A server that leaves SIGTERM and SIGINT to mailbot, which stops the doors in order."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _config(app: ASGIApp) -> uvicorn.Config:
    # Paths hold tokens (trap 55), and uvicorn goes by whether the logger has somebody listening.
    logging.getLogger("uvicorn.access").disabled = True
    return uvicorn.Config(
        app,
        access_log=False,
        log_config=None,
        http="h11",
        ws="none",
        lifespan="off",
        interface="asgi3",
        proxy_headers=False,
        server_header=False,
        limit_concurrency=MOST_CONNECTIONS,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS,
        h11_max_incomplete_event_size=16_384,  # bytes of a request's head
    )


def _bound(host: str, port: int) -> socket.socket:
    """A listening socket. uvicorn would end the process over a busy port."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        why = (error.strerror or "").partition(" (while")[0]
        raise OSError(error.errno, f"{host}:{port}: {why}") from error
