"""Says when a mail is tried again, from how often it was tried. Pure.

decisions.md 7: 1, 5, 15, 30 min, 1, 2, 4 h, then 4-hourly to 5 days toward the smarthost; RFC 5321
4.5.4.1 wants 4 to 5 days.
"""

from __future__ import annotations

from datetime import datetime, timedelta

DELAYS = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(minutes=30),
    timedelta(hours=1),
    timedelta(hours=2),
    timedelta(hours=4),
)
GIVE_UP = timedelta(days=5)
# The tries of five days. Counted, not timed: a mail that was held for a week, by its court or by
# the way out, has all of them before it still.
MOST_TRIES = len(DELAYS) + int((GIVE_UP - sum(DELAYS, timedelta())) / DELAYS[-1]) + 1
# A server that did not answer the dot may still deliver: it has 10 minutes (RFC 5321 4.5.3.2.6).
DOUBT = timedelta(minutes=15)
JITTER = 0.1
# The mail server itself is away: one mail knocks, no mail grows old by it.
PAUSES = (
    timedelta(seconds=5),
    timedelta(seconds=15),
    timedelta(minutes=1),
    timedelta(minutes=5),
)


def next_try(tries: int, now: datetime, jitter: float, ambiguous: bool = False) -> datetime | None:
    """When to try again after the `tries`-th try has failed, or None: it is over.

    Args:
        tries: at least 1.
        jitter: from -1 to 1, so that what failed together does not come back together.
        ambiguous: the try ended after the dot, unanswered.
    """
    if tries >= MOST_TRIES:
        return None
    at = now + DELAYS[min(tries, len(DELAYS)) - 1] * (1 + JITTER * jitter)
    return max(at, now + DOUBT) if ambiguous else at


def pause(failures: int, jitter: float) -> timedelta:
    """How long to leave the mail server alone after it was away `failures` times running."""
    return PAUSES[min(failures, len(PAUSES)) - 1] * (1 + JITTER * jitter)
