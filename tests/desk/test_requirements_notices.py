"""What a notice tells, when, and what it never does (requirements.md, groups H and M)."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, update

from mailbot.court import canonical
from tests.edited import edit
from tests.world import START, Sent, World, templates, worlds

ANN = "ann@people.example"
CASE, OTHER = "15AB-CR00015", "15AB-DR00010"
PROFILES = pytest.mark.parametrize("profile", ["default", "seed"])


@pytest.fixture
def followed(world: World) -> World:
    world.follow(ANN, CASE)
    return world


def by_link(world: World, number: str) -> Sent:
    """Ann tracks a case and verifies on its page; the verification mail."""
    world.mail(ANN, f"TRACK {number}")
    (asked,) = [sent for sent in world.leave() if sent.row.template == "verify"]
    assert world.act("confirm", asked.token("c")).template == "confirmed"
    world.leave()
    return asked


def notices(sent: list[Sent]) -> list[Sent]:
    return [each for each in sent if each.row.template == "notice"]


# --- H: the tracking notice ----------------------------------------------------------------------


@PROFILES
def test_mail_comes_until_the_case_is_stopped(tmp_path: Path, profile: str) -> None:
    """S70, S92, S143."""
    for world in worlds(tmp_path, profile=profile):
        asked = by_link(world, CASE)
        for number in range(3):
            world.court.enter(CASE, "Order", f"entry {number}")
            assert len(notices(world.sweep())) == 1
            world.wait(days=100)
        world.act("stop", asked.token("s"))
        world.leave()
        world.court.enter(CASE, "Order", "after the stop")
        assert world.sweep() == []


@PROFILES
def test_filing_and_last_activity_differ_in_an_update(tmp_path: Path, profile: str) -> None:
    """S71, S76, S77."""
    filed = datetime(2015, 11, 16, 15, 21, tzinfo=UTC)
    for world in worlds(tmp_path, profile=profile):
        world.follow(ANN, CASE)
        entry = world.court.enter(CASE, "Filing:", "as entered", filed)
        world.sweep()
        world.court.correct(entry, filed + timedelta(days=2), text="corrected")
        (notice,) = world.sweep()
        for told in (notice.folded, notice.html):
            assert told.index("11/16/15 9:21 AM") < told.index("11/18/15 9:21 AM")
            assert "corrected" in told
            assert "as entered" not in told
        assert ("UPDATED" in notice.text) is (profile == "default")


@pytest.mark.parametrize(
    ("there", "shown"),
    [
        (datetime(2026, 1, 5, 0, 0), "1/5/26 12:00 AM"),
        (datetime(2026, 3, 8, 1, 59), "3/8/26 1:59 AM"),  # the last minute of CST
        (datetime(2026, 3, 8, 3, 0), "3/8/26 3:00 AM"),  # the first of CDT
        (datetime(2026, 7, 1, 9, 21), "7/1/26 9:21 AM"),
        (datetime(2026, 11, 1, 1, 30), "11/1/26 1:30 AM"),  # happens twice
        (datetime(2024, 2, 29, 23, 59), "2/29/24 11:59 PM"),
    ],
)
def test_times_are_those_of_the_courts_clock_and_the_zone_is_named_once(
    followed: World, there: datetime, shown: str
) -> None:
    """S76, G21, trap 95: the court's database holds its own wall clock."""
    with followed.court.engine.begin() as conn:
        conn.execute(
            insert(canonical.docket_entry).values(
                id=900,
                case_id=followed.court.ids[CASE],
                seq=900,
                filed_at=there,
                entered_at=there,
                type_text="Order",
                text="text",
                access=0,
                modified_at=there,
            )
        )
    (notice,) = followed.sweep()
    entry = notice.text.partition("NEW")[2].partition("All times")[0]
    assert re.findall(r"\d+/\d+/\d+ \d+:\d\d [AP]M", entry) == [shown, shown]
    assert notice.folded.count("Central Time") == 1


@PROFILES
@pytest.mark.parametrize("length", [1999, 2000, 2001, 3312])
def test_the_first_2000_characters_are_given(tmp_path: Path, profile: str, length: int) -> None:
    """S80, G20."""
    text = "".join(f"{number:05}" for number in range(1000))[:length]
    for world in worlds(tmp_path, profile=profile):
        world.follow(ANN, CASE)
        world.court.enter(CASE, "Order", text)
        (notice,) = world.sweep()
        flat, page = re.sub(r"[\s|]+", "", notice.text), notice.html.replace("<wbr>", "")
        assert text[:2000] in flat
        assert text[:2000] in page
        if length > 2000:
            assert text[:2001] not in flat
            assert text[:2001] not in page
            assert f"({length - 2000:,} more character" in notice.folded
        else:
            assert "more character" not in notice.folded


