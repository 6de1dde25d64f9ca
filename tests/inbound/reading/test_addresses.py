"""The sender is exactly the one address of the one From field, or nobody (T-FROM, traps 26, 27)."""

from __future__ import annotations

import itertools
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailbot.inbound.reading.addresses import is_address, mailbox_of, sender_of

A, B = "alice@example.org", "bob@evil.example"


@pytest.mark.parametrize(
    ("value", "address"),
    [
        (A, A),
        (f"<{A}>", A),
        (f"Alice <{A}>", A),
        (f"  Alice\t<{A}> ", A),
        (f"Alice M. O'Brien-Smith <{A}>", A),
        (f'"Brien, Alice" <{A}>', A),
        (f'"Alice \\"Al\\" B" <{A}>', A),
        (f'"{B}" <{A}>', A),  # the address is the one that mail would go to
        (f'"a <{B}>" <{A}>', A),
        (f"=?utf-8?q?Al=C3=ADce?= <{A}>", A),
        (f"Zoë 李 <{A}>", A),
        (f"[EXTERNAL] Alice <{A}>", A),
        (f"Alice < {A} >", A),
        ("Alice@Example.ORG", "Alice@Example.ORG"),  # spelled as it is
        ("a.lice+x_y@sub.example.org", "a.lice+x_y@sub.example.org"),
        ("#!$%&'*+-/=?^_`{|}~@example.org", "#!$%&'*+-/=?^_`{|}~@example.org"),
        ("jürgen@bücher.example", "jürgen@bücher.example"),
        ("x@xn--bcher-kva.example", "x@xn--bcher-kva.example"),
        (f"{A} (Alice Smith)", A),  # RFC 5322 3.2.2; as old programs write it
        (f"(Alice) {A}", A),
        (f"Alice (Acme) <{A}>", A),
        (f"Alice (Acme, Inc. (UK)) <{A}>", A),
        (f"(Alice) <{A}>", A),
        (f"Alice <{A}> (x)", A),
        (f'"Alice (x" <{A}> (y)', A),
        (f"{A} <{A}>", A),  # the same twice
        (f"'{A}' <{A}>", A),
        (f"{A} (Alice) <{A}>", A),
    ],
)
def test_a_mailbox(value: str, address: str) -> None:
    assert mailbox_of(value) == address


def test_there_must_be_one_from_field() -> None:
    assert sender_of([]) is None
    assert sender_of([A]) == A
    assert sender_of([A, A]) is None
    assert sender_of([A, B]) is None


