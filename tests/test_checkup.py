"""The command line of `mailbot doctor`: its options, and what is no address of a DNS server."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mailbot.checkup import Resolver, new_handle
from mailbot.cli import main
from mailbot.tokens import canonical_handle
from tests.world import write_config


def run(*words: str) -> Result:
    result = CliRunner().invoke(main, ["doctor", *words])
    assert isinstance(result.exception, SystemExit | None), result.exception
    return result


@pytest.mark.parametrize(
    ("text", "server"),
    [
        ("127.0.0.1:5353", ("127.0.0.1", 5353)),
        ("127.0.0.1", ("127.0.0.1", 53)),
        ("[2001:db8::1]:5353", ("2001:db8::1", 5353)),
        ("[2001:db8::1]", ("2001:db8::1", 53)),
        ("2001:db8::1", ("2001:db8::1", 53)),
    ],
)
def test_addresses_of_a_dns_server(text: str, server: tuple[str, int]) -> None:
    assert Resolver().convert(text, None, None) == server


@pytest.mark.parametrize("text", ["ns.example", "127.0.0.1:0", "127.0.0.1:x", "1.2.3.4:70000", ""])
def test_what_is_none(text: str) -> None:
    result = run("--resolver", text)
    assert result.exit_code == 2
    assert "is no address of a DNS server" in result.output


def test_a_broken_configuration_is_2(tmp_path: Path) -> None:
    path = write_config(tmp_path)
    path.write_text(path.read_text().replace('maildir = "out"', 'maildirs = "out"'))
    result = run("--config", str(path))
    assert result.exit_code == 2
    assert "config.toml:" in result.output


def test_an_unknown_check_is_named(tmp_path: Path) -> None:
    result = run("--config", str(write_config(tmp_path)), "--only", "dnssec")
    assert result.exit_code == 2
    assert "'dmarc'" in result.output


def test_a_trial_is_looked_at_without_sending(tmp_path: Path) -> None:
    result = run("--config", str(write_config(tmp_path)), "--only", "smtp", "--only", "loop")
    assert result.exit_code == 0
    assert "no mail to itself was sent" in result.output
    assert "0 wrong, 2 to look at, 0 well." in result.output
    assert not (tmp_path / "store.sqlite").exists()


def test_a_handle_is_one() -> None:
    handles = {new_handle() for _ in range(50)}
    assert len(handles) == 50
    assert all(re.fullmatch(r"[a-z2-7]{26}", one) for one in handles)
    assert all(canonical_handle(one) == one for one in handles)
