"""Stopping one case or all, and the report (requirements.md, groups I, J and K)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailbot.court.cases import CaseSource
from tests.edited import edit
from tests.web.small_site import Seen, client_of, press, site_of
from tests.world import World, templates, worlds

ANN, BEN = "ann@people.example", "ben@people.example"
CASE, OTHER, PLAIN = "15AB-CR00015", "15AB-DR00010", "000333666"
PROFILES = pytest.mark.parametrize("profile", ["default", "seed"])


def follow_all(world: World, *numbers: str) -> None:
    for number in numbers:
        world.follow(ANN, number)
        world.wait(minutes=20)


def states(world: World, sender: str = ANN) -> dict[str, str]:
    """The state of each case that the address has to do with."""
    query = (
        "select s.number, s.state from subscription s join address a on a.id = s.address_id "
        "where a.key = ?"
    )
    with world.database.reading() as conn:
        return {number: state for number, state in conn.exec_driver_sql(query, (sender,))}


def report(world: World, sender: str = ANN) -> str:
    """The text of a report asked for now."""
    world.mail(sender, "REPORT", f"at {world.now}")
    (said,) = world.leave()
    world.wait(minutes=1)
    return said.text


# --- I: stopping one case ------------------------------------------------------------------------


@PROFILES
def test_a_stop_link_asks_before_it_acts(tmp_path: Path, profile: str) -> None:
    """S89, S92, S95, S120, S123: looking changes nothing, Yes ends what the link names."""
    for world in worlds(tmp_path, profile=profile):
        follow_all(world, CASE, OTHER)
        world.court.enter(CASE, "Order", "text")
        (notice,) = world.sweep()
        stop, stop_all = notice.token("s"), notice.token("a")
        before = world.counts()
        assert world.look("stop", stop).template == "stop"
        assert world.look("stop-all", stop_all).template == "stop-all"
        assert world.counts() == before
        assert states(world) == {CASE: "active", OTHER: "active"}
        world.act("stop", stop)
        assert states(world) == {CASE: "stopped", OTHER: "active"}
        world.act("stop-all", stop_all)
        assert states(world) == {CASE: "stopped", OTHER: "stopped"}


def test_stopping_needs_no_code_even_where_verifying_does(tmp_path: Path) -> None:
    """S96: no log-in, no code, no cookie; the link is the authority."""
    for world in worlds(tmp_path, more='confirm_web = "code"\n'):
        tracking = world.follow(ANN, CASE)
        client = client_of(site_of(world))
        question = Seen(client.get(f"/s/{tracking.token('s')}"))
        assert question.tree.xpath("//input[@type!='hidden']") == []
        client.cookies.clear()
        answer = press(client, question)
        assert answer.outcome == "You are no longer tracking this case."
        assert "set-cookie" not in client.get(f"/s/{tracking.token('s')}").headers


def test_a_stop_by_anybody_who_holds_the_link_is_told_to_the_owner(world: World) -> None:
    """S96, G31, G14: a forwarded notice stops; the receipt goes to the owner and undoes it."""
    tracking = world.follow(ANN, CASE)
    page = world.look("stop", tracking.token("s"))
    assert page.facts["address"] == "a***@people.example"
    world.act("stop", tracking.token("s"))
    (receipt,) = world.leave()
    assert receipt.recipient == ANN
    world.act("undo", receipt.token("r"))
    assert states(world) == {CASE: "active"}


@PROFILES
def test_no_leads_to_the_courts_own_page_and_changes_nothing(tmp_path: Path, profile: str) -> None:
    """S94, S125: until Case.net is built, "home" is the court's own site."""
    for world in worlds(tmp_path, profile=profile):
        world.follow(ANN, CASE)
        world.court.enter(CASE, "Order", "text")
        (notice,) = world.sweep()
        client = client_of(site_of(world))
        before = world.counts()
        for letter in "sa":
            question = Seen(client.get(f"/{letter}/{notice.token(letter)}"))
            page = Seen(client.get(question.link("No")))
            assert page.heading == "Nothing was changed"
            assert page.tree.xpath("//main//a/@href") == ["https://casenet.example/"]
        assert world.counts() == before
        assert states(world) == {CASE: "active"}


# --- J: the report -------------------------------------------------------------------------------

BOONE = """
[court.boone]
name = "Circuit Court of Boone County"
time_zone = "America/Chicago"
number_shapes = ["99AA-AA00000"]
help_desk = { name = "Clerk", email = "clerk@boone.example" }
[court.boone.source]
url = "sqlite:///court.sqlite"
[[mailbox]]
name = "boone"
address = "track@boone.example"
[[route]]
address = "track@boone.example"
court = "boone"
purpose = "commands"
"""


