"""Authentication-Results as servers write it (RFC 8601 2.2, 4, B; RFC 8617 4.1)."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.inbound.reading.results import (
    Results,
    read_results,
    read_seal,
    read_sealed,
    words_of,
)
from tests.fixtures_folder import every_mail


def told(value: str) -> tuple[str, list[tuple[str, str]]]:
    """The server, and each method with its outcome."""
    results = read_results(value)
    assert results is not None
    return results.server, [(each.method, each.outcome) for each in results.results]


@pytest.mark.parametrize(
    ("value", "server", "results"),
    [
        ("mx.court.example; none", "mx.court.example", []),
        ("mx.court.example 1; none", "mx.court.example", []),
        ("mx.court.example", "mx.court.example", []),
        ("MX.Court.Example; DKIM=PASS", "MX.Court.Example", [("dkim", "pass")]),
        ('"mx.court.example"; dkim=pass', "mx.court.example", [("dkim", "pass")]),
        ("(a) mx (b (c)) 1 (d);dkim(e)/(f)1 = (g) pass (h)", "mx", [("dkim", "pass")]),
        ("mx; dkim/2=pass; spf/1=fail", "mx", [("spf", "fail")]),
        ("mx; dkim=pass; dkim=fail;; spf=none;", "mx", [("dkim", "pass"), ("dkim", "fail"),
                                                        ("spf", "none")]),
        ("mx;\t dmarc=pass\t (p=none; dis=none)\t header.from=a.example", "mx", [("dmarc", "pass")]),
        ('mx; dkim=fail reason="bad; dmarc=pass (x"', "mx", [("dkim", "fail")]),
        ('mx; spf=pass smtp.mailfrom="a;dmarc=pass"@b.example', "mx", [("spf", "pass")]),
        (r"mx (\) dmarc=pass; x); spf=none", "mx", [("spf", "none")]),
        ("spf=pass (sender IP is 192.0.2.1) smtp.mailfrom=a.example; dkim=pass (signature was "
         "verified) header.d=a.example;dmarc=pass action=none header.from=a.example;compauth=pass "
         "reason=100", "", [("spf", "pass"), ("dkim", "pass"), ("dmarc", "pass"),
                            ("compauth", "pass")]),
    ],
)  # fmt: skip
def test_what_servers_write_is_read(
    value: str, server: str, results: list[tuple[str, str]]
) -> None:
    assert told(value) == (server, results)


@pytest.mark.parametrize(
    "value",
    [
        "", ";", "; dkim=pass", "mx 2; dkim=pass", "mx 1 1; dkim=pass", "mx evil; dkim=pass",
        "mx (; dkim=pass", "mx ); dkim=pass", 'mx; dkim=pass "', "mx\\; dkim=pass",
        "mx\0; dkim=pass", "mx\r; dkim=pass", "mx\u200b; dkim=pass", "mx\xa0; dkim=pass",
        "mta1.yahoo.example from=yahoo.example; dkim=pass",
    ],
)  # fmt: skip
def test_what_no_server_writes_is_none(value: str) -> None:
    assert read_results(value) is None


def test_properties_are_read_however_they_are_spaced() -> None:
    results = read_results(
        "mx; dkim=pass (1024-bit key; x) reason=good header.d = A.Example header . i=@a.example "
        'header.b=Us/lk== header.b="EQ==\'" header.s="" header.a=b'
    )
    assert results is not None
    (dkim,) = results.of("dkim")
    assert dkim.values("header.d") == ["a.example"]
    assert dkim.values("header.i") == ["@a.example"]
    assert dkim.values("header.b") == ["us/lk==", "eq\ufffd\ufffd\ufffd"]
    assert dkim.values("header.a") == ["b"]


def test_a_comment_parts_words_and_joins_none() -> None:
    assert told("mx; dm(c)arc=pass; d(c)kim=pa(c)ss") == ("mx", [])
    results = read_results("mx; dkim=pass header(c).(c)d=a.example")
    assert results is not None
    assert results.of("dkim")[0].values("header.d") == ["a.example"]


def test_sealed_results_have_an_instance() -> None:
    sealed = read_sealed("i=1; mx.sealer.example 1; dmarc=pass header.from=a.example")
    assert sealed is not None
    assert (sealed[0], sealed[1].server) == (1, "mx.sealer.example")
    for value in ("", "1; mx; none", "i=0; mx; none", "i=51; mx; none", "i=1", "i=1;", "i=x; mx",
                  "i=\u0661; mx", "i=1 (; mx"):  # fmt: skip
        assert read_sealed(value) is None


def test_seals_have_an_instance_and_a_domain() -> None:
    assert read_seal("i=2; a=rsa-sha256; cv=pass; d=Sealer.example; b=ab c=") == (
        2,
        "sealer.example",
    )
    for value in (
        "",
        "i=1",
        "d=a.example",
        "i=1; i=1; d=a.example",
        "i=1; d=a.example; d=b.example",
    ):
        assert read_seal(value) is None


def test_words_of_received() -> None:
    assert words_of("from a (HELO b; c) by MX.example with SMTP; Tue") == [
        "from", "a", "by", "mx.example", "with", "smtp",
    ]  # fmt: skip
    assert words_of("from (") == []


@given(st.text(max_size=300) | st.text('mx;=" ()\\./dkim1pas\t', max_size=300))
def test_any_text_gives_a_value(value: str) -> None:
    results = read_results(value)
    assert results is None or isinstance(results, Results)
    for result in results.results if results else ():
        assert result.method
        assert " " not in result.method + result.outcome
    read_sealed(value)
    read_seal(value)
    words_of(value)


@pytest.mark.parametrize("piece", ["(", '"', ";", "=", "\\", " ", "a=b ", "a . b", "(\\", "; x=y "])
def test_a_field_of_full_length_takes_no_time(piece: str) -> None:
    value = "mx; " + piece * (8192 // len(piece))
    start = time.process_time()
    for read in (read_results, read_sealed, read_seal, words_of):
        read(value)
    assert time.process_time() - start < 0.5


def test_every_field_of_the_worlds_mails_is_read() -> None:
    """None but Yahoo's of old, which puts "from=" behind its name, is malformed."""
    malformed = []
    read = 0
    for path in every_mail():
        head = path.read_bytes().replace(b"\r\n", b"\n").split(b"\n\n", 1)[0]
        unfolded = head.replace(b"\n\t", b"\t").replace(b"\n ", b" ").decode("latin-1")
        for line in unfolded.split("\n"):
            name, _, value = line.partition(":")
            if name.lower() == "authentication-results":
                read += 1
                malformed += [value.split()[0]] if read_results(value) is None else []
    assert read > 80
    assert all("yahoo" in server for server in malformed)
