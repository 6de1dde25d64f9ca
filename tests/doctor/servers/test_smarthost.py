"""The smarthost is tried up to MAIL FROM over a real socket, and nothing is sent."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from ssl import create_default_context
from typing import Any

import pytest

from mailbot.doctor.findings import Finding
from mailbot.doctor.servers.smarthost import certificate, login
from tests.doctor.scene import HANDLE, only, surroundings
from tests.smtp_sink import DROP, HANG, Sink, sink
from tests.tls import server_context

USER = {"username": "track", "password": "Fg7-kanu-8Lor"}


async def tried(folder: Path, server: Sink, **options: Any) -> Finding:
    settings = {"host": "localhost", "port": server.port, "tls": "none", **options}
    around = surroundings(folder, smarthost=settings)
    finding = only(await asyncio.to_thread(login, around, HANDLE))
    assert server.taken == []
    assert not any(line.startswith("DATA") for line in server.lines)
    assert "kanu" not in finding.says + finding.todo
    return finding


@pytest.mark.parametrize("way", ["starttls", "tls"])
async def test_it_lets_us_in(tmp_path: Path, way: str) -> None:
    users = {"track": "Fg7-kanu-8Lor"}
    async with sink(users, server_context(), way == "tls") as server:
        finding = await tried(tmp_path, server, tls=way, **USER)
        assert f"FROM:<track+b-{HANDLE}@court.example>" in " ".join(server.lines)
    assert finding.state == "ok"
    assert "logged in as track" in finding.says


async def test_a_password_in_any_language(tmp_path: Path) -> None:
    async with sink({"track": "Schlüssel-naïve-9"}) as server:
        finding = await tried(tmp_path, server, username="track", password="Schlüssel-naïve-9")
    assert finding.state == "ok", finding.says


async def test_a_server_that_knows_only_login_or_nothing_of_ours(tmp_path: Path) -> None:
    async with sink({"track": "Fg7-kanu-8Lor"}) as server:
        server.plan("ehlo", "250-sink.test\r\n250 AUTH LOGIN")
        assert (await tried(tmp_path, server, **USER)).state == "ok"
        server.plan("ehlo", "250-sink.test\r\n250 AUTH CRAM-MD5 XOAUTH2")
        finding = await tried(tmp_path, server, **USER)
    assert (finding.state, "AUTH PLAIN or LOGIN" in finding.says) == ("wrong", True)


async def test_a_wrong_password(tmp_path: Path) -> None:
    async with sink({"track": "another"}, server_context()) as server:
        finding = await tried(tmp_path, server, tls="starttls", **USER)
    assert finding.state == "wrong"
    assert finding.says == "The smarthost refuses the login: 535 5.7.8 Wrong"


async def test_microsoft_365_without_smtp_auth(tmp_path: Path) -> None:
    async with sink({"track": "x"}, server_context()) as server:
        refusal = "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled"
        server.plan("auth", refusal, refusal, refusal)
        finding = await tried(tmp_path, server, tls="starttls", **USER)
    assert "Set-CASMailbox" in finding.todo


async def test_no_login_offered_no_login_given_no_sender_taken(tmp_path: Path) -> None:
    async with sink() as server:
        finding = await tried(tmp_path, server, **USER)
        assert "does not offer what the configuration wants" in finding.says
    async with sink({"track": "x"}) as server:
        finding = await tried(tmp_path, server)
        assert finding.says == "The smarthost wants a login."
    async with sink() as server:
        server.plan("mail", "553 5.7.1 Sender not owned by you\x1b[2J")
        finding = await tried(tmp_path, server)
        assert "does not let us send as track@court.example" in finding.says
        assert "553 5.7.1 Sender not owned" in finding.says


async def test_no_starttls_no_trust_no_server(tmp_path: Path) -> None:
    async with sink() as server:
        finding = await tried(tmp_path, server, tls="starttls")
        assert finding.state == "wrong"
        assert "STARTTLS" in finding.says
    async with sink(tls=server_context()) as server:
        settings = {"host": "localhost", "port": server.port, "tls": "starttls"}
        around = replace(surroundings(tmp_path, smarthost=settings), context=create_default_context)
        finding = only(await asyncio.to_thread(login, around, HANDLE))
        assert finding.state == "wrong"
        assert "TLS with the smarthost fails" in finding.says
    finding = await tried(tmp_path, server)
    assert finding.says == "The smarthost does not answer (connection refused)."


async def test_a_greeting_that_refuses_hangs_up_or_never_comes(tmp_path: Path) -> None:
    async with sink() as server:
        server.plan("greeting", "554 5.3.2 Not for you")
        assert "554 5.3.2 Not for you" in (await tried(tmp_path, server)).says
        server.plan("greeting", DROP)
        assert "(the connection ended)" in (await tried(tmp_path, server)).says
        server.plan("greeting", HANG)
        assert "no answer in time" in (await tried(tmp_path, server)).says


def test_a_maildir_is_said_to_be_a_trial(tmp_path: Path) -> None:
    around = surroundings(tmp_path)
    assert only(login(around, HANDLE)).state == "warning"
    assert certificate(around) == []


async def test_its_certificate(tmp_path: Path) -> None:
    async with sink(tls=server_context()) as server:
        settings = {"host": "localhost", "port": server.port, "tls": "starttls"}
        around = surroundings(tmp_path, smarthost=settings)
        finding = only(await asyncio.to_thread(certificate, around))
        assert (finding.check, finding.state) == ("tls", "ok")
        assert "trusted for localhost" in finding.says
    none = surroundings(tmp_path, smarthost={**settings, "tls": "none"})
    assert certificate(none) == []
