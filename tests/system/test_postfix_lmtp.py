"""A real Postfix hands mail over by LMTP: one connection, a reply for each recipient, none twice."""

from __future__ import annotations

import asyncio
import re
import smtplib
from collections import Counter

import pytest

from mailbot.errors import StoreUnavailable
from mailbot.inbound.smtp.door import Terms
from mailbot.model import Envelope
from tests.inbound.peer import MAIL, Desk, listening
from tests.stories.theatre import SECONDS, free_port
from tests.system.postfix import Postfix
from tests.until import until

pytestmark = pytest.mark.system

THREE = ["track@court.example", "stop@court.example", "help@court.example"]


class Court(Desk):
    """A desk for court.example."""

    def accepts(self, recipient: str) -> bool:
        return recipient.endswith("@court.example")


def hand_in(postfix: Postfix, *recipients: str) -> None:
    with smtplib.SMTP("127.0.0.1", postfix.port, timeout=SECONDS) as server:
        assert server.sendmail("ann@people.example", recipients, MAIL) == {}


async def test_one_failing_recipient_makes_nobody_elses_mail_come_twice() -> None:
    """T-LMTP; libraries.md finding 2: stock made the third recipient's mail come three times."""
    down = [True]

    def fail(envelope: Envelope) -> None:
        if down[0] and envelope.recipient.startswith("stop"):
            raise StoreUnavailable

    desk = Court(before=fail)
    async with listening(Terms(), desk=desk, way="lmtp") as scene:
        with Postfix([], scene.listener.port, free_port(), way="lmtp") as postfix:
            await asyncio.to_thread(hand_in, postfix, *THREE)
            await until(lambda: "status=deferred" in postfix.log, SECONDS)
            await until(lambda: postfix.log.count("status=sent") == 2, SECONDS)
            assert Counter(desk.recipients) == Counter([THREE[0], THREE[2]])
            down[0] = False
            await asyncio.to_thread(postfix.flush)
            await until(lambda: postfix.queued() == 0, SECONDS)
            log = postfix.log
        assert Counter(desk.recipients) == Counter(THREE)
        assert len(re.findall(r"status=deferred .*451 4\.3\.0", log)) == 1
        assert all(b" with LMTP id in-" in raw for _, raw in desk.received)


async def test_a_refused_mail_is_refused_for_each_and_not_tried_again() -> None:
    """A size refusal by three replies; with one, Postfix waits and tries the others again."""
    desk = Court()
    async with listening(Terms(), message_bytes=70_000, desk=desk, way="lmtp") as scene:
        with Postfix([], scene.listener.port, free_port(), way="lmtp") as postfix:
            mail = MAIL + (b"x" * 76 + b"\r\n") * 2000
            with smtplib.SMTP("127.0.0.1", postfix.port, timeout=SECONDS) as server:
                assert server.sendmail("ann@people.example", THREE, mail) == {}
            await until(lambda: postfix.log.count("status=bounced") >= 3, SECONDS)
            await until(lambda: postfix.queued() == 0, SECONDS)
        assert desk.received == []
