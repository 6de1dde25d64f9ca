"""The story by mail alone: TRACK, CONFIRM in three ways, notices, REPORT, STOP in four, UNDO."""

from __future__ import annotations

from mailbot.demo.missouri import COFFMAN, SIMPSON
from mailbot.demo.opened import Opened
from mailbot.demo.story.claims import holds, lacks, same, says, tells_entry
from mailbot.demo.story.people import Person, mailto_in
from mailbot.demo.story.teller import Story

ECKELKAMP = "08AB-CC00155"
LONG = " ".join(f"Finding {number}: the parties appear and are heard." for number in range(80))
SHOWN_OF_LONG = 2000  # characters (S80)
NOTE = (
    "Note: This e-mail notification is provided as a service and is not the official record of the "
    "court."
)


def by_mail(story: Story) -> None:
    """Everything that a person can do without ever opening a page."""
    alex, bea, carl = (story.person(name) for name in ("alex", "bea", "carl"))
    _confirms(story, alex, COFFMAN, "by a bare reply")
    _confirms(story, bea, SIMPSON, "by answering yes")
    _confirms(story, carl, ECKELKAMP, "by the mailto link")
    first = _follows(story, alex)
    second, third = _follows_odd_entries(story, bea, carl)
    _reports(story, alex)
    _stops_by_link(story, alex, first)
    _stops_by_reply(story, bea, second)
    _stops_without_token(story, carl, third)
    _stops_all(story)


def _confirms(story: Story, person: Person, number: str, how: str) -> None:
    with story.step(f"TRACK {number}: a verification mail comes, nothing is tracked yet"):
        person.write(f"TRACK {number}")
        mail = person.gets("verify")
        same("pending", story.state(person, number), "the subscription to be")
        same(person.address, mail.to, "To:")
        says(
            mail,
            f"You are receiving this e-mail because you signed up to track case number {number} "
            "through the Missouri Judiciary's Case.net.",
            "Please verify your email address by clicking the link below:",
            '"Track This Case" provides e-mail notification when changes occur on this case.',
            NOTE,
        )
    with story.step(f"CONFIRM {how}: you are now tracking"):
        if how == "by the mailto link":
            person.follow(mailto_in(mail, "c"))
        else:
            person.answer(mail, "" if how == "by a bare reply" else "yes")
        told = person.gets("tracking")
        says(
            told,
            f"You are now tracking case number {number}. You will receive an e-mail when an entry "
            "is made or updated on this case.",
        )
        same("active", story.state(person, number), "the subscription to be")


def _follows(story: Story, alex: Person) -> Opened:
    """An entry is added, then corrected."""
    clerk, zone = story.stage.clerk, story.stage.zone
    with story.step("the clerk adds an entry: one notice, correct to the letter"):
        text = "Track This Case Docket Text"
        added = clerk.add_entry(COFFMAN, type_text="Filing:", text=text)
        notice = alex.gets("notice")
        opening = f"Information on case number {COFFMAN} has been added or updated."
        says(notice, f"{opening} Please see the details below:", NOTE)
        same(f"{COFFMAN} ST V JASON L COFFMAN: docket activity", notice.subject, "the subject")
        tells_entry(
            notice,
            zone,
            updated=False,
            type_text="Filing:",
            text=text,
            filed_at=added.at,
            activity_at=added.at,
        )
    with story.step("the clerk corrects it: one notice, marked UPDATED"):
        text = "Track This Case Docket Text, as corrected"
        corrected = clerk.correct_entry(COFFMAN, added.entry_id, text=text)
        notice = alex.gets("notice")
        tells_entry(
            notice,
            zone,
            updated=True,
            type_text="Filing:",
            text=text,
            filed_at=added.at,
            activity_at=corrected.at,
        )
    return notice


def _follows_odd_entries(story: Story, bea: Person, carl: Person) -> tuple[Opened, Opened]:
    """An entry without text, and one with more of it than a notice holds."""
    clerk, zone = story.stage.clerk, story.stage.zone
    with story.step("an entry without text: None entered at this time"):
        added = clerk.add_entry(SIMPSON, type_text="Order", text="")
        bare = bea.gets("notice")
        tells_entry(
            bare,
            zone,
            updated=False,
            type_text="Order",
            text="",
            filed_at=added.at,
            activity_at=added.at,
        )
    with story.step("an entry of 3,700 characters: the first 2,000, and how many more"):
        clerk.add_entry(ECKELKAMP, type_text="Judgment Entered", text=LONG)
        long = carl.gets("notice")
        more = f"({len(LONG) - SHOWN_OF_LONG:,} more characters, see Case.net)"
        says(long, LONG[:SHOWN_OF_LONG].rpartition(" ")[0], more)
        lacks(long.text, LONG[SHOWN_OF_LONG : SHOWN_OF_LONG + 100])
    return bare, long


