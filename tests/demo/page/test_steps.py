"""The page suggests the first thing that was not done yet, from the mails that came."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from mailbot.config import Limits
from mailbot.demo.mails import Mail
from mailbot.demo.opened import Opened, open_mail
from mailbot.demo.page.steps import ORDER, next_step


def came(*templates: str) -> list[Opened]:
    """Mails of these kinds in order of arrival, returned newest first."""
    at = datetime(2026, 3, 3, 15, tzinfo=UTC)
    contents = [f"Feedback-ID: {name}:franklin:mailbot:x\r\n\r\n".encode() for name in templates]
    mails = [
        open_mail(Mail(number, "mailbot", at, "", "", content), Limits())
        for number, content in enumerate(contents, start=1)
    ]
    return mails[::-1]


@pytest.mark.parametrize(
    ("templates", "name", "mail_id"),
    [
        ((), "track", None),
        (("verify",), "confirm", 1),
        (("verify", "verify"), "confirm", 2),
        (("verify", "tracking"), "add", None),
        (("verify", "tracking", "notice"), "correct", 3),
        (("verify", "tracking", "notice", "notice"), "report", None),
        (("verify", "tracking", "notice", "notice", "report"), "stop", 4),
        (("verify", "tracking", "notice", "notice", "report", "stopped"), "undo", 6),
        (
            ("verify", "tracking", "notice", "notice", "report", "stopped", "restored"),
            "explore",
            None,
        ),
        (("verify", "stopped", "tracking", "report"), "add", None),
    ],
)
def test_the_next_step(templates: tuple[str, ...], name: str, mail_id: int | None) -> None:
    step = next_step(came(*templates))
    assert (step.name, step.mail_id) == (name, mail_id)


def test_it_counts_from_one_and_names_what_is_done() -> None:
    assert next_step([]).number == 1
    step = next_step(came("verify", "tracking", "stopped"))
    assert step.number == ORDER.index("add") + 1
    assert step.done == {"track", "confirm", "stop"}
