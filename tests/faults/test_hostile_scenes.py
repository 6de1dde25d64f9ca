"""Single scenes of reliability.md 2.1: T-TLS, T-RCPT, T-RELAY, T-FD, and packets full of commands."""

from __future__ import annotations

import asyncio
import contextlib
import resource
import smtplib
import socket
from pathlib import Path

import pytest

from mailbot.inbound.smtp import replies
from mailbot.inbound.smtp.door import Terms, Way
from tests.inbound.peer import MAIL, TRACK, Gone, listening
from tests.scale import Scale
from tests.stories.theatre import Theatre
from tests.tls import client_context, server_context
from tests.world import people_the_court


@pytest.mark.parametrize("way", ["smtp", "lmtp"])
async def test_nothing_said_before_tls_survives_it(way: Way, scale: Scale) -> None:
    """T-TLS, statement 22, CVE-2024-34083: cuts of what is pipelined behind STARTTLS."""
    injected = b"NOOP\r\nMAIL FROM:<evil@evil.test>\r\nRCPT TO:<track@court.test>\r\n"
    terms = Terms(idle=0.5, linger=0.1)
    async with listening(terms, tls_context=server_context(), way=way) as scene:
        for cut in range(0, len(injected), 5 if scale.tier == "C" else 1):
            async with scene.peer() as peer:
                await peer.say(f"{peer.greeting} home.test")
                await peer.say("MAIL FROM:<ann@home.test>")
                await peer.send(b"STARTTLS\r\n" + injected[:cut])
                assert await peer.reply() == replies.READY_TO_UPGRADE
                with contextlib.suppress(OSError, Gone):
                    await peer.starttls(client_context())
                    assert await peer.say(f"RCPT TO:<{TRACK}>") == replies.MAIL_FIRST
                    assert await peer.say("MAIL FROM:<>") == replies.GREET_FIRST
                    assert (await peer.mail(MAIL))[:3] == "250"
        received = scene.desk.received
        assert {envelope.mail_from for envelope, _ in received} <= {"ann@home.test"}
        protocol = b" with ESMTPS id " if way == "smtp" else b" with LMTPS id "
        assert len(received) > 5
        assert all(protocol in raw for _, raw in received)


async def test_twenty_thousand_recipients() -> None:
    """T-RCPT: stock accepts them all."""
    async with listening() as scene, scene.peer() as peer:
        await peer.say("EHLO home.test")
        await peer.say("MAIL FROM:<ann@home.test>")
        sending = asyncio.create_task(
            peer.send(b"".join(b"RCPT TO:<a%d@court.test>\r\n" % n for n in range(20_000)))
        )
        said = [await peer.reply() for _ in range(20_000)]
        await sending
        assert said.count(replies.RECIPIENT_OK) == 100
        assert said.count(replies.TOO_MANY_RECIPIENTS) == 19_900


async def test_a_thousand_foreign_recipients() -> None:
    """T-RELAY: by every way of writing an address, none accepted, none asked of a network."""
    forms = ["a{}@foreign.test", "@court.test:a{}@foreign.test", '"a{}@court.test"@foreign.test',
             "a{}%court.test@foreign.test", "a{}@court.test.foreign.test"]  # fmt: skip
    async with listening() as scene:
        for start in range(0, 1000, 100):
            async with scene.peer() as peer:
                await peer.say("EHLO home.test")
                await peer.say("MAIL FROM:<ann@court.test>")
                for number in range(start, start + 100):
                    address = forms[number % len(forms)].format(number)
                    assert await peer.say(f"RCPT TO:<{address}>") == replies.UNKNOWN_RECIPIENT
                assert await peer.say("DATA") == replies.RECIPIENT_FIRST


async def test_packets_full_of_commands_keep_nobody_waiting() -> None:
    """Forty send 16 KB of HELP at once; each command is one turn, so others have theirs."""
    terms = Terms(idle_commands=10**6, linger=0.1)
    async with listening(terms) as scene, contextlib.AsyncExitStack() as stack:
        crowd = [await stack.enter_async_context(scene.peer()) for _ in range(40)]
        honest = await stack.enter_async_context(scene.peer())
        for peer in crowd:
            peer.writer.write(b"HELP\r\n" * 2500)
        assert (await honest.mail(MAIL))[:3] == "250"
        behind = [len(peer.reader._buffer) for peer in crowd]  # type: ignore[attr-defined]
        assert max(behind) < 2500 * (len(replies.HELP) + 2)


def test_a_mail_never_bounces_because_files_are_used_up(tmp_path: Path) -> None:
    """T-FD: stock says 500. Here it waits or hears 4xx, and afterwards it is as before."""
    theatre = Theatre(tmp_path)
    people_the_court(theatre.court)
    mail = b"From: ann@x.example\r\nSubject: HELP\r\nMessage-ID: <%d@x.example>\r\n\r\nHELP\r\n"
    codes: list[int] = []
    with theatre, contextlib.ExitStack() as crowd:
        theatre.send("ann@x.example", "track@court.example", mail % 1)
        before = resource.prlimit(theatre.pid, resource.RLIMIT_NOFILE)
        held = len(list(Path(f"/proc/{theatre.pid}/fd").iterdir()))
        resource.prlimit(theatre.pid, resource.RLIMIT_NOFILE, (held + 3, before[1]))
        for number in range(60):
            sock = crowd.enter_context(socket.socket())
            sock.bind((f"127.0.1.{1 + number % 50}", 0))
            sock.connect(("127.0.0.1", theatre.smtp_port))
        for number in range(3):
            try:
                with smtplib.SMTP("127.0.0.1", theatre.smtp_port, "x.example", 2) as server:
                    server.sendmail("ann@x.example", ["track@court.example"], mail % (2 + number))
            except smtplib.SMTPRecipientsRefused as error:
                codes += [code for code, _ in error.recipients.values()]
            except smtplib.SMTPResponseException as error:
                codes.append(error.smtp_code)
            except OSError:  # it waits for its turn
                continue
        crowd.close()
        resource.prlimit(theatre.pid, resource.RLIMIT_NOFILE, before)
        theatre.wait_for(theatre.is_ready, "the service to be well")
        theatre.send("bob@x.example", "track@court.example", mail % 9)
    assert all(400 <= code < 500 for code in codes), codes
