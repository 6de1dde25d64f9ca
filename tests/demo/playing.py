"""A started stage for tests that look at the demo from outside, with its loop in another thread."""

from __future__ import annotations

import asyncio
import http.client
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from urllib.parse import urlencode, urlsplit

from mailbot.demo.opened import Opened, open_mail
from mailbot.demo.stage import Stage
from mailbot.demo.story.people import Person, Shown
from mailbot.demo.trial import free_ports

SECONDS = 60


@contextmanager
def started(folder: Path) -> Iterator[Stage]:
    """The whole demo on free ports, until the block ends."""
    stage = Stage(folder, *free_ports(), say=lambda _sentence: None)
    ready, ending = Event(), Event()
    errors: list[BaseException] = []

    async def run() -> None:
        await stage.start()
        ready.set()
        await asyncio.to_thread(ending.wait)
        await stage.stop()

    def serve() -> None:
        try:
            asyncio.run(run())
        except BaseException as error:
            errors.append(error)
        finally:
            ready.set()

    thread = Thread(target=serve)
    thread.start()
    try:
        assert ready.wait(SECONDS)
        assert not errors
        yield stage
    finally:
        ending.set()
        thread.join(SECONDS)
        assert not thread.is_alive()
        assert not errors


def person(stage: Stage, name: str) -> Person:
    """Somebody who writes to the stage's mailbot."""
    return Person(name, stage.address, stage.smtp_port, stage.mails, stage.settings.limits)


def newest(stage: Stage) -> Opened:
    """The mail on top of the list."""
    return open_mail(stage.mails.newest_first()[0], stage.settings.limits)


def ask(
    stage: Stage,
    path: str,
    form: dict[str, str] | None = None,
    headers: dict[str, str] | None = None,
) -> Shown:
    """A request to the page's port, with any headers, a Host too."""
    connection = http.client.HTTPConnection("127.0.0.1", stage.page_port, timeout=SECONDS)
    body = None if form is None else urlencode(form)
    typed = {} if body is None else {"Content-Type": "application/x-www-form-urlencoded"}
    try:
        connection.request(
            "GET" if body is None else "POST", path, body, {**typed, **(headers or {})}
        )
        answer = connection.getresponse()
        told = {name.lower(): value for name, value in answer.getheaders()}
        html = answer.read().decode()
    finally:
        connection.close()
    return Shown(f"http://127.0.0.1:{stage.page_port}{path}", answer.status, html, told)


def goes_to(shown: Shown) -> str:
    """Path and query of where a redirect leads."""
    parts = urlsplit(shown.headers["location"])
    return f"{parts.path}?{parts.query}"
