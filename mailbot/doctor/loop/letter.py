"""Writes the doctor's mail to itself, with the fields of a notice. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime

from mailbot.config import Mailbox, Settings
from mailbot.model import Outgoing
from mailbot.outbound import headers

_TEXT = (
    "mailbot doctor wrote this to itself, to see the way of its mails.\r\n"
    "It asks for nothing; nobody needs to answer.\r\n"
)


def letter(settings: Settings, mailbox: Mailbox, handle: str, now: datetime) -> Outgoing:
    """The mail.

    Args:
        handle: 26 characters that were never used before; tells it from every other mail.
    """
    own = headers.addr_spec(mailbox.address)
    to = mailbox.tagged(f"d-{handle}")
    instance = settings.bot.instance
    link = f"<{settings.web.base_url}/healthz/live>, <mailto:{to}?subject=nothing>"
    content = [
        headers.named("From", mailbox.display or "", own),
        headers.field("To", to),
        headers.field("Reply-To", to),
        headers.field("Subject", "mailbot doctor: a mail to itself"),
        headers.field("Date", format_datetime(now.astimezone(UTC))),
        headers.field("Message-ID", f"<doctor.{handle}@{instance}>"),
        headers.field("Auto-Submitted", "auto-generated"),
        headers.field("X-Auto-Response-Suppress", "All"),
        headers.field("List-Unsubscribe", link),
        headers.field("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
        headers.field("MIME-Version", "1.0"),
        headers.field("Content-Type", "text/plain; charset=us-ascii"),
        b"\r\n",
        _TEXT.encode(),
    ]
    return Outgoing(mailbox.tagged(f"b-{handle}"), to, b"".join(content))
