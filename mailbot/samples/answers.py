"""Sample facts of the mails that answer: receipts, refusals, problems, Help."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from mailbot.model import Facts, Ignored, Link
from mailbot.samples.pieces import CODE, NUMBER, TAPS, asking, cases, central, example, link, mailto


def of_stopping() -> dict[str, Facts]:
    """Of everything that ends, or comes back."""
    ask = {**asking(), "code": CODE, "expires_at": central(23, 9, 21)}
    undo = {"undo": link("r", "u", "UNDO"), "undo_until": datetime(2015, 12, 18, 15, tzinfo=UTC)}
    stop_all = {"stop_all": link("a", "a", "STOP%20ALL")}
    ended = {"already": False, "asked_undo": False}
    none = {"undo": None, "undo_until": None, "asked_undo": False}
    one, every = {"scope": "one", "count": 1}, {"scope": "all", "count": 3}
    return {
        "stop-ask": {**ask, **one, "cases": cases()[:1]},
        "stop-ask+all": {**ask, **every, "cases": cases()},
        "stop-which": {**stop_all, "cases": cases()},
        "not-tracking": {"numbers": ["000111222"], "pending": [], "cases": cases()[:2]},
        "not-tracking+any": {"numbers": [], "pending": [], "cases": []},
        "not-tracking+pending": {"numbers": [NUMBER], "pending": [NUMBER], "cases": []},
        "stopped": {**undo, **one, **ended, "cases": cases()[:1]},
        "stopped+all": {**undo, **every, **ended, "cases": cases()},
        "stopped+already": {**one, **none, "cases": cases()[:1], "already": True},
        "stopped+undo": {**undo, **one, **ended, "cases": cases()[:1], "asked_undo": True},
        "stopped+undo-all": {**undo, **every, **ended, "cases": cases(), "asked_undo": True},
        "restored": _restored(cases()[:1]),
        "restored+nothing": _restored([]),
        "restored+late": {**_restored([]), "expired": True},
        "restored+refusal": {
            **_restored([]),
            "refusal": True,
            "confirm": link("c", "c", f"CONFIRM%20{CODE}"),
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


def of_answers() -> dict[str, Facts]:
    """Of everything else that a mail may be answered with."""
    excluded = (
        "This case is with the Fine Collection Center. Cases with the Fine Collection Center are "
        "not eligible for Track This Case."
    )
    refusals: list[Mapping[str, Any]] = [
        {"number": "15AB-CR99999", "reason": "access", "sentence": None},
        {"number": "15AB-TR00007", "reason": "excluded", "sentence": excluded},
    ]
    return {
        "refused": {"items": refusals[:1], **example()},
        "refused+several": {"items": refusals, **example()},
        "waiting": {
            "cases": [{"number": NUMBER}],
            "opens_at": central(17, 6, 0),
            "command": "TRACK",
        },
        "lookup": {"case": cases()[0], "track": Link("", mailto(f"TRACK%20{NUMBER}"))},
        "help": _help(),
        "not-handled": {},
        "handed-on": {
            "writer": "chris@reader.example",
            "recipient": "postmaster@court.example",
            "subject": "Your e-mail reached the wrong person",
            "reply_to": "chris@reader.example",
        },
        "operator-alert": {"kind": "breaker", "limit": 200},
        "operator-alert+pen": {
            "kind": "pen",
            "parked": 12,
            "reason": "ValueError at mailbot.desk.intake:60",
            "tries": 3,
        },
        **_misread(),
        **_problems(),
    }


def _problems() -> dict[str, Facts]:
    none = {"confirm": None, "decline": None, "undo": None, "asked": None}
    yes, no = link("c", "c", f"CONFIRM%20{CODE}"), link("n", "c", "NO")
    track, stop = ({"kind": kind, "cases": cases()[:1]} for kind in ("track", "stop"))
    told: dict[str, Any] = {
        **{each: {} for each in ("forged", "used", "closed", "nothing-to-undo", "stopped-since")},
        "expired": {"fresh": True},
        "declined": {"undo": link("r", "u", "UNDO")},
        "foreign": {"asked": track, "confirm": yes, "decline": no},
        "which": {"asked": track, "confirm": yes, "decline": no},
        "ambiguous-answer": {"asked": stop, "confirm": yes},
    }
    return {
        f"link-problem+{problem}": {"problem": problem, "fresh": False, **none, **facts}
        for problem, facts in told.items()
    }


def _help() -> Facts:
    return {
        "verbs": [
            {"verb": verb, "mailto": mailto(TAPS[verb]) if verb in TAPS else None}
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
        **example(),
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
        "reasons": [],
        "subject_read": None,
        "prose": False,
        **example(),
    }
    return {
        "not-understood": {
            **nothing,
            "subject_read": "TRAK 15AB-CR00015",
            "lines": [],
            "unread": 0,
            "suggestion": f"TRACK {NUMBER}",
            "suggestion_mailto": mailto(f"TRACK%20{NUMBER}"),
        },
        "not-understood+prose": {
            **nothing,
            "subject_read": "A question",
            "lines": ["When is my hearing?", "Is it in room 12?"],
            "reasons": [
                Ignored("When is my hearing?", "no command"),
                Ignored("Is it in room 12?", "no command"),
            ],
            "prose": True,
            "unread": 0,
        },
        "not-understood+more": {
            **nothing,
            "lines": [line for line, _ in misread],
            "unread": 1,
            "not_offered": ["PAUSE"],
            "reasons": [Ignored(line, reason) for line, reason in misread],
            "suggestion": "STOP",
            "suggestion_mailto": mailto("STOP"),
        },
    }
