"""DMARC is read and found as RFC 9989 has it: a tree walk, and no list of public suffixes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.doctor.names.dmarc import find, is_aligned, read_dmarc, steps
from tests.doctor.zone import Zone


def zone(**records: str) -> Zone:
    """Records by domain, written with _ for its dots."""
    return Zone(
        {(f"_dmarc.{name.replace('_', '.')}", "TXT"): [text] for name, text in records.items()}
    )


@pytest.mark.parametrize(
    ("text", "policy", "below"),
    [
        ("v=DMARC1; p=reject", "reject", "reject"),
        ("v=DMARC1; p=reject; sp=none", "reject", "none"),
        ("v=DMARC1; p=REJECT; t=y", "quarantine", "quarantine"),
        ("v=DMARC1; p=quarantine; t=y; sp=reject", "none", "quarantine"),
        ("v=DMARC1; p=none; t=y", "none", "none"),
        ("v=DMARC1; p=never; rua=mailto:a@b.example", "none", "none"),
        ("v=DMARC1;p=reject;", "reject", "reject"),
    ],
)
def test_what_receivers_do(text: str, policy: str, below: str) -> None:
    record = read_dmarc(text)
    assert (record.broken, record.policy, record.policy_below) == ("", policy, below)


def test_what_is_gone_odd_and_unknown_is_named() -> None:
    record = read_dmarc("v=DMARC1; p=none; pct=50; ri=86400; rf=afrf; np=maybe; fx=1; np2=x")
    assert record.gone == ("pct", "rf", "ri")
    assert record.odd == ("np=maybe",)
    assert record.unknown == ("fx", "np2")
    assert read_dmarc("v=DMARC1; p=none; np=reject; t=n; psd=n; fo=1").odd == ()


def test_addresses_of_reports_lose_their_size() -> None:
    text = "v=DMARC1; p=none; rua=mailto:a@b.example!10m, MAILTO:c@d.example, https://x.example"
    assert read_dmarc(text).report_addresses == ("a@b.example", "c@d.example")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("v=DMARC1; p=reject; p=none", "names p= twice"),
        ("v=DMARC1", "no policy"),
        ("v=DMARC1; p=", "no policy"),
        ("p=none; v=DMARC1", "does not begin with v=DMARC1"),
    ],
)
def test_a_record_that_nobody_heeds(text: str, why: str) -> None:
    assert why in read_dmarc(text).broken


@given(st.text(max_size=200))
def test_any_text_is_read(text: str) -> None:
    record = read_dmarc(f"v=DMARC1;{text}")
    assert record.policy in {"none", "quarantine", "reject"}
    assert record.policy_below in {"none", "quarantine", "reject"}


# --- The tree walk ---


def test_the_walk_asks_from_the_name_up() -> None:
    assert steps("a.court.example") == ["a.court.example", "court.example", "example"]
    assert steps("a.b.c.d.e.f.g.h.i.j.example") == [
        "a.b.c.d.e.f.g.h.i.j.example",
        *("e.f.g.h.i.j.example", "f.g.h.i.j.example", "g.h.i.j.example", "h.i.j.example"),
        *("i.j.example", "j.example", "example"),
    ]


@given(st.lists(st.from_regex(r"[a-z]{1,5}", fullmatch=True), min_size=1, max_size=40))
def test_at_most_eight_questions_are_asked(labels: list[str]) -> None:
    """RFC 9989 4.10: however long the name is."""
    domain = ".".join(labels)
    assert len(steps(domain)) <= 8
    assert steps(domain)[0] == domain
    assert all(domain.endswith(step) for step in steps(domain))


def test_the_record_of_the_domain_itself_counts_first() -> None:
    look = zone(court_state_example="v=DMARC1; p=none", state_example="v=DMARC1; p=reject")
    found = find(look, "court.state.example")
    assert (found.domain, found.organization) == ("court.state.example", "state.example")


def test_else_that_of_the_organization() -> None:
    look = zone(court_state_example="v=DMARC1; p=none", state_example="v=DMARC1; p=reject")
    found = find(look, "mail.court.state.example")
    assert (found.domain, found.organization) == ("state.example", "state.example")


def test_psd_n_ends_the_walk() -> None:
    look = zone(court_state_example="v=DMARC1; p=none; psd=n", state_example="v=DMARC1; p=reject")
    found = find(look, "mail.court.state.example")
    assert (found.domain, found.organization) == ("court.state.example", "court.state.example")
    assert ("_dmarc.state.example", "TXT") not in look.asked


def test_below_a_public_suffix_is_an_organization() -> None:
    look = zone(example="v=DMARC1; p=reject; psd=y")
    found = find(look, "mail.court.example")
    assert found.organization == "court.example"
    assert found.domain == "example"  # nobody else has one: the suffix's own counts


def test_without_any_record() -> None:
    found = find(Zone(), "court.example")
    assert (found.record, found.organization, found.why) == (None, "court.example", "")


def test_two_records_at_a_name_are_none() -> None:
    look = Zone({("_dmarc.court.example", "TXT"): ["v=DMARC1; p=none", "v=DMARC1; p=reject"]})
    found = find(look, "court.example")
    assert (found.record, found.several) == (None, ("court.example",))


def test_other_texts_and_no_answer() -> None:
    look = Zone({("_dmarc.court.example", "TXT"): ["v=DMARC10; p=none", "hello"]})
    assert find(look, "court.example").record is None
    look.failing.add("_dmarc.court.example")
    assert "SERVFAIL" in find(look, "court.example").why


@pytest.mark.parametrize(
    ("one", "strict", "aligned"),
    [
        ("court.example", True, True),
        ("Court.Example.", True, True),
        ("mail.court.example", True, False),
        ("mail.court.example", False, True),
        ("other.example", False, False),
        ("example", False, False),
    ],
)
def test_alignment(one: str, strict: bool, aligned: bool) -> None:
    look = zone(court_example="v=DMARC1; p=none", other_example="v=DMARC1; p=none")
    assert is_aligned(look, one, "court.example", strict) is aligned
