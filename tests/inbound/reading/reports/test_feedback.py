"""Feedback reports: a person's complaint, or a machine's."""

from __future__ import annotations

import pytest

from mailbot.inbound.reading.reports.feedback import read


@pytest.mark.parametrize("kind", ["abuse", "fraud", "opt-out", "Abuse", "other"])
def test_a_person_complains(kind: str) -> None:
    report = read([f"Version: 1\nFeedback-Type : {kind}\nUser-Agent: x\n"], ())
    assert report is not None
    assert report.feedback == kind.lower()


@pytest.mark.parametrize("kind", ["auth-failure", "not-spam", "virus"])
def test_nobody_complains(kind: str) -> None:
    assert read([f"Feedback-Type: {kind}\n"], ()) is None


def test_who_it_was() -> None:
    report = read(
        ["Feedback-Type: abuse\nOriginal-Rcpt-To: <a@x.example>\nRemoval-Recipient: b@x.example\n"],
        ("<n1@court.example>",),
    )
    assert report is not None
    assert report.recipients == ("a@x.example", "b@x.example")
    assert report.original == ("<n1@court.example>",)


def test_none() -> None:
    assert read([], ()) is None
    assert read(["", "Version: 1", "\0" * 1000], ()) is None
