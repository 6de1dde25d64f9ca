"""Mail of the world, read as it came: 462 mails and 51 reply bodies that nobody here wrote."""

from __future__ import annotations

import random
import re
import time
from pathlib import Path

import pytest

from mailbot.config import Limits
from mailbot.desk.reading.grammar import read
from mailbot.desk.reading.guard import classify
from mailbot.inbound.reading import hypertext
from mailbot.inbound.reading.message import parse
from mailbot.inbound.reading.newtext import Split, split
from mailbot.model import Inbound, Kind, Sender, Verb
from tests.faults.hostile_mails import damaged
from tests.fixtures_folder import (
    BOT,
    SHAPES,
    Record,
    envelope_of,
    every_mail,
    folded,
    mails,
    replies,
)

LIMITS = Limits()
# Spam that came to a bounce address of its source; nothing in it says that it is not a person's.
ORDINARY_SPAM = {
    "bounceparser__spam-bogus-email-in-report.msg",
    "bounceparser__spam-with-image.msg",
}
# The source takes greetings off, or counts a signature as text; neither changes what is read.
OTHERWISE = {"crisp-erp__email_with_regards.txt", "crisp-erp__email_emoji.txt"}


def read_file(path: Path) -> tuple[Inbound, Sender]:
    raw = path.read_bytes()
    inbound = parse(raw, envelope_of(raw), LIMITS)
    return inbound, classify(inbound, lambda _: None, (BOT,))


def parted(text: str, record: Record) -> Split:
    return split(hypertext.read(text).text if record["body_type"] == "text/html" else text)


def test_every_mail_is_read_within_a_second() -> None:
    paths = list(every_mail())
    assert len(paths) >= 460
    for path in paths:
        began = time.process_time()
        inbound, _ = read_file(path)
        reading = read(inbound.subject, inbound.new_text, SHAPES, LIMITS)
        assert time.process_time() - began < 1, path
        assert len(reading.commands) <= LIMITS.case_list
        assert "mail too big" not in inbound.defects


def test_every_mail_is_read_after_damage_too() -> None:
    """T-FUZZ, a little of it: octets lost, changed, doubled; the tail cut off; lines joined."""
    chance = random.Random(20260302)
    for path in every_mail():
        raw = damaged(chance, path.read_bytes()[:200_000], most=30)
        began = time.process_time()
        inbound = parse(raw, envelope_of(raw), LIMITS)
        classify(inbound, lambda _: None, (BOT,))
        assert time.process_time() - began < 1, path


# --- Who may be answered ----------------------------------------------------------------------


@pytest.mark.parametrize("folder", ["mail", "autoreplies", "bounces", "arf"])
def test_what_must_not_be_answered_is_not(folder: str) -> None:
    never = [(path, record) for path, record in mails(folder) if record["reply"] == "never"]
    answered = {path.name for path, _ in never if read_file(path)[1].answer != "never"}
    assert answered <= ORDINARY_SPAM
    assert never


@pytest.mark.parametrize("folder", ["mail", "autoreplies"])
def test_people_are_answered(folder: str) -> None:
    """Where the manifest allows an answer, nobody is taken for a robot but an invitation.

    A From that is no plain mailbox with a domain name has no usable sender (addresses.py).
    """
    allowed = [path for path, record in mails(folder) if record["reply"] == "allowed"]
    found = {path.name: read_file(path)[1] for path in allowed}
    robots = {name: sender.why for name, sender in found.items() if sender.answer == "never"}
    assert robots in ({}, {"notmuch__attachment-text-calendar.eml": "calendar message"})
    unusable = [name for name, sender in found.items() if sender.answer == "no usable sender"]
    assert len(unusable) <= 0.1 * len(allowed)


def test_nobody_is_answered_without_an_address() -> None:
    unusable = [path for path, record in mails("mail") if record["reply"] == "no usable sender"]
    assert {read_file(path)[1].answer for path in unusable} == {"no usable sender"}


def test_reports_are_known_for_what_they_are() -> None:
    kinds = [read_file(path)[1].kind for path, _ in mails("arf")]
    assert set(kinds) == {Kind.COMPLAINT}
    machines = [
        read_file(path)[1].kind
        for path, record in mails("bounces")
        if record.get("machine_readable")
    ]
    assert set(machines) == {Kind.BOUNCE}


