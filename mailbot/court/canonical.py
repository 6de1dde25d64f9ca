"""The tables of the case database that ships for the demo and the tests (case-model.md 1.1).

No court has to look like this: a real one is mapped in config.toml. Times are the court's local
time without a zone, as most case systems keep them; access levels are those of case-model.md 1.2.
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

court = Table(
    "court",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(120), nullable=False),
    Column("short_name", String(40)),
    Column("county", String(60)),
    Column("circuit", Integer),
    Column("time_zone", String(40), nullable=False),
    Column("url", String(200)),
    Column("parent_id", ForeignKey("court.id")),
)

judge = Table(
    "judge",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(120), nullable=False),  # SURNAME, GIVEN I. (S26)
    Column("title", String(60)),
    Column("division", String(20)),
)

case = Table(
    "case",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("court_id", ForeignKey("court.id"), nullable=False),
    Column("number", String(64), nullable=False),
    Column("number_norm", String(64), nullable=False, index=True),  # model.case_key(number)
    Column("caption", String(400), nullable=False),
    Column("short_caption", String(120)),
    Column("category", String(20), nullable=False),
    Column("type_code", String(10)),
    Column("type_text", String(120)),
    Column("filed_on", Date),
    Column("status", String(20)),
    Column("disposition_text", String(120)),
    Column("disposed_on", Date),
    Column("judge_id", ForeignKey("judge.id")),
    Column("judge_at_disposition", ForeignKey("judge.id")),
    Column("access", SmallInteger, nullable=False),
    Column("last_activity_at", DateTime, index=True),
    Column("modified_at", DateTime),
    Column("deleted_at", DateTime),
)

party = Table(
    "party",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("case_id", ForeignKey("case.id"), nullable=False, index=True),
    Column("seq", Integer, nullable=False),
    Column("role_code", String(10)),
    Column("role_text", String(60), nullable=False),
    Column("kind", String(8), nullable=False),  # person, org
    Column("last", String(80), index=True),
    Column("first", String(80)),
    Column("middle", String(80)),
    Column("suffix", String(10)),
    Column("org_name", String(200)),
    Column("display_name", String(200), nullable=False),
    Column("birth_year", Integer),
    Column("address", String(300)),
    Column("phone", String(40)),
    Column("protected", Boolean, nullable=False),  # victim, minor, address withheld
    Column("added_on", Date),
    Column("ended_on", Date),
)

attorney = Table(
    "attorney",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(120), nullable=False),
    Column("bar_no", String(20)),
    Column("firm", String(120)),
    Column("email", String(200)),
    Column("phone", String(40)),
)

representation = Table(
    "representation",
    metadata,
    Column("party_id", ForeignKey("party.id"), primary_key=True),
    Column("attorney_id", ForeignKey("attorney.id"), primary_key=True),
    Column("role", String(60)),
    Column("from", Date),
    Column("to", Date),
)

docket_entry = Table(
    "docket_entry",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("case_id", ForeignKey("case.id"), nullable=False, index=True),
    Column("seq", Integer, nullable=False),
    Column("filed_at", DateTime),
    Column("entered_at", DateTime, index=True),
    Column("type_code", String(60)),
    Column("type_text", String(120)),
    Column("text", Text),
    Column("filed_by", String(200)),
    Column("on_behalf_of", String(200)),
    Column("parent_entry_id", ForeignKey("docket_entry.id")),
    Column("document_count", Integer),
    Column("access", SmallInteger, nullable=False),
    Column("modified_at", DateTime, index=True),
    Column("deleted_at", DateTime),
    sqlite_autoincrement=True,  # else SQLite gives a deleted entry's id to the next one
)

document = Table(
    "document",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("entry_id", ForeignKey("docket_entry.id"), nullable=False, index=True),
    Column("number", Integer),
    Column("attachment_no", Integer),
    Column("title", String(200)),
    Column("extension", String(10)),
    Column("pages", Integer),
    Column("access", SmallInteger, nullable=False),
    Column("url", String(300)),
    Column("sha256", String(64)),
)

hearing = Table(
    "hearing",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("case_id", ForeignKey("case.id"), nullable=False, index=True),
    Column("starts_at", DateTime, nullable=False, index=True),
    Column("ends_at", DateTime),
    Column("time_known", Boolean, nullable=False),
    Column("type_code", String(20)),
    Column("type_text", String(120), nullable=False),
    Column("room", String(40)),
    Column("location", String(120)),
    Column("judge_id", ForeignKey("judge.id")),
    Column("remote_url", String(300)),
    Column("status", String(12), nullable=False),  # set, moved, held, continued, vacated
    Column("replaced_by", ForeignKey("hearing.id")),
    Column("reason", String(200)),
    Column("access", SmallInteger, nullable=False),
    Column("modified_at", DateTime),
)

charge = Table(
    "charge",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("case_id", ForeignKey("case.id"), nullable=False, index=True),
    Column("party_id", ForeignKey("party.id")),
    Column("count_no", Integer, nullable=False),
    Column("statute", String(40)),
    Column("code", String(20)),
    Column("description", String(200), nullable=False),
    Column("severity", String(20)),
    Column("degree", String(20)),
    Column("offense_on", Date),
    Column("plea", String(40)),
    Column("disposition", String(80)),
    Column("disposed_on", Date),
)
