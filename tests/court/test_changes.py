"""What changed for whom (decisions.md 10), as properties and as the cases of the table."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.court.changes import compare, state_of
from mailbot.model import FIELD_CLASSES, Entry, EntryChange, EntryState

NOON = datetime(2015, 11, 16, 15, 21, tzinfo=UTC)
ENTRY = Entry(
    key="1",
    seq=1,
    filed_at=NOON,
    activity_at=NOON,
    description="Filing:",
    text="Track This Case Docket Text",
    filed_by="Petitioner",
    documents=1,
    access=0,
)
STATES = st.sampled_from(
    [
        EntryState(access, tuple(letter.encode() * 8 for letter in letters))
        for access in (0, 1, 5, 9)
        for letters in ("aaaaa", "abaaa", "abbab")
    ]
)
LEDGERS = st.dictionaries(st.sampled_from("abcd"), STATES, max_size=4)
VIEWERS = st.sampled_from(
    [lambda access: access in (0, 1), lambda access: access == 0, lambda access: access != 9]
)


def public(access: int) -> bool:
    return access in (0, 1)


def everybody(access: int) -> bool:
    return True


# --- state_of ----------------------------------------------------------------------------------


def test_a_state_has_one_digest_of_eight_bytes_a_class() -> None:
    state = state_of(ENTRY)
    assert state.access == 0
    assert [len(digest) for digest in state.digests] == [8] * len(FIELD_CLASSES)
    assert len(set(state.digests)) == len(FIELD_CLASSES)


@pytest.mark.parametrize(
    ("changed", "fields"),
    [
        ({"description": "Order"}, ("description",)),
        ({"text": "Another"}, ("text",)),
        ({"filed_at": NOON + timedelta(minutes=1)}, ("filing date",)),
        ({"filed_at": None}, ("filing date",)),
        ({"filed_by": "Respondent"}, ("party",)),
        ({"documents": 2}, ("documents",)),
        ({"text": "Another", "documents": 0}, ("text", "documents")),
        ({"text": "Track This Case  Docket Text"}, ("text",)),  # inside, white space is content
        ({"text": "track this case docket text"}, ("text",)),
    ],
)
def test_a_visible_change_is_told_by_the_names_of_its_fields(
    changed: Mapping[str, object], fields: tuple[str, ...]
) -> None:
    after = replace(ENTRY, **changed)  # type: ignore[arg-type]
    changes = compare({"1": state_of(ENTRY)}, {"1": state_of(after)}, public)
    assert changes == [EntryChange("1", "updated", fields)]


@pytest.mark.parametrize(
    "changed",
    [
        {"activity_at": NOON + timedelta(days=2)},  # touched
        {"activity_at": None},
        {"seq": 7},
        {"text": "Track This Case Docket Text\r\n"},
        {"description": " Filing: "},  # a CHAR column is padded
        {"filed_at": NOON.astimezone(timezone(timedelta(hours=-6)))},
        {"filed_at": NOON + timedelta(seconds=59)},  # S76 shows minutes
    ],
)
def test_what_nobody_sees_is_no_change(changed: Mapping[str, object]) -> None:
    assert state_of(replace(ENTRY, **changed)) == state_of(ENTRY)  # type: ignore[arg-type]


def test_line_ends_are_all_one() -> None:
    texts = ["a\nb", "a\r\nb", "a\rb"]
    assert len({state_of(replace(ENTRY, text=text)) for text in texts}) == 1


def test_the_same_words_in_two_fields_have_two_digests() -> None:
    state = state_of(replace(ENTRY, description="x", text="x", filed_by="x"))
    assert len({state.digests[0], state.digests[1], state.digests[3]}) == 3


def test_another_mapping_version_gives_other_digests() -> None:
    assert state_of(ENTRY, "a" * 32).digests != state_of(ENTRY, "b" * 32).digests
    assert state_of(ENTRY, "a" * 32) == state_of(ENTRY, "a" * 32)
    assert len(state_of(ENTRY, "v" * 1000).digests) == len(FIELD_CLASSES)


@given(st.text(st.characters(), max_size=200), st.text(st.characters(), max_size=50))
def test_any_text_has_a_state(text: str, label: str) -> None:
    """Lone surrogates, NUL and bidi controls too."""
    entry = replace(ENTRY, text=text, description=label, filed_by=label)
    assert state_of(entry) == state_of(entry)


def test_stacked_accents_cost_nothing() -> None:
    """Unicode's normalisation needs 6.6 s for these 80,000 accents and grows by the square."""
    before = process_time()
    state_of(replace(ENTRY, text="a" + "\u0315\u0300" * 40_000))
    assert process_time() - before < 1


def test_two_megabytes_have_a_state_and_the_last_character_counts() -> None:
    long = "x" * 2_000_000
    assert state_of(replace(ENTRY, text=long + "a")) != state_of(replace(ENTRY, text=long + "b"))


# --- compare -----------------------------------------------------------------------------------

