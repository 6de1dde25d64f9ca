"""Finds the mails that nobody on this project wrote; they are not part of the repository.

The folder is `MAILBOT_FIXTURES`, else `shared/fixtures` beside the checkout. A test that needs it
fails where it is absent: nothing is skipped in silence.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from mailbot.model import Envelope

ROOT = Path(__file__).parent.parent
FOLDER = Path(os.environ.get("MAILBOT_FIXTURES") or ROOT.parent / "shared" / "fixtures")
BOT = "track@court.example"
SHAPES = ("99AA-AA00000", "9999-AA00000", "000000000")
Record = dict[str, Any]


@cache
def manifest(folder: str) -> Record:
    """The manifest.json of a folder of the fixtures."""
    path = FOLDER / folder / "manifest.json"
    assert path.is_file(), f"no fixtures at {FOLDER}: set MAILBOT_FIXTURES to their folder"
    loaded: Record = json.loads(path.read_text(encoding="utf-8"))
    return loaded


def mails(folder: str) -> Iterator[tuple[Path, Record]]:
    """Every mail of a folder with what its manifest says of it."""
    for record in manifest(folder)["files"]:
        yield FOLDER / folder / record["file"], record


def replies() -> Iterator[tuple[str, str, Record]]:
    """Name, text and expectations of every reply body, HTML and plain."""
    for record in manifest("mail")["replies"]:
        text = (FOLDER / "mail" / record["file"]).read_text(encoding="utf-8")
        yield record["file"], text.replace("\r\n", "\n"), record


def every_mail() -> Iterator[Path]:
    """All of them, of whatever kind."""
    for folder in ("mail", "autoreplies", "bounces", "arf"):
        yield from (path for path, _ in mails(folder))
    manifest("auth"), manifest("dockets")
    for pattern in ("auth/mail/*", "auth/chasquid/*.msg", "dockets/notices/*"):
        yield from (path for path in sorted(FOLDER.glob(pattern)) if path.suffix != ".json")


def envelope_of(raw: bytes) -> Envelope:
    """The envelope that a file tells of: its Return-Path, as IMAP would give it."""
    lines = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n\n", 1)[0].split(b"\n")
    for line in lines:
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"return-path":
            return Envelope(value.decode("latin-1").strip(" <>"), BOT)
    return Envelope("somebody@sender.example", BOT)


def folded(text: str) -> str:
    """A text with its white space folded, as the manifests compare."""
    return " ".join(text.split())
