"""Mail for postmaster comes to a person: whole, once, within a budget, and never in a circle."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from sqlalchemy import text

from mailbot.errors import PostmasterBusy
from tests.world import Sent, World, worlds

ANN, CASE = "ann@people.example", "15AB-CR00015"
POSTMASTER, OPERATOR = "postmaster@court.example", "operator@people.example"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    yield from worlds(tmp_path, bot_options=f'operator = "{OPERATOR}"')


def enclosed(sent: Sent) -> bytes:
    """The mail that one of ours carries along, as its octets stand in it."""
    boundary = sent.message.get_boundary()
    assert boundary is not None
    last = sent.raw.split(f"--{boundary}".encode())[2]
    return last.partition(b"\r\n\r\n")[2].removesuffix(b"\r\n")


def wrote(world: World, subject: str = "a question", sender: str = ANN, **more: object) -> str:
    return world.mail(sender, subject, "Who runs this?", to=POSTMASTER, **more)  # type: ignore[arg-type]


def test_a_mail_comes_to_the_operator_as_it_came(world: World) -> None:
    raw = world.raw(ANN, "Your e-mail", "It reached the wrong person.", POSTMASTER)
    assert world.mail(ANN, to=POSTMASTER, raw=raw) == "handed on"
    (said,) = world.leave()
    assert said.recipient == OPERATOR
    assert said.message["Subject"] == f"Mail for {POSTMASTER}: Your e-mail"
    assert said.reply_to == ANN
    assert "with a command" not in said.text + said.html  # the answer is Ann's, who knows none
    assert said.message["Auto-Submitted"] == "auto-generated"
    words, carried = said.message.iter_parts()
    assert words.get_content_type() == "multipart/alternative"
    assert carried.get_content_type() == "message/rfc822"
    assert carried.get_content_disposition() == "attachment"
    assert enclosed(said) == raw.rstrip(b"\r\n")


def test_without_an_operator_it_comes_to_the_help_desk(tmp_path: Path) -> None:
    for world in worlds(tmp_path):
        assert wrote(world) == "handed on"
        (said,) = world.leave()
        assert said.recipient == "help.desk@court.example"


@pytest.mark.parametrize("to", ["postmaster", "POSTMASTER", "Postmaster@Court.Example"])
def test_in_any_spelling_and_without_a_domain(world: World, to: str) -> None:
    assert world.mail(ANN, "hello", "you", to=to) == "handed on"


def test_no_word_in_it_is_a_command(world: World) -> None:
    world.follow(ANN, CASE)
    world.mail(ANN, "STOP ALL", f"TRACK {CASE}\nSTOP", to=POSTMASTER)
    (said,) = world.leave()
    assert said.row.template == "handed-on"


def test_it_is_wiped_when_it_has_left(world: World) -> None:
    wrote(world, "a secret subject")
    assert world.counts()["enclosure"] == 1
    world.leave()
    assert world.counts()["enclosure"] == 0
    with world.database.reading() as conn:
        kept = conn.execute(text("SELECT facts FROM outbox WHERE template = 'handed-on'")).scalar()
    assert kept in ("{}", {})


def test_it_is_wiped_when_it_never_leaves(world: World) -> None:
    wrote(world)
    (row,) = world.outbox.claim("test", world.now, 1, timedelta(minutes=1))
    world.outbox.deferred(row.id, "test", world.now, world.now, "451", False)
    assert world.counts()["enclosure"] == 1
    world.outbox.claim("test", world.now, 1, timedelta(minutes=1))
    world.outbox.failed(row.id, "test", world.now, "550 no such user")
    assert world.counts()["enclosure"] == 0


def test_a_retry_is_the_same_mail(world: World) -> None:
    wrote(world)
    first = [world.composed(row) for row in world.claimed()]
    world.wait(minutes=2)
    assert [world.composed(row) for row in world.claimed()] == first


def test_once_a_mail(world: World) -> None:
    raw = world.raw(ANN, "hello", "you", POSTMASTER)
    assert world.mail(ANN, to=POSTMASTER, raw=raw) == "handed on"
    assert world.mail(ANN, to=POSTMASTER, raw=raw) == "repeated"
    assert len(world.leave()) == 1


@pytest.mark.parametrize(
    ("headers", "mail_from"),
    [
        ({}, ""),
        ({"Return-Path": "<>"}, None),
        ({"X-Mailbot-Loop": "track.other.example"}, None),
        ({"Auto-Submitted": "auto-replied"}, None),
        ({"Auto-Submitted": "Auto-Replied; vacation"}, None),
        ({}, OPERATOR),
    ],
)
def test_what_would_go_in_a_circle_is_not_handed_on(
    world: World, headers: dict[str, str], mail_from: str | None
) -> None:
    done = wrote(world, headers=headers, mail_from=mail_from)
    assert done.startswith("not handed on")
    assert world.leave() == []


def test_the_operator_does_not_get_his_own_mail(world: World) -> None:
    assert wrote(world, sender=OPERATOR) == "not handed on: its writer would get it"


def test_our_own_mail_comes_back_to_nobody(world: World) -> None:
    """The operator's mailbox sends everything on to postmaster: after one turn it ends."""
    wrote(world)
    (said,) = world.leave()
    assert world.mail("", to=POSTMASTER, mail_from=OPERATOR, raw=said.raw).startswith("not handed")
    assert world.leave() == []


