"""Statements of reliability.md 5 that no test of a single room holds whole; docs/conformance.md."""

from __future__ import annotations

import email
import html
import re
from collections.abc import Callable
from datetime import timedelta
from html.parser import HTMLParser
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from mailbot import preview
from mailbot.config import Smarthost
from mailbot.desk.telling.links import mailto
from mailbot.inbound.imap.terms import Terms as ImapTerms
from mailbot.inbound.refusals import refusals
from mailbot.outbound.compose import compose
from mailbot.outbound.schedule import DELAYS, GIVE_UP
from mailbot.outbound.transport import DATA_SECONDS
from mailbot.samples.mails import samples
from mailbot.store.schema import subscription
from mailbot.wording import frame
from tests.desk.reports import dsn
from tests.world import Sent, World, shared_wording, templates

ANN, EVE = "ann@people.example", "eve@evil.example"
CASE = "15AB-CR00015"


def notice(world: World, text: str) -> Sent:
    world.court.enter(CASE, "Filing:", text, world.now)
    (sent,) = [each for each in world.sweep() if each.row.template == "notice"]
    return sent


def test_a_return_path_in_the_header_names_nobody(world: World) -> None:
    """Statement 12: the envelope alone is the return path; nothing goes to what a header says."""
    asked = world.raw(ANN, f"TRACK {CASE}", "", "track@court.example", {"Return-Path": f"<{EVE}>"})
    world.mail(ANN, raw=asked)
    assert [(each.row.template, each.recipient) for each in world.leave()] == [("verify", ANN)]
    assert EVE.encode() not in world.sent[0].raw


def test_our_patience_is_that_of_rfc_5321() -> None:
    """Statement 15: 5 minutes for 220, MAIL and RCPT, 2 for DATA, 10 after the dot (4.5.3.2)."""
    smarthost = Smarthost()
    assert (smarthost.command_seconds, smarthost.dot_seconds) == (300, 600)
    assert DATA_SECONDS == 120
    assert max(DELAYS) >= timedelta(minutes=30)
    assert timedelta(days=4) <= GIVE_UP <= timedelta(days=5)


def test_no_two_mails_have_one_message_id(world: World) -> None:
    """Statement 26: each event of each subscription is a mail of its own."""
    world.follow(ANN, CASE)
    world.follow("ben@people.example", CASE)
    for text in ("FIRST", "SECOND"):
        world.court.enter(CASE, "Filing:", text, world.now)
        world.sweep()
        world.wait(hours=1)
    ids = [str(each.message["Message-ID"]) for each in world.sent]
    assert templates(world.sent).count("notice") == 4
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize(
    "sender", ["smith-request@lists.example", "Owner-Smith@lists.example", "owner-x@lists.example"]
)
def test_what_manages_a_list_is_not_answered(world: World, sender: str) -> None:
    """Statement 32: RFC 3834 2, the names of RFC 2142 6."""
    world.mail(sender, f"TRACK {CASE}")
    world.mail(ANN, f"TRACK {CASE}", mail_from=sender)
    assert world.leave() == []


def test_answers_go_to_the_writer_and_never_to_another_envelope_sender(world: World) -> None:
    """Statement 33, as decisions.md 21 has it."""
    world.follow(ANN, CASE)
    for text in ("REPORT", "HELP", "TRACK 000333666", "what is this"):
        world.mail(ANN, text, mail_from=EVE, headers={"Reply-To": EVE, "Sender": EVE})
    left = world.leave()
    assert len(left) >= 3
    assert {each.recipient for each in left} == {ANN}
    assert all(EVE.encode() not in each.raw for each in left)


@pytest.mark.parametrize("name", list(samples()))
def test_a_subject_is_short_and_bears_one_re_at_most(name: str, world: World) -> None:
    """Statement 35."""
    row = preview.sample_row(41, name, "franklin", world.now)
    facts = {**samples()[name], "frame": frame(world.settings, "franklin", world.now)}
    made = compose(row, facts, shared_wording(), world.signer, world.settings)
    subject = str(email.message_from_bytes(made.content)["Subject"])
    assert 0 < len(subject) <= 200
    assert len(re.findall(r"\bre:", subject, re.IGNORECASE)) <= 1


