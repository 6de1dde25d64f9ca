"""What stands behind a verb is read strictly where it acts, and kindly where it only asks."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailbot.desk.reading.arguments import bare_numbers, meant, of, without_links
from mailbot.model import Verb

SHAPES = ("99AA-AA00000", "9999-AA00000", "000000000")
ONE, TWO = "15AB-CR00015", "1420-CC00599"


@pytest.mark.parametrize(
    ("verb", "rest", "arguments"),
    [
        (Verb.TRACK, ONE, [(ONE,)]),
        (Verb.TRACK, f"{ONE}, {TWO}", [(ONE,), (TWO,)]),
        (Verb.TRACK, f"{ONE} {TWO}", [(ONE,), (TWO,)]),
        (Verb.TRACK, f"{ONE};{TWO}", [(ONE,), (TWO,)]),
        (Verb.TRACK, f"case number {ONE} and {TWO}, please", [(ONE,), (TWO,)]),
        (Verb.TRACK, "15ab cr 15, 1420 cc 599 and 000333666", [(ONE,), (TWO,), ("000333666",)]),
        (Verb.TRACK, f"{ONE} - ST V JASON L COFFMAN", [(ONE,)]),
        (Verb.TRACK, f"{ONE} (ST V COFFMAN)", [(ONE,)]),
        (Verb.TRACK, "24-cv-1234", [("24-CV-1234",)]),
        (Verb.TRACK, "15AB-CRO0015", [("15AB-CRO0015",)]),
        (Verb.TRACK, "", None),
        (Verb.TRACK, "Palin", None),
        (Verb.TRACK, f"{ONE} tomorrow", None),
        (Verb.TRACK, f"{ONE} STOP ALL", None),
        (Verb.TRACK, "15\u0410B-CR00015", None),
        (Verb.CASE, "000333666", [("000333666",)]),
        (Verb.STOP, "", [()]),
        (Verb.STOP, "all", [("ALL",)]),
        (Verb.STOP, f"{ONE}, {TWO}", [(ONE, TWO)]),
        (Verb.STOP, f"case {ONE}", None),
        (Verb.STOP, f"{ONE} please", None),
        (Verb.STOP, "all cases", None),
        (Verb.STOP, f"all {ONE}", None),
        (Verb.STOP, "tracking this case", None),
        (Verb.CONFIRM, "", [()]),
        (Verb.CONFIRM, "K7M2Z-9QXD4", [("K7M2Z-9QXD4",)]),
        (Verb.CONFIRM, "my booking", None),
        (Verb.NO, "thanks", None),
        (Verb.UNDO, "", [()]),
        (Verb.REPORT, "", [()]),
        (Verb.REPORT, "on it", None),
        (Verb.HELP, "", [()]),
        (Verb.HELP, "track", [("TRACK",)]),
        (Verb.HELP, "me", None),
    ],
)
def test_arguments(verb: Verb, rest: str, arguments: list[tuple[str, ...]] | None) -> None:
    assert of(verb, rest, SHAPES) == arguments


@pytest.mark.parametrize(
    ("line", "numbers"),
    [
        (ONE, [ONE]),
        ("15ab cr 15", [ONE]),
        (f"{ONE}, {TWO}", [ONE, TWO]),
        ("000333666", ["000333666"]),
        ("333666", []),
        ("2026", []),
        ("573 751 4377", []),
        ("573 751 437", []),
        (f"{ONE} please", []),
        (f"see {ONE}", []),
        ("", []),
    ],
)
def test_lines_of_numbers(line: str, numbers: list[str]) -> None:
    assert bare_numbers(line, SHAPES) == numbers


@pytest.mark.parametrize(
    ("line", "suggestion"),
    [
        (f"TRAK {ONE}", f"TRACK {ONE}"),
        (f"trakc 15ab cr 15, {TWO}", f"TRACK {ONE}, {TWO}"),
        (f"track {ONE} tomorrow", f"TRACK {ONE}"),
        ("stop all cases", "STOP ALL"),
        ("Stop Tracking ALL Cases", "STOP ALL"),
        ("stop tracking", "STOP"),
        (f"stop tracking {ONE}", f"STOP {ONE}"),
        (f"please stop {ONE}", f"STOP {ONE}"),
        (f"I want to track {ONE}.", f"TRACK {ONE}"),
        ("STPO", "STOP"),
        ("confirm please", "CONFIRM"),
        ("help me", "HELP"),
        ("hlep", "HELP"),
        ("track and field is what I do on every weekend", ""),
        ("stop by my office tomorrow at nine please", ""),
        ("Traci Smith", ""),
        ("Hello", ""),
        (f"I read about {ONE}", ""),
        ("", ""),
    ],
)
def test_what_was_probably_meant(line: str, suggestion: str) -> None:
    assert meant(line, SHAPES) == suggestion


@pytest.mark.parametrize(
    ("line", "bare"),
    [
        ("000333666<tel:000333666>", "000333666"),
        ("TRACK 000333666 <tel:000333666>, x", "TRACK 000333666  , x"),
        ("STOP <https://x.example/>", "STOP"),
        ("a <b> c", "a <b> c"),
        ("a <tel:1", "a <tel:1"),
    ],
)
def test_links_that_programs_add(line: str, bare: str) -> None:
    assert without_links(line) == bare


@settings(deadline=None)
@given(st.sampled_from(list(Verb)), st.text(max_size=80))
def test_any_text_behind_any_verb(verb: Verb, rest: str) -> None:
    for arguments in of(verb, rest, SHAPES) or []:
        assert all(argument.isascii() and argument for argument in arguments)
    bare_numbers(rest, SHAPES), meant(rest, SHAPES), without_links(rest)
