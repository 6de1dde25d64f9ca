"""The original's words, in mails and pages that the whole desk makes of the original's cases.

tests/test_wording.py holds the templates to the letter; here the facts come from a court, a store
and a configuration, and every number is the one in the original's own pictures. The original's
real addresses appear in tests of literal texts only (decisions.md 30).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from html import unescape
from pathlib import Path

import pytest

from tests.edited import edit
from tests.web.small_site import Seen, client_of, press, site_of
from tests.world import Sent, World, templates

ANN = "ann@people.example"
MAILBOX = "mocourts.casenet@courts.mo.gov"
DESK = "osca.help.desk@courts.mo.gov"
PILOT = (
    "Track This Case functionality is being provided on a pilot basis for 6 months in order to "
    "evaluate usage and sustainability of the feature. Pilot end date will be June 30, 2016."
)
BANNER = f"""
[[court.franklin.banner]]
text = "Important Notice: {PILOT}"
from = 2015-11-01
until = 2016-06-30
"""
NOVEMBER_16 = datetime(2015, 11, 16, 15, 21, tzinfo=UTC)  # 9:21 a.m. in Missouri
NOVEMBER_18 = datetime(2015, 11, 18, 15, 21, tzinfo=UTC)

NOTICE = ("Important Notice:", PILOT)
HELP = "See 'Track This Case' under Help for additional information"
RECORD = (
    "Note: This e-mail notification is provided as a service and is not the official record of "
    "the court."
)
HELP_DESK = (
    "If you need technical assistance, please contact the Office of State Courts Administrator "
    "Help Desk at osca.help.desk@courts.mo.gov or toll-free by phone at 1(888)541-4894.",
    "The Help Desk is available 7:30 a.m. to 5:00 p.m. Monday through Friday, excluding state "
    "holidays.",
)
FOOTER = ("This e-mail is auto generated. Please do not respond.", *HELP_DESK)
# Every other mail may be answered, in the original's profile too (S131, S132).
OURS = (
    "This e-mail is auto generated. You can answer this e-mail with a command: STOP, REPORT, HELP.",
    *HELP_DESK,
)
FOOTNOTE = (
    '* If "None entered at this time" displays in the text field, the court has not entered any '
    "text on this entry. The first 2000 characters of text is provided in this notice. To see "
    "additional information about the entry made by the court, see Case.net."
)
LABEL = r'<span class="label".*?</span>'  # seen on a telephone only, where columns are stacked


@pytest.fixture
def missouri(tmp_path: Path) -> Iterator[World]:
    """The original's court in November 2015, with its own names, addresses and cases."""
    world = World(tmp_path, profile="seed", more=BANNER, now=NOVEMBER_18)
    edit(
        world,
        ("track@court.example", MAILBOX),
        ("help.desk@court.example", DESK),
        ("1(555)555-0100", "1(888)541-4894"),
    )
    for number, caption in {
        "15AB-CR00015": "ST V JASON L COFFMAN",
        "15AB-CR00123": "ST V HOMER J SIMPSON",
        "08AB-CC00155": "DOE V DOE",
        "15AB-DR00010": "R. ROE V J. ROE",
        "1420-CC00599": "DOE V ROE",
        "000333666": "DOE V DOE",
        "111222333": "DOE V DOE",
        "222444666": "DOE V DOE",
    }.items():
        world.court.open_case(number, caption)
    world.court.open_case("15AB-TR00044", "ST V PAT MOTORIST", category="FCC")
    yield world
    world.close()


def asked(world: World, number: str) -> Sent:
    """Ann signs up; the verification mail."""
    world.wait(minutes=20)
    world.mail(ANN, f"TRACK {number}", to=MAILBOX)
    (mail,) = world.leave()
    return mail


def follow(world: World, number: str) -> None:
    world.act("confirm", asked(world, number).token("c"))
    world.leave()


def noticed(world: World) -> Sent:
    """The notice of the original's picture."""
    follow(world, "111222333")
    text = "Track This Case Docket Text"
    entry = world.court.enter("111222333", "Filing:", text, NOVEMBER_16)
    world.court.correct(entry, NOVEMBER_18)
    (mail,) = world.sweep()
    return mail


