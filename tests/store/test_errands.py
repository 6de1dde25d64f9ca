"""The doctor's mail to itself is kept once, and only while it is awaited."""

from __future__ import annotations

from datetime import timedelta

from mailbot.model import Envelope
from mailbot.store import arrivals, errands, pen
from tests.world import World

HANDLE = "abcdefghijklmnopqrstuvwxyz"
ENVELOPE = Envelope("track+b-x@court.example", "track+d-x@court.example")


def test_what_is_awaited_is_kept_once_and_collected_once(world: World) -> None:
    with world.database.transaction() as conn:
        errands.expect(conn, HANDLE, world.now)
    with world.database.transaction() as conn:
        assert errands.collect(conn, HANDLE) is None
        assert errands.come_home(conn, HANDLE, b"raw", ENVELOPE, world.now)
        assert not errands.come_home(conn, HANDLE, b"again", ENVELOPE, world.now)
    with world.database.transaction() as conn:
        home = errands.collect(conn, HANDLE)
        assert home == errands.Home(b"raw", ENVELOPE)
        assert errands.collect(conn, HANDLE) is None
        assert pen.every(conn) == []


def test_nobody_elses_mail_is_kept(world: World) -> None:
    with world.database.transaction() as conn:
        assert not errands.come_home(conn, HANDLE, b"raw", ENVELOPE, world.now)
        errands.expect(conn, HANDLE, world.now)
        assert not errands.come_home(conn, HANDLE[::-1], b"raw", ENVELOPE, world.now)
        errands.give_up(conn, HANDLE)
        assert not errands.come_home(conn, HANDLE, b"raw", ENVELOPE, world.now)
        assert pen.every(conn) == []


def test_it_is_forgotten_like_everything_else(world: World) -> None:
    later = world.now + timedelta(days=31)
    with world.database.transaction() as conn:
        errands.expect(conn, HANDLE, world.now)
        errands.expect(conn, HANDLE[::-1], world.now)
        errands.come_home(conn, HANDLE, b"raw", ENVELOPE, world.now)
        arrivals.purge(conn, later)
        assert errands.collect(conn, HANDLE) is None
        assert not errands.come_home(conn, HANDLE[::-1], b"raw", ENVELOPE, later)
