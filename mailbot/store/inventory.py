"""Says what the store holds that the configuration must still name, and lets a key go for good."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Column, Connection, Table, func, select, update

from mailbot.errors import ConfigError
from mailbot.store.database import Database
from mailbot.store.drafts import CLAIMED, READY, SENDING
from mailbot.store.schema import address, outbox, request, stop, subscription
from mailbot.store.subscriptions import STOPPED
from mailbot.tokens import Purpose, Signer, digest

BATCH = 500  # rows a transaction

# Where the digest of a handle is kept, and what the handle is good for.
_HANDLES: tuple[tuple[Table, Column[str], Purpose], ...] = (
    (address, address.c.stop_all_hash, Purpose.STOP_ALL),
    (subscription, subscription.c.stop_hash, Purpose.STOP),
    (stop, stop.c.undo_hash, Purpose.UNDO),
    (request, request.c.handle_hash, Purpose.CONFIRM),
)


def must_be_configured(database: Database, courts: Collection[str], keys: Collection[str]) -> None:
    """Refuse a configuration that has lost a court or a key which people's mails still rely on.

    Args:
        courts: ids of the courts that it names. keys: ids of its signing keys.

    Raises:
        ConfigError: a sentence for each that is missing.
        StoreUnavailable: the database does not answer.
    """
    with database.reading() as conn:
        missing_courts = {id: n for id, n in _courts(conn).items() if id not in courts}
        missing_keys = _keys(conn) - set(keys)
    if missing_courts or missing_keys:
        raise ConfigError(
            *(
                f'The store holds {count} trackings and mails of the court "{court}", which the '
                f"configuration does not name: put [court.{court}] back. To end its service, give "
                "it closes_on, and take it out when everybody has had the farewell."
                for court, count in sorted(missing_courts.items())
            ),
            *(
                f'The store holds links signed with the key "{key}", which keys in [bot] does not '
                f"name: put it back, or give its links up with `mailbot retire-key {key}`."
                for key in sorted(missing_keys)
            ),
        )


def retire(database: Database, key_id: str, signer: Signer, now: datetime) -> int:
    """Give everything that has handles of a key new ones of the current key. Returns how many.

    Mails sent before keep addresses that work no more; the next ones carry the new.

    Raises:
        ConfigError: a sender is at work, which could print an old handle just now.
        StoreUnavailable: run it again, it goes on where it was.
    """
    with database.reading() as conn:
        at_work = select(outbox.c.id).where(
            outbox.c.state.in_((CLAIMED, SENDING)) & (outbox.c.lease_until > now)
        )
        if conn.execute(at_work.limit(1)).first() is not None:
            raise ConfigError("`mailbot serve` is sending; stop it first, then retire the key.")
    done = 0
    for table, column, purpose in _HANDLES:
        while count := _renew(database, table, column, purpose, key_id, signer):
            done += count
    with database.transaction() as conn:
        mails = update(outbox).where(outbox.c.key_id == key_id)
        done += conn.execute(mails.values(key_id=None, handle_hash=None)).rowcount
    return done


def _renew(
    database: Database,
    table: Table,
    column: Column[str],
    purpose: Purpose,
    key_id: str,
    signer: Signer,
) -> int:
    with database.transaction() as conn:
        old = select(table.c.id).where(table.c.key_id == key_id).limit(BATCH)
        ids = conn.execute(old).scalars().all()
        for row_id in ids:
            values = {
                "key_id": signer.current.id,
                column.name: digest(signer.handle(purpose, row_id)),
            }
            if table is request:
                values["code_hash"] = digest(signer.code(row_id))
            conn.execute(update(table).where(table.c.id == row_id).values(values))
        return len(ids)


def _courts(conn: Connection) -> Counter[str]:
    """How many trackings and unsent mails there are of each court."""
    live = (
        select(subscription.c.court, func.count())
        .where(subscription.c.state != STOPPED)
        .group_by(subscription.c.court)
    )
    unsent = (
        select(outbox.c.court, func.count())
        .where(outbox.c.state.in_((READY, CLAIMED, SENDING)))
        .group_by(outbox.c.court)
    )
    found: Counter[str] = Counter()
    for query in (live, unsent):
        for court, count in conn.execute(query):
            found[court] += count
    return found


def _keys(conn: Connection) -> set[str]:
    tables = (*(table for table, _, _ in _HANDLES), outbox)
    return {
        key
        for table in tables
        for key in conn.execute(select(table.c.key_id).distinct()).scalars()
        if key is not None
    }
