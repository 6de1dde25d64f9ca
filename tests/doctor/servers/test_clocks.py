"""Clocks are compared with those of others, and it is said with which."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mailbot.doctor.findings import About
from mailbot.doctor.servers.clocks import clock, compare
from mailbot.doctor.servers.courts import courts
from tests.doctor.scene import only, states, surroundings
from tests.inbound.imap.endpoint import Endpoint
from tests.inbound.imap.scene import oauth
from tests.world import START, SmallCourt, people_the_court

ABOUT = About("clock", "a server")
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("off", "state", "says"),
    [
        (0, "ok", "agrees"),
        (29, "ok", "agrees"),
        (-29, "ok", "agrees"),
        (40, "warning", "is 40 s behind a server"),
        (-40, "warning", "is 39 s ahead of a server"),  # theirs tells whole seconds
    ],
)
def test_how_far_it_is(off: int, state: str, says: str) -> None:
    finding = compare(ABOUT, START + off * SECOND, START, START, SECOND)
    assert finding is not None
    assert (finding.state, says in finding.says) == (state, True), finding.says


def test_a_slow_answer_makes_no_false_alarm() -> None:
    nine = compare(ABOUT, START - 25 * SECOND, START, START + 9 * SECOND, SECOND)
    assert nine is not None
    assert nine.state == "ok"
    assert compare(ABOUT, START, START, START + 11 * SECOND, SECOND) is None


def test_a_token_endpoint_is_asked_by_head(tmp_path: Path) -> None:
    """Its answer is an error, and its Date is good all the same; no secret goes there."""
    with Endpoint() as endpoint:
        options = {"way": "imap", "username": "track", "oauth": oauth(endpoint.url)}
        right = surroundings(tmp_path, mailbox=options, now=datetime.now(UTC))
        finding = next(one for one in clock(right) if one.subject == "127.0.0.1")
        assert finding.state == "ok"
        late = surroundings(tmp_path, mailbox=options, now=datetime.now(UTC) - 90 * SECOND)
        finding = next(one for one in clock(late) if one.subject == "127.0.0.1")
        assert finding.state == "warning"
        assert "behind 127.0.0.1" in finding.says
        assert endpoint.asked == []


def test_nobody_to_ask_and_the_zone(tmp_path: Path) -> None:
    people_the_court(SmallCourt(tmp_path / "court.sqlite"))
    alone, zone = clock(surroundings(tmp_path))
    assert (alone.state, "No other machine" in alone.says) == ("warning", True)
    assert (zone.state, zone.says) == ("ok", "It is 2026-03-03 09:00 CST in this zone.")


def test_a_court_that_answers(tmp_path: Path) -> None:
    people_the_court(SmallCourt(tmp_path / "court.sqlite"))
    found = courts(surroundings(tmp_path))
    assert found[0].says == "The case database answers, and its columns are there."
    assert "wrong" not in states(found)


def test_a_court_that_does_not_or_lacks_a_column(tmp_path: Path) -> None:
    gone = only(courts(surroundings(tmp_path)))
    assert (gone.state, "SQLITE_CANTOPEN" in gone.says) == ("wrong", True)
    court = SmallCourt(tmp_path / "court.sqlite")
    court.run("ALTER TABLE docket_entry RENAME COLUMN case_id TO belongs_to")
    found = courts(surroundings(tmp_path))
    assert "wrong" in states(found)
    assert any("case_id" in one.says for one in found)


def test_a_court_within_its_closed_hours_is_not_asked(tmp_path: Path) -> None:
    around = surroundings(tmp_path)
    text = (tmp_path / "config.toml").read_text()
    closed = 'closed = [{ days = "daily", from = "00:00", until = "23:59" }]\n'
    (tmp_path / "config.toml").write_text(text.replace("number_shapes", closed + "number_shapes"))
    from mailbot.config import load

    settings = load(tmp_path / "config.toml", {})
    around = around.__class__(**{**vars(around), "settings": settings})
    finding = only(courts(around))
    assert (finding.state, "closed hours" in finding.says) == ("warning", True)
