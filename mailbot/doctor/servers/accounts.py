"""Logs in to an IMAP account as mailbot does, and looks: capabilities, folders, its token."""

from __future__ import annotations

import base64
import json
from contextlib import closing
from typing import Any

from mailbot.config import Mailbox, OAuth
from mailbot.doctor.findings import About, Finding
from mailbot.doctor.servers.certificates import Server, of_server
from mailbot.doctor.surroundings import Surroundings
from mailbot.errors import MailboxUnavailable
from mailbot.inbound.imap.fetcher import Connection, connect
from mailbot.inbound.imap.looking import Looker, Seen
from mailbot.inbound.imap.oauth import Tokens
from mailbot.inbound.imap.terms import CommandRefused, Terms

_MOST = 1_048_576  # octets of an answer
_ROLE = "IMAP.AccessAsApp"
_GOOGLE_SCOPE = "https://mail.google.com/"


def certificates(around: Surroundings) -> list[Finding]:
    """What there is to say of the certificates of the IMAP servers."""
    return [
        of_server(
            About("tls", f"IMAP {one.host}:{one.port}"),
            Server(one.host or "", one.port, "tls" if one.tls == "tls" else "imap"),
            around.context(),
            around.now(),
            around.patience.answer,
        )
        for one in around.settings.mailbox
        if one.way == "imap" and one.tls != "none"
    ]


def accounts(around: Surroundings) -> list[Finding]:
    """What there is to say of every account that is fetched."""
    return [
        finding
        for mailbox in around.settings.mailbox
        if mailbox.way == "imap"
        for finding in _account(around, mailbox)
    ]


def _account(around: Surroundings, mailbox: Mailbox) -> list[Finding]:
    about = About("imap", f"{mailbox.username} at {mailbox.host}:{mailbox.port}")
    unkept: list[str] = []  # what there is to say of a renewed refresh token that cannot be kept
    oauth = mailbox.oauth
    tokens = Tokens(oauth, around.now, around.context, unkept.append) if oauth else None
    found: list[Finding] = []
    claims: dict[str, Any] = {}
    if tokens is not None and mailbox.oauth is not None:
        try:
            claims = claims_of(tokens.token())
        except MailboxUnavailable as error:
            return [about.wrong(_detail(error), "Do that step, as docs/imap.md has it.")]
        found += token_findings(about, mailbox.oauth, claims, tokens.scope)
        found += [about.wrong(each, "Do so before the old one ends.") for each in unkept]
    terms = Terms(connect=around.patience.connect, answer=around.patience.answer)
    try:
        connection = connect(mailbox, tokens, around.context, _MOST, terms)
    except MailboxUnavailable as error:
        todo = "See the recipe for this server in docs/imap.md."
        if mailbox.oauth is not None and "The token was given" in _detail(error):
            todo = steps_in_exchange(mailbox, mailbox.oauth, claims) or todo
        return [*found, about.wrong(_detail(error), todo)]
    with closing(_Closing(connection)):
        try:
            return [*found, *_judged(about, mailbox, Looker(connection).look())]
        except (MailboxUnavailable, CommandRefused) as error:
            return [*found, about.wrong(_detail(error), "See the log of the IMAP server.")]


class _Closing:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def close(self) -> None:
        self._connection.leave()
        self._connection.cut()


def _judged(about: About, mailbox: Mailbox, seen: Seen) -> list[Finding]:
    if not seen.folder:
        return [
            about.wrong(
                f'The login works; there is no folder "{mailbox.folder}".',
                'Write its right name in folder, such as "INBOX".',
            )
        ]
    how = "by token" if mailbox.oauth else "by password"
    found = [about.ok(f'The login works ({how}), and "{mailbox.folder}" is there.')]
    if "IDLE" not in seen.capabilities:
        found.append(
            about.warning(
                f"The server does not tell of new mail (no IDLE): mailbot looks every "
                f"{mailbox.poll_seconds} seconds."
            )
        )
    if "MOVE" not in seen.capabilities:
        safe = "UIDPLUS" in seen.capabilities
        how = "copied and deleted" if safe else "copied and marked as deleted"
        found.append(about.warning(f"The server cannot move mails (no MOVE): they are {how}."))
    found += [
        about.warning(f'There is no folder "{folder}" yet; `mailbot serve` makes it.')
        for folder in seen.missing
    ]
    return found


# --- Tokens ---


def claims_of(token: str) -> dict[str, Any]:
    """What an access token of Microsoft says of itself (RFC 7519 3); {} of any other.

    Nothing is believed because of it: the server decides.
    """
    parts = token.split(".")
    if len(parts) != 3:
        return {}
    try:
        padded = parts[1] + "=" * (-len(parts[1]) % 4)
        claims = json.loads(base64.urlsafe_b64decode(padded))
    except (ValueError, RecursionError):
        return {}
    return claims if isinstance(claims, dict) else {}


def token_findings(about: About, oauth: OAuth, claims: dict[str, Any], scope: str) -> list[Finding]:
    """What the token itself shows to be missing, before the server is asked."""
    if _is_microsoft(oauth) and claims and oauth.grant == "client_credentials":
        roles = claims.get("roles")
        if not isinstance(roles, list) or _ROLE not in roles:
            return [
                about.wrong(
                    f"The token lacks the permission {_ROLE}: nobody has consented to it.",
                    f"Add the application permission {_ROLE} of Office 365 Exchange Online, and "
                    "press Grant admin consent (step 2 of docs/imap.md).",
                )
            ]
    if _is_google(oauth) and scope and _GOOGLE_SCOPE not in scope.split():
        return [
            about.wrong(
                f"The token is not for mail: its scope lacks {_GOOGLE_SCOPE}",
                "Let the account's owner agree again, to that scope (step 2 of docs/imap.md).",
            )
        ]
    return []


def steps_in_exchange(mailbox: Mailbox, oauth: OAuth, claims: dict[str, Any]) -> str:
    """What an administrator must type in Exchange Online; "" for another provider."""
    if not _is_microsoft(oauth):
        return ""
    app = _plain(claims.get("appid")) or oauth.client_id
    principal = _plain(claims.get("oid")) or "<object id of the enterprise application>"
    if oauth.grant != "client_credentials":
        return "Check that username is the account whose owner agreed, and that it may use IMAP."
    return (
        "Type in Exchange Online PowerShell, if not done yet: New-ServicePrincipal "
        f"-AppId {app} -ObjectId {principal}; then: Add-MailboxPermission -Identity "
        f"{mailbox.username} -User {principal} -AccessRights FullAccess. It may take an hour to "
        "work."
    )


def _plain(claim: object) -> str:
    """An id, harmless to print and to paste."""
    text = str(claim or "")
    return text if text.replace("-", "").isalnum() and text.isascii() and len(text) < 60 else ""


def _is_microsoft(oauth: OAuth) -> bool:
    return "microsoftonline." in oauth.token_url


def _is_google(oauth: OAuth) -> bool:
    return "googleapis.com" in oauth.token_url


def _detail(error: Exception) -> str:
    """What is wrong, without the class's own sentence."""
    text = str(error.args[0]) if error.args else str(error)
    return text if text.endswith(".") else f"{text}."
