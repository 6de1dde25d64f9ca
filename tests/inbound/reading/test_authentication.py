"""What trusted servers prove (RFC 8601, RFC 8617; reliability.md T-AR, 45, 46; traps 29-31)."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.config import Limits, Trust
from mailbot.inbound.reading.authentication import prove
from mailbot.inbound.reading.message import parse
from mailbot.model import Envelope, Proof
from tests.fixtures_folder import FOLDER, envelope_of, every_mail

ANN = "ann@people.example"
MX = "mx.court.example"
TRUST = Trust(frozenset({MX}), sealers=frozenset({"lists.example"}), instance="bot.court.example")
STAMP = f"Received: from {MX} ([192.0.2.2]) by bot.court.example with SMTP id 1; Tue"
HOP = f"Received: from out.people.example by {MX} (Postfix) with ESMTPS id 2; Tue"
FOREIGN = "Received: from laptop by out.people.example with ESMTPSA id 3; Tue"
PASS = f"Authentication-Results: {MX}; dmarc=pass (p=none) header.from=people.example"
FAIL = f"Authentication-Results: {MX}; dmarc=fail header.from=people.example"
NONE = f"Authentication-Results: {MX}; spf=none; dkim=none; dmarc=none"
UNPROVED = "trusted results prove nothing"


def proof(*lines: str, sender: str = ANN, trust: Trust = TRUST, end: str = "\r\n") -> Proof:
    """Of a mail with these lines above its From."""
    head = [*lines, f"From: {sender}", "Subject: STOP ALL", "", "body", ""]
    return parse(
        end.join(head).encode(), Envelope(ANN, "track@court.example"), Limits(), trust=trust
    ).proof


def results(text: str) -> str:
    return f"Authentication-Results: {MX}; {text}"


# --- What proves ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("dmarc=pass header.from=people.example", "DMARC pass"),
        ("DMARC=PASS (p=reject dis=none) header.from=People.Example", "DMARC pass"),
        ("dmarc=pass header.from=ann@people.example", "DMARC pass"),
        ("spf=fail; dkim=fail; dmarc=pass header.from=people.example", "DMARC pass"),
        ("dkim=pass header.d=people.example", "aligned DKIM pass"),
        ("dkim=pass header.i=@people.example header.s=a header.b=abc", "aligned DKIM pass"),
        ("dkim=fail header.d=x.example; dkim=pass header.d=people.example", "aligned DKIM pass"),
        ("dmarc=none; dkim=pass header.d=people.example", "aligned DKIM pass"),
        ("dmarc=bestguesspass; dkim=pass header.d=PEOPLE.example", "aligned DKIM pass"),
    ],
)
def test_what_the_server_found_is_proved(text: str, why: str) -> None:
    assert proof(results(text)) == Proof("P1", why)


@pytest.mark.parametrize(
    "text",
    [
        "none",
        "spf=pass smtp.mailfrom=people.example",
        "dmarc=none header.from=people.example",
        "dmarc=temperror header.from=people.example",
        "dmarc=pass",
        "dmarc=pass header.from=evil.example",
        "dmarc=pass header.from=people.example header.from=evil.example",
        "dmarc=pass header.from=people.example.evil.example",
        "dmarc=passed header.from=people.example",
        "dmarc/2=pass header.from=people.example",
        "xdmarc=pass header.from=people.example",
        "dkim=pass",
        "dkim=pass header.d=evil.example",
        "dkim=pass header.d=example",
        "dkim=pass header.d=mail.people.example",
        "dkim=pass header.d=eople.example",
        "dkim=pass header.d=people.example header.d=evil.example",
        "dkim=pass header.d=evil.example header.i=@people.example",
        "dkim=neutral header.d=people.example",
        "dkim-adsp=pass header.from=people.example",
        "auth=pass smtp.auth=ann@people.example",
    ],
)
def test_what_proves_nothing(text: str) -> None:
    assert proof(results(text)) == Proof("P0", UNPROVED)


@pytest.mark.parametrize(
    ("sender", "signer", "proved"),
    [
        ("ann@mail.people.example", "people.example", True),
        ("ann@a.b.people.example", "b.people.example", True),
        ("ann@people.example", "a.people.example", False),
        ("ann@a.people.example", "b.people.example", False),
        ("ann@people.example", "example", False),
        ("ann@b\u00fccher.example", "xn--bcher-kva.example", True),
        ("ann@b\u00fccher.example", "b\u00fccher.example", True),
        ("ann@xn--bcher-kva.example", "B\u00fccher.example", True),
    ],
)
def test_a_signature_is_aligned_with_its_domain_and_what_is_under_it(
    sender: str, signer: str, proved: bool
) -> None:
    found = proof(results(f"dkim=pass header.d={signer}"), sender=sender)
    assert found.level == ("P1" if proved else "P0")


def test_dkim_of_an_unaligned_domain_does_not_raise_the_level() -> None:
    """Trap 30."""
    assert proof(results("dkim=pass header.d=bulk.example header.i=@bulk.example")).level == "P0"


def test_a_failure_is_remembered() -> None:
    assert proof(HOP, FAIL) == Proof("P0", "DMARC fail", failed=True)
    assert proof(HOP, results("dmarc=fail; dkim=pass header.d=people.example")).failed
    assert not proof(NONE).failed


def test_a_failure_that_nobody_trusted_tells_is_none() -> None:
    assert proof(FAIL, trust=Trust()) == Proof("P0", "no server is trusted")
    assert not proof("Authentication-Results: mx.evil.example; dmarc=fail").failed


def test_two_froms_or_none_prove_nothing() -> None:
    """Trap 26."""
    assert proof(PASS, "From: ben@people.example").level == "P0"
    assert proof(PASS, sender="ann@people.example, ben@people.example").level == "P0"
    assert proof(PASS, sender="").level == "P0"


# --- Where it stands --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "lines",
    [
        (PASS,),
        (PASS, HOP, FOREIGN),
        (HOP, PASS, FOREIGN),
        (STAMP, HOP, PASS, FOREIGN),
        (STAMP, "Received: from localhost by localhost (amavisd-new); Tue", HOP, PASS),
        (STAMP, "Received: by 2002:a4a:8e45:0:0:0:0:0 with SMTP id z5; Mon", HOP, PASS, FOREIGN),
        (STAMP, f"Received: from {MX} by imap.court.example with LMTP id x; Tue", HOP, PASS),
        ("Authentication-Results: spam.court.example; x-spam=no", HOP, PASS),
        (HOP, PASS, results("dkim=pass header.d=people.example"), results("spf=none"), FOREIGN),
        (HOP, PASS, "DKIM-Signature: v=1", "Authentication-Results: other.example; dmarc=fail"),
    ],
)
def test_on_our_side_of_the_border_it_counts(lines: tuple[str, ...]) -> None:
    assert proof(*lines).level == "P1"


@pytest.mark.parametrize(
    "lines",
    [
        (HOP, FOREIGN, PASS),
        (FOREIGN, PASS),
        (FOREIGN, HOP, PASS),
        (PASS, HOP, FOREIGN, PASS),
        (HOP, PASS, FOREIGN, PASS),
        (HOP, PASS, FOREIGN, NONE),
        (PASS, HOP, NONE),
        (HOP, "Received: (qmail 1 invoked from network); Tue", PASS),
        (HOP, f"Received: from x (by {MX}) by evil.example; Tue", PASS),
        (HOP, f"Received: from x by by {MX}; Tue", PASS),
        (HOP, f"Received: from x by evil.example by {MX}; Tue", PASS),
        (HOP, "Received: from x by 198.51.100.1.evil.example; Tue", PASS),
        (HOP, "Received: ", PASS),
        (HOP, "Received: from x by court.example.evil.example; Tue", PASS),
    ],
)
def test_below_a_foreign_hop_or_said_again_nothing_counts(lines: tuple[str, ...]) -> None:
    assert proof(*lines) == Proof("P0", "trusted name below another hop")


def test_fields_under_the_topmost_can_only_lower() -> None:
    """Trap 29: the second field with our name may be the sender's own."""
    assert proof(HOP, NONE, PASS) == Proof("P0", UNPROVED)
    assert proof(HOP, PASS, FAIL).failed
    assert (
        proof(HOP, results("spf=none"), results("dkim=pass header.d=people.example")).level == "P0"
    )


