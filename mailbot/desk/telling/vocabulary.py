"""Tells what the running configuration accepts: verbs, limits, addresses, an example number."""

from __future__ import annotations

from typing import Any

from mailbot.config import Court, Settings
from mailbot.desk.telling.links import Links

# What can be asked for, and the subject of a mail that asks for it; the reader writes the number
# behind it. None where only the answer to a mail of ours says what is meant (decisions.md 26).
OFFERED: dict[str, str | None] = {
    "TRACK": "TRACK ",
    "CONFIRM": None,
    "NO": None,
    "REPORT": "REPORT",
    "STOP": "STOP ",
    "UNDO": None,
    "HELP": "HELP",
}
_DIGITS, _LETTERS = "123456789", "ABCDEFGH"


def example_number(court: Court) -> str:
    """A number in the court's first shape that nobody has: "12AB-CD00034"."""
    if not court.number_shapes:
        return "12AB-CD00034"
    digits, letters = iter(_DIGITS * 8), iter(_LETTERS * 8)
    shape = court.number_shapes[0]
    filled = "".join(next(digits) if c == "9" else next(letters) if c == "A" else c for c in shape)
    zeros = len(filled) - len(filled.rstrip("0"))
    return filled[: len(filled) - 2] + "34" if zeros > 1 else filled


def help_facts(settings: Settings, links: Links, court_id: str) -> dict[str, Any]:
    """What HELP lists (trap 93)."""
    court = settings.court[court_id]
    limits = settings.limits
    return {
        "verbs": [
            {"verb": verb, "mailto": links.write(court_id, subject).mailto if subject else None}
            for verb, subject in OFFERED.items()
        ],
        "limits": {
            "commands": limits.commands,
            "case_list": limits.case_list,
            "confirm_days": limits.confirm_days,
            "undo_days": limits.undo_days,
            "rows_per_notice": limits.rows_per_notice,
            "text_characters": limits.text_characters,
        },
        "excluded": [each.refusal for each in court.exclude],
        "addresses": [
            {"address": route.address, "purpose": route.purpose}
            for route in settings.route
            if route.court == court_id
            and "*" not in route.address
            and route.purpose in ("commands", "track", "stop", "report", "help")
        ],
    }
