"""Opens a mail for the demo's mailbox: header fields, text and HTML, within mailbot's limits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mailbot.config import Limits
from mailbot.demo.mails import Mail
from mailbot.inbound.reading.charsets import decode, decode_words, transfer_decode
from mailbot.inbound.reading.structure import Part, read_header, read_parts

PREVIEW = 120  # characters
SOURCE_BYTES = 300_000  # shown of a mail's source


@dataclass(frozen=True)
class Opened:
    """What a mail program shows of a mail."""

    mail: Mail
    sender: str
    to: str
    reply_to: str
    subject: str
    date: str
    message_id: str
    references: str
    template: str  # of mailbot's mails, as their Feedback-ID says; else ""
    text: str  # "" if the mail has no text part
    html: str  # "" if it has no HTML part

    @property
    def preview(self) -> str:
        """The beginning of the text, as a list of mails shows it."""
        return " ".join(self.text[:1000].split())[:PREVIEW]

    @property
    def source(self) -> str:
        """The mail as it crossed the socket."""
        shown = self.mail.content[:SOURCE_BYTES].decode("utf-8", "backslashreplace")
        return shown.replace("\r\n", "\n")


def open_mail(mail: Mail, limits: Limits) -> Opened:
    """Read any bytes; what is not there is ""."""
    octets = mail.content[: limits.message_bytes].replace(b"\r\n", b"\n")
    header = read_header(octets, 0, len(octets), limits)
    root, _ = read_parts(octets, header, limits)

    def words(name: str) -> str:
        return " ".join(decode_words(header.first(name)).split())

    return Opened(
        mail=mail,
        sender=words("from"),
        to=words("to"),
        reply_to=words("reply-to"),
        subject=words("subject"),
        date=words("date"),
        message_id=words("message-id"),
        references=words("references"),
        template=words("feedback-id").partition(":")[0] if mail.by == "mailbot" else "",
        text=_first(octets, root, "text/plain", limits),
        html=_first(octets, root, "text/html", limits),
    )


def _first(octets: bytes, root: Part, content_type: str, limits: Limits) -> str:
    """The first part of that type that is meant to be read."""
    return next(_texts(octets, root, content_type, limits), "")


def _texts(octets: bytes, root: Part, content_type: str, limits: Limits) -> Iterator[str]:
    for part in root.leaves():
        if part.is_text and part.content_type == content_type:
            body = octets[part.start : part.end]
            decoded, _ = transfer_decode(body, part.encoding, limits.text_bytes)
            text = decode(decoded, part.parameters.get("charset", ""))
            yield text.replace("\r\n", "\n").replace("\r", "\n")
