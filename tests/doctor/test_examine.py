"""Checks run side by side; one that breaks hides no other, and no secret is told."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path

import pytest

from mailbot.doctor.examine import CHECKS, DNS, examine
from mailbot.doctor.findings import About
from mailbot.doctor.loop.journey import Journey
from mailbot.doctor.names.resolver import Answer
from mailbot.doctor.surroundings import own_addresses
from tests.doctor.scene import HANDLE, surroundings
from tests.doctor.signing import LONG
from tests.doctor.zone import Zone

SECRET = "a very secret word"


def test_a_check_that_breaks_hides_no_other(tmp_path: Path) -> None:
    def look(name: str, rdtype: str) -> Answer:
        if rdtype == "MX":
            raise KeyError(SECRET)
        return Answer("absent")

    def travel() -> Journey:
        raise ValueError(SECRET)

    around = replace(surroundings(tmp_path), look=look)
    found = examine(around, ["mx", "spf", "loop"], HANDLE, travel)
    assert [(one.check, one.subject) for one in found] == [
        ("mx", "the doctor itself"),
        ("spf", "court.example"),
        ("loop", "the doctor itself"),
    ]
    assert "KeyError" in found[0].says
    assert all(one.state == "wrong" and one.todo for one in found)
    assert SECRET not in str(found)


def test_what_is_named_is_looked_at_and_in_one_order(tmp_path: Path) -> None:
    around = surroundings(tmp_path)
    found = examine(around, ["courts", "web", "mx"], HANDLE, lambda: pytest.fail("sent"))
    assert [one.check for one in found] == ["mx", "web", "courts"]
    assert set(DNS) <= set(CHECKS)


def test_the_selectors_of_the_mail_and_of_the_configuration(tmp_path: Path) -> None:
    look = Zone({("mail._domainkey.court.example", "TXT"): [LONG.record]})
    smarthost = {"host": "mail.court.example", "dkim_selectors": ["Old"]}
    around = surroundings(tmp_path, look, smarthost)
    came = Journey([About("loop", "x").ok("Fine.")], True, [("court.example", "mail")])
    found = examine(around, ["dkim", "loop"], HANDLE, lambda: came)
    assert [(one.subject, one.state) for one in found] == [
        ("old._domainkey.court.example", "wrong"),
        ("mail._domainkey.court.example", "ok"),
        ("x", "ok"),
    ]
    nothing = surroundings(tmp_path, look)
    assert [one.state for one in examine(nothing, ["dkim"], HANDLE, None)] == ["warning"]
    unsigned = Journey(came=True)
    assert examine(nothing, ["dkim", "loop"], HANDLE, lambda: unsigned) == []


@pytest.mark.parametrize(
    ("smarthost", "sending"),
    [
        ({"host": "mail.court.example", "sends_from": ["192.0.2.9"]}, ["192.0.2.9"]),
        ({"host": "mail.court.example"}, ["9.9.9.9"]),
        ({"host": "inner.court.example"}, []),
        ({"host": "localhost"}, ["8.8.4.4"]),
        ({"host": "smtp.office365.com"}, []),
        ({"maildir": "out"}, []),
    ],
)
def test_from_where_mail_leaves(
    tmp_path: Path, smarthost: dict[str, object], sending: list[str]
) -> None:
    look = Zone({("mail.court.example", "A"): ["9.9.9.9"]})
    look.add("inner.court.example", "A", "10.0.0.5")
    look.add("smtp.office365.com", "A", "9.9.9.9")
    look.add("localhost", "A", "127.0.0.1")
    around = replace(
        surroundings(tmp_path, look, smarthost),
        own=(ip_address("8.8.4.4"), ip_address("127.0.0.1"), ip_address("10.0.0.9")),
    )
    assert [str(one) for one in around.sending] == sending


def test_the_domains_of_the_configuration(tmp_path: Path) -> None:
    around = surroundings(tmp_path)
    assert around.mail_domains == ("court.example",)
    assert list(around.from_domains) == ["court.example"]
    assert around.web_host == "track.court.example"
    assert around.mail_host == "track.court.example"
    named = surroundings(tmp_path, smarthost={"host": "Mail.court.example"})
    assert named.mail_host == "mail.court.example"
    by_address = surroundings(tmp_path, smarthost={"host": "192.0.2.1"})
    assert by_address.mail_host == "track.court.example"


def test_this_machine_knows_itself() -> None:
    assert ip_address("127.0.0.1") in own_addresses()
