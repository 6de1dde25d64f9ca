"""T-DSN, the true ones: reports of many dialects count, at the address that names their mail."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import func, select

from mailbot.store import requests
from mailbot.store.schema import request
from tests.desk.reports import STATUS, dsn
from tests.fixtures_folder import mails
from tests.inbound.reading.reports.test_reader import DIALECTS
from tests.world import World

CASE = "15AB-CR00015"


def true_reports() -> Iterator[tuple[str, bytes, bool]]:
    """A name, the report, and whether it says that the address is gone for good."""
    for path, record in mails("bounces"):
        ways = {row["hard"] for row in record.get("sisimai") or ()}
        if len(ways) == 1:
            yield path.name, path.read_bytes(), ways.pop()
    for name, (text, recipients, verdict) in DIALECTS.items():
        if recipients and verdict in ("hard", "soft"):
            lines = ("From: MAILER-DAEMON@far.example", "Subject: Undeliverable mail", "", text)
            yield name, "\n".join(lines).encode(), verdict == "hard"
    for number in range(14):
        for what in STATUS:
            raw = dsn(what, f"x{number}@far.example", "bounces@court.example")
            yield f"RFC 3464 {what}", raw.replace(b"mx.home", b"mx%d" % number), what == "hard"


def test_true_reports_of_many_dialects_count(world: World) -> None:
    """Statement 36: a hard one about a confirmation ends its request, any other leaves it open."""
    reports, wrong = list(true_reports()), []
    assert len(reports) >= 200
    assert len(DIALECTS) >= 12
    for number in range(len(reports)):
        world.mail(f"p{number}@d{number}.example", f"TRACK {CASE}")
    left = world.leave()
    while len(left) < len(reports):  # the breaker lets two hundred go in an hour
        world.wait(hours=1)
        left += world.leave()
    asked = {each.recipient.partition("@")[0]: each.mail_from for each in left}
    for number, (name, raw, hard) in enumerate(reports):
        before = bounced(world)
        world.mail("", to=asked[f"p{number}"], mail_from="", raw=raw)
        if bounced(world) - before != hard:
            wrong.append(name)
    assert len(wrong) <= 0.05 * len(reports), wrong


def bounced(world: World) -> int:
    """How many requests have ended because their confirmation came back."""
    of_that_kind = select(func.count()).where(request.c.state == requests.BOUNCED)
    with world.database.reading() as conn:
        return conn.execute(of_that_kind).scalar_one()
