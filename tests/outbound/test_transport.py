"""A mail handed to a server that behaves, or does not: one outcome each, not a word too many."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from mailbot.config import Smarthost as SmarthostSettings
from mailbot.errors import (
    MailAmbiguous,
    MailDeferred,
    MailRefused,
    SmarthostUnavailable,
)
from mailbot.model import Outgoing
from mailbot.outbound.delivery import Abandoned
from mailbot.outbound.transport import Smarthost, on_the_wire
from tests.smtp_sink import DROP, HANG, Late, Sink, sink
from tests.tls import client_context, server_context
from tests.until import until

MAIL = Outgoing("bot+b-abc@court.test", "ann@home.test", b"Subject: x\r\n\r\n.dot\r\n..\r\nend\r\n")


async def yes() -> bool:
    return True


def settings_for(server: Sink, **changes: Any) -> SmarthostSettings:
    """Settings toward a sink; not validated, so that patience may be a fraction of a second."""
    values = {"host": "127.0.0.1", "port": server.port, "tls": "none", **changes}
    return SmarthostSettings(host="127.0.0.1").model_copy(update=values)


@asynccontextmanager
async def towards(server: Sink, **changes: Any) -> AsyncIterator[Smarthost]:
    """A smarthost that is the sink."""
    smarthost = Smarthost(settings_for(server, **changes), "bot.court.test", client_context())
    try:
        yield smarthost
    finally:
        await smarthost.close()


async def test_a_mail_arrives_octet_by_octet() -> None:
    async with sink() as server, towards(server) as smarthost:
        assert await smarthost.deliver(MAIL, yes) == "250 2.0.0 Taken"
    (taken,) = server.taken
    assert (taken.mail_from, taken.recipient) == (MAIL.mail_from, MAIL.recipient)
    assert taken.content == MAIL.content
    assert server.lines == [
        "EHLO bot.court.test",
        f"MAIL FROM:<bot+b-abc@court.test> SIZE={len(MAIL.content)}",
        "RCPT TO:<ann@home.test>",
        "DATA",
        "QUIT",
    ]


async def test_the_null_path_and_8_bit() -> None:
    async with sink() as server, towards(server) as smarthost:
        await smarthost.deliver(Outgoing("", "ann@home.test", b"\xff\r\n"), yes)
    assert server.lines[1] == "MAIL FROM:<> SIZE=3 BODY=8BITMIME"


async def test_connections_are_kept_and_one_mail_is_on_each() -> None:
    async with sink() as server, towards(server, connections=2) as smarthost:
        await asyncio.gather(*(smarthost.deliver(MAIL, yes) for _ in range(20)))
        assert server.connections == 2
        assert len(server.taken) == 20


# --- The hook ---


async def test_the_hook_is_the_last_thing_before_the_mail() -> None:
    """After the 354, and not an octet of the mail before its answer."""
    seen = []

    async def look() -> bool:
        await asyncio.sleep(0.05)
        seen.append((server.lines[-1], server.begun, len(server.taken)))
        return True

    async with sink() as server, towards(server) as smarthost:
        await smarthost.deliver(MAIL, look)
    assert seen == [("DATA", 0, 0)]


@pytest.mark.parametrize("raises", [False, True])
async def test_a_no_at_the_dot_sends_nothing(raises: bool) -> None:
    """The connection is aborted: the server has no dot and no octet."""

    async def no() -> bool:
        if raises:
            raise RuntimeError
        return False

    async with sink() as server, towards(server) as smarthost:
        with pytest.raises(RuntimeError if raises else Abandoned):
            await smarthost.deliver(MAIL, no)
        await until(lambda: not server.open_connections)
        assert (server.begun, server.taken) == (0, [])
        assert await smarthost.deliver(MAIL, yes)
        assert server.connections == 2


async def test_a_server_that_leaves_during_the_look_is_no_doubt() -> None:
    async def slowly() -> bool:
        server.hang_up()
        await asyncio.sleep(0.1)
        return True

    async with sink() as server, towards(server) as smarthost:
        with pytest.raises(MailDeferred):
            await smarthost.deliver(MAIL, slowly)
    assert server.taken == []


async def test_cancelling_leaves_no_connection_behind() -> None:
    async with sink() as server, towards(server) as smarthost:
        server.plan("dot", HANG)
        task = asyncio.create_task(smarthost.deliver(MAIL, yes))
        await until(lambda: server.taken)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await smarthost.deliver(MAIL, yes)
        assert server.connections == 2


# --- Replies ---


@pytest.mark.parametrize("stage", ["mail", "rcpt", "data", "dot"])
@pytest.mark.parametrize(
    ("reply", "error"),
    [
        ("450 4.2.1 Busy", MailDeferred),
        ("451 4.3.0 Later", MailDeferred),
        ("421 4.3.2 Going down", MailDeferred),
        ("550 5.1.1 No such user", MailRefused),
        ("554 5.7.1 Never", MailRefused),
    ],
)
async def test_4xx_defers_and_5xx_refuses(stage: str, reply: str, error: type[Exception]) -> None:
    """Statement 15, at every stage; the next mail goes through."""
    async with sink() as server, towards(server) as smarthost:
        server.plan(stage, reply)
        with pytest.raises(error) as caught:
            await smarthost.deliver(MAIL, yes)
        assert caught.value.args == (reply,)
        assert await smarthost.deliver(MAIL, yes)
        assert server.connections == (2 if reply.startswith("421") else 1)
        assert len(server.taken) == 1 + (stage == "dot")


@pytest.mark.parametrize("stage", ["mail", "rcpt", "data"])
@pytest.mark.parametrize("action", [DROP, HANG, "250-", "nonsense", "299 odd", "199 odd"])
async def test_trouble_before_the_mail_defers(stage: str, action: str | Late) -> None:
    if action == "299 odd" and stage != "data":
        action = "399 odd"
    async with sink() as server, towards(server, command_seconds=0.2) as smarthost:
        server.plan(stage, action)
        with pytest.raises(MailDeferred):
            await smarthost.deliver(MAIL, yes)
        assert server.taken == []
        assert await smarthost.deliver(MAIL, yes)
        assert server.connections == 2


@pytest.mark.parametrize(
    ("stage", "action"),
    [("body", DROP), ("dot", DROP), ("dot", HANG), ("dot", "nonsense"), ("dot", "354 odd")],
)
async def test_no_answer_to_the_dot_is_doubt(stage: str, action: str | Late) -> None:
    """The server may have it; only the error's type says so."""
    async with sink() as server, towards(server, dot_seconds=0.2) as smarthost:
        server.plan(stage, action)
        with pytest.raises(MailAmbiguous):
            await smarthost.deliver(MAIL, yes)
        assert await smarthost.deliver(MAIL, yes)
        assert server.connections == 2


