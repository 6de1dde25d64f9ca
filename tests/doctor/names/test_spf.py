"""SPF records are read as RFC 7208 has them."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.doctor.names.spf import RESULTS, Term, is_spf, read_spf


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("v=spf1 -all", True),
        ("V=SPF1 -all", True),
        ("v=spf1", True),
        ("v=spf10 -all", False),
        ("spf2.0/mfrom -all", False),
        (" v=spf1 -all", False),
    ],
)
def test_which_text_is_one(text: str, is_one: bool) -> None:
    assert is_spf(text) is is_one


def test_every_mechanism_is_read() -> None:
    record = read_spf(
        "v=spf1 a mx/24 a:Mail.Example/24//64 mx:x.example//64 ?include:_spf.example. "
        "ip4:192.0.2.0/24 ~ip6:2001:db8::/32 exists:%{i}.x.example ptr -all"
    )
    assert record.problems == ()
    assert [(term.qualifier, term.name, term.domain) for term in record.terms] == [
        ("+", "a", ""),
        ("+", "mx", ""),
        ("+", "a", "mail.example"),
        ("+", "mx", "x.example"),
        ("?", "include", "_spf.example"),
        ("+", "ip4", ""),
        ("~", "ip6", ""),
        ("+", "exists", "%{i}.x.example"),
        ("+", "ptr", ""),
        ("-", "all", ""),
    ]
    assert [(term.length4, term.length6) for term in record.terms[:4]] == [
        (32, 128),
        (24, 128),
        (24, 64),
        (32, 64),
    ]
    assert record.terms[5].network == ip_network("192.0.2.0/24")
    assert record.terms[7].has_macro
    assert record.last_word == "fail"
    assert not record.everybody


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("v=spf1", "neutral"),
        ("v=spf1 ?all", "neutral"),
        ("v=spf1 ~all", "softfail"),
        ("v=spf1 redirect=x.example", "redirect"),
        ("v=spf1 -all redirect=x.example", "fail"),  # RFC 7208 6.1: redirect is ignored
        ("v=spf1 all", "pass"),
    ],
)
def test_what_it_says_of_all_others(text: str, word: str) -> None:
    assert read_spf(text).last_word == word


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("v=spf1 ipv4:192.0.2.1 -all", 'holds "ipv4:192.0.2.1", which SPF does not know'),
        ("v=spf1 ip4:192.0.2.300 -all", "no network"),
        ("v=spf1 ip4:2001:db8::1 -all", "no network of that kind"),
        ("v=spf1 ip4 -all", "no network"),
        ("v=spf1 ip4=192.0.2.1 a:/24 -all", "no domain can be read"),
        ("v=spf1 include -all", "no domain can be read"),
        ("v=spf1 a/33 -all", "prefix is too long"),
        ("v=spf1 mx//129 -all", "prefix is too long"),
        ("v=spf1 -all:x", "all stands alone"),
        ("v=spf1 redirect=a.example redirect=b.example", "has redirect= twice"),
        ("v=spf1 redirect=", "redirect= to nowhere"),
        ("v=spf1 a –all", "which SPF does not know"),  # a dash of a word processor
        ("v=spf1 a:ä.example -all", "not ASCII"),
    ],
)
def test_what_is_wrong_is_named(text: str, problem: str) -> None:
    assert problem in " ".join(read_spf(text).problems)


def test_unknown_modifiers_are_ignored() -> None:
    assert read_spf("v=spf1 mx op=auth exp=why.example -all").problems == ()


@given(st.text(max_size=300))
def test_any_text_is_read(text: str) -> None:
    record = read_spf(f"v=spf1 {text}")
    assert record.last_word in {*RESULTS.values(), "redirect"}


NETWORKS = st.ip_addresses().map(ip_network)
QUALIFIERS = st.sampled_from("+-~?")


@given(st.lists(st.tuples(QUALIFIERS, NETWORKS), max_size=10))
def test_networks_come_out_as_they_went_in(
    networks: list[tuple[str, IPv4Network | IPv6Network]],
) -> None:
    words = [f"{qualifier}ip{one.version}:{one}" for qualifier, one in networks]
    record = read_spf(" ".join(["v=spf1", *words, "-all"]))
    assert record.problems == ()
    assert [(term.qualifier, term.network) for term in record.terms[:-1]] == networks
    assert record.terms[-1] == Term("-", "all")