def reported(world: World) -> Sent:
    """The report of the original's picture."""
    for number in ("000333666", "111222333", "15AB-DR00010", "222444666"):
        follow(world, number)
    world.mail(ANN, "REPORT", to=MAILBOX)
    (mail,) = world.leave()
    return mail


def visible(markup: str) -> str:
    """The words of the HTML part, folded."""
    body = markup[markup.index("<main>") :]
    words = " ".join(unescape(re.sub(rf"{LABEL}|<[^>]+>", " ", body)).split())
    return re.sub(r" ([.,?!)])", r"\1", words)


def in_order(mail: Sent, *literals: str) -> None:
    """Both parts hold each literal behind the one before, white space folded (G40)."""
    for told in (mail.folded, visible(mail.html)):
        place = 0
        for literal in literals:
            found = told.find(literal, place)
            assert found >= 0, f"{literal!r} is missing behind {told[max(0, place - 80) : place]!r}"
            place = found + len(literal)


def targets(mail: Sent, words: str) -> list[str]:
    """Where the links with exactly these words lead."""
    return re.findall(rf'href="([^"]*)"[^>]*>{re.escape(words)}<', mail.html)


# --- F: the verification mail -------------------------------------------------------------------


def test_the_verification_mail(missouri: World) -> None:
    """S55, S57, S58, S61, S62, S64, in the original's order."""
    in_order(
        asked(missouri, "15AB-CR00015"),
        "You are receiving this e-mail because you signed up to track case number 15AB-CR00015",
        "through the Missouri Judiciary's Case.net.",
        *NOTICE,
        "Please verify your email address by clicking the link below:",
        "https://track.court.example/c/",
        '"Track This Case" provides e-mail notification when changes occur on this case.',
        "Note: Keep this email for future reference. If at any time you wish to stop the e-mail "
        "notifications for this case select Stop Tracking or you can access Track This Case via "
        'Missouri Case.net and request a "Tracking Report". You will be sent a list of cases that '
        "you are currently tracking with the option to stop tracking any or all cases.",
        *FOOTER,
    )


def test_its_links(missouri: World) -> None:
    """S56, S58, S59, S63, S135."""
    mail = asked(missouri, "15AB-CR00015")
    case = "https://casenet.example/case?number=15AB-CR00015"
    assert targets(mail, "15AB-CR00015") == [case]
    lines = mail.text.splitlines()
    below = lines.index("Please verify your email address by clicking the link below:")
    token = r"[\w-]{10,40}\.[\w-]{4,8}\.[\w-]{22}"  # row and purpose, time, 128 bits
    assert re.fullmatch(rf"https://track\.court\.example/c/{token}", lines[below + 1])
    assert targets(mail, lines[below + 1]) == [lines[below + 1]]
    (stop,) = targets(mail, "Stop Tracking")
    assert re.fullmatch(rf"https://track\.court\.example/s/{token}", stop)
    assert targets(mail, DESK) == [f"mailto:{DESK}"]


@pytest.mark.parametrize("which", ["verify", "notice", "report"])
def test_sender_and_visible_recipient_are_the_system(missouri: World, which: str) -> None:
    """S53, S54, S137: one From for all three; the subscriber stands on the envelope only."""
    mail = {"verify": lambda w: asked(w, "15AB-CR00015"), "notice": noticed, "report": reported}[
        which
    ](missouri)
    assert mail.row.template == which
    system = f'"Missouri Courts Case.net System" <{MAILBOX}>'
    assert (mail.message["From"], mail.message["To"]) == (system, system)
    assert mail.recipient == ANN
    assert ANN.encode() not in mail.raw


# --- G: verified ----------------------------------------------------------------------------------


