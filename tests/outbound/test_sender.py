"""The sender over a real outbox and a real socket: each mail ends once, and none too early."""

from __future__ import annotations

import asyncio
import logging
import random
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mailbot.errors import CourtUnavailable, StoreUnavailable
from mailbot.model import Claimed, Defer, Drop, Facts, Outgoing, Send, Verdict
from mailbot.outbound.maildir import MaildirTransport
from mailbot.outbound.schedule import MOST_TRIES
from mailbot.store.outbox import Outbox
from mailbot.tokens import Key, Signer
from tests.outbound.stage import (
    NOON,
    QUICK,
    Clock,
    Stage,
    a_moment,
    compose,
    pass_time,
    send_all,
    smarthost,
)
from tests.smtp_sink import DROP, HANG, Action, Late, Taken, sink
from tests.until import until


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def stage(tmp_path: Path, clock: Clock) -> Stage:
    return Stage(tmp_path, clock)


# --- The way of a mail ---


async def test_every_mail_leaves_once(stage: Stage) -> None:
    stage.put_many(40)
    async with sink() as server, stage.sending(smarthost(server)):
        await stage.settled()
        assert len({taken.content for taken in server.taken}) == len(server.taken) == 40
        assert server.connections <= 2
    assert {(row.state, row.reply, row.tries) for row in stage.rows()} == {
        ("sent", "250 2.0.0 Taken", 1)
    }


