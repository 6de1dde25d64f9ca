"""Findings are shown grouped to a person, and as stable JSON to a program."""

from __future__ import annotations

import json

from mailbot.doctor.findings import About, Record
from mailbot.doctor.shown import as_json, harmless, in_words

SPF, TLS = About("spf", "court.example"), About("tls", "smarthost")
RECORD = Record("court.example", "TXT", "v=spf1 mx -all")
FOUND = [
    SPF.wrong("There is none.", "Publish this.", [RECORD]),
    SPF.warning("It is soft."),
    TLS.ok("It is good."),
]


def test_to_a_person() -> None:
    assert "\n".join(in_words(FOUND)).replace("\x1b[0m", "").replace("\x1b[31m", "").replace(
        "\x1b[33m", ""
    ).replace("\x1b[32m", "") == (
        "spf  court.example\n"
        "  wrong    There is none.\n"
        "           -> Publish this.\n"
        '              court.example. TXT "v=spf1 mx -all"\n'
        "  warning  It is soft.\n"
        "\n"
        "tls  smarthost\n"
        "  ok       It is good.\n"
        "\n"
        "1 wrong, 1 to look at, 1 well."
    )


def test_to_a_program() -> None:
    assert json.loads(as_json(FOUND[0])) == {
        "check": "spf",
        "subject": "court.example",
        "state": "wrong",
        "says": "There is none.",
        "todo": "Publish this.",
        "publish": [{"name": "court.example", "type": "TXT", "value": "v=spf1 mx -all"}],
    }
    assert json.loads(as_json(FOUND[2]))["publish"] == []


def test_what_others_wrote_moves_no_terminal() -> None:
    assert harmless("a\x1b[2Jb\r\nc\u202e") == "a?[2Jb??c?"
    shown = "\n".join(in_words([About("x", "y\x07").ok("z\x1bc.")]))
    assert "\x07" not in shown
    assert "\x1bc" not in shown
