"""Checks one text of config.toml and says what is wrong with it, as the end of a sentence.

The sentence begins with the option and its value (see complaints.py): `time_zone "Mars/Base"` +
`is not a known time zone; ...`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Annotated
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from pydantic import AfterValidator, BeforeValidator, Strict
from pydantic_core import PydanticCustomError

from mailbot.model import case_key

# RFC 5321 4.5.3.1.1: 64 octets; ours add separator, letter, dash and a handle of 26 (trap 59).
LOCAL_PART_OCTETS = 64 - len("+n-") - 26
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_DOMAIN = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(?:\.{_LABEL})+")
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_LOCAL_PART = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_$]{0,127}")
_SHAPE = re.compile(r"(?=[9A0])(?:[9A]+(?:[-/:. ][9A]+)*)?(?:[-/:. ]?0+)?")
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
# What people write for zones that change the clock; "EST" of the tables never does.
_ABBREVIATIONS = {
    "CST": "America/Chicago", "CDT": "America/Chicago", "EST": "America/New_York",
    "EDT": "America/New_York", "MST": "America/Denver", "MDT": "America/Denver",
    "PST": "America/Los_Angeles", "PDT": "America/Los_Angeles",
}  # fmt: skip
_LAST_MINUTE = 24 * 60


def wrong(predicate: str) -> PydanticCustomError:
    """The error of one option; `predicate` follows the option's name and value."""
    return PydanticCustomError("predicate", "{predicate}", {"predicate": predicate})


def nearest(name: str, known: Iterable[str]) -> str:
    """'did you mean "poll_seconds"?' where a known name is near, else the list of known names."""
    names = sorted(known)
    folded = {one.lower(): one for one in names}
    near = get_close_matches(name.lower(), folded, n=1)
    if near:
        return f'did you mean "{folded[near[0]]}"?'
    return "known here: " + (", ".join(names) or "none so far")


