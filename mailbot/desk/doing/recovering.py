"""Notes that an address is alive: what it missed while its mail came back is told once."""

from __future__ import annotations

from mailbot.desk.parts import Turn
from mailbot.model import Facts
from mailbot.store import addresses, arrivals, missed, notices, returned, subscriptions
from mailbot.store.addresses import AddressRow

CAME_BACK = "came-back"  # to be said in the next answer


def alive(turn: Turn, address_id: int) -> None:
    """What only a mail to the address could carry came back from it (G32)."""
    to = addresses.by_id(turn.conn, address_id)
    returned.forget(turn.conn, to.id)
    if to.suspended_at is None:
        return
    missed.gather(turn.conn, to.id, to.suspended_at, turn.now)
    if addresses.revive(turn.conn, to.id):
        arrivals.note(turn.conn, CAME_BACK, to.key, turn.now)
        turn.parts.mail_log.recovered(to.spelling)
    for row in subscriptions.of_address(turn.conn, to.id, (subscriptions.ACTIVE,)):
        notices.tell(turn.conn, row.court, row.case_key, turn.now)


def heard(turn: Turn, spelling: str) -> None:
    """A mail came that is proved to be from an address, whether or not that is known."""
    to = addresses.by_spelling(turn.conn, spelling)
    if to is not None:
        alive(turn, to.id)


def news(turn: Turn, to: AddressRow) -> Facts:
    """For an answer: whether mail to the address comes back, or did until just now (trap 78)."""
    if addresses.by_id(turn.conn, to.id).suspended_at is not None:
        return {"came_back": "suspended"}
    if arrivals.take(turn.conn, CAME_BACK, to.key):
        return {"came_back": "recovered"}
    return {}
