"""MAIL and RCPT arguments: what is an address, and that no argument whatever raises."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.inbound.smtp.paths import Path, read


@pytest.mark.parametrize(
    ("argument", "address"),
    [
        ("FROM:<ann@home.test>", "ann@home.test"),
        ("from: <ann@home.test>", "ann@home.test"),
        ("FROM:ann@home.test", "ann@home.test"),
        ("FROM:<>", ""),
        ("FROM:<@relay.test,@other.test:ann@home.test>", "ann@home.test"),
        ('FROM:<"ann b\\"c"@home.test>', '"ann b\\"c"@home.test'),
        ("FROM:<ann@[192.0.2.1]>", "ann@[192.0.2.1]"),
        ("FROM:<ann@[IPv6:2001:db8::1]>", "ann@[IPv6:2001:db8::1]"),
        ("FROM:<bot+c-abc=x@under_score.test>", "bot+c-abc=x@under_score.test"),
        ("FROM:<PostMaster>", "PostMaster"),
        (f"FROM:<{'a' * 64}@{'b' * 255}>", f"{'a' * 64}@{'b' * 255}"),
        ("FROM:<josé@bücher.test>", "josé@bücher.test"),
        ('FROM:<"josé b"@home.test>', '"josé b"@home.test'),
        ("FROM:<संपर्क@डाटामेल.भारत>", "संपर्क@डाटामेल.भारत"),
    ],
)
def test_reads_an_address(argument: str, address: str) -> None:
    assert read(argument, "FROM:") == Path(address, {})


@pytest.mark.parametrize(
    "argument",
    [
        "",
        "FROM",
        "FROM:",
        "FROM:<",
        'FROM:<"',
        "FROM:<@",
        "FROM:<a@",
        "FROM:<a@>",
        "FROM:<@home.test>",
        "FROM:<ann home.test>",
        "FROM:<ann@home.test",
        "FROM:ann@home.test>",
        "FROM:<ann@home.test>SIZE=1",
        "FROM:<ann@home.test>,<bob@home.test>",
        "FROM:<ann@home.test\x1b>",
        "FROM:<a@b@c.test>",
        'FROM:<"ann"bob@home.test>',
        "FROM:<postmaster2>",
        f"FROM:<{'a' * 66}@{'b' * 255}>",
        f"FROM:<{'é' * 64}@{'b' * 200}>",  # 329 octets
        "FROM:<ann\u202e@home.test>",  # bidi override
        "FROM:<ann\u00a0b@home.test>",
        "FROM:<ann\u2028@home.test>",
        "FROM:<ann@home\u3002test\x85>",
        "TO:<ann@home.test>",
    ],
)
def test_refuses_what_is_no_path(argument: str) -> None:
    assert read(argument, "FROM:") is None


def test_reads_parameters() -> None:
    found = read("FROM:<ann@home.test> size=12 BODY=8bitmime X", "FROM:")
    assert found is not None
    assert found.parameters == {"SIZE": "12", "BODY": "8bitmime", "X": ""}


@given(st.text(alphabet='<>@"\\:,[]ab. =~\x00\x1b', max_size=60))
def test_is_total(argument: str) -> None:
    found = read("TO:" + argument, "TO:")
    assert found is None or "@" in found.address or found.address.lower() in {"", "postmaster"}


def test_is_linear() -> None:
    """A thousand octets of the worst kinds are nothing (T-REDOS)."""
    for piece in ("@", "a@", '"\\', "<@a,", "a.", " a", '""@'):
        read("TO:<" + piece * (1000 // len(piece)), "TO:")
