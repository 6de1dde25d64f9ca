"""Logs in to an IMAP account by password or token, and names the missing step without a secret."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from mailbot.config import Mailbox
from mailbot.errors import MailboxUnavailable
from mailbot.inbound.imap.oauth import Tokens
from mailbot.inbound.imap.terms import LoginRefused

Talking = Callable[[], AbstractContextManager[None]]
_ATOM = re.compile(r"[A-Za-z0-9!#$&'+,./:;<=>?@^_`|~-]+")  # RFC 9051 9, without what some forbid


def log_in(client: Any, mailbox: Mailbox, tokens: Tokens | None, talking: Talking) -> None:
    """Log in.

    Args:
        client: the library's, connected. tokens: for an account with oauth.
        talking: turns the library's errors into ours.

    Raises:
        MailboxUnavailable: with the missing step.
    """
    if tokens is None:
        _by_password(client, mailbox, talking)
    else:
        _by_token(client, mailbox, tokens, talking)


def _by_password(client: Any, mailbox: Mailbox, talking: Talking) -> None:
    name = mailbox.username or ""
    password = mailbox.password.get_secret_value() if mailbox.password else ""
    try:
        with talking():
            _say(client, name, password)
    except LoginRefused as error:
        raise MailboxUnavailable(
            "The server refuses the login; check username and password, and that the account "
            "may use IMAP."
        ) from error


def _say(client: Any, name: str, password: str) -> None:
    """LOGIN carries ASCII only (RFC 9051 6.2.3); SASL PLAIN carries UTF-8 (RFC 4616 2)."""
    is_ascii = name.isascii() and password.isascii()
    by_login = is_ascii and not client.has_capability("LOGINDISABLED")
    if client.has_capability("AUTH=PLAIN") and not (by_login and _ATOM.fullmatch(name)):
        client.plain_login(name, password)
    elif not is_ascii:
        raise MailboxUnavailable(
            "Username or password holds letters beyond ASCII, and the server offers no AUTH=PLAIN, "
            "the only way to say them; choose ones of plain letters."
        )
    else:
        client.login(name if _ATOM.fullmatch(name) else _quoted(name), password)


def _quoted(name: str) -> str:
    """The library quotes the password alone."""
    return '"' + re.sub(r'(["\\])', r"\\\1", name) + '"'


def _by_token(client: Any, mailbox: Mailbox, tokens: Tokens, talking: Talking) -> None:
    for _ in range(2):  # the second time with a new token
        token = tokens.token()
        try:
            with talking():
                _show(client, mailbox, token)
        except LoginRefused:
            tokens.forget()
        else:
            return
    raise MailboxUnavailable(
        "The token was given and the server refuses it; give the application the right to this "
        "mailbox, and check username and scope."
    )


def _show(client: Any, mailbox: Mailbox, token: str) -> None:
    if mailbox.oauth is not None and mailbox.oauth.mechanism == "OAUTHBEARER":
        client.oauthbearer_login(mailbox.username, token)
    else:
        client.oauth2_login(mailbox.username, token)
