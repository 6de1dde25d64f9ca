"""Reads the JSON in which Amazon SES tells of a bounce or a complaint, mailed by SNS.

The notification stands in the text itself or, as a string, in its field "Message".
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from mailbot.inbound.reading.reports.fields import address_of
from mailbot.inbound.reading.reports.reasons import judge
from mailbot.report import Failure, Report

_MOST_CHARACTERS = 64_000
_MOST_RECIPIENTS = 100
_CUT = "!\n "  # how sendmail breaks a line that is too long


def read(text: str) -> Report | None:
    """The bounce or complaint in a notification, or None where there is none."""
    outer = _object(text)
    inner = outer.get("Message")
    told = _object(inner) if isinstance(inner, str) else outer
    original = _original(told)
    if isinstance(bounce := told.get("bounce"), dict):
        failures = tuple(_failure(each) for each in _people(bounce.get("bouncedRecipients")))
        named = tuple(each for each in failures if each.recipient)
        verdicts = {each.verdict for each in failures}
        verdict = verdicts.pop() if len(verdicts) == 1 else "mixed" if verdicts else None
        status = next((each.status for each in failures if each.status), None)
        return Report("bounce", named, verdict, status, original)
    if isinstance(complaint := told.get("complaint"), dict):
        people = (_failure(each) for each in _people(complaint.get("complainedRecipients")))
        named = tuple(Failure(each.recipient, "delivered") for each in people if each.recipient)
        return Report("complaint", named, None, None, original, "abuse")
    return None


def _object(text: str) -> Mapping[str, object]:
    """A JSON object, as far as there is one; what follows it is a footer."""
    try:
        whole = text[:_MOST_CHARACTERS].replace(_CUT, "").strip()
        found, _ = json.JSONDecoder(strict=False).raw_decode(whole)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _people(listed: object) -> list[Mapping[str, object]]:
    found = listed if isinstance(listed, list) else []
    return [each for each in found[:_MOST_RECIPIENTS] if isinstance(each, dict)]


def _failure(person: Mapping[str, object]) -> Failure:
    address = address_of(str(person.get("emailAddress", ""))) or ""
    found = judge(str(person.get("diagnosticCode", "")), str(person.get("status", "")) or None)
    return Failure(address, found.verdict or "soft", found.status, found.reply)


def _original(told: Mapping[str, object]) -> tuple[str, ...]:
    mail = told.get("mail")
    found = [mail.get("messageId"), mail.get("source")] if isinstance(mail, dict) else []
    return tuple(str(each)[:250] for each in found if isinstance(each, str))
