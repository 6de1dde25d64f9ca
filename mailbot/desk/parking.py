"""Keeps mails that make our own code fail, so that none is lost and none stops the next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from mailbot.desk.doing.replies import address_of, reply, tell_operator
from mailbot.desk.parts import Parts, Turn
from mailbot.desk.reading import routing
from mailbot.desk.reading.letter import understand
from mailbot.model import Envelope, Inbound
from mailbot.store import errands, pen
from mailbot.store.pen import Parked

__all__ = ["Failed", "Parked", "alert", "answer", "awaited", "come_home", "forgive", "park"]

TRIES = 3  # that the sender's server makes; then the mail is ours alone (mail-interface.md 0.1)
MAILS_OF_FULL_SIZE = 100  # for which the pen has room
_ADDRESS, _REASON = 320, 200  # characters that the table holds


@dataclass(frozen=True)
class Failed:
    """A mail that our own code failed on."""

    key: str  # the same for the same mail
    raw: bytes
    envelope: Envelope
    reason: str
    trace: str


def park(parts: Parts, failed: Failed, now: datetime) -> Parked | None:
    """Keep a mail, or count one more try. None: there is no room, its sender must keep it.

    Raises:
        StoreUnavailable: nothing was kept.
    """
    limits = parts.settings.limits
    with parts.database.transaction() as conn:
        known = pen.by_key(conn, failed.key)
        kept = known is not None and known.tries + 1 >= TRIES
        if known is not None:
            pen.failed_again(conn, failed.key, failed.reason[:_REASON], failed.trace, kept, now)
        elif pen.octets(conn) + len(failed.raw) > MAILS_OF_FULL_SIZE * limits.message_bytes:
            return None
        else:
            pen.put(
                conn,
                failed.key,
                failed.raw[: limits.message_bytes],
                now,
                mail_from=failed.envelope.mail_from[:_ADDRESS],
                recipient=failed.envelope.recipient[:_ADDRESS],
                reason=failed.reason[:_REASON],
                trace=failed.trace,
                kept=kept,
            )
        return pen.by_key(conn, failed.key)


def come_home(parts: Parts, raw: bytes, envelope: Envelope, now: datetime) -> bool:
    """Whether a mail is one of `mailbot doctor`; the one that it waits for is kept until it looks.

    Raises:
        StoreUnavailable: nothing was kept.
    """
    routed = routing.resolve(parts.settings, envelope.recipient)
    if routed is None or routed.kind != "doctor":
        return False
    with parts.database.transaction() as conn:
        errands.come_home(
            conn, routed.handle, raw[: parts.settings.limits.message_bytes], envelope, now
        )
    return True


def alert(parts: Parts, parked: Parked, now: datetime) -> None:
    """Mail the operator that a mail lies in the pen; in a transaction of its own, for it may fail.

    Raises:
        StoreUnavailable: nobody is told.
    """
    facts = {"parked": parked.id, "reason": parked.reason, "tries": parked.tries}
    with parts.database.transaction() as conn:
        turn = Turn(parts, conn, now, next(iter(parts.settings.court)), "pen", "court")
        tell_operator(turn, "pen", facts)


def forgive(parts: Parts, key: str) -> None:
    """A mail was acted upon after all; it needs the pen no more.

    Raises:
        StoreUnavailable: it stays in the pen, where it can do no harm: it acts once.
    """
    with parts.database.transaction() as conn:
        pen.drop(conn, key)


def awaited(parts: Parts) -> set[str]:
    """Keys of the mails in the pen whose senders come again."""
    with parts.database.reading() as conn:
        return pen.awaited(conn)


def answer(parts: Parts, parked: Parked, inbound: Inbound, now: datetime) -> str:
    """Tell the writer of a parked mail that nothing came of it, once. Returns one word, or why not.

    Raises:
        StoreUnavailable: nothing was done.
    """
    routed = routing.resolve(parts.settings, inbound.envelope.recipient)
    if routed is None:
        return "unrouted"
    letter = understand(parts, inbound, routed)
    if letter.sender.answer != "allowed":
        return letter.sender.why
    with parts.database.transaction() as conn:
        turn = Turn(
            parts=parts,
            conn=conn,
            now=now,
            court_id=routed.route.court,
            cause=f"pen:{parked.key}",
            via="mail",
            in_reply_to=inbound.message_id,
            voice=parts.settings.voice_of_route(routed.route),
        )
        to = address_of(turn, letter.writer)
        if not reply(turn, "not-handled", to, {}, budget="none"):
            return "answered before"
        pen.note_answered(conn, parked.id, now)
    return "answered"
