"""Sample facts for every mail, so that each can be looked at without a court or a network.

Nothing here is real: the names are `.example`; lines come out as long as the real ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from mailbot.model import Facts, Ignored, Link

SIGNED = "QVsxLDQ2MTE2ODYwMTg0MjczODc5MDRd.aUX1bQ.4Zl8m2tqV0yKQm1xJp0b3A"
HANDLE = "k3w7q2mzx5r4tbn6ydahcgoeuf"
CODE = "K7M2Z-9QXD4"
WEB = "https://track.court.example"
NUMBER = "15AB-CR00015"
TAPS = {"TRACK": "TRACK%20", "REPORT": "REPORT", "STOP": "STOP%20", "HELP": "HELP"}


def samples() -> dict[str, Facts]:
    """Facts of every mail, without `frame`: template, or "template+variant" -> facts."""
    return {**_signing_up(), **_tracking(), **_stopping(), **_answers()}


def _central(day: int, hour: int, minute: int) -> datetime:
    """A moment of November 2015 by the clocks of Missouri, which were six hours behind UTC."""
    return datetime(2015, 11, day, hour, minute, tzinfo=UTC) + timedelta(hours=6)


def _link(path: str, mailto_tag: str, subject: str) -> Link:
    address = f"track+{mailto_tag}-{HANDLE}@court.example"
    return Link(f"{WEB}/{path}/{SIGNED}", f"mailto:{address}?subject={subject}")


def _case(number: str, caption: str | None, **more: Any) -> dict[str, Any]:
    site = f"https://casenet.court.example/case/{number}"
    shown = caption is not None
    return {
        "number": number,
        "caption": caption,
        "url": site if shown else None,
        "docket_url": f"{site}/docket" if shown else None,
        "court_name": None,
        "stop": _link("s", "s", f"STOP%20{number}"),
        **more,
    }


def _cases(**more: Any) -> list[dict[str, Any]]:
    return [
        _case(NUMBER, "ST V JASON L COFFMAN", **more),
        _case("08AB-CC00155", "RIVER BEND FARMS, LLC V OSAGE VALLEY COOPERATIVE ET AL", **more),
        _case("000333666", "IN RE THE ESTATE OF MARY ANN O'BRIEN-WALLACE", **more),
    ]


def _entry(kind: str, description: str, text: str, **more: Any) -> dict[str, Any]:
    return {
        "kind": kind,
        "fields": [],
        "filed_at": _central(16, 9, 21),
        "activity_at": _central(18, 9, 21),
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
        _entry("added", "Judge/Clerk - Note", "", filed_at=_central(18, 8, 5)),
        _entry(
            "updated",
            "Hearing Continued/Rescheduled",
            ORDER,
            fields=["text", "filing date"],
            more_characters=1312,
        ),
        _entry("removed", "", "", filed_at=_central(12, 0, 0), activity_at=None),
    ]


def _many() -> dict[str, Any]:
    """As many entries as a notice shows; those behind them, updates too, are counted (G22, G23)."""
    texts = ("Track This Case Docket Text", "", ORDER)
    shown = [
        _entry("added", "Filing:", texts[at % 3], filed_at=_central(16, 9, at)) for at in range(50)
    ]
    return {"entries": shown, "added": 1087, "updated": 3, "removed": 0, "hidden_more": 1040}


def _asking() -> dict[str, Any]:
    """What answers a question: its link, and the address that an answer to the mail goes to."""
    confirm = _link("c", "c", f"CONFIRM%20{CODE}")
    return {"confirm": confirm, "reply_to": confirm.mailto.removeprefix("mailto:").split("?")[0]}


def _signing_up() -> dict[str, Facts]:
    asked = {
        **_asking(),
        "decline": _link("n", "c", "NO"),
        "code": CODE,
        "expires_at": _central(23, 9, 21),
        "late": False,
    }
    return {
        "verify": {"cases": _cases()[:1], **asked},
        "verify+late": {"cases": [_case(NUMBER, None)], **asked, "late": True},
        "already": {"cases": _cases(since=_central(2, 10, 0))[:1]},
        "declined": {"undo": _link("r", "u", "UNDO")},
    }


def _tracking() -> dict[str, Facts]:
    stop_all = _link("a", "a", "STOP%20ALL")
    told = {
        "stop_all": stop_all,
        "unsubscribe": _link("u", "s", "STOP"),
        "report": Link(f"{WEB}/help", "mailto:track@court.example?subject=REPORT"),
    }
    notice = {
        "case": _cases()[0],
        "entries": _entries(),
        "added": 2,
        "updated": 1,
        "removed": 1,
        "hidden_more": 0,
        "stop": _link("s", "s", f"STOP%20{NUMBER}"),
        "last_read_at": _central(18, 9, 22),
    }
    rows = _cases(since=_central(2, 10, 0), last_entry_at=_central(18, 9, 21), state="active")
    rows[2]["state"] = "unavailable"
    return {
        "tracking": {"cases": _cases(recent=_entries()[:2], more=12)[:1], **told},
        "tracking+unread": {"cases": _cases(recent=None, more=0)[:1], **told},
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
        "report": {"cases": rows, "elsewhere": [], "court_closed": False, "stop_all": stop_all},
        "no-records": _example(),
        "farewell": {
            "closes_on": date(2016, 6, 30),
            "closes_text": "The pilot ends on June 30, 2016. Thank you for taking part.",
            "cases": _cases(),
        },
    }


def _stopping() -> dict[str, Facts]:
    ask = {**_asking(), "code": CODE, "expires_at": _central(23, 9, 21)}
    undo = {"undo": _link("r", "u", "UNDO"), "undo_until": datetime(2015, 12, 18, 15, tzinfo=UTC)}
    one, every = {"scope": "one", "count": 1}, {"scope": "all", "count": 3}
    return {
        "stop-ask": {**ask, **one, "cases": _cases()[:1]},
        "stop-ask+all": {**ask, **every, "cases": _cases()},
        "stop-which": {"stop_all": _link("a", "a", "STOP%20ALL"), "cases": _cases()},
        "not-tracking": {"numbers": ["000111222"], "pending": [], "cases": _cases()[:2]},
        "not-tracking+any": {"numbers": [], "pending": [], "cases": []},
        "not-tracking+pending": {"numbers": [NUMBER], "pending": [NUMBER], "cases": []},
        "stopped": {**undo, **one, "cases": _cases()[:1], "already": False},
        "stopped+all": {**undo, **every, "cases": _cases(), "already": False},
        "stopped+already": {
            **one,
            "cases": _cases()[:1],
            "already": True,
            "undo": None,
            "undo_until": None,
        },
        "restored": _restored(_cases()[:1]),
        "restored+nothing": _restored([]),
        "restored+late": {**_restored([]), "expired": True},
        "restored+refusal": {
            **_restored([]),
            "refusal": True,
            "confirm": _link("c", "c", f"CONFIRM%20{CODE}"),
        },
    }


def _restored(cases: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "cases": cases,
        "count": len(cases),
        "expired": False,
        "refusal": False,
        "confirm": None,
    }


def _example() -> dict[str, Any]:
    number = "12AB-CD00034"
    mailto = f"mailto:track@court.example?subject=TRACK%20{number}"
    return {"example": mailto, "example_number": number}


def _mailto(command: str) -> str:
    return f"mailto:track@court.example?subject={command}"


def _answers() -> dict[str, Facts]:
    excluded = (
        "This case is with the Fine Collection Center. Cases with the Fine Collection Center are "
        "not eligible for Track This Case."
    )
    refusals: list[Mapping[str, Any]] = [
        {"number": "15AB-CR99999", "reason": "access", "sentence": None},
        {"number": "15AB-TR00007", "reason": "excluded", "sentence": excluded},
    ]
    asked = {**_asking(), "decline": _link("n", "c", "NO")}
    none = {"confirm": None, "decline": None, "undo": None}
    undo = _link("r", "u", "UNDO")
    dead = ("expired", "forged", "used", "declined", "nothing-to-undo", "stopped-since")
    open_ones = ("foreign", "ambiguous-answer", "which")
    return {
        "refused": {"items": refusals[:1], **_example()},
        "refused+several": {"items": refusals, **_example()},
        "waiting": {
            "cases": [{"number": NUMBER}],
            "opens_at": _central(17, 6, 0),
            "command": "TRACK",
        },
        "lookup": {"case": _cases()[0], "track": Link("", _mailto(f"TRACK%20{NUMBER}"))},
        "help": _help(),
        **_misread(),
        **{
            f"link-problem+{each}": {"problem": each, "fresh": each == "expired", **none}
            for each in (*dead, "closed")
        },
        "link-problem+void": {"problem": "declined", "fresh": False, **none, "undo": undo},
        **{
            f"link-problem+{each}": {"problem": each, "fresh": False, **none, **asked}
            for each in open_ones
        },
    }


def _help() -> Facts:
    return {
        "verbs": [
            {"verb": verb, "mailto": _mailto(TAPS[verb]) if verb in TAPS else None}
            for verb in ("TRACK", "CONFIRM", "NO", "REPORT", "STOP", "UNDO", "HELP")
        ],
        "limits": {
            "commands": 25,
            "case_list": 100,
            "confirm_days": 7,
            "undo_days": 30,
            "rows_per_notice": 50,
            "text_characters": 2000,
        },
        "excluded": ["Cases with the Fine Collection Center are not eligible."],
        "addresses": [{"address": "track@court.example", "purpose": "commands"}],
        **_example(),
    }


def _misread() -> dict[str, Facts]:
    misread = (
        ("When is my hearing?", "no command"),
        ("STOP everything please", "nearly a command"),
        ("Thank you for your help with this.", "not read"),
    )
    nothing: dict[str, Any] = {
        "suggestion": None,
        "suggestion_mailto": None,
        "not_offered": [],
        **_example(),
    }
    return {
        "not-understood": {
            **nothing,
            "lines": ["TRAK 15AB-CR00015"],
            "reasons": [Ignored("TRAK 15AB-CR00015", "nearly a command")],
            "unread": 0,
            "suggestion": f"TRACK {NUMBER}",
            "suggestion_mailto": _mailto(f"TRACK%20{NUMBER}"),
        },
        "not-understood+more": {
            **nothing,
            "lines": [line for line, _ in misread],
            "unread": 1,
            "not_offered": ["PAUSE"],
            "reasons": [Ignored(line, reason) for line, reason in misread],
            "suggestion": "STOP",
            "suggestion_mailto": _mailto("STOP"),
        },
    }
