"""Whatever a row holds gives a case, an entry or nothing, and never an exception."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailbot.court.changes import state_of
from mailbot.court.rows import (
    COURT_ONLY,
    LEVELS,
    Rows,
    is_deleted,
    key_text,
    moment,
    one_line,
    wall_clock,
    whole,
    words,
)

CHICAGO = ZoneInfo("America/Chicago")
KYIV = ZoneInfo("Europe/Kyiv")


def view(octets: bytes) -> memoryview:
    return memoryview(octets)


ANYTHING = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.decimals(),
    st.text(st.characters()),
    st.binary(),
    st.binary().map(view),
    st.uuids(),
    st.dates(),
    st.datetimes(),
    st.datetimes(timezones=st.timezones()),
    st.times(),
    st.timedeltas(),
    st.sampled_from([Decimal("NaN"), Decimal("sNaN"), Decimal("Infinity"), "0000-00-00", [], {}]),
)


def naive(*parts: int, fold: int = 0) -> datetime:
    """As a driver gives it."""
    year, month, day, hour, minute = (*parts, 0, 0)[:5]
    return datetime.combine(date(year, month, day), time(hour, minute, fold=fold))


def rows() -> Rows:
    return Rows(CHICAGO, None, None)


# --- Times -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "utc"),
    [
        ("2015-11-16 09:21:00", "2015-11-16T15:21:00"),
        ("2015-11-16 09:21:00.000000", "2015-11-16T15:21:00"),
        ("2015-11-16T09:21", "2015-11-16T15:21:00"),
        ("2015-07-01 09:21:00", "2015-07-01T14:21:00"),  # daylight saving
        (" 2015-11-16 ", "2015-11-16T06:00:00"),  # a date is its midnight
        ("2015-11-16T15:21:00Z", "2015-11-16T15:21:00"),
        ("2015-11-16 09:21:00-06", "2015-11-16T15:21:00"),  # PostgreSQL's text
        ("2015-11-16 09:21:00.5-06:00", "2015-11-16T15:21:00.500000"),
        (b"2015-11-16 09:21:00", "2015-11-16T15:21:00"),
        (date(2015, 11, 16), "2015-11-16T06:00:00"),
        (naive(2015, 11, 16, 9, 21), "2015-11-16T15:21:00"),
        (datetime(2015, 11, 16, 9, 21, tzinfo=UTC), "2015-11-16T09:21:00"),
        # The hour that comes twice is taken the first time, whatever the driver says of it.
        ("2015-11-01 01:30:00", "2015-11-01T06:30:00"),
        (naive(2015, 11, 1, 1, 30, fold=1), "2015-11-01T06:30:00"),
        # The hour that does not exist moves on by one.
        ("2015-03-08 02:30:00", "2015-03-08T08:30:00"),
        ("0015-11-16 09:21:00", "0015-11-16T15:11:36"),  # a typing error, but a time
    ],
)
def test_a_time_is_read_in_the_courts_zone(value: object, utc: str) -> None:
    assert moment(value, CHICAGO) == datetime.fromisoformat(utc).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        "soon",
        "11/16/2015",
        "2015-02-30",
        "2015-11-16 25:00",
        "0000-00-00 00:00:00",
        "0044-03-15 BC",
        "infinity",
        "9999-12-31 23:59:59",
        "0001-01-01",
        naive(9999, 12, 31, 23, 59),
        naive(1, 1, 1),
        date.max,
        1447687260,
        2457342.5,
        True,
        time(9, 21),
        timedelta(hours=9),
        b"\xff\xfe",
        "9" * 100_000,
    ],
)
def test_an_impossible_time_is_none(value: object) -> None:
    assert moment(value, CHICAGO) is None


@given(ANYTHING, st.sampled_from([CHICAGO, KYIV, UTC, timezone(timedelta(hours=14))]))
def test_any_value_gives_a_time_that_every_zone_can_show(value: object, zone: ZoneInfo) -> None:
    found = moment(value, zone)
    if found is not None:
        assert found.tzinfo is UTC
        for hours in (-23, 23):
            found.astimezone(timezone(timedelta(hours=hours)))


def test_the_wall_clock_of_a_hint_is_never_late() -> None:
    """In the night when an hour comes twice, rows of the second pass bear times of the first."""
    for minutes in range(0, 48 * 60, 7):
        since = datetime(2015, 10, 31, 12, tzinfo=UTC) + timedelta(minutes=minutes)
        asked = wall_clock(since, CHICAGO)
        for later in range(0, 180, 11):
            row = (since + timedelta(minutes=later)).astimezone(CHICAGO).replace(tzinfo=None)
            assert row >= asked


# --- Levels, keys, numbers, words --------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "level"),
    [
        (0, 0),
        (1, 1),
        (9, 9),
        ("0", 0),
        (" 2 ", 2),
        (Decimal(3), 3),
        (4.0, 4),
        (None, COURT_ONLY),
        (6, COURT_ONLY),
        (-1, COURT_ONLY),
        (0.5, COURT_ONLY),
        ("", COURT_ONLY),
        ("public", COURT_ONLY),
        (b"0", COURT_ONLY),
        (False, COURT_ONLY),  # "is confidential: no" must be mapped by an expression
        (True, COURT_ONLY),
        (float("nan"), COURT_ONLY),
        (Decimal("sNaN"), COURT_ONLY),
        (10**40, COURT_ONLY),
        ("٠", COURT_ONLY),  # an Arabic zero
    ],
)
def test_an_unknown_level_is_closed(value: object, level: int) -> None:
    (case,) = rows().cases([_case(access=value)])
    assert case.access == level


@pytest.mark.parametrize(
    ("value", "key"),
    [
        (7, "7"),
        ("7", "7"),
        (7.0, "7"),
        (Decimal(7), "7"),
        (-3, "-3"),
        ("15-x", "15-x"),
        (b"\x07\xff", "x07ff"),
        (UUID(int=7), "00000000-0000-0000-0000-000000000007"),
        (None, ""),
        ("", ""),
        (True, ""),
        (7.5, ""),
        ("a\x00b", ""),
        ("a\nb", ""),
        ("\ud800", ""),
        ("k" * 129, ""),
        ("k" * 128, "k" * 128),
        (2**70, ""),
    ],
)
def test_a_key_is_text_that_the_store_can_keep(value: object, key: str) -> None:
    assert key_text(value) == key


@pytest.mark.parametrize(
    ("value", "deleted"),
    [
        (None, False),
        ("", False),
        ("0000-00-00 00:00:00", False),
        (0, False),
        (False, False),
        ("false", False),
        ("f", False),
        (True, True),
        (1, True),
        ("2015-11-16", True),
        (naive(2015, 11, 16), True),
        ("soon", True),
    ],
)
def test_a_row_is_gone_when_its_mark_says_so(value: object, deleted: bool) -> None:
    assert is_deleted(value) is deleted


@given(ANYTHING)
def test_every_reader_takes_anything(value: object) -> None:
    assert isinstance(words(value), str)
    assert key_text(value) == "" or key_text(value).isprintable()
    assert whole(value) is None or isinstance(whole(value), int)
    assert is_deleted(value) in (True, False)
    assert one_line(words(value)) == " ".join(one_line(words(value)).split())


# --- Rows --------------------------------------------------------------------------------------


def _case(**values: object) -> tuple[object, ...]:
    shown = {
        "id": 1,
        "number": "15AB-CR00015",
        "number_norm": None,
        "caption": "ST V JASON L COFFMAN",
        "category": "Criminal",
        "access": 0,
        "last_activity_at": None,
        "deleted_at": None,
    }
    return tuple({**shown, **values}.values())


def _entry(**values: object) -> tuple[object, ...]:
    shown = {
        "id": 11,
        "case_id": 1,
        "seq": 1,
        "filed_at": "2015-11-16 09:21:00",
        "entered_at": "2015-11-16 09:30:00",
        "type_text": "Filing:",
        "text": "Track This Case Docket Text",
        "filed_by": None,
        "document_count": 1,
        "access": 0,
        "modified_at": None,
        "deleted_at": None,
    }
    return tuple({**shown, **values}.values())


def test_a_case_is_read() -> None:
    (case,) = rows().cases([_case(caption=" ST V\n JASON  L COFFMAN ")])
    assert (case.source_id, case.number, case.key) == ("1", "15AB-CR00015", "15ABCR00015")
    assert (case.caption, case.category, case.access) == ("ST V JASON L COFFMAN", "Criminal", 0)


def test_a_case_without_key_or_number_is_left_out_and_counted() -> None:
    reader = rows()
    bad: list[dict[str, object]] = [
        {"id": None},
        {"number": None},
        {"number": "--"},
        {"number": "N" * 65},
        {"number": "Ж1"},
    ]
    assert reader.cases([_case(**values) for values in bad] + [_case()]) == rows().cases([_case()])
    assert reader.odd == {"case without key or number": len(bad)}


def test_of_a_key_that_comes_twice_the_more_closed_row_counts() -> None:
    """As a mapping's SELECT with a careless join gives it, in any order."""
    twice = [_case(access=0, caption="OPEN"), _case(access=9, caption="SEALED"), _case(access=1)]
    for order in (twice, twice[::-1]):
        reader = rows()
        (case,) = reader.cases(order)
        assert (case.access, case.caption) == (9, "SEALED")
        assert reader.odd["key twice"] == 2