def test_we_never_send_a_report_of_delivery(world: World) -> None:
    """Statement 37: what cannot be delivered, read or understood makes no RFC 3464 mail of ours."""
    world.mail(ANN, "x" * 300, "nonsense")
    world.mail("", "TRACK", mail_from="")
    world.mail(ANN, f"TRACK {CASE}", to="track+c-" + "a" * 26 + "@court.example")
    sent = world.leave()
    assert sent
    for each in sent:
        assert each.message.get_content_type() == "multipart/alternative"
        assert each.mail_from != ""
    world.follow("ben@people.example", CASE)
    refusals(world.desk)(world.sent[-1].row.id, "550 5.1.1 User unknown", world.now)
    assert world.leave() == []


def test_idle_is_renewed_in_time() -> None:
    """Statement 50: RFC 2177 says before 29 minutes."""
    assert 0 < ImapTerms().renew <= 29 * 60


@pytest.mark.parametrize("change", [str.upper, str.title, str.swapcase])
def test_a_bounce_address_survives_any_case(change: Callable[[str], str], world: World) -> None:
    """Statement 52: one for each mail, at most 64 octets before the @."""
    world.follow(ANN, CASE)
    first, second = notice(world, "FIRST"), notice(world, "SECOND")
    assert first.mail_from != second.mail_from
    assert len(first.mail_from.partition("@")[0]) <= 64
    local, _, domain = first.mail_from.partition("@")
    to = f"{change(local)}@{domain}"
    world.mail("", to=to, mail_from="", raw=dsn("hard", ANN, to))
    assert world.counts()["returned"] == 1


def test_who_cannot_be_reached_over_smtputf8_gets_nothing_and_tracks_nothing(
    world: World,
) -> None:
    """Statement 24, T-EAI: a local part beyond ASCII stays as it is, or gets no mail at all.

    The mail server has no SMTPUTF8: 5.6.7. Nothing is tracked, and nothing more is tried.
    """
    writer = "jos\u00e9@b\u00fccher.example"
    raw = f"From: {writer}\r\nTo: track@court.example\r\nSubject: TRACK {CASE}\r\n\r\n".encode()
    world.mail(writer, raw=raw)
    (asked,) = world.leave()
    assert asked.recipient == "jos\u00e9@xn--bcher-kva.example"
    told = refusals(world.desk)
    told(asked.row.id, "550 5.6.7 The mail server cannot send to this address", world.now)
    world.wait(days=8)
    assert world.leave() == []
    with world.database.reading() as conn:
        states = conn.execute(select(subscription.c.state)).scalars().all()
    assert "active" not in states


# --- Links (statement 53) ---------------------------------------------------------------------


class Hrefs(HTMLParser):
    """The links of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value or "" for name, value in attrs if name == "href"]


@given(
    st.from_regex(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[a-z]{1,20}\.example", fullmatch=True),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=100),
)
def test_a_mailto_link_survives_its_way_through_a_page(address: str, subject: str) -> None:
    """Statement 53: nothing but unreserved characters (and "+", RFC 6068 2) stands unencoded."""
    link = mailto(address, subject)
    assert re.fullmatch(r"mailto:[A-Za-z0-9._~%+-]+@[a-z.]+\?subject=[A-Za-z0-9._~%-]*", link)
    page = Hrefs()
    page.feed(f'<a href="{html.escape(link)}">x</a>')
    parts = urlsplit(page.found[0])
    name, _, value = parts.query.partition("=")
    assert (parts.scheme, unquote(parts.path), name) == ("mailto", address, "subject")
    assert unquote(value) == subject


def test_no_link_of_ours_brings_a_body(world: World) -> None:
    """Statement 53: what a link asks for stands in its subject, at most 100 characters."""
    world.follow(ANN, CASE)
    notice(world, "FIRST")
    world.mail(ANN, "REPORT")
    world.leave()
    links = [link for each in world.sent for link in re.findall(r"mailto:\S+\?\S+", each.text)]
    assert len(links) > 5
    for link in links:
        name, _, value = link.partition("?")[2].partition("=")
        assert name == "subject"
        assert len(unquote(value)) <= 100
