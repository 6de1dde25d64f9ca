"""Runs `mailbot serve` as its own process, with a court, a mail server and people around it."""

from __future__ import annotations

import asyncio
import json
import os
import re
import smtplib
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from signal import SIGKILL, SIGTERM, Signals
from types import TracebackType

from mailbot.demo.sink import Sink
from tests.world import SmallCourt, write_config

SECONDS = 30.0  # for anything to happen; the machine may be busy
QUIET = 2.5  # seconds in which nothing comes where nothing should
ROOT = Path(__file__).parent.parent.parent


@dataclass(frozen=True)
class Post:
    """A mail that arrived at the world's mail server."""

    mail_from: str
    recipient: str
    content: bytes


GIVEN: set[int] = set()  # ports that were handed out: their servers may not listen yet


def free_port() -> int:
    """A port of loopback that nobody listens on now, and that nobody else was given."""
    while True:
        with socket.create_server(("127.0.0.1", 0)) as found:
            port = int(found.getsockname()[1])
        if port not in GIVEN:
            GIVEN.add(port)
            return port


class Theatre:
    """The service and its world; the service is started by the README's command.

    Args:
        folder: an empty one.
        profile: of the court.
        store: the URL of a store; else a file in the folder.
    """

    def __init__(
        self,
        folder: Path,
        profile: str = "default",
        shapes: Sequence[str] | None = None,
        store: str = "sqlite:///store.sqlite",
    ) -> None:
        self.folder, self.profile, self._shapes, self._store = folder, profile, shapes, store
        self.posts: list[Post] = []
        self.read = 0  # posts that somebody has looked at
        self.smtp_port, self.page_port = free_port(), free_port()
        self.court = SmallCourt(folder / "court.sqlite")
        self._loop = asyncio.new_event_loop()
        self._sink = Sink(lambda *post: self.posts.append(Post(*post)))
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._process: subprocess.Popen[bytes] | None = None
        self.log = folder / "serve.log"

    def __enter__(self) -> Theatre:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._sink.start(), self._loop).result(SECONDS)
        path = write_config(self.folder, self.profile)
        text = path.read_text()
        text = text.replace(
            'maildir = "out"', f'host = "127.0.0.1"\nport = {self._sink.port}\ntls = "none"'
        )
        text = text.replace(
            'address = "track@court.example"\n\n[[route]]',
            f'address = "track@court.example"\nlisten = "127.0.0.1:{self.smtp_port}"\n\n[[route]]',
            1,
        )
        text = text.replace(
            '"https://track.court.example"',
            f'"http://127.0.0.1:{self.page_port}"\nlisten = "127.0.0.1:{self.page_port}"',
        )
        text = text.replace(
            'url = "sqlite:///court.sqlite"',
            'url = "sqlite:///court.sqlite"\npoll_seconds = 1\nsweep_seconds = 1',
        )
        text = text.replace("sqlite:///store.sqlite", self._store)
        if self._shapes is not None:
            text = re.sub(
                r"number_shapes = .*", f"number_shapes = {json.dumps(self._shapes)}", text
            )
        path.write_text(text)
        self.start()
        return self

    def start(self) -> None:
        """Start the service and wait until it is ready."""
        self._process = self._begin()
        self.wait_for(self.is_ready, "the service to be ready")

    def command(self, *words: str) -> int:
        """Run another command of mailbot's with the configuration. Returns its exit code."""
        return self._begin(*words).wait(SECONDS)

    def _begin(self, *words: str) -> subprocess.Popen[bytes]:
        config = ["--config", str(self.folder / "config.toml")]
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "mailbot", *(words or ("serve",)), *config],
                cwd=ROOT,
                stdout=log,
                stderr=log,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
            )

    def is_ready(self) -> bool:
        """Whether /healthz/ready says so."""
        assert self._process is not None
        assert self._process.poll() is None, self.log.read_text()
        try:
            return self.get("/healthz/ready")[0] == 200
        except OSError:
            return False

    def signal(self, number: Signals) -> None:
        """Send the service a signal."""
        assert self._process is not None
        self._process.send_signal(number)

    def stop(self, number: Signals = SIGTERM) -> int:
        """End the service. Returns its exit code."""
        assert self._process is not None
        self._process.send_signal(number)
        return self._process.wait(SECONDS)

    def kill(self) -> None:
        """kill -9."""
        self.stop(SIGKILL)

    @property
    def pid(self) -> int:
        """The service's process id."""
        assert self._process is not None
        return self._process.pid

    def is_running(self) -> bool:
        """Whether the process is there."""
        return self._process is not None and self._process.poll() is None

    def run(self) -> int:
        """Start the service where it cannot start. Returns its exit code."""
        self._process = self._begin()
        return self._process.wait(SECONDS)

    def close_sink(self) -> None:
        """The world's mail server goes away."""
        asyncio.run_coroutine_threadsafe(self._sink.stop(), self._loop).result(SECONDS)

    def open_sink(self) -> None:
        """It comes back, at the same port."""
        started = self._sink.start(self._sink.port)
        asyncio.run_coroutine_threadsafe(started, self._loop).result(SECONDS)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process is not None and self._process.poll() is None:
            self.stop()
        asyncio.run_coroutine_threadsafe(self._sink.stop(), self._loop).result(SECONDS)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self.court.engine.dispose()

    def send(self, mail_from: str, recipient: str, content: bytes) -> None:
        """Somebody's mail server hands a mail over."""
        with smtplib.SMTP("127.0.0.1", self.smtp_port, timeout=SECONDS) as server:
            refused = server.sendmail(mail_from, [recipient], content)
            assert refused == {}

    def next(self, count: int = 1) -> list[Post]:
        """The next mails that come; fails if they do not come in time."""
        wanted = self.read + count
        self.wait_for(lambda: len(self.posts) >= wanted, f"mail {wanted}")
        taken = self.posts[self.read : wanted]
        self.read = wanted
        return taken

    def nothing_comes(self) -> None:
        """Fails if a mail comes."""
        time.sleep(QUIET)
        came = self.posts[self.read :]
        assert came == [], b"\n\n".join(post.content for post in came).decode()

    def wait_for(self, holds: Callable[[], bool], what: str) -> None:
        """Wait until it holds."""
        ends = time.monotonic() + SECONDS
        while not holds():
            assert time.monotonic() < ends, f"waited for {what}\n{self.log.read_text()[-3000:]}"
            time.sleep(0.05)

    def get(self, path: str, data: bytes | None = None) -> tuple[int, str]:
        """GET a page, or POST to it. Returns status and text."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.page_port}{path}", data)
        try:
            with urllib.request.urlopen(request, timeout=SECONDS) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
