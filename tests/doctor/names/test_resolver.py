"""The DNS is asked over a real socket, and every way of not answering is told apart."""

from __future__ import annotations

import time
from ipaddress import ip_address

from mailbot.doctor.names.resolver import Dns, addresses, texts
from tests.doctor.zone import Zone, serving


def test_values_come_as_texts() -> None:
    zone = Zone()
    zone.add("court.example", "MX", "10 mx.court.example", "0 .")
    zone.add("mx.court.example", "A", "203.0.113.5")
    zone.add("mx.court.example", "AAAA", "2001:db8::5")
    with serving(zone) as server:
        look = Dns(server)
        assert set(look("Court.Example", "MX").values) == {"10 mx.court.example", "0 ."}
        assert addresses(look, "mx.court.example") == (
            [ip_address("203.0.113.5"), ip_address("2001:db8::5")],
            "",
        )
        assert look("mx.court.example", "TXT").status == "empty"
        assert look("nobody.example", "TXT").status == "absent"


def test_the_strings_of_a_text_are_one_and_a_question_is_asked_once() -> None:
    zone = Zone({("court.example", "TXT"): ["V=SPF1 " + "ip4:192.0.2.1 " * 40 + "-all", "other"]})
    with serving(zone) as server:
        look = Dns(server)
        for _ in range(3):
            found, answer = texts(look, "court.example", "v=spf1")
            assert found == ["V=SPF1 " + "ip4:192.0.2.1 " * 40 + "-all"]
            assert answer.status == "found"
    assert len(zone.asked) == 1


def test_a_server_that_cannot_find_out_is_named() -> None:
    zone = Zone()
    zone.failing.add("court.example")
    with serving(zone) as server:
        answer = Dns(server)("court.example", "TXT")
    assert answer.failed
    assert "SERVFAIL" in answer.why


def test_without_an_answer_it_asks_twice_and_no_more() -> None:
    zone = Zone()
    zone.dead.update({f"{number}.example" for number in range(50)})
    with serving(zone) as server:
        look, began = Dns(server, seconds=0.3), time.monotonic()
        answers = [look(f"{number}.example", "A") for number in range(50)]
        assert time.monotonic() - began < 10  # and not fifty times its patience
    assert all(answer.failed and "no DNS server answers" in answer.why for answer in answers)
    assert {name for name, _ in zone.asked} == {"0.example", "1.example"}


def test_names_that_are_none_are_told() -> None:
    with serving(Zone()) as server:
        answer = Dns(server)(f"{'a' * 64}.example", "A")
    assert answer.failed
    assert "cannot be asked" in answer.why


def test_an_address_is_its_own_address() -> None:
    assert addresses(Zone(), "[2001:db8::1]") == ([ip_address("2001:db8::1")], "")
    assert addresses(Zone(), "192.0.2.1") == ([ip_address("192.0.2.1")], "")
    assert addresses(Zone(), "nobody.example") == ([], "")
