"""Where lines and mails end, however the octets are cut into pieces."""

from __future__ import annotations

import asyncio
import itertools
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.inbound.smtp import replies
from mailbot.inbound.smtp.wire import (
    HIGH_WATER,
    Collector,
    FarTooBig,
    LineTooLong,
    SpoolSpace,
    Wire,
    WireEnded,
    defect,
)

BIG = 1_000_000


def collect(pieces: list[bytes], limit: int = BIG) -> tuple[bytes, bytes] | None:
    """Content and rest after the first piece that ends the mail, or None."""
    mail = Collector(limit, SpoolSpace(BIG))
    try:
        for number, piece in enumerate(pieces):
            rest = mail.feed(piece)
            if rest is not None:
                return mail.content(), rest + b"".join(pieces[number + 1 :])
        return None
    finally:
        mail.close()


@pytest.mark.parametrize(
    ("octets", "content"),
    [
        (b".\r\n", b""),
        (b"\r\n.\r\n", b"\r\n"),
        (b"a\r\n.\r\n", b"a\r\n"),
        (b"..\r\n.\r\n", b".\r\n"),
        (b"...\r\n..\r\n.\r\n", b"..\r\n.\r\n"),
        (b".a\r\n\r\n..b\r\n.\r\n", b"a\r\n\r\n.b\r\n"),
        (b"a.\r\n.\r\n", b"a.\r\n"),
    ],
)
def test_dots_are_unstuffed_at_every_cut(octets: bytes, content: bytes) -> None:
    """Statement 14: bodies of dots, dot as first octet, dot after a border."""
    for cut in range(len(octets) + 1):
        assert collect([octets[:cut], octets[cut:] + b"QUIT\r\n"]) == (content, b"QUIT\r\n")
    assert collect([bytes([octet]) for octet in octets]) == (content, b"")


# Twelve ways to end DATA that some server takes for an end (T-SMUG; CVE-2023-51764, -51765, -51766,
# 2023-52354, 2024-27305). None of them is one.
VARIANTS = [
    b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r\n.\r", b"\r.\r\n",
    b"\n.\r", b"\r.\n", b"\r\n.\0\r\n", b"\0\r\n.\n", b"\r\n\0.\r\n", b"\n\r.\r\n",
]  # fmt: skip


@pytest.mark.parametrize("variant", VARIANTS)
def test_nothing_but_crlf_dot_crlf_ends_a_mail(variant: bytes) -> None:
    smuggled = b"a" + variant + b"MAIL FROM:<evil@evil.test>\r\nRCPT TO:<x@y.test>\r\nDATA\r\nb"
    octets = smuggled + b"\r\n.\r\nQUIT\r\n"
    for cut in range(len(octets) + 1):
        found = collect([octets[:cut], octets[cut:]])
        assert found is not None
        content, rest = found
        assert b"MAIL FROM:<evil@evil.test>" in content
        assert rest == b"QUIT\r\n"
        assert defect(content) == replies.BARE_CR_OR_LF


@given(
    lines=st.lists(st.text(alphabet=".\x00ab\t", max_size=8).map(str.encode), max_size=8),
    cuts=st.lists(st.integers(0, 200), max_size=6),
)
def test_what_was_stuffed_comes_back(lines: list[bytes], cuts: list[int]) -> None:
    content = b"".join(line + b"\r\n" for line in lines)
    stuffed = b"".join(b"." * line.startswith(b".") + line + b"\r\n" for line in lines)
    octets = stuffed + b".\r\nNOOP\r\n"
    places = [0, *sorted(min(cut, len(octets)) for cut in cuts), len(octets)]
    pieces = [octets[a:b] for a, b in itertools.pairwise(places)]
    assert collect(pieces) == (content, b"NOOP\r\n")


def test_content_is_not_copied_where_no_dot_was_stuffed() -> None:
    """Ten megabytes once, not three times, on each of the threads."""
    mail = Collector(BIG, SpoolSpace(BIG))
    mail.feed(b"a.\r\n" * 50_000 + b".\r\n")
    tracemalloc.start()
    content = mail.content()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    mail.close()
    assert len(content) == 200_000
    assert peak < 1.5 * len(content)


def test_limit_is_exact_and_bounds_memory() -> None:
    space = SpoolSpace(BIG)
    for over, refusal in ((0, None), (1, replies.TOO_BIG)):
        mail = Collector(1000, space)
        assert mail.feed(b"a" * (998 + over) + b"\r\n.\r\n") == b""
        assert mail.refusal == refusal
        assert space.used == (0 if refusal else 1003)
        mail.close()
        mail.close()
    assert space.used == 0


