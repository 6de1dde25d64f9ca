"""What a route makes of a mail: its command, its court, and as whom it is answered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select

from mailbot.model import Proof
from mailbot.store.schema import arrival
from mailbot.voice import Voice
from tests.world import BOT, World, templates, worlds

ANN, CASE = "ann@people.example", "15AB-CR00015"
CLERK, STOP = "clerk@court.example", "stop@court.example"
ROUTES = """
[[mailbox]]
name = "second"
address = "second@court.example"

[[route]]
address = "second@court.example"
court = "franklin"
purpose = "commands"

[[route]]
address = "clerk@court.example"
court = "franklin"
purpose = "commands"
mailbox = "track"
separator = "_"
reply_as = "clerk@court.example"
display = "The Clerk"
language = "es"
templates = "short"

[[route]]
address = "list@court.example"
court = "franklin"
purpose = "report"
mailbox = "track"

[[route]]
address = "bounces@court.example"
court = "franklin"
purpose = "bounces"
mailbox = "track"
"""


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    own = tmp_path / "own"
    for folder, name, text in (
        ("routes/short/es", "help", "Ayuda del secretario\n"),
        ("es", "verify", "Por favor confirme\n"),
    ):
        (own / folder / "mail" / name).mkdir(parents=True)
        (own / folder / "mail" / name / "subject.txt").write_text(text)
    yield from worlds(tmp_path, more=ROUTES, bot_options='templates = "own"')


# --- As whom a mail is answered ---


def test_an_answer_speaks_as_its_route_says(world: World) -> None:
    world.mail(ANN, "HELP", to=CLERK)
    (said,) = world.leave()
    assert said.message["From"] == "The Clerk <clerk@court.example>"
    assert said.reply_to.startswith("clerk_n-")
    assert said.mail_from.startswith("clerk_b-")
    assert said.message["Subject"] == "Ayuda del secretario"
    assert said.message["Content-Language"] == "es"
    assert "mailto:clerk@court.example?subject=REPORT" in said.text
    assert BOT not in said.text.replace(f"Write to {BOT}", "")


def test_others_speak_as_the_court_does(world: World) -> None:
    world.mail(ANN, "HELP")
    (said,) = world.leave()
    assert said.message["From"].addresses[0].addr_spec == BOT
    assert said.message["Content-Language"] == "en"


def test_a_sign_up_stays_with_its_address_to_the_end(world: World) -> None:
    world.mail(ANN, f"TRACK {CASE}", to=CLERK)
    (asked,) = world.leave()
    assert asked.message["Subject"] == "Por favor confirme"
    assert asked.reply_to.startswith("clerk_c-")
    assert asked.mailto("CONFIRM")[0].startswith("clerk_c-")
    world.answer(asked, ANN, "yes")
    (tracking,) = world.leave()
    assert tracking.row.template == "tracking"
    assert tracking.message["From"].addresses[0].addr_spec == CLERK
    world.answer(tracking, ANN, "STOP")
    (stopped,) = world.leave()
    assert stopped.row.template == "stopped"
    assert stopped.message["From"].addresses[0].addr_spec == CLERK


def test_a_notice_speaks_as_the_court_in_the_readers_language(world: World) -> None:
    world.mail(ANN, f"TRACK {CASE}", to=CLERK)
    (asked,) = world.leave()
    world.answer(asked, ANN, "yes")
    world.leave()
    world.wait(hours=1)
    world.court.enter(CASE, "Judgment", at=world.now)
    (notice,) = world.sweep()
    assert notice.message["From"].addresses[0].addr_spec == BOT
    assert notice.row.language == "es"


def test_a_retry_is_the_same_mail_whatever_the_route_says_by_then(world: World) -> None:
    """decisions.md 2: what the route said is kept with the mail."""
    world.mail(ANN, "HELP", to=CLERK)
    (said,) = world.leave()
    routes = [
        route.model_copy(update={"display": "Another", "templates": None, "language": "en"})
        if route.address == CLERK
        else route
        for route in world.settings.route
    ]
    changed = world.settings.model_copy(update={"route": tuple(routes)})
    world.desk.parts = replace(world.parts, settings=changed)
    assert world.composed(said.row).content == said.raw


def test_an_address_that_is_ours_no_more_is_nobodys_voice(world: World) -> None:
    gone = Voice("old@elsewhere.example", "Old")
    assert world.settings.still(gone, "franklin").address == BOT
    assert world.settings.still(Voice(CLERK, "The Clerk"), "franklin").display == "The Clerk"


# --- One fixed command ---


@pytest.mark.parametrize(
    "body", ["", "hello", f"TRACK {CASE}", "HELP", "CONFIRM", "NO", "REPORT", "> STOP ALL"]
)
def test_mail_to_stop_is_stop_whatever_it_says(world: World, body: str) -> None:
    """Asked about like any STOP that nothing proves."""
    world.follow(ANN, CASE)
    world.mail(ANN, "my case", body, to=STOP)
    assert templates(world.leave()) == ["stop-ask"]


def test_mail_to_stop_whose_writer_is_proved_stops_at_once(world: World) -> None:
    world.follow(ANN, CASE)
    assert world.mail(ANN, "", "please", to=STOP, proof=Proof("P1", "", False)) == "done"
    assert templates(world.leave()) == ["stopped"]


def test_a_forwarded_mail_to_stop_is_asked_about_even_if_proved(world: World) -> None:
    world.follow(ANN, CASE)
    proof = Proof("P1", "", False)
    world.mail(ANN, "Fwd: Track This Case", "see below", to=STOP, proof=proof)
    assert templates(world.leave()) == ["stop-ask"]


def test_stop_and_numbers_stop_what_they_name(world: World) -> None:
    world.follow(ANN, CASE)
    world.wait(hours=1)
    world.follow(ANN, "000333666")
    world.mail(ANN, "000333666", to=STOP)
    (asked,) = world.leave()
    assert "000333666" in asked.text
    assert CASE not in asked.text


def test_mail_to_the_address_for_reports_is_a_report(world: World) -> None:
    world.follow(ANN, CASE)
    world.mail(ANN, "good morning", "STOP ALL", to="list@court.example")
    assert templates(world.leave()) == ["report"]


# --- For whom a mail came ---


def test_a_blind_copy_takes_the_route_of_its_envelope(world: World) -> None:
    """Trap 87: the visible To is somebody else's."""
    raw = world.raw(ANN, "HELP", "", "friend@people.example")
    world.mail(ANN, to=CLERK, raw=raw)
    (said,) = world.leave()
    assert said.message["From"].addresses[0].addr_spec == CLERK


