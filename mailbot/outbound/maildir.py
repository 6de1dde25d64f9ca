"""Puts mails into a Maildir instead of sending them, for trials; the same promises as a smarthost.

tmp/, fsync, the last look, then rename into new/ and fsync of the folder: a mail is there whole or
not at all, also after a power cut.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
from pathlib import Path

from mailbot.errors import SmarthostUnavailable
from mailbot.model import Outgoing
from mailbot.outbound.delivery import Abandoned, BeforeDot

_FOLDERS = ("tmp", "new", "cur")


class MaildirTransport:
    """A Maildir that takes every mail. Files are the mail's octets under three envelope fields.

    Args:
        path: the Maildir; made if it is not there.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    async def deliver(self, mail: Outgoing, before_dot: BeforeDot) -> str:
        """Put a mail in; see `delivery.Transport`.

        Raises:
            SmarthostUnavailable: the folder cannot be written.
            Abandoned: `before_dot` said False.
        """
        draft = self._path / "tmp" / f"{secrets.token_hex(8)}.mailbot"
        try:
            await asyncio.to_thread(self._write, draft, mail)
            if not await before_dot():
                raise Abandoned
            name = await asyncio.to_thread(self._publish, draft)
        except OSError as error:
            raise SmarthostUnavailable(f"Maildir: {error.strerror}") from error
        finally:
            with contextlib.suppress(OSError):
                await asyncio.to_thread(draft.unlink)
        return f"250 2.0.0 new/{name}"

    async def close(self) -> None:
        """Nothing is open."""

    def _write(self, draft: Path, mail: Outgoing) -> None:
        for folder in _FOLDERS:
            (self._path / folder).mkdir(parents=True, exist_ok=True)
        with open(draft, "xb", opener=_for_the_owner) as file:
            file.write(_envelope(mail) + mail.content)
            file.flush()
            os.fsync(file.fileno())

    def _publish(self, draft: Path) -> str:
        name = f"{draft.stat().st_mtime_ns}.{draft.name}"  # in order of time
        draft.rename(self._path / "new" / name)
        folder = os.open(self._path / "new", os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        return name


def _for_the_owner(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _envelope(mail: Outgoing) -> bytes:
    lines = (
        f"Return-Path: <{mail.mail_from}>",
        f"X-Original-To: {mail.recipient}",
        f"Delivered-To: {mail.recipient}",
        "",
    )
    return "\r\n".join(lines).encode()
