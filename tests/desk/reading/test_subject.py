"""Subjects are peeled in every language, to the end and no further (5.2.3, trap 1)."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailbot.desk.reading.subject import FORWARD, MOST_TURNS, REPLY, Peeled, peel


@pytest.mark.parametrize(
    "marks",
    [
        "Re: ", "Re: Re: ", "RE:", "AW: ", "Antwort: ", "SV: ", "RV: ", "回复: ", "回复：", "Re[2]: ",
        "Re (3): ", "Re^2: ", "Re2: ", "Re : ", "[EXTERNAL] Re: ", "Re: [EXT] ", 
        "***SPAM*** Re: ", "[Ticket #123] Re: ", "(EXT) AW: ", "EXT: Re: ", "CAUTION: Re: ",
        "{Spam?} Re: ", "Odp: Odp: ", "YNT: ", "Ответ: ", "Отв: ", "Απ: ", "返信: ", "답장: ", "رد: ",
        "Re: Re: Re: Re: Re: Re: ", "\u200bRe\u00a0: ", "Ｒｅ： ", "【EXT】Re: ", "Res: ", "RIF: ",
    ],
)  # fmt: skip
def test_reply_marks_come_off(marks: str) -> None:
    assert peel(f"{marks}CONFIRM K7M2Z-9QXD4") == Peeled("CONFIRM K7M2Z-9QXD4", replied=True)


@pytest.mark.parametrize(
    "subject",
    ["Fwd: x", "FW: x", "WG: x", "TR: x", "Re: Fwd: x", "Fwd: Re: x", "[EXT] FW: x", "x (fwd)",
     "转发: x", "Doorst: x", "I: x", "ENC: x", "VS: x", "Fwd[2]: x", "Пересл: x"],
)  # fmt: skip
def test_a_forward_is_told_apart(subject: str) -> None:
    peeled = peel(subject)
    assert (peeled.text, peeled.forwarded) == ("x", True)


@pytest.mark.parametrize(
    "subject",
    [
        "STOP", "Undeliverable: STOP", "Read: STOP", "Accepted: STOP", "Automatic reply: STOP",
        "track: 15AB-CR00015", "Case: 15AB-CR00015", "[a tag that is far too long to be one] STOP",
        "Regarding: STOP", "*STOP*", "(STOP)", "[STOP", "", "12:30 STOP", "Refund: x", "Re",
    ],
)  # fmt: skip
def test_anything_else_stays(subject: str) -> None:
    """Trap 10: what a machine writes before a subject is no mark of ours."""
    assert peel(subject) == Peeled(subject)


def test_a_tag_and_a_warning_alone_are_no_reply() -> None:
    assert peel("[Court] STOP") == Peeled("STOP")
    assert peel("[EXTERNAL] ***SPAM*** STOP") == Peeled("STOP")


def test_it_ends_after_twelve_turns() -> None:
    assert peel("Re:" * 100 + "x").text == "Re:" * (100 - MOST_TURNS) + "x"


def test_no_word_is_both_reply_and_forward() -> None:
    assert not REPLY & FORWARD


def test_any_order() -> None:
    for marks in itertools.permutations(["Re: ", "[EXT] ", "Fwd: ", "***SPAM*** "], 3):
        assert peel("".join(marks) + "x").text == "x"


@settings(deadline=None)
@given(st.text(max_size=200))
def test_any_subject_is_peeled(subject: str) -> None:
    peeled = peel(subject)
    assert peel(peeled.text).text == peeled.text or len(subject) > 30
