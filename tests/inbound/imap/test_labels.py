"""The envelope of a fetched mail: who delivered it says for whom it came."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.config import Limits
from mailbot.inbound.imap.labels import Unfit, envelope_of
from mailbot.model import Envelope

LIMITS = Limits()
BOT = "track@court.test"
ONE, TWO = frozenset({BOT}), frozenset({BOT, "stop@court.test"})


def read(*fields: str, addresses: frozenset[str] = TWO) -> Envelope:
    raw = "\r\n".join([*fields, "", "x", ""]).encode()
    return envelope_of(raw, LIMITS, addresses, lambda it: it.lower().endswith("@court.test"))


@pytest.mark.parametrize(
    "name", ["Delivered-To", "X-Original-To", "Envelope-To", "X-Gm-Original-To"]
)
@pytest.mark.parametrize(
    "value", ["stop+x@court.test", "<stop+x@court.test>", " stop+x@court.test "]
)
def test_the_delivered_address_is_the_recipient(name: str, value: str) -> None:
    assert read(f"{name}: {value}", f"To: {BOT}").recipient == "stop+x@court.test"


def test_the_topmost_wins_over_what_the_sender_wrote() -> None:
    """Trap 88: a server writes above, whoever sends the mail below."""
    fields = ("Delivered-To: stop@court.test", "Received: x", f"Delivered-To: {BOT}")
    assert read(*fields).recipient == "stop@court.test"


def test_an_account_that_is_not_ours_is_passed_over() -> None:
    """Postfix: Delivered-To is the local account, X-Original-To what the mail was for."""
    fields = ("X-Original-To: stop@court.test", "Delivered-To: vmail@store.test")
    assert read(*fields[::-1]).recipient == "stop@court.test"


def test_the_visible_recipient_alone_decides_nothing_among_several() -> None:
    with pytest.raises(Unfit, match="one of several"):
        read("To: stop@court.test", "Cc: track@court.test")


@pytest.mark.parametrize(
    ("to", "recipient"),
    [
        (BOT, BOT),
        ("friends@home.test", BOT),  # Bcc
        ("stop@court.test", BOT),
        ("Bot <Track+c-abc@court.test>", "track+c-abc@court.test"),
        ("ann@home.test, <track+n-abc@court.test>", "track+n-abc@court.test"),
        ("tracker@court.test", BOT),
        ("track+x@home.test", BOT),
        ("track@court.test.evil.test", BOT),
        ("", BOT),
    ],
)
def test_an_account_of_one_address_gets_all_for_that_one(to: str, recipient: str) -> None:
    assert read(f"To: {to}", addresses=ONE).recipient == recipient


def test_an_account_of_no_address_gets_nothing() -> None:
    with pytest.raises(Unfit):
        read(f"To: {BOT}", addresses=frozenset())


@pytest.mark.parametrize(
    ("fields", "mail_from"),
    [
        (("Return-Path: <ann@home.test>", "From: bob@home.test"), "ann@home.test"),
        (("Return-Path: ann@home.test",), "ann@home.test"),
        (("Return-Path: <>", "From: bob@home.test"), ""),
        (("Return-Path: <a@home.test>", "Return-Path: <b@home.test>"), "a@home.test"),
        (("From: Bob <bob@home.test>",), "bob@home.test"),
        (("From: a@home.test, b@home.test",), ""),
        ((), ""),
    ],
)
def test_the_return_path_is_the_envelope_sender(fields: tuple[str, ...], mail_from: str) -> None:
    assert read(f"Delivered-To: {BOT}", *fields).mail_from == mail_from


@pytest.mark.parametrize(
    "raw",
    [
        b"Subject: hi\rFrom: victim@home.test\r\n\r\nx",
        b"Subject: hi\r\n\rFrom: victim@home.test\r\n\r\nx",
        b"Subject: \0\r\n\r\nx",
        b"Subject: x\r\n\r\n\0",
    ],
)
def test_a_header_that_can_be_read_in_two_ways_is_refused(raw: bytes) -> None:
    with pytest.raises(Unfit):
        envelope_of(b"Delivered-To: track@court.test\r\n" + raw, LIMITS, ONE, lambda _: True)


def test_a_bare_cr_in_the_body_is_no_matter_of_the_header() -> None:
    raw = b"Delivered-To: track@court.test\r\nSubject: x\r\r\n\r\nold\rline ends\r\n"
    assert envelope_of(raw, LIMITS, ONE, lambda _: True).recipient == BOT


@given(raw=st.binary(max_size=300))
def test_any_octets_give_an_envelope_or_a_reason(raw: bytes) -> None:
    try:
        envelope = envelope_of(raw, LIMITS, ONE, lambda address: address == BOT)
    except Unfit:
        return
    assert envelope.recipient.startswith("track")
