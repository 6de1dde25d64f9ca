"""Closed hours: S10's hours, spans over midnight, and both nights of a clock change."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mailbot.settings import hours

CHICAGO = ZoneInfo("America/Chicago")


@dataclass(frozen=True)
class Span:
    days: tuple[int, ...]
    from_: int
    until: int


WORKDAYS = tuple(range(5))
S10 = hours.closed_minutes([Span(WORKDAYS, 60, 360)])


@pytest.mark.parametrize(
    ("local", "is_open"),
    [
        ("2016-01-11 00:59", True),  # a Monday
        ("2016-01-11 01:00", False),
        ("2016-01-11 05:59", False),
        ("2016-01-11 06:00", True),
        ("2016-01-15 03:00", False),  # Friday
        ("2016-01-16 03:00", True),  # Saturday
        ("2016-01-17 03:00", True),  # Sunday
    ],
)
def test_missouri_is_closed_from_1_to_6_on_workdays(local: str, is_open: bool) -> None:
    now = datetime.fromisoformat(local).replace(tzinfo=CHICAGO)
    assert hours.is_open(S10, CHICAGO, now) is is_open


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        ("2016-01-11T07:30:15+00:00", "2016-01-11T12:00:00+00:00"),  # CST: 6 a.m. is 12:00 UTC
        ("2016-07-11T07:30:15+00:00", "2016-07-11T11:00:00+00:00"),  # CDT: 6 a.m. is 11:00 UTC
    ],
)
def test_6_am_is_another_moment_in_summer_and_winter(now: str, opens: str) -> None:
    found = hours.next_opening(S10, CHICAGO, datetime.fromisoformat(now))
    assert found == datetime.fromisoformat(opens)


def test_an_open_court_does_not_open_again() -> None:
    assert hours.next_opening(S10, CHICAGO, datetime(2016, 1, 11, 18, tzinfo=UTC)) is None


def test_a_court_closed_for_ever_never_opens() -> None:
    closed = hours.closed_minutes([Span(tuple(range(7)), 0, 1440)])
    assert hours.next_opening(closed, CHICAGO, datetime(2016, 1, 11, tzinfo=UTC)) is None


@pytest.mark.parametrize(
    ("local", "is_open"),
    [
        ("2016-01-15 21:59", True),  # Friday
        ("2016-01-15 22:00", False),
        ("2016-01-16 05:59", False),  # Saturday morning still belongs to Friday's night
        ("2016-01-16 06:00", True),
        ("2016-01-16 23:00", True),  # Saturday's night is open
    ],
)
def test_a_span_that_ends_before_it_begins_crosses_midnight(local: str, is_open: bool) -> None:
    closed = hours.closed_minutes([Span((4,), 22 * 60, 6 * 60)])
    now = datetime.fromisoformat(local).replace(tzinfo=CHICAGO)
    assert hours.is_open(closed, CHICAGO, now) is is_open


def test_sunday_night_reaches_into_monday() -> None:
    closed = hours.closed_minutes([Span((6,), 22 * 60, 6 * 60)])
    assert not hours.is_open(closed, CHICAGO, datetime(2016, 1, 18, 1, tzinfo=CHICAGO))


def test_an_opening_in_the_hour_that_spring_skips_happens_at_the_skip() -> None:
    # 2016-03-13: 02:00 CST is followed by 03:00 CDT, so 01:30 to 02:30 ends at 03:00.
    closed = hours.closed_minutes([Span((6,), 90, 150)])
    now = datetime(2016, 3, 13, 1, 45, tzinfo=CHICAGO)
    assert hours.next_opening(closed, CHICAGO, now) == datetime(2016, 3, 13, 8, tzinfo=UTC)


def test_an_hour_that_autumn_repeats_is_closed_twice() -> None:
    # 2016-11-06: 01:00 to 02:00 comes first as CDT (06:00 UTC), then as CST (07:00 UTC).
    closed = hours.closed_minutes([Span((6,), 60, 90)])
    first, second = (
        datetime(2016, 11, 6, 6, 15, tzinfo=UTC),
        datetime(2016, 11, 6, 7, 15, tzinfo=UTC),
    )
    assert not hours.is_open(closed, CHICAGO, first)
    assert hours.is_open(closed, CHICAGO, first + timedelta(minutes=30))
    assert hours.next_opening(closed, CHICAGO, second) == second + timedelta(minutes=15)


SPANS = st.builds(
    Span,
    st.sets(st.integers(0, 6), min_size=1).map(lambda days: tuple(sorted(days))),
    st.integers(0, 1439),
    st.integers(0, 1440),
)
ZONES = st.sampled_from(
    ["America/Chicago", "America/Phoenix", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu"]
)
MOMENTS = st.integers(0, 40 * 366 * 86_400).map(
    lambda seconds: datetime(2000, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)


@settings(deadline=None)
@given(spans=st.lists(SPANS, min_size=1, max_size=3), zone=ZONES, now=MOMENTS)
@example(
    spans=[Span((5, 6), 0, 1440)], zone="America/Chicago", now=datetime(2016, 3, 12, 6, tzinfo=UTC)
)
def test_the_next_opening_is_later_and_open_and_the_first(
    spans: list[Span], zone: str, now: datetime
) -> None:
    closed, place = hours.closed_minutes(spans), ZoneInfo(zone)
    opens = hours.next_opening(closed, place, now)
    if opens is None:
        assert hours.is_open(closed, place, now) or len(closed) == hours.MINUTES_A_WEEK
        return
    assert opens > now
    assert hours.is_open(closed, place, opens)
    assert not hours.is_open(closed, place, opens - timedelta(seconds=1))
    between = now + (opens - now) / 2
    if between < opens:
        assert opens == hours.next_opening(closed, place, between)