@pytest.fixture(params=["default", "seed"])
def courts(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[World]:
    """Two courts of one instance, with one and the same number in both."""
    world = next(worlds(tmp_path, profile=request.param, more=BOONE))
    edit(world)
    follow_all(world, CASE)
    world.mail(ANN, f"TRACK {CASE}", to="track@boone.example")
    (asked,) = world.leave()
    world.answer(asked, ANN, "yes")
    assert templates(world.leave()) == ["tracking"]
    yield world
    boone = world.parts.courts["boone"]
    assert isinstance(boone, CaseSource)
    boone.close()
    world.close()


def test_the_report_covers_every_court(courts: World) -> None:
    """S115, G13."""
    courts.mail(ANN, "REPORT")
    (said,) = courts.leave()
    assert len(set(re.findall(r"https://track\.court\.example/s/(\S+)", said.text))) == 2
    assert said.text.count(f"* {CASE}") == 2
    assert "Boone County" in said.folded


def test_stop_all_ends_every_court_and_tells_the_count(courts: World) -> None:
    """S123, G29."""
    courts.answer(courts.sent[-1], ANN, "STOP ALL")
    (said,) = courts.leave()
    assert "You are no longer tracking any cases." in said.folded
    assert "In all, 2 cases were stopped." in said.folded
    with courts.database.reading() as conn:
        assert set(conn.exec_driver_sql("select state from subscription").scalars()) == {"stopped"}


@PROFILES
def test_the_report_lists_every_shape_of_number(tmp_path: Path, profile: str) -> None:
    """S32 (as far as tracking goes), S115."""
    for world in worlds(tmp_path, profile=profile):
        for number in ("1420-CC00599", "08AB-CC00155", "111222333"):
            world.court.open_case(number, "DOE V ROE")
        every = (CASE, OTHER, PLAIN, "1420-CC00599", "08AB-CC00155", "111222333")
        follow_all(world, *every)
        told = report(world)
        places = [told.index(f"* {number}") for number in every]
        assert places == sorted(places)


def test_a_report_is_told_to_its_address_and_shown_nowhere(world: World) -> None:
    """S104, S51: a stranger who asks, and a page that is opened, show nothing of Ann's cases."""
    follow_all(world, CASE, OTHER)
    world.court.enter(CASE, "Order", "text")
    (notice,) = world.sweep()
    world.mail(ANN, "REPORT", mail_from="eve@people.example", headers={"Reply-To": BEN})
    assert {sent.recipient for sent in world.leave()} == {ANN}
    world.mail(BEN, f"REPORT {ANN}")
    assert not [sent for sent in world.leave() if CASE in sent.text]
    client = client_of(site_of(world))
    for path in (f"/a/{notice.token('a')}", f"/s/{notice.token('s')}", "/", "/unchanged/stop/x"):
        assert OTHER not in client.get(path).text


@PROFILES
def test_only_what_is_active_now_is_reported(tmp_path: Path, profile: str) -> None:
    """S105, S106, S107: pending is nothing, verified is a row, stopped is nothing again."""
    for world in worlds(tmp_path, profile=profile):
        assert "No Records Found." in report(world)
        world.mail(ANN, f"TRACK {CASE}")
        (asked,) = world.leave()
        assert "No Records Found." in report(world)
        world.act("confirm", asked.token("c"))
        world.leave()
        assert f"* {CASE}" in report(world)
        world.act("stop", asked.token("s"))
        world.leave()
        assert "No Records Found." in report(world)


@PROFILES
def test_a_report_changes_no_tracking(tmp_path: Path, profile: str) -> None:
    """S118."""
    for world in worlds(tmp_path, profile=profile):
        follow_all(world, CASE)
        world.mail(ANN, f"TRACK {OTHER}")
        world.leave()
        before = states(world)
        for _ in range(3):
            report(world)
        assert states(world) == before == {CASE: "active", OTHER: "pending"}


def test_the_default_report_tells_more_of_each_case(world: World) -> None:
    """S99 to S118 as mapped in 1.2: style and date of the last entry, which the original lacks."""
    follow_all(world, CASE)
    with world.court.engine.begin() as conn:
        conn.exec_driver_sql("update \"case\" set last_activity_at = '2026-03-02 10:15:00'")
    told = " ".join(report(world).split())
    assert "Last entry 3/2/26 10:15 AM" in told
    assert f"{CASE} - ST V JASON L COFFMAN (Circuit Court of Franklin County)" in told
    assert "Tracked since March 3, 2026" in told


# --- K: stopping all cases -----------------------------------------------------------------------


@PROFILES
def test_a_report_stops_one_case_and_all(tmp_path: Path, profile: str) -> None:
    """S113, S114, S119, S123."""
    for world in worlds(tmp_path, profile=profile):
        follow_all(world, CASE, OTHER, PLAIN)
        world.mail(ANN, "REPORT")
        (said,) = world.leave()
        first, *_ = re.findall(r"https://track\.court\.example/s/(\S+)", said.text)
        world.act("stop", first)
        assert states(world) == {CASE: "stopped", OTHER: "active", PLAIN: "active"}
        world.act("stop-all", said.token("a"))
        assert set(states(world).values()) == {"stopped"}


@PROFILES
def test_stop_all_ends_what_is_not_verified_yet_too(tmp_path: Path, profile: str) -> None:
    """S123: a yes that comes after Stop ALL begins nothing."""
    for world in worlds(tmp_path, profile=profile):
        follow_all(world, CASE)
        world.mail(ANN, f"TRACK {OTHER}")
        (asked,) = world.leave()
        tracking = next(sent for sent in world.sent if sent.row.template == "tracking")
        world.answer(tracking, ANN, "STOP ALL")
        world.leave()
        world.act("confirm", asked.token("c"))
        assert states(world) == {CASE: "stopped", OTHER: "stopped"}
        world.court.enter(OTHER, "Order", "after all was stopped")
        assert "notice" not in templates(world.sweep())


@PROFILES
def test_after_stop_all_everything_begins_at_verification(tmp_path: Path, profile: str) -> None:
    """S127."""
    for world in worlds(tmp_path, profile=profile):
        follow_all(world, CASE, OTHER)
        world.court.enter(CASE, "Order", "text")
        (notice,) = world.sweep()
        world.act("stop-all", notice.token("a"))
        world.leave()
        world.wait(days=1)
        world.mail(ANN, f"TRACK {CASE}")
        (asked,) = world.leave()
        assert asked.row.template == "verify"
        assert states(world) == {CASE: "pending", OTHER: "stopped"}
        world.court.enter(CASE, "Order", "not told yet")
        assert world.sweep() == []