A = (b"a" * 8,) * 5
B = (b"a" * 8, b"b" * 8, b"a" * 8, b"a" * 8, b"a" * 8)


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        (None, EntryState(0, A), "added"),
        (None, EntryState(5, A), None),  # a hidden entry comes in silence
        (EntryState(0, A), EntryState(0, A), None),
        (EntryState(0, A), EntryState(0, B), "updated"),
        (EntryState(0, A), EntryState(1, A), None),  # another level alone, visible both times
        (EntryState(0, A), EntryState(1, B), "updated"),
        (EntryState(5, A), EntryState(0, A), "added"),  # hidden -> visible
        (EntryState(5, A), EntryState(0, B), "added"),
        (EntryState(0, A), EntryState(5, A), None),  # visible -> hidden: silence
        (EntryState(0, A), EntryState(9, B), None),
        (EntryState(5, A), EntryState(5, B), None),  # never seen
        (EntryState(0, A), None, "removed"),
        (EntryState(5, A), None, None),
    ],
)
def test_the_table_of_decision_10(
    before: EntryState | None, after: EntryState | None, kind: str | None
) -> None:
    old = {} if before is None else {"k": before}
    new = {} if after is None else {"k": after}
    assert [change.kind for change in compare(old, new, public)] == ([kind] if kind else [])


def test_an_entry_that_reappears_unchanged_is_silent_and_else_an_update() -> None:
    """The ledger keeps what is absent, so an entry that is back meets its own state."""
    kept = {"k": EntryState(0, A)}
    assert compare(kept, {"k": EntryState(0, A)}, public) == []
    assert compare(kept, {"k": EntryState(0, B)}, public) == [
        EntryChange("k", "updated", ("text",))
    ]


@given(LEDGERS, VIEWERS)
def test_the_same_is_no_change(ledger: dict[str, EntryState], sees: Callable[[int], bool]) -> None:
    assert compare(ledger, dict(ledger), sees) == []


@given(LEDGERS, LEDGERS, VIEWERS, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(
    old: dict[str, EntryState],
    new: dict[str, EntryState],
    sees: Callable[[int], bool],
    chance: random.Random,
) -> None:
    assert compare(_shuffled(old, chance), _shuffled(new, chance), sees) == compare(old, new, sees)


def _shuffled(states: dict[str, EntryState], chance: random.Random) -> dict[str, EntryState]:
    items = list(states.items())
    chance.shuffle(items)
    return dict(items)


@given(LEDGERS, LEDGERS, VIEWERS)
def test_every_visible_change_is_told_exactly_once(
    old: dict[str, EntryState], new: dict[str, EntryState], sees: Callable[[int], bool]
) -> None:
    changes = compare(old, new, sees)
    assert len({change.entry_key for change in changes}) == len(changes)
    shown_before = {key: state.digests for key, state in old.items() if sees(state.access)}
    shown_now = {key: state.digests for key, state in new.items() if sees(state.access)}
    told = {change.entry_key: change.kind for change in changes}
    for key in old.keys() | new.keys():
        if key in shown_now and key not in shown_before:
            assert told.pop(key) == "added"
        elif key in shown_now and shown_now[key] != shown_before[key]:
            assert told.pop(key) == "updated"
        elif key in shown_before and key not in new:
            assert told.pop(key) == "removed"
    assert told == {}


@given(LEDGERS, LEDGERS, VIEWERS)
def test_nothing_is_told_of_what_the_viewer_may_not_see(
    old: dict[str, EntryState], new: dict[str, EntryState], sees: Callable[[int], bool]
) -> None:
    for change in compare(old, new, sees):
        state = old[change.entry_key] if change.kind == "removed" else new[change.entry_key]
        assert sees(state.access)


@given(LEDGERS, LEDGERS)
def test_fields_are_named_for_updates_only_and_in_order(
    old: dict[str, EntryState], new: dict[str, EntryState]
) -> None:
    for change in compare(old, new, everybody):
        assert bool(change.fields) == (change.kind == "updated")
        assert list(change.fields) == [name for name in FIELD_CLASSES if name in change.fields]


@given(LEDGERS, LEDGERS, LEDGERS)
def test_what_is_told_stepwise_is_told(
    first: dict[str, EntryState], second: dict[str, EntryState], third: dict[str, EntryState]
) -> None:
    """Whatever is new at the end was told on the way: no timing of sweeps loses a change.

    A removal may stay untold: what was hidden before it went is silence.
    """
    on_the_way = compare(first, second, public) + compare(second, third, public)
    told = {change.entry_key for change in on_the_way}
    for change in compare(first, third, public):
        hidden_first = change.entry_key in second and not public(second[change.entry_key].access)
        assert change.entry_key in told or (change.kind == "removed" and hidden_first)


def test_additions_come_first_then_updates_then_removals() -> None:
    old = {"a": EntryState(0, A), "b": EntryState(0, A)}
    new = {"b": EntryState(0, B), "c": EntryState(0, A)}
    kinds = [change.kind for change in compare(old, new, public)]
    assert kinds == ["added", "updated", "removed"]
