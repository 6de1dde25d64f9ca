"""Foreign text made fit to be shown: cleaned, cut, wrapped, marked; whatever it is."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mailbot import plain
from mailbot.model import Ignored, Link

ANY = st.text(st.characters(exclude_categories=()), max_size=400)
WORDS = st.lists(
    st.sampled_from(["a", "STOP", "All", "yes", "si", "15AB-CR00015", "7", "word", "x" * 90, "-"]),
    max_size=60,
)
FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
WAVE = "\U0001f44b\U0001f3fd"
FLAGS = "\U0001f1fa\U0001f1f8\U0001f1f2\U0001f1fd"
HANGUL = "\u1112\u1161\u11ab"
PERSIAN = "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"
ENGLAND = "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"


# --- Clean ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("a\r\nb\rc\vd\fe\x1cf\x85g\u2028h\u2029i", "a\nb\nc\nd\ne\nf\ng\nh\ni"),
        ("nul\x00 esc\x1b[31m del\x7f c1\x9b", "nul esc[31m del c1"),
        ("\u202egnp.exe\u202c \u2066x\u2069 \u200fy\u061c", "gnp.exe x y"),
        ("S\u200bT\u2060O\ufeffP\xad \u180e", "STOP "),
        ("a\u200db \u200cc", "ab c"),
        (PERSIAN, PERSIAN),
        (FAMILY, FAMILY),
        ("\ud800x\udfff", "\ufffdx\ufffd"),
        ("tab\there", "tab here"),
        ("Pe\u00f1a \u5224\u6c7a \xa0", "Pe\u00f1a \u5224\u6c7a \xa0"),
        ("", ""),
    ],
)
def test_what_cannot_be_seen_is_gone(text: str, clean: str) -> None:
    assert plain.clean_text(text) == clean


@given(ANY)
def test_clean_is_harmless_and_stays_clean(text: str) -> None:
    clean = plain.clean_text(text)
    clean.encode("utf-8")
    assert plain.clean_text(clean) == clean
    assert clean.split("\n") == clean.splitlines() or clean.endswith("\n") or not clean
    categories = {unicodedata.category(char) for char in clean if char != "\n"}
    assert not categories & {"Cc", "Cs", "Zl", "Zp"}
    assert not set(clean) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200b")


@given(ANY)
def test_a_clean_line_is_one_line(text: str) -> None:
    line = plain.clean_line(text)
    assert len(line.splitlines()) <= 1
    assert line == " ".join(line.split())


# --- Cut --------------------------------------------------------------------------------------


def test_cut_counts_code_points_and_tells_the_rest() -> None:
    """S80, G20."""
    assert plain.cut("x" * 2000, 2000) == ("x" * 2000, 0)
    assert plain.cut("x" * 2345, 2000) == ("x" * 2000, 345)
    assert plain.cut("\u5224" * 2001, 2000) == ("\u5224" * 2000, 1)
    assert plain.cut("a\r\n" * 1000, 2000) == ("a\n" * 1000, 0)


@pytest.mark.parametrize(
    "whole", ["e\u0301", FAMILY, WAVE, HANGUL, ENGLAND, "\u2764\ufe0f", FLAGS[:2], "\uac00\u11a8"]
)
def test_what_reads_as_one_character_stays_whole(whole: str) -> None:
    for inside in range(1, len(whole)):
        text, more = plain.cut("x" * 10 + whole + "y" * 10, 10 + inside)
        assert (text, more) == ("x" * 10, len(whole) + 10)
    assert plain.cut("x" * 10 + whole + "y", 10 + len(whole)) == ("x" * 10 + whole, 1)


def test_flags_are_cut_between_pairs() -> None:
    assert plain.cut(FLAGS * 3, 5)[0] == FLAGS
    assert plain.cut(FLAGS * 3, 6)[0] == FLAGS * 1 + FLAGS[:2]


def test_one_endless_character_is_cut_hard() -> None:
    """A filer must not hide a text by putting 2000 accents first."""
    assert plain.cut("a" + "\u0301" * 5000, 2000) == ("a" + "\u0301" * 1999, 3001)
    assert plain.cut("\u0301" * 30, 0) == ("", 30)


@given(ANY, st.integers(0, 50))
def test_cut_keeps_a_beginning(text: str, limit: int) -> None:
    kept, more = plain.cut(text, limit)
    whole, _ = plain.cut(text, len(text))
    assert whole.startswith(kept)
    assert len(kept) + more == len(whole)
    assert len(kept) <= limit
    assert (more > 0) == (len(whole) > limit)


# --- Wrap and mark ----------------------------------------------------------------------------


def test_wrap_fills_lines_and_keeps_long_words() -> None:
    link = "https://track.court.example/" + "x" * 80
    assert plain.wrap(f"See  all\n{link} now or later") == f"See all\n{link}\nnow or later"
    assert plain.wrap("a b", 72, "NEW      ", "         ") == "NEW      a b"
    assert plain.wrap("aaa bbb ccc ddd", 9, "* ", "  ") == "* aaa bbb\n  ccc ddd"
    assert plain.wrap("") == ""


@given(WORDS)
def test_no_continuation_line_reads_as_a_command(words: list[str]) -> None:
    """decisions.md 18, however the words fall."""
    lines = plain.wrap(" ".join(["The", "words", *words]), 40).split("\n")
    assert " ".join(lines).split() == ["The", "words", *words]
    for line in lines[1:]:
        first = line.split()[0]
        assert first.strip("-").casefold() not in plain.COMMAND_WORDS
        assert not any(char.isdigit() for char in first)
        assert " " in line or len(line) >= plain.LONE


@given(ANY)
def test_wrap_changes_white_space_only(text: str) -> None:
    assert plain.wrap(text).split() == text.split()


@given(ANY)
def test_every_line_of_a_marked_text_bears_the_mark(text: str) -> None:
    """Trap 8, trap 100."""
    marked = plain.mark(text, 72, "         ")
    for line in marked.split("\n"):
        assert line == "         |" or line.startswith("         | ")
    assert len(marked.splitlines()) == len(marked.split("\n"))


def test_mark_keeps_lines_and_folds_long_ones() -> None:
    assert plain.mark("a\n\nb\r\nc") == "| a\n|\n| b\n| c"
    assert plain.mark("aaa bbb ccc", 9) == "| aaa bbb\n| ccc"
    assert plain.mark("x" * 100 + " y") == f"| {'x' * 100}\n| y"
    assert plain.mark("") == "|"


@pytest.mark.parametrize(
    ("text", "dead"),
    [
        ("https://evil.example/x", "https:\u200c//evil.example/x"),
        ("HTTP://evil and ftp://y", "HTTP:\u200c//evil and ftp:\u200c//y"),
        ("mailto:a@evil.example", "mailto:\u200ca@evil.example"),
        ("www.evil.example", "www\u200c.evil.example"),
        ("Filing: 11/16/15", "Filing: 11/16/15"),
    ],
)
def test_no_link_lives_in_foreign_text(text: str, dead: str) -> None:
    assert plain.unlinked(text) == dead


# --- Facts ------------------------------------------------------------------------------------


def test_facts_are_cleaned_all_the_way_down() -> None:
    facts = {
        "case": {"number": "15AB\r\nX", "url": "javascript:alert(1)", "docket_url": None},
        "entries": [{"text": "a\rb", "description": "https://evil.example\x00", "count": 3}],
        "stop": Link("https://ours.example/s", "mailto:bot@ours.example"),
        "reasons": (Ignored("STOP\nALL", "no command"),),
        "frame": {"banner": "See https://court.example"},
    }
    shown = plain.prepare(facts, "none")
    assert shown["case"] == {"number": "15AB X", "url": "", "docket_url": None}
    assert shown["entries"] == [
        {"text": "a\nb", "description": "https:\u200c//evil.example", "count": 3}
    ]
    assert shown["stop"] == {"url": "https://ours.example/s", "mailto": "mailto:bot@ours.example"}
    assert shown["reasons"] == [{"line": "STOP ALL", "reason": "no command"}]
    assert shown["frame"] == {"banner": "See https://court.example"}


def test_a_text_part_shows_links_behind_marks_only() -> None:
    facts = {"text": "https://x.example", "caption": "https://x.example"}
    assert plain.prepare(facts, "text") == {
        "text": "https://x.example",
        "caption": "https:\u200c//x.example",
    }
    assert plain.prepare(facts, "all") == facts


@given(st.dictionaries(st.sampled_from(["url", "mailto", "help_url"]), ANY))
def test_only_our_addresses_are_addresses(facts: dict[str, str]) -> None:
    assume(facts)
    for shown in plain.prepare(facts, "all").values():
        assert shown == "" or shown.startswith(("https://", "http://", "mailto:"))
        assert not set(shown) & set(' \n"<>')
