"""DKIM is verified as RFC 6376 has it; a mail signed by dkimpy 1.1.8 is the outside witness."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.doctor.loop.signature import canonical_body, canonical_field, check, split
from mailbot.doctor.names.dkim_key import PublicKey, read_key
from tests.doctor.signing import LONG, SHORT, TINY, signed

BY_DKIMPY = Path(__file__).parent / "by-dkimpy.eml"
MAIL = (
    b"From: Court <track@court.example>\r\nTo: ann@people.example\r\n"
    b"Subject:  a \t word\r\n and more\r\nDate: Tue, 3 Mar 2026 15:00:00 +0000\r\n"
    b"Message-ID: <1@court.example>\r\n\r\nHello  there \r\n\r\nmore\t text  \r\n\r\n\r\n"
)


def key_of(_selector: str, _domain: str) -> PublicKey | str:
    return read_key(LONG.record)


def verdicts(raw: bytes) -> list[tuple[str, str]]:
    return [(one.verdict, one.why) for one in check(raw, key_of)]


def test_what_dkimpy_signed_is_good() -> None:
    raw = BY_DKIMPY.read_bytes()
    assert verdicts(raw) == [("good", "")]
    assert verdicts(raw.replace(b"\r\n", b"\n")) == [("good", "")]  # as fetched with bare LF


@pytest.mark.parametrize(
    "way", ["relaxed/relaxed", "relaxed/simple", "simple/relaxed", "simple/simple"]
)
def test_every_way_of_writing_a_mail_down(way: str) -> None:
    raw = signed(MAIL, LONG, way=way, headers="from:subject:date:message-id:from")
    assert verdicts(raw) == [("good", "")]
    assert verdicts(b"Received: by mx.example\r\n" + raw) == [("good", "")]
    assert verdicts(raw.replace(b"Hello", b"Hallo"))[0][1].startswith("the body was changed")
    changed = raw.replace(b"Court <track@", b"Court <other@")
    assert verdicts(changed)[0][1].startswith("the header was changed")


def test_a_second_from_breaks_an_over_signed_one() -> None:
    raw = signed(MAIL, LONG, headers="from:from:subject")
    assert verdicts(raw) == [("good", "")]
    assert verdicts(b"From: evil@x.example\r\n" + raw)[0][0] == "bad"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ((b"rsa-sha256", b"rsa-sha1"), "not heeded any more"),
        ((b"c=relaxed/relaxed", b"c=odd/relaxed"), "c= is not known"),
        ((b"bh=", b"bh=!"), "the body was changed"),
        ((b"a=rsa-sha256", b"a=ed25519-sha256"), "of another kind"),
    ],
)
def test_what_makes_it_bad(change: tuple[bytes, bytes], why: str) -> None:
    ((verdict, said),) = verdicts(signed(MAIL, LONG).replace(*change, 1))
    assert (verdict, why in said) == ("bad", True), said


def test_keys_that_do_not_fit() -> None:
    raw = signed(MAIL, SHORT)
    assert check(raw, lambda _s, _d: read_key(SHORT.record))[0].verdict == "good"
    assert verdicts(raw)[0][0] == "bad"  # of another key
    assert "withdrawn" in check(raw, lambda _s, _d: read_key("p="))[0].why
    assert check(raw, lambda _s, _d: "there is none")[0].why == "there is none"
    tiny = check(signed(MAIL, TINY), lambda _s, _d: read_key(TINY.record))
    assert "512 bits" in tiny[0].why


def test_ed25519_is_said_not_to_be_verified() -> None:
    raw = signed(MAIL, LONG).replace(b"a=rsa-sha256", b"a=ed25519-sha256", 1)
    (checked,) = check(raw, lambda _s, _d: PublicKey("ed25519"))
    assert (checked.verdict, checked.why) == ("not verified", "ed25519 is not verified here")


def test_a_part_of_the_body_may_be_signed() -> None:
    raw = signed(
        MAIL.partition(b"\r\n\r\n")[0] + b"\r\n\r\n", LONG, way="relaxed/relaxed", more=" l=0;"
    )
    (checked,) = check(raw + b"anything below\r\n", key_of)
    assert (checked.verdict, checked.signature.partly) == ("good", True)


def test_bodies_and_fields_of_the_rfc() -> None:
    """RFC 6376 3.4.5 and 3.4.3."""
    assert canonical_field((b"A", b" X"), "relaxed") == b"a:X"
    assert canonical_field((b"B ", b" Y\t\r\n\tZ  "), "relaxed") == b"b:Y Z"
    assert canonical_field((b"B ", b" Y\t\r\n\tZ  "), "simple") == b"B : Y\t\r\n\tZ  "
    assert canonical_body(b" C \r\nD \t E\r\n\r\n\r\n", "relaxed") == b" C\r\nD E\r\n"
    assert canonical_body(b" C \r\nD \t E\r\n\r\n\r\n", "simple") == b" C \r\nD \t E\r\n"
    assert canonical_body(b"", "simple") == b"\r\n"
    assert canonical_body(b"\r\n\r\n", "relaxed") == b""


@given(st.binary(max_size=300))
def test_any_octets_are_checked(octets: bytes) -> None:
    check(octets, key_of)
    check(b"DKIM-Signature: " + octets + b"\r\n\r\nbody", key_of)
    check(signed(MAIL, LONG)[:200] + octets, key_of)


@given(st.binary(max_size=200), st.sampled_from(["relaxed", "simple"]))
def test_a_canonical_body_stays_one(body: bytes, way: str) -> None:
    whole = split(b"A: b\r\n\r\n" + body)[1]
    once = canonical_body(whole, way)
    assert canonical_body(once, way) == once
    assert once == b"" or once.endswith(b"\r\n")


@given(st.text(max_size=80), st.integers(0, 400), st.integers(0, 7))
def test_no_flipped_bit_goes_unseen(text: str, at: int, bit: int) -> None:
    """In what is signed: body, From, Subject."""
    body = text.encode("utf-8", "replace").replace(b"\r", b"").replace(b"\n", b"") + b"."
    raw = signed(
        b"From: a@court.example\r\nSubject: x\r\n\r\n" + body + b"\r\n", LONG, way="simple/simple"
    )
    begin = raw.index(b"From: a@")
    place = begin + at % (len(raw) - begin)
    flipped = bytearray(raw)
    flipped[place] ^= 1 << bit
    assert all(verdict != "good" for verdict, _ in verdicts(bytes(flipped)))
