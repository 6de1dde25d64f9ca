"""Joins the lines that a mail program broke while sending: format=flowed (RFC 3676)."""

from __future__ import annotations

from collections.abc import Iterator


def unfold(text: str, delete_space: bool) -> str:
    """A flowed text with its paragraphs in one line each, quotation marks kept as "> ".

    Args:
        text: with LF line ends.
        delete_space: DelSp=yes; the space that marks a soft break is no part of the text.
    """
    return "\n".join(_paragraphs(text, delete_space))


def _paragraphs(text: str, delete_space: bool) -> Iterator[str]:
    waiting: list[str] = []
    waiting_depth = 0
    for line in text.split("\n"):
        depth = len(line) - len(line.lstrip(">"))
        content = line[depth:].removeprefix(" ")  # space-stuffing, 4.4
        flows = content.endswith(" ") and content != "-- "  # the signature line never does, 4.3
        if waiting and depth != waiting_depth:  # a paragraph never changes depth, 4.5
            yield _marked(waiting, waiting_depth)
            waiting = []
        if content == "-- " and waiting:
            yield _marked(waiting, waiting_depth)
            waiting = []
        waiting_depth = depth
        waiting.append(content[:-1] if flows and delete_space else content)
        if not flows:
            yield _marked(waiting, depth)
            waiting = []
    if waiting:
        yield _marked(waiting, waiting_depth)


def _marked(pieces: list[str], depth: int) -> str:
    content = "".join(pieces)
    return f"{'>' * depth} {content}" if depth else content
