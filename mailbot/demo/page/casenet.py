"""Stands in for the court's own site, so that the links in the demo's mails lead somewhere.

It reads the court as mailbot does, and shows what anybody may see.
"""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from mailbot.court.cases import CaseSource
from mailbot.demo.words import Words
from mailbot.desk.access import public_sees_case, public_sees_entry
from mailbot.model import Case, case_key


class CaseNet:
    """Pages of a site that has cases and dockets.

    Args:
        source: the court.
        zone: in which its times are shown.
    """

    def __init__(self, source: CaseSource, zone: ZoneInfo) -> None:
        self._source = source
        self._zone = zone
        self._known = [str(seed["number"]) for seed in Words.load().seeds]

    def facts(self, number: str) -> dict[str, Any]:
        """A case with its docket, or the list of cases to try. Blocks.

        Raises:
            CourtUnavailable: the court's database does not answer.
        """
        found = [case for case in self._source.find([case_key(number)]) if _public(case)]
        case = found[0] if found else None
        entries = []
        if case is not None:
            shown = self._source.entries([case.source_id])[case.source_id]
            entries = [entry for entry in shown if public_sees_entry(entry.access)]
        listed = self._source.find([case_key(each) for each in self._known]) if not number else []
        return {
            "number": number,
            "case": case,
            "entries": entries[::-1],
            "cases": [each for each in listed if _public(each)],
            "zone": self._zone,
        }


def _public(case: Case) -> bool:
    return public_sees_case(case.access)
