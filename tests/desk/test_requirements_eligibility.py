"""Who may track what, when, and what signing up says (requirements.md, groups A and E).

What other files hold is not held here again; docs/requirements.md names the test of each row.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from mailbot.court import canonical
from mailbot.desk.telling.vocabulary import help_facts
from tests.web.small_site import Seen, client_of, site_of
from tests.world import BOT, FCC, START, World, templates, worlds

ANN, BEN, EVE = "ann@people.example", "ben@people.example", "eve@people.example"
CASE, OTHER = "15AB-CR00015", "15AB-DR00010"
REFUSED = "cannot be viewed with your access, or no case has that number."


def states(world: World) -> list[str]:
    """The states of all subscriptions."""
    with world.database.reading() as conn:
        return list(conn.exec_driver_sql("select state from subscription").scalars())


# --- A: service, audience, eligibility -----------------------------------------------------------


def test_tracking_is_per_case(world: World) -> None:
    """S1."""
    world.follow(ANN, CASE)
    world.court.enter(OTHER, "Order", "in another case")
    assert world.sweep() == []
    world.court.enter(CASE, "Order", "in this case")
    assert templates(world.sweep()) == ["notice"]


def test_an_address_is_the_whole_identity(world: World) -> None:
    """S3: a stranger without any account ends with a tracked case."""
    assert sum(world.counts().values()) == 0
    world.follow(ANN, CASE)
    assert states(world) == ["active"]
    world.court.enter(CASE, "Order", "text")
    assert [sent.recipient for sent in world.sweep()] == [ANN]


@pytest.mark.parametrize(
    ("access", "answer"),
    [(0, "verify"), (1, "verify"), *((each, "refused") for each in (2, 3, 4, 5, 7, 9))],
)
def test_what_anybody_may_view_can_be_tracked_and_nothing_else(
    world: World, access: int, answer: str
) -> None:
    """S2, S4, decisions.md 9: until Case.net serves the other audiences, all are the public."""
    world.court.set_access(CASE, access)
    world.mail(ANN, f"TRACK {CASE}")
    (said,) = world.leave()
    assert said.row.template == answer
    assert (f"Access Denied: case {CASE} {REFUSED}" in said.folded) is (answer == "refused")
    assert ("COFFMAN" in said.text) is (answer == "verify")
    assert states(world) == (["pending"] if answer == "verify" else [])


def test_a_case_that_closes_before_the_yes_is_told_to_nobody(world: World) -> None:
    """S4, G15: access is looked at again when anything leaves."""
    world.mail(ANN, f"TRACK {CASE}")
    (asked,) = world.leave()
    world.court.set_access(CASE, 9)
    world.answer(asked, ANN, "yes")
    world.court.enter(CASE, "Order", "sealed")
    assert [sent for sent in world.sweep() if b"COFFMAN" in sent.raw or b"sealed" in sent.raw] == []


@pytest.mark.parametrize("profile", ["default", "seed"])
def test_an_fcc_case_is_tracked_on_no_way(tmp_path: Path, profile: str) -> None:
    """S6, S7: by TRACK, in a list, loosely written, and when the court opens after a night."""
    night = 'closed = [{ days = "daily", from = "01:00", until = "06:00" }]\n'
    for world in worlds(tmp_path, profile=profile, court_options=night):
        for subject in ("TRACK 15AB-TR00044", "track 15ab tr 44"):
            world.mail(ANN, subject)
            (refused,) = world.leave()
            assert FCC in refused.folded
        assert states(world) == []
        world.mail(BEN, f"TRACK {CASE}, 15AB-TR00044")
        said = {sent.row.template: sent for sent in world.leave()}
        assert FCC in said["refused"].folded
        assert "15AB-TR00044" not in said["verify"].text
        world.now = datetime(2026, 3, 4, 8, 0, tzinfo=UTC)  # 2 a.m. in Missouri
        world.mail(EVE, "TRACK 15AB-TR00044")
        assert templates(world.leave()) == ["waiting"]
        world.now += timedelta(hours=5)
        world.desk.answer_waiting("franklin", world.now)
        (late,) = world.leave()
        assert (late.recipient, FCC in late.folded) == (EVE, True)
        assert sorted(states(world)) == ["pending", "stopped"]  # Ben's other case; Eve's wish


def test_the_rules_list_says_that_fcc_cases_are_not_eligible(world: World) -> None:
    """S7: the rules list is HELP."""
    world.mail(ANN, "HELP")
    (said,) = world.leave()
    assert "Fine Collection Center" in said.folded


@pytest.mark.parametrize(
    ("now", "closed"),
    [
        (datetime(2026, 7, 1, 5, 59, tzinfo=UTC), False),  # Wednesday 12:59 a.m. CDT
        (datetime(2026, 7, 1, 6, 0, tzinfo=UTC), True),
        (datetime(2026, 7, 1, 10, 59, tzinfo=UTC), True),
        (datetime(2026, 7, 1, 11, 0, tzinfo=UTC), False),  # 6 a.m. CDT
        (datetime(2026, 1, 7, 6, 59, tzinfo=UTC), False),  # Wednesday 12:59 a.m. CST
        (datetime(2026, 1, 7, 7, 0, tzinfo=UTC), True),
        (datetime(2026, 1, 7, 12, 0, tzinfo=UTC), False),  # 6 a.m. CST
        (datetime(2026, 7, 4, 8, 0, tzinfo=UTC), False),  # Saturday 3 a.m. CDT
    ],
)
def test_sign_ups_wait_from_one_to_six_in_summer_and_winter(
    tmp_path: Path, now: datetime, closed: bool
) -> None:
    """S10: Monday to Friday, CDT and CST."""
    night = 'closed = [{ days = "Mon-Fri", from = "01:00", until = "06:00" }]\n'
    for world in worlds(tmp_path, court_options=night, now=now):
        world.mail(ANN, f"TRACK {CASE}")
        assert templates(world.leave()) == ["waiting" if closed else "verify"]


def test_help_page_asks_to_add_the_sender_to_the_contacts(world: World) -> None:
    """S11."""
    site = site_of(world, help=lambda _: _helped(world))
    page = Seen(client_of(site).get("/help"))
    assert f"folder for junk or spam, and add {BOT} to your contacts" in page.text


def _helped(world: World) -> dict[str, object]:
    facts = help_facts(world.settings, world.parts.links, "franklin")
    return {**facts, "example_number": "12AB-CD00034"}


@pytest.fixture
def pilot(tmp_path: Path) -> Iterator[World]:
    """The original's pilot: a banner until its last day, and nothing new after it."""
    banner = '[[court.franklin.banner]]\ntext = "Important Notice: a pilot."\nuntil = 2016-06-30\n'
    last_minute = datetime(2016, 7, 1, 4, 59, tzinfo=UTC)  # 11:59 p.m. CDT on June 30
    options = 'closes_on = 2016-06-30\ncloses_text = "The pilot has ended."\n'
    yield from worlds(tmp_path, court_options=options, more=banner, now=last_minute)


