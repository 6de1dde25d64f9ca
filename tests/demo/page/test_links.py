"""Links of a mail lead where they say, out of the frame, and nothing else in it is a link."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from lxml.html import document_fromstring
from markupsafe import Markup

from mailbot.demo.page.links import in_html, in_text


def compose(mailto: str) -> str:
    return f"/?to={mailto.removeprefix('mailto:')}#write"


def test_addresses_in_a_text_become_links() -> None:
    text = "To stop:\nhttp://127.0.0.1:8080/s/token\nmailto:a+s@x.example?subject=STOP\n<b>"
    assert in_text(text, compose) == Markup(
        'To stop:\n<a href="http://127.0.0.1:8080/s/token" target="_blank" '
        'rel="noopener noreferrer">http://127.0.0.1:8080/s/token</a>\n'
        '<a href="/?to=a+s@x.example?subject=STOP#write">mailto:a+s@x.example?subject=STOP</a>\n'
        "&lt;b&gt;"
    )


@given(st.text(alphabet="<>\"'& htp:/mailo@", max_size=80))
def test_a_text_brings_no_markup_of_its_own(text: str) -> None:
    shown = in_text(text, compose)
    words = document_fromstring(f"<pre>\n{shown}</pre>")
    assert {element.tag for element in words.iter()} <= {"html", "body", "pre", "a"}


def test_links_in_html_lead_out_of_the_frame() -> None:
    page = in_html(
        '<p><a href="https://x.example/c/1" target="_self">yes</a> '
        '<a href="mailto:a@x.example">mail</a> <a href="javascript:alert(1)">bad</a> '
        '<a href="//[">odd</a></p>',
        compose,
    )
    assert (
        '<a href="https://x.example/c/1" target="_blank" rel="noopener noreferrer">yes</a>' in page
    )
    assert '<a href="/?to=a@x.example#write" target="_top">mail</a>' in page
    assert "<a>bad</a>" in page
    assert "<a>odd</a>" in page


def test_what_would_act_by_itself_is_dropped_and_the_words_stay() -> None:
    page = in_html(
        '<html><head><base href="https://evil.example/"><meta charset="utf-8">'
        '<meta http-equiv="refresh" content="0;url=/"><style>p {color: red}</style></head>'
        "<body>before<script>alert(1)</script>after<iframe src=x></iframe> PEÑA</body></html>",
        compose,
    )
    for gone in ("base", "refresh", "script", "iframe"):
        assert f"<{gone}" not in page
        assert "http-equiv" not in page
    assert "beforeafter PEÑA" in page
    assert "<style>" in page


@given(st.text(max_size=300))
def test_any_html_gives_a_page(html: str) -> None:
    page = in_html(html, compose)
    assert page == "" or page.startswith("<!DOCTYPE html>")
