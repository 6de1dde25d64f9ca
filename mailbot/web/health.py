"""Tells a supervisor whether mailbot runs, and whether it can do its work."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from mailbot.maillog import cause
from mailbot.web.routes import route
from mailbot.web.site import Site

log = logging.getLogger("mailbot.web")

CHECK_SECONDS = 5.0


def health_routes(site: Site) -> list[Route]:
    """/healthz/live and /healthz/ready."""
    return [route("/healthz/live", live), route("/healthz/ready", Ready(site).show)]


async def live(_request: Request) -> Response:
    """200 as long as the loop turns; needs no thread, so that a busy desk is not a dead one."""
    return JSONResponse({"live": True})


class Ready:
    """200 when every check says True, else 503 with what each of them said.

    Checks have one thread of their own: a dead database may hold that one, and no other.
    """

    def __init__(self, site: Site, seconds: float = CHECK_SECONDS) -> None:
        self._checks = site.checks
        self._seconds = seconds
        self._thread = ThreadPoolExecutor(1, "ready")

    async def show(self, request: Request) -> Response:
        """Run the checks."""
        said = await self._said()
        ready = all(each is True for each in said.values())
        status = HTTPStatus.OK if ready else HTTPStatus.SERVICE_UNAVAILABLE
        return JSONResponse({"ready": ready, "checks": dict(said)}, status)

    async def _said(self) -> Mapping[str, bool | str]:
        running = asyncio.get_running_loop().run_in_executor(self._thread, self._checks)
        try:
            return await asyncio.wait_for(running, self._seconds)
        except TimeoutError:
            return {"checks": "no answer in time"}
        except Exception as error:
            log.error("the checks failed: %s", cause(error))
            return {"checks": False}
