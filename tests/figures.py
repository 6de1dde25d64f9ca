"""Measures how well mail of the world is read, all through `mailbot explain`, and prints the table.

    python -m tests.figures

The mails are those of `MAILBOT_FIXTURES` (fixtures_folder.py); each is read in a process of its
own, so that its time and memory are its own. Issue 3, "How good".
"""

from __future__ import annotations

import json
import os
import resource
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from mailbot.config import Settings
from mailbot.explain import Explainer, Given, at_a_bounce_address
from tests.fixtures_folder import Record, every_mail, folded, mails
from tests.reply_mails import Answered, below_an_attribution, inside, on_top
from tests.world import START, worlds

AUTOMATIC = frozenset(
    {"vacation", "out-of-office / automatic reply", "auto-reply", "challenge-response"}
)
MOST_SECONDS, MOST_KIB = 1.0, 64 * 1024
BOUNCES = """
[[mailbox]]
name = "bounces"
address = "bounces@court.example"

[[route]]
address = "bounces@court.example"
court = "franklin"
purpose = "bounces"
"""
Told = dict[str, Any]


@dataclass(frozen=True)
class Figure:
    """One row of the table: of how many, how many are as they should be, and which are not."""

    name: str
    of: int
    wrong: tuple[str, ...] = ()
    floor: float = 1.0
    worst: str = ""

    @property
    def share(self) -> float:
        """Of 1."""
        return 1 - len(self.wrong) / self.of if self.of else 0.0


@dataclass(frozen=True)
class Read:
    """One mail as `explain` tells of it, and what that cost."""

    told: Told | None  # None: our code failed
    seconds: float
    grown: int  # KiB


@dataclass
class Reader:
    """Explains mails, each in a process of its own; each only once."""

    settings: Settings
    explainer: Explainer
    every: int = 1  # of the mails that are made for the commands, each one or only some
    read: dict[tuple[Path, bool], Read] = field(default_factory=dict)

    def of(self, path: Path, at_bounces: bool = False) -> Read:
        """A mail, as it came or as if it had come to the address for bounces."""
        key = (path, at_bounces)
        if key not in self.read:
            self.read[key] = self._apart(path.read_bytes(), at_bounces)
        return self.read[key]

    def told(self, path: Path, at_bounces: bool = False) -> Told:
        """What `explain` says of it; nothing where our code failed."""
        return self.of(path, at_bounces).told or {}

    def explain(self, raw: bytes, at_bounces: bool = False) -> Told:
        """A mail, in this process."""
        recipient = at_a_bounce_address(self.settings) if at_bounces else None
        return self.explainer.explain(raw, Given(recipient=recipient))

    def _apart(self, raw: bytes, at_bounces: bool) -> Read:
        taking, giving = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(taking)
            os._exit(self._child(giving, raw, at_bounces))
        os.close(giving)
        with os.fdopen(taking, "rb") as pipe:
            octets = pipe.read()
        os.waitpid(child, 0)
        return Read(*json.loads(octets)) if octets else Read(None, 0, 0)

    def _child(self, giving: int, raw: bytes, at_bounces: bool) -> int:
        told = None
        before = resource.getrusage(resource.RUSAGE_SELF)
        try:
            told = self.explain(raw, at_bounces)
        except Exception as error:  # this is what is measured
            print(repr(error), file=sys.stderr)
        after = resource.getrusage(resource.RUSAGE_SELF)
        seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        with os.fdopen(giving, "wb") as pipe:
            pipe.write(json.dumps([told, seconds, after.ru_maxrss - before.ru_maxrss]).encode())
        return 0


def figures(folder: Path, every: int = 1) -> list[Figure]:
    """Every row of the table.

    Args:
        folder: an empty one, for a small court.
        every: which of the mails with commands are read: all, every second, ...
    """
    for world in worlds(folder, more=BOUNCES):
        with Explainer(world.settings, START) as explainer:
            reader = Reader(world.settings, explainer, every)
            return [each for part in PARTS for each in part(reader)]
    return []


