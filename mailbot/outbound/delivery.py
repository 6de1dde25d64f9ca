"""What every way out promises: one mail, a last look right before the dot, one outcome."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

from mailbot.errors import TemporaryError
from mailbot.model import Outgoing

BeforeDot = Callable[[], Awaitable[bool]]


class Abandoned(TemporaryError):
    """The mail was given up right before the dot; nothing of it was sent."""


class Transport(Protocol):
    """A way out."""

    async def deliver(self, mail: Outgoing, before_dot: BeforeDot) -> str:
        """Hand a mail over and return the server's reply. No error means it is the server's.

        Raises:
            MailDeferred: the server said 4xx; its reply is args[0], here and in the next.
            MailRefused: the server said 5xx; RecipientRefused if it did so to RCPT.
            MailAmbiguous: the whole mail was sent and no reply came.
            SmarthostUnavailable: there is no server to speak to.
            Abandoned: `before_dot` said False.
        """

    async def close(self) -> None:
        """Part from the server."""
