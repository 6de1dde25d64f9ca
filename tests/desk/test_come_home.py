"""Mail to the doctor's address acts on nothing and is answered by nothing, whoever writes it."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailbot.doctor.loop.letter import letter
from mailbot.explain import Explainer, Given
from mailbot.store import errands, pen
from tests.poison import arrives, in_pen
from tests.world import BOT, World

HANDLE = "abcdefghijklmnopqrstuvwxyz"
HOME = f"track+d-{HANDLE}@court.example"
ANN = "ann@people.example"


def given(world: World, raw: bytes, mail_from: str) -> None:
    from mailbot.model import Envelope
    from tests.poison import keeper_of

    keeper_of(world).receive(raw, Envelope(mail_from, HOME), world.now)


def test_the_awaited_one_is_kept_and_nothing_else_happens(world: World) -> None:
    mail = letter(world.settings, world.settings.mailbox[0], HANDLE, world.now)
    before = world.counts()
    with world.database.transaction() as conn:
        errands.expect(conn, HANDLE, world.now)
    given(world, mail.content, mail.mail_from)
    given(world, mail.content, mail.mail_from)  # delivered twice
    assert world.leave() == []
    (parked,) = in_pen(world)
    assert (parked.reason, parked.kept) == (errands.REASON, True)
    assert parked.recipient == HOME
    with world.database.transaction() as conn:
        home = errands.collect(conn, HANDLE)
    assert home is not None
    assert home.raw == mail.content
    assert world.counts() == before


@pytest.mark.parametrize("text", ["TRACK 15AB-CR00015", "STOP ALL", "yes", "HELP", ""])
def test_a_stranger_who_writes_there_gets_nothing(world: World, text: str) -> None:
    world.follow(ANN, "15AB-CR00015")
    before = world.counts()
    given(world, world.raw(ANN, text, text, HOME), ANN)
    given(world, b"\0\xff not a mail at all", ANN)
    assert world.mail(ANN, text, text, to=HOME) == "doctor"
    assert world.leave() == []
    assert in_pen(world) == []
    assert world.counts() == before


def test_a_mail_too_large_is_kept_up_to_the_limit(world: World) -> None:
    with world.database.transaction() as conn:
        errands.expect(conn, HANDLE, world.now)
    most = world.settings.limits.message_bytes
    given(world, b"x" * (most + 5), ANN)
    with world.database.reading() as conn:
        (parked,) = pen.every(conn)
    assert parked.octets == most


def test_explain_says_what_it_is(world: World, tmp_path: Path) -> None:
    mail = letter(world.settings, world.settings.mailbox[0], HANDLE, world.now)
    with Explainer(world.settings, world.now) as explainer:
        told = explainer.explain(mail.content, Given(mail.mail_from, mail.recipient))
        stranger = explainer.explain(world.raw(ANN, "HELP", "", HOME), Given(ANN, mail.recipient))
    assert (told["route"]["handle"], told["answer"], told["reply"]) == ("doctor", "never", None)
    assert stranger["reply"] is None
    assert arrives(world, world.raw(ANN, "HELP", "", BOT), ANN)