def _costs(reader: Reader) -> Iterable[Figure]:
    paths = list(every_mail())
    read = {path.name: reader.of(path) for path in paths}
    read |= {f"{path.name} at bounces": reader.of(path, True) for path, _ in mails("bounces")}
    failed = tuple(name for name, each in read.items() if each.told is None)
    yield Figure("without an exception", len(read), failed)
    slow = tuple(name for name, each in read.items() if each.seconds > MOST_SECONDS)
    worst = max(each.seconds for each in read.values())
    yield Figure("within 1 s of CPU", len(read), slow, worst=f"worst {worst:.2f} s")
    large = tuple(name for name, each in read.items() if each.grown > MOST_KIB)
    most = max(each.grown for each in read.values()) // 1024
    yield Figure("within 64 MB of growth", len(read), large, worst=f"worst {most} MB")


def _answers(reader: Reader) -> Iterable[Figure]:
    never = [
        (path, folder == "bounces")
        for folder in ("mail", "autoreplies", "bounces", "arf")
        for path, record in mails(folder)
        if record["reply"] == "never"
    ]
    wrong = [path.name for path, back in never if _may_be_answered(reader.told(path, back))]
    name = "`never` is never answered, bounces read at their address"
    yield Figure(name, len(never), tuple(wrong))
    back = [path for path, is_bounce in never if is_bounce]
    wrong = [path.name for path in back if _may_be_answered(reader.told(path))]
    yield Figure("bounces are never answered at any address", len(back), tuple(wrong), 0.98)
    robots = [
        path
        for path, record in mails("autoreplies")
        if record["reply"] == "never" and record["kind"] in AUTOMATIC
    ]
    wrong = [path.name for path in robots if _may_be_answered(reader.told(path))]
    yield Figure("automatic replies and challenges not answered", len(robots), tuple(wrong), 0.95)
    allowed = [
        path
        for folder in ("mail", "autoreplies")
        for path, record in mails(folder)
        if record["reply"] == "allowed"
    ]
    taken = tuple(path.name for path in allowed if reader.told(path).get("answer") == "never")
    yield Figure("`allowed` is taken for nobody's machine", len(allowed), taken, 0.99)


def _may_be_answered(told: Told) -> bool:
    return told.get("answer") != "never" or told.get("reply") is not None


def _bounces(reader: Reader) -> Iterable[Figure]:
    known = [(path, record) for path, record in mails("bounces") if "recipients" in record]
    judged = [(path, record) for path, record in mails("bounces") if record.get("sisimai")]
    for at_bounces in (False, True):
        where = ", at their address" if at_bounces else ""
        wrong = [
            path.name
            for path, record in known
            if set(_bounce(reader.told(path, at_bounces)).get("recipients", ()))
            != set(record["recipients"])
        ]
        yield Figure(f"bounces: recipients exactly right{where}", len(known), tuple(wrong), 0.95)
        wrong = [
            path.name
            for path, record in judged
            if _hardness(reader.told(path, at_bounces)) != _by_the_table(record)
        ]
        yield Figure(f"bounces: hard or soft as the table{where}", len(judged), tuple(wrong), 0.9)


def _bounce(told: Told) -> Told:
    found: Told = told.get("bounce") or {}
    return found


def _hardness(told: Told) -> str | None:
    """A delay is soft in Sisimai's table, which has no delays."""
    verdict: str | None = _bounce(told).get("verdict")
    return "soft" if verdict == "delayed" else verdict


def _by_the_table(record: Record) -> str:
    ways = {"hard" if row["hard"] else "soft" for row in record["sisimai"]}
    return ways.pop() if len(ways) == 1 else "mixed"


