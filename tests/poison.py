"""Faults of our own code, without patching any: a world whose source of row ids is broken."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from mailbot.inbound.keeper import Keeper
from mailbot.maillog import MailLog
from mailbot.model import Envelope
from mailbot.store import pen
from mailbot.store.pen import Parked
from tests.world import BOT, World

SECRET = "what was worked on"


def keeper_of(world: World) -> Keeper:
    return Keeper(world.desk, MailLog(bytes(16)))


@contextmanager
def broken(world: World) -> Iterator[None]:
    """Nobody new can be written to: the next row id is an error."""

    def no_id() -> int:
        raise ValueError(SECRET)

    good = world.desk.parts
    world.desk.parts = replace(good, random_id=no_id)
    try:
        yield
    finally:
        world.desk.parts = good


def arrives(world: World, raw: bytes, sender: str, stamp: int = 0) -> bool:
    """A door takes a mail, with the line that it writes on top. False: 451."""
    received = f"Received: from x ([192.0.2.1])\r\n\tby y with ESMTP id in-{stamp};\r\n\tnow\r\n"
    try:
        keeper_of(world).receive(received.encode() + raw, Envelope(sender, BOT), world.now)
    except ValueError:
        return False
    return True


def in_pen(world: World) -> list[Parked]:
    with world.database.reading() as conn:
        return list(pen.every(conn))
