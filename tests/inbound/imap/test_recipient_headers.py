"""Which fields of a fetched mail say for whom it came is the mailbox's to name."""

from __future__ import annotations

import pytest

from mailbot.config import Limits
from mailbot.inbound.imap.labels import Unfit, envelope_of

BOT, STOP = "track@court.test", "stop@court.test"
RAW = f"X-Envelope-To: {STOP}\r\nDelivered-To: {BOT}\r\nTo: {BOT}\r\n\r\nx\r\n".encode()


def recipient(names: tuple[str, ...], addresses: frozenset[str], raw: bytes = RAW) -> str:
    return envelope_of(raw, Limits(), addresses, {BOT, STOP}.__contains__, names).recipient


def test_the_named_field_counts_and_no_other() -> None:
    both = frozenset({BOT, STOP})
    assert recipient(("X-Envelope-To",), both) == STOP
    assert recipient(("Delivered-To",), both) == BOT


def test_a_field_that_nobody_named_takes_no_route() -> None:
    """Trap 88: a sender's Delivered-To, where the server writes none."""
    assert (
        recipient((), frozenset({BOT}), RAW.replace(b"Delivered-To: track", b"Delivered-To: stop"))
        == BOT
    )


def test_the_visible_to_alone_never_decides() -> None:
    with pytest.raises(Unfit):
        recipient((), frozenset({BOT, STOP}))


def test_a_tag_behind_an_unusual_separator_is_found_in_the_visible_to() -> None:
    tagged = "track_n-abc@court.test"
    raw = f"To: {tagged}\r\n\r\nx\r\n".encode()
    found = envelope_of(raw, Limits(), frozenset({BOT}), {BOT, tagged}.__contains__, ())
    assert found.recipient == tagged
