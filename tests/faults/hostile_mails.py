"""Hostile mails without end, the same for the same seed: made by hand, damaged, or by a grammar.

A mail of the grammar that a machine marks comes from an address of its own, so that whoever sees
an answer to it knows that the answer was forbidden.
"""

from __future__ import annotations

import base64
import quopri
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from random import Random

from mailbot.model import Envelope
from tests.fixtures_folder import BOT, envelope_of, every_mail

FROMS = (
    "ann@people.example", "Ann <ann@people.example>", '"victim@x.example" <evil@evil.example>',
    "a@x.example, b@y.example", "x: a@x.example;", "=?utf-8?q?=0D=0AFrom:_v@x.example?= <e@e.test>",
    "<<<ann@people.example>>>", "ann@people.example (" * 200, "ann@[192.0.2.1]", "@", "",
    "josé@bücher.example", "mailer-daemon@x.example", '"' * 99, "ann@people.example\x0bBcc: v@x.test",
    "ann@" + "a." * 150 + "example", "=?x?b?////?= <ann@people.example>", "ann@people..example",
    "\u202eann@people.example", "ann people <ann@people.example",
)  # fmt: skip
SUBJECTS = (
    "TRACK 15AB-CR00015", "Re: Re: AW: HELP", "STOP ALL", "=?utf-8?b?U1RPUA==?=", "=?utf-8?q?" * 90,
    "=?unknown-8bit?q?=FF?=", "\u017fTOP", "CONFIRM c." + "A" * 60, "", "=?utf-7?q?+ADw-?=",
    "UNDO\x00", "Undeliverable: STOP ALL", "x" * 7000, "Automatic reply: HELP",
    "TRACK 15AB-JU00003",
)  # fmt: skip
BODIES = (
    "", "STOP ALL\n", "TRACK 15AB-CR00015\nTRAK 1\n> STOP ALL\n", "YES", "> " * 400 + "STOP ALL\n",
    "HELP\x0bSTOP ALL\x85STOP ALL\u2028STOP ALL\n", "<a " * 500, "On 2015-01-01 a@b.test wrote:\n" * 20,
    "-- \nSTOP ALL\n", "{{ 7*7 }} %s %n <script>", "TRACK " + "15AB-CR00015, " * 60,
    "begin 644 x\n" + "M" + "0" * 60 + "\n", "--b\n\n--b--", "\u0301" * 500, "REPORT\nUNDO\nNO\n",
    "=\n=\n=41=", "*" * 500, "C A S E 1 5 A B", "NAME smith; DROP TABLE address", "\ufeffSTOP",
)  # fmt: skip
MACHINES = (
    "Auto-Submitted: auto-replied", "auto-submitted: Auto-Generated (x); owner=y", "List-Id: <a.b.test>",
    "Precedence: bulk", "PRECEDENCE: junk", "X-Auto-Response-Suppress: All", "X-Autoreply: yes",
    "X-Loop: a", "X-Failed-Recipients: v@x.test", "X-Mailbot-Loop: elsewhere.example",
    "List-Unsubscribe: <mailto:a@b.test>", "Return-Path: <>",
    'Content-Type: multipart/report; report-type=delivery-status; boundary="b"',
)  # fmt: skip
FIELDS = (
    "Message-ID: <<<", "Message-ID:", "Message-ID: <1@x.example>", "In-Reply-To: <a@b> <c@d>",
    "References: " + "<a@b.test>\n " * 150 + "<c@d.test>", "Date: Tue, 99 Foo 0000 99:99:99 +9999",
    "MIME-Version: 1.0 (" * 99, "Reply-To: victim@x.example", "Sender: victim@x.example",
    "Delivered-To: stop@court.example", "Authentication-Results: mx.court.example; dmarc=pass",
    "X-Y: " + "y" * 9000, " continued", "no colon", ": no name", "Subject: a second one",
    "From: a@second.example", "Content-Transfer-Encoding: x-uuencode",
    "Disposition-Notification-To: victim@x.example", "X-Auto-Response-Suppress: DR, OOF",
)  # fmt: skip
TYPES = (
    "text/plain", "text/html", "text/plain; charset=utf-16", 'text/plain; charset="utf-8\\0"', "text",
    "text/plain; charset=unicode_escape", "text/plain; format=flowed; delsp=yes", "message/rfc822",
    "text/calendar; method=REPLY", "application/ms-tnef", "multipart/mixed", "multipart/digest; boundary=b",
    "text/plain; charset*0=ut; charset*1=f-8", "multipart/alternative; boundary=", "image/png",
)  # fmt: skip
ADDRESSES = (
    BOT, "TRACK@court.example", "stop@court.example", "track+unknown@court.example",
    "track+n-aaaaaaaaaaaaaaaaaaaaaaaaaa@court.example", "stop+s-aaaaaaaaaaaaaaaaaaaaaaaaaa@court.example",
    "track+b-aaaaaaaaaaaaaaaaaaaaaaaaaa@court.example", "track+=victim=x.example@court.example",
)  # fmt: skip
SPICE = (
    b"\n",
    b"\r",
    b"\0",
    b"--b",
    b"=?",
    b'"',
    b"\n\n",
    b"\xff",
    b"<",
    b"(",
    b"\x85",
    b"STOP ALL\n",
)


