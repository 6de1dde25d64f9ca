"""Hands one mail to the smarthost by SMTP, and says by the type of error what became of it.

The hook is awaited as late as can be: after the 354, before the first octet of the mail. If it says
no, the connection is aborted and the server throws the mail away (reliability.md 3.2).
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
import ssl
from typing import cast

import aiosmtplib
from aiosmtplib import SMTPException, SMTPResponse, SMTPResponseException

from mailbot.config import Settings
from mailbot.config import Smarthost as SmarthostSettings
from mailbot.errors import (
    MailAmbiguous,
    MailDeferred,
    MailRefused,
    RecipientRefused,
    SmarthostUnavailable,
)
from mailbot.model import Outgoing
from mailbot.outbound.delivery import Abandoned, BeforeDot, Transport
from mailbot.outbound.maildir import MaildirTransport

__all__ = ["Smarthost", "Transport", "on_the_wire", "transport_for"]

DATA_SECONDS = 120.0  # for the 354 (RFC 5321 4.5.3.2.4); the other delays are settings
QUIT_SECONDS = 5.0
_REPLY = 450  # characters of a server's reply that are kept
_LINE_END = re.compile(rb"\r\n|\r|\n")
_NO_PATH = re.compile(r"[\x00-\x20\x7f<>]")
_BROKEN = (SMTPException, OSError, TimeoutError)


class _Lost(MailDeferred):
    """The connection ended, or the server has ended it with 421, before the mail was sent."""


def transport_for(settings: Settings) -> Transport:
    """The way out that is configured: a smarthost, or a Maildir for trials."""
    maildir = settings.smarthost.maildir
    if maildir is not None:
        return MaildirTransport(maildir)
    return Smarthost(settings.smarthost, settings.bot.instance)


class _Client(aiosmtplib.SMTP):
    AUTH_METHODS = ("plain", "login")
    used = False

    def abort(self) -> None:
        """Leave without a word and without waiting for what has not been sent yet."""
        if self.transport is not None:
            cast(asyncio.WriteTransport, self.transport).abort()
        self.close()


class Smarthost:
    """The mail server that takes mailbot's mail; connections are kept, one mail at a time on each.

    Args:
        settings: where it is and how to log in.
        hello: the name to greet it with.
        tls_context: whom to trust; by default who the system trusts.
    """

    def __init__(
        self,
        settings: SmarthostSettings,
        hello: str,
        tls_context: ssl.SSLContext | None = None,
    ) -> None:
        self._settings = settings
        self._hello = hello
        self._tls_context = tls_context
        self._idle: list[_Client] = []
        self._places = asyncio.Semaphore(settings.connections)

    async def deliver(self, mail: Outgoing, before_dot: BeforeDot) -> str:
        """Hand a mail over; see `delivery.Transport`."""
        _check(mail)
        async with self._places:
            client = await self._begin(mail)
            try:
                await self._envelope(client, mail)
                reply = await self._content(client, mail, before_dot)
            except _Lost:
                client.abort()
                raise
            except (MailDeferred, MailRefused):
                await self._reset(client)
                raise
            except BaseException:
                client.abort()
                raise
            self._idle.append(client)
            return reply

    async def close(self) -> None:
        """Say QUIT on every connection."""
        idle, self._idle = self._idle, []
        for client in idle:
            with contextlib.suppress(*_BROKEN):
                await client.quit(timeout=QUIT_SECONDS)
            client.abort()

    # --- The connection ---

    async def _begin(self, mail: Outgoing) -> _Client:
        """A connection that took MAIL. A kept one may have died: nothing was sent, so again."""
        while True:
            client = self._kept() or await self._connect()
            used, client.used = client.used, True
            try:
                await self._say(client, b"MAIL", *_sender(client, mail))
            except _Lost:
                client.abort()
                if not used:
                    raise
            except (MailDeferred, MailRefused):
                await self._reset(client)
                raise
            except BaseException:
                client.abort()
                raise
            else:
                return client

    def _kept(self) -> _Client | None:
        while self._idle:
            client = self._idle.pop()
            if client.is_connected:
                return client
        return None

    async def _connect(self) -> _Client:
        try:
            return await _greeted(self._client(await asyncio.to_thread(self._dial)))
        except SMTPResponseException as error:
            raise SmarthostUnavailable(_reply(error.code, error.message)) from error
        except (*_BROKEN, ValueError, RuntimeError) as error:
            where = f"{self._settings.host}:{self._settings.port}"
            what = str(error).replace(" on port None", "")  # the socket was given connected
            raise SmarthostUnavailable(f"{where}: {what}"[:_REPLY]) from error

    def _dial(self) -> socket.socket:
        """On a worker thread: a connected socket. The greeting has its own patience (4.5.3.2.1)."""
        settings = self._settings
        address = (settings.host or "localhost", settings.port)
        return socket.create_connection(address, settings.connect_seconds)

    def _client(self, connected: socket.socket) -> _Client:
        settings = self._settings
        password = settings.password
        return _Client(
            sock=connected,
            hostname=settings.host,  # for the certificate
            username=settings.username,
            password=None if password is None else password.get_secret_value(),
            local_hostname=self._hello,
            timeout=settings.command_seconds,
            use_tls=settings.tls == "tls",
            start_tls=settings.tls == "starttls",  # or SmarthostUnavailable: never in clear
            tls_context=self._tls_context,
        )

    async def _reset(self, client: _Client) -> None:
        """Keep a connection after a mail was not taken, if the server agrees."""
        try:
            await client.rset(timeout=self._settings.connect_seconds)
        except _BROKEN:
            client.abort()
        except BaseException:
            client.abort()
            raise
        else:
            self._idle.append(client)

    # --- The mail ---

    async def _envelope(self, client: _Client, mail: Outgoing) -> None:
        """RCPT and DATA, each after the other's reply: one recipient a mail (2.6)."""
        await self._say(client, b"RCPT", f"TO:<{mail.recipient}>".encode())
        wait = min(DATA_SECONDS, self._settings.command_seconds)
        await self._say(client, b"DATA", expected=354, patience=wait)

    async def _say(
        self, client: _Client, *words: bytes, expected: int = 250, patience: float | None = None
    ) -> None:
        try:
            seconds = patience or self._settings.command_seconds
            response = await client.execute_command(*words, timeout=seconds)
        except _BROKEN as error:
            raise _Lost(f"no answer to {words[0].decode()}: {type(error).__name__}") from error
        if words[0] == b"MAIL" and response.code == 530:  # RFC 4954 6: log in first
            client.abort()
            raise SmarthostUnavailable(_reply(response.code, response.message))
        if response.code // 100 != expected // 100:
            raise _refusal(response, words[0])

    async def _content(self, client: _Client, mail: Outgoing, before_dot: BeforeDot) -> str:
        """The last look, then the mail and the dot in one go; from there on it is in doubt."""
        octets = on_the_wire(mail.content)
        if not await before_dot():
            raise Abandoned
        protocol = client.protocol
        if protocol is None or not protocol.is_connected:
            raise _Lost("the connection ended at the dot")
        protocol.write(octets)
        try:
            # 10 minutes: giving up earlier makes duplicates (RFC 5321 4.5.3.2.6)
            response = await protocol.read_response(timeout=self._settings.dot_seconds)
        except _BROKEN as error:
            raise MailAmbiguous(f"no answer to the dot: {type(error).__name__}") from error
        if response.code // 100 in {4, 5}:
            raise _refusal(response)
        if response.code // 100 != 2:
            raise MailAmbiguous(_reply(response.code, response.message))
        return _reply(response.code, response.message)


