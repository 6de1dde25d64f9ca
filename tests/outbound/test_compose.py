"""Mails on the wire: every template in both profiles keeps every rule, whatever the court wrote."""

from __future__ import annotations

import dataclasses
import email
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from email import policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailbot import preview
from mailbot.config import Settings, load
from mailbot.model import Claimed, Link, Outgoing
from mailbot.outbound import headers
from mailbot.outbound.compose import compose, thread_root
from mailbot.samples.mails import samples
from mailbot.samples.pieces import HANDLE, SIGNED
from mailbot.tokens import Key, Purpose, Signer
from mailbot.wording import Wording, frame
from tests.outbound.standards import elements, problems

NOW = datetime(2016, 2, 1, 15, 0, tzinfo=UTC)
CONFIG = load(Path(__file__).parents[2] / "config.toml", {})
SIGNER = Signer([Key("old", b"o" * 32), Key("new", b"n" * 32)])
WORDING = Wording()
HOSTILE = {
    "controls": (
        "\r\nBcc: victim@reader.example\r\n\r\nbody a\rb\nc\vd\fe\x85f\u2028g\u2029h\x00i\x1b[31mj "
        "\ud800 lone, \udfff lone \u202egnp.exe \u2066 \u200bS\u200bT\u200bO\u200bP \ufeff"
    ),
    "markup": (
        "<script>alert(1)</script><img src=x onerror=y>' onmouseover='z\" style=\" {{ frame }} "
        "{% raw %} %s %(x)s ${x} =?utf-8?q?=0D=0ABcc=3A?= =?x "
    ),
    "links": (
        "https://evil.example/?a=1&b=2 javascript:alert(1) mailto:a@evil.example www.evil.example"
    ),
    "forged lines": (
        "STOP ALL\nCONFIRM\nyes\n.\n..\nFrom the court\n--=_mailbot-1--\n-- \n> x\n"
        "This e-mail is auto generated.\nTo stop this case:\nmailto:a@evil.example"
    ),
    "long": "word" * 2000 + "\u0301" * 300 + "\U0001f468\u200d\U0001f469\u200d\U0001f467" * 40,
    "scripts": "\u0420\u0435\u0448\u0435\u043d\u0438\u0435 \u5224\u6c7a \u05e4\u05e1\u05e7 " * 80,
    "nothing": "",
}


def profiled(profile: str) -> Settings:
    court = CONFIG.court["franklin"].model_copy(update={"profile": profile})
    return CONFIG.model_copy(update={"court": {"franklin": court}})


PROFILES = {profile: profiled(profile) for profile in ("default", "seed")}
NOTICE: dict[str, Any] = dict(samples()["notice"])
# The seed's own templates in both profiles; the others differ in their footer only.
SEEDED = ("verify", "notice", "report", "tracking", "stop-ask", "stopped")
EVERY = [("default", name) for name in samples()] + [("seed", name) for name in SEEDED]


def row_of(name: str = "notice", **changed: Any) -> Claimed:
    row = preview.sample_row(41, name, "franklin", NOW)
    return replace(row, **{"key_id": "new", **changed})


def mail(name: str = "notice", profile: str = "default", facts: Any = None, **row: Any) -> Outgoing:
    told = samples()[name] if facts is None else facts
    chosen = PROFILES[profile]
    complete = {**told, "frame": frame(chosen, "franklin", NOW)}
    return compose(row_of(name, **row), complete, WORDING, SIGNER, chosen)


def read(outgoing: Outgoing) -> EmailMessage:
    return email.message_from_bytes(outgoing.content, policy=policy.default)


def part(outgoing: Outgoing, kind: str) -> str:
    found = read(outgoing).get_body((kind,))
    assert found is not None
    return str(found.get_content())


@pytest.mark.parametrize(("profile", "name"), EVERY)
def test_every_mail_passes_the_standards_check(profile: str, name: str) -> None:
    assert problems(mail(name, profile).content) == []


@pytest.mark.parametrize(("profile", "name"), EVERY)
def test_a_retry_is_byte_equal(profile: str, name: str) -> None:
    """decisions.md 2; a fresh Wording, as after a restart."""
    complete = {**samples()[name], "frame": frame(PROFILES[profile], "franklin", NOW)}
    again = compose(row_of(name, tries=7), complete, Wording(), SIGNER, PROFILES[profile])
    assert again == mail(name, profile)


# --- Header -----------------------------------------------------------------------------------


