"""Bounces and complaints of the world, measured: issue 3, "How good"."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailbot.config import Limits
from mailbot.inbound.reading.message import parse
from mailbot.report import Report
from tests.fixtures_folder import Record, envelope_of, every_mail, mails

LIMITS = Limits()
MACHINE_FIELDS = re.compile(
    rb"^(final-recipient|original-recipient|action|status|diagnostic-code|x-failed-recipients|"
    rb"x-actual-recipient)[^\r\n]*(\r?\n[ \t][^\r\n]*)*\r?\n",
    re.IGNORECASE | re.MULTILINE,
)


def report_of(path: Path) -> Report | None:
    raw = path.read_bytes()
    return parse(raw, envelope_of(raw), LIMITS).report


def told(record: Record) -> Iterator[bool]:
    """Whether each failed recipient of Sisimai's table is hard."""
    yield from (row["hard"] for row in record["sisimai"])


def hardness(report: Report | None) -> str | None:
    """A delay is one of the soft ones in Sisimai's table, which has no delays."""
    verdict = report.verdict if report else None
    return "soft" if verdict == "delayed" else verdict


def show(capsys: pytest.CaptureFixture[str], line: str) -> None:
    with capsys.disabled():
        print(f"\n  {line}")


def test_the_recipients_are_exactly_those_named(capsys: pytest.CaptureFixture[str]) -> None:
    known = [(path, record) for path, record in mails("bounces") if "recipients" in record]
    wrong = []
    for path, record in known:
        report = report_of(path)
        if set(report.recipients if report else ()) != set(record["recipients"]):
            wrong.append(path.name)
    right = len(known) - len(wrong)
    show(capsys, f"recipients exactly right: {right} of {len(known)} = {right / len(known):.1%}")
    assert right >= 0.95 * len(known), wrong


def test_the_words_of_the_notice_suffice(capsys: pytest.CaptureFixture[str]) -> None:
    """The same reports with every machine-readable field taken out: a check of the other rules."""
    known = [(path, record) for path, record in mails("bounces") if record.get("recipients")]
    right = []
    for path, record in known:
        raw = MACHINE_FIELDS.sub(b"", path.read_bytes())
        report = parse(raw, envelope_of(raw), LIMITS, expects_report=True).report
        right.append(set(report.recipients if report else ()) == set(record["recipients"]))
    show(
        capsys,
        f"right by words alone: {sum(right)} of {len(known)} = {sum(right) / len(known):.1%}",
    )
    assert sum(right) >= 0.88 * len(known)


def test_hard_and_soft_agree_with_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    known = [(path, record) for path, record in mails("bounces") if record.get("sisimai")]
    wrong = []
    for path, record in known:
        ways = {"hard" if hard else "soft" for hard in told(record)}
        if hardness(report_of(path)) != (ways.pop() if len(ways) == 1 else "mixed"):
            wrong.append(path.name)
    right = len(known) - len(wrong)
    show(
        capsys,
        f"hard or soft as in Sisimai's table: {right} of {len(known)} = {right / len(known):.1%}",
    )
    assert right >= 0.95 * len(known), wrong


def test_delays_deliveries_and_mixed_reports_are_told_apart() -> None:
    for path, record in mails("bounces"):
        if record["verdict"] in ("delayed", "mixed", "delivered"):
            report = report_of(path)
            assert report is not None
            assert report.verdict == record["verdict"], path


def test_nothing_else_is_a_bounce(capsys: pytest.CaptureFixture[str]) -> None:
    """Court notices, list mail, automatic replies, and every mail that may be answered."""
    others = [path for path in every_mail() if path.parent.name in ("notices", "chasquid")]
    others += [path for path in every_mail() if path.parent.parent.name == "auth"]
    others += [path for path, _ in mails("autoreplies")]
    others += [path for path, record in mails("mail") if record["reply"] != "never"]
    reported = [path.name for path in others if report_of(path) is not None]
    show(capsys, f"other mail called a report: {len(reported)} of {len(others)}")
    assert reported == []


def test_complaints_of_people_are_complaints_and_failed_checks_are_not() -> None:
    for path, record in mails("arf"):
        report = report_of(path)
        kind = record.get("feedback_type") or record["sisimai"][0]["feedback"]
        if kind == "auth-failure":
            assert report is None, path
            continue
        assert report is not None
        assert report.kind == "complaint", path
        assert set(record["original_rcpt_to"]) <= set(report.recipients), path


def test_nothing_else_is_one_at_an_address_for_bounces() -> None:
    """There too no court notice, list mail or letter is a bounce."""
    others = [path for path in every_mail() if path.parent.name in ("notices", "chasquid")]
    others += [path for path, _ in mails("autoreplies")]
    others += [path for path, record in mails("mail") if record["reply"] != "never"]
    for path in others:
        raw = path.read_bytes()
        assert parse(raw, envelope_of(raw), LIMITS, expects_report=True).report is None, path


def test_every_mail_costs_less_than_a_second(capsys: pytest.CaptureFixture[str]) -> None:
    slowest = 0.0
    for path in every_mail():
        began = time.process_time()
        report_of(path)
        slowest = max(slowest, time.process_time() - began)
    show(capsys, f"slowest mail: {slowest * 1000:.0f} ms CPU")
    assert slowest < 1


REPORTS = [path.read_bytes() for path, _ in [*mails("bounces"), *mails("arf")]]
PIECES = [
    b"\n",
    b"\n\n",
    b"--",
    b"<",
    b"@",
    b":",
    b"Final-Recipient: rfc822; ",
    b"Action: x",
    b"\0",
]


@settings(max_examples=300, deadline=2000)
@given(
    raw=st.sampled_from(REPORTS),
    changes=st.lists(st.tuples(st.floats(0, 1), st.sampled_from([*PIECES, None])), max_size=20),
)
def test_any_mutation_gives_a_value(raw: bytes, changes: list[tuple[float, bytes | None]]) -> None:
    octets = bytearray(raw)
    for where, piece in changes:
        at = int(where * len(octets))
        octets[at : at + (40 if piece is None else 0)] = piece or b""
    report = parse(bytes(octets), envelope_of(bytes(octets)), LIMITS).report
    assert report is None or report.kind in ("bounce", "complaint")


@settings(max_examples=300, deadline=2000)
@given(
    head=st.sampled_from(
        [
            b"From: mailer-daemon@p.example\n\n",
            b"Content-Type: message/delivery-status\n\n",
            b"Content-Type: multipart/report; report-type=feedback-report\n\n",
            b"X-Failed-Recipients: ",
            b'From: mailer-daemon@p.example\n\n{"notificationType":"Bounce",',
            b"",
        ]
    ),
    body=st.one_of(st.binary(max_size=500), st.text(max_size=500).map(str.encode)),
)
def test_any_bytes_give_a_value(head: bytes, body: bytes) -> None:
    report = parse(head + body, envelope_of(body), LIMITS).report
    assert report is None or report.kind in ("bounce", "complaint")