def test_no_court_notice_list_mail_or_letter_is_a_bounce() -> None:
    others = [path for path in every_mail() if path.parent.name in ("notices", "chasquid")]
    lists = [path for path, record in mails("autoreplies") if record["kind"] == "mailing-list mail"]
    letters = [path for path, record in mails("mail") if record["reply"] == "allowed"]
    for path in (*others, *lists, *letters):
        assert read_file(path)[1].kind not in (Kind.BOUNCE, Kind.COMPLAINT), path


def test_an_automatic_reply_is_known_by_its_words_alone() -> None:
    """The same robots without every mark in their header: subject and text must do."""
    kinds = ("vacation", "out-of-office / automatic reply", "auto-reply", "challenge-response")
    robots = [path for path, record in mails("autoreplies") if record["kind"] in kinds]
    unmarked = re.compile(
        rb"^(auto-submitted|precedence|x-auto[\w-]*|x-apple[\w-]*|list-id|return-path|content-type: "
        rb"multipart/report):?[^\r\n]*(\r?\n[ \t][^\r\n]*)*\r?\n",
        re.IGNORECASE | re.MULTILINE,
    )
    silent = 0
    for path in robots:
        raw = path.read_bytes()
        raw = unmarked.sub(b"", raw.replace(b"\r", b"\n") if b"\n" not in raw else raw)
        inbound = parse(raw, envelope_of(raw), LIMITS)
        silent += classify(inbound, lambda _: None, ()).answer == "never"
    assert silent >= 0.8 * len(robots)


# --- What was typed ---------------------------------------------------------------------------


def test_the_visible_text_of_replies_is_found() -> None:
    for path, record in mails("mail"):
        if "visible_text" in record:
            inbound, _ = read_file(path)
            wanted = folded(record["visible_text"])
            assert wanted.startswith(folded(inbound.new_text)), path
            assert folded(f"{inbound.new_text}\n{inbound.quoted_text}").startswith(wanted), path


@pytest.mark.parametrize(
    ("name", "text", "record"), list(replies()), ids=lambda value: str(value)[:60]
)
def test_reply_bodies(name: str, text: str, record: Record) -> None:
    expected = record.get("expected") or {}
    found = parted(text, record)
    for key in ("visible_text", "first_fragment"):
        if key in expected and name.rpartition("/")[2] not in OTHERWISE:
            assert folded(found.new) == folded(expected[key])
    if expected.get("whole_text_is_visible"):
        assert folded(found.new) == folded(text)
    assert expected.get("first_fragment_contains", "") in found.new
    for needed in expected.get("must_contain", ()):
        assert needed in found.new
    for unwanted in expected.get("must_not_contain", ()):
        assert unwanted not in found.new
    for match in expected.get("fragment_matches", ()):
        if match["fragment"] == 0:
            assert re.search(match["regex"], found.new)


@pytest.mark.parametrize(
    ("line", "verb", "args"),
    [("STOP", Verb.STOP, ()), ("TRACK 15AB-CR00015", Verb.TRACK, ("15AB-CR00015",))],
)
def test_a_command_on_top_of_each_reply_is_read_and_nothing_quoted_is(
    line: str, verb: Verb, args: tuple[str, ...]
) -> None:
    for name, text, record in replies():
        html = record["body_type"] == "text/html"
        top = f"<div>{line}</div><br>\n" if html else f"{line}\n\n"
        found = parted(top + text, record)
        reading = read("Re: x", found.new, SHAPES, LIMITS)
        assert [(each.verb, each.args) for each in reading.commands] == [(verb, args)], name


def test_a_command_inside_the_quotation_never_runs() -> None:
    """Every quoted line of every body is followed by a command, marked as its neighbours are."""
    for name, text, record in replies():
        if record["body_type"] == "text/html":
            continue
        new = parted(text, record).new
        lines = []
        for line in text.split("\n"):
            lines.append(line)
            if line.startswith(">"):
                lines.append("> STOP ALL")
        found = parted("\n".join(lines), record)
        assert found.new == new, name
        assert read("Re: x", found.new, SHAPES, LIMITS).commands == (), name


def test_the_pathological_reply() -> None:
    for _, text, record in replies():
        began = time.process_time()
        parted(text, record)
        limit = (record.get("expected") or {}).get("max_seconds", 1)
        assert time.process_time() - began < limit