def test_delivered_to_of_the_sender_takes_no_route(world: World) -> None:
    """Trap 88: the listener knows for whom it came."""
    world.follow(ANN, CASE)
    headers = {"Delivered-To": STOP, "X-Original-To": STOP}
    world.mail(ANN, "HELP", headers=headers)
    assert templates(world.leave()) == ["help"]


def test_one_mail_to_two_mailboxes_acts_once_in_each(world: World) -> None:
    """Trap 69."""
    raw = world.raw(ANN, "HELP", "", BOT)
    for to in (BOT, "second@court.example", "track+x@court.example"):
        world.mail(ANN, to=to, raw=raw)
    said = world.leave()
    assert templates(said) == ["help", "help"]
    senders = {each.message["From"].addresses[0].addr_spec for each in said}
    assert senders == {BOT, "second@court.example"}


def test_another_mail_with_the_same_message_id_is_not_lost(world: World) -> None:
    """Trap 69."""
    first, second = (world.raw(ANN, "", text, BOT) for text in ("HELP", f"TRACK {CASE}"))
    other_id = second.replace(b"<2@people.example>", b"<1@people.example>")
    assert b"<1@people.example>" in first
    for raw in (first, other_id, first, other_id):
        world.mail(ANN, to=BOT, raw=raw)
    assert sorted(templates(world.leave())) == ["help", "verify"]
    with world.database.reading() as conn:
        assert conn.execute(select(func.count()).select_from(arrival)).scalar_one() == 2


# --- A person at the address for returned mail ---


def test_a_person_who_writes_to_the_return_path_is_read_as_a_stranger(world: World) -> None:
    """Trap 77: the parser, with no more trust than anybody has."""
    tracking = world.follow(ANN, CASE)
    for to in (tracking.mail_from, "bounces@court.example"):
        world.mail(ANN, "STOP", to=to, proof=Proof("P1", "", False))
        world.wait(hours=1)
    assert templates(world.leave()) == ["stop-ask"] * 2
    world.mail(ANN, "Good morning", "who are you?", to=tracking.mail_from)
    assert world.leave() == []  # nobody was told that address (docs/reasons.md 39)
