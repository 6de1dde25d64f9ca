"""The retry schedule as a table, and what holds of it at any age."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.outbound.schedule import DOUBT, GIVE_UP, MOST_TRIES, next_try, pause

BORN = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
MINUTES = (1, 5, 15, 30, 60, 120, 240, 240, 240)


@pytest.mark.parametrize(("tries", "minutes"), list(enumerate(MINUTES, start=1)))
def test_delays(tries: int, minutes: int) -> None:
    assert next_try(tries, BORN, 0) == BORN + timedelta(minutes=minutes)


@pytest.mark.parametrize("jitter", [-1.0, 0.0, 1.0])
def test_five_days_of_tries(jitter: float) -> None:
    """T-REMOTE: the time-compressed schedule holds within 10 %."""
    now, tries, planned = BORN, 0, timedelta()
    while True:
        tries += 1
        at = next_try(tries, now, jitter)
        if at is None:
            break
        planned += timedelta(minutes=MINUTES[min(tries, 9) - 1])
        assert abs((at - BORN) - planned) <= planned * 0.1 + timedelta(seconds=1)
        now = at
    assert abs((now - BORN) - GIVE_UP) <= GIVE_UP * 0.12  # RFC 5321 4.5.4.1: 4 to 5 days
    assert tries == MOST_TRIES


def test_a_mail_that_was_held_for_weeks_has_all_its_tries() -> None:
    assert next_try(1, BORN + 10 * GIVE_UP, 0) is not None


@given(
    tries=st.integers(1, 1000),
    jitter=st.floats(-1, 1),
    ambiguous=st.booleans(),
)
def test_always_later_and_never_for_ever(tries: int, jitter: float, ambiguous: bool) -> None:
    at = next_try(tries, BORN, jitter, ambiguous)
    if tries >= MOST_TRIES:
        assert at is None
    else:
        assert at is not None
        assert BORN < at <= BORN + timedelta(hours=4.5)
        assert not ambiguous or at >= BORN + DOUBT


def test_pauses_grow_to_five_minutes() -> None:
    seconds = [pause(failures, 0).total_seconds() for failures in (1, 2, 3, 4, 5, 99)]
    assert seconds == [5, 15, 60, 300, 300, 300]
    assert pause(4, 1) == timedelta(minutes=5.5)
