"""The fields of delivery reports, in order and out of order."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.inbound.reading.reports.fields import address_of, entries, is_report


@pytest.mark.parametrize(
    ("value", "address"),
    [
        ("rfc822; ann@far.example", "ann@far.example"),
        ("RFC822;Ann@Far.Example", "Ann@Far.Example"),
        ("rfc822;<ann@far.example>", "ann@far.example"),
        ("ann@far.example", "ann@far.example"),
        ("rfc822; ann@far.example (Ann)", "ann@far.example"),
        ('rfc822; "ann"@far.example', '"ann"@far.example'),
        ('rfc822; "ann@far.example"', "ann@far.example"),
        ("utf-8; \\x{D6}@far.example", "Ö@far.example"),
        ("rfc822; \\x{D6}@far.example", "\\x{D6}@far.example"),
        ("LOCAL; ann", None),
        ("X-Unix; |/var/lib/robot", None),
        ("rfc822; ann @ far.example", None),
        ("utf-8; \\x{D800}@far.example", "\\x{D800}@far.example"),
        ("utf-8; \\x{FFFFFF}@far.example", "\\x{FFFFFF}@far.example"),
        ("", None),
    ],
)
def test_addresses(value: str, address: str | None) -> None:
    assert address_of(value) == address


def test_the_final_recipient_is_the_one() -> None:
    [entry] = entries(
        "Original-Recipient: rfc822;a@x.example\nFinal-Recipient: rfc822;b@y.example\n"
    )
    assert entry.recipient == "b@y.example"


def test_the_original_one_where_the_final_one_is_none() -> None:
    [entry] = entries("Original-Recipient: rfc822;<a@x.example>\nFinal-Recipient: LOCAL;<a>\n")
    assert entry.recipient == "a@x.example"


def test_a_blank_line_within_a_recipient() -> None:
    [entry] = entries(
        "Final-Recipient: rfc822;a@x.example\n\nAction: failed\n\nStatus: 5.1.1 (x)\n"
    )
    assert (entry.action, entry.status) == ("failed", "5.1.1")


def test_no_blank_line_between_recipients() -> None:
    first, second = entries(
        "Final-Recipient: rfc822;a@x.example\nAction: failed\nStatus: 5.1.1\n"
        "Final-Recipient: rfc822;b@x.example\nAction: delayed\nStatus: 4.4.1\n"
    )
    assert (first.recipient, first.status) == ("a@x.example", "5.1.1")
    assert (second.recipient, second.status) == ("b@x.example", "4.4.1")


def test_fields_before_the_name() -> None:
    [entry] = entries(
        "Reporting-MTA: dns; x\n\nAction: failed\nStatus: 5.2.2\nFinal-Recipient : rfc/822;a@x.example\n"
    )
    assert (entry.recipient, entry.status) == ("a@x.example", "5.2.2")


def test_an_action_of_the_whole_report() -> None:
    [entry] = entries(
        "Reporting-MTA: dns; x\nAction: failed\n\nFinal-Recipient: rfc822;a@x.example\n"
    )
    assert entry.action == "failed"


def test_folded_values_and_a_sorting() -> None:
    [entry] = entries(
        "Final-Recipient: rfc822;a@x.example\nDiagnostic-Code: smtp; 550 no\n  such user\n"
        "X-PowerMTA-BounceCategory: bad-mailbox\n"
    )
    assert entry.diagnostic == "smtp; 550 no such user bad-mailbox"


def test_nobody_is_named() -> None:
    assert entries("Reporting-MTA: dns; x\nAction: failed\n") == []
    assert not is_report("Final-Recipient: rfc822;a@x.example\n")
    assert is_report("Final-Recipient: rfc822;a@x.example\nAction: failed\n")


def test_there_are_limits() -> None:
    many = "\n".join(f"Final-Recipient: rfc822;a{n}@x.example\n" for n in range(5000))
    assert 100 <= len(entries(many)) <= 200


@given(st.text(max_size=2000))
def test_any_text_gives_a_value(text: str) -> None:
    for entry in entries(text):
        assert entry.recipient is None or "@" in entry.recipient
        assert entry.status is None or entry.status[1] == "."
        assert entry.action == entry.action.lower()
