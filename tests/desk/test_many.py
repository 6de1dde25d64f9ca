"""Many at once: three workers at one mailbox (trap 81), and 500 commands in one mail (trap 99)."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from mailbot.config import Limits
from mailbot.desk.desk import Desk
from mailbot.inbound.reading.message import parse
from mailbot.model import Envelope
from mailbot.store.database import Database
from mailbot.store.outbox import Outbox
from tests.world import BOT, World, worlds

WORKERS, MAILS = 3, 1000
LEASE = timedelta(minutes=5)
LARGEST = 100_000  # octets


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """No budget stands in the way: every mail has its answer."""
    limits = f"domain_answers_per_hour = {2 * MAILS}\nanswers_per_hour = {2 * MAILS}"
    yield from worlds(tmp_path, more=f"[limits]\n{limits}")


def worker(world: World, mails: list[tuple[str, bytes]]) -> list[str]:
    """A worker with its own connections to the store; it sees every mail. Returns what it did."""
    database = Database(world.settings.bot.store.get_secret_value())
    desk = Desk(replace(world.parts, database=database), lambda: None)
    try:
        return [
            desk.receive(parse(raw, Envelope(sender, BOT), Limits()), world.now)
            for sender, raw in mails
        ]
    finally:
        database.close()


def claimed(world: World, name: str) -> list[int]:
    """The mails that a sender takes until there are no more."""
    database = Database(world.settings.bot.store.get_secret_value())
    outbox = Outbox(database, world.parts.signer)
    try:
        batches = iter(lambda: outbox.claim(name, world.now, 50, LEASE), [])
        return [row.id for row in itertools.chain.from_iterable(batches)]
    finally:
        database.close()


def test_trap_81_three_workers_one_mailbox_a_thousand_mails_no_answer_twice(world: World) -> None:
    names = [f"p{number}@d{number % 50}.example" for number in range(MAILS)]
    mails = [(name, world.raw(name, "HELP", f"{name}", BOT)) for name in names]
    orders = [mails, mails[::-1], mails[MAILS // 2 :] + mails[: MAILS // 2]]
    with ThreadPoolExecutor(WORKERS) as pool:
        done = Counter(
            itertools.chain(*pool.map(lambda order: worker(world, order), orders)),
        )
    assert done == {"done": MAILS, "repeated": (WORKERS - 1) * MAILS}
    assert world.counts()["outbox"] == MAILS
    with ThreadPoolExecutor(WORKERS) as pool:
        taken = list(
            itertools.chain(*pool.map(lambda n: claimed(world, f"sender-{n}"), range(WORKERS)))
        )
    assert (len(taken), len(set(taken))) == (MAILS, MAILS)


LINES: dict[str, Callable[[int], str]] = {
    "cases that are there": lambda number: f"TRACK 15AB-CR0001{number % 10}",
    "cases that are not": lambda number: f"TRACK 15AB-CR{number:05}",
    "bare numbers": lambda number: f"15AB-CR{number:05}",
    "slips": lambda number: f"TRAK 15AB-CR{number:05}",
    "one of each": lambda number: ("REPORT", "HELP", "STOP ALL", "UNDO", "NO", "CASE 1")[number % 6],
    "long lines": lambda number: f"STOP 15AB-CR{number:05} " + "x" * 900,
    "HTML": lambda number: f"TRACK <b>{number}</b> &amp; <script>",
}  # fmt: skip


@pytest.mark.parametrize("kind", LINES)
def test_trap_99_the_answer_to_500_commands_is_small_and_well_formed(
    world: World, kind: str
) -> None:
    text = "\n".join(LINES[kind](number) for number in range(500))
    world.mail("ann@people.example", "many", text)
    left = world.leave()
    assert 1 <= len(left) <= 10
    for sent in left:
        assert len(sent.raw) < LARGEST
        message = message_from_bytes(sent.raw, policy=policy.default)
        parts = list(message.walk())
        assert [part.defects for part in parts if part.defects] == []
        assert [part.get_content_type() for part in parts if not part.is_multipart()][:2] == [
            "text/plain",
            "text/html",
        ]
        assert max(map(len, sent.raw.split(b"\r\n"))) <= 998  # RFC 5322 2.1.1
