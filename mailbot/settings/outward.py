"""Checks what the configuration says of our mail as the world sees it, for `mailbot doctor`."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator

from mailbot.settings.fields import wrong

_SELECTOR = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9_])?")


def _ip(given: object) -> object:
    if isinstance(given, IPv4Address | IPv6Address):
        return given
    try:
        return ip_address(given if isinstance(given, str) else "")
    except ValueError:
        raise wrong('is no address; write one like "192.0.2.7" or "2001:db8::7".') from None


def _selector(text: str) -> str:
    if not _SELECTOR.fullmatch(text):
        raise wrong('is no DKIM selector; write s= of a signature, like "mail".')
    return text.lower()


Selector = Annotated[str, AfterValidator(_selector)]
Ip = Annotated[IPv4Address | IPv6Address, BeforeValidator(_ip)]