def test_without_configuration_every_field_is_ignored() -> None:
    assert proof(PASS, trust=Trust()) == Proof("P0", "no server is trusted")
    assert proof(PASS, trust=Trust(sealers=frozenset({MX}))).level == "P0"
    raw = f"{PASS}\r\nFrom: {ANN}\r\n\r\n".encode()
    assert parse(raw, Envelope(ANN, "track@court.example"), Limits()).proof == Proof()


# --- T-AR: forgeries --------------------------------------------------------------------------

CLAIM = "dmarc=pass header.from=people.example; dkim=pass header.d=people.example"
# What may stand below our Received though our server has taken out whatever bears its name: none.
DISGUISED = [
    f"Authentication-Results: {name}; {CLAIM}"
    for name in (
        "mx.evil.example", "court.example", "mx.court.example.", "mx.court.example.evil.test",
        "xmx.court.example", "mx.court.exampl", "mx-court.example", "mx.court.\u0435xample",
        "\uff4dx.court.example", "mx.court.example\u200b", "mx.court.example\u00a0",
        "MX.COURT.EXAMPLE", "Mx.court.example", "mx.Court.example", '"MX.court.example"',
        "=?utf-8?q?mx.court.example?=", "=?us-ascii?b?bXguY291cnQuZXhhbXBsZQ==?=",
        "(mx.court.example)", "(mx.court.example) evil", "((mx.court.example)",
        "(evil (x) mx.court.example", "mx.court.example (", 'mx.court.example "', "mx.court.example \\",
        "mx(c).court.example", "mx.(c)court.example", "mx .court.example", "mx. court.example",
        "evil mx.court.example", "mx.court.example evil", "mx.court.example 2", "mx.court.example 1 1",
        "mx.court.example/1", "mx.court.example,x", "mx.court.example=x", "<mx.court.example>",
        "[mx.court.example]", "@mx.court.example", "mx.court.example@x", "", " ;",
        "i=1; mx.court.example", "spf=pass", "\tevil.example;mx.court.example",
        "mx.court.example\r", "mx.court.example\0", "mx.court.example\x0b", "mx.court.example\x85",
    )
] + [
    f"{name}: {MX}; {CLAIM}"
    for name in (
        "Authentication-Results-Original", "X-Authentication-Results", "Authentication-Result",
        "X-Original-Authentication-Results", "ARC-Authentication-Results", "Authentication_Results",
        "X-Mailbot-Proof", "Received-SPF", "\u0410uthentication-Results", "Subject",
    )
]  # fmt: skip
# What may stand there where our server takes nothing out, but writes its own field above.
PLAIN = [
    results(CLAIM),
    results("dmarc=pass header.from=people.example"),
    f'Authentication-Results: "{MX}" 1; {CLAIM}',
    f"Authentication-Results: (x) {MX} (y) 1 (z); {CLAIM}",
    f"authentication-results:{MX};{CLAIM}",
    f"AUTHENTICATION-RESULTS: {MX};\r\n\t{CLAIM}",
    f"Authentication-Results:\r\n {MX}\r\n ; {CLAIM}",
    f"Authentication-Results : {MX}; {CLAIM}",
]
WRITTEN = [NONE, FAIL, results("spf=softfail; dkim=pass header.d=evil.example; dmarc=fail")]