MALFORMED = [
    "", " ", "<>", "<<>>", "Alice", "Alice <>", "@", "@example.org", "alice@", "alice",
    f"{A}, {B}", f"{A},", f",{A}", f"{A};", f"Alice <{A}>, Bob <{B}>", f"Alice <{A}> Bob <{B}>",
    f"{A} <{B}>", f"{A}) <{B}>", f"alice@example.org){B}", f"{A}({B})", f"({B}){A}",
    f"Alice <{A} (x)>", f"Alice <(x) {A}>", f"{A} ({B})", f"({B}) <{A}>", f"Alice ({B}) <{A}>",
    f"{A} (x <y>)", f"{A} (Alice", f"{A} Alice)", f"Alice (x)) <{A}>", f"Alice ((x) <{A}>",
    f"{A} (\\))", f'Alice (") <{A}> (")', "alice(x)@example.org", "alice@(x)example.org",
    "al(x)ice@example.org", "alice@example(x).org", f"{A} (x) {B}", f"{A}(x){B}", f"{A} <{A}> {B}",
    f"{A} {A} <{A}>", f"{A}, <{A}>", f"Alice {A} <{A}>", f"{A.upper()} <{A}>", f'"Alice" {A}',
    f"friends: {A};", f"friends: {A}, {B};", f"friends:;<{A}>", f"<@relay.example:{A}>",
    f"<@a.example,@b.example:{A}>", f"Brien, Alice <{A}>", f'"Alice <{A}>', f'Alice" <{A}>',
    f'"Alice" "<{A}>', f"Alice <{A}", f"Alice {A}>", f"<<{A}>>", f"<{A}>>", f"<{A}><{B}>",
    f"<{A}> {B}", f"{A} {B}", f"Alice {A}", f"Alice\\ <{A}>", "alice @example.org",
    "alice@ example.org", "al ice@example.org", "alice@exa mple.org", "alice@@example.org",
    "alice@bob@example.org", ".alice@example.org", "alice.@example.org", "al..ice@example.org",
    '"alice"@example.org', '"a@b"@example.org', "alice@[192.0.2.1]", "alice@[IPv6:::1]",
    "alice@localhost", "alice@example", "alice@example.org.", "alice@.example.org",
    "alice@example..org", "alice@-example.org", "alice@example-.org", "alice@exa_mple.org",
    "alice@example.123", "alice@192.0.2.1", "alice@example.org\0", "alice\0@example.org",
    f"Al\0ice <{A}>", f"Al\rice <{A}>", f"{A}\n", f"{A}\r\nBcc: {B}", f"Alice\x0b<{A}>",
    f"Alice\u2028<{A}>", f"Alice\u202e <{A}>", f"{A}\u200b", "alice@exam\u200bple.org",
    "alice@ex\u0430mple..org", "alice\u3000@example.org", "alice\uff20example.org",
    "\uff1calice@example.org\uff1e", "alice@\u017fub.example", "alice@stra\xdfe.example",
    "alice@\u2100.example", "alice@xn--.example\xff", "a" * 65 + "@example.org",
    "a@" + "b" * 64 + ".example", "a@" + "b." * 130 + "example", "a" * 64 + "@" + "b." * 100 + "io",
    "mailto:alice@example.org", f"<mailto:{A}>", f"Alice <{A}> ;", f'"Alice\\" <{A}>',
    f"=?utf-8?q?x?= {A}", "=?utf-8?q?alice=40example=2Eorg?=", f"'{B}' <{A}>", f"{B}: <{A}>",
    "alice%example.org", "example.org!alice", "alice@example,org", "alice@example;org",
    f"Alice <{A}>\\", "MAILER DAEMON <>", "alice at example.org", "alice(at)example.org",
]  # fmt: skip


@pytest.mark.parametrize("value", MALFORMED)
def test_malformed(value: str) -> None:
    assert mailbox_of(value) is None


def test_four_hundred_malformed_forms_make_nobody() -> None:
    """Two addresses in every arrangement of what separates, encloses and comments."""
    before = ["", "x ", '"', "(", "<", "x:", "@", ",", '"x" ']
    between = [" ", ",", ";", "> <", ") ", "(", ":", ' "', "\\", "@", "<", ">", " , <", "\t"]
    after = ["", ">", ")", ";", '"']
    forms = [
        f"{head}{A}{middle}{B}{tail}"
        for head, middle, tail in itertools.product(before, between, after)
    ]
    assert len(forms) >= 400
    assert [form for form in forms if mailbox_of(form)] == []


@settings(deadline=None)
@given(st.text(max_size=120))
def test_any_text_gives_an_address_or_nobody(value: str) -> None:
    found = mailbox_of(value)
    if found is not None:
        assert is_address(found)
        assert found in value
        assert found.count("@") == 1
        assert not set(found) & set(' ,;:<>()[]\\"\t\r\n\0')


WELL_FORMED = [A, f"Alice <{A}>", f"{A} (Alice)", f"Alice (x) <{A}> (y)", f"{A} <{A}>"]


@settings(deadline=None)
@given(st.sampled_from([*MALFORMED, *WELL_FORMED]), st.data())
def test_a_slip_never_makes_another_sender(value: str, data: st.DataObject) -> None:
    """Whatever is put into a field, the sender is a part of it, standing where mail goes to."""
    place = data.draw(st.integers(0, len(value)))
    slip = data.draw(st.sampled_from(list('<>"(),;:@\\ .\t\r')))
    changed = value[:place] + slip + value[place:]
    found = mailbox_of(changed)
    if found is not None:
        behind = changed.rpartition(found)[2]
        assert re.fullmatch(r"[ \t]*>?[ \t]*(\([^@<>]*\)[ \t]*)*", behind)


def test_a_long_field_is_nobodys() -> None:
    assert mailbox_of('"' * 7999 + f"<{A}>") is None
    assert mailbox_of(f"{'x' * 1000} <{A}>") is None
