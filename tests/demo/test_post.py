"""The compose box writes proper mails, answers like a mail program, and really speaks SMTP."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.config import Limits
from mailbot.demo.mails import Mail
from mailbot.demo.opened import open_mail
from mailbot.demo.post import Draft, Unsendable, answer_to, from_mailto, hand_over, mail_of
from mailbot.demo.sink import Sink

NOW = datetime(2026, 3, 3, 15, tzinfo=UTC)
DRAFT = Draft("Alex <alex@people.example>", "track@court.example", "TRACK 15AB-CR00015", "please\n")


def read(content: bytes) -> EmailMessage:
    return message_from_bytes(content, policy=policy.default)


def test_a_draft_becomes_a_mail() -> None:
    content = mail_of(DRAFT, NOW)
    mail = read(content)
    assert mail["From"] == "alex@people.example"
    assert mail["To"] == "track@court.example"
    assert mail["Subject"] == "TRACK 15AB-CR00015"
    assert mail["Message-ID"].endswith("@people.example>")
    assert mail["Date"] == "Tue, 03 Mar 2026 15:00:00 +0000"
    assert mail.get_content().strip() == "please"
    assert content.count(b"\n") == content.count(b"\r\n") == content.count(b"\r")


@pytest.mark.parametrize("address", ["", "alex", "alex@", "@x.example", "pëña@x.example", "a b@c"])
def test_an_address_is_needed(address: str) -> None:
    for draft in (Draft(sender=address, to="a@x.example"), Draft(sender="a@x.example", to=address)):
        with pytest.raises(Unsendable, match="needs an e-mail address"):
            mail_of(draft, NOW)


@given(
    subject=st.text(st.characters(exclude_categories=["Cs"]), max_size=80),
    body=st.text(st.characters(exclude_categories=["Cs"]), max_size=300),
    thread=st.text(st.characters(exclude_categories=["Cs"]), max_size=80),
)
def test_nothing_typed_makes_a_header_line(subject: str, body: str, thread: str) -> None:
    draft = Draft("a@x.example", "b@x.example", subject, body, thread, thread)
    try:
        content = mail_of(draft, NOW)
    except ValueError:  # what no mail program would send, it says so
        return
    names = {line.split(b":")[0] for line in content.split(b"\r\n\r\n")[0].split(b"\r\n")}
    known = {
        b"From",
        b"To",
        b"Subject",
        b"Date",
        b"Message-ID",
        b"In-Reply-To",
        b"References",
        b"MIME-Version",
        b"Content-Type",
        b"Content-Transfer-Encoding",
    }
    assert {name for name in names if name[:1] not in (b" ", b"\t")} <= known


def test_an_answer_quotes_the_mail_and_stays_in_its_thread() -> None:
    content = (
        b"From: Court <track@court.example>\r\nReply-To: track+n-x@court.example\r\n"
        b"Subject: docket activity\r\nMessage-ID: <2@x.example>\r\nReferences: <1@x.example>\r\n"
        b"Date: today\r\n\r\n1 new entry\r\n\r\nSO ORDERED\r\n"
    )
    mail = open_mail(Mail(1, "mailbot", NOW, "", "alex@people.example", content), Limits())
    draft = answer_to(mail, "alex@people.example", "STOP")
    assert draft == Draft(
        sender="alex@people.example",
        to="track+n-x@court.example",
        subject="Re: docket activity",
        body="STOP\n\nOn today, Court <track@court.example> wrote:\n"
        "> 1 new entry\n>\n> SO ORDERED\n",
        in_reply_to="<2@x.example>",
        references="<1@x.example> <2@x.example>",
    )
    again = read(mail_of(draft, NOW))
    assert again["In-Reply-To"] == "<2@x.example>"
    assert again["References"] == "<1@x.example> <2@x.example>"


@pytest.mark.parametrize(
    ("url", "draft"),
    [
        ("mailto:a+b@x.example?subject=STOP%20ALL", Draft(to="a+b@x.example", subject="STOP ALL")),
        ("mailto:a%2Bb@x.example", Draft(to="a+b@x.example")),
        ("mailto:a@x.example?SUBJECT=a+b&body=c", Draft(to="a@x.example", subject="a+b", body="c")),
        ("mailto:", Draft()),
    ],
)
def test_a_mailto_link_fills_the_box(url: str, draft: Draft) -> None:
    assert from_mailto(url) == draft


async def test_a_mail_is_handed_over_by_smtp() -> None:
    kept: list[tuple[str, str, bytes]] = []
    sink = Sink(lambda *mail: kept.append(mail))
    await sink.start()
    content = mail_of(DRAFT, NOW)
    reply = await asyncio.to_thread(hand_over, sink.port, DRAFT, content)
    await sink.stop()
    assert reply.startswith("250 ")
    assert kept == [("alex@people.example", "track@court.example", content)]


async def test_nobody_there_is_an_error() -> None:
    sink = Sink(lambda *_: None)
    await sink.start()
    await sink.stop()
    with pytest.raises(ConnectionRefusedError):
        await asyncio.to_thread(hand_over, sink.port, DRAFT, b"")
