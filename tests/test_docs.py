"""What the documents name is there: tests, files, commands."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from mailbot.cli import main

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
REQUIREMENTS = (ROOT / "docs" / "requirements.md").read_text()
ROWS = re.findall(r"^\| (S\d+) \| .+ \| (.+) \|$", REQUIREMENTS, re.MULTILINE)
TRAPS = re.findall(
    r"^\| (\d+) \| .+ \| (.+) \|$", (ROOT / "docs" / "traps.md").read_text(), re.MULTILINE
)
STATEMENTS = re.findall(
    r"^\| (\d+) \| .+ \| (.+) \|$", (ROOT / "docs" / "conformance.md").read_text(), re.MULTILINE
)
FAULTS = re.findall(
    r"^\| (T-[A-Z]+) \|.+?\| (`tests/[^|]+) \|",
    (ROOT / "docs" / "faults.md").read_text(),
    re.MULTILINE,
)
PLANNED = [
    "T-IMAP",
    "T-IN",
    "T-SMUG",
    "T-TLS",
    "T-MEM",
    "T-SLOW",
    "T-CONN",
    "T-FD",
    "T-GARB",
    "T-RCPT",
    "T-RELAY",
    "T-RST",
    "T-LMTP",
    "T-BOMB",
    "T-CHARSET",
    "T-ATT",
    "T-FUZZ",
    "T-FROM",
    "T-UNI",
    "T-REDOS",
    "T-QUOTE",
    "T-SPOOF",
    "T-AR",
    "T-CONFIRM",
    "T-REPLAY",
    "T-MANGLE",
    "T-LOOP",
    "T-BACK",
    "T-BOMBING",
    "T-DSN",
    "T-ARF",
    "T-EAI",
]  # issue 3, "How good"


@cache
def functions(path: Path) -> set[str]:
    tree = ast.parse(path.read_text())
    kinds = ast.FunctionDef | ast.AsyncFunctionDef
    return {node.name for node in ast.walk(tree) if isinstance(node, kinds)}


def test_every_requirement_has_its_row() -> None:
    assert [row for row, _ in ROWS] == [f"S{number}" for number in range(1, 151)]


def test_every_trap_has_its_row() -> None:
    assert [trap for trap, _ in TRAPS] == [str(number) for number in range(1, 101)]


@pytest.mark.parametrize(("trap", "held"), TRAPS)
def test_each_trap_names_its_test_or_the_issue_it_waits_for(trap: str, held: str) -> None:
    named = re.findall(r"`(tests/[^`:]+)::(\w+)`", held)
    waits = r"waits for issue (3, (routing|bounces)|[45].*)"
    assert named or re.fullmatch(waits, held), trap
    for file, function in named:
        assert function in functions(ROOT / file), f"trap {trap}: {file}::{function}"


def test_every_statement_has_its_row() -> None:
    assert [number for number, _ in STATEMENTS] == [str(number) for number in range(1, 54)]


@pytest.mark.parametrize(("number", "held"), STATEMENTS)
def test_each_statement_names_its_test_or_the_issue_it_waits_for(number: str, held: str) -> None:
    named = re.findall(r"`(tests/[^`:]+)::(\w+)`", held)
    assert named or re.fullmatch(r"waits for issue [345](, .+)?", held), number
    for file, function in named:
        assert function in functions(ROOT / file), f"statement {number}: {file}::{function}"


def test_every_fault_that_is_planned_has_its_row() -> None:
    assert [name for name, _ in FAULTS] == PLANNED


@pytest.mark.parametrize(("name", "held"), FAULTS)
def test_each_fault_names_tests_that_are_there(name: str, held: str) -> None:
    named = re.findall(r"`(tests/[^`:]+)::(\w+)`", held)
    assert named, name
    for file, function in named:
        assert function in functions(ROOT / file), f"{name}: {file}::{function}"


@pytest.mark.parametrize(("row", "held"), ROWS)
def test_each_row_names_a_test_or_a_reason(row: str, held: str) -> None:
    named = re.findall(r"`(tests/[^`:]+)::(\w+)`", held)
    assert named or held.startswith(("waits for", "nothing to build")), row
    for file, function in named:
        assert function in functions(ROOT / file), f"{row}: {file}::{function}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_files_and_commands_that_a_page_names_are_there(page: Path) -> None:
    text = page.read_text()
    for named in re.findall(r"`((?:mailbot|templates|tests|docs)/[\w./-]+)`", text):
        assert (ROOT / named).exists(), named
    known = set(main.commands)
    for command in re.findall(r"`mailbot ([a-z][a-z-]+)", text):
        assert command in known, command
