"""A verb is one only together with what may stand behind it (5.2.8, decisions.md 18, 26)."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailbot.desk.reading.verbs import (
    NAMES,
    NO,
    NOT_OFFERED,
    YES,
    near_verb,
    not_offered,
    opens_command,
    refuses,
    split_verb,
    token_in,
)
from mailbot.model import Verb
from mailbot.plain import COMMAND_WORDS

TOKEN = "WzEsMTIzNDU2Nzg5MDEyMzQ1Njdd.aBcDeF.0123456789abcdefghijkl"


@pytest.mark.parametrize("name", NAMES)
def test_every_name_in_any_case(name: str) -> None:
    for line in (name, name.lower(), name.title(), f"{name}:"):
        assert split_verb(line) == (NAMES[name], "")


@pytest.mark.parametrize(
    ("line", "verb", "rest"),
    [
        ("track 15ab cr 15", Verb.TRACK, "15ab cr 15"),
        ("track:15ab cr 15", Verb.TRACK, "15ab cr 15"),
        ("Tracking Report", Verb.REPORT, ""),
        ("Unsubscribe", Verb.STOP, ""),
        ("Yes", Verb.CONFIRM, ""),
        (f"YES {TOKEN}", Verb.CONFIRM, TOKEN),
        ("stop by my office", Verb.STOP, "by my office"),
        ("tracks", None, "tracks"),
        ("stop-all", None, "stop-all"),
        ("\u017ftop", None, "\u017ftop"),
        ("", None, ""),
    ],
)
def test_the_verb_of_a_line(line: str, verb: Verb | None, rest: str) -> None:
    assert split_verb(line) == (verb, rest)


def test_yes_and_no_in_other_languages() -> None:
    for word in YES:
        assert split_verb(word) == (Verb.CONFIRM, "")
    for word in NO:
        assert split_verb(word.title())[0] == Verb.NO
    assert not YES & NO
    assert len(YES) >= 10


@pytest.mark.parametrize("word", ["tak", "\u017fi", "yes yes", "yeah right", "да нет", "jaa"])
def test_what_may_mean_something_else_is_no_yes(word: str) -> None:
    assert split_verb(word) != (Verb.CONFIRM, "")


@pytest.mark.parametrize(
    ("line", "verb"),
    [
        ("NAME Smith, John", "NAME"),
        ("FILED 2026-03-02 Franklin", "FILED"),
        ("filed: 3/2/26", "FILED"),
        ("HEARINGS 15AB-CR00015", "HEARINGS"),
        ("MORE", "MORE"),
        ("3", "3"),
        ("12", "12"),
        ("lang es", "LANG"),
        ("my data", "MY DATA"),
        ("Forget me", "FORGET ME"),
        ("NOTE 15AB-CR00015 call John", "NOTE"),
        ("digest weekly", "DIGEST"),
        ("pause 15AB-CR00015", "PAUSE"),
        ("resume", "RESUME"),
        ("remind 10,2", "REMIND"),
        ("status", "STATUS"),
        ("ping", "PING"),
        ("MOVE ann@people.example", "MOVE"),
        ("RESEND", "RESEND"),
        ("discreet on", "DISCREET"),
    ],
)
def test_verbs_that_are_not_built_are_known(line: str, verb: str) -> None:
    assert not_offered(line) == verb


@pytest.mark.parametrize(
    "line",
    [
        "name your price", "Name: John", "More information follows", "more", "filed yesterday",
        "note that I am away", "Only you can help", "only", "status of my case is unclear to me",
        "move it", "since Monday", "hearings are public", "123", "my data is wrong", "lang", "pingu",
        "NAMES", "", "\u0663", "resume attached below",
    ],
)  # fmt: skip
def test_prose_is_not_taken_for_them(line: str) -> None:
    assert not_offered(line) == ""


def test_our_own_lines_know_every_verb() -> None:
    """plain.py never begins a line of ours with a word that is one here."""
    ours = {name.split()[0].lower() for name in NAMES if name not in ("?", "TRACKING REPORT")}
    theirs = {absent.name.split()[0].lower() for absent in NOT_OFFERED}
    assert ours | theirs <= COMMAND_WORDS


@pytest.mark.parametrize(
    ("rest", "token"),
    [
        (TOKEN, TOKEN),
        (f"<{TOKEN}>.", TOKEN),
        (f"{TOKEN[:20]} {TOKEN[20:]}", TOKEN),
        (TOKEN.lower(), TOKEN.lower()),  # helpful answer, not silence (trap 47)
        ("K7M2Z-9QXD4", "K7M2Z-9QXD4"),
        ("k7m2z 9qxd4", "K7M2Z-9QXD4"),
        ("k7m2z9qxdo", "K7M2Z-9QXD0"),
        ("EVERY-THING", "EVERY-TH1NG"),
        ("everything", ""),
        ("please", ""),
        (f"{TOKEN} please", ""),
        ("K7M2Z-9QXD4 please", ""),
        ("", ""),
    ],
)
def test_tokens_and_codes(rest: str, token: str) -> None:
    assert token_in(rest) == token


@pytest.mark.parametrize(
    ("word", "verb"),
    [
        ("TRAK", Verb.TRACK),
        ("trakc", Verb.TRACK),
        ("STPO", Verb.STOP),
        ("stopp", Verb.STOP),
        ("CONFRIM", Verb.CONFIRM),
        ("conform", Verb.CONFIRM),
        ("reprot", Verb.REPORT),
        ("unsubscibe", Verb.STOP),
        ("hlep", Verb.HELP),
        ("TRACK", None),
        ("st", None),
        ("Hello", None),
        ("thanks", None),
        ("Regards", None),
        ("Dear", None),
        ("\u017fTOPP", None),
    ],
)
def test_mistyped_verbs(word: str, verb: Verb | None) -> None:
    assert near_verb(word) == verb


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("STOP", True),
        ("> stop.", True),
        ("*TRACK 15AB-CR00015*", True),
        ("STOP ALL", True),
        ("help", True),
        ("help track", True),
        ("yes", True),
        (f"confirm {TOKEN}", True),
        ("help me", False),
        ("stop smoking", False),
        ("confirm my booking", False),
        ("track and field", False),
        ("no problem", False),
        ("I am away", False),
        ("15AB-CR00015", False),
        ("", False),
    ],
)
def test_what_gives_a_person_away(line: str, command: bool) -> None:
    assert opens_command(line) is command


@pytest.mark.parametrize(
    ("line", "no"),
    [
        ("No", True),
        ("NO.", True),
        ("no, this was not me", True),
        ("Nein! Das war ich nicht", True),
        ("non, merci", True),
        ("stop", True),
        ("Unsubscribe.", True),
        ("No. 15AB-CR00015", False),
        ("No entries", False),
        ("No: none", False),
        ("Note: keep this", False),
        ("None", False),
        ("Stop Tracking", False),
        ("To stop this case:", False),
        ("yes", False),
        ("", False),
        (",", False),
    ],
)
def test_what_refuses(line: str, no: bool) -> None:
    assert refuses(line) is no


@settings(deadline=None)
@given(st.text(max_size=60))
def test_any_line(line: str) -> None:
    split_verb(line), not_offered(line), token_in(line), near_verb(line), opens_command(line)
    refuses(line)