def test_the_pilot_ends_with_its_last_day(pilot: World) -> None:
    """S12, G25: a banner before, refusals after, one farewell mail, and no notice any more."""
    tracking = pilot.follow(ANN, CASE)
    assert any("Important Notice: a pilot." in sent.folded for sent in pilot.sent)
    pilot.wait(minutes=1)
    pilot.mail(BEN, f"TRACK {CASE}")
    (refused,) = pilot.leave()
    assert refused.row.facts["items"] == [{"number": CASE, "reason": "closed", "sentence": ""}]
    assert "New cases are no longer taken for tracking." in refused.folded
    pilot.desk.sweep("franklin", pilot.now)
    pilot.desk.farewell("franklin", pilot.now)
    (farewell,) = pilot.leave()
    assert (farewell.row.template, farewell.recipient) == ("farewell", ANN)
    assert "ends on June 30, 2016. This is the last e-mail" in farewell.folded
    assert "The pilot has ended." in farewell.folded
    assert "Important Notice" not in farewell.text
    pilot.court.enter(CASE, "Order", "after the end")
    assert pilot.sweep() == []
    assert pilot.act("stop", tracking.token("s")).status == 200  # an old link is answered still


def test_a_disposed_case_can_be_tracked(world: World) -> None:
    """S13."""
    dispose(world, CASE)
    world.follow(ANN, CASE)
    world.court.enter(CASE, "Order", "after the end")
    assert templates(world.sweep()) == ["notice"]


def dispose(world: World, number: str) -> None:
    """The court disposes of a case, as on the original's sample (S24, S25)."""
    with world.court.engine.begin() as conn:
        conn.execute(
            update(canonical.case)
            .where(canonical.case.c.number == number)
            .values(
                status="disposed",
                disposition_text="Dismiss by Ct w/o Prejudice",
                disposed_on=date(2015, 9, 30),
            )
        )


# --- E: what signing up says ---------------------------------------------------------------------


@pytest.mark.parametrize("profile", ["default", "seed"])
def test_whoever_writes_in_a_name_learns_nothing(tmp_path: Path, profile: str) -> None:
    """S51: tracked or not, the door says the same and every word goes to the address itself."""
    said = {}
    for followed in (False, True):
        folder = tmp_path / str(followed)
        folder.mkdir()
        for world in worlds(folder, profile=profile):
            if followed:
                world.follow(ANN, CASE)
                world.wait(days=1)
            known = len(world.sent)
            said[followed] = world.mail(ANN, f"TRACK {CASE}", mail_from=EVE)
            world.leave()
            assert {sent.recipient for sent in world.sent[known:]} == {ANN}
    assert said[False] == said[True]


@pytest.mark.parametrize("profile", ["default", "seed"])
def test_each_case_is_verified_by_itself(tmp_path: Path, profile: str) -> None:
    """S52, S66: also for an address that has verified a case before."""
    for world in worlds(tmp_path, profile=profile):
        world.follow(ANN, CASE)
        world.wait(minutes=20)
        world.mail(ANN, f"TRACK {OTHER}")
        (asked,) = world.leave()
        assert asked.row.template == "verify"
        assert sorted(states(world)) == ["active", "pending"]
        world.court.enter(OTHER, "Order", "while pending")
        assert world.sweep() == []
        world.answer(asked, ANN, "yes")
        assert "tracking" in templates(world.leave())
        assert states(world) == ["active", "active"]


def test_an_active_tracking_gets_no_token_in_any_profile(seed: World) -> None:
    """S50: no second verification mail, and nothing that could verify anything."""
    seed.follow(ANN, CASE)
    seed.wait(days=1)
    seed.mail(ANN, f"TRACK {CASE}")
    (said,) = seed.leave()
    assert said.row.template == "already"
    assert "/c/" not in said.text + said.html
    assert "CONFIRM" not in said.text + said.html
    with pytest.raises(LookupError):
        said.mailto("CONFIRM")


def test_the_verification_says_when_notices_leave_and_from_when_they_count(world: World) -> None:
    """G1, G8."""
    world.mail(ANN, f"TRACK {CASE}")
    (asked,) = world.leave()
    assert "An e-mail leaves as soon as a change is seen, as a rule within minutes." in asked.folded
    world.court.enter(CASE, "Order", "between the question and the yes", START)
    world.answer(asked, ANN, "yes")
    assert sorted(templates(world.sweep())) == ["notice", "tracking"]
