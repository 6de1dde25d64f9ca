"""Single texts of config.toml: what is taken, what is refused, and what a refusal says."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from mailbot.settings import fields

KINDS: dict[str, TypeAdapter[Any]] = {
    "line": TypeAdapter(fields.Line),
    "maybe line": TypeAdapter(fields.MaybeLine),
    "text": TypeAdapter(fields.Text),
    "domain": TypeAdapter(fields.Domain),
    "address": TypeAdapter(fields.Address),
    "own address": TypeAdapter(fields.OwnAddress),
    "zone": TypeAdapter(fields.ZoneName),
    "web address": TypeAdapter(fields.WebAddress),
    "origin": TypeAdapter(fields.Origin),
    "number link": TypeAdapter(fields.NumberLink),
    "host": TypeAdapter(fields.Host),
    "listen": TypeAdapter(fields.Listen),
    "shape": TypeAdapter(fields.Shape),
    "number start": TypeAdapter(fields.NumberStart),
    "identifier": TypeAdapter(fields.Identifier),
    "table or select": TypeAdapter(fields.TableOrSelect),
    "colour": TypeAdapter(fields.Colour),
    "days": TypeAdapter(fields.Days),
    "minute": TypeAdapter(fields.Minute),
    "whole": TypeAdapter(fields.Whole),
}


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("line", "Circuit Court", "Circuit Court"),
        ("maybe line", "", ""),
        ("text", "two\nlines", "two\nlines"),
        ("domain", "Track.Court.Example", "track.court.example"),
        ("address", "o'neil+x@court.example", "o'neil+x@court.example"),
        ("own address", "a" * 35 + "@court.example", "a" * 35 + "@court.example"),
        ("zone", "UTC", "UTC"),
        ("web address", "http://127.0.0.1:8080/x?y=z", "http://127.0.0.1:8080/x?y=z"),
        ("web address", "http://[::1]:8080", "http://[::1]:8080"),
        ("origin", "https://court.example/track/", "https://court.example/track"),
        ("number link", "https://c.example/?n={number}", "https://c.example/?n={number}"),
        ("host", "mail", "mail"),
        ("host", "192.0.2.1", "192.0.2.1"),
        ("host", "2001:db8::1", "2001:db8::1"),
        ("listen", "0.0.0.0:25", "0.0.0.0:25"),
        ("listen", "[::1]:0", "[::1]:0"),
        ("shape", "99AA-AA00000", "99AA-AA00000"),
        ("shape", "9999-AA00000", "9999-AA00000"),
        ("shape", "000000000", "000000000"),
        ("shape", "AA99999", "AA99999"),
        ("shape", "9:99-A 00", "9:99-A 00"),
        ("number start", "99", "99"),
        ("identifier", "docket_text", "docket_text"),
        ("table or select", "court.dbo.cases", "court.dbo.cases"),
        ("table or select", "  select\n* from cases", "select\n* from cases"),
        ("table or select", "WITH x AS (SELECT 1) SELECT * FROM x", None),
        ("colour", "#1F3A5F", "#1f3a5f"),
        ("days", "Mon-Fri", (0, 1, 2, 3, 4)),
        ("days", "Sat, sunday", (5, 6)),
        ("days", "fri-mon", (0, 4, 5, 6)),
        ("days", "Wed", (2,)),
        ("days", "daily", (0, 1, 2, 3, 4, 5, 6)),
        ("minute", "00:00", 0),
        ("minute", "6:00", 360),
        ("minute", "22:30", 1350),
        ("minute", "24:00", 1440),
        ("whole", 5, 5),
    ],
)
def test_what_is_taken(kind: str, text: object, value: object) -> None:
    assert KINDS[kind].validate_python(text) == (text if value is None else value)


@pytest.mark.parametrize(
    ("kind", "text", "said"),
    [
        ("line", "  ", "must not be empty"),
        ("line", "a\r\nBcc: x", "must stay on one line"),
        ("maybe line", "a\x7f", "must stay on one line"),
        ("text", "", "must not be empty"),
        ("domain", "court", "is not a domain name"),
        ("domain", "-x.example", "is not a domain name"),
        ("domain", "a" * 64 + ".example", "is not a domain name"),
        ("domain", ".".join(["abcdefgh"] * 30), "is not a domain name"),
        ("domain", "court.example\n", "is not a domain name"),
        ("address", "track", "is not an e-mail address"),
        ("address", "Track <track@court.example>", "is not an e-mail address"),
        ("address", "a@b@court.example", "is not an e-mail address"),
        ("address", ".a@court.example", "is not an e-mail address"),
        ("own address", "a" * 36 + "@court.example", "use at most 35"),
        ("zone", "America/chicago", 'did you mean "America/Chicago"?'),
        ("zone", "cdt", 'did you mean "America/Chicago"?'),
        ("zone", "EDT", 'did you mean "America/New_York"?'),
        ("zone", "MST", 'did you mean "America/Denver"?'),
        ("zone", "PST", 'did you mean "America/Los_Angeles"?'),
        ("zone", "UTZ", 'write one like "America/Chicago"'),
        ("zone", "?", 'write one like "America/Chicago"'),
        ("web address", "ftp://court.example", "is not a web address"),
        ("web address", "https://", "is not a web address"),
        ("web address", "https://[::1", "is not a web address"),
        ("web address", "https://a.example:99999", "is not a web address"),
        ("web address", "https://a b.example", "is not a web address"),
        ("web address", "http://court.example", "must begin with https://"),
        ("web address", "http://127.0.0.1.evil.example", "must begin with https://"),
        ("origin", "https://u:p@court.example", "without ?, # or user name"),
        ("origin", "https://court.example/#x", "without ?, # or user name"),
        ("number link", "https://c.example/", "must hold {number} once"),
        ("number link", "https://c.example/{number}{number}", "must hold {number} once"),
        ("number link", "https://c.example/{number!r}", "must hold {number} once"),
        ("number link", "https://c.example/{number}}", "must hold {number} once"),
        ("number link", "c.example/{number}", "is not a web address"),
        ("host", "mail.example:25", "must be a host name alone"),
        ("host", "a:25", "must be a host name alone; write the port as port"),
        ("host", "fe:25", "must be a host name alone"),
        ("host", "https://mail.example", "must be a host name alone"),
        ("listen", "8025", "must be an address and a port"),
        ("listen", "127.0.0.1:65536", "must be an address and a port"),
        ("listen", "::1:25", "must be an address and a port"),
        ("shape", "", "must look like"),
        ("shape", "-99", "must look like"),
        ("shape", "99--AA", "must look like"),
        ("shape", "00-99", "must look like"),
        ("shape", "9" * 33, "must look like"),
        ("shape", "[0-9]{2}", "holds"),
        ("shape", "99CR0000", "holds C R"),
        ("number start", "--", "must hold letters or digits"),
        ("identifier", 'x"; DROP', "is not a column's name"),
        ("identifier", "1st", "is not a column's name"),
        ("table or select", "cases where 1", "must be a table's name"),
        ("table or select", "selection of", "must be a table's name"),
        ("table or select", "SELECT 1; SELECT 2", "must be one statement"),
        ("table or select", "", "must be a table's name"),
        ("colour", "blue", "is not a colour"),
        ("days", "Mo-Fr", "must name days"),
        ("days", "Mon-Fri-Sun", "must name days"),
        ("days", "Mon-", "must name days"),
        ("days", "Mon-Fry", "must name days"),
        ("days", 5, "must be text"),
        ("minute", "24:01", "is not a time of day"),
        ("minute", "6", "is not a time of day"),
        ("minute", "06:60", "is not a time of day"),
        ("minute", 6, "must be text"),
    ],
)
def test_what_is_refused_and_why(kind: str, text: object, said: str) -> None:
    with pytest.raises(ValidationError) as raised:
        KINDS[kind].validate_python(text)
    assert said in raised.value.errors()[0]["msg"]


@pytest.mark.parametrize("given", ["5", 5.0, True, None])
def test_a_whole_number_is_nothing_else(given: object) -> None:
    with pytest.raises(ValidationError):
        KINDS["whole"].validate_python(given)


def said_of(kind: str, text: object) -> str | None:
    """The refusal, None when it is taken."""
    try:
        KINDS[kind].validate_python(text)
    except ValidationError as error:
        return error.errors()[0]["msg"]
    return None


@settings(deadline=None)
@given(kind=st.sampled_from(sorted(KINDS)), text=st.text(max_size=40))
def test_any_text_is_taken_or_refused(kind: str, text: str) -> None:
    assert said_of(kind, text) != ""


@settings(deadline=None)
@given(text=st.text("9A0-", max_size=200))
def test_any_shape_is_decided(text: str) -> None:
    said = said_of("shape", text)
    assert said is None or "must look like" in said


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("pol_seconds", 'did you mean "poll_seconds"?'),
        ("POLL_SECONDS", 'did you mean "poll_seconds"?'),
        ("zzz", "known here: chunk, poll_seconds"),
    ],
)
def test_the_nearest_known_name_is_offered(name: str, said: str) -> None:
    assert fields.nearest(name, ["poll_seconds", "chunk"]) == said


@pytest.mark.parametrize(
    ("host", "stays"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("[::1]", True),
        ("LocalHost", True),
        ("localhost.example", False),
        ("10.0.0.1", False),
        ("", False),
    ],
)
def test_loopback_is_told_from_the_network(host: str, stays: bool) -> None:
    assert fields.is_loopback(host) is stays


def test_listen_is_split_into_host_and_port() -> None:
    assert fields.host_and_port("[::1]:8025") == ("::1", 8025)
    assert fields.host_and_port("127.0.0.1:80") == ("127.0.0.1", 80)