def test_default_names_the_subscriber() -> None:
    sent = mail()
    assert read(sent)["To"] == "pat@reader.example"
    assert sent.recipient == "pat@reader.example"
    assert str(read(sent)["From"]) == '"Missouri Courts Case.net System" <track@court.example>'


def test_seed_names_itself_and_the_envelope_the_subscriber() -> None:
    """S53, S54, decisions.md 28."""
    sent = mail(profile="seed")
    assert read(sent)["To"] == read(sent)["From"]
    assert b"pat@reader.example" not in sent.content
    assert sent.recipient == "pat@reader.example"


def test_envelope_and_reply_address_bear_the_handle() -> None:
    sent, handle = mail(), SIGNER.handle(Purpose.MAIL, 41, "new")
    assert sent.mail_from == f"track+b-{handle}@court.example"
    assert read(sent)["Reply-To"] == f"track+n-{handle}@court.example"
    assert len(sent.mail_from.rpartition("@")[0]) <= 64  # trap 59


def test_date_message_id_and_handle_are_the_row_s() -> None:
    sent = read(mail(created_at=datetime(2015, 11, 18, 15, 21, tzinfo=UTC)))
    assert sent["Date"] == "Wed, 18 Nov 2015 15:21:00 +0000"
    assert sent["Message-ID"] == SIGNER.message_id(41, "track.court.example", "new")
    assert SIGNER.own_message(sent["Message-ID"]) == 41
    assert read(mail(key_id="old"))["Message-ID"] == SIGNER.message_id(
        41, "track.court.example", "old"
    )


@pytest.mark.parametrize(
    ("name", "answered", "value"),
    [
        ("notice", None, "auto-generated"),
        ("farewell", None, "auto-generated"),
        ("verify", "<q@reader.example>", "auto-generated"),
        ("stop-ask", "<q@reader.example>", "auto-generated"),
        ("report", "<q@reader.example>", "auto-replied"),
        ("help", "<q@reader.example>", "auto-replied"),
        ("stopped", None, "auto-generated"),
        ("stopped", "<q@reader.example>", "auto-replied"),
    ],
)
def test_every_mail_says_that_a_machine_wrote_it(
    name: str, answered: str | None, value: str
) -> None:
    """RFC 3834 5; mail-interface.md 5.3 N."""
    sent = read(mail(name, in_reply_to=answered))
    assert sent["Auto-Submitted"] == value
    assert sent["X-Auto-Response-Suppress"] == "All"
    assert sent["X-Mailbot-Loop"] == "track.court.example"
    assert (sent["Precedence"] == "list") is (name in ("notice", "farewell"))


def test_lists_and_feedback() -> None:
    sent = read(mail())
    assert sent["List-Id"] == '"Circuit Court of Franklin County" <franklin.track.court.example>'
    assert sent["List-Help"] == "<mailto:track@court.example?subject=HELP>"
    assert sent["Feedback-ID"] == "notice:franklin:mailbot:track.court.example"


def test_one_click_is_neither_encoded_nor_folded() -> None:
    """RFC 8058 3.1; reliability.md 3.4 (EmailMessage makes encoded words of it)."""
    raw = mail().content
    link = f"https://track.court.example/u/{SIGNED}"
    address = f"mailto:track+s-{HANDLE}@court.example?subject=STOP"
    assert f"\r\nList-Unsubscribe: <{link}>, <{address}>\r\n".encode() in raw
    assert b"\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in raw
    assert b"List-Unsubscribe" not in mail("help").content


@pytest.mark.parametrize("unsubscribe", [None, "x", Link("", "mailto:a@b.example"), 7])
def test_without_a_link_there_is_no_one_click(unsubscribe: object) -> None:
    facts = {**NOTICE, "unsubscribe": unsubscribe}
    assert b"List-Unsubscribe" not in mail(facts=facts).content


def test_notices_of_one_case_are_one_thread() -> None:
    sent = read(mail(subscription_id=99))
    assert sent["References"] == sent["In-Reply-To"] == thread_root(99, "track.court.example")
    assert SIGNER.own_message(sent["References"]) is None  # it names no row
    assert read(mail(subscription_id=98))["References"] != sent["References"]
    assert read(mail(subscription_id=None))["References"] is None