def test_the_verified_page(missouri: World) -> None:
    """S67, S68, S69, S140, S141."""
    mail = asked(missouri, "000333666")
    client = client_of(site_of(missouri))
    page = press(client, Seen(client.get(f"/c/{mail.token('c')}")))
    assert page.outcome == (
        "You are now tracking case number 000333666. You will receive an e-mail when an entry is "
        "made or updated on this case."
    )
    assert page.tree.findtext("head/title") == "Track This Case"
    assert page.text.index(page.outcome) < page.text.index(f"{HELP}.") < page.text.index(RECORD)


# --- H: the notice --------------------------------------------------------------------------------


def test_the_notice(missouri: World) -> None:
    """S72, S74-S79, S82, S84, S85, S87: the original's picture, number for number."""
    mail = noticed(missouri)
    in_order(
        mail,
        "Information on case number 111222333 has been added or updated. Please see the details "
        "below:",
        *NOTICE,
        "11/16/15 9:21 AM",
        "Filing:",
        "Track This Case Docket Text",
        "11/18/15 9:21 AM",
        "Stop Tracking This Case",
        "Stop Tracking ALL Cases",
        FOOTNOTE,
        *FOOTER,
    )
    heads = re.findall(r'<th [^>]*scope="col"[^>]*>([^<]*)', mail.html)
    assert heads == ["Filing Date", "Description", "Text *", "Last Activity Date"]
    cells = [
        " ".join(unescape(re.sub(rf"{LABEL}|<[^>]+>", "", cell)).split())
        for cell in re.findall(r'<td class="cell"[^>]*>(.*?)</td>', mail.html, re.DOTALL)
    ]
    assert cells == [
        "11/16/15 9:21 AM",
        "Filing:",
        "Track This Case Docket Text",
        "11/18/15 9:21 AM",
    ]


def test_the_notices_links(missouri: World) -> None:
    """S73 (its first half: the Docket Entries tab of the court's own site), S84, S85."""
    mail = noticed(missouri)
    assert targets(mail, "111222333") == ["https://casenet.example/docket?number=111222333"]
    (stop,) = targets(mail, "Stop Tracking This Case")
    (stop_all,) = targets(mail, "Stop Tracking ALL Cases")
    assert stop.startswith("https://track.court.example/s/")
    assert stop_all.startswith("https://track.court.example/a/")


def test_an_entry_without_text_and_several_rows(missouri: World) -> None:
    """S81, S83: one row an entry, in the original's four columns."""
    follow(missouri, "111222333")
    for number, text in enumerate(("one", "", "three")):
        missouri.court.enter("111222333", f"Type {number}", text, NOVEMBER_16)
    (mail,) = missouri.sweep()
    in_order(mail, "Type 0", "one", "Type 1", "None entered at this time", "Type 2", "three")
    assert mail.html.partition("<tbody>")[2].partition("</tbody>")[0].count("<tr>") == 3


# --- I, K: stopping -------------------------------------------------------------------------------


def test_stopping_one_case(missouri: World) -> None:
    """S90, S91, S93, S97, S98, S140."""
    mail = asked(missouri, "08AB-CC00155")
    missouri.act("confirm", mail.token("c"))
    client = client_of(site_of(missouri))
    question = Seen(client.get(f"/s/{mail.token('s')}"))
    assert "Do you want to stop tracking case number 08AB-CC00155?" in question.text
    assert question.tree.xpath("//form//button/text()") == ["Yes"]
    assert question.tree.xpath("//form//a/text()") == ["No"]
    answer = press(client, question)
    assert answer.outcome == "You are no longer tracking this case."
    for page in (question, answer):
        assert page.tree.findtext("head/title") == "Track This Case"
        assert f"{HELP}." in page.text
        assert RECORD in page.text
        assert "Important Notice" not in page.text  # S128


def test_stopping_all_cases(missouri: World) -> None:
    """S119-S122, S124, S126."""
    mail = reported(missouri)
    client = client_of(site_of(missouri))
    question = Seen(client.get(f"/a/{mail.token('a')}"))
    assert "Do you want to stop tracking ALL cases?" in question.text
    answer = press(client, question)
    assert answer.outcome == "You are no longer tracking any cases."
    for page in (question, answer):
        assert f"{HELP}." in page.text
        assert RECORD in page.text
        assert "Important Notice" not in page.text


