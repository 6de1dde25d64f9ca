"""Hands mail for postmaster on to a person: whole, once, never in a circle (RFC 5321 4.5.1)."""

from __future__ import annotations

import logging
from datetime import timedelta

from mailbot.desk.doing.replies import tell_person
from mailbot.desk.parts import Turn
from mailbot.desk.reading.guard import MOST_RECEIVED, is_null
from mailbot.desk.reading.letter import Letter
from mailbot.errors import PostmasterBusy
from mailbot.model import Kind, address_key
from mailbot.store import arrivals, enclosures
from mailbot.store.enclosures import Enclosure

log = logging.getLogger("mailbot.desk")

DAY = timedelta(days=1)
PEOPLE, OF_ONE_WRITER, MACHINES = 20, 5, 5  # mails a day that are handed on
SUBJECT_CHARACTERS = 200


def hand_on(turn: Turn, letter: Letter, raw: bytes) -> str:
    """Mail it to the operator, else to the court's help desk. Returns one word for the log.

    Args:
        raw: the mail as it came.

    Raises:
        PostmasterBusy: a person's mail beyond the budget; its own server keeps it for another try.
    """
    person = turn.parts.settings.bot.operator or turn.court.help_desk.email
    if why := _circle(letter, person):
        return f"not handed on: {why}"
    if not _has_room(turn, letter):
        if letter.sender.kind is Kind.HUMAN:
            raise PostmasterBusy
        return "not handed on: too many"
    cause = f"{turn.cause}:handed-on"
    if not tell_person(turn, "handed-on", person, {}, cause):
        return "repeated"
    inbound = letter.inbound
    facts = {
        "writer": inbound.sender,
        "mail_from": inbound.envelope.mail_from,
        "recipient": letter.routed.route.address,
        "subject": inbound.subject[:SUBJECT_CHARACTERS],
    }
    enclosures.put(turn.conn, cause, Enclosure(facts, raw))
    return "handed on"


def _circle(letter: Letter, person: str) -> str:
    """Why a mail would come back if it were handed on, or has come back already; "" if not."""
    inbound, kind = letter.inbound, letter.sender.kind
    if kind is Kind.SELF or inbound.header("x-mailbot-loop") is not None:
        return "mailbot's own mail"
    if kind is Kind.BOUNCE or (kind is not Kind.COMPLAINT and is_null(inbound)):
        return "returned mail"
    if "auto-replied" in (inbound.header("auto-submitted") or "").lower():
        return "an automatic reply"
    if len(inbound.all_headers("received")) > MOST_RECEIVED:
        return "too many Received fields"
    writers = {address_key(each) for each in (inbound.sender, inbound.envelope.mail_from) if each}
    return "its writer would get it" if address_key(person) in writers else ""


def _has_room(turn: Turn, letter: Letter) -> bool:
    """Whether one more fits the day's budgets; it is counted."""
    inbound, since = letter.inbound, turn.now - DAY
    writer = address_key(inbound.sender or inbound.envelope.mail_from)
    counts = [("handed-machines", "", MACHINES)]
    if letter.sender.kind is Kind.HUMAN:
        counts = [("handed-people", "", PEOPLE), ("handed-writer", writer, OF_ONE_WRITER)]
    if any(
        arrivals.count(turn.conn, kind, subject, since) >= most for kind, subject, most in counts
    ):
        log.warning("more mail for postmaster than is handed on in a day")
        return False
    for kind, subject, _ in counts:
        arrivals.note(turn.conn, kind, subject, turn.now)
    return True
