"""Any bytes give an Inbound, within time and memory, and what a person typed is found in it."""

from __future__ import annotations

import base64
import hashlib
import time
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailbot.config import Limits
from mailbot.desk.reading.grammar import read
from mailbot.desk.reading.guard import classify
from mailbot.inbound.reading.message import parse
from mailbot.model import Envelope, Inbound
from tests.fixtures_folder import SHAPES
from tests.inbound.bombs import BOMBS

LIMITS = Limits()
ENVELOPE = Envelope("ann@people.example", "track@court.example")
FROM = "From: Ann <ann@people.example>\r\n"


def inbound(text: str | bytes, limits: Limits = LIMITS) -> Inbound:
    raw = text if isinstance(text, bytes) else text.encode()
    return parse(raw, ENVELOPE, limits)


def multipart(kind: str, *parts: str, boundary: str = "b") -> str:
    inner = "".join(f"--{boundary}\r\n{part}\r\n" for part in parts)
    return f"Content-Type: multipart/{kind}; boundary={boundary}\r\n\r\n{inner}--{boundary}--\r\n"


def plain(text: str) -> str:
    return f"Content-Type: text/plain; charset=utf-8\r\n\r\n{text}"


def page(html: str) -> str:
    return f"Content-Type: text/html; charset=utf-8\r\n\r\n{html}"


# --- The parts of a mail ----------------------------------------------------------------------


def test_a_mail() -> None:
    mail = inbound(
        "Received: by x\r\nFrom: Ann <Ann@people.example>\r\nSubject: Re: =?utf-8?q?caf=C3=A9?=\r\n"
        "\tCONFIRM x\r\nMessage-ID: <1@x>\r\nDate: Mon, 2 Mar 2026 09:21:00 -0600\r\n"
        "In-Reply-To: <0@y>\r\nReferences: <a@y>\r\n <0@y>\r\n\r\nSTOP\r\n\r\n-- \r\nAnn\r\n"
    )
    assert mail.sender == "Ann@people.example"
    assert mail.subject == "Re: café CONFIRM x"
    assert mail.message_id == "<1@x>"
    assert mail.date == "Mon, 2 Mar 2026 09:21:00 -0600"
    assert (mail.in_reply_to, mail.references) == ("<0@y>", ("<a@y>", "<0@y>"))
    assert mail.header("received") == "by x"
    assert (mail.new_text, mail.quoted_text) == ("STOP", "-- \nAnn")
    assert mail.content_type == "text/plain"
    assert mail.defects == ()


def test_nothing_at_all() -> None:
    mail = inbound(b"")
    assert mail.sender is mail.message_id is mail.date is mail.in_reply_to is None
    assert (mail.subject, mail.new_text, mail.references, mail.headers) == ("", "", (), ())
    assert mail.nothing_visible


@pytest.mark.parametrize(
    ("fields", "sender"),
    [
        (FROM, "ann@people.example"),
        ("", None),
        (FROM + FROM, None),  # trap 26
        (
            FROM + "Sender: bob@people.example\r\nReply-To: eve@evil.example\r\n",
            "ann@people.example",
        ),
        ("From: ann@people.example, bob@people.example\r\n", None),
        ('From: "victim@x.example" <mallory@evil.example>\r\n', "mallory@evil.example"),  # trap 27
        (FROM + "X: y\r\n" * 501, None),  # another From may have been cut off
        ("X: y\rFrom: mallory@evil.example\r\n" + FROM, None),  # bare CR: nothing here is sure
        ("X: y\0\r\n" + FROM, None),
        ("=?utf-8?q?From?=: ann@people.example\r\n", None),
        ("from : ann@people.example\r\n", "ann@people.example"),
    ],
)
def test_the_sender(fields: str, sender: str | None) -> None:
    assert inbound(f"{fields}Subject: x\r\n\r\nSTOP\r\n").sender == sender


