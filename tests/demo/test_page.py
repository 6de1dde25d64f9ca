"""The demo's page, over its real sockets: mailbox, compose box, clerk's desk, service, guards."""

from __future__ import annotations

import re
import smtplib
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from mailbot.demo.missouri import COFFMAN, FINE_COLLECTION, SEALED, SIMPSON
from mailbot.demo.stage import Stage
from tests.demo.playing import ask, goes_to, newest, person, started


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with TemporaryDirectory() as folder, started(Path(folder)) as running:
        yield running


def nonce_of(stage: Stage) -> str:
    found = re.search(r'name="nonce" value="([^"]+)"', ask(stage, "/").html)
    assert found is not None
    return found[1]


def send(stage: Stage, **fields: str) -> str:
    """Use the compose box, and return where it leads."""
    letter = {"from": "page@people.example", "to": stage.address, "subject": "", "body": ""}
    shown = ask(stage, "/demo/send", {"nonce": nonce_of(stage), **letter, **fields})
    assert shown.status == 303
    return goes_to(shown)


def do(stage: Stage, **fields: str) -> str:
    """Use the clerk's desk, and return the page after it."""
    shown = ask(stage, "/demo/clerk", {"nonce": nonce_of(stage), "case": COFFMAN, **fields})
    assert shown.status == 303
    return ask(stage, goes_to(shown)).html


def test_the_first_look_tells_what_to_do(stage: Stage) -> None:
    page = ask(stage, "/")
    assert page.status == 200
    assert f'value="TRACK {COFFMAN}"' in page.html
    assert "Ask to follow a case" in page.html
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert page.headers["cache-control"] == "no-store"
    assert "http-equiv" not in page.html


def test_style_and_script_are_its_own_and_small(stage: Stage) -> None:
    for path, kind in (("/demo/page.css", "text/css"), ("/demo/page.js", "text/javascript")):
        shown = ask(stage, path)
        assert shown.headers["content-type"].startswith(kind)
        assert len(shown.html) < 15_000
        assert "http" not in shown.html.replace("http-equiv", "")


@pytest.mark.parametrize(
    "path", ["/", "/demo/send", "/casenet/", "/help/franklin", "/healthz/live"]
)
def test_another_host_gets_nothing(stage: Stage, path: str) -> None:
    shown = ask(stage, path, headers={"Host": "evil.example"})
    assert shown.status == 421
    assert "mailbot" not in shown.html


@pytest.mark.parametrize("path", ["/demo/send", "/demo/clerk"])
def test_forms_need_the_pages_word_and_a_post(stage: Stage, path: str) -> None:
    before = stage.mails.last_id
    fields = {"from": "a@people.example", "to": stage.address, "case": COFFMAN, "do": "seal"}
    assert ask(stage, path, fields).status == 403
    assert ask(stage, path, {**fields, "nonce": "guessed"}).status == 403
    assert ask(stage, path).status == 405
    assert stage.mails.last_id == before
    assert {each.number: each.access for each in stage.clerk.cases()}[COFFMAN] == 0


def test_the_compose_box_sends_and_the_answer_opens_by_itself(stage: Stage) -> None:
    where = send(stage, subject=f"TRACK {SIMPSON}")
    page = ask(stage, where)
    assert "Sent by SMTP. The mail server said: 250" in page.html
    stage.mails.wait(lambda mail: mail.recipient == "page@people.example", 0, 20)
    page = ask(stage, "/")
    assert "Say that it was you" in page.html
    mail = newest(stage)
    assert mail.template == "verify"
    assert f'<iframe src="/demo/mail/{mail.mail.id}" sandbox="' in page.html
    assert "allow-scripts" not in page.html
    assert "allow-same-origin" not in page.html


def test_every_mail_opens_as_html_text_and_source(stage: Stage) -> None:
    somebody = person(stage, "views")
    somebody.write("HELP")
    mail = somebody.gets("help").mail
    framed = ask(stage, f"/demo/mail/{mail.id}")
    policy = framed.headers["content-security-policy"]
    assert policy.startswith("sandbox allow-popups")
    assert "allow-scripts" not in policy
    assert "script-src" not in policy
    assert "<form" not in framed.html
    text = ask(stage, f"/?mail={mail.id}&view=text").html
    assert '<pre class="text"' in text
    assert 'href="/?mail=' in text
    source = ask(stage, f"/?mail={mail.id}&view=source").html
    assert "Auto-Submitted: auto-replied" in source
    sent = next(each for each in stage.mails.newest_first() if each.mail_from == somebody.address)
    assert "HELP" in ask(stage, f"/?mail={sent.id}").html
    assert ask(stage, "/demo/mail/999999").status == 404


def test_mailto_links_fill_the_compose_box_and_web_links_answer(stage: Stage) -> None:
    somebody = person(stage, "links")
    somebody.write(f"TRACK {SIMPSON}")
    mail = somebody.gets("verify").mail
    framed = ask(stage, f"/demo/mail/{mail.id}").html
    to_compose = re.findall(r'<a [^>]*href="(/\?[^"]+)"[^>]*target="_top"', framed)
    away = re.findall(r'<a [^>]*href="(http[^"]+)"[^>]*target="_blank"', framed)
    assert "mailto:" not in "".join(re.findall(r'href="[^"]*"', framed))
    assert len(to_compose) >= 3
    assert len(away) >= 3
    filled = [parse_qs(urlsplit(link.replace("&amp;", "&")).query) for link in to_compose]
    confirm = next(each for each in filled if "CONFIRM" in each.get("subject", [""])[0])
    page = ask(stage, f"/?{urlencode(confirm, doseq=True)}").html
    assert f'name="to" value="{confirm["to"][0]}"' in page
    assert f'name="subject" value="{confirm["subject"][0]}"' in page
    for link in away:
        assert ask(stage, link.partition(str(stage.page_port))[2]).status == 200