def _reports(story: Story, alex: Person) -> None:
    with story.step("REPORT: the list of what is tracked, by mail"):
        alex.write("REPORT")
        report = alex.gets("report")
        says(
            report,
            "You are receiving this e-mail because you requested a tracking report through Track "
            "This Case on Missouri Case.net.",
            "You are currently tracking the following cases:",
            COFFMAN,
        )
        lacks(report.text, SIMPSON)
    with story.step("TRACK a second time: no second verification mail"):
        alex.write(f"track {COFFMAN.lower()}")
        told = alex.gets("already")
        says(told, f"You are already tracking case number {COFFMAN}")
        lacks(told.text, "/c/", "+c-")


def _stops_by_link(story: Story, alex: Person, notice: Opened) -> None:
    with story.step("STOP by the notice's mailto link: a receipt"):
        alex.follow(mailto_in(notice, "s"))
        receipt = alex.gets("stopped")
        says(receipt, "You are no longer tracking this case.", COFFMAN)
        same("stopped", story.state(alex, COFFMAN), "the subscription to be")
    with story.step("UNDO by the receipt's mailto link: tracked again"):
        alex.follow(mailto_in(receipt, "u"))
        says(alex.gets("restored"), "You are tracking this case again.", COFFMAN)
        same("active", story.state(alex, COFFMAN), "the subscription to be")


def _stops_by_reply(story: Story, bea: Person, notice: Opened) -> None:
    with story.step('STOP by answering "STOP" to a notice'):
        bea.answer(notice, "STOP")
        says(bea.gets("stopped"), "You are no longer tracking this case.", SIMPSON)
        same("stopped", story.state(bea, SIMPSON), "the subscription to be")
    with story.step("REPORT of somebody who tracks nothing: No Records Found."):
        bea.write("report please", body="REPORT")
        says(bea.gets("no-records"), "No Records Found.")


def _stops_without_token(story: Story, carl: Person, notice: Opened) -> None:
    with story.step("STOP in a fresh mail asks first and changes nothing"):
        carl.write("STOP")
        question = carl.gets("stop-ask")
        says(question, f"Do you want to stop tracking case number {ECKELKAMP}?")
        same("active", story.state(carl, ECKELKAMP), "the subscription to be")
    with story.step('the answer "yes" stops'):
        carl.answer(question, "yes")
        says(carl.gets("stopped"), "You are no longer tracking this case.", ECKELKAMP)
        same("stopped", story.state(carl, ECKELKAMP), "the subscription to be")
    with story.step("the old notice's stop link says it again, and changes nothing"):
        carl.follow(mailto_in(notice, "s"))
        says(carl.gets("stopped"), "You are no longer tracking this case.")


def _stops_all(story: Story) -> None:
    dora, numbers = story.person("dora"), ("15AB-DR00010", "1420-CC00599", "000333666")
    with story.step("three cases in one mail: one verification, one yes"):
        dora.write("", body="\n".join(f"TRACK {number}" for number in numbers))
        asked = dora.gets("verify")
        holds(asked.text, *numbers)
        dora.answer(asked, "Yes!")
        told = dora.gets("tracking")
        says(told, "You are now tracking 3 cases.", *numbers)
    with story.step("STOP ALL asks once for all"):
        dora.write("Stop all")
        question = dora.gets("stop-ask")
        says(question, "Do you want to stop tracking ALL cases?", *numbers)
        dora.follow(mailto_in(question, "c"))
        says(dora.gets("stopped"), "You are no longer tracking any cases.")
        states = [story.state(dora, number) for number in numbers]
        same(["stopped"] * 3, states, "the subscriptions to be")
    with story.step("after STOP ALL a new TRACK begins at verification again"):
        dora.write(f"TRACK {numbers[0]}")
        same("pending", story.state(dora, numbers[0]), "the subscription to be")
