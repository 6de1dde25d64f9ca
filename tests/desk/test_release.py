"""The last gate and the outbox together: what is told once, whatever happens on the way."""

from __future__ import annotations

from datetime import timedelta

import pytest

from mailbot.model import Claimed
from tests.world import Sent, World, templates

ANN = "ann@people.example"
CASE = "15AB-CR00015"
LEASE = timedelta(minutes=1)


@pytest.fixture
def followed(world: World) -> World:
    world.follow(ANN, CASE)
    return world


def enter(world: World, text: str) -> None:
    """An entry, and what follows from it in the store."""
    world.court.enter(CASE, "Filing:", text)
    world.desk.sweep("franklin", world.now)


def at_the_server(world: World) -> Claimed:
    """The one notice that is due, past the fence."""
    (row,) = world.outbox.claim("s", world.now, 50, LEASE)
    world.desk.release([row], world.now)
    assert world.outbox.fence(row.id, "s", world.now)
    return row


def put_off(world: World, row: Claimed, ambiguous: bool = False) -> None:
    until = world.now + timedelta(minutes=15)
    world.outbox.deferred(row.id, "s", world.now, until, "451 4.7.1 Greylisted", ambiguous)


def counts(mails: list[Sent], *texts: str) -> list[int]:
    told = "".join(sent.text for sent in mails if sent.row.template == "notice")
    return [told.count(text) for text in texts]


@pytest.mark.parametrize("second_is_sent", [False, True])
def test_a_notice_put_off_at_the_dot_is_told_however_many_follow(
    followed: World, second_is_sent: bool
) -> None:
    """Issue 2, 4: no row is skipped, whatever the server's answer."""
    enter(followed, "FIRST")
    row = at_the_server(followed)
    enter(followed, "SECOND")
    put_off(followed, row)
    left = followed.leave() if second_is_sent else []
    enter(followed, "THIRD")
    followed.wait(minutes=30)
    left += followed.leave() + followed.sweep()
    assert counts(left, "FIRST", "SECOND", "THIRD") == [1, 1, 1]


@pytest.mark.parametrize("by", ["link", "mail"])
def test_an_undo_brings_back_a_notice_that_was_in_doubt(followed: World, by: str) -> None:
    enter(followed, "FIRST")
    put_off(followed, at_the_server(followed), ambiguous=True)
    enter(followed, "SECOND")
    left = followed.leave()
    followed.act("stop", left[-1].token("s"))
    (receipt,) = followed.leave()
    enter(followed, "while it was stopped")
    if by == "link":
        followed.act("undo", receipt.token("r"))
    else:
        followed.answer(receipt, ANN, "UNDO")
    enter(followed, "THIRD")
    followed.wait(minutes=30)
    left += followed.leave()
    told = counts(left, "FIRST", "SECOND", "while it was stopped", "THIRD")
    assert told == [1, 1, 1, 1]


def test_a_case_sealed_at_the_dot_waits_and_is_told_when_it_is_open(followed: World) -> None:
    enter(followed, "FIRST")
    followed.court.set_access(CASE, 9)
    assert followed.leave() == []
    followed.court.set_access(CASE, 0)
    followed.wait(minutes=20)
    assert counts(followed.sweep(), "FIRST") == [1]


def test_entries_while_a_case_was_sealed_follow_the_confirmation(world: World) -> None:
    world.mail(ANN, f"TRACK {CASE}")
    (asked,) = world.leave()
    enter(world, "BETWEEN")
    world.court.set_access(CASE, 9)
    world.answer(asked, ANN, "yes")
    assert "notice" not in templates(world.leave())
    world.court.set_access(CASE, 0)
    world.wait(hours=1)
    assert counts(world.sweep(), "BETWEEN") == [1]