def test_the_choice_between_equal_keys_does_not_depend_on_their_order() -> None:
    twice = [_entry(text="a"), _entry(text="b"), _entry(filed_at=None)]
    assert rows().entries(twice, ["1"]) == rows().entries(twice[::-1], ["1"])


def test_last_activity_is_the_change_or_else_the_entering() -> None:
    found = rows().entries([_entry(), _entry(id=12, modified_at="2015-11-18 09:21:00")], ["1"])
    first, second = found["1"]
    assert first.activity_at == datetime(2015, 11, 16, 15, 30, tzinfo=UTC)
    assert second.activity_at == datetime(2015, 11, 18, 15, 21, tzinfo=UTC)


def test_entries_come_in_the_courts_order_by_case() -> None:
    told = [_entry(id=3, seq=2), _entry(id=1, seq=3), _entry(id=2, seq=1), _entry(case_id=2, id=9)]
    found = rows().entries(told, ["1", "2", "3"])
    assert [entry.key for entry in found["1"]] == ["2", "3", "1"]
    assert [entry.key for entry in found["2"]] == ["9"]
    assert found["3"] == []


def test_without_a_sequence_the_number_of_the_row_orders() -> None:
    found = rows().entries([_entry(id=10, seq=None), _entry(id=9, seq=None)], ["1"])
    assert [entry.key for entry in found["1"]] == ["9", "10"]


