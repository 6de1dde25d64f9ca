"""Hostile mails through the whole intake, from the door's plain function to what leaves (T-FUZZ)."""

from __future__ import annotations

import time
from datetime import timedelta
from itertools import islice
from pathlib import Path

from mailbot.inbound.keeper import Keeper
from mailbot.maillog import MailLog
from mailbot.model import Envelope
from tests.faults.hostile_mails import Hostile, hostile_mails
from tests.scale import Scale
from tests.world import Sent, World

ANN, BEN = "ann@people.example", "ben@people.example"
EACH = 1.5  # seconds of CPU for one mail; half of one for a busy machine
GROWTH = 64 * 2**20  # octets


def test_the_whole_intake_bears_whatever_comes(world: World, scale: Scale, tmp_path: Path) -> None:
    """T-FUZZ: no crash, no hang, no growth, nothing stuck, nothing said to a machine.

    Ann follows a case and Ben another: of Ben the mails know every handle, so he may lose his; of
    Ann they know nothing but her name and her address, so nothing they say may touch her case.
    """
    world.follow(ANN, "15AB-CR00015")
    world.wait(hours=1)
    world.follow(BEN, "15AB-DR00010")
    for text in ("HELP", "REPORT", "TRACK 000333666", "STOP", "what is this"):
        world.mail(BEN, text)
    world.leave()
    keeper = Keeper(world.desk, MailLog(b"0123456789abcdef"))
    mails = hostile_mails(scale.chance("fuzz"), _answered(world.sent))
    machines: set[str] = set()
    before, peak = 0, 0
    for number, mail in enumerate(islice(mails, scale.of(10_000, 200_000))):
        _take(keeper, world, mail, tmp_path / "failed.eml", number)
        machines.add(mail.machine)
        if number % 200 == 0:
            _see_what_leaves(world, machines)
            world.now += timedelta(minutes=40)
        if number == 2000:  # whatever is loaded once is loaded
            before = _resident()
        peak = max(peak, _resident() if number % 200 == 0 else 0)
    _see_what_leaves(world, machines)
    world.wait(days=8)
    _see_what_leaves(world, machines)
    assert peak - before < GROWTH
    assert world.counts()["pen"] == 0
    world.mail(ANN, "REPORT")
    report = [each for each in world.leave() if each.recipient == ANN]
    assert ["15AB-CR00015" in each.text for each in report] == [True]


def _take(keeper: Keeper, world: World, mail: Hostile, file: Path, number: int) -> None:
    began = time.process_time()
    try:
        keeper.receive(mail.raw, mail.envelope, world.now)
    except Exception as error:
        file.write_bytes(mail.raw)
        raise AssertionError(f"mail {number}, kept as {file}, to {mail.envelope}") from error
    spent = time.process_time() - began
    if spent > EACH:
        file.write_bytes(mail.raw)
        raise AssertionError(f"mail {number}, kept as {file}, took {spent:.1f} s")


def _see_what_leaves(world: World, machines: set[str]) -> None:
    """Every row becomes a mail to one address, and none is a machine's."""
    for sent in world.leave():
        assert sent.recipient not in machines, sent.row.template
        assert sent.recipient.count("@") == 1
    world.sent.clear()


def _answered(sent: list[Sent]) -> tuple[Hostile, ...]:
    """Our own mails to Ben, fed back to every address that they name."""
    return tuple(
        Hostile(each.raw, Envelope(mail_from, to))
        for each in sent
        if each.recipient == BEN
        for to in (each.reply_to, each.mail_from)
        for mail_from in ("", BEN)
    )


def _resident() -> int:
    """Octets of memory that this process holds."""
    return 4096 * int(Path("/proc/self/statm").read_text().split()[1])
