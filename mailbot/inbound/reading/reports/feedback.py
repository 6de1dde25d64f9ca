"""Reads what mailbox providers send when somebody presses "this is spam" (RFC 5965).

A report of failed authentication (RFC 6591) comes in the same form, but no person complains in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from mailbot.inbound.reading.reports.fields import address_of
from mailbot.report import Failure, Report

_MOST_FIELDS = 200
_FIELD = re.compile(r"^([A-Za-z][A-Za-z0-9-]{1,60})[ \t]{0,8}:[ \t]{0,80}([^\n]{0,1000})", re.M)
_NOBODYS = frozenset({"auth-failure", "auth_failure", "not-spam", "virus", "dmarc"})
_RECIPIENTS = ("original-rcpt-to", "removal-recipient")


def read(texts: Iterable[str], original: tuple[str, ...]) -> Report | None:
    """The complaint in the feedback parts of a mail, or None where no person complains.

    Args:
        texts: the bodies of its message/feedback-report parts.
        original: what names the mail complained of.
    """
    for text in texts:
        pairs = [(found[1].lower(), found[2].strip()) for found in _fields(text)]
        kind = next((value.lower() for name, value in pairs if name == "feedback-type"), "")
        if kind and kind not in _NOBODYS:
            named = (address_of(value) for name, value in pairs if name in _RECIPIENTS)
            people = dict.fromkeys(address for address in named if address)
            failures = tuple(Failure(person, "delivered") for person in people)
            return Report("complaint", failures, None, None, original, kind)
    return None


def _fields(text: str) -> Iterable[re.Match[str]]:
    for count, found in enumerate(_FIELD.finditer(text)):
        if count >= _MOST_FIELDS:
            return
        yield found
