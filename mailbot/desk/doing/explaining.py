"""Says what could not be read or does not work, and what to write instead."""

from __future__ import annotations

from collections.abc import Sequence

from mailbot.desk.doing.replies import address_of, reply
from mailbot.desk.parts import Turn
from mailbot.desk.reading import numbers
from mailbot.desk.reading.grammar import Reason
from mailbot.desk.reading.letter import Letter
from mailbot.desk.reading.subject import peel
from mailbot.model import Command, Reading, Verb

UNREAD = "not read"
MOST_SUGGESTED = 5
_MARKS = " -*>#\"'_`(["
_PROSE = {Reason.UNKNOWN, Reason.AFTER_COMMANDS, Reason.NOT_READ}
STOP_WORDS = {"STOP", "UNSUBSCRIBE", "REMOVE", "CANCEL", "PARAR"}


def explain(turn: Turn, letter: Letter) -> None:
    """One helpful answer to what could not be read (S136 reversed), within its budget."""
    reading = letter.reading
    suggestion = reading.suggestion or _suggestion(turn, letter)
    prose = all(each.reason in _PROSE for each in reading.ignored)
    facts = {
        "subject_read": _own_subject(letter),
        "lines": [each.line[:200] for each in reading.ignored[:10]],
        "reasons": [[each.line[:200], each.reason] for each in reading.ignored[:10]],
        "prose": prose and not reading.commands and suggestion is None,
        "unread": len(unread(reading)),
        "suggestion": suggestion,
        "answer_to": letter.inbound.envelope.recipient
        if letter.routed.kind not in ("", "bounce")
        else None,
        "not_offered": unbuilt(reading.commands),
    }
    reply(turn, "not-understood", address_of(turn, letter.writer), facts, budget="help")


def _own_subject(letter: Letter) -> str | None:
    """The subject that somebody wrote and that was no command; not the one of our own mail."""
    peeled = peel(letter.inbound.subject)
    line = " ".join(peeled.text.split())
    taken = any(each.line and line.startswith(each.line) for each in letter.reading.commands)
    return None if not line or peeled.replied or taken else line[:200]


def _suggestion(turn: Turn, letter: Letter) -> str | None:
    """What a person who wrote prose may have meant: to stop, or to track what is named."""
    bare = [
        number for each in letter.reading.commands if is_bare_number(each) for number in each.args
    ]
    if bare:
        return f"{Verb.TRACK} {', '.join(bare[:MOST_SUGGESTED])}"
    text = " ".join(f"{letter.inbound.subject} {letter.inbound.new_text}".split())
    if STOP_WORDS & {word.strip(".,;:!?").upper() for word in text.split()}:
        return "STOP"
    found = dict.fromkeys(numbers.find(text, turn.court.number_shapes))
    return f"TRACK {next(iter(found))}" if len(found) == 1 else None


def unread(reading: Reading) -> list[str]:
    """The lines that the reading did not come to."""
    return [each.line for each in reading.ignored if each.reason.startswith(UNREAD)]


def unbuilt(commands: Sequence[Command]) -> list[str]:
    """Verbs that are known and not offered here (decisions.md 26)."""
    verbs = [each.args[0] for each in commands if each.verb is Verb.NOT_OFFERED and each.args]
    cases = [each for each in commands if each.verb is Verb.CASE and not is_bare_number(each)]
    return [*verbs, *("CASE" for _ in cases)][:10]


def complain(turn: Turn, writer: str, problem: str) -> str:
    """Say that a link, code or answer does not work, and what to do."""
    facts = {"problem": problem, "fresh": False}
    reply(turn, "link-problem", address_of(turn, writer), facts, budget="help")
    return problem


def is_bare_number(command: Command) -> bool:
    """Whether somebody wrote case numbers and nothing else, as mail programs' subjects do."""
    first = command.line.lstrip(_MARKS)[: len(Verb.CASE)]
    return command.verb is Verb.CASE and first.upper() != Verb.CASE