def test_machines_have_a_small_budget_of_their_own(world: World) -> None:
    headers = {"Auto-Submitted": "auto-generated"}
    done = [wrote(world, f"report {number}", headers=headers) for number in range(7)]
    assert done == ["handed on"] * 5 + ["not handed on: too many"] * 2
    assert wrote(world) == "handed on"


def test_one_writer_has_a_budget_and_others_do_not_suffer(world: World) -> None:
    for number in range(5):
        assert wrote(world, f"question {number}") == "handed on"
    with pytest.raises(PostmasterBusy):
        wrote(world, "question 6")
    assert wrote(world, sender="ben@people.example") == "handed on"


def test_beyond_the_budget_a_mail_waits_with_its_sender_and_is_not_lost(world: World) -> None:
    for number in range(20):
        wrote(world, sender=f"p{number}@people.example")
    raw = world.raw(ANN, "a question", "Who?", POSTMASTER)
    with pytest.raises(PostmasterBusy):
        world.mail(ANN, to=POSTMASTER, raw=raw)
    world.wait(days=1, minutes=1)
    assert world.mail(ANN, to=POSTMASTER, raw=raw) == "handed on"


def test_a_writer_who_cannot_be_answered_is_read_all_the_same(world: World) -> None:
    raw = world.raw(ANN, "hello", "you", POSTMASTER).replace(b"From: ", b"From: a@b.example, ")
    assert world.mail(ANN, to=POSTMASTER, raw=raw) == "handed on"
    (said,) = world.leave()
    assert said.reply_to.startswith("track+n-")


@pytest.mark.parametrize(
    ("body", "kind", "encoding"),
    [
        ("plain", "message/rfc822", "7bit"),
        ("Größe", "message/rfc822", "8bit"),
        ("long " * 400, "application/octet-stream", "base64"),
    ],
)
def test_any_octets_are_carried(world: World, body: str, kind: str, encoding: str) -> None:
    head = f"From: {ANN}\r\nTo: {POSTMASTER}\r\nSubject: x\r\nMessage-ID: <x@people.example>\r\n"
    raw = f"{head}Content-Type: text/plain; charset=utf-8\r\n\r\n{body}\r\n".encode()
    assert world.mail(ANN, to=POSTMASTER, raw=raw) == "handed on"
    (said,) = world.leave()
    carried = list(said.message.iter_parts())[1]
    assert (carried.get_content_type(), carried["Content-Transfer-Encoding"]) == (kind, encoding)
    if encoding == "base64":
        assert carried.get_content() == raw
    else:
        assert enclosed(said) == raw.rstrip(b"\r\n")


def test_nobody_who_writes_can_end_the_attachment(world: World) -> None:
    """The boundary hangs on what it encloses, so nobody can write it there."""
    wrote(world)
    (said,) = world.leave()
    boundary = said.message.get_boundary()
    world.mail("ben@people.example", "x", f"--{boundary}--\n\nours?", to=POSTMASTER)
    (again,) = world.leave()
    assert again.message.get_boundary() != boundary
    assert len(list(message_from_bytes(again.raw, policy=policy.default).iter_parts())) == 2
