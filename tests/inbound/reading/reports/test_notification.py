"""Amazon SES tells in JSON."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.inbound.reading.reports.notification import read

BOUNCE = {
    "notificationType": "Bounce",
    "bounce": {
        "bouncedRecipients": [
            {
                "emailAddress": "ann@far.example",
                "status": "5.1.1",
                "diagnosticCode": "smtp; 550 5.1.1 no",
            }
        ]
    },
    "mail": {"messageId": "m1", "source": "bot+n-abc@court.example"},
}


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(BOUNCE),
        json.dumps({"Type": "Notification", "Message": json.dumps(BOUNCE)}),
        json.dumps(BOUNCE) + "\n--\nIf you wish to stop receiving notifications",
        json.dumps(BOUNCE)[:50] + "!\n " + json.dumps(BOUNCE)[50:],
    ],
)
def test_a_bounce(text: str) -> None:
    report = read(text)
    assert report is not None
    assert report.recipients == ("ann@far.example",)
    assert report.verdict == "hard"
    assert report.original == ("m1", "bot+n-abc@court.example")


def test_a_complaint() -> None:
    people = [{"emailAddress": "ann@far.example"}]
    report = read(json.dumps({"complaint": {"complainedRecipients": people}}))
    assert report is not None
    assert report.kind == "complaint"
    assert report.recipients == ("ann@far.example",)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[1]",
        "[" * 60_000,
        '{"bounce": 1}',
        '{"Message": "["}',
        '{"Message": {"bounce": {}}}',
    ],
)
def test_none(text: str) -> None:
    assert read(text) is None


@given(
    st.recursive(
        st.none() | st.text(max_size=5) | st.integers(),
        lambda x: (
            st.lists(x)
            | st.dictionaries(
                st.sampled_from(
                    ["bounce", "complaint", "bouncedRecipients", "emailAddress", "status", "mail"]
                ),
                x,
            )
        ),
        max_leaves=20,
    )
)
def test_any_json_gives_a_value(value: object) -> None:
    read(json.dumps(value))
    read(json.dumps({"bounce": {"bouncedRecipients": value}, "mail": value}))