async def test_a_late_answer_is_waited_for() -> None:
    async with sink() as server, towards(server, command_seconds=0.2) as smarthost:
        server.plan("dot", Late(0.5, "250 2.0.0 At last"))
        assert await smarthost.deliver(MAIL, yes) == "250 2.0.0 At last"


async def test_a_reply_becomes_one_printable_line() -> None:
    """It goes into the log and into a row: no newline, no escape, no lone surrogate."""
    async with sink() as server, towards(server) as smarthost:
        server.plan("rcpt", "550-5.1.1 No\x1b[2J\udcff\r\n550 5.1.1  such \x85 user")
        with pytest.raises(MailRefused) as caught:
            await smarthost.deliver(MAIL, yes)
    assert caught.value.args == ("550 5.1.1 No [2J 5.1.1 such user",)


# --- Kept connections ---


@pytest.mark.parametrize("reply", ["421 4.4.2 Idle too long", DROP])
async def test_a_kept_connection_that_is_over_is_replaced(reply: str | Late) -> None:
    """Nothing of the mail was sent on it: no try is lost."""
    async with sink() as server, towards(server) as smarthost:
        await smarthost.deliver(MAIL, yes)
        server.plan("mail", reply)
        assert await smarthost.deliver(MAIL, yes)
        assert (server.connections, len(server.taken)) == (2, 2)


async def test_all_kept_connections_closed_while_idle() -> None:
    async with sink() as server, towards(server, connections=3) as smarthost:
        await asyncio.gather(*(smarthost.deliver(MAIL, yes) for _ in range(3)))
        opened = server.connections
        server.hang_up()
        assert await smarthost.deliver(MAIL, yes)
        assert server.connections == opened + 1


# --- No server ---


async def test_nobody_listens() -> None:
    async with sink() as server:
        await server.stop()
        async with towards(server) as smarthost:
            with pytest.raises(SmarthostUnavailable, match=r"127\.0\.0\.1"):
                await smarthost.deliver(MAIL, yes)


@pytest.mark.parametrize(
    ("stage", "action"),
    [
        ("greeting", "421 4.7.0 Too many connections"),
        ("greeting", "554 5.7.1 Not you"),
        ("greeting", DROP),
        ("greeting", HANG),
        ("greeting", "nonsense"),
        ("ehlo", "550 5.7.1 Not you"),
        ("ehlo", DROP),
        ("ehlo", HANG),
    ],
)
async def test_a_server_that_will_not_talk(stage: str, action: str | Late) -> None:
    async with sink() as server, towards(server, command_seconds=0.2) as smarthost:
        server.plan(stage, action)
        with pytest.raises(SmarthostUnavailable):
            await smarthost.deliver(MAIL, yes)
        assert await smarthost.deliver(MAIL, yes)


