"""The compose box: makes a mail of a form, or an answer to a mail, and hands it over by SMTP."""

from __future__ import annotations

import smtplib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid, parseaddr
from urllib.parse import unquote

from mailbot.demo.opened import Opened

SECONDS = 15  # of patience with our own listener
QUOTED_LINES = 400  # of the mail answered


@dataclass(frozen=True)
class Draft:
    """A mail that is being written."""

    sender: str = ""
    to: str = ""
    subject: str = ""
    body: str = ""
    in_reply_to: str = ""
    references: str = ""


class Unsendable(ValueError):
    """A draft that no mail program would send; the text says why."""


def from_mailto(url: str) -> Draft:
    """What a mailto link fills in (RFC 6068): "+" in it is a plus and not a blank."""
    path, _, query = url.partition(":")[2].partition("?")
    pairs = [part.partition("=") for part in query.replace("&amp;", "&").split("&")]
    named = {unquote(name).lower(): unquote(value) for name, _, value in pairs}
    return Draft(to=unquote(path), subject=named.get("subject", ""), body=named.get("body", ""))


def answer_to(mail: Opened, sender: str, text: str) -> Draft:
    """What "Reply" prepares in a mail program: recipient, subject, thread, and the mail quoted."""
    subject = mail.subject if mail.subject.lower().startswith("re:") else f"Re: {mail.subject}"
    lines = mail.text.rstrip("\n").split("\n")[:QUOTED_LINES]
    quoted = "\n".join(f"> {line}".rstrip() for line in lines)
    return Draft(
        sender=sender,
        to=parseaddr(mail.reply_to or mail.sender)[1],
        subject=subject,
        body=f"{text}\n\nOn {mail.date}, {mail.sender} wrote:\n{quoted}\n",
        in_reply_to=mail.message_id,
        references=f"{mail.references} {mail.message_id}".strip(),
    )


def mail_of(draft: Draft, now: datetime) -> bytes:
    """The draft as a mail with CRLF line ends.

    Raises:
        Unsendable: an address is missing or is none.
    """
    sender, to = _address(draft.sender, "From"), _address(draft.to, "To")
    message = EmailMessage()
    message["From"] = sender
    message["To"] = to
    message["Subject"] = " ".join(draft.subject.split())
    message["Date"] = format_datetime(now)
    message["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2])
    if ids := _ids(draft.in_reply_to):
        message["In-Reply-To"] = ids
        message["References"] = _ids(draft.references) or ids
    message.set_content(draft.body.replace("\r\n", "\n"))
    return message.as_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def hand_over(port: int, draft: Draft, content: bytes) -> str:
    """Speak SMTP to the listener and return its last reply, a refusal too.

    Raises:
        OSError, smtplib.SMTPException: the conversation broke off.
    """
    sender, to = _address(draft.sender, "From"), _address(draft.to, "To")
    with smtplib.SMTP("127.0.0.1", port, "people.example", timeout=SECONDS) as connection:
        connection.ehlo()
        steps: tuple[Callable[[], tuple[int, bytes]], ...] = (
            lambda: connection.mail(sender, [f"SIZE={len(content)}"]),
            lambda: connection.rcpt(to),
            lambda: connection.data(content),
        )
        code, said = 0, b""
        for step in steps:
            try:
                code, said = step()
            except smtplib.SMTPDataError as error:
                code, said = error.smtp_code, _octets(error.smtp_error)
            if code >= 400:
                break
    return f"{code} {said.decode('utf-8', 'replace')}"


def _octets(said: bytes | str) -> bytes:
    return said if isinstance(said, bytes) else said.encode()


def _address(text: str, field: str) -> str:
    """The one bare address in a field of the form."""
    address = parseaddr(" ".join(text.split()))[1]
    local, _, domain = address.rpartition("@")
    if not local or not domain or not address.isascii() or " " in address:
        raise Unsendable(f"{field} needs an e-mail address, like alex@people.example.")
    return address


def _ids(text: str) -> str:
    """Message-IDs only: nothing else from a form gets into these fields."""
    ids = [word for word in text.split() if word.isascii() and word[:1] + word[-1:] == "<>"]
    return " ".join(ids[-20:])