async def test_what_a_person_waits_for_leaves_first(stage: Stage) -> None:
    for number in range(6):
        stage.put(f"c{number}", priority=2 - number // 2)
    async with sink() as server, stage.sending(smarthost(server), lanes=1):
        await stage.settled()
        subjects = [taken.content.split(b"\r\n")[0] for taken in server.taken]
    assert subjects == [b"Subject: mail %d" % number for number in (5, 6, 3, 4, 1, 2)]


async def test_nothing_is_marked_before_the_250(stage: Stage) -> None:
    (row_id,) = stage.put_many(1)
    async with sink() as server:
        server.plan("dot", Late(0.3, "250 2.0.0 Done"))
        async with stage.sending(smarthost(server)):
            await until(lambda: server.taken)
            assert stage.row(row_id).state == "sending"
            await stage.settled()
    assert stage.row(row_id).reply == "250 2.0.0 Done"


async def test_waking_sends_at_once_and_from_any_thread(stage: Stage) -> None:
    stage.pace = replace(QUICK, poll=60)
    async with sink() as server, stage.sending(smarthost(server)) as sender:
        await a_moment()
        stage.put("late")
        threading.Thread(target=sender.wake).start()
        await until(lambda: server.taken, 2)
    sender.wake()  # nobody is there any more, and nothing happens


async def test_what_is_due_later_leaves_later(tmp_path: Path) -> None:
    stage = Stage(tmp_path, lambda: datetime.now(UTC), pace=replace(QUICK, poll=1.0))
    stage.put("late", at=datetime.now(UTC) + timedelta(seconds=0.4))
    async with sink() as server, stage.sending(smarthost(server)):
        await a_moment()
        assert not server.taken
        await until(lambda: server.taken, 0.7)


async def test_two_senders_share(stage: Stage) -> None:
    stage.put_many(30)
    async with (
        sink() as server,
        stage.sending(smarthost(server)),
        stage.sending(smarthost(server)),
    ):
        await stage.settled()
        assert len({taken.content for taken in server.taken}) == len(server.taken) == 30


async def test_a_maildir_takes_mails_too(stage: Stage, tmp_path: Path) -> None:
    stage.put_many(5)
    async with stage.sending(MaildirTransport(tmp_path / "out")):
        await stage.settled()
    assert len(list((tmp_path / "out" / "new").iterdir())) == 5


# --- The last gate ---


async def test_the_gate_sends_drops_and_defers(stage: Stage) -> None:
    until_one = NOON + timedelta(hours=1)

    def gate(rows: Sequence[Claimed], now: datetime) -> dict[int, Verdict]:
        verdicts: list[Verdict] = [Send({"said": 1}), Drop("sealed"), Defer(until_one, "closed")]
        return {row.id: verdicts[row.id - 1] for row in rows if row.id <= 3}

    stage.release = gate
    stage.put_many(4)
    async with sink() as server, stage.sending(smarthost(server)):
        await until(lambda: server.taken)
        await a_moment()
        assert [taken.content for taken in server.taken] == [
            b"Subject: mail 1\r\n\r\n[('said', 1)]\r\n"
        ]
    sent, dropped, deferred, unknown = stage.rows()
    assert (sent.state, dropped.state, dropped.reply) == ("sent", "dropped", "sealed")
    assert dropped.facts == {}
    assert (deferred.state, deferred.next_at, deferred.tries) == ("ready", until_one, 0)
    assert (unknown.state, unknown.reply, unknown.tries) == ("ready", "no verdict", 0)
    assert unknown.next_at > NOON


async def test_a_gate_that_cannot_answer_holds_everything(stage: Stage, clock: Clock) -> None:
    """Court unreachable: deferred, never sent, and no try."""

    def broken(rows: Sequence[Claimed], now: datetime) -> dict[int, Verdict]:
        raise CourtUnavailable

    stage.release = broken
    stage.put_many(3)
    async with sink() as server, stage.sending(smarthost(server)):
        await until(lambda: all(row.next_at > NOON for row in stage.rows()))
        assert {(row.state, row.tries) for row in stage.rows()} == {("ready", 0)}
        stage.release = send_all
        clock.forward(minutes=1)
        await stage.settled()
        assert len(server.taken) == 3


async def test_one_mail_that_breaks_the_gate_stops_no_other(stage: Stage) -> None:
    def gate(rows: Sequence[Claimed], now: datetime) -> dict[int, Verdict]:
        if any(row.id == 2 for row in rows):
            raise ValueError("docket text")
        return send_all(rows, now)

    stage.release = gate
    stage.put_many(3)
    async with sink() as server, stage.sending(smarthost(server)):
        await until(lambda: len(server.taken) == 2)
        await a_moment()
    assert stage.states() == ["sent", "ready", "sent"]


async def test_a_verdict_that_has_aged_is_asked_for_again_at_the_dot(
    stage: Stage, clock: Clock
) -> None:
    """A case sealed while the connection hung: nothing of it leaves (T-SEAL)."""
    asked: list[int] = []

    def gate(rows: Sequence[Claimed], now: datetime) -> dict[int, Verdict]:
        asked.append(len(rows))
        return {row.id: Drop("sealed") if len(asked) > 1 else Send({}) for row in rows}

    def slowly(row: Claimed, facts: Facts) -> Outgoing:
        clock.forward(seconds=2)
        return compose(row, facts)

    stage.release, stage.compose = gate, slowly
    (row_id,) = stage.put_many(1)
    async with sink() as server, stage.sending(smarthost(server)):
        await stage.settled()
        assert (server.begun, server.taken) == (0, [])
    assert (stage.row(row_id).state, stage.row(row_id).reply) == ("dropped", "sealed")
    assert asked == [1, 1]


async def test_facts_that_changed_at_the_dot_are_composed_again(stage: Stage, clock: Clock) -> None:
    versions = iter([{"text": "secret"}, {"text": ""}])
    current: dict[str, object] = {}

    def gate(rows: Sequence[Claimed], now: datetime) -> dict[int, Verdict]:
        current.update(next(versions, {}))
        return {row.id: Send(dict(current)) for row in rows}

    def slowly(row: Claimed, facts: Facts) -> Outgoing:
        clock.forward(seconds=2)
        return compose(row, facts)

    stage.release, stage.compose = gate, slowly
    stage.put_many(1)
    async with sink() as server, stage.sending(smarthost(server)):
        await stage.settled()
        assert [taken.content for taken in server.taken] == [
            b"Subject: mail 1\r\n\r\n[('text', '')]\r\n"
        ]


async def test_facts_that_never_rest_are_a_failed_try(stage: Stage, clock: Clock) -> None:
    numbers = iter(range(1000))

    def gate(rows: Sequence[Claimed], now: datetime) -> dict[int, Verdict]:
        return {row.id: Send({"now": next(numbers)}) for row in rows}

    def slowly(row: Claimed, facts: Facts) -> Outgoing:
        clock.forward(seconds=2)
        return compose(row, facts)

    stage.release, stage.compose = gate, slowly
    stage.put_many(1)
    async with sink() as server, stage.sending(smarthost(server)):
        await until(lambda: stage.rows()[0].reply == "facts keep changing")
        assert server.taken == []
    assert stage.rows()[0].tries == 1


async def test_suppressed_between_gate_and_dot(stage: Stage) -> None:
    def suppressing(row: Claimed, facts: Facts) -> Outgoing:
        stage.suppress_ann()
        return compose(row, facts)

    stage.compose = suppressing
    stage.put_many(1)
    async with sink() as server, stage.sending(smarthost(server)):
        await stage.settled()
        assert (server.begun, stage.states()) == (0, ["dropped"])


async def test_a_lost_lease_sends_nothing(stage: Stage, clock: Clock) -> None:
    """T-ZOMBIE: frozen past its lease, it wakes up and finds the mail another's."""

    def frozen(row: Claimed, facts: Facts) -> Outgoing:
        stage.compose = compose
        clock.forward(seconds=61)
        (taken_over,) = stage.outbox.claim("other", clock(), 10, timedelta(minutes=1))
        assert taken_over.id == row.id
        return compose(row, facts)

    stage.compose = frozen
    (row_id,) = stage.put_many(1)
    async with sink() as server, stage.sending(smarthost(server)):
        await until(lambda: "DATA" in server.lines)
        await a_moment()
        assert (server.begun, server.taken) == (0, [])
        assert (stage.row(row_id).state, stage.row(row_id).owner) == ("claimed", "other")


async def test_a_lease_that_ran_out_in_our_own_hands_doubles_nothing(
    stage: Stage, clock: Clock
) -> None:
    """The same sender may claim it again; the lane that has it goes on."""
    stage.put_many(1)
    async with sink() as server:
        server.plan("dot", Late(0.4, "250 2.0.0 Slow"))
        async with stage.sending(smarthost(server), lanes=3):
            await until(lambda: server.taken)
            for _ in range(3):
                clock.forward(seconds=61)
                await asyncio.sleep(0.1)
            await stage.settled()
            await a_moment()
            assert (stage.states(), len(server.taken)) == (["sent"], 1)


async def test_a_fence_that_cannot_answer_sends_nothing(stage: Stage, clock: Clock) -> None:
    class Shaky(Outbox):
        left = 1

        def fence(self, row_id: int, owner: str, now: datetime) -> bool:
            self.left -= 1
            if self.left >= 0:
                raise StoreUnavailable
            return super().fence(row_id, owner, now)

    shaky = Shaky(stage.database, Signer([Key("one", bytes(range(32)))]))
    stage.put_many(1)
    async with sink() as server, stage.sending(smarthost(server), outbox=shaky):
        await until(lambda: stage.rows()[0].next_at > NOON)
        assert (server.begun, stage.rows()[0].tries) == (0, 0)
        clock.forward(minutes=1)
        await stage.settled()
        assert len(server.taken) == 1


# --- What goes wrong ---


async def test_a_mail_that_cannot_be_composed_stops_no_other(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    """T-POISON: it fails loudly, and its text stays out of the log."""

    def picky(row: Claimed, facts: Facts) -> Outgoing:
        if row.id == 2:
            raise ValueError("hostile docket text")
        return compose(row, facts)

    stage.compose = picky
    stage.put_many(3)
    async with sink() as server, stage.sending(smarthost(server)):
        await until(lambda: stage.states() == ["sent", "ready", "sent"])
        assert len(server.taken) == 2
    assert stage.row(2).tries == 1  # its template may be mended
    assert "not composed: ValueError" in stage.row(2).reply
    assert stage.row(2).next_at > stage.row(2).created_at
    errors = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert [record.getMessage().split()[:2] for record in errors] == [
        ["event=broken", "mail=out-2"]
    ]
    assert "hostile" not in caplog.text


@pytest.mark.parametrize(
    ("stage_name", "action", "state", "minutes", "ambiguous"),
    [
        ("rcpt", "550 5.1.1 No such user", "failed", None, False),
        ("dot", "554 5.6.0 No", "failed", None, False),
        ("rcpt", "450 4.2.1 Busy", "ready", 1, False),
        ("dot", "451 4.3.0 Later", "ready", 1, False),
        ("mail", "421 4.3.2 Down", "ready", 1, False),
        ("data", DROP, "ready", 1, False),
        ("dot", DROP, "ready", 15, True),
        ("body", DROP, "ready", 15, True),
        ("dot", HANG, "ready", 15, True),
    ],
)
async def test_outcomes(
    stage: Stage, stage_name: str, action: Action, state: str, minutes: int | None, ambiguous: bool
) -> None:
    """reliability.md 3.2: deferred and failed by type; silence after the dot waits 15 minutes."""
    (row_id,) = stage.put_many(1)
    async with sink() as server:
        server.plan(stage_name, action)
        async with stage.sending(smarthost(server, dot_seconds=0.2)):
            await until(lambda: stage.row(row_id).reply)
    row = stage.row(row_id)
    assert (row.state, row.ambiguous, row.tries) == (state, ambiguous, 1)
    if minutes is not None:
        assert row.next_at == NOON + timedelta(minutes=minutes)


async def test_retries_end_after_five_days(stage: Stage, clock: Clock) -> None:
    (row_id,) = stage.put_many(1)
    async with sink() as server:
        server.plan("rcpt", *["450 4.2.1 Busy"] * 100)
        async with stage.sending(smarthost(server)):
            await pass_time(stage, clock)
    row = stage.row(row_id)
    assert (row.state, row.reply) == ("failed", "450 4.2.1 Busy")
    assert timedelta(days=4.5) < row.settled_at - NOON < timedelta(days=5.5)
    assert row.tries == MOST_TRIES


async def test_no_mail_ages_while_the_smarthost_is_away(stage: Stage, clock: Clock) -> None:
    """Six days without it; then everything leaves on its first try."""
    stage.put_many(30)
    async with sink() as server:
        await server.stop()
        async with stage.sending(smarthost(server)):
            for _ in range(20):
                await until(lambda: any(row.next_at > clock() for row in stage.rows()))
                await stage.idle()
                assert set(stage.states()) == {"ready"}
                clock.forward(hours=8)
            await server.start()
            await pass_time(stage, clock)
            assert len(server.taken) == 30
    assert {(row.state, row.tries) for row in stage.rows()} == {("sent", 1)}


async def test_a_smarthost_that_is_away_is_asked_seldom(stage: Stage, clock: Clock) -> None:
    stage.put_many(60)
    async with sink() as server:
        server.plan("greeting", *["421 4.3.2 Not now"] * 1000)
        async with stage.sending(smarthost(server)):
            await a_moment()
            first = server.connections
            assert first <= 4
            for _ in range(3):
                clock.forward(minutes=6)
                await a_moment()
            assert server.connections <= first + 3 * 2
    assert set(stage.states()) == {"ready"}


async def test_a_store_away_while_a_sent_mail_is_settled(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    """The 250 is a fact: it is written as soon as the store is back, and nothing is sent again."""

    class Shaky(Outbox):
        left = 2

        def sent(self, row_id: int, owner: str, now: datetime, reply: str) -> None:
            self.left -= 1
            if self.left >= 0:
                raise StoreUnavailable
            super().sent(row_id, owner, now, reply)

    shaky = Shaky(stage.database, Signer([Key("one", bytes(range(32)))]))
    stage.put_many(1)
    async with sink() as server, stage.sending(smarthost(server), outbox=shaky):
        await until(lambda: stage.states() == ["sent"], 8)
        assert len(server.taken) == 1
    assert caplog.text.count("event=trouble mail=out-1") == 2


async def test_a_store_away_at_the_claim_is_waited_for(stage: Stage) -> None:
    class Shaky(Outbox):
        left = 3

        def claim(self, owner: str, now: datetime, limit: int, lease: timedelta) -> list[Claimed]:
            self.left -= 1
            if self.left >= 0:
                raise StoreUnavailable
            return super().claim(owner, now, limit, lease)

    shaky = Shaky(stage.database, Signer([Key("one", bytes(range(32)))]))
    stage.put_many(1)
    async with sink() as server, stage.sending(smarthost(server), outbox=shaky):
        await stage.settled()


async def test_one_hanging_mail_holds_up_no_other(stage: Stage) -> None:
    """T-HOL, small: the lane waits its ten minutes, the other lane sends."""
    stage.put_many(20)
    stage.pace = replace(QUICK, stop=0.1)
    async with sink() as server:
        server.plan("dot", HANG)
        async with stage.sending(smarthost(server)):
            await until(lambda: stage.states().count("sent") == 19)
            assert stage.states().count("sending") == 1


async def test_leases_are_renewed_while_a_server_is_slow(tmp_path: Path) -> None:
    pace = replace(QUICK, lease=timedelta(seconds=2))  # renewed after one
    stage = Stage(tmp_path, lambda: datetime.now(UTC), pace=pace)
    stage.put_many(1)
    async with sink() as server:
        server.plan("dot", Late(3, "250 2.0.0 At last"))
        async with stage.sending(smarthost(server), lanes=1):
            await until(lambda: server.taken)
            first = stage.rows()[0].lease_until
            await until(lambda: stage.states() == ["sent"] or stage.rows()[0].lease_until > first)
            assert stage.states() == ["sending"]
            await stage.settled()
            assert (len(server.taken), stage.rows()[0].tries) == (1, 1)


# --- Stopping ---


async def test_stop_finishes_what_is_in_flight_and_gives_back_the_rest(stage: Stage) -> None:
    """T-TERM: nothing lost, nothing doubled, tries not counted."""
    stage.put_many(30)
    async with sink() as server:
        server.plan("dot", *[Late(0.3, "250 2.0.0 Done")] * 2)
        async with stage.sending(smarthost(server)) as sender:
            await until(lambda: len(server.taken) == 2)
            await sender.stop()
            sent = len(server.taken)
        assert server.lines[-1] == "QUIT"
    counted = Counter((row.state, row.tries) for row in stage.rows())
    assert counted == {("sent", 1): sent, ("ready", 0): 30 - sent}
    assert sent < 10


async def test_stop_does_not_wait_for_ever(stage: Stage) -> None:
    """What hangs behind its dot stays in doubt until the lease ends; nothing else does."""
    stage.put_many(5)
    stage.pace = replace(QUICK, stop=0.3)
    async with sink() as server:
        server.plan("dot", HANG, HANG)
        async with stage.sending(smarthost(server)) as sender:
            await until(lambda: len(server.taken) == 2)
            await asyncio.wait_for(sender.stop(), 2)
    assert sorted(stage.states()) == ["ready"] * 3 + ["sending"] * 2


async def test_stopping_before_the_start_and_twice(stage: Stage) -> None:
    async with sink() as server, stage.sending(smarthost(server)) as sender:
        await sender.stop()


# --- All together ---


FAULTS: dict[str, list[Action]] = {
    "greeting": ["421 4.3.2 Not now", DROP],
    "mail": ["451 4.3.0 Later", "421 4.3.2 Down", DROP],
    "rcpt": ["450 4.2.1 Busy", "550 5.1.1 No such user", DROP, "nonsense"],
    "data": ["451 4.3.0 Later", "554 5.7.1 No", DROP],
    "body": [DROP],
    "dot": ["451 4.3.0 Later", "554 5.6.0 No", "421 4.3.2 Down", DROP],
}


async def test_a_bad_day_ends_every_mail_once(stage: Stage, clock: Clock) -> None:
    """T-REMOTE, small: faults at every stage; then one final state each, and no silent double."""
    chance = random.Random(20261123)
    stage.put_many(30)
    async with sink() as server:
        for name, actions in FAULTS.items():
            server.plan(name, *chance.choices(actions, k=6))
        async with stage.sending(smarthost(server, lanes=4, dot_seconds=0.5), lanes=4):
            await pass_time(stage, clock)
    said_yes = Counter(number_of(taken) for taken in server.taken if taken.reply[:1] == "2")
    doubtful = Counter(number_of(taken) for taken in server.taken if not taken.reply)
    for row in stage.rows():
        assert row.state in {"sent", "failed"}
        assert said_yes[row.id] == (row.state == "sent"), row
        assert row.ambiguous or not doubtful[row.id]
        assert row.state == "sent" or row.reply.startswith("5"), row


def number_of(taken: Taken) -> int:
    return int(taken.content.split()[2])
