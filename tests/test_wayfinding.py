"""`mailbot route`: which route an address takes, why, and what a mail server is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from mailbot.cli import main
from tests.desk.reading.test_routing import COLE, HANDLE, ROUTES
from tests.world import write_config


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = write_config(tmp_path, more=COLE + ROUTES)
    path.write_text(path.read_text().replace("help.desk@court", "help.desk@franklin.court"))
    return path


def run(config: Path, address: str, *words: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, ["route", "--config", str(config), address, *words])
    assert isinstance(done.exception, SystemExit | None), done.exception
    return done.exit_code, done.output


def told(config: Path, address: str) -> dict[str, Any]:
    code, said = run(config, address, "--json")
    found: dict[str, Any] = json.loads(said)
    assert code == (0 if found["ours"] else 1)
    return found


def test_which_route_wins_and_who_lost(config: Path) -> None:
    found = told(config, "case-co15@court.example")
    assert found["route"] == {
        "address": "case-co*@court.example",
        "court": "cole",
        "purpose": "commands",
        "by": "pattern",
    }
    assert found["mailbox"] == {"name": "track", "address": "track@court.example", "way": "smtp"}
    assert found["rcpt"].startswith("250")
    assert [(each["address"], each["why"]) for each in found["lost"]] == [
        ("case-*@court.example", "the longer one goes first"),
        ("*@court.example", "a wildcard or <court> goes before a catch-all"),
    ]


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("track@court.example", "it is this very address"),
        ("track+x@court.example", "it is this address with a tag behind it"),
        ("track-cole@court.example", "its wildcard or <court> fits"),
        ("anything@court.example", "it takes whatever no other route takes"),
        (f"track+s-{HANDLE}@court.example", "it bears a handle of ours, stop"),
        ("postmaster", "postmaster without a domain must be taken (RFC 5321 4.5.1)"),
    ],
)
def test_why(config: Path, address: str, why: str) -> None:
    assert told(config, address)["why"] == why


def test_what_stands_behind_the_address(config: Path) -> None:
    assert told(config, "track+any@court.example")["tag"] == "any"
    assert told(config, f"track-c-{HANDLE}@court.example")["handle"] == "confirm"


def test_who_is_not_ours_hears_what_is_near(config: Path) -> None:
    found = told(config, "trak@elsewhere.example")
    assert found["rcpt"].startswith("550 5.1.1")
    assert (found["route"], found["why"]) == (None, "no route fits it")
    code, said = run(config, "tracl@court.exampel")
    assert code == 1
    assert "Near: track@court.example" in said.splitlines()


@pytest.mark.parametrize("address", ["", "track", "a b@court.example", "<>", "track@"])
def test_what_is_no_address(config: Path, address: str) -> None:
    found = told(config, address)
    assert found["rcpt"].startswith("501")
    assert found["why"] == "this is not an e-mail address"


def test_in_words(config: Path) -> None:
    code, said = run(config, "track-cole+x@court.example")
    assert code == 0
    lines = said.splitlines()
    assert lines[0] == "At RCPT: 250 2.1.5 OK"
    assert "Route: track-<court>@court.example, court cole, purpose commands" in lines
    assert "Answers come from: Circuit Court of Cole County <track@court.example>" in lines
    assert "Lost: *@court.example, cole: a wildcard or <court> goes before a catch-all." in lines