def test_rows_of_cases_not_asked_for_and_deleted_rows_are_passed_over() -> None:
    told = [_entry(case_id=7), _entry(case_id=None), _entry(deleted_at="2015-11-17")]
    assert rows().entries(told, ["1"]) == {"1": []}
    assert rows().cases([_case(deleted_at="2015-11-17")]) == []


def test_bytes_and_broken_values_are_shown_as_well_as_they_can_be() -> None:
    reader = rows()
    found = reader.entries(
        [_entry(text=b"caf\xe9", type_text=7, document_count="many", filed_at="31.12.2015")], ["1"]
    )
    (entry,) = found["1"]
    assert (entry.text, entry.description, entry.documents) == ("caf\ufffd", "7", 0)
    assert entry.filed_at is None
    assert reader.odd == {"text of another type": 2, "time impossible": 1}


def test_levels_that_the_mapping_gives_stand_for_the_column() -> None:
    assert Rows(CHICAGO, 0, 5).cases([_case(access=9)])[0].access == 0
    assert Rows(CHICAGO, 0, 5).entries([_entry(access=None)], ["1"])["1"][0].access == 5


@settings(max_examples=40)
@given(st.lists(st.tuples(*[ANYTHING] * 12), max_size=3))
def test_hostile_entries_never_hide_an_honest_one(hostile: list[tuple[object, ...]]) -> None:
    honest = _entry(id="honest", access=9)
    found = rows().entries([*hostile, honest, *hostile], ["1"])
    assert "honest" in {entry.key for entry in found["1"]}
    for entry in found["1"]:
        assert entry.access in LEVELS
        state_of(entry)


@settings(max_examples=40)
@given(st.lists(st.tuples(*[ANYTHING] * 8), max_size=3))
def test_hostile_cases_never_hide_an_honest_one(hostile: list[tuple[object, ...]]) -> None:
    found = rows().cases([*hostile, _case(id="honest", access=9), *hostile])
    assert "honest" in {case.source_id for case in found}
    assert all(case.key and case.access in LEVELS for case in found)
