"""Doors are knocked at over real sockets: our own, and the servers that take mail for us."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from mailbot.doctor.findings import Finding
from mailbot.doctor.servers.doors import listeners, mail_servers, serves
from mailbot.doctor.surroundings import Surroundings
from tests.doctor.scene import HANDLE, QUICK, only, states, surroundings
from tests.doctor.zone import Zone
from tests.smtp_sink import DROP, Sink, sink

READY = {"ready": True, "checks": {"store": True}}


@contextmanager
def page(said: object, status: int = 200) -> Iterator[int]:
    """A web server that says how it is."""

    class Peer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = json.dumps({"live": True} if "live" in self.path else said).encode()
            self.send_response(200 if "live" in self.path else status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Peer)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield int(server.server_address[1])
    server.shutdown()
    server.server_close()


@contextmanager
def door(greeting: bytes) -> Iterator[tuple[int, list[bytes]]]:
    """A listener that greets and hears what is said."""
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(10)

        def serve() -> None:
            peer, _ = listening.accept()
            with peer:
                peer.sendall(greeting)
                while octets := peer.recv(500):
                    heard.append(octets)

        thread = threading.Thread(target=serve)
        thread.start()
        yield int(listening.getsockname()[1]), heard
        thread.join()


def here(folder: Path, web: int, **mailbox: Any) -> Surroundings:
    return surroundings(folder, web={"listen": f"127.0.0.1:{web}"}, mailbox=mailbox)


def test_doors_that_answer(tmp_path: Path) -> None:
    with page(READY) as web, door(b"220 track.court.example ESMTP\r\n") as (port, heard):
        around = here(tmp_path, web, listen=f"0.0.0.0:{port}")
        assert serves(around)
        found = listeners(around)
    assert [one.says for one in found] == [
        "mailbot runs and says that it is ready.",
        'The SMTP door of mailbox "track" answers.',
    ]
    assert heard == [b"QUIT\r\n"]


def test_a_door_behind_a_load_balancer(tmp_path: Path) -> None:
    with page(READY) as web, door(b"220 hello\r\n") as (port, heard):
        around = here(tmp_path, web, listen=f"127.0.0.1:{port}", way="lmtp", proxy=True)
        assert states(listeners(around)) == ["ok", "ok"]
    assert b"".join(heard) == b"PROXY UNKNOWN\r\nQUIT\r\n"


def test_a_door_of_somebody_else_and_a_closed_one(tmp_path: Path) -> None:
    with page(READY) as web, door(b"SSH-2.0-x\r\n") as (port, _):
        other = listeners(here(tmp_path, web, listen=f"127.0.0.1:{port}"))
    assert (other[1].state, "does not greet with 220" in other[1].says) == ("wrong", True)
    with page(READY) as web:
        closed = listeners(here(tmp_path, web, listen=f"127.0.0.1:{port}"))
    assert (closed[1].state, "(connection refused)" in closed[1].says) == ("wrong", True)


def test_a_service_that_is_not_ready(tmp_path: Path) -> None:
    said = {"ready": False, "checks": {"store": True, "imap": "An IMAP account was not reached."}}
    with page(said, 503) as web, door(b"220 hello\r\n") as (port, _):
        found = listeners(here(tmp_path, web, listen=f"127.0.0.1:{port}"))
    assert found[0].state == "wrong"
    assert found[0].says == "mailbot runs and is not ready: An IMAP account was not reached."


def test_without_serve_it_says_so_once(tmp_path: Path) -> None:
    with page(READY) as web:
        pass
    around = here(tmp_path, web)
    assert not serves(around)
    finding = only(listeners(around))
    assert (finding.state, "does not run here" in finding.says) == ("warning", True)


# --- Servers that take mail for us ---


async def knocked(folder: Path, server: Sink) -> list[Finding]:
    look = Zone({("court.example", "MX"): ["10 mx.court.example"]})
    look.add("mx.court.example", "A", "127.0.0.1")
    patience = QUICK.__class__(**{**vars(QUICK), "mx_port": server.port})
    around = surroundings(folder, look, patience=patience)
    found = await asyncio.to_thread(mail_servers, around, HANDLE)
    assert server.taken == []
    return found


async def test_an_mx_that_takes_mail_and_returned_mail(tmp_path: Path) -> None:
    async with sink() as server:
        assert states(await knocked(tmp_path, server)) == ["ok"]
        said = " ".join(server.lines)
    assert "MAIL FROM:<>" in said.upper()
    assert f"<track+b-{HANDLE}@court.example>" in said
    assert "RSET" in said.upper()
    assert "DATA" not in said


@pytest.mark.parametrize(
    ("plans", "state", "says"),
    [
        ({"mail": ["550 5.7.1 No"]}, "wrong", "refuses the empty sender (550)"),
        ({"rcpt": ["550 5.1.1 No"]}, "wrong", "refuses mail to track@court.example (550)"),
        ({"rcpt": ["250 ok", "550 5.1.1 No"]}, "wrong", "refuses track+b-"),
        ({"rcpt": ["450 4.2.0 Later"]}, "warning", "greylisting"),
        ({"greeting": [DROP]}, "wrong", "takes no mail at port"),
        ({"greeting": ["554 No"]}, "wrong", "takes no mail at port"),
    ],
)
async def test_an_mx_that_does_not(
    tmp_path: Path, plans: dict[str, list[Any]], state: str, says: str
) -> None:
    async with sink() as server:
        for stage, actions in plans.items():
            server.plan(stage, *actions)
        finding = only(await knocked(tmp_path, server))
    assert (finding.state, says in finding.says) == (state, True), finding.says


async def test_an_mx_that_is_closed_or_unknown(tmp_path: Path) -> None:
    async with sink() as server:
        pass
    closed = only(await knocked(tmp_path, server))
    assert (closed.state, "(connection refused)" in closed.says) == ("wrong", True)
    nobody = only(mail_servers(surroundings(tmp_path), HANDLE))
    assert (nobody.state, "No MX of court.example" in nobody.says) == ("warning", True)


def test_an_mx_that_never_answers(tmp_path: Path) -> None:
    """As where a network lets nobody out to port 25."""
    with socket.create_server(("127.0.0.1", 0), backlog=1) as silent:
        look = Zone({("court.example", "MX"): ["10 mx.court.example"]})
        look.add("mx.court.example", "A", "127.0.0.1")
        port = int(silent.getsockname()[1])
        patience = QUICK.__class__(**{**vars(QUICK), "mx_port": port, "answer": 0.3})
        finding = only(mail_servers(surroundings(tmp_path, look, patience=patience), HANDLE))
    assert (finding.state, "let nobody out" in finding.says) == ("warning", True)