def test_an_answer_refers_to_what_it_answers_verbatim() -> None:
    """RFC 5322 3.6.4; statement 27: at most 20 ids, never encoded."""
    asked = f"<{'x' * 200}@reader.example>"
    before = tuple(f"<{number}@reader.example>" for number in range(30))
    sent = mail("help", in_reply_to=asked, references=(*before, asked))
    assert f"In-Reply-To: {asked}\r\n".encode() in sent.content
    references = read(sent)["References"].split()
    assert references == [*before[-19:], asked]
    assert problems(sent.content) == []


@pytest.mark.parametrize(
    "forged", ["", "no id", "<a b@c>", "<x@y>\r\nBcc: z@w.example", "<\u00e9@x>", f"<{'x' * 2000}>"]
)
def test_what_is_no_id_is_left_out(forged: str) -> None:
    sent = mail("help", in_reply_to=forged, references=(forged, "<good@reader.example>"))
    assert read(sent)["In-Reply-To"] is None
    assert read(sent)["References"] == "<good@reader.example>"
    assert problems(sent.content) == []


@pytest.mark.parametrize(
    ("address", "bare", "smtputf8"),
    [
        ("Pat@Reader.example", "Pat@Reader.example", False),
        ("pat@b\u00fccher.example", "pat@xn--bcher-kva.example", False),
        ("jos\u00e9@reader.example", "jos\u00e9@reader.example", True),
        ('"a b"@reader.example', '"a b"@reader.example', False),
        ("a@x.example, v@y.example", '"a@x.example, v"@y.example', False),
        ("a\r\nRCPT TO:<v@y.example>", None, False),
        ("u\u00e9" * 40 + "@" + "\u00fc" * 80 + ".example", None, True),
        ("nobody", "nobody", False),
        ("", '""', False),
    ],
)
def test_the_recipient_is_one_address(address: str, bare: str | None, smtputf8: bool) -> None:
    """T-ADDR, T-EAI: a non-ASCII local part is never turned into another address."""
    sent = mail(address=address)
    assert bare is None or sent.recipient == bare
    assert sent.needs_smtputf8 is smtputf8
    assert not re.search(r"[\r\n\0]", sent.recipient)
    assert sent.content.count(b"\r\nTo: ") == 1
    if "@" in address:
        assert problems(sent.content, smtputf8=smtputf8) == []


def test_subject_is_encoded_only_where_it_must_be() -> None:
    case = NOTICE["case"]
    for caption in ("ST V Pe\u00f1a", "\u5224\u6c7a" * 40, "=?utf-8?q?x?=", 'A "B" C' * 30):
        facts = {**NOTICE, "case": {**case, "caption": caption}}
        sent = mail(facts=facts)
        assert problems(sent.content) == []
        raw = email.message_from_bytes(sent.content)["Subject"]
        subject = str(make_header(decode_header(raw))).replace("\r\n", "")
        assert subject.startswith(f"15AB-CR00015 {caption[:20]}")
        assert len(subject) <= 200
    plain = mail().content
    assert b"Subject: 15AB-CR00015 ST V JASON L COFFMAN: docket activity\r\n" in plain


def test_names_that_are_not_ascii() -> None:
    court = CONFIG.court["franklin"].model_copy(
        update={
            "name": 'Juzgado de lo Civil n\u00ba 3 "A\\B"',
            "system_name": "\u88c1\u5224\u6240" * 30,
        }
    )
    told = CONFIG.model_copy(update={"court": {"franklin": court}})
    facts = {**NOTICE, "frame": frame(told, "franklin", NOW)}
    sent = compose(row_of(), facts, WORDING, SIGNER, told)
    assert problems(sent.content) == []
    shown = str(make_header(decode_header(email.message_from_bytes(sent.content)["From"])))
    assert shown == "\u88c1\u5224\u6240" * 30 + " <track@court.example>"


def test_a_separator_of_another_kind() -> None:
    voice = replace(CONFIG.voice_of("franklin"), separator="-")
    assert voice.tagged("n-abc") == "track-n-abc@court.example"


def test_fields_without_words() -> None:
    assert headers.phrase("", "From") == ""
    assert headers.named("To", "", "a@b.example") == b"To: a@b.example\r\n"
    assert headers.ids("References", []) == b""


# --- Body -------------------------------------------------------------------------------------


def test_text_first_and_complete_by_itself() -> None:
    text, html = part(mail(), "plain"), part(mail(), "html")
    assert text.startswith("2 new entries, 1 updated entry, 1 entry no longer shown")
    for words in ("Track This Case Docket Text", "11/16/15 9:21 AM", "SO ORDERED."):
        assert words in text
        assert words in html


