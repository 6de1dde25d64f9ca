"""A mail is a delivery system's by more than a phrase."""

from __future__ import annotations

import pytest

from mailbot.inbound.reading.reports.evidence import is_notification, speaks_of_delivery


def speaks(sender: str, subject: str, text: str, mail_from: str = "ann@far.example") -> bool:
    return speaks_of_delivery([("from", sender)], ["text/plain"], mail_from, subject, text)


@pytest.mark.parametrize(
    ("sender", "subject", "text", "mail_from"),
    [
        ("MAILER-DAEMON", "x", "y", "a@b.example"),
        ("Mailer-Daemon@x.example (Mail Delivery System)", "x", "y", "a@b.example"),
        ("Postmaster <postmaster@x.example>", "Undeliverable: x", "y", "a@b.example"),
        ("post_master@x.example", "Re: x", "RCPT TO: a@x.example 550 no such user", "a@b.example"),
        ("System <x@x.example>", "x", "550 5.1.1 unknown user", ""),
        ("x@x.example", "Returned mail: x", "user unknown", "a@b.example"),
        ("x@x.example", "x", "said: 550 no", "MAILER-DAEMON"),
        (
            "MicrosoftExchange329e71ec88ae@x.example",
            "x",
            "in no language known here",
            "a@b.example",
        ),
        ("filter-postmaster@x.example", "[Postmaster] Failure", "was rejected", "a@b.example"),
        ("postmaster@x.example", "Nedoručeno", "na adresu ann@far.example", ""),
        ("postmaster@x.example", "Benachrichtung zum Übermittlungsstatus (x)", "erstellt", ""),
    ],
)
def test_it_is(sender: str, subject: str, text: str, mail_from: str) -> None:
    assert speaks(sender, subject, text, mail_from)


@pytest.mark.parametrize(
    ("sender", "subject", "text", "mail_from"),
    [
        ("ann@far.example", "user unknown", "550 5.1.1 user unknown", "ann@far.example"),
        ("ann@far.example", "Undeliverable: x", "look at this", "ann@far.example"),
        ("ann@far.example", "Out of office", "the mailbox is full of mail", ""),
        ("ann@far.example", "Notice", "The summons was returned.", ""),
        ("postmaster@far.example", "Hello", "Let us talk about the weather.", "p@far.example"),
        ("postmaster@far.example", "Out of office", "I am out of the office.", ""),
    ],
)
def test_it_is_not(sender: str, subject: str, text: str, mail_from: str) -> None:
    assert not speaks(sender, subject, text, mail_from)


def test_at_an_address_for_bounces_the_words_suffice() -> None:
    fields = [("from", "Far Mail <server@far.example>")]
    told = (fields, ["text/plain"], "server@far.example", "Your mail", "The mailbox is full.")
    assert not speaks_of_delivery(*told)
    assert speaks_of_delivery(*told, expected=True)
    absent = (fields, ["text/plain"], "", "Out of office", "The mailbox is full of mail.")
    assert not speaks_of_delivery(*absent, expected=True)


@pytest.mark.parametrize(
    "text",
    [
        "You are not a member of this mailing list <a@lists.example>.",
        "Your mail was not taken: you are not allowed to post to the list.",
        "You are not authorized to send mail to the A list.",
    ],
)
def test_there_a_lists_manager_that_took_no_mail_is_heard(text: str) -> None:
    fields = [("from", "a-admin@lists.example"), ("mailing-list", "run by a manager")]
    told = (fields, ["text/plain"], "a-admin@lists.example", "You are not member", text)
    assert not speaks_of_delivery(*told)
    assert speaks_of_delivery(*told, expected=True)


def test_fields_and_parts_suffice() -> None:
    assert speaks_of_delivery([("x-failed-recipients", "a@b.example")], [], "x", "", "")
    assert speaks_of_delivery([], ["message/delivery-status"], "x", "", "")
    assert speaks_of_delivery([], ["multipart/report; delivery-status"], "x", "", "")


def test_notifications() -> None:
    assert is_notification(' {"notificationType": "Bounce"}')
    assert not is_notification('The "notificationType" is')
