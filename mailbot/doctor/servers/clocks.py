"""Compares this machine's clock with those of other machines, and says which one it asked.

Asked are the case databases' servers, the token endpoints, and the web server of the links. The
last two tell whole seconds (RFC 9110 6.6.1). None of them is proof: all may be wrong together.
"""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from mailbot.court.cases import CaseSource
from mailbot.doctor.findings import About, Finding
from mailbot.doctor.names.resolver import addresses
from mailbot.doctor.surroundings import Surroundings
from mailbot.errors import CourtUnavailable

FAR = timedelta(seconds=30)
_LONGEST = timedelta(seconds=10)  # of a question, beyond which the answer tells nothing


def clock(around: Surroundings) -> list[Finding]:
    """How far this machine's clock is from others, and whether zones are known."""
    told = [*_databases(around), *_web_servers(around)]
    if not told:
        told = [
            About("clock", "this machine").warning(
                "No other machine that has a clock could be asked.",
                "Compare it by hand: timedatectl says whether it is kept right.",
            )
        ]
    return [*told, *_zones(around)]


def compare(
    about: About, theirs: datetime, before: datetime, after: datetime, unit: timedelta
) -> Finding | None:
    """What a clock says that was asked between two times of ours.

    Args:
        unit: the smallest step of theirs; it may be ahead of what they say by as much.
    """
    if after - before > _LONGEST:
        return None
    early, late = theirs - after, theirs + unit - before  # the truth lies between
    off = timedelta(0) if early <= timedelta(0) <= late else min(early, late, key=abs)
    seconds = abs(off.total_seconds())
    if abs(off) <= FAR:
        return about.ok(f"Our clock agrees with {about.subject} (to {seconds:.0f} s).")
    side = "behind" if off > timedelta(0) else "ahead of"
    return about.warning(
        f"Our clock is {seconds:.0f} s {side} {about.subject}.",
        "Let this machine keep its time by NTP (timedatectl set-ntp true); else see to theirs.",
    )


def _databases(around: Surroundings) -> Iterator[Finding]:
    for name, court in around.settings.court.items():
        if not court.open_at(around.now()):
            continue
        source = CaseSource(name, court.source, court.time_zone)
        try:
            before = around.now()
            theirs = source.clock()
            after = around.now()
        except CourtUnavailable:  # said by courts
            continue
        finally:
            source.close()
        about = About("clock", f"the case database of {name}")
        if theirs is not None and (finding := compare(about, theirs, before, after, timedelta(0))):
            yield finding


def _web_servers(around: Surroundings) -> Iterator[Finding]:
    urls = {one.oauth.token_url for one in around.settings.mailbox if one.oauth is not None}
    for url in sorted({around.settings.web.base_url, *urls}):
        host = urlsplit(url).hostname or ""
        if set(addresses(around.look, host)[0]) & set(around.own) or host == "localhost":
            continue  # the same clock
        before = around.now()
        theirs = _date_of(around, url)
        about = About("clock", host)
        if theirs is not None and (
            finding := compare(about, theirs, before, around.now(), timedelta(seconds=1))
        ):
            yield finding


def _date_of(around: Surroundings, url: str) -> datetime | None:
    """The Date of a web server's answer to HEAD, whatever else it says."""
    parts = urlsplit(url)
    host, seconds = parts.hostname or "", around.patience.connect
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        connection = http.client.HTTPSConnection(
            host, parts.port, timeout=seconds, context=around.context()
        )
    else:
        connection = http.client.HTTPConnection(host, parts.port, timeout=seconds)
    try:
        connection.request("HEAD", parts.path or "/")
        date = connection.getresponse().headers["Date"]
        told = parsedate_to_datetime(date) if date else None
    except (OSError, http.client.HTTPException, ValueError, TypeError):
        return None  # said by tls and web
    finally:
        connection.close()
    return told if told is None or told.tzinfo else told.replace(tzinfo=UTC)


def _zones(around: Surroundings) -> Iterator[Finding]:
    for zone in sorted({one.time_zone for one in around.settings.court.values()}):
        about = About("clock", zone)
        try:
            local = around.now().astimezone(ZoneInfo(zone))
        except (ZoneInfoNotFoundError, ValueError, OSError):
            yield about.wrong(
                f"The time zone {zone} is not known on this machine.",
                "Install its zone files (the package tzdata).",
            )
        else:
            yield about.ok(f"It is {local:%Y-%m-%d %H:%M %Z} in this zone.")