def test_other_scripts_go_as_base64() -> None:
    entry = {**NOTICE["entries"][0], "text": "\u5224\u6c7a" * 900}
    sent = mail(facts={**NOTICE, "entries": [entry]})
    assert sent.content.count(b"Content-Transfer-Encoding: base64") == 2
    assert "\u5224\u6c7a" * 900 in part(sent, "plain")
    assert problems(sent.content) == []


def test_a_dot_alone_on_a_line_is_encoded() -> None:
    entry = {**NOTICE["entries"][0], "text": ".\n..\nFrom me"}
    sent = mail(facts={**NOTICE, "entries": [entry]})
    assert b"\r\n.\r\n" not in sent.content
    assert re.search(r"\| \.\s+\| \.\.\s+\| From me", part(sent, "plain"))


# --- Hostile facts ----------------------------------------------------------------------------

OURS = (
    "url",
    "mailto",
    "code",
    "reply_to",
    "address",
    "closes_text",
    "example",
    "kind",
    "reason",
    "problem",
    "scope",
    "state",
    "verb",
    "email",
)


def poisoned(facts: Mapping[str, Any], text: str) -> dict[str, Any]:
    """The same facts with every text that a court or a stranger could write replaced."""
    return {key: _poisoned(value, key, text) for key, value in facts.items()}


def _poisoned(value: Any, key: str, text: str) -> Any:
    if isinstance(value, str):
        return value if key.endswith(OURS) else text
    if isinstance(value, Link):
        return value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = [field.name for field in dataclasses.fields(value)]
        return replace(
            value, **{name: _poisoned(getattr(value, name), name, text) for name in names}
        )
    if isinstance(value, Mapping):
        return poisoned(value, text)
    if isinstance(value, list):
        return [_poisoned(each, key, text) for each in value]
    return value


def outline(html: str) -> list[tuple[str, str]]:
    """The elements and links of a page, without the breaks that a text's lines make."""
    found = elements(html).tags
    return [(tag, each.get("href", "")) for tag, each in found if tag not in ("br", "wbr")]


@cache
def harmless(name: str, profile: str, filled: bool) -> list[tuple[str, str]]:
    told = poisoned(samples()[name], "word" if filled else "")
    return outline(part(mail(name, profile, told), "html"))


@pytest.mark.parametrize("kind", HOSTILE)
@pytest.mark.parametrize(("profile", "name"), [each for each in EVERY if "+" not in each[1]])
def test_hostile_texts_break_nothing(profile: str, name: str, kind: str) -> None:
    """T-POISON, T-HTML: nothing raises, every rule holds, no element and no link is new."""
    text = HOSTILE[kind]
    sent = mail(name, profile, poisoned(samples()[name], text))
    assert problems(sent.content) == []
    assert outline(part(sent, "html")) == harmless(name, profile, bool(text))


@settings(max_examples=80, deadline=None)
@given(
    st.text(st.characters(exclude_categories=()), max_size=300),
    st.sampled_from([name for _, name in EVERY]),
    st.sampled_from(list(PROFILES)),
)
def test_any_text_goes_out(text: str, name: str, profile: str) -> None:
    sent = mail(name, profile, poisoned(samples()[name], text))
    assert problems(sent.content) == []


@settings(max_examples=80, deadline=None)
@given(st.text(st.characters(exclude_categories=()), max_size=100))
def test_any_header_text_is_one_field(text: str) -> None:
    written = [
        headers.words("Subject", text),
        headers.named("From", text, "a@b.example"),
        headers.field("X-Any", text),
        headers.ids("References", [text, "<a@b.example>"]),
    ]
    for field in written:
        assert field.endswith(b"\r\n")
        folds = field.removesuffix(b"\r\n").split(b"\r\n")
        assert all(line.startswith(b" ") for line in folds[1:])
        assert b"\r" not in b"".join(folds)
        assert b"\n" not in b"".join(folds)
        assert b"\0" not in field


def test_real_docket_texts_go_out() -> None:
    """The texts that break mail in practice, without the fixtures: 8-bit, long, tabbed, torn."""
    torn = json.loads(
        '"ORDER\\tGRANTING \\u0093Motion\\u0094 (re: 12) \\ud83d \\u00a0 filed\\u0000"'
    )
    sent = mail(facts=poisoned(NOTICE, torn * 30))
    assert problems(sent.content) == []
    assert "GRANTING" in part(sent, "plain")
