"""Where a notice ends, and whom it names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.inbound.reading.reports.notice import addresses, part, recipients

OWN = {"bot@court.example"}


def named(text: str, home: str = "") -> list[str]:
    return [each.address for each in recipients(text, OWN, home)]


@pytest.mark.parametrize(
    "mark",
    [
        "--- Below this line is a copy of the message.",
        "   ----- Original message follows -----",
        "   ----- Message header follows -----",
        "------ This is a copy of your message, including all the headers.",
        "Original message follows.",
        "Original message headers:",
        "A copy of the original message below this line:",
        "Message headers follow.",
        "Old message:",
        "Your message reads (in part):",
        "Received: from a by b",
        "Return-path: <bot@court.example>",
        "DKIM-Signature: v=1",
        "-------original mail info",
        "--------Returned mail follows--------",
    ],
)
def test_the_returned_mail_begins(mark: str) -> None:
    said, shown = part(f"It failed.\n{mark}\nTo: x@y.example\n")
    assert said == "It failed."
    assert shown.startswith(mark)


@pytest.mark.parametrize(
    "line",
    [
        "The original message was received at noon",
        "----- The following addresses had permanent fatal errors -----",
        "The following addresses did NOT receive a copy of your message:",
        "----- Transcript of session follows -----",
        "Your message:",
        "ann@far.example: 550 returned",
    ],
)
def test_it_has_not_begun(line: str) -> None:
    assert part(f"{line}\nmore")[1] == ""


@pytest.mark.parametrize(
    ("text", "people"),
    [
        ("<ann@far.example>: unknown", ["ann@far.example"]),
        ("  ann@far.example\n    unknown", ["ann@far.example"]),
        (" * [ann@far.example]: 550 full", ["ann@far.example"]),
        ('"ann@far.example":\nno', ["ann@far.example"]),
        ("dda:SMTP=ann@far.example; on Monday", ["ann@far.example"]),
        ("550-ann@far.example is no address", ["ann@far.example"]),
        ("550 <ann@far.example>... unknown", ["ann@far.example"]),
        (">>> RCPT To:<ann@far.example>\n<<< 550 (for bot@court.example)", ["ann@far.example"]),
        ("We tried to reach user ann@far.example in vain.", ["ann@far.example"]),
        ("Undeliverable address: ann@far.example", ["ann@far.example"]),
        ("Nobody like ann@far.example lives here", ["ann@far.example"]),
        ("Is it ann@far.example or is it bob@far.example", []),
        ("A message sent by\n\n  <carl@far.example>\n\nfailed for ann@far.example.", ["ann@far.example"]),
        ("For help contact postmaster@far.example", []),
        ("Please write to desk@far.example", []),
        ("Your mail to bot@court.example failed", []),
        ("<ann@far.example>: full\n<ANN@far.example>: full", ["ann@far.example"]),
        ("", []),
    ],
)  # fmt: skip
def test_people(text: str, people: list[str]) -> None:
    assert named(text) == people


@pytest.mark.parametrize("behind", ["", "   unknown", " (user not found)", " [full]"])
def test_a_bare_name_belongs_to_the_writer(behind: str) -> None:
    text = f"It did not reach the following recipients:\n\tscreenname{behind}\n"
    assert named(text, "far.example") == ["screenname@far.example"]
    assert named(text) == []


def test_each_is_told_what_is_said_of_it() -> None:
    first, second = recipients("<a@x.example>:\nfull\n\n<b@x.example>:\nunknown\n", OWN)
    assert "full" in first.said
    assert "unknown" not in first.said
    assert "unknown" in second.said


def test_addresses_of_a_field() -> None:
    assert addresses("Ann <ann@a.example>, 'Bob' <bob@b.example>") == [
        "ann@a.example",
        "bob@b.example",
    ]


@given(st.text(alphabet="a@.<>: \n-5'\"", max_size=3000))
def test_any_text_gives_a_value(text: str) -> None:
    said, _ = part(text)
    for each in recipients(said, OWN, "far.example"):
        assert "@" in each.address
