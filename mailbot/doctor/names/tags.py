"""Reads a tag=value list as DKIM and DMARC write it (RFC 6376 3.2). Pure and total."""

from __future__ import annotations

import re

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


class Malformed(ValueError):
    """This is no tag list; the text says why, as the end of a sentence."""


def read_tags(text: str) -> dict[str, str]:
    """Tags in their order, names as they are spelt, values without white space around them.

    Raises:
        Malformed: a piece without "=", a name that is none, or one that stands there twice.
    """
    found: dict[str, str] = {}
    pieces = text.split(";")
    for at, piece in enumerate(pieces):
        if not piece.strip():
            if at == len(pieces) - 1:
                continue
            raise Malformed("has two semicolons with nothing between them")
        name, equals, value = piece.partition("=")
        name = name.strip()
        if not equals or not _NAME.fullmatch(name):
            raise Malformed(f'holds "{piece.strip()[:40]}", which is no tag=value')
        if name in found:
            raise Malformed(f"names {name}= twice")
        found[name] = value.strip()
    return found
