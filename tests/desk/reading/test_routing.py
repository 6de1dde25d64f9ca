"""Which route an address takes: exact, with a tag, by wildcard or <court>, or by a catch-all."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.config import Settings, load
from mailbot.desk.reading.routing import HANDLES, every, expects_report, resolve
from tests.world import write_config

HANDLE = "abcdefghijklmnopqrstuvwxyz"
COLE = """
[court.cole]
name = "Circuit Court of Cole County"
time_zone = "America/Chicago"
number_shapes = ["99AA-AA00000"]
help_desk = { name = "Help Desk", email = "help.desk@people.example" }
[court.cole.source]
url = "sqlite:///cole.sqlite"
"""


def route(address: str, court: str = "", purpose: str = "commands", **more: str) -> str:
    options = {"address": address, "court": court, "purpose": purpose, "mailbox": "track", **more}
    lines = [f'{name} = "{value}"' for name, value in options.items() if value]
    return "\n".join(["", "[[route]]", *lines, ""])


ROUTES = "".join(
    [
        route("track-<court>@court.example"),
        route("case-*@court.example", "franklin"),
        route("case-co*@court.example", "cole"),
        route("*@court.example", "cole", "help"),
        route("notices@court.example", "cole", separator="_"),
        route("bounces@court.example", "franklin", "bounces"),
    ]
)


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    path = write_config(tmp_path_factory.mktemp("routes"), more=COLE + ROUTES)
    path.write_text(path.read_text().replace("help.desk@court", "help.desk@franklin.court"))
    return load(path, {})


def test_every_kind_of_address(settings: Settings) -> None:
    for address, written, court, by in (
        ("track@court.example", "track@court.example", "franklin", "exact"),
        ("TRACK@Court.Example", "track@court.example", "franklin", "exact"),
        ("track+any.thing@court.example", "track@court.example", "franklin", "tag"),
        ("track-cole@court.example", "track-<court>@court.example", "cole", "pattern"),
        ("track-cole+x@court.example", "track-<court>@court.example", "cole", "pattern"),
        ("track-boone@court.example", "*@court.example", "cole", "catch-all"),
        ("case-15ab@court.example", "case-*@court.example", "franklin", "pattern"),
        ("case-co15@court.example", "case-co*@court.example", "cole", "pattern"),
        ("notices_x@court.example", "notices@court.example", "cole", "tag"),
        ("notices+x@court.example", "*@court.example", "cole", "catch-all"),
        ("postmaster@court.example", "postmaster@court.example", "franklin", "exact"),
    ):
        routed = resolve(settings, address)
        assert routed is not None, address
        found = (routed.route.written, routed.route.court, routed.by)
        assert found == (written, court, by), address


def test_those_that_lose_come_behind_in_their_order(settings: Settings) -> None:
    found = every(settings, "case-co15@court.example")
    assert [each.route.written for each in found] == [
        "case-co*@court.example",
        "case-*@court.example",
        "*@court.example",
    ]


@pytest.mark.parametrize(
    "address", ["x@other.example", "", "@", "track", "nobody@", "\0@a.example"]
)
def test_who_is_not_ours(settings: Settings, address: str) -> None:
    assert resolve(settings, address) is None


@pytest.mark.parametrize("between", ["+", "-", "=", ".", "_", "", "+-"])
@pytest.mark.parametrize("kind", HANDLES)
def test_a_handle_is_found_behind_every_separator(
    settings: Settings, kind: str, between: str
) -> None:
    """Traps 47 and 85: whatever a mail program or server made of the plus."""
    address = f"notices{between}{kind.upper()}-{HANDLE.upper()}@court.example"
    routed = resolve(settings, address)
    assert routed is not None
    assert (routed.route.written, routed.kind) == ("notices@court.example", HANDLES[kind])
    assert routed.handle == HANDLE


@pytest.mark.parametrize(
    ("address", "written"),
    [
        (f"track-cole+c-{HANDLE}@court.example", "track-<court>@court.example"),
        (f"track-c-{HANDLE}@court.example", "track@court.example"),
        (f"case-15ab+c-{HANDLE}@court.example", "case-*@court.example"),
        (f"somebody+c-{HANDLE}@court.example", "*@court.example"),
    ],
)
def test_a_handle_is_found_at_every_kind_of_route(
    settings: Settings, address: str, written: str
) -> None:
    routed = resolve(settings, address)
    assert routed is not None
    assert (routed.route.written, routed.kind, routed.handle) == (written, "confirm", HANDLE)


def test_a_word_that_ends_like_a_handle_is_none(settings: Settings) -> None:
    routed = resolve(settings, f"somebodyc-{HANDLE}@court.example")
    assert routed is not None
    assert routed.kind == ""


@pytest.mark.parametrize("address", ["postmaster", "Postmaster", "POSTMASTER"])
def test_postmaster_needs_no_domain(settings: Settings, address: str) -> None:
    """RFC 5321 4.5.1."""
    routed = resolve(settings, address)
    assert routed is not None
    assert routed.route.purpose == "postmaster"


def test_postmaster_is_a_person_and_none_of_ours(tmp_path: Path) -> None:
    """Whose address it is gets its mail at home; without a domain it must be let in all the same."""
    path = write_config(tmp_path)
    path.write_text(
        path.read_text().replace("[bot]", '[bot]\noperator = "Postmaster@court.example"')
    )
    settings = load(path, {})
    assert resolve(settings, "postmaster@court.example") is None
    routed = resolve(settings, "postmaster")
    assert routed is not None
    assert routed.route.purpose == "postmaster"


def test_only_servers_write_to_some_addresses(settings: Settings) -> None:
    assert expects_report(settings, "bounces@court.example")
    assert expects_report(settings, f"track+b-{HANDLE}@court.example")
    assert not expects_report(settings, "track@court.example")


@given(text=st.text(max_size=90) | st.from_regex(r"[a-z+*<>.=-]{0,70}@court\.example"))
def test_any_address_is_taken_or_not(settings: Settings, text: str) -> None:
    for routed in every(settings, text):
        assert routed.route in {route for _, route in settings.specs} or "@" not in text
