"""The last gate: looks at the court once more and says what each claimed mail tells, if anything.

Called by the senders between claim and fence, outside any transaction (decisions.md 1). Court text
is read here, at each try, and kept nowhere: what has been sealed since is not there to be sent.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

from mailbot.desk.doing import lookups
from mailbot.desk.doing.returned import waits_until
from mailbot.desk.parts import Parts
from mailbot.desk.telling import answers
from mailbot.desk.telling.facts import Gate
from mailbot.desk.telling.notices import notice
from mailbot.errors import CourtUnavailable
from mailbot.model import Claimed, Defer, Drop, Send, Verdict
from mailbot.store import requests, returned, subscriptions
from mailbot.store.subscriptions import SubscriptionRow

PATIENCE = timedelta(minutes=1)  # before a court that is down is asked again
OF_ADDRESS = {"report", "stop-which", "stop-ask", "not-tracking"}


def release(parts: Parts, rows: Sequence[Claimed], now: datetime) -> dict[int, Verdict]:
    """A verdict for each claimed mail. A court that cannot be read defers its notices.

    Raises:
        StoreUnavailable: no verdict; the leases run out.
    """
    with parts.database.reading() as conn:
        about = {row.id: _subscriptions(conn, row) for row in rows}
        points = returned.points(conn, [row.address_id for row in rows], now)
    every = [each for rows in about.values() for each in rows]
    gate = Gate(parts, now, lookups.visible_cases(parts, every, now))
    verdicts: dict[int, Verdict] = {}
    for row in rows:
        if row.template == "notice":
            waits = waits_until(points.get(row.address_id, ()))
            verdicts[row.id] = _notice(gate, row, about[row.id], waits)
        else:
            told = answers.facts_of(gate, row, about[row.id])
            verdicts[row.id] = Drop("nothing left to say") if told is None else Send(told)
    return verdicts


def _subscriptions(conn: Connection, row: Claimed) -> list[SubscriptionRow]:
    """The subscriptions that the mail is about."""
    ids = list(row.facts.get("subscriptions", ()))  # type: ignore[call-overload]
    if row.subscription_id is not None:
        ids.append(row.subscription_id)
    if row.request_id is not None:
        ids += requests.cases(conn, row.request_id)
    found = subscriptions.by_ids(conn, ids)
    if row.template in OF_ADDRESS:
        found += subscriptions.of_address(conn, row.address_id, (subscriptions.ACTIVE,))
    return list({each.id: each for each in found}.values())


def _notice(
    gate: Gate, row: Claimed, about: Sequence[SubscriptionRow], waits: datetime | None
) -> Verdict:
    """A notice leaves only with the court's own word that its case may be seen now."""
    if not about or about[0].state != subscriptions.ACTIVE:
        return Drop("stopped")
    if waits is not None and waits > gate.now:
        return Defer(waits, "mail comes back")
    if gate.cases.get(row.court) is None:
        court = gate.parts.settings.court[row.court]
        return Defer(court.opens_at(gate.now) or gate.now + PATIENCE, "court closed or down")
    try:
        return notice(gate, row, about[0])
    except CourtUnavailable:
        return Defer(gate.now + PATIENCE, "court down")
