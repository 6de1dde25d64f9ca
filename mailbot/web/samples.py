"""Sample facts for every page, so that each can be looked at without a court or a network.

Nothing here is real: the names are `.example`, the telephone number is fictional.
"""

from __future__ import annotations

from datetime import UTC, datetime

from mailbot.desk.telling import vocabulary
from mailbot.desk.telling.links import mailto
from mailbot.model import Facts, Link
from mailbot.web.links import QUESTIONS

_BASE = "https://track.court.example"
_SIGNED = "WzEsNDYxMTY4NjAxODQyNzM4NzkwNF0.aRzT8A.8G0Zf3nQ2xW5yK7bV1cD4g"
_UNTIL = datetime(2015, 12, 16, 15, 21, tzinfo=UTC)
_EXPIRES = datetime(2015, 11, 23, 15, 21, tzinfo=UTC)
_PROBLEMS = (
    "expired",
    "too-late",
    "used",
    "declined",
    "closed",
    "by-mail",
    "forged",
    "lower-case",
)
_ERRORS = ("temporary", "broken", "bad-form", "method", "slow", "too-large")


def samples() -> dict[str, Facts]:
    """Facts by name; a name is the template's, with "+variant" behind it where it has several."""
    pages = {**_questions(), **_results(), **_plain()}
    frame, site = _frame(), _site()
    return {name: {"frame": frame, "site": site, **facts} for name, facts in pages.items()}


def template_of(name: str) -> str:
    """The template of a sample's name: "confirm" of "confirm+code"."""
    return name.partition("+")[0]


def _questions() -> dict[str, Facts]:
    one, three = [_case()], _cases()
    base = {"address": "a***@example.org", "form": _form()}
    confirm = {
        **base,
        "cases": one,
        "expires_at": _EXPIRES,
        "code_wanted": False,
        "code_error": None,
        "decline": _link("n", "NO"),
    }
    code = {**confirm, "code_wanted": True}
    return {
        "confirm": confirm,
        "confirm+several": {**confirm, "cases": three},
        "confirm+code": code,
        "confirm+code-wrong": {
            **code,
            "code_error": "wrong",
            "form": {**_form(), "typed": "K7M2Z-9QXD5"},
        },
        "expired": {**base, "cases": one},
        "stop": {**base, "cases": one},
        "stop+again": {**base, "cases": one, "form": {**_form(), "expired": True}},
        "stop+several": {**base, "cases": three},
        "stop-all": base,
        "undo": {**base, "scope": "one", "cases": one},
        "undo+all": {**base, "scope": "all", "cases": []},
        "undo+refused": {**base, "scope": "refused", "cases": []},
        "decline": {**base, "cases": one},
    }


def _results() -> dict[str, Facts]:
    stop = {"stop": _link("s", "STOP")}
    one, three = [_case()], _cases()
    undo = {"undo": _link("r", "UNDO"), "undo_until": _UNTIL, "undo_form": _form()}
    no_undo = {"undo": None, "undo_until": None, "undo_form": None}
    return {
        "confirmed": {"cases": [case | stop for case in one]},
        "confirmed+several": {"cases": [case | stop for case in three]},
        "stopped": {"cases": one, **undo},
        "stopped+several": {"cases": three, **undo},
        "stopped+again": {"cases": one, **no_undo},
        "stopped-all": undo,
        "undone": {
            "scope": "one",
            "count": 1,
            "cases": [case | stop for case in one],
            "confirm": None,
        },
        "undone+all": {"scope": "all", "count": 3, "cases": [], "confirm": None},
        "undone+pending": {"scope": "one", "count": 0, "cases": [], "confirm": None},
        "undone+refused": {
            "scope": "refused",
            "count": 0,
            "cases": [],
            "confirm": _link("c", "CONFIRM"),
        },
        "declined": {**undo, "undo_until": None},
        **{
            f"problem+{kind}": {"problem": kind, "fresh": False, **undo, "undo_until": None}
            for kind in _PROBLEMS
        },
        "problem+fresh": {"problem": "expired", "fresh": True},
        "problem+stop-expired": {"problem": "expired", "fresh": False, "stops": True},
        "problem+stop-declined": {"problem": "declined", "fresh": False, "stops": True},
    }


def _plain() -> dict[str, Facts]:
    return {
        **{f"unchanged+{name}": {"question": name} for name in sorted(QUESTIONS)},
        "help": _help(),
        "home": _help(),
        "not-found": {},
        **{f"error+{kind}": {"kind": kind} for kind in _ERRORS},
    }


def _case() -> dict[str, object]:
    return _named("15AB-CR00015", "ST V JASON L COFFMAN")


def _cases() -> list[dict[str, object]]:
    return [
        _case(),
        _named("08AB-CC00155", "FRANKLIN COUNTY DRAINAGE DISTRICT NO. 3 ET AL V UNKNOWN HEIRS"),
        _named("000333666", None),
    ]


def _named(number: str, caption: str | None) -> dict[str, object]:
    url = f"https://court.example/case/{number}" if caption else None
    return {"number": number, "caption": caption, "url": url, "docket_url": url}


def _link(letter: str, subject: str) -> Link:
    handle = "nrswy3dpo5xxe3deebzwqzlmna"
    mailto = f"mailto:track+{letter}-{handle}@court.example?subject={subject}"
    return Link(f"{_BASE}/{letter}/{_SIGNED}", mailto)


def _form() -> dict[str, object]:
    return {
        "action": f"/s/{_SIGNED}",
        "nonce": _SIGNED,
        "no": "unchanged+stop.html",
        "expired": False,
        "typed": "",
    }


def _site() -> Facts:
    return {"style": "style.css", "help": "help.html", "home_url": "https://court.example/"}


def _help() -> Facts:
    return {
        "verbs": [
            {"verb": verb, "mailto": mailto("track@court.example", subject) if subject else None}
            for verb, subject in vocabulary.OFFERED.items()
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
        "example_number": "15AB-CR00123",
    }


def _frame() -> Facts:
    """As mailbot.wording.frame makes it of settings."""
    return {
        "profile": "default",
        "language": "en",
        "banner": None,
        "court": {
            "id": "franklin",
            "name": "Circuit Court of Franklin County",
            "system_name": "Missouri Courts Case.net System",
            "service": "Missouri Judiciary's Case.net",
            "site": "Missouri Case.net",
            "record": "Case.net",
            "home_url": "https://court.example/",
            "colour": "#1f3a5f",
            "time_zone": "America/Chicago",
            "zone_name": "Central Time",
        },
        "help_desk": {
            "name": "Circuit Clerk Help Desk",
            "email": "help.desk@court.example",
            "phone": "(555) 555-0142",
            "hours": "7:30 a.m. to 5:00 p.m. Monday through Friday, excluding state holidays",
        },
        "bot": {
            "address": "track@court.example",
            "display": "Missouri Courts Case.net System",
            "help_mailto": "mailto:track@court.example?subject=HELP",
            "report_mailto": "mailto:track@court.example?subject=REPORT",
        },
    }
