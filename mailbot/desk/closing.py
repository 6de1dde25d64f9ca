"""Ends a court's service after its last day: one farewell to everybody who follows a case (G25)."""

from __future__ import annotations

from datetime import datetime, timedelta

from mailbot.desk.doing.replies import say_farewell
from mailbot.desk.parts import Parts, Turn
from mailbot.settings.court import Court
from mailbot.store import drafts, ledger, subscriptions

AT_ONCE = 200
LONGEST = timedelta(days=5)  # that a farewell waits for a notice
PATIENCE = timedelta(days=1)  # with a court whose last day was never swept


def farewell(parts: Parts, court_id: str, now: datetime) -> int:
    """Say farewell once the closing day is over; whoever heard it is told no more.

    The last day is told first: a sweep must have gone round after it, and whoever has a notice on
    its way hears the farewell after that one. Returns how many subscriptions ended.
    """
    court = parts.settings.court[court_id]
    with parts.database.reading() as conn:
        swept = ledger.swept(conn, court_id)
    if not _is_over(court, swept, now):
        return 0
    ended = 0
    while True:
        with parts.database.transaction() as conn:
            told = drafts.awaiting_notices(court_id, now - LONGEST)
            rows = subscriptions.followed(conn, court_id, AT_ONCE, told)
            if not rows:
                subscriptions.end_wishes(conn, court_id, now)
                return ended
            turn = Turn(parts, conn, now, court_id, "farewell", "court")
            for address_id in dict.fromkeys(row.address_id for row in rows):
                mine = subscriptions.of_address(conn, address_id, (subscriptions.ACTIVE,), court_id)
                say_farewell(turn, address_id, [row.id for row in mine])
                ended += subscriptions.end(conn, [row.id for row in mine], None, now)


def _is_over(court: Court, swept: datetime | None, now: datetime) -> bool:
    if swept is not None and court.has_closed(swept):
        return True
    return court.has_closed(now - PATIENCE)
