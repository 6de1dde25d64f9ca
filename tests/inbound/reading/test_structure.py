"""Header fields and parts are found within limits, whatever the octets are (T-BOMB, trap 21)."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailbot.config import Limits
from mailbot.inbound.reading.structure import Part, read_header, read_parts

LIMITS = Limits()


def header(raw: bytes, limits: Limits = LIMITS) -> tuple[tuple[str, str], ...]:
    return read_header(raw, 0, len(raw), limits).fields


def tree(raw: bytes, limits: Limits = LIMITS) -> tuple[Part, tuple[str, ...]]:
    return read_parts(raw, read_header(raw, 0, len(raw), limits), limits)


def bodies(raw: bytes) -> list[bytes]:
    part, _ = tree(raw)
    return [raw[leaf.start : leaf.end] for leaf in part.leaves()]


# --- Header -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "fields"),
    [
        (b"A: b\n\nbody", (("a", "b"),)),
        (b"A:b\nB : c \n\n", (("a", "b"), ("b", "c"))),
        (b"A: b\n c\n\td\n\n", (("a", "b c d"),)),
        (b"A:\n b\n\n", (("a", "b"),)),
        (b"A: b", (("a", "b"),)),
        (b"A: one\nA: two\n\n", (("a", "one"), ("a", "two"))),
        (b"From x@y Mon Jan 1\nA: b\n\n", (("a", "b"),)),
        (b"   \nA: b\n\n", (("a", "b"),)),  # goes on from nothing
        (b"A: b\nno colon\nC: d\n\n", (("a", "b"),)),  # the body begins there
        (b"A B: c\n\n", ()),
        (b"\nA: b", ()),
        (b"", ()),
        ("A: Zoë\n\n".encode(), (("a", "Zoë"),)),
    ],
)
def test_fields(raw: bytes, fields: tuple[tuple[str, str], ...]) -> None:
    assert header(raw) == fields


def test_where_the_body_begins() -> None:
    for raw in (b"A: b\n\nbody", b"\nbody", b"A: b\nbody", b"body"):
        assert raw[read_header(raw, 0, len(raw), LIMITS).end :] == b"body"


def test_a_folded_header_reads_as_the_unfolded_one() -> None:
    """Trap 2."""
    assert header(b"Subject: CONFIRM\n token\n\n") == header(b"Subject: CONFIRM token\n\n")


@pytest.mark.parametrize(
    ("raw", "defect"),
    [
        (b"X: y\n" * 501 + b"\n", "too many fields"),
        (b"X: " + b"y" * 65_000 + b"\nZ: " + b"y" * 1000 + b"\n\n", "header too long"),
        (b"X: " + b"y" * 70_000 + b"\n\n", "header too long"),
        (b"X: " + b"y" * 9000 + b"\n\n", "field too long: x"),
        (b"X: y\n" + b" z\n" * 9000 + b"\n", "field too long: x"),
        (b"X: y\nhello\n\n", "no blank line after the header"),
    ],
)
def test_limits_are_named(raw: bytes, defect: str) -> None:
    read = read_header(raw, 0, len(raw), LIMITS)
    assert defect in read.defects
    assert len(read.fields) <= LIMITS.fields
    assert all(len(value) <= LIMITS.field_bytes for _, value in read.fields)
    assert read.cut == (defect in ("too many fields", "header too long"))


def test_fields_at_the_limit_are_read() -> None:
    raw = b"X: " + b"y" * 8192 + b"\n" + b"Y: z\n" * 499 + b"\n"
    read = read_header(raw, 0, len(raw), LIMITS)
    assert read.defects == ()
    assert len(read.fields) == 500


# --- Parts ------------------------------------------------------------------------------------


def test_a_mail_without_type_is_text() -> None:
    part, defects = tree(b"A: b\n\nhello\n")
    assert (part.content_type, part.is_text, defects) == ("text/plain", True, ())


@pytest.mark.parametrize("content_type", ["text", "text/", "/", "", ";", "plain text", "a/b/c"])
def test_a_type_that_is_none_is_text(content_type: str) -> None:
    part, _ = tree(f"Content-Type: {content_type}\n\nhello\n".encode())
    assert part.content_type == "text/plain"


def test_parts_stand_between_the_boundaries() -> None:
    raw = (
        b"Content-Type: multipart/mixed; boundary=b\n\npreamble\n--b\n\none\n\n--b  \n"
        b"Content-Type: text/html; charset=utf-8\n\n<p>two\n--b--\nepilogue\n--b\n\nnot a part"
    )
    part, defects = tree(raw)
    assert defects == ()
    assert [leaf.content_type for leaf in part.leaves()] == ["text/plain", "text/html"]
    assert bodies(raw) == [b"one\n", b"<p>two"]


def test_a_nested_boundary_may_begin_with_the_outer_one() -> None:
    raw = (
        b"Content-Type: multipart/mixed; boundary=b\n\n--b\n"
        b"Content-Type: multipart/alternative; boundary=bb\n\n--bb\n\none\n--bb--\n--b\n\ntwo\n--b--\n"
    )
    assert bodies(raw) == [b"one", b"two"]


@pytest.mark.parametrize(
    ("raw", "defect", "texts"),
    [
        (b"Content-Type: multipart/mixed\n\n--b\n\nSTOP\n", "multipart without boundary", 1),
        (b'Content-Type: multipart/mixed; boundary=""\n\nSTOP\n', "multipart without boundary", 1),
        (b"Content-Type: multipart/mixed; boundary=b\n\nSTOP\n", "boundary not found", 1),
        (b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nSTOP\n", "no closing boundary", 1),
        (b"Content-Type: multipart/mixed; boundary=b\n\n--b", "no closing boundary", 1),
        (
            b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 300 + b"--b--\n",
            "too many parts",
            99,
        ),
    ],
)
def test_a_broken_multipart_still_has_its_text(raw: bytes, defect: str, texts: int) -> None:
    part, defects = tree(raw)
    assert defect in defects
    assert len([leaf for leaf in part.leaves() if leaf.is_text]) == texts


def test_a_thousand_levels_end_at_the_tenth() -> None:
    levels = (f"Content-Type: multipart/mixed; boundary=b{at}\n\n--b{at}\n" for at in range(1000))
    part, defects = tree("".join(levels).encode() + b"\nSTOP\n")
    assert "nested too deep" in defects
    assert [leaf.disposition for leaf in part.leaves()] == ["attachment"]


def test_a_mail_within_the_mail_is_not_opened() -> None:
    raw = (
        b"Content-Type: message/rfc822\n\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\n"
        b"STOP ALL\n--b--\n"
    )
    part, _ = tree(raw)
    assert not part.parts
    assert not part.is_text


def test_parts_of_a_digest_are_mails() -> None:
    raw = b"Content-Type: multipart/digest; boundary=b\n\n--b\n\nFrom: a@b\n\nSTOP\n--b--\n"
    part, _ = tree(raw)
    assert [leaf.content_type for leaf in part.leaves()] == ["message/rfc822"]


def test_what_the_guard_asks_for() -> None:
    raw = (
        b"Content-Type: multipart/report; report-type=Delivery-Status; boundary=b\n\n"
        b"--b\nContent-Type: text/calendar; method=REPLY\n\nx\n"
        b"--b\nContent-Type: text/calendar; method=REPLY\nContent-Disposition: attachment\n\nx\n"
        b"--b--\n"
    )
    part, _ = tree(raw)
    assert part.label == "multipart/report; delivery-status"
    assert [leaf.label for leaf in part.leaves()] == [
        "text/calendar; reply",
        "text/calendar; attachment",
    ]


@pytest.mark.parametrize(
    "parameters",
    [
        "; boundary=b",
        '; boundary="b"',
        ' ; x="a;boundary=c" ; boundary=b',
        "; boundary*0=b",
        "; boundary*=us-ascii'en'b",
        "; boundary*=idna'en'b",
        "; BOUNDARY=b; boundary",
    ],
)
def test_parameters_in_every_form(parameters: str) -> None:
    raw = f"Content-Type: multipart/mixed{parameters}\n\n--b\n\nSTOP\n--b--\n".encode()
    assert bodies(raw) == [b"STOP"]


@settings(deadline=None)
@given(st.binary(max_size=600))
def test_any_octets_give_parts(raw: bytes) -> None:
    part, _ = tree(raw)
    for leaf in part.leaves():
        assert 0 <= leaf.start <= leaf.end <= len(raw)


_PIECES = st.sampled_from(
    [
        b"--b\n", b"--b--\n", b"--c\n", b"--c--", b"\n", b"\n\n", b"STOP", b"--b \n", b"--",
        b"Content-Type: multipart/mixed; boundary=c\n", b"Content-Type: text/html\n", b"\0", b": ",
        b"Content-Type: message/rfc822\n", b"Content-Transfer-Encoding: base64\n", b" x\n",
    ]
)  # fmt: skip


@settings(deadline=None)
@given(st.lists(_PIECES, max_size=30))
def test_parts_never_overlap(pieces: list[bytes]) -> None:
    raw = b"Content-Type: multipart/mixed; boundary=b\n\n" + b"".join(pieces)
    part, _ = tree(raw)
    leaves = list(part.leaves())
    assert len(leaves) <= LIMITS.parts + 1
    for before, after in itertools.pairwise(leaves):
        assert before.end <= after.start
