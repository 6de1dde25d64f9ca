"""Moves everything from one store into another, such as from SQLite to PostgreSQL."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    Connection,
    Function,
    Table,
    cast,
    column,
    delete,
    func,
    insert,
    select,
    table,
    update,
)
from sqlalchemy.dialects.postgresql import REGCLASS

from mailbot.errors import ConfigError, SchemaError
from mailbot.store.database import Database
from mailbot.store.drafts import CLAIMED, SENDING
from mailbot.store.schema import metadata, outbox
from mailbot.store.upgrade import MOVED, must_be_current, upgrade

BATCH = 1000  # rows a statement
_REVISION = table("alembic_version", column("version_num"))
_SEQUENCES = table("sqlite_sequence", column("name"), column("seq"))


def move(old: Database, new: Database, now: datetime) -> dict[str, int]:
    """Copy every row, and let nobody use the old store any more. Returns the rows of each table.

    The rows arrive in one transaction: whatever fails, the old store is the one in use. Counted ids
    go on above any that was ever given, so that no Message-ID comes twice.

    Raises:
        ConfigError: somebody uses the old store, or the new one is not empty.
        SchemaError: the old store is not of this version.
        StoreUnavailable: one of them does not answer.
    """
    if old.engine.url == new.engine.url:
        raise ConfigError("The store in [bot] is the one to move from; name the new one there.")
    must_be_current(old)
    upgrade(new)
    with old.transaction() as source:
        _must_be_at_rest(source, now)
        with new.transaction() as target:
            _must_be_empty(target)
            counts = {each.name: _copy(each, source, target) for each in metadata.sorted_tables}
            for each in metadata.sorted_tables:
                _count_on(each, source, target)
        source.execute(update(_REVISION).values(version_num=MOVED))
    return counts


def _must_be_at_rest(source: Connection, now: datetime) -> None:
    in_hand = select(outbox.c.id).where(
        outbox.c.state.in_((CLAIMED, SENDING)) & (outbox.c.lease_until > now)
    )
    if source.execute(in_hand.limit(1)).first() is not None:
        raise ConfigError(
            "`mailbot serve` uses the old store, or did a minute ago; stop it, wait, and try again."
        )


def _must_be_empty(target: Connection) -> None:
    for each in metadata.sorted_tables:
        if target.execute(select(each).limit(1)).first() is not None:
            raise ConfigError(
                "The new store holds mails or trackings already; name an empty database for it."
            )


def _copy(each: Table, source: Connection, target: Connection) -> int:
    count = 0
    for rows in source.execute(select(each)).partitions(BATCH):
        target.execute(insert(each), [dict(row._mapping) for row in rows])
        count += len(rows)
    found = target.execute(select(func.count()).select_from(each)).scalar_one()
    if found != count:
        raise SchemaError(f"Of {count} rows of {each.name} {found} have arrived.")
    return count


def _count_on(each: Table, source: Connection, target: Connection) -> None:
    """Let the ids that a database counts begin above all that were ever given."""
    counted = each.autoincrement_column
    if counted is None:
        return
    copied = target.execute(select(func.max(counted))).scalar_one() or 0
    last = max(copied, _last_given(each, source))
    if not last:
        return
    if target.dialect.name == "sqlite":
        target.execute(delete(_SEQUENCES).where(_SEQUENCES.c.name == each.name))
        target.execute(insert(_SEQUENCES).values(name=each.name, seq=last))
    else:
        target.execute(select(func.setval(_sequence_of(each), last)))


def _last_given(each: Table, source: Connection) -> int:
    if source.dialect.name == "sqlite":
        query = select(_SEQUENCES.c.seq).where(_SEQUENCES.c.name == each.name)
    else:
        query = select(func.pg_sequence_last_value(cast(_sequence_of(each), REGCLASS)))
    return source.execute(query).scalar_one_or_none() or 0


def _sequence_of(each: Table) -> Function[str]:
    counted = each.autoincrement_column
    return func.pg_get_serial_sequence(each.name, counted.name if counted is not None else "")
