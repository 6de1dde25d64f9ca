"""The retry schedule as a table, and what holds of it at any age."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.outbound.schedule import DOUBT, GIVE_UP, next_try, pause

BORN = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
MINUTES = (1, 5, 15, 30, 60, 120, 240, 240, 240)


@pytest.mark.parametrize(("tries", "minutes"), list(enumerate(MINUTES, start=1)))
def test_delays(tries: int, minutes: int) -> None:
    assert next_try(tries, BORN, BORN, 0) == BORN + timedelta(minutes=minutes)


@pytest.mark.parametrize("jitter", [-1.0, 0.0, 1.0])
def test_five_days_of_tries(jitter: float) -> None:
    """T-REMOTE: the time-compressed schedule holds within 10 %; the last try is at the end."""
    now, tries, planned = BORN, 0, timedelta()
    while True:
        tries += 1
        at = next_try(tries, now, BORN, jitter)
        if at is None:
            break
        planned += timedelta(minutes=MINUTES[min(tries, 9) - 1])
        if at < BORN + GIVE_UP:
            assert abs((at - BORN) - planned) <= planned * 0.1 + timedelta(seconds=1)
        now = at
    assert now == BORN + GIVE_UP
    assert 33 <= tries <= 40  # every 4 hours, and the seven of the first day


def test_over_after_five_days() -> None:
    assert next_try(1, BORN + GIVE_UP, BORN, 0) is None
    assert next_try(99, BORN + GIVE_UP - timedelta(seconds=1), BORN, 0) == BORN + GIVE_UP


@given(
    tries=st.integers(1, 1000),
    age=st.timedeltas(timedelta(), GIVE_UP * 2),
    jitter=st.floats(-1, 1),
    ambiguous=st.booleans(),
)
def test_always_later_and_never_for_ever(
    tries: int, age: timedelta, jitter: float, ambiguous: bool
) -> None:
    now = BORN + age
    at = next_try(tries, now, BORN, jitter, ambiguous)
    if age >= GIVE_UP:
        assert at is None
    else:
        assert at is not None
        assert now < at <= max(BORN + GIVE_UP, now + DOUBT)
        assert not ambiguous or at >= now + DOUBT


def test_pauses_grow_to_five_minutes() -> None:
    seconds = [pause(failures, 0).total_seconds() for failures in (1, 2, 3, 4, 5, 99)]
    assert seconds == [5, 15, 60, 300, 300, 300]
    assert pause(4, 1) == timedelta(minutes=5.5)
