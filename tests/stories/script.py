"""Plays a story's files in order and holds what comes out against its golden mails.

A story is a folder of files "<number>-<kind>":
  in.eml      somebody's mail; the first line is "ENVELOPE <from> <to>"
  court.toml  what the clerk does: [[enter]] [[correct]] [[access]]
  click.txt   "GET <path>" or "PRESS <path>" and words that the page must hold, one line each
  out.eml     a mail that must come: the header fields named there, then the whole text part
  quiet       no mail may come

In golden files «*» stands for anything within a line, and «name» too, and is remembered; in files
that are played «name» is what was remembered.
"""

from __future__ import annotations

import html
import os
import re
import tomllib
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from tests.outbound.standards import problems
from tests.stories.theatre import Post, Theatre
from tests.world import START

RECORDING = os.environ.get("STORIES") == "record"
_MARK = re.compile("«([^»]*)»")


class Script:
    """One story on a started theatre."""

    def __init__(self, theatre: Theatre, folder: Path) -> None:
        self.theatre, self.folder = theatre, folder
        self.names: dict[str, str] = {}
        self._entries: list[int] = []

    def play(self) -> None:
        """Every file in order of its number."""
        files = [path for path in self.folder.iterdir() if path.name[0].isdigit()]
        for path in sorted(files, key=lambda path: int(path.name.split("-")[0])):
            kind = path.name.split("-", 1)[1]
            {
                "in.eml": self._in,
                "court.toml": self._clerk,
                "click.txt": self._click,
                "out.eml": self._out,
                "quiet": self._quiet,
            }[kind](path)

    def _filled(self, text: str) -> str:
        return _MARK.sub(lambda mark: self.names[mark[1]], text)

    def _in(self, path: Path) -> None:
        first, _, rest = self._filled(path.read_text()).partition("\n")
        _, mail_from, recipient = first.split()
        self.theatre.send(mail_from, recipient, rest.replace("\n", "\r\n").encode())

    def _clerk(self, path: Path) -> None:
        acts: dict[str, list[dict[str, Any]]] = tomllib.loads(path.read_text())
        for act in acts.get("enter", []):
            self._entries.append(
                self.theatre.court.enter(act["case"], act["type"], act.get("text", ""), START)
            )
        for act in acts.get("correct", []):
            self.theatre.court.correct(self._entries[-1], START, text=act["text"])
        for act in acts.get("access", []):
            self.theatre.court.set_access(act["case"], act["level"])

    def _click(self, path: Path) -> None:
        first, *words = self._filled(path.read_text()).strip().splitlines()
        verb, url = first.split()
        where = urlsplit(url).path
        status, page = self.theatre.get(where)
        if verb == "PRESS":
            status, page = self._press(where, page)
        spoken = re.sub(r"</?(a|b|em|q|span|strong)\b[^>]*>", "", page)
        seen = " ".join(re.sub(r"<[^>]*>", " ", html.unescape(spoken)).split())
        for word in words:
            assert word in seen, f"{path.name}: {word!r} is not on the page ({status}): {seen}"

    def _press(self, where: str, page: str) -> tuple[int, str]:
        """Send the page's one form, as a browser would."""
        form = re.search(r'<form[^>]*method="post"[^>]*action="([^"]*)"', page)
        form = form or re.search(r'<form[^>]*action="([^"]*)"[^>]*method="post"', page)
        assert form is not None, page
        inputs = re.findall(r"<input[^>]*>", page)
        fields = {
            found[1]: value[1]
            for each in inputs
            if (found := re.search(r'name="([^"]*)"', each))
            and (value := re.search(r'value="([^"]*)"', each))
        }
        action = urlsplit(html.unescape(form[1])).path or where
        return self.theatre.get(action, urlencode(fields).encode())

    def _out(self, path: Path) -> None:
        (post,) = self.theatre.next()
        assert problems(post.content) == []
        if RECORDING:
            path.write_text(_recorded(post, path.read_text()))
        self._match(path, path.read_text(), _shown(post, path.read_text()))

    def _match(self, path: Path, golden: str, actual: str) -> None:
        wanted, came = golden.rstrip().splitlines(), actual.rstrip().splitlines()
        for number, line in enumerate(wanted):
            assert number < len(came), f"{path}: line {number + 1} is missing: {line}"
            found = re.fullmatch(_pattern(line), came[number])
            assert found, f"{path}:{number + 1}\nwanted: {line}\ncame:   {came[number]}\n\n{actual}"
            self.names |= found.groupdict()
        assert len(came) == len(wanted), f"{path}: more came: {came[len(wanted) :]}"

    def _quiet(self, path: Path) -> None:
        self.theatre.nothing_comes()


def _pattern(line: str) -> str:
    pattern, last = "", 0
    for mark in _MARK.finditer(line):
        pattern += re.escape(line[last : mark.start()])
        pattern += ".*" if mark[1] == "*" else f"(?P<{mark[1]}>\\S+)"
        last = mark.end()
    return pattern + re.escape(line[last:])


def _shown(post: Post, golden: str) -> str:
    """The mail as a golden file shows it: the fields that the golden file names, then the text."""
    message = message_from_bytes(post.content, policy=policy.default)
    body = message.get_body(("plain",))
    assert body is not None
    text = str(body.get_content()).replace("\r\n", "\n")
    named = golden.partition("\n\n")[0].splitlines()
    lines = []
    for field in named:
        name = field.partition(":")[0]
        value = post.recipient if name == "ENVELOPE" else message[name]
        lines.append(f"{name}: {' '.join(str(value).split())}")
    return "\n".join(lines) + "\n\n" + text


def _recorded(post: Post, golden: str) -> str:
    """A golden file as it would be now, with what differs each time left open."""
    head = golden.partition("\n\n")[0] or "ENVELOPE:\nFrom:\nTo:\nSubject:\nReply-To:"
    shown = _shown(post, head + "\n\n")
    shown = re.sub(r"http://127\.0\.0\.1:\d+/([a-z])/\S+", r"«url_\1»", shown)
    shown = re.sub(r"track\+([a-z])-[a-z2-7]{26}@court\.example", r"«address_\1»", shown)
    shown = re.sub(r"Code: \S+", "Code: «code»", shown)
    shown = re.sub(r"CONFIRM%20\S+", "CONFIRM%20«*»", shown)
    shown = re.sub(r"[A-Z][a-z]+ \d{1,2}, 20\d\d", "«*»", shown)
    shown = re.sub(r"(?m)^(on|.* were read( on)?) \S+ \S+ [AP]M\.$", r"\1 «*»", shown)
    seen: set[str] = set()

    def once(mark: re.Match[str]) -> str:
        if mark[0] in seen:
            return "«*»"
        seen.add(mark[0])
        return mark[0]

    lines = [_MARK.sub(once, line) for line in shown.splitlines()]
    return "\n".join(lines) + "\n"
