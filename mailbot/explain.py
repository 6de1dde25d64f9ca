"""Says what would happen with a mail, without doing it: no store is touched and nothing is sent.

The mail goes the whole way, through the same rooms as in service, on an empty store that is thrown
away; so what depends on who follows what is not known here, and a handle leads nowhere.
"""

from __future__ import annotations

import json
import secrets
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any

from mailbot.config import Settings
from mailbot.court.cases import CaseSource
from mailbot.desk.desk import Desk
from mailbot.desk.parts import Parts
from mailbot.desk.reading.letter import Letter, understand
from mailbot.desk.reading.routing import resolve
from mailbot.inbound.keeper import read
from mailbot.inbound.reading.message import parse
from mailbot.model import Claimed, Envelope, Inbound, Send
from mailbot.report import Report
from mailbot.store.database import Database
from mailbot.store.outbox import Outbox
from mailbot.store.upgrade import upgrade
from mailbot.tokens import Key, Signer
from mailbot.wording import Wording

PASSED_OVER = frozenset({"manifest.json", "README", "README.md"})
LEASE = timedelta(minutes=1)
NOBODY = "somebody@unknown.invalid"  # wrote a mail that names no return path
NO_HANDLE = "a" * 26  # of the form of one (decisions.md 15), and nobody's
MOST = 100_000_000  # bytes of a file that are looked at
NOTHING: Mapping[str, Any] = {
    "route": None,
    "kind": None,
    "why": "",
    "answer": "never",
    "proof": "P0",
    "text": "",
    "commands": [],
    "ignored": [],
    "bounce": None,
    "reply": None,
    "defects": [],
}


@dataclass(frozen=True)
class Given:
    """What the caller says of the envelope; None: what the mail says itself."""

    mail_from: str | None = None
    recipient: str | None = None


def explain_all(settings: Settings, source: Path, given: Given, as_json: bool) -> Iterator[str]:
    """Explain a file, every file below a folder, or the standard input for "-", one by one.

    Raises:
        ConfigError: a template or key cannot be used.
        OSError: there is no such file or folder.
    """
    if str(source) != "-":
        source.stat()
    with Explainer(settings, datetime.now(UTC)) as explainer:
        for name, path in _files(source):
            told = {"file": name, **_explained(explainer, path, given)}
            yield json.dumps(told, ensure_ascii=False) if as_json else in_words(told)


def at_a_bounce_address(settings: Settings) -> str:
    """An address for returned mail, without the handle of a mail of ours, or with one of none."""
    local, _, domain = _first_for("commands", settings).rpartition("@")
    return _first_for("bounces", settings) or f"{local}+b-{NO_HANDLE}@{domain}"


def _first_for(purpose: str, settings: Settings) -> str:
    """The first address for a purpose, "" if none; of a route with a wildcard, one that fits it."""
    named = (one.address for one in settings.route if one.purpose == purpose)
    return next(named, "").replace("*", "x")


def _files(source: Path) -> Iterator[tuple[str, Path | None]]:
    """Each file with the name it is told by; None is the standard input."""
    if str(source) == "-":
        yield "-", None
    elif not source.is_dir():
        yield str(source), source
    else:
        for each in sorted(source.rglob("*")):
            if each.is_file() and not each.is_symlink() and each.name not in PASSED_OVER:
                yield str(each), each


def _explained(explainer: Explainer, path: Path | None, given: Given) -> dict[str, Any]:
    try:
        raw = sys.stdin.buffer.read(MOST) if path is None else _read_file(path)
    except OSError as error:
        return {**NOTHING, "why": f"cannot be read: {error.strerror}"}
    return explainer.explain(raw, given)


def _read_file(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MOST)