def _others(reader: Reader) -> Iterable[Figure]:
    others = [path for path in every_mail() if path.parent.name in ("notices", "chasquid")]
    others += [path for path in every_mail() if path.parent.parent.name == "auth"]
    others += [path for path, _ in mails("autoreplies")]
    others += [path for path, record in mails("mail") if record["reply"] != "never"]
    for at_bounces in (False, True):
        wrong = [path.name for path in others if _is_bounce(reader.told(path, at_bounces))]
        where = ", at the bounces' address" if at_bounces else ""
        yield Figure(f"other mail is called no bounce{where}", len(others), tuple(wrong))


def _is_bounce(told: Told) -> bool:
    return told.get("kind") == "bounce" or bool(told.get("bounce"))


def _kinds(reader: Reader) -> Iterable[Figure]:
    kinds = [
        (path, "bounce", True) for path, record in mails("bounces") if record.get("recipients")
    ]
    kinds += [(path, "complaint", False) for path, _ in mails("arf")]
    for path, record in mails("autoreplies"):
        if record["reply"] == "never":
            kinds.append((path, "list" if "list" in record["kind"] else "robot", False))
    wrong = [
        f"{path.name} {reader.told(path, back).get('kind')}"
        for path, kind, back in kinds
        if reader.told(path, back).get("kind") != kind
    ]
    yield Figure("the kind is that of the manifest", len(kinds), tuple(wrong), 0.98)
    paths = list(every_mail())
    proved = tuple(path.name for path in paths if reader.told(path).get("proof") != "P0")
    yield Figure("nothing is proved where no server is trusted", len(paths), proved)


def _texts(reader: Reader) -> Iterable[Figure]:
    """A signature that the source counts as text, and we do not, is no fault."""
    known = [(path, record["visible_text"]) for path, record in mails("mail") if _is_told(record)]
    wrong = [
        path.name
        for path, wanted in known
        if not folded(wanted).startswith(folded(reader.told(path)["text"]) or "?")
    ]
    yield Figure("the new text is what its writer typed", len(known), tuple(wrong))


def _is_told(record: Record) -> bool:
    return bool(record.get("visible_text"))


def _commands(reader: Reader) -> Iterable[Figure]:
    yield _read_right(reader, "a command on top of each reply body is read", on_top())
    above = "a command above each attribution is read, and no other"
    yield _read_right(reader, above, below_an_attribution())
    quoted = list(inside())
    ran = tuple(name for name, raw in quoted if reader.explain(raw)["commands"])
    yield Figure("nothing quoted runs", len(quoted), ran)


def _read_right(reader: Reader, name: str, answered: Iterable[Answered]) -> Figure:
    """Of mails with one command each, those in which it is read, alone, and answered."""
    some = islice(answered, 0, None, reader.every)
    told = [(each, reader.explain(each.raw)) for each in some]
    wrong = (
        f"{each.name!r} {_commands_of(read)}"
        for each, read in told
        if _commands_of(read) != [each.expected] or read["reply"] is None
    )
    return Figure(name, len(told), tuple(wrong))


def _commands_of(told: Told) -> list[tuple[str, tuple[str, ...]]]:
    return [(each["verb"], tuple(each["args"])) for each in told["commands"]]


PARTS: tuple[Callable[[Reader], Iterable[Figure]], ...] = (
    _costs,
    _answers,
    _bounces,
    _others,
    _kinds,
    _texts,
    _commands,
)


def table(rows: Iterable[Figure]) -> str:
    """The rows, one a line, and below each what is wrong."""
    lines = []
    for row in rows:
        right = f"{row.of - len(row.wrong)} of {row.of} = {row.share:.1%}"
        lines.append(f"  {row.name:<64} {right:>22}  {row.worst}".rstrip())
        lines += [f"      {each[:160]}" for each in row.wrong[:20]]
    return "\n".join(lines)


def main() -> int:
    """Measure and print. Returns 1 if a figure is below its floor."""
    with TemporaryDirectory() as folder:
        rows = figures(Path(folder))
    print(table(rows))
    return int(any(row.share < row.floor for row in rows))


if __name__ == "__main__":
    sys.exit(main())