def test_what_reads_as_one_character_is_not_cut(followed: World) -> None:
    """G20: an accent that would be character 2001 keeps its letter, and leaves with it."""
    followed.court.enter(CASE, "Order", "x" * 1999 + "e\u0301 and more")
    (notice,) = followed.sweep()
    shown = re.sub(r"[\s|]+", "", notice.text.partition("Text *")[2].partition("more char")[0])
    assert shown == "x" * 1999 + "(11"
    page = notice.html.replace("<wbr>", "")
    assert "x" * 1999 in page
    assert "e\u0301" not in page


@PROFILES
def test_several_entries_are_rows_of_one_notice_in_order(tmp_path: Path, profile: str) -> None:
    """S83, G22: by filing date, then sequence."""
    for world in worlds(tmp_path, profile=profile):
        world.follow(ANN, CASE)
        for day, name in ((3, "third"), (1, "first"), (2, "second"), (2, "second again")):
            world.court.enter(CASE, "Order", f"the {name} one", START - timedelta(days=9 - day))
        (notice,) = world.sweep()
        for told in (notice.folded, notice.html):
            names = ("the first", "the second one", "the second again", "the third")
            places = [told.index(name) for name in names]
            assert places == sorted(places)
        assert notice.html.count("the second") == 2


@PROFILES
def test_every_notice_stops_its_case_and_all_cases(tmp_path: Path, profile: str) -> None:
    """S84, S85, S86, S119: the links of an old notice work as those of the last one do."""
    for world in worlds(tmp_path, profile=profile):
        world.follow(ANN, CASE)
        told = []
        for number in range(3):
            world.court.enter(CASE, "Order", f"entry {number}")
            told += world.sweep()
            world.wait(days=300)
        assert templates(told) == ["notice"] * 3
        for notice in told:
            assert "Stop Tracking This Case" in notice.html
            assert "Stop Tracking ALL Cases" in notice.html
            assert world.look("stop", notice.token("s")).template == "stop"
            assert world.look("stop-all", notice.token("a")).template == "stop-all"
        assert world.act("stop", told[0].token("s")).template == "stopped"


# --- M: what a notice never does -----------------------------------------------------------------


def fill(world: World, entry: int) -> None:
    """All that a court knows of a case beside its docket."""
    case = world.court.ids[CASE]
    with world.court.engine.begin() as conn:
        conn.execute(
            update(canonical.docket_entry)
            .where(canonical.docket_entry.c.id == entry)
            .values(filed_by="Filer Fieldname", on_behalf_of="Behalf Fieldname", document_count=2)
        )
        conn.execute(
            insert(canonical.document).values(
                entry_id=entry,
                number=1,
                title="Secret Document Title",
                extension="pdf",
                pages=7,
                access=0,
                url="https://documents.court.example/1.pdf",
            )
        )
        conn.execute(
            insert(canonical.party).values(
                case_id=case,
                seq=1,
                role_text="Victim",
                kind="person",
                last="Partyname",
                display_name="Pat Partyname",
                address="1 Party Street",
                phone="(555) 555-0177",
                protected=True,
            )
        )
        conn.execute(
            insert(canonical.hearing).values(
                case_id=case,
                starts_at=datetime(2026, 4, 1, 9, 0),
                time_known=True,
                type_text="Hearing Kindname",
                room="Room Fieldname",
                status="set",
                access=0,
            )
        )


@PROFILES
def test_entries_alone_are_told_and_nothing_is_attached(tmp_path: Path, profile: str) -> None:
    """S88, S144: metadata and text; no document, no party, no hearing."""
    for world in worlds(tmp_path, profile=profile):
        world.follow(ANN, CASE)
        fill(world, world.court.enter(CASE, "Motion Filed", "The text of the entry"))
        (notice,) = world.sweep()
        parts = [part for part in notice.message.walk() if not part.is_multipart()]
        assert [part.get_content_type() for part in parts] == ["text/plain", "text/html"]
        assert [part.get_content_disposition() for part in parts] == [None, None]
        for told in (notice.text, notice.html):
            assert "The text of the entry" in told
            for word in ("Fieldname", "Document Title", "Party", "Victim", "Kindname", "documents"):
                assert word not in told


@PROFILES
def test_hearings_and_payments_are_not_told(tmp_path: Path, profile: str) -> None:
    """S144, S150, decisions.md 12: what happens outside the docket makes no mail."""
    for world in worlds(tmp_path, profile=profile):
        fill(world, 1)
        world.follow(ANN, CASE)
        with world.court.engine.begin() as conn:
            conn.execute(update(canonical.hearing).values(status="continued", reason="snow"))
            conn.execute(
                update(canonical.case).values(
                    disposition_text="Dismiss by Ct w/o Prejudice", disposed_on=date(2026, 3, 3)
                )
            )
        for day in range(40):
            world.now = START + timedelta(days=day)
            assert world.sweep() == []