def test_reply_quotes_and_answers_from_the_mails_own_address(stage: Stage) -> None:
    somebody = person(stage, "replies")
    somebody.write("REPORT")
    mail = somebody.gets("no-records")
    page = ask(stage, f"/?mail={mail.mail.id}&reply=1&say=STOP").html
    assert f'name="from" value="{somebody.address}"' in page
    assert f'name="to" value="{mail.reply_to}"' in page
    assert "\nSTOP\n\nOn " in page
    assert f'name="in_reply_to" value="{mail.message_id.replace("<", "&lt;")}'[:-1] in page


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"from": "nobody"}, "From needs an e-mail address"),
        ({"to": "else@where.example"}, "The mail server said: 550 5.1.1"),
    ],
)
def test_what_cannot_be_sent_says_why_and_is_kept(
    stage: Stage, fields: dict[str, str], sentence: str
) -> None:
    page = ask(stage, send(stage, subject="kept words", **fields)).html
    assert "Not sent." in page
    assert sentence in page
    assert 'value="kept words"' in page
    assert "Not sent." not in ask(stage, "/").html


def test_the_sentence_about_a_mail_is_left_alone_by_the_script(stage: Stage) -> None:
    send(stage, **{"from": "nobody"})
    assert "Not sent." in ask(stage, "/", headers={"X-Look": "1"}).html
    assert "Not sent." in ask(stage, "/").html
    assert "Not sent." not in ask(stage, "/").html


def test_the_clerk_adds_corrects_seals_and_works_alone(stage: Stage) -> None:
    page = do(stage, do="add", type="Order", text="<b>SO ORDERED</b>")
    assert "&lt;b&gt;SO ORDERED" in page
    entry = re.search(r'name="entry" value="(\d+)"', page)
    assert entry is not None
    page = do(stage, do="correct", entry=entry[1], text="Denied.\r\nToday.")
    assert "Denied.\nToday.</textarea>" in page
    assert "corrected an entry of" in page
    assert ">sealed</span>" in do(stage, do="seal")
    assert ">public</span>" in do(stage, do="unseal")
    assert "Send the clerk home" in do(stage, do="alone")
    assert "Let the clerk work alone" in do(stage, do="rest")


def test_what_the_clerk_cannot_do_is_said(stage: Stage) -> None:
    assert "could not do that: the case has no such entry" in do(stage, do="correct", entry="0")
    shown = ask(stage, "/?case=nonsense")
    assert shown.status == 200
    assert "There is no case with that number." in shown.html


def test_the_services_own_view(stage: Stage) -> None:
    somebody = person(stage, "inside")
    somebody.write(f"TRACK {SIMPSON}")
    somebody.gets("verify")
    page = ask(stage, "/").html
    assert f"<td>{somebody.address}</td>" in page
    assert '<span class="badge pending">pending</span>' in page
    assert re.search(r"\d+ sent</span>", page)


def test_the_courts_site_shows_what_anybody_may_see(stage: Stage) -> None:
    stage.clerk.add_entry(SIMPSON, type_text="Order", text="Not for everybody", access=5)
    stage.clerk.add_entry(SIMPSON, type_text="Order", text="For everybody")
    page = ask(stage, f"/casenet/docket/{SIMPSON}")
    assert page.status == 200
    assert "For everybody" in page.html
    assert "Not for everybody" not in page.html
    assert ask(stage, f"/casenet/case/{SEALED}").status == 404
    assert ask(stage, "/casenet/case/nonsense").status == 404
    home = ask(stage, "/casenet/").html
    assert FINE_COLLECTION in home
    assert SEALED not in home


def test_mailbots_own_pages_are_behind_it(stage: Stage) -> None:
    assert "Follow a court case by e-mail" in ask(stage, "/start").html
    assert ask(stage, "/healthz/ready").status == 200
    assert ask(stage, "/help/franklin").status == 200
    assert ask(stage, "/s/nonsense").status == 404
    assert ask(stage, "/demo/nothing").status == 404


@pytest.mark.parametrize(
    "query",
    ["mail=x", "mail=99999999999999999999", "mail=-1", "view=odd", "say=" + "x" * 500, "reply"],
)
def test_an_odd_address_still_shows_the_page(stage: Stage, query: str) -> None:
    assert ask(stage, f"/?{query}").status == 200


def test_hostile_mail_is_shown_and_does_nothing(stage: Stage) -> None:
    hostile = (
        b"From: <script>alert(1)</script>@people.example\r\nSubject: <img src=x>\r\n"
        b"Content-Type: text/html\r\n\r\n<script>alert(2)</script><p>words</p>"
    )
    with smtplib.SMTP("127.0.0.1", stage.smtp_port, timeout=20) as connection:
        connection.sendmail("mallory@people.example", [stage.address], hostile)
    mail = next(
        each for each in stage.mails.newest_first() if each.mail_from == "mallory@people.example"
    )
    page = ask(stage, f"/?mail={mail.id}&view=source").html
    assert "<script>alert" not in page
    assert "<img" not in page
    assert "alert(2)" not in ask(stage, f"/demo/mail/{mail.id}").html
