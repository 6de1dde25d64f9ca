"""Sample facts for every mail, so that each can be looked at without a court or a network."""

from __future__ import annotations

from datetime import date
from typing import Any

from mailbot.model import Facts, Link
from mailbot.samples.answers import of_answers, of_stopping
from mailbot.samples.pieces import CODE, NUMBER, WEB, asking, case, cases, central, example, link


def samples() -> dict[str, Facts]:
    """Facts of every mail, without `frame`: template, or "template+variant" -> facts."""
    return {**_signing_up(), **_tracking(), **of_stopping(), **of_answers()}


def _entry(kind: str, description: str, text: str, **more: Any) -> dict[str, Any]:
    return {
        "kind": kind,
        "fields": [],
        "filed_at": central(16, 9, 21),
        "activity_at": central(18, 9, 21),
        "description": description,
        "text": text,
        "more_characters": 0,
        **more,
    }


ORDER = """Cause called. State appears by Assistant Prosecutor Harmon. Defendant appears \
in person and with attorney Lindqvist.

On the Court's own motion, cause continued to December 14, 2015 at 1:30 PM for plea or trial \
setting.
SO ORDERED."""


def _entries() -> list[dict[str, Any]]:
    return [
        _entry("added", "Filing:", "Track This Case Docket Text"),
        _entry("added", "Judge/Clerk - Note", "", filed_at=central(18, 8, 5)),
        _entry(
            "updated",
            "Hearing Continued/Rescheduled",
            ORDER,
            fields=["text", "filing date"],
            more_characters=1312,
        ),
        _entry("removed", "", "", filed_at=central(12, 0, 0), activity_at=None),
    ]


def _many() -> dict[str, Any]:
    """As many entries as a notice shows; those behind them, updates too, are counted (G22, G23)."""
    texts = ("Track This Case Docket Text", "", ORDER)
    shown = [
        _entry("added", "Filing:", texts[at % 3], filed_at=central(16, 9, at)) for at in range(50)
    ]
    return {"entries": shown, "added": 1087, "updated": 3, "removed": 0, "hidden_more": 1040}


def _signing_up() -> dict[str, Facts]:
    asked = {
        **asking(),
        "decline": link("n", "c", "NO"),
        "code": CODE,
        "expires_at": central(23, 9, 21),
        "late": False,
    }
    return {
        "verify": {"cases": cases()[:1], **asked},
        "verify+late": {"cases": [case(NUMBER, None)], **asked, "late": True},
        "already": {"cases": cases(since=central(2, 10, 0))[:1]},
        "declined": {"undo": link("r", "u", "UNDO")},
    }


def _tracking() -> dict[str, Facts]:
    stop_all = link("a", "a", "STOP%20ALL")
    told = {
        "stop_all": stop_all,
        "unsubscribe": link("u", "s", "STOP"),
        "report": Link(f"{WEB}/help", "mailto:track@court.example?subject=REPORT"),
    }
    notice = {
        "case": cases()[0],
        "entries": _entries(),
        "added": 2,
        "updated": 1,
        "removed": 1,
        "hidden_more": 0,
        "stop": link("s", "s", f"STOP%20{NUMBER}"),
        "last_read_at": central(18, 9, 22),
    }
    rows = cases(since=central(2, 10, 0), last_entry_at=central(18, 9, 21), state="active")
    rows[2]["state"] = "unavailable"
    return {
        "tracking": {"cases": cases(recent=_entries()[:2], more=12)[:1], **told},
        "tracking+unread": {"cases": cases(recent=None, more=0)[:1], **told},
        "notice": {**told, **notice},
        "notice+short": {
            **told,
            **notice,
            "entries": _entries()[:1],
            "added": 1,
            "updated": 0,
            "removed": 0,
        },
        "notice+many": {**told, **notice, **_many()},
        "tracking+recovered": {
            "cases": cases(recent=_entries()[:2], more=12)[:1],
            **told,
            "came_back": "recovered",
        },
        "report+suspended": {
            **{"cases": rows, "elsewhere": [], "court_closed": False, "stop_all": stop_all},
            "came_back": "suspended",
        },
        "report+last": {
            **{"cases": rows, "elsewhere": [], "court_closed": False, "stop_all": stop_all},
            "last_until": central(19, 8, 30),
        },
        "report": {"cases": rows, "elsewhere": [], "court_closed": False, "stop_all": stop_all},
        "no-records": example(),
        "farewell": {
            "closes_on": date(2016, 6, 30),
            "closes_text": "The pilot ends on June 30, 2016. Thank you for taking part.",
            "cases": cases(),
        },
    }