# --- J: the report --------------------------------------------------------------------------------


def test_the_report(missouri: World) -> None:
    """S108-S117: the four cases of the original's picture, and nothing of them but the numbers."""
    mail = reported(missouri)
    in_order(
        mail,
        "You are receiving this e-mail because you requested a tracking report through Track This "
        "Case on Missouri Case.net. If you no longer wish to track a case, click the Stop Tracking "
        "link beside the case. If you no longer wish to track all cases, click the Stop Tracking "
        "ALL Cases link below the list of cases.",
        *NOTICE,
        "You are currently tracking the following cases:",
        "000333666",
        "Stop tracking",
        "111222333",
        "Stop tracking",
        "15AB-DR00010",
        "Stop tracking",
        "222444666",
        "Stop tracking",
        "Stop Tracking ALL Cases",
        *FOOTER,
    )
    heads = re.findall(r'<th [^>]*scope="col"[^>]*>([^<]*)', mail.html)
    assert heads == ["Case Number", "Action"]
    assert len(set(targets(mail, "Stop tracking"))) == 4
    assert targets(mail, "15AB-DR00010") == ["https://casenet.example/case?number=15AB-DR00010"]
    told = visible(mail.html)
    assert not re.search(
        r"DOE|ROE|\d/\d|2015|active|pending", told + mail.text.replace("%2015", "")
    )


def test_no_records_found_and_what_to_do(missouri: World) -> None:
    """S105-S107: the remedy's three steps, and after them the report works."""
    missouri.mail(ANN, "REPORT", to=MAILBOX)
    (mail,) = missouri.leave()
    in_order(
        mail,
        "No Records Found.",
        "You are getting this message because you have to be tracking a case currently in order "
        "to run a Tracking Report.",
        "TRACK",
        "verification e-mail",
        "link",
        "the Tracking Report works",
        *OURS,
    )
    follow(missouri, "15AB-CR00015")
    missouri.mail(ANN, "REPORT", "again", to=MAILBOX)
    assert templates(missouri.leave()) == ["report"]


# --- A: eligibility -------------------------------------------------------------------------------


def test_the_refusals(missouri: World) -> None:
    """S5, S35."""
    missouri.mail(ANN, "TRACK 15AB-TR00044", to=MAILBOX)
    missouri.mail(ANN, "TRACK 15AB-CR99999", to=MAILBOX)
    excluded, denied = missouri.leave()
    in_order(
        excluded,
        "This case is with the Fine Collection Center. Cases with the Fine Collection Center are "
        "not eligible for Track This Case.",
    )
    in_order(denied, "Access Denied")


# --- L: the three mails ---------------------------------------------------------------------------


def test_the_three_mails_carry_no_disclaimer(missouri: World) -> None:
    """S60: the original's footer instead."""
    asked(missouri, "15AB-CR00015")
    noticed(missouri)
    missouri.mail(ANN, "REPORT", to=MAILBOX)
    missouri.leave()
    three = [mail for mail in missouri.sent if mail.row.template in ("verify", "notice", "report")]
    assert {mail.row.template for mail in three} == {"verify", "notice", "report"}
    for mail in three:
        assert "not the official record" not in " ".join(mail.html.split()) + mail.folded


def test_three_mails_and_no_more(missouri: World) -> None:
    """S131: verify, notice, report; whatever else is told is told on a page."""
    verify = asked(missouri, "15AB-CR00015")
    missouri.act("confirm", verify.token("c"))
    missouri.leave()
    missouri.court.enter("15AB-CR00015", "Filing:", "Track This Case Docket Text")
    missouri.sweep()
    missouri.mail(ANN, "REPORT", to=MAILBOX)
    missouri.leave()
    missouri.act("stop", verify.token("s"))
    missouri.act("stop-all", missouri.sent[-1].token("a"))
    missouri.leave()
    assert templates(missouri.sent) == ["verify", "notice", "report"]
