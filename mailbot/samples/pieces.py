"""Pieces of sample facts: links, cases, times. Nothing is real; lines are as long as real ones."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from mailbot.model import Link

SIGNED = "QVsxLDQ2MTE2ODYwMTg0MjczODc5MDRd.aUX1bQ.4Zl8m2tqV0yKQm1xJp0b3A"
HANDLE = "k3w7q2mzx5r4tbn6ydahcgoeuf"
CODE = "K7M2Z-9QXD4"
WEB = "https://track.court.example"
NUMBER = "15AB-CR00015"
TAPS = {"TRACK": "TRACK%20", "REPORT": "REPORT", "STOP": "STOP%20", "HELP": "HELP"}


def central(day: int, hour: int, minute: int) -> datetime:
    """A moment of November 2015 by the clocks of Missouri, which were six hours behind UTC."""
    return datetime(2015, 11, day, hour, minute, tzinfo=UTC) + timedelta(hours=6)


def link(path: str, mailto_tag: str, subject: str) -> Link:
    """A link by https and by mail."""
    address = f"track+{mailto_tag}-{HANDLE}@court.example"
    return Link(f"{WEB}/{path}/{SIGNED}", f"mailto:{address}?subject={subject}")


def case(number: str, caption: str | None, **more: Any) -> dict[str, Any]:
    """A case as mails show it; without a caption it is not to be seen now."""
    site = f"https://casenet.court.example/case/{number}"
    shown = caption is not None
    return {
        "number": number,
        "caption": caption,
        "url": site if shown else None,
        "docket_url": f"{site}/docket" if shown else None,
        "court_name": None,
        "stop": link("s", "s", f"STOP%20{number}"),
        **more,
    }


def cases(**more: Any) -> list[dict[str, Any]]:
    """Three cases."""
    return [
        case(NUMBER, "ST V JASON L COFFMAN", **more),
        case("08AB-CC00155", "RIVER BEND FARMS, LLC V OSAGE VALLEY COOPERATIVE ET AL", **more),
        case("000333666", "IN RE THE ESTATE OF MARY ANN O'BRIEN-WALLACE", **more),
    ]


def asking() -> dict[str, Any]:
    """What answers a question: its link, and the address that an answer to the mail goes to."""
    confirm = link("c", "c", f"CONFIRM%20{CODE}")
    return {"confirm": confirm, "reply_to": confirm.mailto.removeprefix("mailto:").split("?")[0]}


def example() -> dict[str, Any]:
    """What an answer offers to write."""
    number = "12AB-CD00034"
    mailto = f"mailto:track@court.example?subject=TRACK%20{number}"
    return {"example": mailto, "example_number": number}


def mailto(command: str) -> str:
    """A mail that holds one command."""
    return f"mailto:track@court.example?subject={command}"
