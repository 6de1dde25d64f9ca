"""A recipient that our own mail server refuses: what the desk makes of it, over a real socket."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from mailbot.errors import StoreUnavailable
from mailbot.inbound.refusals import refusals
from mailbot.model import Claimed, Facts, Outgoing
from mailbot.outbound.compose import compose
from mailbot.store import addresses
from mailbot.store.schema import request
from tests.outbound.stage import Clock, Stage, smarthost
from tests.smtp_sink import sink
from tests.world import World

ANN = "ann@people.example"
CASE = "15AB-CR00015"
UNKNOWN = "550 5.1.1 <ann@people.example>: User unknown"


def stage_of(world: World) -> Stage:
    """A sender on the outbox and the desk of a world."""

    def make(row: Claimed, facts: Facts) -> Outgoing:
        return compose(row, facts, world.wording, world.signer, world.settings)

    refused = refusals(world.desk)
    store = world.database.engine.url.render_as_string(hide_password=False)
    return Stage(
        world.folder, Clock(world.now), world.desk.release, make, refused=refused, store=store
    )


async def refuse(world: World, stage_name: str, reply: str) -> None:
    """All that waits is tried, and refused."""
    stage = stage_of(world)
    async with sink() as server:
        server.plan(stage_name, *[reply] * 10)
        async with stage.sending(smarthost(server)):
            await stage.settled()
    stage.database.close()


def is_suspended(world: World) -> bool:
    with world.database.reading() as conn:
        row = addresses.by_spelling(conn, ANN)
    assert row is not None
    return row.suspended_at is not None


def noticed(world: World) -> None:
    """A follower with one notice that waits."""
    world.follow(ANN, CASE)
    world.court.enter(CASE, "Filing:", "FIRST", world.now)
    world.desk.sweep("franklin", world.now)


@pytest.mark.parametrize(
    ("stage_name", "reply", "suspended"),
    [
        ("rcpt", UNKNOWN, True),
        ("rcpt", "550 No such user here", True),
        ("rcpt", "550 5.1.2 Host unknown (Domain name not found)", True),
        ("rcpt", "552 5.2.2 Mailbox full", False),
        ("rcpt", "554 5.7.1 Message rejected as spam", False),
        ("rcpt", "550 5.7.1 Relaying denied", False),
        ("mail", "550 5.1.0 Sender unknown", False),  # our fault, whoever the mail is for
        ("dot", "550 5.1.1 User unknown", False),  # a filter's answer
    ],
)
async def test_only_a_recipient_unknown_at_smtp_time_suspends_at_once(
    world: World, stage_name: str, reply: str, suspended: bool
) -> None:
    noticed(world)
    await refuse(world, stage_name, reply)
    assert is_suspended(world) == suspended


async def test_a_notice_refused_at_smtp_time_is_told_on_recovery(world: World) -> None:
    tracking = world.follow(ANN, CASE)
    world.court.enter(CASE, "Filing:", "FIRST", world.now)
    world.desk.sweep("franklin", world.now)
    await refuse(world, "rcpt", UNKNOWN)
    world.wait(days=3)
    world.court.enter(CASE, "Filing:", "SECOND", world.now)
    assert world.sweep() == []
    world.answer(tracking, ANN, "REPORT")
    (notice,) = [sent for sent in world.leave() if sent.row.template == "notice"]
    assert (notice.text.count("FIRST"), notice.text.count("SECOND")) == (1, 1)


async def test_trap_52_a_confirmation_refused_at_smtp_time_is_cancelled(world: World) -> None:
    world.mail(ANN, f"TRACK {CASE}")
    await refuse(world, "rcpt", UNKNOWN)
    with world.database.reading() as conn:
        assert conn.execute(select(request.c.state)).scalar_one() == "bounced"
    world.wait(days=1)
    world.mail(ANN, f"TRACK {CASE}")
    assert world.leave() == []


@pytest.mark.parametrize("error", [RuntimeError, StoreUnavailable])
async def test_whatever_fails_about_a_refusal_the_mail_is_settled(
    world: World, error: type[Exception]
) -> None:
    failures = [error("once")]
    hears = refusals(world.desk)
    noticed(world)
    stage = stage_of(world)

    def refused(*told: object) -> None:
        if failures:
            raise failures.pop()
        hears(*told)  # type: ignore[arg-type]

    stage.refused = refused
    async with sink() as server:
        server.plan("rcpt", UNKNOWN)
        async with stage.sending(smarthost(server)):
            await stage.settled()
    stage.database.close()
    assert is_suspended(world) == (error is StoreUnavailable)
