"""Hard where nobody is there, soft for all else, by code first and then by words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.inbound.reading.reports.reasons import judge

RCPT = "(in reply to RCPT TO command)"
DATA = "(in reply to end of DATA command)"


@pytest.mark.parametrize(
    "said",
    [
        "550 5.1.1 <ann@far.example>: no such user",
        "5.1.10 RESOLVER.ADR.RecipientNotFound",
        "550 5.1.2 unknown host",
        "554 5.4.4 unable to route",
        f"550 user unknown {RCPT}",
        f"550 no mailbox here by that name {RCPT}",
        f"550 5.2.1 unknown user {RCPT}",
        "Host or domain name not found",
        "Unrouteable address",
        'unknown local-part "ann" in domain "far.example"',
        "Sorry, I couldn't find any host named far.example",
        "551 5.1.6 the user has moved to another place",
        "556 5.7.27 domain does not accept mail (null MX)",
        "556 no",
        "521 far.example takes no mail",
        "The destination addresses were unknown",
        f"550 not a valid mailbox {RCPT}",
        f"550 your recipient is not in our table {RCPT}",
        f"554 that account has been deleted {RCPT}",
        f"550 no one at this address {RCPT}",
        "Unable to route: no mail hosts for far.example",
        "User not listed in public Name & Address Book",
    ],
)
def test_hard(said: str) -> None:
    assert judge(said).verdict == "hard"


@pytest.mark.parametrize(
    "said",
    [
        "You are not a member of this mailing list",
        "552 5.2.2 mailbox full",
        "550 5.1.1 user is over quota",
        "550 5.2.1 the account is disabled",
        "554 5.7.1 rejected as spam",
        "550 5.7.26 unauthenticated mail, DMARC policy",
        "550 5.1.1 192.0.2.1 has sent too many messages",
        "552 5.3.4 message too large",
        "450 4.1.1 user unknown",
        "421 4.7.0 try again later",
        "550 5.1.8 sender address rejected",
        "550 5.4.1 recipient address rejected: access denied",
        f"550 user unknown {DATA}",
        "553 5.1.0 nowhere.example does not exist (in reply to MAIL FROM command)",
        "550 access denied (after initial connection)",
        "550 5.0.0 on hold",
        "554 delivery error",
        "521 your address is blocked",
        f"550 verify sender: domain does not exist {RCPT}",
        f"550 recipient rejected, your host is on a block list {DATA}",
        "connection timed out",
    ],
)
def test_soft(said: str) -> None:
    assert judge(said).verdict == "soft"


def test_the_code_that_says_more_counts() -> None:
    assert judge("550 5.7.54 unable to relay", "5.0.0").status == "5.7.54"
    assert judge("550 nothing", "5.2.2").status == "5.2.2"
    assert judge("450 4.7.1 no", "4.4.7").status == "4.7.1"
    assert judge("554 5.0.0 no", "5.1.1").status == "5.1.1"


def test_no_code_is_read_out_of_an_internet_address() -> None:
    assert judge("host mx [5.1.1.9] said nothing").status is None
    assert judge("192.0.2.550 no").reply is None


def test_nothing_said_is_no_verdict() -> None:
    assert judge("").verdict is None
    assert judge("Hello").verdict is None


@given(st.text(max_size=3000), st.none() | st.text(max_size=10))
def test_any_text_gives_a_value(said: str, status: str | None) -> None:
    assert judge(said, status).verdict in ("hard", "soft", None)