class Explainer:
    """Explains mails one after the other, each on an empty store.

    Args:
        settings: of the instance; its courts are read, if they answer.
        now: the time at which the mails would come.

    Raises:
        ConfigError: a key file is missing.
    """

    def __init__(self, settings: Settings, now: datetime) -> None:
        self._settings, self._now = settings, now
        self._folder = TemporaryDirectory(prefix="mailbot-explain-")
        self._wording = Wording(settings.bot.templates)
        missing = settings.bot.missing_key_files()
        keys = settings.bot.signing_keys() if not missing else [Key("new", secrets.token_bytes(32))]
        self._signer = Signer(keys)
        self._courts = {
            name: CaseSource(name, court.source, court.time_zone)
            for name, court in settings.court.items()
        }
        self._empty = self._made_store()

    def __enter__(self) -> Explainer:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for source in self._courts.values():
            source.close()
        self._folder.cleanup()

    def explain(self, raw: bytes, given: Given) -> dict[str, Any]:
        """One mail, as a JSON object with stable keys (docs/operating.md lists them)."""
        inbound = read(self._settings, raw, self._envelope(raw, given))
        routed = resolve(self._settings, inbound.envelope.recipient)
        told = {
            **NOTHING,
            "proof": inbound.proof.level,
            "text": inbound.new_text,
            "bounce": _bounce(inbound.report),
            "defects": list(inbound.defects),
        }
        if routed is None:
            return {**told, "why": "unknown recipient"}
        parts = self._parts(Database(self._url()))
        letter = understand(parts, inbound, routed)
        told |= _read(letter)
        if letter.sender.answer == "allowed":
            told["reply"] = self._reply(parts, inbound, raw)
        return told

    def _envelope(self, raw: bytes, given: Given) -> Envelope:
        read = parse(raw, Envelope(NOBODY, ""), self._settings.limits)
        path = read.header("return-path")
        own = NOBODY if path is None else path.strip().strip("<>")
        return Envelope(
            own if given.mail_from is None else given.mail_from,
            _first_for("commands", self._settings) if given.recipient is None else given.recipient,
        )

    def _parts(self, database: Database) -> Parts:
        return Parts(
            self._settings, database, self._courts, self._signer, lambda: secrets.randbits(63) | 1
        )

    def _url(self) -> str:
        """An empty store with its tables."""
        path = Path(self._folder.name) / "store.sqlite"
        for ending in ("-wal", "-shm"):
            Path(f"{path}{ending}").unlink(missing_ok=True)
        path.write_bytes(self._empty)
        return f"sqlite:///{path}"

    def _made_store(self) -> bytes:
        path = Path(self._folder.name) / "empty.sqlite"
        database = Database(f"sqlite:///{path}")
        upgrade(database)
        database.close()
        return path.read_bytes()

    def _reply(self, parts: Parts, inbound: Inbound, raw: bytes) -> str | None:
        """The text of the first answer, or None if there would be none."""
        desk, outbox = Desk(parts, lambda: None), Outbox(parts.database, self._signer)
        try:
            desk.receive(inbound, self._now, raw)
            rows = outbox.claim("explain", self._now, 1, LEASE)
            for row in rows:
                verdict = desk.release([row], self._now)[row.id]
                if isinstance(verdict, Send):
                    name = str(verdict.facts.get("template") or row.template)
                    mail = self._wording.mail(
                        name, row.language, row.court, verdict.facts, _folder(row)
                    )
                    return f"Subject: {mail.subject}\n\n{mail.text}"
            return None
        finally:
            parts.database.close()


def _folder(row: Claimed) -> str:
    return row.voice.templates if row.voice else ""


def _bounce(report: Report | None) -> dict[str, Any] | None:
    if report is None or report.kind != "bounce":
        return None
    return {
        "recipients": list(report.recipients),
        "verdict": report.verdict,
        "status": report.status,
    }


def in_words(told: dict[str, Any]) -> str:
    """The same for a person to read."""
    lines = [f"{key}: {told[key]}" for key in ("file", "route", "kind", "why", "answer", "proof")]
    lines += [f"command: {' '.join([each['verb'], *each['args']])}" for each in told["commands"]]
    lines += [f"not read: {each['line']!r} ({each['reason']})" for each in told["ignored"]]
    lines += [f"defect: {each}" for each in told["defects"]]
    lines.append(f"bounce: {told['bounce']}" if told["bounce"] else "no bounce")
    return "\n".join([*lines, "", told["reply"] or "No answer.", ""])


def _read(letter: Letter) -> dict[str, Any]:
    route, sender, reading = letter.routed.route, letter.sender, letter.reading
    return {
        "route": {
            "address": route.written,
            "court": route.court,
            "purpose": route.purpose,
            "handle": letter.routed.kind or None,
            "by": letter.routed.by,
            "mailbox": route.mailbox,
        },
        "kind": sender.kind.value,
        "why": sender.why,
        "answer": sender.answer,
        "commands": [
            {"verb": each.verb.value, "args": list(each.args), "line": each.line}
            for each in reading.commands
        ],
        "ignored": [{"line": each.line, "reason": each.reason} for each in reading.ignored],
    }
