"""What the doctor says of records: one sentence, what to do, and what to publish."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from mailbot.doctor.findings import Finding, Record
from mailbot.doctor.names.hosts import ptr, web
from mailbot.doctor.names.mail_exchangers import exchangers, mx
from mailbot.doctor.names.policies import dmarc
from mailbot.doctor.names.selectors import dkim, no_selector
from mailbot.doctor.names.senders import merged, provider_of, spf
from tests.doctor.signing import LONG, SHORT, TINY
from tests.doctor.zone import Zone

DOMAIN, HOST = "court.example", "mail.court.example"
HERE, THERE = ip_address("203.0.113.5"), ip_address("198.51.100.9")
RUA = "mailto:postmaster@court.example"


def told(found: list[Finding]) -> list[tuple[str, str]]:
    """State and sentence of each; every "wrong" says what to do."""
    assert all(one.todo for one in found if one.state == "wrong")
    assert all(one.says.endswith((".", "?")) for one in found), found
    return [(one.state, one.says) for one in found]


def one(found: list[Finding]) -> Finding:
    (only,) = found
    return only


def published(finding: Finding) -> list[str]:
    return [str(record) for record in finding.publish]


# --- MX ---


def test_mx_that_leads_here() -> None:
    look = Zone({(DOMAIN, "MX"): ["20 b.example", f"10 {HOST}"], (HOST, "A"): ["203.0.113.5"]})
    assert exchangers(look, DOMAIN) == [HOST, "b.example"]
    first, second = mx(look, DOMAIN, HOST, [HERE], "this machine")
    assert told([first]) == [
        ("ok", "Mail for court.example goes to mail.court.example (203.0.113.5, this machine).")
    ]
    assert told([second]) == [("wrong", "The MX names b.example, which has no address.")]


def test_no_mx_names_the_record() -> None:
    finding = one(mx(Zone(), DOMAIN, HOST, [], ""))
    assert told([finding])[0][0] == "wrong"
    assert published(finding) == ["court.example. MX 10 mail.court.example."]
    implicit = one(mx(Zone({(DOMAIN, "A"): ["203.0.113.5"]}), DOMAIN, HOST, [], ""))
    assert implicit.state == "warning"  # RFC 5321 5.1: mail goes to its own address
    assert published(implicit) == ["court.example. MX 10 mail.court.example."]


@pytest.mark.parametrize(
    ("value", "state", "says"),
    [
        ("0 .", "wrong", "takes no mail at all"),
        ("10 203.0.113.5", "wrong", "must name a host"),
        ("10 alias.example", "warning", "only another name (CNAME)"),
    ],
)
def test_mx_that_is_odd(value: str, state: str, says: str) -> None:
    look = Zone({(DOMAIN, "MX"): [value], ("alias.example", "CNAME"): ["real.example"]})
    finding = one(mx(look, DOMAIN, HOST, [], ""))
    assert finding.state == state
    assert says in finding.says
    assert exchangers(look, DOMAIN) == ([] if value == "0 ." else [value.partition(" ")[2]])


def test_a_dns_that_does_not_answer_is_one_sentence() -> None:
    look = Zone()
    look.failing.update({DOMAIN, f"_dmarc.{DOMAIN}", f"mail._domainkey.{DOMAIN}"})
    look.failing.add(HERE.reverse_pointer)
    for found in (
        mx(look, DOMAIN, HOST, [], ""),
        spf(look, DOMAIN, HOST, [HERE]),
        dmarc(look, DOMAIN, "postmaster@court.example"),
        dkim(look, DOMAIN, "mail"),
        [ptr(look, HERE, HOST)],
        [web(look, DOMAIN, [])],
    ):
        ((state, says),) = told(found)
        assert state == "wrong"
        assert says.startswith("The DNS does not tell about ")
        assert "SERVFAIL" in says


# --- SPF ---


@pytest.mark.parametrize(
    ("host", "sending", "value"),
    [
        (HOST, [HERE], "v=spf1 ip4:203.0.113.5 -all"),
        (HOST, [HERE, ip_address("2001:db8::5")], "v=spf1 ip4:203.0.113.5 ip6:2001:db8::5 -all"),
        (HOST, [], "v=spf1 mx -all"),
        ("smtp.office365.com", [], "v=spf1 include:spf.protection.outlook.com -all"),
        ("smtp-relay.gmail.com", [], "v=spf1 include:_spf.google.com -all"),
    ],
)
def test_no_spf_names_the_record(host: str, sending: list, value: str) -> None:  # type: ignore[type-arg]
    finding = one(spf(Zone({(DOMAIN, "TXT"): ["other"]}), DOMAIN, host, sending))
    assert finding.state == "wrong"
    assert finding.publish == (Record(DOMAIN, "TXT", value),)


def test_only_the_providers_own_names_are_theirs() -> None:
    assert provider_of("smtp.gmail.com") == "_spf.google.com"
    assert provider_of("notgmail.com") == ""
    assert provider_of("gmail.com.court.example") == ""


def test_spf_that_covers_us() -> None:
    look = Zone({(DOMAIN, "TXT"): ["v=spf1 ip4:203.0.113.0/24 -all"]})
    assert told(spf(look, DOMAIN, HOST, [HERE])) == [
        ("ok", "The SPF record of court.example lets 203.0.113.5 send.")
    ]


def test_spf_that_does_not_is_published_with_us_in_it() -> None:
    look = Zone({(DOMAIN, "TXT"): ["v=spf1 mx -all"]})
    finding = one(spf(look, DOMAIN, HOST, [HERE]))
    assert finding.state == "wrong"
    assert published(finding) == ['court.example. TXT "v=spf1 ip4:203.0.113.5 mx -all"']
    again = Zone({(DOMAIN, "TXT"): [finding.publish[0].value]})
    assert one(spf(again, DOMAIN, HOST, [HERE])).state == "ok"  # the cure cures


def test_two_spf_records_become_one() -> None:
    texts = ["v=spf1 ip4:203.0.113.5 -all", "v=spf1 include:x.example ip4:203.0.113.5 ~all"]
    finding = one(spf(Zone({(DOMAIN, "TXT"): texts}), DOMAIN, HOST, [HERE]))
    assert finding.state == "wrong"
    assert finding.publish == (
        Record(DOMAIN, "TXT", "v=spf1 ip4:203.0.113.5 include:x.example -all"),
    )
    assert merged(["v=spf1 a", "v=spf1 mx"], DOMAIN).value == "v=spf1 a mx ~all"


@pytest.mark.parametrize(
    ("text", "state", "says"),
    [
        ("v=spf1 +all", "wrong", "it lets everybody send"),
        ("v=spf1 ip4:203.0.113.5", "warning", "says nothing of other senders"),
        ("v=spf1 ip4:203.0.113.5 ptr -all", "warning", "uses ptr"),
        ("v=spf1 ip4:203.0.113.5 wrong -all", "wrong", 'holds "wrong", which SPF does not know'),
        ("v=spf1 ip4:203.0.113.5 include:none.example -all", "wrong", "has no SPF record"),
        (
            "v=spf1 ip4:203.0.113.5 " + "a:mail.court.example " * 11 + "-all",
            "wrong",
            "takes 11 look-ups, and receivers stop at 10",
        ),
        (
            "v=spf1 ip4:203.0.113.5 a:x.example a:y.example mx:z.example -all",
            "wrong",
            "names 3 hosts that are not there",
        ),
        ("v=spf1 exists:%{i}.x.example -all", "warning", "cannot be told here"),
    ],
)
def test_spf_that_is_amiss(text: str, state: str, says: str) -> None:
    look = Zone({(DOMAIN, "TXT"): [text], (HOST, "A"): ["203.0.113.5"]})
    assert any(
        one_state == state and says in sentence
        for one_state, sentence in told(spf(look, DOMAIN, HOST, [HERE]))
    ), told(spf(look, DOMAIN, HOST, [HERE]))


def test_spf_when_the_sending_address_is_not_known() -> None:
    look = Zone({(DOMAIN, "TXT"): ["v=spf1 include:spf.protection.outlook.com -all"]})
    look.add("spf.protection.outlook.com", "TXT", "v=spf1 ip4:192.0.2.0/24 -all")
    assert one(spf(look, DOMAIN, "smtp.office365.com", [])).state == "ok"
    unknown = one(spf(look, DOMAIN, HOST, []))
    assert unknown.state == "warning"
    assert "sends_from" in unknown.todo


# --- DKIM ---


@pytest.mark.parametrize(
    ("text", "state", "says"),
    [
        (LONG.record, "ok", "The DKIM key is there (rsa, 2048 bits)."),
        (SHORT.record, "warning", "has 1024 bits"),
        (TINY.record, "wrong", "has 512 bits, and receivers must not heed one under 1024"),
        (LONG.record + "; t=y", "warning", "marked as a test (t=y)"),
        (LONG.record + "; h=sha1", "wrong", "not for sha256"),
        ("v=DKIM1; p=", "wrong", "withdrawn"),
        ("v=DKIM1; p=abc", "wrong", "not base64"),
        ("v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=", "ok", "ed25519"),
    ],
)
def test_dkim_keys(text: str, state: str, says: str) -> None:
    look = Zone({(f"mail._domainkey.{DOMAIN}", "TXT"): [text]})
    ((found, sentence),) = told(dkim(look, DOMAIN, "mail"))
    assert (found, says in sentence) == (state, True), sentence


def test_no_key_and_two_keys() -> None:
    name = f"mail._domainkey.{DOMAIN}"
    finding = one(dkim(Zone(), DOMAIN, "mail"))
    assert finding.state == "wrong"
    assert finding.publish[0].name == name
    assert finding.publish[0].value.startswith("v=DKIM1; k=rsa; p=")
    doubled = one(dkim(Zone({(name, "TXT"): [LONG.record, SHORT.record]}), DOMAIN, "mail"))
    assert "2 TXT records" in doubled.says
    assert no_selector(DOMAIN).state == "warning"


# --- DMARC ---


def test_no_dmarc_names_the_record() -> None:
    finding = one(dmarc(Zone(), DOMAIN, "postmaster@court.example"))
    assert finding.state == "wrong"
    assert published(finding) == [f'_dmarc.court.example. TXT "v=DMARC1; p=none; rua={RUA}"']
    again = Zone({(finding.publish[0].name, "TXT"): [finding.publish[0].value]})
    assert one(dmarc(again, DOMAIN, "")).state == "warning"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("v=DMARC1; p=reject", [("ok", "is reject (its own record)")]),
        ("v=DMARC1; p=reject; pct=100", [("ok", "reject"), ("warning", "no longer knows pct=")]),
        ("v=DMARC1; p=reject; t=y", [("ok", "quarantine (its own record, softened by t=y)")]),
        ("v=DMARC1; p=none", [("warning", "only watches")]),
        ("v=DMARC1; p=reject; np=reject; psd=n; fo=1:d", [("ok", "reject")]),
        ("v=DMARC1; p=reject; np=x", [("ok", "reject"), ("warning", "has no np=x")]),
        ("v=DMARC1; p=reject; spf=x", [("ok", "reject"), ("warning", "does not know spf=")]),
        ("v=DMARC1", [("wrong", "has no policy")]),
        (f"v=DMARC1; p=reject; rua={RUA}", [("ok", "reject")]),
        (
            "v=DMARC1; p=reject; rua=mailto:a@reports.example",
            [("ok", "reject"), ("warning", "does not say that it takes them")],
        ),
    ],
)
def test_dmarc_records(text: str, found: list[tuple[str, str]]) -> None:
    """A missing pct is no fault (RFC 9989); one that is there is noted as gone."""
    said = told(dmarc(Zone({(f"_dmarc.{DOMAIN}", "TXT"): [text]}), DOMAIN, "x@court.example"))
    assert [state for state, _ in said] == [state for state, _ in found]
    assert all(part in sentence for (_, part), (_, sentence) in zip(found, said, strict=True)), said


def test_dmarc_above_doubled_and_agreed_reports() -> None:
    above = Zone({("_dmarc.court.example", "TXT"): ["v=DMARC1; p=reject; sp=quarantine"]})
    assert told(dmarc(above, "track.court.example", ""))[0] == (
        "ok",
        "The DMARC policy for track.court.example is quarantine (the record of court.example).",
    )
    doubled = Zone({("_dmarc.court.example", "TXT"): ["v=DMARC1; p=reject", "v=DMARC1; p=none"]})
    assert "more than one" in one(dmarc(doubled, DOMAIN, "")).says
    agreed = Zone(
        {("_dmarc.court.example", "TXT"): ["v=DMARC1; p=reject; rua=mailto:a@reports.example"]}
    )
    agreed.add("court.example._report._dmarc.reports.example", "TXT", "v=DMARC1")
    assert one(dmarc(agreed, DOMAIN, "")).state == "ok"


# --- PTR, web ---


def test_ptr_must_lead_there_and_back() -> None:
    name = "5.113.0.203.in-addr.arpa"
    look = Zone({(name, "PTR"): [HOST], (HOST, "A"): ["203.0.113.5"]})
    assert ptr(look, HERE, HOST).state == "ok"
    look.add(HOST, "A", "198.51.100.9")
    astray = ptr(look, HERE, HOST)
    assert astray.state == "wrong"
    assert published(astray) == ["mail.court.example. A 203.0.113.5"]
    missing = ptr(Zone(), HERE, HOST)
    assert missing.state == "wrong"
    assert published(missing) == [f"{name}. PTR mail.court.example."]


def test_the_host_of_the_links() -> None:
    look = Zone({("track.court.example", "A"): ["203.0.113.5"]})
    assert web(look, "track.court.example", []).state == "ok"
    assert web(look, "127.0.0.1", []).state == "ok"
    missing = web(look, "pages.court.example", [ip_address("127.0.0.1")])
    assert published(missing) == ["pages.court.example. A <the address of your web server>"]
    here = web(look, "pages.court.example", [ip_address("8.8.4.4")])
    assert published(here) == ["pages.court.example. A 8.8.4.4"]


def test_a_long_text_is_published_in_pieces() -> None:
    shown = str(Record("x.example", "TXT", "a" * 300))
    assert shown == f'x.example. TXT "{"a" * 255}" "{"a" * 45}"'