def test_a_bare_cr_makes_no_field() -> None:
    """reliability.md 0.8: one header field to the verifying server is one to us."""
    mail = inbound("Subject: hi\rFrom: victim@x.example\r\nTo: y\r\n\r\nSTOP\r\n")
    assert [name for name, _ in mail.headers] == ["subject", "to"]
    assert mail.sender is None
    assert "bare CR" in mail.defects


@pytest.mark.parametrize(
    ("raw", "defect"),
    [
        (b"\xef\xbb\xbfFrom: a@x.example\n\nSTOP", "byte order mark"),
        (b"From x@y Mon Jan  1\nFrom: a@x.example\n\nSTOP", "mbox line"),
        (b"From: a@x.example\r\rSTOP", "CR line ends"),
        (b"From: a@x.example\r\n\nSTOP\r\n", "bare LF"),
        (b"From: a@x.example\r\n\r\nSTOP\r\n\0", "NUL"),
        (b"From: a@x.example\r\n\r\nSTOP\r\r\nx\r\n", ""),
        (b"From: a@x.example\nno colon\nSTOP", "no blank line after the header"),
    ],
)
def test_defects_are_named_and_the_mail_is_read(raw: bytes, defect: str) -> None:
    mail = inbound(raw)
    assert defect in mail.defects or not defect
    assert "STOP" in mail.new_text
    assert mail.sender == "a@x.example"


def test_a_header_is_read_whatever_it_holds() -> None:
    """Traps 3, 5, 19."""
    mail = inbound(
        "From: jürgen@bücher.example\r\nMessage-ID: <[abc]@x\r\nSubject: =?x-nope?q?CONFIRM_t?=\r\n"
        "References: <a b@c> <> <d <e@f>\r\nDate: \0\x07never\r\nIn-Reply-To: none\r\n\r\nYES\r\n"
    )
    assert mail.message_id == "<[abc]@x"
    assert mail.subject == "CONFIRM t"
    assert mail.references == ("<ab@c>", "<e@f>")
    assert mail.in_reply_to is None
    assert mail.date == "\ufffd never" or mail.date == "never"
    assert mail.new_text == "YES"


def test_the_content_key_forgives_line_ends_only() -> None:
    key = hashlib.sha256(b"STOP\n\nx").hexdigest()
    assert inbound("A: b\r\n\r\nSTOP\r\n\r\nx\r\n").content_key == key
    assert inbound("C: d\n\nSTOP\n\nx").content_key == key
    assert inbound("A: b\r\n\r\nSTOP\r\n\r\nx \r\n").content_key != key


# --- Which text ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "new"),
    [
        (plain("STOP"), "STOP"),
        (page("<p>STOP</p>"), "STOP"),  # trap 6
        (multipart("alternative", plain("STOP"), page("<p>NO</p>")), "STOP"),
        (multipart("alternative", page("<p>NO</p>"), plain("STOP")), "STOP"),
        (multipart("alternative", plain(" \r\n"), page("<p>STOP</p>")), "STOP"),  # trap 6
        (multipart("alternative", plain("Please use a client that shows HTML."), page("STOP")), "STOP"),
        (multipart("mixed", plain("STOP"), plain("list footer")), "STOP"),
        (multipart("mixed", plain("\r\n"), plain("STOP")), "STOP"),
        (multipart("mixed", page("<p>STOP"), plain("disclaimer")), "STOP"),
        (multipart("related", page("<p>STOP"), "Content-Type: image/png\r\nContent-ID: <1>\r\n\r\nx"), "STOP"),
        (multipart("signed", plain("STOP"), "Content-Type: application/pgp-signature\r\n\r\nx"), "STOP"),
        (multipart("mixed", "Content-Type: message/rfc822\r\n\r\nFrom: a\r\n\r\nSTOP"), ""),
        (
            multipart("mixed", multipart("alternative", plain("STOP"), page("x"), boundary="c"), plain("y")),
            "STOP",
        ),
        ("Content-Type: text/plain; charset=x-unknown\r\n\r\nSTOP", "STOP"),  # trap 4
        ("Content-Type: text/plain; charset=utf-7\r\n\r\n+AFMAVABPAFA-", "+AFMAVABPAFA-"),  # trap 22
        ("Content-Type: text/plain; format=flowed; delsp=yes\r\n\r\nTRACK 15AB- \r\nCR00015", "TRACK 15AB-CR00015"),
        ("Content-Type: text/plain; format=flowed\r\n\r\nTRACK \r\n15AB-CR00015", "TRACK 15AB-CR00015"),
        ("Content-Transfer-Encoding: quoted-printable\r\n\r\nCONF=\r\nIRM=20x", "CONFIRM x"),  # trap 15
        ("Content-Transfer-Encoding: base64\r\n\r\n" + base64.b64encode(b"STOP\r\n").decode(), "STOP"),
        ("Content-Disposition: attachment\r\n\r\nSTOP", ""),
        ("Content-Type: application/pdf\r\n\r\nSTOP", ""),
    ],
)  # fmt: skip
def test_the_text_that_is_read(body: str, new: str) -> None:
    assert inbound(f"{FROM}{body}\r\n").new_text == new


