"""The web server on a real socket: it starts, answers, finishes what is in hand, and stops."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest
from starlette.types import Receive, Scope, Send

from mailbot.web.app import build
from mailbot.web.samples import samples
from mailbot.web.server import WebServer
from tests.web.small_site import plain_site

HOST = "127.0.0.1"
FORM: Any = samples()["stop"]["form"]


@pytest.fixture
async def server() -> AsyncIterator[WebServer]:
    serving = WebServer(build(plain_site()), HOST, 0)
    await serving.start()
    yield serving
    await serving.stop()


async def ask(port: int, head: str, body: bytes = b"") -> tuple[str, bytes]:
    """One request on a connection of its own: status line and headers, body."""
    reader, writer = await asyncio.open_connection(HOST, port)
    fields = f"{head}\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {len(body)}"
    writer.write(f"{fields}\r\n\r\n".encode() + body)
    await writer.drain()
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    told, _, shown = answer.partition(b"\r\n\r\n")
    return told.decode(), shown


async def test_a_page_over_the_wire(server: WebServer) -> None:
    told, shown = await ask(server.port, "GET / HTTP/1.1")
    assert told.startswith("HTTP/1.1 200 ")
    assert b"Track This Case" in shown
    assert "server:" not in told.lower()


async def test_head_has_headers_and_no_body(server: WebServer) -> None:
    told, shown = await ask(server.port, "HEAD / HTTP/1.1")
    assert told.startswith("HTTP/1.1 200 ")
    assert "content-length: 0" not in told
    assert shown == b""


async def test_options_has_no_body(server: WebServer) -> None:
    told, shown = await ask(server.port, f"OPTIONS /s/{FORM['nonce']} HTTP/1.1")
    assert told.startswith("HTTP/1.1 204 ")
    assert "allow: GET, HEAD, POST, OPTIONS" in told
    assert shown == b""


async def test_a_head_that_never_ends_is_refused(server: WebServer) -> None:
    told, _ = await ask(server.port, f"GET /{'x' * 40_000} HTTP/1.1")
    assert told.startswith("HTTP/1.1 4")


async def test_a_busy_port_is_named(server: WebServer) -> None:
    second = WebServer(build(plain_site()), HOST, server.port)
    with pytest.raises(OSError, match=f"{HOST}:{server.port}"):
        await second.start()
    await second.stop()  # harmless


async def test_the_port_is_free_again_after_stop() -> None:
    serving = WebServer(build(plain_site()), HOST, 0)
    await serving.start()
    await serving.stop()
    again = WebServer(build(plain_site()), HOST, serving.port)
    await again.start()
    await again.stop()


async def test_an_idle_reader_does_not_hold_the_stop_up() -> None:
    serving = WebServer(build(plain_site()), HOST, 0)
    await serving.start()
    _, writer = await asyncio.open_connection(HOST, serving.port)
    async with asyncio.timeout(3):
        await serving.stop()
    writer.close()


async def test_a_page_in_hand_is_finished() -> None:
    entered, go = asyncio.Event(), asyncio.Event()

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        entered.set()
        await go.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"done"})

    serving = WebServer(slow, HOST, 0)
    await serving.start()
    answer = asyncio.create_task(ask(serving.port, "GET / HTTP/1.1"))
    await entered.wait()
    stopping = asyncio.create_task(serving.stop())
    await asyncio.sleep(0.2)
    assert not stopping.done()
    go.set()
    told, shown = await answer
    await stopping
    assert told.startswith("HTTP/1.1 200 ")
    assert b"done" in shown


async def test_signals_are_left_to_mailbot() -> None:
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    serving = WebServer(build(plain_site()), HOST, 0)
    await serving.start()
    assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == before
    await serving.stop()


async def test_another_configuration_takes_over_while_serving(server: WebServer) -> None:
    facts = samples()["help"]
    frame: Any = facts["frame"]
    renamed = {**frame, "court": {**frame["court"], "name": "Circuit Court of Osage County"}}
    server.app = build(plain_site(frame=lambda court_id: renamed))
    _, shown = await ask(server.port, "GET / HTTP/1.1")
    assert b"Osage County" in shown


async def test_paths_never_reach_a_log(server: WebServer, caplog: Any) -> None:
    caplog.set_level("DEBUG")
    await ask(server.port, f"GET /s/{FORM['nonce']} HTTP/1.1")
    assert not any(FORM["nonce"] in record.getMessage() for record in caplog.records)


async def test_ipv6() -> None:
    serving = WebServer(build(plain_site()), "::1", 0)
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:  # this machine has no IPv6: then that is what mailbot says, too
        with pytest.raises(OSError, match="::1"):
            await serving.start()
        return
    await serving.start()
    reader, writer = await asyncio.open_connection("::1", serving.port)
    writer.write(b"GET /healthz/live HTTP/1.0\r\n\r\n")
    assert (await reader.read()).endswith(b'{"live":true}')
    writer.close()
    await serving.stop()
