"""Holds the options of a mailbox that is fetched by IMAP, and names those that do not agree."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from mailbot.settings.court import Part
from mailbot.settings.fields import Host, Line, WebAddress, Whole, is_loopback, wrong
from mailbot.settings.secrets import Beside, Password

Raw = Mapping[str, object]
Place = tuple[str | int, ...]
Problem = tuple[Place, str]


def _folder(text: str) -> str:
    if re.search(r'[*%"\\\x00-\x1f\x7f]', text):
        raise wrong('is not a folder\'s name; write one like "INBOX" or "Processed".')
    return text


def _processed(text: str) -> str:
    way, _, folder = text.partition(":")
    if text != "flag" and (way != "move" or not _folder(folder).strip()):
        raise wrong('must be "flag", or "move:" and a folder, like "move:Processed".')
    return text


Folder = Annotated[Line, AfterValidator(_folder)]
Processed = Annotated[Line, AfterValidator(_processed)]


class OAuth(Part):
    """Where the access token of an account comes from (RFC 6749 4.4 and 6)."""

    grant: Literal["client_credentials", "refresh_token"] = "client_credentials"
    token_url: WebAddress = Field(examples=['"https://login.court.example/token"'])
    client_id: Line = Field(examples=['"mailbot"'])
    client_secret: Password | None = None  # a public client has none (RFC 6749 2.1)
    scope: Line | None = None
    refresh_token: Password | None = None
    renewed: Beside | None = None  # where the one is kept that replaces it
    mechanism: Literal["XOAUTH2", "OAUTHBEARER"] = "XOAUTH2"

    @model_validator(mode="before")
    @classmethod
    def _beside_the_first(cls, given: Any) -> Any:
        """The file of a renewed token lies beside that of the first, unless told otherwise."""
        first = given.get("refresh_token") if isinstance(given, dict) else None
        file = first.get("file") if isinstance(first, dict) else None
        if not isinstance(file, str) or "renewed" in given:
            return given
        return {**given, "renewed": f"{file}.renewed"}


class ImapAccount(Part):
    """The options of [[mailbox]] that only way = "imap" has."""

    host: Host | None = None
    port: Whole = Field(default=993, ge=1, le=65_535)
    tls: Literal["tls", "starttls", "none"] = "tls"
    username: Line | None = None
    password: Password | None = None
    oauth: OAuth | None = None
    folder: Folder = "INBOX"
    processed: Processed = "move:Processed"
    refused: Folder = "Refused"
    poll_seconds: Whole = Field(default=60, ge=5, le=3600)  # where the server has no IDLE

    @property
    def account(self) -> str:
        """The name under which the store knows how far this account has been read."""
        return f"{self.host}:{self.port}/{self.username}"[:320]

    @property
    def processed_folder(self) -> str | None:
        """Where mails go that have been acted upon; None if they stay and are flagged."""
        way, _, folder = self.processed.partition(":")
        return folder if way == "move" else None


OPTIONS = tuple(ImapAccount.model_fields)


def disagreements(place: Place, mailbox: Raw) -> Iterator[Problem]:
    """What in a [[mailbox]] does not fit its way, as (where, whole sentence)."""
    if mailbox.get("way") != "imap":
        for option in OPTIONS:
            if option in mailbox:
                yield (
                    (*place, option),
                    f'{option} is for fetched mail; add way = "imap", or take {option} out.',
                )
        return
    if "listen" in mailbox:
        yield (*place, "listen"), "mailbot fetches this mail and does not listen; take listen out."
    if "host" not in mailbox:
        yield place, 'way = "imap" needs a server; add host = "imap.court.example"'
    if "username" not in mailbox:
        yield place, 'way = "imap" needs an account; add username = "track@court.example"'
    yield from _secrets(place, mailbox)
    yield from _doors(place, mailbox)
    yield from _folders(place, mailbox)


def _secrets(place: Place, mailbox: Raw) -> Iterator[Problem]:
    ways = mailbox.keys() & {"password", "oauth"}
    if not ways:
        yield place, "The IMAP account needs a login; add password = { file = ... }, or oauth."
    if len(ways) == 2:
        yield (*place, "oauth"), "The IMAP account logs in by password or by oauth; keep one."
    oauth = mailbox.get("oauth")
    if not isinstance(oauth, dict):
        return
    there = (*place, "oauth")
    if oauth.get("grant") == "refresh_token":
        if "refresh_token" not in oauth:
            yield (
                there,
                'grant = "refresh_token" needs one; add refresh_token = { file = ... } to oauth.',
            )
        return
    if "renewed" in oauth:
        yield (*there, "renewed"), "renewed is for a refresh token; take it out."
    if "refresh_token" in oauth:
        yield there, 'A refresh token is for another grant; add grant = "refresh_token" to oauth.'
    elif "client_secret" not in oauth:
        yield there, "This grant needs a secret; add client_secret = { file = ... } to oauth."


def _doors(place: Place, mailbox: Raw) -> Iterator[Problem]:
    tls, port, host = mailbox.get("tls", "tls"), mailbox.get("port"), mailbox.get("host")
    if port == 143 and tls == "tls":
        yield (
            (*place, "port"),
            'Port 143 begins without TLS; add tls = "starttls", or use port = 993.',
        )
    if port == 993 and tls == "starttls":
        yield (
            (*place, "port"),
            'Port 993 speaks TLS from the first byte; use tls = "tls", or port = 143.',
        )
    if tls == "none" and isinstance(host, str) and not is_loopback(host):
        yield (
            (*place, "tls"),
            'Login and mail would cross the network in the clear; use tls = "tls" or "starttls".',
        )


def _folders(place: Place, mailbox: Raw) -> Iterator[Problem]:
    source = str(mailbox.get("folder", "INBOX"))
    processed = str(mailbox.get("processed", "")).removeprefix("move:")
    for option, target in (("processed", processed), ("refused", str(mailbox.get("refused", "")))):
        if target.casefold() == source.casefold():
            yield (
                (*place, option),
                f'Mail would be moved to "{source}", where it comes from; name another folder.',
            )
