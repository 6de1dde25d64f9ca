"""A court's settings: defaults, banner days, the last day, refusals, hours."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from mailbot import config
from mailbot.config import Court
from mailbot.model import Case, case_key

FCC = (
    "This case is with the Fine Collection Center. Cases with the Fine Collection Center are not "
    "eligible for Track This Case."
)
SMALL: dict[str, Any] = {
    "name": "Circuit Court of Franklin County",
    "time_zone": "America/Chicago",
    "number_shapes": ["99AA-AA00000"],
    "help_desk": {"name": "Help Desk", "email": "help.desk@court.example"},
    "source": {"url": "sqlite:////srv/court.sqlite"},
}


def court(**more: Any) -> Court:
    return Court.model_validate({**SMALL, **more})


def case(number: str = "15AB-CR00015", category: str = "Criminal") -> Case:
    return Case("1", number, case_key(number), "ST V JASON L COFFMAN", category, 0)


def shipped() -> Court:
    path = Path(__file__).parents[2] / "config.toml"
    return config.load(path, {}).court["franklin"]


# --- Names ------------------------------------------------------------------------------------


def test_every_name_defaults_to_the_one_before_it() -> None:
    plain = court()
    assert {plain.system_name, plain.service, plain.site, plain.record} == {plain.name}
    named = court(service="Missouri Judiciary's Case.net")
    assert named.site == named.record == "Missouri Judiciary's Case.net"
    assert named.system_name == named.name
    assert court(site="Missouri Case.net").record == "Missouri Case.net"


def test_the_shipped_court_speaks_the_seeds_names() -> None:
    found = shipped()
    assert found.system_name == "Missouri Courts Case.net System"  # S53
    assert found.service == "Missouri Judiciary's Case.net"  # S55
    assert found.site == "Missouri Case.net"  # S108
    assert found.record == "Case.net"  # S82


def test_a_source_has_its_defaults() -> None:
    source = court().source
    assert (source.case, source.docket_entry) == ("case", "docket_entry")
    assert (source.poll_seconds, source.sweep_seconds) == (10, 60)
    assert (source.statement_seconds, source.chunk) == (30, 500)
    assert source.access_default is None
    assert source.columns.case.model_dump(exclude_none=True) == {}


def test_columns_are_renamed_each_by_itself() -> None:
    columns = {"case": {"number": "case_no"}, "docket_entry": {"entered_at": "last_change"}}
    source = court(source={"url": "sqlite:////srv/x", "columns": columns}).source
    assert source.columns.case.number == "case_no"
    assert source.columns.docket_entry.entered_at == "last_change"
    assert source.columns.docket_entry.text is None


# --- Hours ------------------------------------------------------------------------------------


def test_the_shipped_court_keeps_the_seeds_hours() -> None:
    closed = datetime(2016, 1, 11, 7, 30, tzinfo=UTC)  # Monday, 1:30 a.m. Central
    assert not shipped().open_at(closed)
    assert shipped().opens_at(closed) == datetime(2016, 1, 11, 12, tzinfo=UTC)
    assert shipped().open_at(datetime(2016, 1, 10, 7, 30, tzinfo=UTC))


def test_a_court_without_hours_is_always_open() -> None:
    now = datetime(2016, 1, 11, 7, 30, tzinfo=UTC)
    assert court().open_at(now)
    assert court().opens_at(now) is None


DAY_NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
CLOCK = st.integers(0, 1439).map(lambda minute: f"{minute // 60:02}:{minute % 60:02}")


@settings(deadline=None)
@given(
    days=st.sets(st.sampled_from(DAY_NAMES), min_size=1).map(", ".join),
    hours=st.lists(CLOCK, min_size=2, max_size=2, unique=True),
    seconds=st.integers(0, 20 * 366 * 86_400),
)
def test_what_opens_is_open_and_later(days: str, hours: list[str], seconds: int) -> None:
    now = datetime.fromtimestamp(1_400_000_000 + seconds, UTC)
    found = court(closed=[{"days": days, "from": hours[0], "until": hours[1]}])
    opens = found.opens_at(now)
    assert (opens is None) == found.open_at(now)
    if opens is not None:
        assert opens > now
        assert found.open_at(opens)


# --- Banner and last day ----------------------------------------------------------------------

PILOT = {"text": "pilot", "from": date(2016, 1, 1), "until": date(2016, 6, 30)}


@pytest.mark.parametrize(
    ("now", "banner"),
    [
        ("2016-01-01T05:59:59+00:00", None),  # New Year's Eve in Missouri
        ("2016-01-01T06:00:00+00:00", "pilot"),
        ("2016-07-01T04:59:59+00:00", "pilot"),  # still June 30 in Missouri
        ("2016-07-01T05:00:00+00:00", None),
    ],
)
def test_a_banner_is_shown_on_its_days_in_the_courts_zone(now: str, banner: str | None) -> None:
    assert court(banner=[PILOT]).banner_at(datetime.fromisoformat(now)) == banner


def test_the_first_banner_that_fits_is_shown() -> None:
    always, now = {"text": "always"}, datetime(2016, 3, 1, tzinfo=UTC)
    assert court(banner=[PILOT, always]).banner_at(now) == "pilot"
    assert court(banner=[always, PILOT]).banner_at(now) == "always"
    assert court(banner=[{**PILOT, "until": date(2016, 2, 1)}]).banner_at(now) is None
    assert court().banner_at(now) is None


def test_a_banner_may_have_one_end() -> None:
    now = datetime(2016, 3, 1, 12, tzinfo=UTC)
    assert court(banner=[{"text": "x", "from": date(2016, 3, 1)}]).banner_at(now) == "x"
    assert court(banner=[{"text": "x", "from": date(2016, 3, 2)}]).banner_at(now) is None
    assert court(banner=[{"text": "x", "until": date(2016, 2, 29)}]).banner_at(now) is None


def test_the_last_day_ends_at_midnight_of_the_court() -> None:
    pilot = court(closes_on=date(2016, 6, 30))
    assert not pilot.has_closed(datetime(2016, 7, 1, 4, 59, tzinfo=UTC))
    assert pilot.has_closed(datetime(2016, 7, 1, 5, tzinfo=UTC))
    assert not court().has_closed(datetime(2999, 1, 1, tzinfo=UTC))


# --- Refusals ---------------------------------------------------------------------------------


def test_the_shipped_court_refuses_fcc_cases_with_the_exact_sentence() -> None:
    assert shipped().excluded(case(category="Fine Collection Center")) == FCC  # S35
    assert shipped().excluded(case(category="FINE COLLECTION CENTER")) == FCC
    assert shipped().excluded(case(category="Traffic")) is None


@pytest.mark.parametrize(
    ("rule", "number", "category", "refused"),
    [
        ({"number": "15AB-TR"}, "15AB-TR00001", "", True),
        ({"number": "15ab tr"}, "15AB-TR00001", "", True),
        ({"number": "AB"}, "15AB-TR00001", "", False),
        ({"category": "Traffic", "number": "15"}, "15AB-TR00001", "traffic", True),
        ({"category": "Traffic", "number": "16"}, "15AB-TR00001", "Traffic", False),
        ({"category": "Traffic", "number": "15"}, "15AB-TR00001", "Civil", False),
        ({"category": "Traffic"}, "15AB-TR00001", "Traffic Court", False),
    ],
)
def test_a_rule_fits_by_category_and_beginning_of_number(
    rule: dict[str, str], number: str, category: str, refused: bool
) -> None:
    found = court(exclude=[{**rule, "refusal": "No."}]).excluded(case(number, category))
    assert found == ("No." if refused else None)


def test_the_first_rule_that_fits_speaks() -> None:
    rules = [{"number": "15", "refusal": "first"}, {"number": "15AB", "refusal": "second"}]
    assert court(exclude=rules).excluded(case()) == "first"


def test_nothing_can_be_changed() -> None:
    with pytest.raises(ValidationError):
        court().name = "Another"
