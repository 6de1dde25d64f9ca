"""The gate lets in only what means this machine, and forms only with the page's own word."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Message

from mailbot.demo.page.gate import FRAME_POLICY, MOST_BODY, Gate, read_form, with_headers


def scope(*hosts: str) -> dict[str, Any]:
    headers = [(b"host", host.encode()) for host in hosts]
    return {"type": "http", "method": "POST", "path": "/", "query_string": b"", "headers": headers}


def answer(gate: Gate, *hosts: str) -> int:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b""}

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(gate(scope(*hosts), receive, send))
    return int(sent[0]["status"])


@pytest.mark.parametrize("host", ["127.0.0.1:8080", "localhost:8080", "LocalHost:8080"])
def test_this_machine_is_let_in(host: str) -> None:
    assert answer(Gate(PlainTextResponse("in"), 8080), host) == 200


@pytest.mark.parametrize(
    "hosts",
    [
        (),
        ("",),
        ("evil.example",),
        ("evil.example:8080",),
        ("127.0.0.1",),
        ("127.0.0.1:8081",),
        ("127.0.0.1:8080", "127.0.0.1:8080"),
        ("127.0.0.1:8080.evil.example",),
    ],
)
def test_everything_else_is_misdirected(hosts: tuple[str, ...]) -> None:
    assert answer(Gate(PlainTextResponse("in"), 8080), *hosts) == 421


def test_port_80_may_be_left_out() -> None:
    assert answer(Gate(PlainTextResponse("in"), 80), "127.0.0.1") == 200


async def form(body: bytes) -> dict[str, str]:
    async def receive() -> Message:
        return {"type": "http.request", "body": body}

    return dict(await read_form(Request(scope("x"), receive), "word"))


async def test_a_form_with_the_word_is_read() -> None:
    assert await form(b"nonce=word&text=a+b%0Ac&empty=") == {
        "nonce": "word",
        "text": "a b\nc",
        "empty": "",
    }


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 403),
        (b"nonce=other", 403),
        (b"nonce=w%C3%B6rd", 403),
        (b"nonce=word&" + b"a=1&" * 100, 400),
        (b"nonce=word&a=" + b"1" * MOST_BODY, 413),
    ],
)
async def test_any_other_form_is_refused(body: bytes, status: int) -> None:
    with pytest.raises(HTTPException) as refused:
        await form(body)
    assert refused.value.status_code == status


async def test_headers_are_added_unless_there_are_some() -> None:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    guarded = with_headers(send, "default-src 'none'")
    own = [(b"content-security-policy", FRAME_POLICY.encode())]
    await guarded({"type": "http.response.start", "status": 200, "headers": own})
    await guarded({"type": "http.response.body", "body": b""})
    names = [name for name, _ in sent[0]["headers"]]
    assert names.count(b"content-security-policy") == 1
    assert b"cache-control" in names
    assert sent[1] == {"type": "http.response.body", "body": b""}
