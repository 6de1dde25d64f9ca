"""Answers the TRACK commands that waited for a court to open (decisions.md 4)."""

from __future__ import annotations

from datetime import datetime

from mailbot.desk.doing import lookups, tracking
from mailbot.desk.parts import Parts, Turn
from mailbot.store import addresses, subscriptions

AT_ONCE = 100


def answer_waiting(parts: Parts, court_id: str, now: datetime) -> int:
    """Ask each waiting sender for the confirmation, or refuse, as if the mail came now.

    Returns how many were answered; fewer than are waiting if the court closes again.
    """
    answered = 0
    while True:
        with parts.database.reading() as conn:
            rows = subscriptions.waiting(conn, court_id, AT_ONCE)
        if not rows:
            return answered
        found = lookups.look_up(parts, court_id, [row.number for row in rows], now)
        by_key = {each.key: each for each in found if each.verdict != "unreadable"}
        if not by_key:
            return answered
        for row in rows:
            with parts.database.transaction() as conn:
                turn = Turn(parts, conn, now, court_id, f"opening:{row.id}:{now}", "court")
                if not subscriptions.forget_waiting(conn, row.id):
                    continue  # its owner has stopped it meanwhile
                owner = addresses.by_id(conn, row.address_id)
                tracking.track(turn, owner.spelling, [by_key[row.case_key]], late=True)
            answered += 1
