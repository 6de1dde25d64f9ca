"""The story of what mailbot does not do: refused cases, robots, sealed cases, unread mails."""

from __future__ import annotations

from mailbot.demo.missouri import FINE_COLLECTION, SEALED
from mailbot.demo.story.claims import holds, same, says
from mailbot.demo.story.people import Person
from mailbot.demo.story.teller import Story

UNKNOWN = "15AB-CR09999"
TO_SEAL = "222444666"
FCC = (
    "This case is with the Fine Collection Center. Cases with the Fine Collection Center are not "
    "eligible for Track This Case."
)


def of_refusals(story: Story) -> None:
    """Refusals, robots, and silence."""
    gina, hal = story.person("gina"), story.person("hal")
    _refusals(story, gina)
    _unread(story, gina)
    _sealing(story, hal)
    with story.step("nobody got a mail that was not expected"):
        gina.has_nothing_new()
        hal.has_nothing_new()


def _refusals(story: Story, gina: Person) -> None:
    with story.step("a Fine Collection Center case is refused with its sentence"):
        gina.write(f"TRACK {FINE_COLLECTION}")
        says(gina.gets("refused"), FCC)
    with story.step("a sealed case and a number that nobody has are refused alike"):
        gina.write(f"TRACK {SEALED}")
        sealed = gina.gets("refused")
        gina.write(f"TRACK {UNKNOWN}")
        unknown = gina.gets("refused")
        holds(sealed.text, f"Access Denied: case {SEALED} cannot be viewed with your access")
        same(unknown.text, sealed.text.replace(SEALED, UNKNOWN), "but for the number the text")
        same(unknown.subject, sealed.subject.replace(SEALED, UNKNOWN), "and the subject")
        same("none", story.state(gina, SEALED), "the subscription to be")


def _unread(story: Story, gina: Person) -> None:
    with story.step("HELP is answered, and so is what cannot be read"):
        gina.write("HELP")
        says(gina.gets("help"), "TRACK", "REPORT", "STOP")
        gina.write("Hello", body=f"TRAK {UNKNOWN}")
        says(gina.gets("not-understood"), f"TRACK {UNKNOWN}")
    with story.step("a robot gets no answer"):
        gina.write("HELP", body="I am away.", extra="Auto-Submitted: auto-replied\r\n")


def _sealing(story: Story, hal: Person) -> None:
    clerk = story.stage.clerk
    with story.step("a case is tracked, then sealed: its new entry is sent to nobody"):
        hal.write(f"TRACK {TO_SEAL}")
        hal.answer(hal.gets("verify"), "Confirm")
        hal.gets("tracking")
        clerk.seal(TO_SEAL)
        added = clerk.add_entry(TO_SEAL, type_text="Order", text="Under seal.")
        story.becomes_quiet(added.at)
        hal.has_nothing_new()
    with story.step("unsealed again, what may be seen now is told"):
        clerk.unseal(TO_SEAL)
        says(hal.gets("notice"), "1 new entry", "Under seal.")
