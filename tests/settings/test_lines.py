"""Lines of a TOML text: every shape of TOML 1.0, and any text that tomllib accepts."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailbot.settings.lines import Place, find_lines, line_of

EVERY_SHAPE = '''# a comment with [a.table] = "in it"
top = 1
"quoted \\"key\\"".'single # key' = true
[one]
text = "a # no comment ] } \\" "
literal = 'C:\\'
long = """
[not.a.table]
key = 5 \\
"" two quotes ""
"""
after_long = 1
raw = \'\'\'
"""
\'\'\'\'
after_raw = 2
day = 1979-05-27 07:32:00 # with a blank
[ one . "two three" ] # dotted
dotted.key.deep = [ # a list
  1, 2, # two on a line
  [3,
   4], { a = { b = [
     { c = 1 },
     { c = 2 } ] }, d = 5 },
]
last = {}
[[rows]]
x = 1
[[rows]]
x = 2
[rows.inner]
y = 3
[[rows.deep]]
z = 4
[[rows.deep]]
z = 5
[[rows]]
[[rows.deep]]
z = 6
'''

EXPECTED: dict[Place, int] = {
    ("top",): 2,
    ('quoted "key"',): 3,
    ('quoted "key"', "single # key"): 3,
    ("one",): 4,
    ("one", "text"): 5,
    ("one", "literal"): 6,
    ("one", "long"): 7,
    ("one", "after_long"): 12,
    ("one", "raw"): 13,
    ("one", "after_raw"): 16,
    ("one", "day"): 17,
    ("one", "two three"): 18,
    ("one", "two three", "dotted"): 19,
    ("one", "two three", "dotted", "key", "deep"): 19,
    ("one", "two three", "dotted", "key", "deep", 0): 20,
    ("one", "two three", "dotted", "key", "deep", 1): 20,
    ("one", "two three", "dotted", "key", "deep", 2): 21,
    ("one", "two three", "dotted", "key", "deep", 2, 1): 22,
    ("one", "two three", "dotted", "key", "deep", 3): 22,
    ("one", "two three", "dotted", "key", "deep", 3, "a", "b", 0, "c"): 23,
    ("one", "two three", "dotted", "key", "deep", 3, "a", "b", 1, "c"): 24,
    ("one", "two three", "dotted", "key", "deep", 3, "d"): 24,
    ("one", "two three", "last"): 26,
    ("rows",): 27,
    ("rows", 0): 27,
    ("rows", 0, "x"): 28,
    ("rows", 1): 29,
    ("rows", 1, "x"): 30,
    ("rows", 1, "inner"): 31,
    ("rows", 1, "inner", "y"): 32,
    ("rows", 1, "deep"): 33,
    ("rows", 1, "deep", 0, "z"): 34,
    ("rows", 1, "deep", 1, "z"): 36,
    ("rows", 2): 37,
    ("rows", 2, "deep"): 38,
    ("rows", 2, "deep", 0, "z"): 39,
}


def places(value: Any, at: Place = ()) -> Iterator[Place]:
    """The place of everything that tomllib found."""
    if at:
        yield at
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from places(inner, (*at, key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from places(inner, (*at, number))


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_every_shape_has_its_line(ends: str) -> None:
    text = EVERY_SHAPE.replace("\n", ends)
    lines = find_lines(text)
    assert {place: lines.get(place) for place in EXPECTED} == EXPECTED
    assert set(places(tomllib.loads(text))) == set(lines)


@pytest.mark.parametrize(
    ("place", "line"),
    [
        (("one", "text"), 5),
        (("one", "absent"), 4),
        (("rows", 1, "inner", "absent"), 31),
        (("rows", 1, "absent"), 29),
        (("absent", "deep"), 1),
        ((), 1),
    ],
)
def test_what_is_absent_is_placed_at_the_table_around_it(place: Place, line: int) -> None:
    assert line_of(place, find_lines(EVERY_SHAPE)) == line


def test_an_empty_text_has_no_lines() -> None:
    assert find_lines("") == {}
    assert find_lines("# nothing\n\n") == {}


def test_the_shipped_config_is_followed_to_its_end() -> None:
    text = (Path(__file__).parents[2] / "config.toml").read_text(encoding="utf-8")
    lines = find_lines(text)
    assert set(lines) == set(places(tomllib.loads(text)))
    shown = text.splitlines()
    assert shown[lines["web", "base_url"] - 1].startswith("base_url = ")
    assert shown[lines["route", 4, "purpose"] - 1] == 'purpose = "postmaster"'


SCALARS = st.one_of(
    st.booleans().map(lambda yes: "true" if yes else "false"),
    st.integers(-99, 99).map(str),
    st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=8).map(json.dumps),
    st.text("ab'\"\n ]}#", max_size=8).map(lambda text: '"""' + text.replace('"', '\\"') + '"""'),
    st.text('ab"\n ]}#[=', max_size=8).map(lambda text: f"'''{text}'''"),
    st.datetimes().map(lambda moment: moment.isoformat(" ")),
)
GAPS = st.sampled_from(["", " ", "\n", " # note ]}\n", "\n\n  "])
KEYS = st.text("abc_-19", min_size=1, max_size=3) | st.text("a .#]", max_size=3).map(json.dumps)


def _list(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    entries = st.lists(st.tuples(GAPS, inner, GAPS).map("".join), max_size=3)
    return entries.map(lambda some: "[" + ",".join(some) + "]")


def _inline(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.dictionaries(KEYS, inner, max_size=3).map(
        lambda pairs: "{" + ", ".join(f"{key} = {value}" for key, value in pairs.items()) + "}"
    )


VALUES = st.recursive(SCALARS, lambda inner: _list(inner) | _inline(inner), max_leaves=10)
LINES = st.one_of(
    st.tuples(st.lists(KEYS, min_size=1, max_size=2).map(".".join), VALUES).map(" = ".join),
    st.lists(KEYS, min_size=1, max_size=2).map(lambda keys: f"[{'.'.join(keys)}]"),
    st.lists(KEYS, min_size=1, max_size=2).map(lambda keys: f"[[ {' . '.join(keys)} ]] # x"),
    st.just(""),
)


@settings(deadline=None)
@given(text=st.lists(LINES, max_size=8).map("\n".join))
def test_whatever_tomllib_finds_has_a_line(text: str) -> None:
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    lines = find_lines(text)
    assert set(places(found)) == set(lines)
    assert all(1 <= line <= text.count("\n") + 1 for line in lines.values())
