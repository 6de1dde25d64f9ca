"""Ends a court's service on its last day: one farewell to everybody who follows a case (G25)."""

from __future__ import annotations

from datetime import datetime

from mailbot.desk.doing.replies import say_farewell
from mailbot.desk.parts import Parts, Turn
from mailbot.store import subscriptions

AT_ONCE = 200


def farewell(parts: Parts, court_id: str, now: datetime) -> int:
    """Say farewell once the closing day is over; whoever heard it is told no more.

    Returns how many subscriptions ended.
    """
    if not parts.settings.court[court_id].has_closed(now):
        return 0
    ended = 0
    while True:
        with parts.database.transaction() as conn:
            rows = subscriptions.followed(conn, court_id, AT_ONCE)
            if not rows:
                return ended
            turn = Turn(parts, conn, now, court_id, "farewell", "court")
            for address_id in dict.fromkeys(row.address_id for row in rows):
                mine = subscriptions.of_address(conn, address_id, (subscriptions.ACTIVE,), court_id)
                say_farewell(turn, address_id, [row.id for row in mine])
                ended += subscriptions.end(conn, [row.id for row in mine], None, now)