def test_an_endless_mail_is_cut_at_eight_times_the_limit() -> None:
    """T-MEM: nothing is kept once it is too big, and the reading ends, too."""
    space = SpoolSpace(BIG)
    mail = Collector(1000, space)
    for _ in range(80):
        assert mail.feed(b"a" * 100) is None
    assert mail.refusal == replies.TOO_BIG
    assert space.used == 0
    with pytest.raises(FarTooBig):
        mail.feed(b"a")
    mail.close()


def test_all_mails_share_their_room() -> None:
    space = SpoolSpace(1000)
    first, second = Collector(BIG, space), Collector(BIG, space)
    first.feed(b"a" * 900)
    second.feed(b"b" * 200)
    assert second.refusal == replies.NO_ROOM
    first.close()
    third = Collector(BIG, space)
    assert third.feed(b"c" * 900 + b"\r\n.\r\n") == b""
    assert third.refusal is None
    second.close()
    third.close()
    assert space.used == 0


def test_big_mails_lie_in_a_file_and_come_back_whole() -> None:
    line = b"x" * 76 + b"\r\n"
    count = 3 * HIGH_WATER // len(line)
    assert collect([line] * count + [b".\r\n"]) == (line * count, b"")


@pytest.mark.parametrize(
    ("content", "reply"),
    [
        (b"", None),
        (b"Subject: a\r\n\r\nb\r\n", None),
        (b"a\nb\r\n", replies.BARE_CR_OR_LF),
        (b"a\rb\r\n", replies.BARE_CR_OR_LF),
        (b"a\r\r\n", replies.BARE_CR_OR_LF),
        (b"Subject: hi\rFrom: victim@home.test\r\n\r\n", replies.BARE_CR_OR_LF),
        (b"a\n\rb\r\n", replies.BARE_CR_OR_LF),
        (b"a\0b\r\n", replies.BARE_CR_OR_LF),
        (b"x" * 998 + b"\r\n", None),
        (b"x" * 999 + b"\r\n", replies.TEXT_LINE_TOO_LONG),
        (b"a\r\n" * 400 + b"x" * 999 + b"\r\n", replies.TEXT_LINE_TOO_LONG),
        (b"x" * 998 + b"\r\n" + b"y" * 998 + b"\r\n", None),
        (b"Received: x\r\n" * 50 + b"\r\n", None),
        (b"rEceived : x\r\n" * 51 + b"\r\n", replies.MAIL_LOOP),
        (b"Subject: x\r\n\r\n" + b"Received: x\r\n" * 60, None),
    ],
)
def test_defects(content: bytes, reply: str | None) -> None:
    """Statements 3 and 11; reliability.md 2.1 and 0.8."""
    assert defect(content) == reply


@given(st.lists(st.integers(0, 1200), max_size=12))
def test_long_lines_are_found_wherever_they_are(lengths: list[int]) -> None:
    content = b"".join(b"x" * length + b"\r\n" for length in lengths)
    assert (defect(content) is not None) == any(length > 998 for length in lengths)


async def test_a_line_ends_at_its_lf_and_not_later_than_the_limit() -> None:
    wire = Wire()
    wire.feed(b"NOOP\r\nQU")
    assert await wire.line(10) == b"NOOP\r\n"
    waiting = asyncio.create_task(wire.line(10))
    await asyncio.sleep(0)
    wire.feed(b"IT\n" + b"x" * 9 + b"\n" + b"y" * 11)
    assert await waiting == b"QUIT\n"
    assert await wire.line(10) == b"x" * 9 + b"\n"
    with pytest.raises(LineTooLong):
        await wire.line(10)


async def test_the_end_of_the_wire_comes_after_its_octets() -> None:
    wire = Wire()
    wire.feed(b"abc")
    wire.end()
    assert await wire.chunk() == b"abc"
    with pytest.raises(WireEnded):
        await wire.chunk()
    with pytest.raises(WireEnded):
        await wire.line(10)


async def test_unread_octets_come_first() -> None:
    wire = Wire()
    wire.feed(b"RSET\r\n")
    wire.unread(b"NOOP\r\n")
    assert await wire.line(100) == b"NOOP\r\n"
    assert await wire.line(100) == b"RSET\r\n"
