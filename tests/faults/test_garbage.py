"""Lines of nonsense by SMTP and LMTP, in random pieces; each reply is as the model says (T-GARB)."""

from __future__ import annotations

import asyncio
import random

import pytest

from mailbot.inbound.smtp import replies
from mailbot.inbound.smtp.door import Terms, Way
from tests.faults.dialogue_model import Model
from tests.inbound.peer import MAIL, Gone, Peer, Scene, listening
from tests.scale import Scale
from tests.until import until

A_SESSION = 100  # lines
WORDS = [
    b"EHLO x", b"HELO x", b"LHLO x", b"MAIL FROM:<", b"a@b.test>", b"RCPT TO:<", b"mail from:<>",
    b"track@court.test>", b"DATA", b".", b" ", b"..", b"RSET", b"NOOP", b"VRFY x", b"EXPN x", b"HELP",
    b"AUTH PLAIN", b"STARTTLS", b" SIZE=", b"9" * 9, b" SMTPUTF8", b"\xff", "é".encode(), b"x" * 300,
    b"BDAT 1", b"XCLIENT", b"\xed\xa0\x80", "\u017fTOP".encode(), b"",
]  # fmt: skip
WHOLE = [b"MAIL FROM:<ann@home.test>", b"RCPT TO:<track@court.test>", b"rcpt to:<who@else.test>",
         b"DATA", b"DATA", b"."]  # fmt: skip
POISON = [b"\0", b"\r", b"\n", b"GET / HTTP/1.1", b"x" * 1000, b"QUIT"]  # each ends a session


def garbage(chance: random.Random) -> bytes:
    """A line: half of them whole commands in a likely order, one in 500 poison."""
    if chance.random() < 0.5:
        return chance.choice(WHOLE)
    words = chance.choices(WORDS, k=chance.choice((1, 1, 2, 3)))
    return b"".join([*words, *chance.choices(POISON, k=chance.random() < 0.004)])


def judge(way: str, lines: list[bytes], said: list[str]) -> tuple[int, int]:
    """Compare what was said with the model. Returns lines that were answered, and mails stored."""
    model, heard = Model(way), iter(said)
    for number, line in enumerate(lines):
        for codes in model.expects(line):
            reply = next(heard, None)
            if reply is None:
                assert model.ended, f"line {number}, {line!r}: no reply, {codes} was due"
                return number, model.stored
            assert reply[:3] in codes, f"line {number}, {line!r}: {reply!r}, {codes} was due"
            model.heard(line, reply[:3])
        if model.ended:
            assert next(heard, None) is None
            return number, model.stored
    raise AssertionError("the last line is QUIT")


@pytest.mark.parametrize("way", ["smtp", "lmtp"])
async def test_random_lines_get_the_replies_of_the_model_and_leave_nothing(
    way: Way, scale: Scale
) -> None:
    """T-GARB: half of the lines by each way; then an honest mail passes and no task is left."""
    chance = scale.chance(f"garbage {way}")
    terms = Terms(errors=10**6, idle_commands=10**6, idle=5.0, grace=5.0, linger=0.2)
    before = len(asyncio.all_tasks())
    count = scale.of(50_000, 2_000_000) // 2
    async with listening(terms, way=way) as scene:
        answered = sent = stored = 0
        while sent < count:
            lines = [garbage(chance) for _ in range(A_SESSION)]
            lines = [
                f"{'LHLO' if way == 'lmtp' else 'EHLO'} x".encode(),
                *lines,
                b".",
                b"RSET",
                b"QUIT",
            ]
            octets = b"".join(line + b"\r\n" for line in lines)
            done, kept = judge(way, lines, await babble(scene, octets, chance))
            answered, stored, sent = answered + done, stored + kept, sent + len(lines)
        assert answered > 0.7 * sent, "most lines were never looked at"
        assert stored > sent / 200, "hardly a mail came through"
        receipts = {raw.partition(b" id ")[2][:15] for _, raw in scene.desk.received}
        assert stored == len(receipts)
        async with scene.peer() as peer:
            assert (await peer.mail(MAIL))[:3] == "250"
        await until(lambda: not scene.listener.sessions)
        assert scene.listener.space.used == 0
    await until(lambda: len(asyncio.all_tasks()) <= before)


async def babble(scene: Scene, octets: bytes, chance: random.Random) -> list[str]:
    """Send octets in pieces while the replies are read."""
    async with scene.peer() as peer:
        reading = asyncio.create_task(read_all(peer))
        while octets and not reading.done():
            piece = chance.choice((1, 7, 50, 500, 5000))
            await peer.send(octets[:piece])
            octets = octets[piece:]
        return await reading


KNOWN = {value for name, value in vars(replies).items() if name.isupper()}


async def read_all(peer: Peer) -> list[str]:
    """Every reply to the end; each must be one of the table."""
    said: list[str] = []
    try:
        while True:
            reply = await peer.reply()
            assert reply in KNOWN or reply.startswith(("250 2.0.0 OK: kept", "250-mx", "250 mx")), (
                reply
            )
            said.append(reply)
    except Gone:
        return said