def test_only_the_first_text_is_new() -> None:
    mail = inbound(FROM + multipart("mixed", plain("hello"), plain("STOP ALL")))
    assert mail.new_text == "hello"
    assert "STOP ALL" in mail.quoted_text


# --- Nothing visible (decisions.md 13) --------------------------------------------------------

QUOTED = (
    "On 2 Mar 2026, at 09:21, Track <track@court.example> wrote:\r\n\r\n> Code: K7M2Z-9QXD4\r\n"
)
PICTURE = "Content-Type: image/png\r\nContent-ID: <1>\r\n\r\nx"


@pytest.mark.parametrize(
    ("body", "nothing"),
    [
        (plain(""), True),
        (plain(QUOTED), True),
        (plain(QUOTED + "\r\n-- \r\nAnn\r\n"), True),
        (plain("Sent from my iPhone\r\n\r\n" + QUOTED), True),
        (plain(QUOTED + "\r\nplease remove me\r\n"), False),
        (plain("> a\r\nno\r\n> b\r\n"), False),
        (plain("ok\r\n" + QUOTED), False),
        (plain("\U0001f44d\r\n" + QUOTED), False),
        (page("<br>"), True),
        (page(f"<blockquote>{QUOTED}</blockquote>"), True),
        (page(f"<blockquote>{QUOTED}</blockquote><p>no"), False),
        (page("<img src=x>"), False),
        (multipart("alternative", plain(QUOTED), page(f"<blockquote>{QUOTED}</blockquote>")), True),
        (multipart("alternative", plain(QUOTED), page("<p>I am away</p>")), False),
        (multipart("mixed", plain(QUOTED), plain("")), True),
        (multipart("mixed", plain(QUOTED), plain("no")), False),
        (multipart("mixed", plain(QUOTED), "Content-Type: application/pdf\r\n\r\nx"), False),
        (multipart("mixed", plain(QUOTED), "Content-Type: message/rfc822\r\n\r\nx"), False),
        (multipart("signed", plain(QUOTED), "Content-Type: application/pgp-signature\r\n\r\nx"), True),
        (multipart("related", page(f"<blockquote>{QUOTED}<img src=cid:1></blockquote>"), PICTURE), True),
        (multipart("related", page("<img src=cid:1>"), PICTURE), False),
        (multipart("encrypted", "Content-Type: application/octet-stream\r\n\r\nx"), False),
        (multipart("mixed", *(plain("") for _ in range(12))), False),  # not all were read
    ],
)  # fmt: skip
def test_nothing_visible(body: str, nothing: bool) -> None:
    assert inbound(f"{FROM}{body}\r\n").nothing_visible is nothing


