"""Reads the argument of MAIL and RCPT: an address and its parameters, by RFC 5321 4.1.2.

aiosmtpd hands it to the grammar of header fields, which raises IndexError on `<` and `<a@`
(reliability.md 3.3). This one is a single linear match and total.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

LONGEST = 320  # octets of an address: local part 64, "@", domain 255 (RFC 5321 4.5.3.1)

_FAR = r"\x80-\U0010ffff"  # RFC 6531 3.3; which of them: _is_writing
_LOCAL = rf"""(?:"(?:[^"\\\x00-\x1f\x7f]|\\[ -~])*"|[A-Za-z0-9!#$%&'*+/=?^_`{{|}}~.{_FAR}-]+)"""
_DOMAIN = rf"(?:[A-Za-z0-9{_FAR}](?:[A-Za-z0-9._{_FAR}-]*)|\[[A-Za-z0-9:.]+\])"
_ADDRESS = rf"{_LOCAL}@{_DOMAIN}"
# A source route is read and thrown away (4.1.1.3); clients that leave out <> are let through.
_PATH = re.compile(
    rf"(?:<(?:@[A-Za-z0-9@.,_-]+:)?(?P<path>{_ADDRESS}|[Pp][Oo][Ss][Tt][Mm][Aa][Ss][Tt][Ee][Rr]|)>"
    rf"|(?P<plain>{_ADDRESS}))(?P<parameters>(?: +[!-~]+)*) *"
)


@dataclass(frozen=True)
class Path:
    """An address ("" is the null path, "postmaster" needs no domain) and its parameters."""

    address: str
    parameters: dict[str, str]  # name in upper case -> value, "" if it has none


def read(argument: str, keyword: str) -> Path | None:
    """The path behind `FROM:` or `TO:`, or None if that is no path."""
    if argument[: len(keyword)].upper() != keyword:
        return None
    found = _PATH.fullmatch(argument[len(keyword) :].lstrip(" "))
    if found is None:
        return None
    address = found["path"] if found["plain"] is None else found["plain"]
    if len(address.encode()) > LONGEST or not _is_writing(address):
        return None
    pairs = (parameter.partition("=") for parameter in found["parameters"].split())
    return Path(address, {name.upper(): value for name, _, value in pairs})


def _is_writing(address: str) -> bool:
    """Whether all beyond ASCII is letters, marks and digits: no bidi override, no blank."""
    return all(char.isascii() or unicodedata.category(char)[0] in "LMN" for char in address)
