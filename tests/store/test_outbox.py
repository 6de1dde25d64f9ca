"""The outbox: one cause one mail, leases, the fence, settling (reliability.md 3.2)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from mailbot.store import addresses, outbox
from mailbot.store.addresses import AddressRow
from mailbot.store.database import Database
from mailbot.store.drafts import Draft
from mailbot.store.drafts import put as put_in
from mailbot.store.outbox import Outbox
from mailbot.store.schema import address, suppression
from mailbot.store.schema import outbox as table
from mailbot.tokens import Key, Purpose, Signer, digest
from tests.stores import discard, fresh_store

NOW = datetime(2026, 3, 3, 15, 0, tzinfo=UTC)
LEASE = timedelta(minutes=1)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(fresh_store(tmp_path))
    with database.transaction() as conn:
        addresses.add(
            conn,
            AddressRow(7, "ann@x.example", "Ann@x.example", "en", NOW, None, None, "one", "h"),
        )
    yield database
    discard(database)


@pytest.fixture
def signer() -> Signer:
    return Signer([Key("one", bytes(range(32)))])


@pytest.fixture
def box(database: Database, signer: Signer) -> Outbox:
    return Outbox(database, signer)


def put(database: Database, cause: str, priority: int = 0, at: datetime = NOW) -> bool:
    with database.transaction() as conn:
        draft = Draft(cause, "help", priority, "franklin", 7, NOW, at, {"a": 1})
        return put_in(conn, draft)


def state(database: Database, row_id: int = 1) -> tuple[str, int, bool]:
    with database.reading() as conn:
        row = conn.execute(select(table).where(table.c.id == row_id)).one()
    return row.state, row.tries, row.ambiguous


def test_one_cause_one_mail(database: Database, box: Outbox) -> None:
    assert put(database, "x")
    assert not put(database, "x")
    assert len(box.claim("w", NOW, 10, LEASE)) == 1


def test_a_claim_has_everything_and_counts_the_try(
    database: Database, box: Outbox, signer: Signer
) -> None:
    put(database, "x")
    (row,) = box.claim("w", NOW, 10, LEASE)
    assert (row.address, row.tries, row.facts) == ("Ann@x.example", 1, {"a": 1})
    assert row.created_at == NOW
    assert row.lease_until == NOW + LEASE
    assert state(database) == ("claimed", 1, False)
    with database.reading() as conn:
        found = outbox.by_handle(conn, digest(signer.handle(Purpose.MAIL, row.id)))
    assert found is not None
    assert found.id == row.id


def test_urgent_mails_leave_first_and_none_before_its_time(database: Database, box: Outbox) -> None:
    put(database, "notice", priority=2)
    put(database, "answer", priority=0)
    put(database, "later", at=NOW + timedelta(minutes=1))
    assert [row.id for row in box.claim("w", NOW, 10, LEASE)] == [2, 1]
    assert box.next_due(NOW) == NOW + timedelta(minutes=1)


def test_a_lease_keeps_others_away_until_it_runs_out(database: Database, box: Outbox) -> None:
    put(database, "x")
    assert box.claim("one", NOW, 10, LEASE)
    assert box.claim("two", NOW, 10, LEASE) == []
    (row,) = box.claim("two", NOW + LEASE, 10, LEASE)
    assert row.tries == 2
    assert not box.fence(1, "one", NOW + LEASE)  # the frozen one looks before its dot
    assert box.fence(1, "two", NOW + LEASE)


def test_the_fence_refuses_a_lease_that_ran_out(database: Database, box: Outbox) -> None:
    put(database, "x")
    box.claim("w", NOW, 10, LEASE)
    assert not box.fence(1, "w", NOW + LEASE)


def test_renewing_keeps_the_lease(database: Database, box: Outbox) -> None:
    put(database, "x")
    box.claim("w", NOW, 10, LEASE)
    box.renew([1], "w", NOW + 2 * LEASE)
    assert box.claim("two", NOW + LEASE, 10, LEASE) == []
    assert box.fence(1, "w", NOW + LEASE)


@pytest.mark.parametrize("blocked", ["suppressed", "suspended"])
def test_the_fence_re_reads_suppression_but_answers_reach_a_suspended_address(
    database: Database, box: Outbox, blocked: str
) -> None:
    put(database, "x")
    box.claim("w", NOW, 10, LEASE)
    with database.transaction() as conn:
        if blocked == "suppressed":
            conn.execute(
                suppression.insert().values(address_key="ann@x.example", reason="op", since=NOW)
            )
        else:
            conn.execute(update(address).values(suspended_at=NOW))
    assert box.fence(1, "w", NOW) is (blocked == "suspended")
    assert state(database)[0] == ("sending" if blocked == "suspended" else "dropped")


def test_sent_is_final(database: Database, box: Outbox) -> None:
    put(database, "x")
    box.claim("w", NOW, 10, LEASE)
    box.fence(1, "w", NOW)
    box.sent(1, "w", NOW, "250 ok")
    assert state(database) == ("sent", 1, False)
    box.deferred(1, "w", NOW, NOW, "late", ambiguous=True)
    assert state(database) == ("sent", 1, False)
    assert box.claim("w", NOW + timedelta(days=9), 10, LEASE) == []


def test_deferred_waits_and_remembers_doubt(database: Database, box: Outbox) -> None:
    put(database, "x")
    box.claim("w", NOW, 10, LEASE)
    later = NOW + timedelta(minutes=15)
    box.deferred(1, "w", NOW, later, "no answer", ambiguous=True)
    assert state(database) == ("ready", 1, True)
    assert box.claim("w", NOW + timedelta(minutes=14), 10, LEASE) == []
    assert box.claim("w", later, 10, LEASE)


def test_a_crash_after_the_fence_leaves_the_mail_in_doubt(database: Database, box: Outbox) -> None:
    put(database, "x")
    box.claim("w", NOW, 10, LEASE)
    box.fence(1, "w", NOW)
    (again,) = box.claim("two", NOW + LEASE, 10, LEASE)
    assert again.tries == 2
    assert state(database) == ("claimed", 2, True)


def test_held_and_put_back_are_no_tries(database: Database, box: Outbox) -> None:
    put(database, "x")
    put(database, "y")
    box.claim("w", NOW, 10, LEASE)
    box.hold(1, "w", NOW + timedelta(hours=1), "court closed")
    box.put_back([1, 2], "w")
    assert state(database, 1) == ("ready", 0, False)
    assert state(database, 2) == ("ready", 0, False)


def test_dropped_wipes_the_facts(database: Database, box: Outbox) -> None:
    put(database, "x")
    box.claim("w", NOW, 10, LEASE)
    box.dropped(1, "w", NOW, "not visible")
    with database.reading() as conn:
        assert conn.execute(select(table.c.facts)).scalar_one() == {}


def test_only_the_owner_settles(database: Database, box: Outbox) -> None:
    put(database, "x")
    box.claim("w", NOW, 10, LEASE)
    box.sent(1, "stranger", NOW, "250")
    box.failed(1, "stranger", NOW, "550")
    assert state(database)[0] == "claimed"


def test_four_workers_claim_each_mail_once(database: Database, box: Outbox) -> None:
    for number in range(100):
        put(database, f"x{number}")
    claimed: list[int] = []

    def work(name: str) -> None:
        while rows := box.claim(name, NOW, 7, LEASE):
            claimed.extend(row.id for row in rows)

    workers = [threading.Thread(target=work, args=(f"w{number}",)) for number in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(claimed) == list(range(1, 101))


def test_rows_remember_the_key_behind_their_handle(database: Database, signer: Signer) -> None:
    put(database, "x")
    (row,) = Outbox(database, signer).claim("w", NOW, 10, LEASE)
    rotated = Signer([Key("one", bytes(range(32))), Key("two", bytes(range(1, 33)))])
    (again,) = Outbox(database, rotated).claim("w", NOW + LEASE, 10, LEASE)
    assert again.key_id == row.key_id == "one"
    first = signer.message_id(1, "x.example", row.key_id)
    assert rotated.message_id(1, "x.example", again.key_id) == first
    assert rotated.own_message(first) == 1


def test_a_dead_senders_mails_are_free_at_once(database: Database, box: Outbox) -> None:
    put(database, "x")
    put(database, "y")
    box.claim("dead", NOW, 1, LEASE)
    box.claim("alive", NOW, 1, LEASE)
    assert sorted(box.owners()) == ["alive", "dead"]
    box.bury("dead", NOW)
    assert [row.id for row in box.claim("heir", NOW, 10, LEASE)] == [1]