@pytest.mark.parametrize(
    ("body", "attached"),
    [
        (plain("x"), False),
        (multipart("mixed", plain("x"), "Content-Type: application/pdf\r\n\r\nx"), True),
        (multipart("mixed", plain("x"), "Content-Type: image/png\r\n\r\nx"), True),
        (multipart("related", page("x"), PICTURE), False),
        (multipart("alternative", plain("x"), "Content-Type: text/calendar\r\n\r\nx"), False),
        (multipart("mixed", plain("x"), "Content-Disposition: attachment\r\n\r\nx"), True),
    ],
)
def test_attachments(body: str, attached: bool) -> None:
    assert inbound(f"{FROM}{body}\r\n").has_attachment is attached


def test_part_types_for_the_guard() -> None:
    mail = inbound(
        FROM
        + multipart(
            "report; report-type=delivery-status",
            plain("x"),
            "Content-Type: message/delivery-status\r\n\r\nx",
        )
    )
    assert mail.content_type == "multipart/report"
    assert mail.part_types == (
        "multipart/report; delivery-status",
        "text/plain",
        "message/delivery-status",
    )


# --- Limits -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_costs_less_than_a_second(name: str) -> None:
    """Trap 21, T-BOMB: the whole reading, guard and grammar included."""
    raw = BOMBS[name].build()
    began = time.process_time()
    mail = inbound(raw)
    classify(mail, lambda _: None, ())
    reading = read(mail.subject, mail.new_text, SHAPES, LIMITS)
    assert time.process_time() - began < 1.5  # half a second for a busy machine
    assert len(reading.commands) <= LIMITS.case_list
    assert len(mail.headers) <= LIMITS.fields
    assert len(mail.new_text) <= LIMITS.text_bytes


def test_a_mail_of_ten_megabytes_costs_less_than_sixty_four() -> None:
    for name in ("10 MB of CR CR LF", "no base64", "10 MB of CR", "field of 10 MB", "100 pages"):
        raw = BOMBS[name].build()
        tracemalloc.start()
        inbound(raw)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < 64_000_000, name


def test_what_lies_beyond_a_limit_is_named() -> None:
    small = Limits(message_bytes=65_536, text_bytes=4096)
    mail = inbound("A: b\r\n\r\n" + "x" * 70_000, small)
    assert {"mail too big", "text too long"} <= set(mail.defects)
    assert len(mail.new_text) == 4096


# --- Totality ---------------------------------------------------------------------------------


@settings(deadline=None)
@given(st.binary(max_size=2000))
def test_any_bytes_give_an_inbound(raw: bytes) -> None:
    mail = inbound(raw)
    for text in (mail.subject, mail.new_text, mail.quoted_text, *mail.references):
        text.encode("utf-8")
        assert "\0" not in text
    assert mail.subject == " ".join(mail.subject.split())
    assert classify(mail, lambda _: None, ()).answer in ("never", "allowed", "no usable sender")


_LINES = st.sampled_from(
    [
        b"From: a@x.example", b"Content-Type: multipart/mixed; boundary=b", b"--b", b"--b--", b"",
        b"Content-Type: multipart/alternative; boundary=b", b"Content-Type: text/html", b"\tfolded",
        b"Content-Transfer-Encoding: base64", b"U1RPUA==", b"<blockquote>", b"> STOP", b"STOP\r",
        b"Subject: =?utf-8?b?U1RPUA==?=", b"From: =?utf-8?q?=00?=", b"\0", b"-- ", b"Date: x",
        b"Content-Type: text/plain; format=flowed; charset=utf-16", b"\xff\xfe", b"References: <<>",
    ]
)  # fmt: skip


@settings(deadline=None)
@given(st.lists(_LINES, max_size=25), st.sampled_from([b"\r\n", b"\n", b"\r", b"\r\r\n"]))
def test_any_mail_gives_an_inbound(lines: list[bytes], end: bytes) -> None:
    mail = inbound(end.join(lines))
    assert mail == inbound(end.join(lines))
    assert mail.sender in (None, "a@x.example")
