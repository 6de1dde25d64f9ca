"""The tables of mailbot's own database, one comment a column that does not explain itself.

All times are UTC, stored as naive microsecond text or timestamp by `UtcTime`. Row ids that stand
behind links are random 63-bit numbers given by the caller; the others are counted.
"""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.dialects.mysql import LONGBLOB


class UtcTime(TypeDecorator[datetime]):
    """An aware UTC datetime in a database that keeps none."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Store as naive UTC."""
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Read as aware UTC."""
        return None if value is None else value.replace(tzinfo=UTC)


# SQLite counts only INTEGER PRIMARY KEY.
Counted = BigInteger().with_variant(Integer, "sqlite")

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

address = Table(
    "address",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("key", String(320), nullable=False, unique=True),  # model.address_key
    Column("spelling", String(320), nullable=False),  # as first written; used for sending
    Column("language", String(8), nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("proved_at", UtcTime),  # last time a token came back from it
    Column("suspended_at", UtcTime),  # it bounces
    Column("key_id", String(32), nullable=False),  # of the key behind its stop-all handle
    Column("stop_all_hash", String(64), nullable=False, unique=True),  # tokens.digest of it
)

subscription = Table(
    "subscription",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("address_id", ForeignKey("address.id"), nullable=False),
    Column("court", String(64), nullable=False),
    Column("case_key", String(64), nullable=False),  # model.case_key
    Column("number", String(64), nullable=False),  # as the court spells it, or as asked
    Column("state", String(20), nullable=False),  # waiting_for_court pending active stopped
    Column("created_at", UtcTime, nullable=False),
    Column("activated_at", UtcTime),
    Column("stopped_at", UtcTime),
    Column("stop_id", ForeignKey("stop.id")),  # what an undo of that stop brings back
    Column("was", String(20)),  # the state that a stop ended, for its undo
    Column("enqueued_event", Integer, nullable=False),  # every event up to it is in the outbox
    Column("asked_event", Integer),  # while asked anew: where following would begin
    Column("key_id", String(32), nullable=False),  # of the key behind its stop handle
    Column("stop_hash", String(64), nullable=False, unique=True),  # tokens.digest of it
    UniqueConstraint("address_id", "court", "case_key"),
    Index(None, "court", "case_key", "state"),
)

stop = Table(
    "stop",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("address_id", ForeignKey("address.id"), nullable=False),
    Column("request_id", ForeignKey("request.id")),  # of a refusal: what was refused
    Column("scope", String(8), nullable=False),  # one, all, refused
    Column("via", String(16), nullable=False),  # mail, link, one-click
    Column("stopped_at", UtcTime, nullable=False),
    Column("undone_at", UtcTime),
    Column("key_id", String(32), nullable=False),  # of the key behind its undo handle
    Column("undo_hash", String(64), nullable=False, unique=True),  # tokens.digest of it
)

request = Table(
    "request",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", String(8), nullable=False),  # track, stop, stop_all
    Column("address_id", ForeignKey("address.id"), nullable=False),
    Column("court", String(64), nullable=False),
    Column("state", String(12), nullable=False),  # waiting confirmed declined expired bounced
    Column("created_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    Column("consumed_at", UtcTime),
    Column("consumed_via", String(16)),
    Column("key_id", String(32), nullable=False),  # of the key behind handle and code
    Column("handle_hash", String(64), nullable=False, unique=True),
    Column("code_hash", String(64), nullable=False, index=True),
    Column("wrong_codes", Integer, nullable=False, default=0),
    Index(None, "address_id", "court", "state"),
)

request_case = Table(
    "request_case",
    metadata,
    Column("request_id", ForeignKey("request.id"), primary_key=True),
    Column("subscription_id", ForeignKey("subscription.id"), primary_key=True, index=True),
)

refusal = Table(  # "I did not ask for this" (decisions.md 27)
    "refusal",
    metadata,
    Column("address_id", ForeignKey("address.id"), primary_key=True),
    Column("court", String(64), primary_key=True),
    Column("refused_at", UtcTime, nullable=False),
    Column("stop_id", ForeignKey("stop.id"), nullable=False, index=True),  # what an undo lifts
)

tracked_case = Table(  # the ledger of a case: how far it has been read
    "tracked_case",
    metadata,
    Column("court", String(64), primary_key=True),
    Column("case_key", String(64), primary_key=True),
    Column("source_id", String(128), nullable=False),
    Column("number", String(64), nullable=False),
    Column("event_no", Integer, nullable=False),  # the last event; 0 after the baseline
    Column("version", Integer, nullable=False),  # raised by each comparison that changed anything
    Column("mapping", String(32), nullable=False),  # digest version of the court's mapping
    Column("swept_at", UtcTime, nullable=False),
    Index(None, "court", "source_id"),
)

ledger = Table(  # what is known of each entry of a tracked case: digests, never a text
    "ledger",
    metadata,
    Column("court", String(64), primary_key=True),
    Column("case_key", String(64), primary_key=True),
    Column("entry_key", String(128), primary_key=True),
    Column("access", Integer, nullable=False),
    Column("digests", LargeBinary, nullable=False),  # 8 bytes a field class, in model's order
    Column("filed_at", UtcTime),  # the one thing told of an entry that is gone (G3)
    Column("missed", Integer, nullable=False),  # sweeps in a row in which it was absent
)

event = Table(
    "event",
    metadata,
    Column("court", String(64), primary_key=True),
    Column("case_key", String(64), primary_key=True),
    Column("event_no", Integer, primary_key=True),
    Column("seen_at", UtcTime, nullable=False),
)

event_entry = Table(  # the facts of a change, stored once: which entry, how, never its text
    "event_entry",
    metadata,
    Column("court", String(64), primary_key=True),
    Column("case_key", String(64), primary_key=True),
    Column("event_no", Integer, primary_key=True),
    Column("entry_key", String(128), primary_key=True),
    Column("kind", String(8), nullable=False),  # added, updated, removed, returned
    Column("before", LargeBinary),  # digests as they were, so that what is net nothing is silent
    Column("access", Integer, nullable=False),
    Column("activity_at", UtcTime),  # as shown then; a touched time alone is no change
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", Counted, primary_key=True, autoincrement=True),
    Column("cause", String(200), nullable=False, unique=True),
    Column("template", String(32), nullable=False),
    Column("priority", Integer, nullable=False),
    Column("court", String(64), nullable=False),
    Column("address_id", ForeignKey("address.id"), nullable=False),
    Column("subscription_id", ForeignKey("subscription.id"), index=True),
    Column("request_id", ForeignKey("request.id")),
    Column("case_key", String(64)),
    Column("since_event", Integer),  # a notice tells the net change of the events after this one
    Column("upto_event", Integer),  # up to this one
    Column("facts", JSON, nullable=False),
    Column("in_reply_to", String(998)),
    Column("references", JSON),
    Column("voice", JSON),  # voice.Voice, of an answer; null: the court's own
    Column("created_at", UtcTime, nullable=False),
    # ready claimed sending sent returned failed dropped merged; docs/flow.md has the table
    Column("state", String(10), nullable=False),
    Column("next_at", UtcTime, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("ambiguous", Boolean, nullable=False),  # one try ended after the dot, unanswered
    Column("owner", String(64)),
    Column("lease_until", UtcTime),
    Column("key_id", String(32)),  # of the key behind Message-ID and thread handle
    Column("handle_hash", String(64), index=True),
    Column("settled_at", UtcTime),
    Column("reply", String(500)),  # what the mail server said last, or why it was dropped
    Index("ix_outbox_due", "state", "priority", "next_at"),
    Index(None, "court", "case_key", "state"),
    sqlite_autoincrement=True,
)

enclosure = Table(  # somebody's mail that one of ours carries along; gone when that one is settled
    "enclosure",
    metadata,
    Column("mail_id", ForeignKey("outbox.id"), primary_key=True),
    Column("facts", JSON, nullable=False),  # who wrote it to whom, about what
    Column("raw", LargeBinary().with_variant(LONGBLOB, "mysql", "mariadb"), nullable=False),
)

arrival = Table(  # mails acted upon, so that the same mail acts once (decisions.md 3)
    "arrival",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("arrived_at", UtcTime, nullable=False, index=True),
)

tally = Table(  # one row an answer, for the budgets of decisions.md 22
    "tally",
    metadata,
    Column("id", Counted, primary_key=True, autoincrement=True),
    Column("kind", String(16), nullable=False),  # confirmation, help, answer, domain ...
    Column("subject", String(200), nullable=False),  # an address, with its case; a domain; ""
    Column("at", UtcTime, nullable=False),
    Index(None, "kind", "subject", "at"),
)

pace = Table(  # how many answers an hour are usual (decisions.md 22)
    "pace",
    metadata,
    Column("hour", UtcTime, primary_key=True),  # its beginning
    Column("answers", Integer, nullable=False),  # 0 where the breaker opened
)

pen = Table(  # mails that made our own code fail
    "pen",
    metadata,
    Column("id", Counted, primary_key=True, autoincrement=True),
    Column("key", String(64), nullable=False, unique=True),  # of its octets and its envelope
    Column("mail_from", String(320), nullable=False),
    Column("recipient", String(320), nullable=False),
    Column("reason", String(200), nullable=False),  # type and place of an exception, no text
    Column("trace", Text, nullable=False),  # places only
    Column("tries", Integer, nullable=False),
    Column("kept", Boolean, nullable=False),  # accepted; else the sender's server has it still
    Column("parked_at", UtcTime, nullable=False, index=True),
    Column("tried_at", UtcTime, nullable=False),
    Column("answered_at", UtcTime),
    Column("octets", Integer, nullable=False),
    Column("raw", LargeBinary().with_variant(LONGBLOB, "mysql", "mariadb"), nullable=False),
    sqlite_autoincrement=True,
)

suppression = Table(  # addresses that get nothing, by the operator
    "suppression",
    metadata,
    Column("address_key", String(320), primary_key=True),
    Column("reason", String(64), nullable=False),
    Column("since", UtcTime, nullable=False),
)

returned = Table(  # one point an address and day on which mail to it came back
    "returned",
    metadata,
    Column("address_id", ForeignKey("address.id"), primary_key=True),
    Column("day", Date, primary_key=True),  # UTC
    Column("hard", Boolean, nullable=False),  # nobody is there; else it did not get through
    Column("at", UtcTime, nullable=False),  # the last report of that day
)

watermark = Table(  # how far a court's hint has been read, and when it was swept
    "watermark",
    metadata,
    Column("court", String(64), primary_key=True),
    Column("hinted_to", UtcTime),
    Column("swept_at", UtcTime),
)

imap_folder = Table(  # how far the folder of an IMAP account has been read
    "imap_folder",
    metadata,
    Column("account", String(320), primary_key=True),  # server and user name
    Column("folder", String(255), primary_key=True),
    Column("uidvalidity", BigInteger, nullable=False),  # 32 bits, unsigned
    Column("last_uid", BigInteger, nullable=False),  # every mail up to it is finished
)
