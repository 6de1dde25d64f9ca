"""Reads a little of each court's case database, and says what of its mapping is wrong."""

from __future__ import annotations

from mailbot.court.cases import CaseSource
from mailbot.court.inspection import ADVICE
from mailbot.doctor.findings import About, Finding
from mailbot.doctor.surroundings import Surroundings


def courts(around: Surroundings) -> list[Finding]:
    """What there is to say of each case database."""
    return [finding for name in around.settings.court for finding in _court(around, name)]


def _court(around: Surroundings, name: str) -> list[Finding]:
    court, about = around.settings.court[name], About("courts", name)
    if not court.open_at(around.now()):
        return [about.warning("These are its closed hours, so its database was not asked.")]
    source = CaseSource(name, court.source, court.time_zone)
    try:
        sentences = source.check()
    finally:
        source.close()
    found = [_said(about, sentence) for sentence in sentences]
    if any(finding.state == "wrong" for finding in found):
        return found
    return [about.ok("The case database answers, and its columns are there."), *found]


def _said(about: About, sentence: str) -> Finding:
    if sentence.startswith(ADVICE):
        text = sentence.removeprefix(ADVICE)
        return about.warning(text[:1].upper() + text[1:])
    return about.wrong(
        sentence[:1].upper() + sentence[1:], f"Mend it there, or in [court.{about.subject}.source]."
    )