async def _greeted(client: _Client) -> _Client:
    """Greeting, TLS and login (all three in connect), and EHLO if none of them needed it."""
    try:
        await client.connect()
        if client.is_ehlo_or_helo_needed:
            await client.ehlo()
    except BaseException:
        client.abort()
        raise
    return client


def on_the_wire(content: bytes) -> bytes:
    """A mail as DATA sends it: CRLF only, dots stuffed, the final dot (RFC 5321 4.5.2)."""
    if not content.count(b"\r\n") == content.count(b"\n") == content.count(b"\r"):
        content = _LINE_END.sub(b"\r\n", content)
    if not content.endswith(b"\r\n"):
        content += b"\r\n"
    return (b"\r\n" + content).replace(b"\r\n.", b"\r\n..")[len(b"\r\n") :] + b".\r\n"


def _check(mail: Outgoing) -> None:
    for address in (mail.mail_from, mail.recipient):
        if _NO_PATH.search(address) or not (address.isascii() or mail.needs_smtputf8):
            raise MailRefused("553 5.1.3 This address cannot be written in SMTP")


def _sender(client: _Client, mail: Outgoing) -> list[bytes]:
    """The words behind MAIL (RFC 1870, 6152, 6531).

    Raises:
        MailRefused: the mail needs SMTPUTF8 and the server has not offered it.
    """
    words = [f"FROM:<{mail.mail_from}>".encode()]
    if client.supports_extension("size"):
        words.append(b"SIZE=%d" % len(mail.content))
    if client.supports_extension("8bitmime") and not mail.content.isascii():
        words.append(b"BODY=8BITMIME")
    if mail.needs_smtputf8:
        if not client.supports_extension("smtputf8"):
            raise MailRefused("550 5.6.7 The mail server cannot send to this address")
        words.append(b"SMTPUTF8")
    return words


def _refusal(response: SMTPResponse, word: bytes = b"DATA") -> Exception:
    """The error for a reply that is not the one expected, to that word of ours."""
    reply = _reply(response.code, response.message)
    if response.code == 421 or response.code // 100 not in {4, 5}:  # 421 at any point ends it
        return _Lost(reply)
    if response.code < 500:
        return MailDeferred(reply)
    return RecipientRefused(reply) if word == b"RCPT" else MailRefused(reply)


def _reply(code: int, message: str) -> str:
    """A server's reply as one printable line: no control, no lone surrogate, no newline."""
    text = "".join(c if c.isprintable() else " " for c in f"{code} {message}")
    return " ".join(text.split())[:_REPLY]
