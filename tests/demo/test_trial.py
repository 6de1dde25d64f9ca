"""`mailbot demo` says what to do, stops cleanly when told, and names a busy port."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from mailbot.demo.sink import LOOPBACK
from mailbot.demo.trial import free_ports

ROOT = Path(__file__).parent.parent.parent
SECONDS = 60


def run(tmp_path: Path, *options: str) -> subprocess.Popen[str]:
    """The command as a newcomer types it, with its temporary files where we can see them."""
    return subprocess.Popen(
        [sys.executable, "-m", "mailbot", "demo", *options],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_says_what_to_do_and_stops_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    page, smtp = free_ports()
    demo = run(tmp_path, "--port", str(page), "--smtp-port", str(smtp))
    assert demo.stdout is not None
    told = ""
    while "Ctrl-C" not in told:
        line = demo.stdout.readline()
        assert line, told
        told += line
    assert "Making a sample court" in told
    assert f"http://127.0.0.1:{page}" in told
    assert f"port {smtp}" in told
    assert list(tmp_path.glob("mailbot-demo-*"))
    demo.send_signal(number)
    rest, errors = demo.communicate(timeout=SECONDS)
    assert demo.returncode == 0
    assert errors == ""
    assert rest.endswith("The demo has stopped.\n")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("option", ["--port", "--smtp-port"])
def test_a_busy_port_is_named_with_the_way_out(tmp_path: Path, option: str) -> None:
    with socket.create_server((LOOPBACK, 0)) as other:
        port = other.getsockname()[1]
        ports = dict(zip(("--port", "--smtp-port"), map(str, free_ports()), strict=True))
        ports[option] = str(port)
        demo = run(tmp_path, *(word for pair in ports.items() for word in pair))
        _, errors = demo.communicate(timeout=SECONDS)
    assert demo.returncode == 1
    assert errors.startswith(f"Port {port}, ")
    instead = re.findall(r"--port (\d+) --smtp-port (\d+)", errors)
    assert len(instead) == 2  # with make and without
    assert instead[0] == instead[1]
    told = dict(zip(ports, instead[0], strict=True))
    assert port < int(told.pop(option)) < 65536
    assert told.items() <= ports.items()  # the other port is the one that was named
    assert "Traceback" not in errors
