"""Shows findings: grouped for a person, or one JSON object a line."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import groupby

import click

from mailbot.doctor.findings import Finding

_COLOURS = {"ok": "green", "warning": "yellow", "wrong": "red"}
_WIDTH = 9  # of a state
_GAP = " " * (_WIDTH + 2)


def in_words(findings: Sequence[Finding]) -> Iterator[str]:
    """Lines for a person."""
    for (check, subject), group in groupby(findings, lambda one: (one.check, one.subject)):
        yield harmless(f"{check}  {subject}")
        for finding in group:
            state = click.style(f"{finding.state:{_WIDTH}}", fg=_COLOURS[finding.state])
            yield f"  {state}{harmless(finding.says)}"
            if finding.todo:
                yield f"{_GAP}-> {harmless(finding.todo)}"
            for record in finding.publish:
                yield f"{_GAP}   {harmless(str(record))}"
        yield ""
    yield summary(findings)


def summary(findings: Sequence[Finding]) -> str:
    """How it is, in one line."""
    states = [finding.state for finding in findings]
    wrong, warnings, fine = (states.count(one) for one in ("wrong", "warning", "ok"))
    return f"{wrong} wrong, {warnings} to look at, {fine} well."


def as_json(finding: Finding) -> str:
    """One finding with stable keys (docs/operating.md lists them)."""
    return json.dumps(
        {
            "check": finding.check,
            "subject": finding.subject,
            "state": finding.state,
            "says": finding.says,
            "todo": finding.todo,
            "publish": [
                {"name": one.name, "type": one.type, "value": one.value} for one in finding.publish
            ],
        },
        ensure_ascii=False,
    )


def harmless(text: str) -> str:
    """A text without what a terminal would obey: some of it was written by others."""
    return "".join(c if c.isprintable() else "?" for c in text)