@dataclass(frozen=True)
class Hostile:
    """A mail with its envelope, and the machine's own address that nothing may be sent to."""

    raw: bytes
    envelope: Envelope
    machine: str = ""


@cache
def seeds() -> tuple[Hostile, ...]:
    """Four hundred made by hand, and the world's own."""
    made = [
        Hostile(
            _written([f"From: {sender}", f"Subject: {SUBJECTS[number % 15]}"], body), _envelope()
        )
        for number, sender in enumerate(FROMS)
        for body in BODIES
    ]
    world = (path.read_bytes()[:60_000] for path in every_mail())
    return (*made, *(Hostile(raw, envelope_of(raw)) for raw in world))


def hostile_mails(chance: Random, more: tuple[Hostile, ...] = ()) -> Iterator[Hostile]:
    """Every seed as it is, then for ever: a damaged one, a made one."""
    known = (*seeds(), *more)
    yield from known
    number = 0
    while True:
        number += 1
        if number % 2:
            seed = chance.choice(known)
            yield Hostile(damaged(chance, seed.raw), seed.envelope)
        else:
            yield made(chance, number)


def damaged(chance: Random, seed: bytes, most: int = 12) -> bytes:
    """Octets lost, changed, doubled or put in, the tail cut off: fewer than `most` times."""
    raw = bytearray(seed)
    for _ in range(chance.randrange(1, most)):
        place = chance.randrange(len(raw) + 1)
        match chance.randrange(6):
            case 0:
                raw[place : place + chance.randrange(200)] = b""
            case 1:
                raw[place : place + 1] = bytes([chance.randrange(256)])
            case 2:
                raw[place:place] = raw[place : place + chance.randrange(500)]
            case 3 | 4:
                raw[place:place] = chance.choice(SPICE)
            case _:
                del raw[max(place, len(raw) // 2) :]
    return bytes(raw)


def made(chance: Random, number: int) -> Hostile:
    """A mail by the grammar: any fields in any order, any part in any encoding."""
    machine = f"robot{number}@machine{number % 9}.example" if chance.random() < 0.3 else ""
    sender = machine or chance.choice((*FROMS, f"p{number}@people{number % 50}.example"))
    lines = [f"From: {sender}", f"Subject: {chance.choice(SUBJECTS)}"]
    lines += chance.sample(FIELDS[:15] if machine else FIELDS, chance.randrange(6))
    chance.shuffle(lines)
    head, body = _entity(chance, depth=0)
    if machine:  # on top, so that no limit and no broken line hides it
        lines.insert(0, chance.choice(MACHINES))
        lines = [line for line in lines if not line.startswith((" ", "From: a@"))]
    envelope = Envelope("" if chance.random() < 0.1 else machine or "p@people.example", BOT)
    to = chance.choice(ADDRESSES)
    raw = _written([*lines, *head], body, chance.choice(("\n", "\r\n", "\r\n")))
    return Hostile(raw, Envelope(envelope.mail_from, to), machine)


def _entity(chance: Random, depth: int) -> tuple[list[str], str]:
    """The header lines and the text of a part."""
    if depth < 4 and chance.random() < 0.3:
        mark = chance.choice(("b", "bb", "b" * 70))
        parts = [_entity(chance, depth + 1) for _ in range(chance.randrange(5))]
        texts = ["\n".join([*head, "", text]) for head, text in parts]
        kind = chance.choice(("mixed", "alternative", "related", "signed"))
        end = chance.choice((f"\n--{mark}--\n", f"\n--{mark}", ""))
        inner = "".join(f"\n--{mark}\n{text}" for text in texts)
        return [f'Content-Type: multipart/{kind}; boundary="{mark}"'], inner + end
    text = "".join(chance.choices(BODIES, k=chance.randrange(1, 4)))
    head = [f"Content-Type: {chance.choice(TYPES)}"]
    match chance.randrange(4):
        case 0:
            octets = text.encode("utf-8", "replace")
            return [*head, "Content-Transfer-Encoding: base64"], base64.encodebytes(octets).decode()
        case 1:
            octets = quopri.encodestring(text.encode("utf-8", "replace"))
            return [*head, "Content-Transfer-Encoding: quoted-printable"], octets.decode("latin-1")
    return head, text


def _envelope() -> Envelope:
    return Envelope("somebody@sender.example", BOT)


def _written(lines: list[str], body: str, end: str = "\r\n") -> bytes:
    text = "\n".join([*lines, "", body])
    return text.replace("\n", end).encode("utf-8", "surrogateescape")
