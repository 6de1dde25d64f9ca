"""Writes header fields as bytes: words encoded, tokens and links never, each field whole.

The field values of Python's own message classes turn long links and ids into encoded words, which
no mail program then finds (reliability.md 3.4); so the few fields that mailbot writes are written
here. Nothing raises, whatever the text is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from email.charset import Charset
from email.header import Header

from mailbot import plain

FOLD = 76  # columns; RFC 5322 2.1.1 asks for at most 78, RFC 2047 2 for 76 with encoded words
LONGEST_ID = 970  # octets: with its field's name still one line of at most 998 (RFC 5322 2.1.1)
MOST_REFERENCES = 20  # reliability.md, statement 27

_ATOM = re.compile(r"[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*")
_QUOTED = re.compile(r'"(?:[^"\\\x00-\x1f\x7f]|\\[ -~])*"')
_ID = re.compile(rf"<[!-;=?-~]{{1,{LONGEST_ID}}}>")
_UTF8 = Charset("utf-8")  # its header encoding is the shorter of B and Q
_ASCII = Charset("us-ascii")


def field(name: str, value: str) -> bytes:
    """A field whose value goes out as it is; line ends cannot occur in it."""
    return f"{name}: {plain.clean_line(value)}\r\n".encode()


def words(name: str, text: str) -> bytes:
    """An unstructured field, with encoded words where the text needs them (RFC 2047)."""
    return f"{name}: {_encoded(text, name)}\r\n".encode("ascii")


def named(name: str, display: str, bare: str) -> bytes:
    """A field of exactly one address or list id (RFC 5322 3.4, RFC 2919), named if it can be."""
    shown = phrase(display, name)
    fold = "\r\n " if "=?" in shown else " "  # RFC 2047 2: 76 columns a line with encoded words
    return f"{name}: {shown}{fold}<{bare}>\r\n".encode() if shown else field(name, bare)


def phrase(text: str, name: str) -> str:
    """A display name: a quoted string, or encoded words, which stand alone (RFC 2047 5)."""
    line = plain.clean_line(text)
    if _is_plain(line):
        escaped = line.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"' if line else ""
    return _encoded(line, name)


def ids(name: str, message_ids: Iterable[str]) -> bytes:
    """A field of Message-IDs, verbatim, the last twenty, folded between them; or nothing.

    What is not an id in ASCII is left out: an encoded id would name another mail.
    """
    found = [each for each in dict.fromkeys(message_ids) if _ID.fullmatch(each)]
    value = "\r\n ".join(found[-MOST_REFERENCES:])
    return f"{name}: {value}\r\n".encode("ascii") if value else b""


def addr_spec(address: str) -> str:
    """One address for header and envelope: local part quoted where it must be, domain in ASCII.

    Only a local part that is not ASCII stays so, which needs SMTPUTF8 (RFC 6531).
    """
    local, at, domain = plain.clean_line(address).rpartition("@")
    if not at:
        local, domain = domain, ""
    domain = re.sub(r"[\s<>,;:\"()\\]", "", domain)
    if not domain.isascii():
        try:
            domain = domain.encode("idna").decode("ascii")
        except UnicodeError:  # too long a label: no server has that name, ours will say so
            domain = domain.encode("ascii", "ignore").decode()
    if not _ATOM.fullmatch(local) and not _QUOTED.fullmatch(local):
        local = '"' + re.sub(r'(["\\])', r"\\\1", local) + '"'
    return f"{local}@{domain}" if domain else local


def _is_plain(text: str) -> bool:
    """Whether a text is ASCII and cannot be taken for an encoded word."""
    return text.isascii() and "=?" not in text


def _encoded(text: str, name: str) -> str:
    line = plain.clean_line(text)
    charset = _ASCII if _is_plain(line) else _UTF8
    return Header(line, charset, maxlinelen=FOLD, header_name=name).encode(linesep="\r\n")
