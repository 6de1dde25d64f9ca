"""The demo's smarthost takes every mail over a real socket, on loopback only, and stops at once."""

from __future__ import annotations

import asyncio
import smtplib
from collections.abc import AsyncIterator

import pytest

from mailbot.config import Smarthost as Settings
from mailbot.demo.sink import LOOPBACK, Sink
from mailbot.model import Outgoing
from mailbot.outbound.transport import Smarthost

Kept = list[tuple[str, str, bytes]]


@pytest.fixture
def kept() -> Kept:
    return []


@pytest.fixture
async def sink(kept: Kept) -> AsyncIterator[Sink]:
    running = Sink(lambda sender, recipient, content: kept.append((sender, recipient, content)))
    await running.start()
    yield running
    await running.stop()


async def yes() -> bool:
    return True


async def test_mailbots_own_transport_hands_over(sink: Sink, kept: Kept) -> None:
    settings = Settings(host=LOOPBACK, port=sink.port, tls="none")
    way_out = Smarthost(settings, "track.court.example")
    content = b"Subject: one\r\n\r\n.a line that begins with a dot\r\n"
    mail = Outgoing("track+b-x@court.example", "alex@people.example", content)
    reply = await way_out.deliver(mail, yes)
    assert reply.startswith("250 2.0.0 OK")
    assert kept == [("track+b-x@court.example", "alex@people.example", content)]
    await way_out.close()


async def test_a_mail_for_two_is_kept_for_each(sink: Sink, kept: Kept) -> None:
    def send() -> None:
        with smtplib.SMTP(LOOPBACK, sink.port, timeout=10) as connection:
            connection.sendmail("", ["alex@people.example", "bea@people.example"], b"\r\nhello\r\n")

    await asyncio.to_thread(send)
    assert [(sender, recipient) for sender, recipient, _ in kept] == [
        ("", "alex@people.example"),
        ("", "bea@people.example"),
    ]


async def test_it_listens_on_loopback_only(sink: Sink) -> None:
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.2", sink.port)


async def test_it_stops_while_somebody_is_connected(sink: Sink) -> None:
    reader, writer = await asyncio.open_connection(LOOPBACK, sink.port)
    assert (await reader.readline()).startswith(b"220")
    async with asyncio.timeout(5):
        await sink.stop()
    writer.close()


async def test_stopping_what_never_started_is_harmless() -> None:
    await Sink(lambda *_: None).stop()
