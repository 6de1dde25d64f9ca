"""What all mails have in common: sender, links, tokens, banner, notes (groups F, L)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mailbot.store import requests
from mailbot.tokens import Purpose
from tests.web.small_site import LETTERS, client_of, site_of
from tests.world import BOT, Sent, World, templates, worlds

ANN, BEN, ALIAS = "ann@people.example", "ben@people.example", "ann.private@relay.example"
CASE, OTHER = "15AB-CR00015", "15AB-DR00010"
PROFILES = pytest.mark.parametrize("profile", ["default", "seed"])
BANNER = (
    '[[court.franklin.banner]]\ntext = "Important Notice: Until the summer."\n'
    "from = 2026-03-03\nuntil = 2026-03-04\n"
)


def everything(world: World) -> list[Sent]:
    """A life of a tracking in which almost every kind of mail leaves."""
    world.mail(ANN, "REPORT")
    world.mail(ANN, "HELP")
    world.mail(ANN, "TRACK 15AB-TR00044")
    world.mail(ANN, "what is this?")
    world.follow(ANN, CASE)
    world.wait(minutes=20)
    world.mail(ANN, f"TRACK {CASE}")
    world.follow(ANN, OTHER)
    world.wait(minutes=20)
    world.court.enter(CASE, "Order", "text")
    world.sweep()
    world.mail(ANN, "REPORT", "again")
    world.mail(ANN, f"STOP {OTHER}")
    world.mail(ANN, "STOP")
    world.leave()
    world.answer(world.sent[-1], ANN, "STOP ALL")
    world.leave()
    if world.settings.court["franklin"].profile == "default":
        world.answer(world.sent[-1], ANN, "UNDO")
    world.mail(BEN, f"TRACK {OTHER}")
    (asked,) = [sent for sent in world.leave() if sent.row.template == "verify"]
    world.answer(asked, BEN, "NO")
    world.leave()
    return world.sent


KINDS = {
    "no-records", "help", "refused", "not-understood", "verify", "tracking", "already", "notice",
    "report", "stop-ask", "stop-which", "stopped", "declined",
}  # fmt: skip


@PROFILES
def test_every_mail_has_one_and_the_same_sender(tmp_path: Path, profile: str) -> None:
    """S53, S137: who has put it into the contacts once gets all of them."""
    for world in worlds(tmp_path, profile=profile):
        sent = everything(world)
        assert set(templates(sent)) >= KINDS
        senders = {str(each.message["From"]) for each in sent}
        assert senders == {f'"Missouri Courts Case.net System" <{BOT}>'}


@PROFILES
def test_every_link_of_ours_is_https_signed_and_needs_no_session(
    tmp_path: Path, profile: str
) -> None:
    """S138, S59, trap 58: each opens in a fresh browser without cookie, query or redirect."""
    for world in worlds(tmp_path, profile=profile):
        site = site_of(world)
        links = set()
        for sent in everything(world):
            found = re.findall(r"[a-z]+://[^\s\"<>]+", sent.text + " " + sent.html)
            assert all(link.startswith("https://") for link in found), sent.row.template
            links |= {link for link in found if link.startswith("https://track.court.example/")}
            for line in sent.text.splitlines():
                if "https://track" in line:
                    assert re.fullmatch(r"https://track\.court\.example/\S{1,70}", line)
        assert {link.split("/")[3] for link in links} >= set("cnsa")
        for link in links:
            _, _, _, letter, token = link.split("/")
            purpose = Purpose({"c": "confirm", "n": "decline", "r": "undo"}.get(letter, "stop"))
            purpose = Purpose.STOP_ALL if letter == "a" else purpose
            assert world.signer.read(purpose, token, world.now).row > 0
            assert len(token.rpartition(".")[2]) == 22  # 128 bits
            answer = client_of(site).get(link.removeprefix("https://track.court.example"))
            assert answer.status_code in (200, 410), link
            assert "set-cookie" not in answer.headers


@PROFILES
def test_what_links_name(tmp_path: Path, profile: str) -> None:
    """S139: verify and stop one tracking, stop-all the address; so do their mail addresses."""
    for world in worlds(tmp_path, profile=profile):
        world.mail(ANN, f"TRACK {CASE}")
        (asked,) = world.leave()
        world.act("confirm", asked.token("c"))
        world.court.enter(CASE, "Order", "text")
        notice = [sent for sent in world.sweep() if sent.row.template == "notice"][0]

        def row(sent: Sent, letter: str, world: World = world) -> int:
            purpose = Purpose(LETTERS[letter])
            return world.signer.read(purpose, sent.token(letter), world.now).row

        with world.database.reading() as conn:
            (subscription,) = conn.exec_driver_sql("select id from subscription").scalars()
            (address,) = conn.exec_driver_sql("select id from address").scalars()
            assert list(requests.cases(conn, row(asked, "c"))) == [subscription]
        assert row(asked, "s") == row(notice, "s") == subscription
        assert row(notice, "a") == address
        for purpose, named, tag in (
            (Purpose.STOP, subscription, "s"),
            (Purpose.STOP_ALL, address, "a"),
        ):
            handle = world.signer.handle(purpose, named)
            assert re.fullmatch(r"[a-z2-7]{26}", handle)
            assert f"track+{tag}-{handle}@court.example" in notice.text


@PROFILES
@pytest.mark.parametrize("way", ["subject", "body", "address", "quoted", "code", "link"])
def test_the_verification_is_good_in_every_place(tmp_path: Path, profile: str, way: str) -> None:
    """S59, S66: the long token in subject or body, the handle in the address, the code, the link."""
    for world in worlds(tmp_path, profile=profile):
        world.mail(ANN, f"TRACK {CASE}")
        (asked,) = world.leave()
        token = asked.token("c")
        if way == "subject":
            world.mail(ALIAS, f"Re: CONFIRM {token}")
        elif way == "body":
            world.mail(ALIAS, "hello", f"CONFIRM {token}\n")
        elif way == "address":
            world.mail(ANN, "yes", "yes", to=asked.reply_to.lower())
        elif way == "quoted":
            world.mail(
                ANN, "Re: your mail", f"yes\n\n> {asked.text.replace(chr(10), chr(10) + '> ')}"
            )
        elif way == "code":
            world.mail(ANN, f"CONFIRM {asked.text.split('Code: ')[1].split()[0].lower()}")
        else:
            world.act("confirm", token)
        world.leave()
        with world.database.reading() as conn:
            states = conn.exec_driver_sql("select state from subscription").scalars().all()
        assert states == ["active"]


@PROFILES
def test_the_verification_mail_stays_useful(tmp_path: Path, profile: str) -> None:
    """S65: its stop link works before and long after the yes, as link and as mail."""
    for world in worlds(tmp_path, profile=profile):
        world.mail(ANN, f"TRACK {CASE}")
        (asked,) = world.leave()
        world.act("stop", asked.token("s"))
        assert world.act("confirm", asked.token("c")).template == "problem"
        world.wait(days=1)
        world.follow(ANN, CASE)
        world.wait(days=400)
        assert world.act("stop", asked.token("s")).template == "stopped"
        world.leave()
        world.court.enter(CASE, "Order", "after the stop")
        assert world.sweep() == []


# --- L: banner and notes -------------------------------------------------------------------------


@pytest.fixture(params=["default", "seed"])
def announced(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[World]:
    """A court with a banner for two days."""
    yield from worlds(tmp_path, profile=request.param, more=BANNER)


def test_the_banner_stands_in_the_three_mails_and_on_no_page(announced: World) -> None:
    """S57, S74, S109, S128."""
    mails = everything(announced)
    shown = {each.row.template for each in mails if "Important Notice:" in each.text}
    assert shown == {each.row.template for each in mails if "Important Notice:" in each.html}
    assert shown == {"verify", "notice", "report"}
    assert all("Until the summer." in each.folded for each in mails if each.row.template in shown)
    assert all(each.folded.count("Important Notice:") <= 1 for each in mails)
    client = client_of(site_of(announced))
    for sent in mails:
        for link in re.findall(r"https://track\.court\.example(/[cnsar]/\S+)", sent.text):
            assert "Until the summer." not in client.get(link).text


@pytest.mark.parametrize(
    ("now", "up"),
    [
        (datetime(2026, 3, 3, 5, 59, tzinfo=UTC), False),  # 11:59 p.m. on March 2 in Missouri
        (datetime(2026, 3, 3, 6, 0, tzinfo=UTC), True),
        (datetime(2026, 3, 5, 5, 59, tzinfo=UTC), True),
        (datetime(2026, 3, 5, 6, 0, tzinfo=UTC), False),
    ],
)
def test_the_banner_comes_and_goes_by_itself(announced: World, now: datetime, up: bool) -> None:
    """S129: by configuration, in the court's zone, both days included."""
    announced.now = now
    announced.mail(ANN, f"TRACK {CASE}")
    (asked,) = announced.leave()
    assert ("Important Notice: Until the summer." in asked.folded) is up


@PROFILES
def test_who_says_that_it_is_no_record(tmp_path: Path, profile: str) -> None:
    """S8, S60, G36: every mail of ours says so; of the original's, those that are its pages."""
    silent = {"verify", "notice", "report"} if profile == "seed" else set()
    pages = {"tracking", "stop-ask", "stop-which", "stopped"}
    for world in worlds(tmp_path, profile=profile):
        for sent in everything(world):
            told = "is not the official record of the court." in sent.folded
            assert told is (
                "is not the official record of the court." in " ".join(sent.html.split())
            )
            if sent.row.template in silent:
                assert not told, sent.row.template
            elif profile == "default" or sent.row.template in pages:
                assert told, sent.row.template


@PROFILES
@pytest.mark.parametrize("kind", ["verify", "tracking", "notice", "report", "stopped", "help"])
def test_every_mail_can_be_answered_with_a_command(tmp_path: Path, profile: str, kind: str) -> None:
    """S136 reversed, G34: also where the original's footer asks not to."""
    for world in worlds(tmp_path, profile=profile):
        sent = next(each for each in everything(world) if each.row.template == kind)
        world.wait(days=2)
        world.answer(sent, ANN, "HELP")
        assert templates(world.leave()) == ["help"]
