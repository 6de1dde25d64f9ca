"""A mail comes in; its effect and its answer go into the store, in one transaction."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from datetime import datetime

from mailbot.desk.doing import commands, lookups, postmaster, recovering, returned, threads
from mailbot.desk.doing.explaining import complain
from mailbot.desk.doing.lookups import Found
from mailbot.desk.parts import Parts, Turn
from mailbot.desk.reading import routing
from mailbot.desk.reading.letter import Letter, understand
from mailbot.desk.reading.routing import Routed
from mailbot.model import Inbound, Kind, Proof
from mailbot.store import arrivals

log = logging.getLogger("mailbot.desk")


def receive(parts: Parts, inbound: Inbound, now: datetime, raw: bytes = b"") -> str:
    """Act on a mail, once. Returns one word for the log.

    Args:
        raw: the mail as it came, for the person behind postmaster.

    Raises:
        StoreUnavailable, PostmasterBusy: nothing was done; its sender's server keeps it (451).
    """
    routed = routing.resolve(parts.settings, inbound.envelope.recipient)
    if routed is None:
        return "unrouted"
    if routed.kind == "doctor":
        return "doctor"  # it is looked at, by whoever waits for it, and acts on nothing
    letter = understand(parts, inbound, routed)
    asked = commands.numbers_to_look_up(letter.reading, routed.route.purpose)
    wanted = asked if letter.sender.kind is Kind.HUMAN and inbound.sender else []
    found = lookups.look_up(parts, routed.route.court, wanted, now)
    with parts.database.transaction() as conn:
        turn = Turn(
            parts=parts,
            conn=conn,
            now=now,
            court_id=routed.route.court,
            cause=same_mail(routed, inbound),
            via="mail",
            in_reply_to=inbound.message_id,
            references=_references(inbound),
            proof=Proof() if returned.is_expected(letter) else inbound.proof,
            voice=parts.settings.voice_of_route(routed.route),
        )
        if not arrivals.first_time(conn, turn.cause, now):
            return "repeated"
        if routed.route.purpose == routing.POSTMASTER and not routed.kind:
            return _act_for_postmaster(turn, letter, raw)
        return _act(turn, letter, found)


def same_mail(routed: Routed, inbound: Inbound) -> str:
    """The key under which a mail acts once at a mailbox, and the cause of its answers.

    decisions.md 3: by its content as well, for another mail may bear the same Message-ID (trap 69).
    """
    name = inbound.message_id or inbound.date or inbound.subject
    facts = (
        routed.route.mailbox,
        routed.route.court,
        routed.route.purpose,
        routed.kind,
        routed.handle,
        inbound.sender or "",
        name,
        inbound.content_key,
    )
    return hashlib.sha256("\0".join(facts).encode("utf-8", "replace")).hexdigest()


def _references(inbound: Inbound) -> tuple[str, ...]:
    """The thread of the mail answered, at most 20 ids (RFC 5322 3.6.4)."""
    own = (inbound.message_id,) if inbound.message_id else ()
    return (*inbound.references, *own)[-20:]


def _act_for_postmaster(turn: Turn, letter: Letter, raw: bytes) -> str:
    """A person reads it; a complaint about a mail of ours acts, wherever it comes to."""
    report = letter.inbound.report
    if report is not None and report.kind == "complaint" and letter.sender.kind is not Kind.SELF:
        done = returned.receive(turn, letter, report)
        if done != returned.OF_NOBODY:
            return done
    return postmaster.hand_on(turn, letter, raw)


def _act(turn: Turn, letter: Letter, found: Sequence[Found]) -> str:
    """Robots move nothing but a stop capability and what they report; people are answered."""
    kind, handle = letter.sender.kind, letter.routed.kind
    report, expected = letter.inbound.report, returned.is_expected(letter)
    if report is not None and kind is not Kind.SELF and (expected or report.kind == "complaint"):
        return returned.receive(turn, letter, report)
    if letter.inbound.sender is None:
        return "no usable sender"
    if kind is Kind.ROBOT and handle in ("stop", "stop-all"):
        return threads.use_capability(turn, letter.routed)
    if kind is not Kind.HUMAN or letter.sender.answer != "allowed":
        return kind.value
    if turn.proof.level == "P1":
        recovering.heard(turn, letter.writer)
    if handle in ("stop", "stop-all", "undo"):
        done = threads.use_capability(turn, letter.routed)
        return done if done != "unknown" else complain(turn, letter.writer, "forged")
    if handle == "confirm":
        return threads.answer_request(turn, letter, found)
    if handle == "thread":
        return threads.answer_mail(turn, letter, found)
    return commands.run(turn, letter, letter.reading.commands, found)
