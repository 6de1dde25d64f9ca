"""Any mail can be opened; what is shown of it stays within limits."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

from hypothesis import given
from hypothesis import strategies as st

from mailbot.config import Limits
from mailbot.demo.mails import Mail
from mailbot.demo.opened import PREVIEW, SOURCE_BYTES, Opened, open_mail

NOTICE = b"""\
From: "Missouri Courts Case.net System" <track@court.example>
To: alex@people.example
Reply-To: track+n-abc@court.example
Subject: =?utf-8?q?PE=C3=91A?= v.
  ECKELKAMP
Date: Tue, 03 Mar 2026 15:00:00 +0000
Message-ID: <1.x@track.court.example>
References: <a@x.example> <b@x.example>
Feedback-ID: notice:franklin:mailbot:track.court.example
Content-Type: multipart/alternative; boundary="cut"

--cut
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: quoted-printable

1 new entry=20=
in PE=C3=91A
--cut
Content-Type: text/html; charset=utf-8

<p>1 new entry</p>
--cut--
""".replace(b"\n", b"\r\n")


def opened(content: bytes, by: Literal["person", "mailbot"] = "mailbot") -> Opened:
    at = datetime(2026, 3, 3, 15, tzinfo=UTC)
    return open_mail(Mail(1, by, at, "a@x.example", "b@x.example", content), Limits())


def test_a_mail_of_mailbot() -> None:
    mail = opened(NOTICE)
    assert mail.sender == '"Missouri Courts Case.net System" <track@court.example>'
    assert mail.to == "alex@people.example"
    assert mail.reply_to == "track+n-abc@court.example"
    assert mail.subject == "PEÑA v. ECKELKAMP"
    assert mail.message_id == "<1.x@track.court.example>"
    assert mail.references == "<a@x.example> <b@x.example>"
    assert mail.template == "notice"
    assert mail.text.strip() == mail.preview == "1 new entry in PEÑA"
    assert mail.html.strip() == "<p>1 new entry</p>"
    assert mail.source.startswith("From: ")
    assert "\r" not in mail.source


def test_nobody_else_can_say_which_template_it_is() -> None:
    assert opened(NOTICE, by="person").template == ""


def test_what_is_not_there_is_empty() -> None:
    mail = opened(b"")
    assert (mail.subject, mail.text, mail.html, mail.preview) == ("", "", "", "")


def test_an_attachment_is_not_the_text() -> None:
    mail = opened(b"Content-Type: text/plain\r\nContent-Disposition: attachment\r\n\r\nsecret")
    assert mail.text == ""


@given(st.binary(max_size=2000))
def test_any_bytes_can_be_opened(content: bytes) -> None:
    mail = opened(content)
    assert len(mail.preview) <= PREVIEW
    assert isinstance(mail.source, str)


def test_the_source_is_cut() -> None:
    assert len(opened(b"x" * 1_000_000).source) == SOURCE_BYTES