def test_there_are_fifty_forgeries() -> None:
    assert len(DISGUISED) + len(PLAIN) >= 50


@pytest.mark.parametrize("forged", DISGUISED)
def test_no_disguise_raises_the_level(forged: str) -> None:
    for lines in ((HOP, forged, FOREIGN), (STAMP, HOP, forged), (HOP, forged, forged)):
        assert proof(*lines).level == "P0"


@pytest.mark.parametrize("forged", DISGUISED + PLAIN)
@pytest.mark.parametrize("written", WRITTEN)
def test_nothing_below_our_servers_word_raises_the_level(forged: str, written: str) -> None:
    """Trap 29."""
    for lines in (
        (STAMP, HOP, written, forged, FOREIGN),
        (STAMP, written, HOP, forged),
        (written, HOP, FOREIGN, forged),
        (HOP, written, HOP, forged),
        (HOP, written, forged, forged),
    ):
        assert proof(*lines).level == "P0"


@pytest.mark.parametrize("forged", PLAIN)
def test_no_forgery_below_a_foreign_hop_raises_the_level(forged: str) -> None:
    for lines in ((HOP, FOREIGN, forged), (FOREIGN, forged), (STAMP, FOREIGN, HOP, forged)):
        assert proof(*lines).level == "P0"


@pytest.mark.parametrize(
    "smuggled",
    [
        f"X: 1\r{PASS}", f"X: 1\n{PASS}", f"X: 1\0{PASS}", f"X: 1\r\r\n{PASS}\rY: 2",
        f"X: 1\n\r{PASS}", f"X: 1\x85{PASS}", f"X: 1\u2028{PASS}", f"X: 1\x0b{PASS}",
        f"{PASS}\rX: 1", f"{PASS}\0", f"{PASS}\nX: 1",
    ],
)  # fmt: skip
def test_bare_line_ends_prove_nothing(smuggled: str) -> None:
    assert proof(HOP, smuggled).level == "P0"
    assert proof(HOP, PASS, "X: a\rb").why.startswith("header with defects")
    assert proof(HOP, PASS, "X: a\nb: c").why.startswith("header with defects")