@PROFILES
def test_one_notice_is_about_one_case(tmp_path: Path, profile: str) -> None:
    """S145: two cases of one address change at once."""
    for world in worlds(tmp_path, profile=profile):
        world.follow(ANN, CASE)
        world.wait(minutes=20)
        world.follow(ANN, OTHER)
        world.court.enter(CASE, "Order", "in the one")
        world.court.enter(OTHER, "Order", "in the other")
        told = world.sweep()
        assert templates(told) == ["notice", "notice"]
        for number, text, without in (
            (CASE, "in the one", (OTHER, "in the other")),
            (OTHER, "in the other", (CASE, "in the one")),
        ):
            (notice,) = [sent for sent in told if text in sent.text]
            assert f"Information on case number {number} has been added or updated." in (
                notice.folded
            )
            assert not any(word in notice.text + notice.html for word in without)


@pytest.mark.parametrize(
    "verb", ["DIGEST weekly", "ONLY Order", "EXCEPT Order", "PAUSE", "REMIND 10,2"]
)
def test_there_is_no_choice_of_frequency_and_no_filter(seed: World, verb: str) -> None:
    """S146, S150: not in the original, and not offered here yet (decisions.md 26)."""
    seed.follow(ANN, CASE)
    seed.mail(ANN, verb)
    (said,) = seed.leave()
    assert "Not offered here:" in said.folded
    seed.court.enter(CASE, "Filing:", "of another kind")
    assert templates(seed.sweep()) == ["notice"]


def test_an_address_may_track_any_number_of_cases(seed: World) -> None:
    """S147, S115: thirty one by one, each verified by itself."""
    numbers = [f"16AB-CR{number:05}" for number in range(30)]
    for number in numbers:
        seed.court.open_case(number, "ST V SOMEBODY")
        seed.wait(minutes=15)
        by_link(seed, number)
    seed.mail(ANN, "REPORT")
    (report,) = seed.leave()
    assert [number for number in numbers if number in report.text] == numbers
    for number in numbers:
        seed.court.enter(number, "Order", "to all")
    assert len(notices(seed.sweep())) == 30


@PROFILES
def test_a_tracking_never_ends_by_itself(tmp_path: Path, profile: str) -> None:
    """S148, S149, G10: after ten years the disposed case is tracked, and its first mail stops it."""
    for world in worlds(tmp_path, profile=profile):
        asked = by_link(world, CASE)
        with world.court.engine.begin() as conn:
            conn.execute(
                update(canonical.case).values(
                    status="disposed", disposition_text="x", disposed_on=date(2026, 3, 4)
                )
            )
        world.wait(days=3660)
        world.desk.answer_waiting("franklin", world.now)
        world.court.enter(CASE, "Order", "ten years later", world.now)
        assert templates(world.sweep()) == ["notice"]
        assert world.look("stop", asked.token("s")).template == "stop"
        assert world.act("stop", asked.token("s")).template == "stopped"
        world.leave()
        address, subject = asked.mailto("STOP")
        world.mail(ANN, subject, "", to=address)
        (said,) = world.leave()
        assert "You are no longer tracking this case." in said.folded


def test_the_original_states_no_end_of_a_link(seed: World) -> None:
    """S149: the verification mail, kept for later, says nothing of days."""
    asked = by_link(seed, CASE)
    for told in (asked.folded, asked.html):
        assert not re.search(r"works? until|expire|[0-9a-z]+ days", told)


# --- G-rows of the notice ------------------------------------------------------------------------

NO_LEVELS = (
    'url = "sqlite:///court.sqlite"',
    'url = "sqlite:///court.sqlite"\naccess_default = 0\n'
    'case = "SELECT id, number, number_norm, caption, category FROM \\"case\\""\n'
    'docket_entry = "SELECT id, case_id, seq, filed_at, entered_at, type_text, text, modified_at '
    'FROM docket_entry"',
)


def test_a_removed_entry_is_told_by_its_date_and_never_by_its_text(world: World) -> None:
    """G3: in a court whose entries carry no access levels, at the second sweep without it."""
    edit(world, NO_LEVELS)
    world.follow(ANN, CASE)
    entry = world.court.enter(CASE, "Secret Kind", "secret text", START - timedelta(days=5))
    assert templates(world.sweep()) == ["notice"]
    world.court.remove(entry)
    assert world.sweep() == []
    (notice,) = world.sweep()
    assert "1 entry no longer shown in" in notice.folded
    assert "An entry of February 26, 2026 is NO LONGER SHOWN." in notice.folded
    assert not re.search("secret", notice.text + notice.html, re.IGNORECASE)
    assert world.sweep() == []


def test_now_tracking_shows_the_last_five_entries(world: World) -> None:
    """G7: there is no first notice about what was there."""
    for number in range(7):
        world.court.enter(CASE, "Order", f"entry number {number}.", START - timedelta(hours=9))
    tracking = world.follow(ANN, CASE)
    assert re.findall(r"entry number (\d)\.", tracking.text) == ["2", "3", "4", "5", "6"]
    assert "Entry 2" not in tracking.text
    assert "4 older entries are not shown." in tracking.folded
    assert world.sweep() == []
