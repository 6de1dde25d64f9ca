"""What became of a mail of ours, and what follows for its address: bounces and complaints.

Which mail it is, only a handle of ours decides, never the recipient that a report names (trap 75).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row

from mailbot.desk.doing import stopping
from mailbot.desk.parts import Parts, Turn
from mailbot.desk.reading import routing
from mailbot.desk.reading.letter import Letter
from mailbot.report import Failure, Report
from mailbot.store import addresses, missed, outbox, requests, returned, subscriptions
from mailbot.store.addresses import AddressRow
from mailbot.store.returned import Point
from mailbot.tokens import digest

HARD_DAYS = 2  # decisions.md 24
SOFT_DAYS, SOFT_SPAN = 5, timedelta(days=21)
OF_NOBODY = "report of nobody"
QUIET = timedelta(days=6)  # no server keeps a mail longer before it gives it back (RFC 5321 4.5.4)
LONGEST_WAIT = timedelta(hours=16)
_ABOUT_US = {"6", "7"}  # RFC 3463 2: the content, or a policy; no fault of the address (trap 76)
_ABOUT_CASES = {"notice", "tracking", "already", "restored", "farewell"}


def is_expected(letter: Letter) -> bool:
    """Whether the mail came to an address to which only servers should write."""
    return letter.at_bounces


def receive(turn: Turn, letter: Letter, report: Report) -> str:
    """Act on a report. Returns one word for the log; without a handle it scores nobody (72)."""
    row = _mail_of(turn, letter, report)
    if row is None:
        return OF_NOBODY
    if report.kind == "complaint":
        return _stop_at_once(replace(turn.at(row.court), via="complaint"), row)
    verdict = "soft" if report.verdict == "mixed" else report.verdict
    if verdict is not None:
        _came_back(turn, row, Failure("", verdict, report.status))
    return report.kind


def refused(parts: Parts, row_id: int, failure: Failure, now: datetime) -> None:
    """Our own mail server refused the recipient: nobody can have forged that.

    Raises:
        StoreUnavailable: nothing was noted.
    """
    with parts.database.transaction() as conn:
        row = outbox.by_id(conn, row_id)
        if row is not None:
            turn = Turn(parts, conn, now, row.court, f"refused:{row_id}", "mail")
            _came_back(turn, row, failure, certain=True)


def waits_until(points: Sequence[Point]) -> datetime | None:
    """Until when notices to an address wait whose mail came back: 2, 4, 8, 16 hours."""
    if len(points) < 2:
        return None
    return points[-1].at + min(LONGEST_WAIT, timedelta(hours=2 ** (len(points) - 1)))


def _mail_of(turn: Turn, letter: Letter, report: Report) -> Row[Any] | None:
    """The mail whose handle the report came to; a complaint may bear it in the mail it returns."""
    if letter.routed.kind == "bounce":
        return outbox.by_handle(turn.conn, digest(letter.routed.handle))
    if report.kind == "complaint":
        found = (_named(turn, name) for name in report.original)
        return next((row for row in found if row is not None), None)
    return None


def _named(turn: Turn, name: str) -> Row[Any] | None:
    """The mail that an address with a handle names, or a Message-ID that verifies as ours."""
    row_id = turn.parts.signer.own_message(name)
    if row_id is not None:
        return outbox.by_id(turn.conn, row_id)
    routed = routing.resolve(turn.parts.settings, name.strip().strip("<>"))
    if routed is None or routed.kind not in ("bounce", "thread"):
        return None
    return outbox.by_handle(turn.conn, digest(routed.handle))


# --- Bounces ---


def _came_back(turn: Turn, row: Row[Any], failure: Failure, certain: bool = False) -> None:
    conn, to = turn.conn, addresses.by_id(turn.conn, row.address_id)
    hard = failure.verdict == "hard"
    turn.parts.mail_log.returned(row.id, to.spelling, failure.verdict, failure.status)
    if failure.verdict == "delivered":
        returned.forget(conn, to.id)
        return
    if failure.verdict != "delayed":
        outbox.came_back(conn, row.id)
    if hard and row.request_id is not None:
        requests.bounce(conn, row.request_id, turn.now)
    if hard or not _is_about_us(failure):
        points = _counted(conn, to, hard, turn.now)
        if to.suspended_at is not None or (hard and certain) or _is_dead(points):
            _suspend(turn, row, to, points[0].at - QUIET)


def _is_about_us(failure: Failure) -> bool:
    """Whether our mail was not wanted, whoever it is for."""
    return (failure.status or "").split(".")[1:2] in [[each] for each in _ABOUT_US]


def _counted(conn: Connection, to: AddressRow, hard: bool, now: datetime) -> list[Point]:
    """The address's points with today's; a mail that got through meanwhile took the older away."""
    before = returned.points(conn, [to.id], now).get(to.id, [])
    if before and returned.got_through(conn, to.id, before[-1].at, now - QUIET):
        returned.forget(conn, to.id)
    returned.note(conn, to.id, hard, now)
    return returned.points(conn, [to.id], now)[to.id]


def _is_dead(points: Sequence[Point]) -> bool:
    """Two days of hard reports, or weeks in which nothing got through (decisions.md 24)."""
    weeks = len(points) >= SOFT_DAYS and points[-1].day - points[0].day >= SOFT_SPAN
    return weeks or sum(point.hard for point in points) >= HARD_DAYS


def _suspend(turn: Turn, row: Row[Any], to: AddressRow, since: datetime) -> None:
    if addresses.suspend(turn.conn, to.id, turn.now):
        turn.parts.mail_log.suspended(row.id, to.spelling)
    missed.hold(turn.conn, to.id, since, turn.now)


# --- Complaints ---


def _stop_at_once(turn: Turn, row: Row[Any]) -> str:
    """A complaint stops the case of the mail, without a word (decisions.md 17 and 24).

    One about an answer, which may be about anything, is "I did not ask for this".
    """
    to = addresses.by_id(turn.conn, row.address_id)
    ids = list((row.facts or {}).get("subscriptions", ()))
    ids = [row.subscription_id] if row.subscription_id is not None else ids
    if ids and row.template in _ABOUT_CASES:
        stopping.stop_silently(turn, to, subscriptions.by_ids(turn.conn, ids))
        done = "stopped"
    else:
        _refuse(turn, to, row)
        done = "refused"
    turn.parts.mail_log.complained(row.id, to.spelling, done)
    return f"complaint: {done}"


def _refuse(turn: Turn, to: AddressRow, row: Row[Any]) -> None:
    request = None if row.request_id is None else requests.by_id(turn.conn, row.request_id)
    asked = request if request is not None and request.kind == "track" else None
    if asked is not None and not requests.refuse(turn.conn, asked.id, turn.via, turn.now):
        return
    if not addresses.refuses(turn.conn, to.id, turn.court_id):
        stopping.refuse(turn, to, asked)
