"""HTML becomes the text that its reader saw, with the quotations marked (mail-interface.md 5.2.5)."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailbot.inbound.reading.hypertext import MOST_ELEMENTS, read
from mailbot.inbound.reading.newtext import split

QUOTED = "<p>STOP ALL</p><a href='https://track.court.example/c/abc'>Yes</a>"


def new(html: str) -> str:
    return split(read(html).text).new


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("STOP", "STOP"),
        ("<html><body>STOP</body></html>", "STOP"),
        ("<p>one</p><p>two</p>", "one\ntwo"),
        ("one<br>two<br/><br>three", "one\ntwo\n\nthree"),
        ("<div>one<div>two</div></div>", "one\ntwo"),
        ("a <b>bold</b>\n   word", "a bold word"),
        ("TR<b>ACK</b> 15AB", "TRACK 15AB"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"),
        ("<ul><li>one<li>two</ul>", "one\ntwo"),
        ("<pre>one\n  two</pre>", "one\ntwo"),
        ("a &lt;b&gt; &amp; &#x43;&nbsp;d", "a <b> & C d"),
        ("<head><title>STOP</title></head>x", "x"),
        ("<style>STOP</style><script>STOP</script>x", "x"),
        ("<!-- STOP -->x", "x"),
        ("<p style='display: none'>STOP</p>x", "x"),
        ("<p hidden>STOP</p>x", "x"),
        ("<span style='mso-hide:all'>STOP</span>x", "x"),
        ("<o:p>x</o:p>", "x"),
        ("one<hr>two", "one\n________\ntwo"),
        ("", ""),
        ("   ", ""),
        ("<", "<"),
        ("</p></div>x</b>", "x"),
        ("<?xml version='1.0' encoding='utf-16'?><p>x</p>", "x"),
    ],
)
def test_what_is_seen(html: str, text: str) -> None:
    assert read(html).text == text


@pytest.mark.parametrize(
    "quotation",
    [
        f"<blockquote>{QUOTED}</blockquote>",
        f'<blockquote type="cite">{QUOTED}</blockquote>',
        f'<div class="gmail_quote">On Tue, A wrote:<blockquote>{QUOTED}</blockquote></div>',
        f'<div class="gmail_extra"><br><div class="gmail_quote gmail_quote_container">{QUOTED}</div></div>',
        f'<div class="moz-cite-prefix">On 1.2.2024, A wrote:</div><blockquote>{QUOTED}</blockquote>',
        f'<div class="moz-forward-container">{QUOTED}</div>',
        f'<div id="divRplyFwdMsg">From: A</div><div>{QUOTED}</div>',
        f'<div id="appendonsend"></div><hr><div>{QUOTED}</div>',
        f'<div id="x_divRplyFwdMsg">From: A</div>{QUOTED}',
        f'<div class="yahoo_quoted">{QUOTED}</div>',
        f'<div class="protonmail_quote">{QUOTED}</div>',
        f'<div class="zmail_extra">{QUOTED}</div>',
        f'<div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3pt 0 0 0">From: A</div>{QUOTED}',
        f"<hr><b>From:</b> A &lt;a@x.example&gt;<br><b>Sent:</b> Monday 3 May 2021 12:00<br>{QUOTED}",
        f"-----Original Message-----<br>From: A<br>{QUOTED}",
        f"<p>On Thu, Jun 26, 2014 at 2:14 PM, A &lt;a@x.example&gt; wrote:</p>{QUOTED}",
        f'<div class="gmail_signature">Ann</div>{QUOTED}',
        f'<div id="Signature"><p>Ann</p></div><div id="appendonsend"></div>{QUOTED}',
        f'<div id="composer_signature">Ann</div>{QUOTED}',
        "&gt; STOP ALL",
    ],
)
@pytest.mark.parametrize("above", ["", "<div>Yes please</div><br>"])
def test_nothing_quoted_is_new(above: str, quotation: str) -> None:
    """Trap 8, in HTML."""
    assert new(f"<html><body>{above}{quotation}</body></html>") == ("Yes please" if above else "")


def test_text_below_a_quotation_is_seen_and_not_new() -> None:
    parted = split(read(f"<blockquote>{QUOTED}</blockquote><p>STOP</p>").text)
    assert parted.new == ""
    assert parted.visible_below


def test_the_links_of_a_quotation_are_kept() -> None:
    """A bare reply in HTML may carry its token nowhere else."""
    parted = split(read(f"<div class='gmail_quote'>{QUOTED}</div>").text)
    assert "https://track.court.example/c/abc" in parted.quoted
    assert not parted.visible_below


def test_links_of_the_new_text_are_not() -> None:
    """Telephones make links of case numbers."""
    assert new("<a href='tel:000333666'>000333666</a>") == "000333666"


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<a href='mailto:track@court.example'>STOP ALL</a>", "\u2197 STOP ALL"),
        ("<p><a href='https://track.court.example/c/x'>Yes</a></p>", "\u2197 Yes"),
        ("<td><b><a href='https://x.example'>No</a></b></td>", "\u2197 No"),
        ("<pre><a href='https://x.example'>Yes\nNo</a></pre>", "\u2197 Yes\n\u2197 No"),
        ("TRACK <a href='https://x.example'>15AB-CR00015</a>", "TRACK 15AB-CR00015"),
        ("<a href='https://x.example'>15AB-CR00015</a>", "15AB-CR00015"),
        ("<a href='tel:1'>STOP</a>", "STOP"),
        ("<a name='x'>STOP</a>", "STOP"),
        ("<a href='https://x.example'></a>STOP", "STOP"),
        ("<a href='https://x.example'>One</a><br>STOP", "\u2197 One\nSTOP"),
    ],
)
def test_a_line_that_is_only_a_link_is_no_command(html: str, text: str) -> None:
    """decisions.md 18: a button of ours, pasted."""
    assert read(html).text == text


@pytest.mark.parametrize(
    ("html", "pictures"),
    [
        ("<img src='cid:1'>", True),
        ("<img src='x' width='1' height='1'>", False),
        ("<blockquote><img src='x'></blockquote>", False),
        ("<div id='appendonsend'></div><img src='x'>", False),
        ("<p hidden><img src='x'></p>", False),
        ("<div class='gmail_signature'><b>Ann</b><br><img src='x' width='200'></div>", False),
        ("<div id='Signature'><p>Ann<img src='cid:1'></p></div>", False),
        ("<div class='gmail_signature'>Ann</div><img src='x'>", True),
        ("<div class='signature-of-the-warrant'><img src='x'></div>", True),
        ("x", False),
    ],
)
def test_pictures_outside_quotations_are_noted(html: str, pictures: bool) -> None:
    assert read(html).pictures is pictures


@pytest.mark.parametrize(
    "html",
    ["<b>", "<div>", "<table><tr><td>", "<p>", "<font><b>", "<blockquote>", "<pre>\n", "<ul><li>"],
)
def test_elements_without_end_are_counted(html: str) -> None:
    page = read("STOP" + html * 60_000)
    assert not page.complete
    assert page.text.startswith("STOP")
    assert page.text.count("\n") <= MOST_ELEMENTS + 1


@pytest.mark.parametrize("html", ["<a ", "<!--", "<![CDATA[", "&", "<p a=", "\0", "<a b='", "]]>"])
def test_a_bomb_gives_a_text(html: str) -> None:
    assert len(read(html * 40_000).text) <= 262_144


def test_depth_does_not_matter() -> None:
    assert read("<div>" * 3000 + "STOP" + "</div>" * 3000).text == "STOP"


@settings(deadline=None)
@given(st.text(max_size=300))
def test_any_text_is_some_html(html: str) -> None:
    read(html).text.encode("utf-8")


_TAGS = st.sampled_from(
    [
        "<div>", "</div>", "<p>", "<br>", "<blockquote>", "</blockquote>", "STOP", " x ", "\n",
        "<td>", "<table>", "</table>", "<style>", "</style>", "<div class=gmail_quote>", "<img>",
        "<div id=appendonsend>", "<span hidden>", "</span>", "<pre>", "</pre>", "<body>", "</html>",
    ]
)  # fmt: skip


@settings(deadline=None)
@given(st.lists(_TAGS, max_size=40))
def test_elements_may_close_in_any_order(tags: list[str]) -> None:
    page = read("".join(tags))
    assert page.complete
    assert all("STOP" not in line or line.strip() for line in page.text.split("\n"))
