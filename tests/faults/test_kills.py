"""T-IN: killed at any step of any way in, each mail is acted upon exactly once."""

from __future__ import annotations

import multiprocessing
import smtplib
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from typing import Any

import pytest

from tests.faults import killed
from tests.faults.killed import STEPS, Trap
from tests.inbound.imap.server import Server
from tests.scale import Scale
from tests.world import BOT, World, worlds

A_LIFE = 2  # mails that are new in each life of the process
PATIENCE = 30.0  # seconds
CHILDREN = multiprocessing.get_context("forkserver")
CHILDREN.set_forkserver_preload(["pytest", "tests.faults.killed"])
NEVER = Trap("", 0)


def mail(number: int) -> tuple[str, bytes]:
    """A sender, and his mail: every second one asks for help, which may be given three times."""
    subject = "HELP" if number % 2 else "TRACK 15AB-CR00015"
    sender = f"p{number}@d{number}.example"
    lines = (
        f"From: {sender}",
        f"To: {BOT}",
        f"Subject: {subject}",
        f"Message-ID: <{sender}>",
    )
    return sender, "\r\n".join([*lines, "", ""]).encode()


@contextmanager
def living(target: Any, where: Any, world: World, trap: Trap) -> Iterator[tuple[BaseProcess, int]]:
    """The child for the length of a block, and the port that it tells."""
    ours, theirs = CHILDREN.Pipe()
    child = CHILDREN.Process(target=target, args=(where, world.folder, world.now, trap, theirs))
    child.start()
    theirs.close()
    try:
        assert ours.poll(PATIENCE)
        yield child, ours.recv()
    finally:
        child.kill()
        child.join()
        child.close()
        ours.close()


def hand_in(way: str, port: int, numbers: range) -> bool:
    """Send mails over one connection; False as soon as the server is gone."""
    kind = smtplib.LMTP if way == "lmtp" else smtplib.SMTP
    try:
        with kind("127.0.0.1", port, local_hostname="people.example", **_patience(way)) as server:
            for number in numbers:
                sender, raw = mail(number)
                server.sendmail(sender, [BOT], raw)
    except (OSError, smtplib.SMTPException):
        return False
    return True


def _patience(way: str) -> dict[str, Any]:
    return {} if way == "lmtp" else {"timeout": PATIENCE}


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("way", ["smtp", "lmtp"])
def test_killed_at_a_step_of_smtp_or_lmtp(way: str, step: str, world: World, scale: Scale) -> None:
    """The sender's server comes again until it hears 250, and once more for good measure."""
    kills = scale.of(2, 33)
    for life in range(kills):
        trap = Trap(step, 1 if step == "answered" else 1 + life % A_LIFE)
        with living(killed.listen, way, world, trap) as (child, port):
            new = range(life * A_LIFE, (life + 1) * A_LIFE)
            assert not hand_in(way, port, new), "the trap did not close"
            child.join(PATIENCE)
            assert child.exitcode == -9
    with living(killed.listen, way, world, NEVER) as (_, port):
        assert hand_in(way, port, range(kills * A_LIFE))
        assert hand_in(way, port, range(kills * A_LIFE))
    each_was_acted_upon_once(world, kills * A_LIFE)


@pytest.mark.parametrize("step", STEPS)
def test_killed_at_a_step_of_imap(step: str, world: World, scale: Scale) -> None:
    """The next life finds in the folder what was not moved, or not noted."""
    kills = scale.of(2, 33)
    with Server() as server:
        for life in range(kills):
            for number in range(life * A_LIFE, (life + 1) * A_LIFE):
                put(server, number)
            trap = Trap(step, 1 if step.startswith("answer") else 1 + life % A_LIFE)
            with living(killed.fetch, server.port, world, trap) as (child, _):
                child.join(PATIENCE)
                assert child.exitcode == -9, "the trap did not close"
        with living(killed.fetch, server.port, world, NEVER):
            ends = time.monotonic() + PATIENCE
            while len(server.names("Processed")) < kills * A_LIFE:
                assert time.monotonic() < ends
                time.sleep(0.01)
            for number in range(kills * A_LIFE):  # and all of it once more, by another delivery
                put(server, number)
            while len(server.names("Processed")) < 2 * kills * A_LIFE:
                assert time.monotonic() < ends
                time.sleep(0.01)
    each_was_acted_upon_once(world, kills * A_LIFE)


def put(server: Server, number: int) -> None:
    sender, raw = mail(number)
    server.inbox.add(f"Return-Path: <{sender}>\r\nDelivered-To: {BOT}\r\n".encode() + raw)


def each_was_acted_upon_once(world: World, count: int) -> None:
    """The store holds what it would hold if nothing had ever been killed; so does the post."""
    left = Counter((each.recipient, each.row.template) for each in world.leave())
    (world.folder / "control").mkdir()
    for control in worlds(world.folder / "control"):
        for number in range(count):
            sender, raw = mail(number)
            control.mail(sender, raw=raw)
        assert left == Counter((each.recipient, each.row.template) for each in control.leave())
        assert set(left.values()) == {1}
        counts, wanted = world.counts(), control.counts()
    assert {**counts, "imap_folder": 0} == {**wanted, "imap_folder": 0}
