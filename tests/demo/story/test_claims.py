"""The story's claims hold where they should, and name both sides where they do not."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from mailbot.config import Limits
from mailbot.demo.mails import Mail
from mailbot.demo.opened import Opened, open_mail
from mailbot.demo.story import claims
from mailbot.demo.story.claims import Failed

AT = datetime(2015, 11, 16, 15, 21, tzinfo=UTC)  # 9:21 AM in Missouri
LATER = datetime(2015, 11, 18, 15, 21, tzinfo=UTC)
ZONE = ZoneInfo("America/Chicago")
TEXT = """\
1 new entry in 15AB-CR00015

NEW      Filing:
         Filing Date         11/16/15 9:21 AM
         Last Activity Date  11/18/15 9:21 AM
         Text *
         | Track This Case Docket Text

All times are Central Time.
"""
HTML = (
    "<html><head><title>x</title></head><body><p>NEW</p><td>11/16/15 9:21 AM</td><td>Filing:</td>"
    "<td>Track This Case Docket Text</td><td>11/18/15 9:21 AM</td></body></html>"
)


def notice(text: str = TEXT, html: str = HTML) -> Opened:
    content = (
        "Content-Type: multipart/alternative; boundary=cut\r\n\r\n--cut\r\n"
        f"Content-Type: text/plain\r\n\r\n{text}\r\n--cut\r\nContent-Type: text/html\r\n\r\n{html}"
        "\r\n--cut--\r\n"
    )
    return open_mail(Mail(1, "mailbot", AT, "", "", content.encode()), Limits())


def tells(
    mail: Opened, text: str = "Track This Case Docket Text", *, updated: bool = False
) -> None:
    claims.tells_entry(
        mail,
        ZONE,
        updated=updated,
        type_text="Filing:",
        text=text,
        filed_at=AT,
        activity_at=LATER,
    )


def test_the_notice_of_the_seed_document_holds() -> None:
    tells(notice())


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Track This", "track this"),
        ("11/16/15 9:21 AM", "11/16/15 10:21 AM"),
        ("11/18/15", "11/16/15"),
        ("NEW  ", "UPDATED"),
        ("Filing:\n", "Filing\n"),
        ("1 new", "2 new"),
        ("\nAll", "\nNEW      Order\nAll"),
    ],
)
def test_one_wrong_letter_fails(old: str, new: str) -> None:
    assert old in TEXT
    with pytest.raises(Failed):
        tells(notice(TEXT.replace(old, new)))


def test_both_parts_must_tell_it() -> None:
    with pytest.raises(Failed, match="Docket Text"):
        tells(notice(html=HTML.replace("Docket Text", "")))


def test_an_entry_without_text() -> None:
    bare = TEXT.replace("Text *\n         | Track This Case Docket Text", "Text *{}").format(
        "              None entered at this time"
    )
    html = HTML.replace("Track This Case Docket Text", "None entered at this time")
    tells(notice(bare, html), text="")


def test_an_update_names_what_changed() -> None:
    text = TEXT.replace("1 new", "1 updated").replace("NEW      Filing:", "UPDATED  Filing:")
    with pytest.raises(Failed, match="Changed"):
        tells(notice(text), updated=True)
    filed = "         Filing Date"
    tells(notice(text.replace(filed, f"         Changed             text\n{filed}")), updated=True)


def test_phrases_hold_however_they_are_wrapped() -> None:
    claims.holds("one\n  two\n| three", "two three", "one two")
    claims.lacks("one two", "one three")
    with pytest.raises(Failed, match='expected "two one", came one two'):
        claims.holds("one two", "two one")
    with pytest.raises(Failed, match='expected no "one"'):
        claims.lacks("one two", "one")


def test_what_came_is_cut() -> None:
    assert len(claims.shortened("x" * 10_000)) < 1000
    assert claims.shortened(" a \n b ") == "a b"


def test_visible_words() -> None:
    html = "<html><head><style>b</style></head><body><b>A</b>, &lt;b&gt; &amp; c .</body></html>"
    assert claims.visible(html) == "A, <b> & c."