# --- TLS and login ---


@pytest.mark.parametrize("tls", ["starttls", "tls"])
async def test_login_under_tls(tls: str) -> None:
    users = {"bot": "pass wörd"}
    async with sink(users, server_context(), tls_at_once=tls == "tls") as server:
        changes = {"tls": tls, "host": "localhost", "username": "bot"}
        password = SecretStr(users["bot"])
        async with towards(server, **changes, password=password) as smarthost:
            assert await smarthost.deliver(MAIL, yes)
    begun = ["EHLO bot.court.test"] if tls == "tls" else ["EHLO bot.court.test", "STARTTLS"]
    assert server.lines[: len(begun)] == begun
    assert "AUTH" in server.lines


async def test_login_that_only_knows_login() -> None:
    async with sink({"bot": "x"}) as server:
        server.plan("auth", "504 5.5.4 Not PLAIN")
        async with towards(server, username="bot", password=SecretStr("x")) as smarthost:
            assert await smarthost.deliver(MAIL, yes)


async def test_a_wrong_password_is_the_administrators() -> None:
    """No mail is refused for it, and the password is in no text."""
    async with sink({"bot": "right"}) as server:
        async with towards(server, username="bot", password=SecretStr("wr0ng")) as smarthost:
            with pytest.raises(SmarthostUnavailable, match="535") as caught:
                await smarthost.deliver(MAIL, yes)
            assert "wr0ng" not in str(caught.value)
        async with towards(server) as smarthost:
            with pytest.raises(SmarthostUnavailable, match="530"):
                await smarthost.deliver(MAIL, yes)


async def test_tls_that_cannot_be_had_sends_nothing_in_clear() -> None:
    async with sink() as server, towards(server, tls="starttls") as smarthost:
        with pytest.raises(SmarthostUnavailable, match="STARTTLS"):
            await smarthost.deliver(MAIL, yes)
        assert server.lines == ["EHLO bot.court.test"]


async def test_a_certificate_for_another_name_or_of_nobody_known() -> None:
    async with sink(tls=server_context()) as server:
        other = settings_for(server, tls="starttls", host="127.1")  # the same place, another name
        unknown = settings_for(server, tls="starttls", host="localhost")
        for smarthost in (
            Smarthost(other, "bot.court.test", client_context()),
            Smarthost(unknown, "bot.court.test"),
        ):
            with pytest.raises(SmarthostUnavailable, match="CERTIFICATE_VERIFY_FAILED"):
                await smarthost.deliver(MAIL, yes)
        assert "MAIL" not in " ".join(server.lines)


# --- Addresses ---


async def test_utf8_addresses_need_a_server_that_knows_them() -> None:
    """Statement 24."""
    mail = Outgoing("bot@court.test", "ünal@home.test", b"x\r\n", needs_smtputf8=True)
    async with sink() as server, towards(server) as smarthost:
        with pytest.raises(MailRefused, match=r"5\.6\.7"):
            await smarthost.deliver(mail, yes)
        assert await smarthost.deliver(MAIL, yes)
    async with sink(offers=("SMTPUTF8", "8BITMIME")) as server, towards(server) as smarthost:
        await smarthost.deliver(mail, yes)
        assert server.taken[0].recipient == "ünal@home.test"
        assert server.lines[1] == "MAIL FROM:<bot@court.test> SMTPUTF8"


@pytest.mark.parametrize(
    "address",
    ["a@b.test>\r\nRCPT TO:<c@d.test", "a b@c.test", "<a@b.test>", "a@b\0.test", "ü@b.test"],
)
async def test_addresses_that_would_be_two_commands(address: str) -> None:
    async with sink() as server, towards(server) as smarthost:
        with pytest.raises(MailRefused):
            await smarthost.deliver(Outgoing("", address, b"x\r\n"), yes)
        assert server.connections == 0


# --- The wire ---


@given(st.lists(st.sampled_from([b".", b"\r\n", b"\n", b"\r", b"a", b"..", b"\r\n.\r\n"])))
def test_nothing_in_a_mail_ends_it(pieces: list[bytes]) -> None:
    """Statements 14 and 16, T-POISON: only the last line is a dot, and line ends are CRLF."""
    octets = on_the_wire(b"".join(pieces))
    assert octets.endswith(b"\r\n.\r\n")
    lines = octets.split(b"\r\n")
    assert lines.index(b".") == len(lines) - 2
    assert not any(b"\r" in line or b"\n" in line for line in lines)
    assert all(line.startswith(b"..") for line in lines[:-2] if line.startswith(b"."))