def is_loopback(host: str) -> bool:
    """Whether a host name or address stays on this machine."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _is_ip(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def host_and_port(listen: str) -> tuple[str, int]:
    """("127.0.0.1", 8025) of "127.0.0.1:8025"; IPv6 stands in brackets, "[::1]:8025"."""
    host, _, port = listen.rpartition(":")
    return host.strip("[]"), int(port)


# --- Checks -----------------------------------------------------------------------------------


def _filled(text: str) -> str:
    if not text.strip():
        raise wrong("must not be empty.")
    return text


def _one_line(text: str) -> str:
    if any(ord(c) < 32 or ord(c) == 127 for c in text):
        raise wrong("must stay on one line, without control characters.")
    return text


def _number_start(text: str) -> str:
    if not case_key(text):
        raise wrong('must hold letters or digits of a case number, like "99" or "15AB".')
    return text


def _domain(text: str) -> str:
    if not _DOMAIN.fullmatch(text):
        raise wrong('is not a domain name; write one like "track.court.example".')
    return text.lower()


def _server_name(text: str) -> str:
    if not _NAME.fullmatch(text) or _is_ip(text):
        raise wrong(
            "is not the name of a mail server; write the first word of its results, like "
            '"mx.court.example".'
        )
    return text


def address(text: str) -> str:
    """An e-mail address that a mail server of any make understands."""
    local, _, domain = text.rpartition("@")
    if not _LOCAL_PART.fullmatch(local) or not _DOMAIN.fullmatch(domain):
        raise wrong('is not an e-mail address; write one like "track@court.example".')
    return text


def own_address(text: str) -> str:
    """The same, with room for a handle of ours."""
    if len(address(text).rpartition("@")[0]) > LOCAL_PART_OCTETS:
        raise wrong(
            f"is too long before the @: mailbot adds 29 characters for links, so use at most "
            f"{LOCAL_PART_OCTETS}."
        )
    return text


def _zone(text: str) -> str:
    known = available_timezones()
    if text in known and text not in _ABBREVIATIONS:
        return text
    abbreviated = len(text) <= 4  # "IST" is near to "CST", and somewhere else
    near = [] if abbreviated else get_close_matches(text, known, n=1)
    meant = _ABBREVIATIONS.get(text.upper()) or (near[0] if near else "")
    remedy = f'did you mean "{meant}"?' if meant else 'write one like "America/Chicago".'
    raise wrong(f"is not a known time zone; {remedy}")


def _web_address(text: str) -> str:
    try:
        parts = urlsplit(text)
        host, _port = parts.hostname, parts.port
    except ValueError:
        raise wrong('is not a web address; write one like "https://court.example".') from None
    if parts.scheme not in {"https", "http"} or not host or re.search(r"\s", text):
        raise wrong('is not a web address; write one like "https://court.example".')
    if parts.scheme == "http" and not is_loopback(host):
        raise wrong("must begin with https://; http:// is only for 127.0.0.1 and localhost.")
    return text


def _origin(text: str) -> str:
    parts = urlsplit(_web_address(text))
    if parts.query or parts.fragment or parts.username:
        raise wrong("must end after host and path, without ?, # or user name.")
    return text.rstrip("/")


def _number_link(text: str) -> str:
    if re.findall(r"\{[^{}]*\}?|\}", text) != ["{number}"]:
        raise wrong("must hold {number} once, where the case number goes, and no other braces.")
    _web_address(text.replace("{number}", "1"))
    return text


def _listen(text: str) -> str:
    found = re.fullmatch(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+):([0-9]{1,5})", text)
    if not found or int(found[2]) > 65535:
        raise wrong('must be an address and a port, like "127.0.0.1:8025" or "[::1]:8025".')
    return text


def _host(text: str) -> str:
    if not is_loopback(text) and not _is_ip(text) and not _NAME.fullmatch(text):
        raise wrong("must be a host name alone; write the port as port = 587.")
    return text


def _shape(text: str) -> str:
    strange = sorted({c for c in text if c not in "9A0-/:. "})
    if strange:
        raise wrong(
            f"holds {' '.join(strange)}, but a shape is written with 9 for a digit, A for a letter,"
            f" 0 at the end for a number filled up with zeros, and - / : . or blank between."
        )
    if len(text) > 32 or not _SHAPE.fullmatch(text):
        raise wrong('must look like "99AA-AA00000": 9 and A first, 0 only at the end.')
    return text


def _identifier(text: str) -> str:
    if not _IDENTIFIER.fullmatch(text):
        raise wrong("is not a column's name; use letters, digits and _ only.")
    return text


def _table_or_select(text: str) -> str:
    select = text.strip()
    if ";" in select:
        raise wrong("must be one statement; take the ; out.")
    if re.match(r"(?i)(select|with)\s", select):
        return select
    if not all(_IDENTIFIER.fullmatch(part) for part in select.split(".")):
        raise wrong("must be a table's name, or a query that begins with SELECT or WITH.")
    return select


def _network(given: object) -> object:
    if not isinstance(given, str):
        return given
    try:
        return ip_network(given)
    except ValueError:
        raise wrong('is no address and no network; write "192.0.2.7" or "192.0.2.0/24".') from None


def _colour(text: str) -> str:
    if not re.fullmatch(r"#[0-9A-Fa-f]{6}", text):
        raise wrong('is not a colour; write # and six hexadecimal digits, like "#1f3a5f".')
    return text.lower()


def _days(given: object) -> object:
    """ "Mon-Fri" -> (0, 1, 2, 3, 4); "Sat, Sun" -> (5, 6); "daily" -> all seven."""
    if not isinstance(given, str):
        return given
    found: set[int] = set()
    for part in given.lower().replace("daily", "mon-sun").split(","):
        begin, *ends = (_day(name.strip()) for name in part.split("-", maxsplit=1))
        end = ends[0] if ends else begin
        found.update(day % 7 for day in range(begin, end + 1 + 7 * (end < begin)))
    return tuple(sorted(found))


def _day(name: str) -> int:
    fitting = [number for number, day in enumerate(_DAYS) if day.startswith(name)]
    if len(name) < 3 or not fitting:
        raise wrong('must name days, like "Mon-Fri", "Sat, Sun" or "daily".')
    return fitting[0]


def _minute(given: object) -> object:
    """ "22:30" -> 1350, minutes since midnight; "24:00" ends a day."""
    if not isinstance(given, str):
        return given
    found = re.fullmatch(r"([0-9]{1,2}):([0-5][0-9])", given.strip())
    minute = int(found[1]) * 60 + int(found[2]) if found else _LAST_MINUTE + 1
    if minute > _LAST_MINUTE:
        raise wrong('is not a time of day; write hours and minutes, like "06:00" or "22:30".')
    return minute


def _text_first(given: object) -> object:
    """TOML has lists and numbers too; only text is meant here."""
    if not isinstance(given, str):
        raise wrong("must be text; write it in quotes.")
    return given


Line = Annotated[str, AfterValidator(_one_line), AfterValidator(_filled)]
MaybeLine = Annotated[str, AfterValidator(_one_line)]
NumberStart = Annotated[str, AfterValidator(_number_start)]
Text = Annotated[str, AfterValidator(_filled)]
ServerName = Annotated[str, AfterValidator(_server_name)]
Domain = Annotated[str, AfterValidator(_domain)]
Address = Annotated[str, AfterValidator(address)]
OwnAddress = Annotated[str, AfterValidator(own_address)]
ZoneName = Annotated[str, AfterValidator(_zone)]
WebAddress = Annotated[str, AfterValidator(_web_address)]
Origin = Annotated[str, AfterValidator(_origin)]
NumberLink = Annotated[str, AfterValidator(_number_link)]
Host = Annotated[str, AfterValidator(_host)]
Listen = Annotated[str, AfterValidator(_listen)]
Shape = Annotated[str, AfterValidator(_shape)]
Identifier = Annotated[str, AfterValidator(_identifier)]
TableOrSelect = Annotated[str, AfterValidator(_table_or_select)]
Colour = Annotated[str, AfterValidator(_colour)]
Days = Annotated[tuple[int, ...], BeforeValidator(_days), BeforeValidator(_text_first)]
Minute = Annotated[int, Strict(), BeforeValidator(_minute), BeforeValidator(_text_first)]
Whole = Annotated[int, Strict()]
YesNo = Annotated[bool, Strict()]
Network = Annotated[IPv4Network | IPv6Network, BeforeValidator(_network)]