def test_a_header_that_was_cut_proves_nothing() -> None:
    assert proof(HOP, PASS, *["X: y"] * 600).level == "P0"
    assert proof(HOP, PASS, "X: " + "y" * 9000).level == "P0"
    assert proof(HOP, PASS, "no header field").level == "P0"


def test_own_fields_from_outside_have_no_effect() -> None:
    """Trap 32."""
    for name in ("X-Mailbot-Proof", "X-Mailbot-Level", "X-Mailbot-Proved", "X-Mailbot-Loop"):
        assert proof(f"{name}: P1").level == "P0"
        assert proof(PASS, f"{name}: P0").level == "P1"


# --- Microsoft --------------------------------------------------------------------------------

CLOUD = Trust(nameless=frozenset({"protection.cloud.example"}))
INNER = "Received: from a.prod.cloud.example by b.prod.cloud.example with HTTPS; Tue"
BORDER = "Received: from out.people.example by x1.mail.protection.cloud.example with SMTP; Tue"
NAMELESS = (
    "Authentication-Results: spf=pass (sender IP is 192.0.2.1) smtp.mailfrom=people.example;\r\n"
    " dkim=pass (signature was verified) header.d=people.example;dmarc=pass action=none\r\n"
    " header.from=people.example;compauth=pass reason=100"
)


def test_results_without_a_name_count_where_configured() -> None:
    lines = (INNER, NAMELESS, "Received-SPF: Pass", BORDER, FOREIGN)
    assert proof(*lines, trust=CLOUD) == Proof("P1", "DMARC pass")
    assert proof(*lines).level == "P0"
    assert proof(HOP, NAMELESS, BORDER).level == "P0"


def test_results_without_a_name_must_stand_above_their_own_hop() -> None:
    assert proof(INNER, BORDER, NAMELESS, trust=CLOUD).level == "P0"
    assert proof(INNER, BORDER, NAMELESS, FOREIGN, trust=CLOUD).level == "P0"
    assert proof(INNER, BORDER, FOREIGN, NAMELESS, BORDER, trust=CLOUD).level == "P0"
    assert proof(INNER, NAMELESS, BORDER, NAMELESS, BORDER, trust=CLOUD).level == "P0"
    assert proof(INNER, PASS, BORDER, trust=CLOUD).level == "P0"


# --- ARC --------------------------------------------------------------------------------------


def arc(number: int, sealer: str, text: str = CLAIM) -> tuple[str, str]:
    return (
        f"ARC-Seal: i={number}; a=rsa-sha256; cv=pass; d={sealer}; s=x; b=abc",
        f"ARC-Authentication-Results: i={number}; mx.{sealer}; {text}",
    )


SEEN = results("arc=pass (i=1); dkim=fail; dmarc=fail header.from=people.example")


@pytest.mark.parametrize(
    "sets",
    [
        (arc(1, "lists.example"),),
        (arc(2, "lists.example"), arc(1, "evil.example", "dmarc=fail")),
        (arc(2, "lists.example", "dmarc=fail"), arc(1, "lists.example")),
    ],
)
def test_listed_sealers_prove_what_they_saw(sets: tuple[tuple[str, str], ...]) -> None:
    lines = [line for each in sets for line in each]
    assert proof(HOP, SEEN, *lines, FOREIGN) == Proof("P1", "ARC pass by listed sealers")
    assert proof(HOP, FAIL, *lines).failed
    assert proof(HOP, SEEN.replace("arc=pass", "arc=fail"), *lines).failed
    assert proof(HOP, SEEN, *lines, trust=Trust(frozenset({MX}))).failed


