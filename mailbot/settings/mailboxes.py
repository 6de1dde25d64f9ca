"""Holds what config.toml says about the addresses that people write to: mailboxes and routes."""

from __future__ import annotations

import re
from ipaddress import IPv4Network, IPv6Network
from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, Field, PrivateAttr

from mailbot.settings import folders
from mailbot.settings.court import Part
from mailbot.settings.fields import (
    Domain,
    Line,
    Listen,
    Network,
    OwnAddress,
    ServerName,
    YesNo,
    address,
    host_and_port,
    own_address,
    wrong,
)
from mailbot.settings.imap import ImapAccount
from mailbot.settings.patterns import COURT, WILD
from mailbot.settings.secrets import Beside
from mailbot.voice import tagged

THIS_MACHINE = (IPv4Network("127.0.0.0/8"), IPv6Network("::1/128"))
Purpose = Literal["commands", "track", "stop", "report", "help", "bounces", "postmaster"]
PURPOSES = get_args(Purpose)
COMMANDS = "commands"
# Where servers write the envelope's recipient: Postfix and Dovecot, Postfix, Exim, Google.
DELIVERED = ("Delivered-To", "X-Original-To", "Envelope-To", "X-Gm-Original-To")
_FIXED_NAMES = 2  # at the end of a domain: one wildcard must not claim everybody's
_FIELD_NAME = re.compile(r"[!-9;-~]{1,64}")  # RFC 5322 3.6.8
_VISIBLE = {"to", "cc", "bcc"}


def _separator(text: str) -> str:
    if not re.fullmatch(r"[-!#$%&'+/=?^_`{|}~.]", text):
        raise wrong('must be one sign that addresses may hold, like "+", "-", "=" or ".".')
    return text


def _field_name(text: str) -> str:
    if not _FIELD_NAME.fullmatch(text):
        raise wrong('is not the name of a header field; write one like "Delivered-To".')
    if text.lower() in _VISIBLE:
        raise wrong(
            "is written by whoever sends the mail; name a field that the server writes, like "
            '"Delivered-To".'
        )
    return text


def route_address(text: str) -> str:
    """An address of a route: exact, with a wildcard, or with <court>."""
    if WILD in text:
        _with_wildcards(text)
        return text
    if COURT in text:
        return _with_court(text)
    if "<" in text:
        raise wrong(f"names a part that mailbot does not know; the only one is {COURT}.")
    return own_address(text)


def _with_court(text: str) -> str:
    if text.count(COURT) > 1:
        raise wrong(f"names {COURT} twice; once is enough.")
    return address(text.replace(COURT, "x")) and text


def _with_wildcards(text: str) -> None:
    if COURT in text:
        raise wrong(
            f"holds both {WILD} and {COURT}; use {COURT} alone, or {WILD} and a court of its own."
        )
    if WILD * 2 in text:
        raise wrong(f"has {WILD} beside {WILD}; one stands for any characters already.")
    address(text.replace(WILD, "x"))
    names = text.rpartition("@")[2].split(".")
    if any(WILD in name and name != WILD for name in names) or WILD in "".join(
        names[-_FIXED_NAMES:]
    ):
        raise wrong(
            f"may have {WILD} in its domain only as a whole name, and before at least two others: "
            '"track@*.court.example".'
        )


def reply_address(text: str) -> str:
    """An address that answers come from: exact, or with <court>."""
    return _with_court(text) if COURT in text else own_address(text)


def _language(text: str) -> str:
    if not folders.LANGUAGE.fullmatch(text):
        raise wrong('must be the code of a language, like "en".')
    return text


Separator = Annotated[str, AfterValidator(_separator)]
FieldName = Annotated[str, AfterValidator(_field_name)]
RouteAddress = Annotated[str, AfterValidator(route_address)]
ReplyAddress = Annotated[str, AfterValidator(reply_address)]
Language = Annotated[str, AfterValidator(_language)]


class Mailbox(ImapAccount):
    """An address that people write to and that mailbot writes as."""

    name: Line = Field(examples=['"track"'])
    address: OwnAddress = Field(examples=['"track@court.example"'])
    display: Line | None = None  # Settings.voice_of fills in the court's system_name
    way: Literal["smtp", "lmtp", "imap"] = "smtp"
    listen: Listen = "127.0.0.1:8025"
    tls_certificate: Beside | None = None
    tls_key: Beside | None = None  # None: it stands in the certificate's file
    proxy: YesNo = False
    proxy_from: tuple[Network, ...] | None = None
    separator: Separator = "+"
    recipient_headers: tuple[FieldName, ...] = DELIVERED
    trusted_results: tuple[ServerName, ...] = ()
    trusted_nameless: tuple[Domain, ...] = ()
    trusted_sealers: tuple[Domain, ...] = ()

    @property
    def host_and_port(self) -> tuple[str, int]:
        """Where the listener binds, for way = "smtp"."""
        return host_and_port(self.listen)

    def tagged(self, tag: str) -> str:
        """The address with a tag behind its separator."""
        return tagged(self.address, self.separator, tag)

    @property
    def proxies(self) -> tuple[IPv4Network | IPv6Network, ...] | None:
        """Who speaks for others by the PROXY protocol; None where everybody speaks for himself."""
        return (self.proxy_from or THIS_MACHINE) if self.proxy else None


class Route(Part):
    """A recipient address, or what addresses look like, and what mail to them is about."""

    address: RouteAddress = Field(examples=['"track@court.example"'])
    court: str = Field(default="", examples=['"franklin"'])
    purpose: Purpose = Field(examples=['"commands"'])
    mailbox: str = ""  # Settings fills in the mailbox with that address
    separator: Separator | None = None  # None: the mailbox's
    language: Language | None = None  # None: the reader's
    reply_as: ReplyAddress | None = None  # None: the mailbox's address
    display: Line | None = None  # None: the mailbox's
    templates: Line | None = None
    _written: str = PrivateAttr("")

    @property
    def written(self) -> str:
        """The address as config.toml has it: with <court> where it stands for several courts."""
        return self._written or self.address

    def at(self, court: str) -> Route:
        """The route of one of the courts that <court> stands for."""
        found = self.model_copy(
            update={
                "court": court,
                "address": self.address.replace(COURT, court),
                "reply_as": self.reply_as and self.reply_as.replace(COURT, court),
            }
        )
        found._written = self.address
        return found
