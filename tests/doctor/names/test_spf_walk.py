"""SPF is followed through the DNS as receivers do it (RFC 7208 4.6.4, 5)."""

from __future__ import annotations

from ipaddress import IPv4Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.doctor.names.spf_walk import judge, weigh
from tests.doctor.zone import Zone

HERE = ip_address("203.0.113.5")


def zone(text: str, **more: str) -> Zone:
    made = Zone({("court.example", "TXT"): [text]})
    for name, value in more.items():
        made.add(f"{name}.example", "TXT", value)
    made.add("mail.example", "A", "203.0.113.5")
    made.add("mail.example", "AAAA", "2001:db8::5")
    made.add("court.example", "MX", "10 mail.example")
    made.add("court.example", "A", "198.51.100.1")
    return made


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("v=spf1 ip4:203.0.113.0/24 -all", "pass"),
        ("v=spf1 a:mail.example -all", "pass"),
        ("v=spf1 mx -all", "pass"),
        ("v=spf1 a -all", "fail"),
        ("v=spf1 a:mail.example/8 -all", "pass"),
        ("v=spf1 ip6:2001:db8::/32 -all", "fail"),
        ("v=spf1 ~all", "softfail"),
        ("v=spf1 ?all", "neutral"),
        ("v=spf1", "neutral"),
        ("v=spf1 -ip4:203.0.113.5 +all", "fail"),
        ("v=spf1 include:one.example -all", "pass"),
        ("v=spf1 include:two.example -all", "fail"),
        ("v=spf1 include:none.example -all", "permerror"),
        ("v=spf1 include:broken.example -all", "permerror"),
        ("v=spf1 redirect=one.example", "pass"),
        ("v=spf1 redirect=none.example", "permerror"),
        ("v=spf1 redirect=%{d}.example", "unknown"),
        ("v=spf1 include:court.example -all", "permerror"),
        ("v=spf1 exists:%{i}.x.example -all", "unknown"),
        ("v=spf1 exists:%{i}.x.example ip4:203.0.113.5 -all", "unknown"),
        ("v=spf1 nonsense -all", "permerror"),
    ],
)
def test_what_receivers_make_of_it(text: str, outcome: str) -> None:
    look = zone(
        text,
        one="v=spf1 ip4:203.0.113.5 -all",
        two="v=spf1 ip4:203.0.113.6 -all",
        broken="v=spf1 what -all",
    )
    assert judge(look, "court.example", HERE) == outcome


def test_no_record_two_records_and_no_answer() -> None:
    assert judge(Zone(), "court.example", HERE) == "none"
    double = Zone({("court.example", "TXT"): ["v=spf1 -all", "v=spf1 +all"]})
    assert judge(double, "court.example", HERE) == "permerror"
    silent = zone("v=spf1 include:one.example -all")
    silent.failing.add("one.example")
    assert judge(silent, "court.example", HERE) == "temperror"
    assert weigh(silent, "court.example").unanswered == "one.example"


def test_every_lookup_counts_also_those_of_includes() -> None:
    look = zone(
        "v=spf1 a mx ptr include:one.example redirect=two.example",
        one="v=spf1 a:mail.example exists:x.example ip4:192.0.2.1 -all",
        two="v=spf1 mx:court.example -all",
    )
    weight = weigh(look, "court.example")
    assert weight.lookups == 3 + 1 + 2 + 1 + 1
    assert weight.problems == []


def test_what_is_wrong_below_is_told_with_its_domain() -> None:
    look = zone(
        "v=spf1 include:one.example include:none.example include:court.example a:gone.example -all",
        one="v=spf1 bad -all",
    )
    weight = weigh(look, "court.example")
    assert weight.problems == [
        'the record of one.example holds "bad", which SPF does not know',
        "none.example, which it includes, has no SPF record",
        "court.example includes itself",
    ]
    assert weight.void == 1


def test_a_record_that_never_ends_ends() -> None:
    look = Zone()
    for number in range(300):
        again = f"include:{number + 1}.example include:{number + 2}.example"
        look.add(f"{number}.example", "TXT", f"v=spf1 {again} -all")
    assert judge(look, "0.example", HERE) == "permerror"
    assert weigh(look, "0.example").lookups > 10
    assert len(look.asked) < 1000


@given(st.ip_addresses(v=4), st.integers(8, 32), st.ip_addresses(v=4))
def test_a_network_lets_exactly_its_own_addresses_send(
    network: IPv4Address, length: int, sender: IPv4Address
) -> None:
    inside = ip_network(f"{network}/{length}", strict=False)
    look = Zone({("court.example", "TXT"): [f"v=spf1 ip4:{inside} -all"]})
    assert judge(look, "court.example", sender) == ("pass" if sender in inside else "fail")
    assert judge(look, "court.example", inside[0]) == "pass"
    assert judge(look, "court.example", inside[-1]) == "pass"
