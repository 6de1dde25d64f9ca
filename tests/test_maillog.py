"""The log: one line an event with the mail's id, no readable address, nothing a peer can forge."""

from __future__ import annotations

import json
import logging
import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.maillog import MailLog, cause
from mailbot.model import address_key

KEY = b"0123456789abcdef"
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
PAIR = re.compile(r'([a-z]+)=("(?:[^"\\]|\\.)*"|[^ "]+)')


class Lines(logging.Handler):
    """Keeps what is logged."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)

    @property
    def texts(self) -> list[str]:
        return [record.getMessage() for record in self.records]


def a_log(level: int = logging.DEBUG) -> tuple[MailLog, Lines]:
    logger, lines = logging.Logger("test", level), Lines()
    logger.addHandler(lines)
    return MailLog(KEY, logger), lines


def pairs(line: str) -> dict[str, str]:
    """A line read back; fails if it holds anything but pairs."""
    assert PAIR.sub("", line).strip(" ") == ""
    return {
        name: json.loads(value) if value.startswith('"') else value
        for name, value in PAIR.findall(line)
    }


def test_the_life_of_a_mail() -> None:
    log, lines = a_log()
    ann = log.who("ann@home.test")
    log.arrived("in-1", "ann@home.test", 1, 512, "192.0.2.1")
    log.answered("in-1", "verify", 17)
    log.enqueued(17, "verify", "ann@home.test")
    log.claimed(17, "verify", "Ann@HOME.test", 1)
    log.deferred(17, "450 4.2.1 Busy", NOON)
    log.sent(17, "250 2.0.0 OK")
    assert lines.texts == [
        f"event=arrived mail=in-1 from={ann} rcpts=1 octets=512 peer=192.0.2.1",
        "event=answered mail=in-1 template=verify by=out-17",
        f"event=enqueued mail=out-17 template=verify to={ann}",
        f"event=claimed mail=out-17 template=verify to={ann} tries=1",
        'event=deferred mail=out-17 until=2026-11-23T12:00:00+00:00 reply="450 4.2.1 Busy"',
        'event=sent mail=out-17 reply="250 2.0.0 OK"',
    ]


def test_the_other_ends() -> None:
    log, lines = a_log()
    log.refused("in-1", "554 5.6.0 Bare", "192.0.2.1")
    log.postponed("in-2", "track@court.test", "StoreUnavailable")
    log.ignored("in-3", "Auto-Submitted")
    log.parked("pen-4", "ValueError", 3, kept=True)
    log.doubtful(1, "silence", NOON)
    log.held(2, "closed", NOON)
    log.abandoned(3, "fence")
    log.failed(4, "550 5.1.1 No")
    log.broken(5, "ValueError")
    log.dropped(6, "sealed")
    log.trouble("smarthost", "refused")
    events = [(record.levelname, pairs(record.getMessage())["event"]) for record in lines.records]
    assert events == [
        ("INFO", "refused"),
        ("WARNING", "postponed"),
        ("INFO", "ignored"),
        ("ERROR", "parked"),
        ("WARNING", "doubtful"),
        ("INFO", "held"),
        ("INFO", "abandoned"),
        ("WARNING", "failed"),
        ("ERROR", "broken"),
        ("INFO", "dropped"),
        ("ERROR", "trouble"),
    ]


def test_an_address_is_a_keyed_hash() -> None:
    """The same for every spelling of an address, another one under another key."""
    log, _ = a_log()
    assert log.who("Ann@Home.TEST") == log.who("ann@home.test")
    assert log.who("bob@home.test") != log.who("ann@home.test")
    assert MailLog(b"x" * 16).who("ann@home.test") != log.who("ann@home.test")
    assert log.who("") == "<>"
    assert re.fullmatch("[0-9a-f]{16}", log.who("\udcffü@\0"))


def test_addresses_in_what_a_server_says_are_hashed_too() -> None:
    log, lines = a_log()
    log.failed(1, "550 5.1.1 <Ann@Home.test>: no such user ann@home.test; see bob+x@court.test.")
    assert "@" not in lines.texts[0]
    assert lines.texts[0].count(log.who("ann@home.test")) == 2


@given(st.text())
def test_no_text_begins_a_line_or_a_field(text: str) -> None:
    """T-LOG, log injection: whatever is said stays inside its quotes, printable ASCII only."""
    log, lines = a_log()
    log.deferred(1, text, NOON)
    (line,) = lines.texts
    assert line.isascii()
    assert line.isprintable()
    found = pairs(line)
    assert found.keys() <= {"event", "mail", "until", "reply"}
    if "@" not in text and text:
        assert found["reply"] == text[:500]


def test_injection_by_hand() -> None:
    log, lines = a_log()
    log.failed(1, '550 x" event=sent mail=out-2\r\nevent=sent \x1b[2J\x7f\x85\u2028')
    assert pairs(lines.texts[0])["event"] == "failed"
    assert "\n" not in lines.texts[0]


def test_quiet_levels_cost_nothing() -> None:
    log, lines = a_log(logging.WARNING)
    log.sent(1, "250 OK")
    log.failed(1, "550 No")
    assert [pairs(text)["event"] for text in lines.texts] == ["failed"]


def test_a_cause_is_a_type_and_a_place_without_the_text() -> None:
    with pytest.raises(ValueError, match="secret") as here:
        int("secret docket text")
    assert re.fullmatch(r"ValueError at [a-z_.]*test_maillog:\d+", cause(here.value))
    with pytest.raises(AttributeError) as there:
        address_key(7)  # type: ignore[arg-type]
    assert re.fullmatch(r"\w+ at mailbot\.model:\d+", cause(there.value))
    assert cause(ValueError("secret")) == "ValueError"
