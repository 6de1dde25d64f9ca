"""Reads from a fetched mail what SMTP would have said of it: its envelope; or why it is refused.

The octets come in; who delivered the mail wrote the envelope above its header (RFC 5321 4.4).
"""

from __future__ import annotations

from collections.abc import Callable, Collection

from mailbot.config import Limits
from mailbot.inbound.reading.addresses import sender_of
from mailbot.inbound.reading.structure import Header, read_header
from mailbot.model import Envelope, address_key
from mailbot.settings.mailboxes import DELIVERED
from mailbot.settings.patterns import SEPARATORS

_VISIBLE = ("to", "cc")
_MOST = 50  # addresses of visible fields that are looked at


class Unfit(Exception):
    """This mail cannot be acted upon, however often it is fetched; the text says why."""


def envelope_of(
    raw: bytes,
    limits: Limits,
    addresses: frozenset[str],
    accepts: Callable[[str], bool],
    delivered: Collection[str] = DELIVERED,
) -> Envelope:
    """The envelope of a mail.

    Args:
        addresses: those that the account stands for, as model.address_key knows them.
        accepts: whether an address is ours.
        delivered: names of the fields in which the server says for whom it delivered the mail.

    Raises:
        Unfit: the header is forged or torn, or nobody knows for whom the mail came.
    """
    header = header_of(raw, limits)
    names = {name.lower() for name in delivered}
    recipient = _delivered(header, names, accepts) or _only_one(header, addresses, accepts)
    if recipient is None:
        raise Unfit("no Delivered-To or the like names one of several addresses of the account")
    return Envelope(mail_from_of(header), recipient)


def header_of(raw: bytes, limits: Limits) -> Header:
    """The header of a mail.

    Raises:
        Unfit: what two readers would read in two ways (reliability.md 0.8).
    """
    if b"\0" in raw:
        raise Unfit("it holds a NUL")
    plain = raw.replace(b"\r\n", b"\n").replace(b"\r\n", b"\n")  # CR CR LF is one line end
    if b"\r" in plain.partition(b"\n\n")[0]:
        raise Unfit("its header holds a bare CR")
    return read_header(plain, 0, len(plain), limits)


def mail_from_of(header: Header) -> str:
    """The return path, "" for the null path; of a mail that never had one, its author."""
    for name, value in header.fields:
        if name == "return-path":
            return _bare(value)
    return sender_of([value for name, value in header.fields if name == "from"]) or ""


def _delivered(
    header: Header, names: Collection[str], accepts: Callable[[str], bool]
) -> str | None:
    """The topmost recipient that is ours: the last server wrote above all others (trap 88)."""
    for name, value in header.fields:
        if name in names and "@" in value and accepts(_bare(value)):
            return _bare(value)
    return None


def _only_one(
    header: Header, addresses: frozenset[str], accepts: Callable[[str], bool]
) -> str | None:
    """The account's one address, with the tag under which it is visibly written to, if any."""
    if len(addresses) != 1:
        return None
    (address,) = addresses
    local, _, domain = address.rpartition("@")
    visible = (value for name, value in header.fields if name in _VISIBLE)
    for written in ",".join(visible).split(",")[:_MOST]:
        key = address_key(_bare(written))
        rest = key.removeprefix(local).removesuffix(f"@{domain}")
        tagged = rest[:1] and (rest[0] in SEPARATORS or accepts(key))
        if tagged and key == f"{local}{rest}@{domain}":
            return key
    return address


def _bare(value: str) -> str:
    """The address in `Name <address>`, `<address>` or `address`."""
    inner = value.rpartition("<")[2].partition(">")[0] if "<" in value else value
    return inner.strip()