@pytest.mark.parametrize(
    "sets",
    [
        (),
        (arc(1, "evil.example"),),
        (arc(2, "evil.example"), arc(1, "lists.example")),
        (arc(2, "lists.example", "arc=pass"), arc(1, "evil.example")),
        (arc(1, "lists.example"), arc(1, "lists.example")),
        (arc(2, "lists.example"),),
        (arc(1, "lists.example.evil.test"),),
        (arc(1, "mx.lists.example"),),
        (arc(1, "lists.example", "dmarc=pass header.from=evil.example"),),
        (arc(1, "lists.example; d=evil.example"),),
        (arc(1, "lists.example")[:1],),
        (arc(1, "lists.example")[1:],),
        (arc(1, "lists.example"), arc(2, "lists.example")[1:]),
        (arc(1, "lists.example", "("),),
    ],
)
def test_other_seals_do_not_raise_the_level(sets: tuple[tuple[str, ...], ...]) -> None:
    """Trap 31."""
    assert proof(HOP, SEEN, *[line for each in sets for line in each]).level == "P0"


# --- Any header at all ------------------------------------------------------------------------

LINES = (HOP, FOREIGN, STAMP, NONE, FAIL, NAMELESS, BORDER, *DISGUISED, *arc(1, "lists.example"))


@given(st.lists(st.tuples(st.sampled_from(
    ["authentication-results", "received", "arc-seal", "arc-authentication-results", "x"]),
    st.text(max_size=80) | st.text("mx.court;=pas dkihr\"()\\", max_size=80)), max_size=12))  # fmt: skip
def test_any_header_gives_a_proof(fields: list[tuple[str, str]]) -> None:
    found = prove(fields, ANN, (), TRUST)
    assert found.level == "P0" or any(MX in value for _, value in fields)
    assert found.why


@given(st.lists(st.sampled_from(LINES), max_size=8))
def test_no_order_of_forgeries_proves_anything(lines: list[str]) -> None:
    assert proof(*lines).level == "P0"


def test_mutations_of_a_good_field_raise_nothing_else() -> None:
    """A changed octet in what proves another domain never makes it prove Ann's."""
    chance = random.Random(8601)
    good = results("dmarc=pass header.from=evil.example; dkim=pass header.d=evil.example")
    for _ in range(3000):
        text = list(good)
        for _ in range(chance.randint(1, 3)):
            text[chance.randrange(len(text))] = chance.choice('();=". \\\t\0\r\n:mxa')
        assert proof(HOP, "".join(text), FOREIGN).level == "P0"


# --- Mail of the world ------------------------------------------------------------------------


def of_file(name: str, *trusted: str) -> Proof:
    raw = (FOLDER / name).read_bytes()
    return parse(raw, envelope_of(raw), Limits(), trust=Trust(frozenset(trusted))).proof


@pytest.mark.parametrize(
    ("name", "trusted", "expected"),
    [
        (
            "dockets/notices/juriscraper-scotus-mail__email-25-250.eml",
            ("mx.google.com",),
            Proof("P1", "DMARC pass"),
        ),
        ("bounces/set-of-emails__rfc3464-62.eml", ("mx.google.com",), Proof("P1", "DMARC pass")),
        (
            "auth/mail/authheaders__test.message_signed",
            ("lists.example.org",),
            Proof("P0", UNPROVED),  # of another domain
        ),
        (
            "auth/mail/messagelib__broken5.mbox",
            ("letterbox.kde.org",),
            Proof("P0", "trusted name below another hop"),
        ),
        ("auth/mail/messagelib__broken5.mbox", ("ovh.net",), Proof("P0", "no trusted results")),
    ],
)
def test_real_mail_at_its_own_servers(name: str, trusted: tuple[str, ...], expected: Proof) -> None:
    assert of_file(name, *trusted) == expected


def test_real_mail_at_our_servers_proves_nothing() -> None:
    for path in every_mail():
        assert of_file(str(path.relative_to(FOLDER)), MX).level == "P0"
