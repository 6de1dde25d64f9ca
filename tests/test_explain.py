"""`mailbot explain`: one line a file, whatever the file; nothing is written and nothing is sent."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from mailbot.cli import main
from tests.fixtures_folder import FOLDER, mails
from tests.world import worlds

KEYS = [
    "file", "route", "kind", "why", "answer", "proof", "text", "commands", "ignored", "bounce",
    "reply", "defects",
]  # fmt: skip
TRACK = b"From: Ann <ann@x.example>\nSubject: hello\n\nTRACK 15AB-CR00015\nTRAK 1\n\n> STOP ALL\n"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A configuration whose court has the seed's cases, and a store that nobody has made."""
    for world in worlds(tmp_path):
        path = world.settings.path
    (tmp_path / "store.sqlite").unlink()
    return path


def explain(config: Path, *words: str, raw: bytes = b"") -> list[dict[str, Any]]:
    run = CliRunner().invoke(
        main, ["explain", "--config", str(config), "--json", *words], input=raw
    )
    assert run.exit_code == 0, run.output
    return [json.loads(line) for line in run.stdout.splitlines()]


def test_a_mail_on_standard_input(config: Path) -> None:
    (told,) = explain(config, "-", raw=TRACK)
    assert list(told) == KEYS
    assert told["file"] == "-"
    assert told["route"] == {
        "address": "track@court.example",
        "court": "franklin",
        "purpose": "commands",
        "handle": None,
        "by": "exact",
        "mailbox": "track",
    }
    assert (told["kind"], told["answer"], told["proof"]) == ("human", "allowed", "P0")
    assert told["commands"] == [
        {"verb": "TRACK", "args": ["15AB-CR00015"], "line": "TRACK 15AB-CR00015"}
    ]
    assert [each["line"] for each in told["ignored"]][:1] == ["TRAK 1"]
    assert "STOP ALL" not in told["text"]
    assert "please verify your e-mail address" in told["reply"]
    assert "COFFMAN" in told["reply"]
    assert told["bounce"] is None


def test_it_leaves_nothing_behind(config: Path) -> None:
    def shown() -> set[str]:  # SQLite keeps two files beside the court's while anybody reads it
        return {path.name for path in config.parent.iterdir()} - {
            "court.sqlite-shm",
            "court.sqlite-wal",
        }

    before = shown()
    explain(config, "-", raw=TRACK)
    assert shown() == before


def test_the_envelope_is_what_the_mail_or_the_caller_says(config: Path) -> None:
    returned = b"Return-Path: <>\n" + TRACK
    (told,) = explain(config, "-", raw=returned)
    assert (told["answer"], told["reply"]) == ("never", None)
    (told,) = explain(config, "-", "--from", "", raw=TRACK)
    assert told["answer"] == "never"
    (told,) = explain(config, "-", "--to", "stop@court.example", raw=TRACK)
    assert told["route"]["purpose"] == "stop"
    (told,) = explain(config, "-", "--to", "nobody@court.example", raw=TRACK)
    assert (told["route"], told["why"]) == (None, "unknown recipient")


def test_a_folder_is_read_in_order_and_what_is_unreadable_has_its_line(
    config: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "mails"
    (folder / "b").mkdir(parents=True)
    (folder / "b" / "2.eml").write_bytes(TRACK)
    (folder / "1.eml").write_bytes(b"")
    (folder / "manifest.json").write_text("{}")
    (folder / "README.md").write_text("no mail")
    told = explain(config, str(folder))
    assert [each["file"] for each in told] == [str(folder / "1.eml"), str(folder / "b" / "2.eml")]
    assert [each["answer"] for each in told] == ["no usable sender", "allowed"]


def test_for_a_person_it_is_words(config: Path) -> None:
    run = CliRunner().invoke(main, ["explain", "--config", str(config), "-"], input=TRACK)
    assert "command: TRACK 15AB-CR00015" in run.output
    assert "please verify" in run.output


def test_a_folder_that_is_not_there_is_one_sentence(config: Path) -> None:
    run = CliRunner().invoke(main, ["explain", "--config", str(config), "nowhere"])
    assert run.exit_code == 1
    assert "nowhere" in run.output


@pytest.mark.parametrize("folder", ["mail", "autoreplies", "bounces", "arf"])
def test_real_mails_are_answered_as_their_manifest_allows(config: Path, folder: str) -> None:
    told = {Path(each["file"]).name: each for each in explain(config, str(FOLDER / folder))}
    wrong = []
    for path, record in mails(folder):
        each = told[path.name]
        assert list(each) == KEYS
        assert (each["reply"] is None) or each["answer"] == "allowed"
        if record["reply"] == "never" and each["answer"] != "never":
            wrong.append(path.name)
    assert len(wrong) <= (2 if folder == "bounces" else 0), wrong


def test_a_bounce_is_read_and_at_a_bounce_address_more_freely(config: Path) -> None:
    raw = (
        b"From: MAILER-DAEMON@mx.example\nReturn-Path: <>\nSubject: failure notice\n\n"
        b"Hi. This is the qmail-send program at mx.example.\n\n<ann@x.example>:\n"
        b"Sorry, no mailbox here by that name. (#5.1.1)\n"
    )
    (told,) = explain(config, "-", raw=raw)
    assert (told["kind"], told["answer"]) == ("bounce", "never")
    assert told["bounce"] == {
        "recipients": ["ann@x.example"],
        "verdict": "hard",
        "status": "5.1.1",
    }
    (told,) = explain(config, "-", "--given", "bounce", raw=raw)
    assert told["bounce"]["recipients"] == ["ann@x.example"]
    (told,) = explain(config, "-", "--given", "bounce", raw=TRACK)
    assert told["bounce"] is None


def test_real_bounces_are_told_as_they_are_read(config: Path) -> None:
    told = {Path(each["file"]).name: each for each in explain(config, str(FOLDER / "bounces"))}
    known = [(path, record) for path, record in mails("bounces") if "recipients" in record]
    right = sum(
        set((told[path.name]["bounce"] or {"recipients": []})["recipients"])
        == set(record["recipients"])
        for path, record in known
    )
    assert right >= 0.95 * len(known)
