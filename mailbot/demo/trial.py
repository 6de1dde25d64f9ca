"""Runs the demo: the whole service, a sample court and a page to play with, on this machine."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from mailbot.demo.missouri import COFFMAN
from mailbot.demo.sink import LOOPBACK
from mailbot.demo.stage import Stage
from mailbot.demo.story.by_link import by_link
from mailbot.demo.story.by_mail import by_mail
from mailbot.demo.story.refusals import of_refusals
from mailbot.demo.story.teller import Part, play

STORY: list[Part] = [by_mail, by_link, of_refusals]
SERVERS = {"--port": "page", "--smtp-port": "mail"}

WELCOME = """
The demo runs. Open this page:

    http://{host}:{page}

It shows a person's mailbox, the court clerk's desk and what mailbot does in between, and it says
what to try first. Or use a mail program of yours: its mail server is {host}, port {smtp}, without
encryption; write to {address}, with the subject: TRACK {number}

No mail leaves this machine. Press Ctrl-C to stop; everything is made anew at the next start.
"""


def main(only_check: bool, page_port: int, smtp_port: int) -> int:
    """Run the demo until it is stopped, or play its story. Returns the exit code."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(message)s")
    if only_check:
        return asyncio.run(_check())
    ports = {"--port": page_port, "--smtp-port": smtp_port}
    for option, port in ports.items():
        if not _is_free(port):
            print(_busy(option, ports), file=sys.stderr)
            return 1
    return asyncio.run(_run(page_port, smtp_port))


async def _run(page_port: int, smtp_port: int) -> int:
    stopping = _until_told()
    with TemporaryDirectory(prefix="mailbot-demo-") as folder:
        stage = Stage(Path(folder), page_port, smtp_port, _say)
        await stage.start()
        _say(
            WELCOME.format(
                host=LOOPBACK,
                page=page_port,
                smtp=smtp_port,
                address=stage.address,
                number=COFFMAN,
            )
        )
        await stopping.wait()
        _say("\nStopping ...")
        await stage.stop()
    _say("The demo has stopped.")
    return 0


async def _check() -> int:
    """Play the story on ports that nobody uses, so that it can run beside another demo."""
    with TemporaryDirectory(prefix="mailbot-story-") as folder:
        stage = Stage(Path(folder), *free_ports(), _say)
        await stage.start()
        try:
            return await asyncio.to_thread(play, stage, STORY, _say)
        finally:
            await stage.stop()


def _until_told() -> asyncio.Event:
    """An event that Ctrl-C or SIGTERM sets; the second time the process ends at once."""
    stopping = asyncio.Event()

    def stop() -> None:
        if stopping.is_set():
            os._exit(1)
        stopping.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop)
    return stopping


def free_ports() -> tuple[int, int]:
    """Two ports of loopback that nobody listens on now."""
    with socket.create_server((LOOPBACK, 0)) as one, socket.create_server((LOOPBACK, 0)) as other:
        return one.getsockname()[1], other.getsockname()[1]


def _is_free(port: int) -> bool:
    try:
        socket.create_server((LOOPBACK, port)).close()
    except OSError:
        return False
    return True


def _busy(option: str, ports: Mapping[str, int]) -> str:
    """What to type instead, with both ports: the other one may have been named, too."""
    port = ports[option]
    others = (each for each in range(port + 1, 65536) if each not in ports.values())
    instead = {**ports, option: next(filter(_is_free, others), port)}
    typed = " ".join(f"{name} {number}" for name, number in instead.items())
    return (
        f"Port {port}, where the demo's {SERVERS[option]} server would listen, is taken by another "
        f"program. Name another one:\n"
        f"    make demo DEMO='{typed}'\n"
        f"or  .venv/bin/python -m mailbot demo {typed}"
    )


def _say(sentence: str) -> None:
    print(sentence, flush=True)
