"""Makes a mail for the wire out of a claimed row and its complete facts.

Pure: the same row, facts, templates and key give the same bytes, so a retry sends the same mail
(decisions.md 2). Whatever a court or a stranger wrote is shown, and never raises (T-POISON).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from datetime import UTC
from email.utils import format_datetime
from urllib.parse import quote

from mailbot.config import Settings
from mailbot.model import Claimed, Facts, Link, Outgoing, Rendered
from mailbot.outbound import headers
from mailbot.tokens import Purpose, Signer
from mailbot.voice import Voice
from mailbot.wording import Wording

NOTICES = frozenset({"notice", "farewell"})  # unasked and regular, as a list sends
LINE_OCTETS = 998  # RFC 5322 2.1.1
ASKING = frozenset({"verify", "stop-ask"})  # confirmations: ours, not an answer (5.3 N)


def compose(
    row: Claimed, facts: Facts, wording: Wording, signer: Signer, settings: Settings
) -> Outgoing:
    """A mail with envelope and header, as bytes with CRLF line ends.

    Args:
        row: the outbox row.
        facts: complete, with `frame`; with `unsubscribe` where one subscription is meant; with
            `reply_to` where an answer goes to a request and not to this mail; with `template` where
            another one than the row's says what is so by now; with `enclosed`, a mail that goes
            along.
        wording: templates.
        signer: derives Message-ID and handles from the row's key.
        settings: of the instance.

    Raises:
        WordingError: the template is broken, or lacks a fact.
    """
    voice, instance = settings.still(row.voice, row.court), settings.bot.instance
    template = str(facts.get("template") or row.template)
    written = wording.mail(template, row.language, row.court, facts, voice.templates)
    handle = signer.handle(Purpose.MAIL, row.id, row.key_id)
    own, recipient = headers.addr_spec(voice.address), headers.addr_spec(row.address)
    # S54: the original names itself; the envelope alone names the subscriber.
    seed = settings.court[row.court].profile == "seed"
    to = (voice.display, own) if seed else ("", recipient)
    content = [
        headers.named("From", voice.display, own),
        headers.named("To", *to),
        headers.field("Reply-To", str(facts.get("reply_to") or voice.tagged(f"n-{handle}"))),
        headers.words("Subject", written.subject),
        headers.field("Date", format_datetime(row.created_at.astimezone(UTC))),
        headers.field("Message-ID", signer.message_id(row.id, instance, row.key_id)),
        _thread(row, instance),
        _manners(row, voice, settings),
        _unsubscribe(facts.get("unsubscribe")),
        headers.field("Content-Language", wording.spoken(row.language)),
        *_content(row.id, written, facts.get("enclosed")),
    ]
    return Outgoing(
        mail_from=voice.tagged(f"b-{handle}"),
        recipient=recipient,
        content=b"".join(content),
        needs_smtputf8=not recipient.isascii(),
    )


def thread_root(subscription_id: int, instance: str) -> str:
    """The id that all mails of one subscription refer to; no mail ever bears it.

    Independent of keys, so that a rotation does not break the thread; not one of our Message-IDs,
    so that it names no row.
    """
    root = hashlib.sha256(f"thread|{subscription_id}".encode()).hexdigest()[:32]
    return f"<thread.{root}@{instance}>"


def _thread(row: Claimed, instance: str) -> bytes:
    """An answer refers to what it answers; anything else about a case to the thread of the case."""
    if row.in_reply_to is not None:
        answered = headers.ids("In-Reply-To", [row.in_reply_to])
        return answered + headers.ids("References", [*row.references, row.in_reply_to])
    if row.subscription_id is None:
        return b""
    root = [thread_root(row.subscription_id, instance)]
    return headers.ids("In-Reply-To", root) + headers.ids("References", root)


def _manners(row: Claimed, voice: Voice, settings: Settings) -> bytes:
    """What tells machines that a machine wrote this (RFC 3834 5, RFC 2919, RFC 2369)."""
    instance, court = settings.bot.instance, settings.court[row.court]
    answers = row.in_reply_to is not None and row.template not in NOTICES | ASKING
    help_mailto = f"mailto:{quote(voice.address, safe='@+-._~')}?subject=HELP"
    fields = [
        headers.field("Auto-Submitted", "auto-replied" if answers else "auto-generated"),
        headers.field("X-Auto-Response-Suppress", "All"),
        headers.field("X-Mailbot-Loop", instance),
        headers.field("Feedback-ID", f"{row.template}:{row.court}:mailbot:{instance}"),
        headers.named("List-Id", court.name, f"{row.court}.{instance}"),
        headers.field("List-Help", f"<{help_mailto}>"),
    ]
    if row.template in NOTICES:
        fields.append(headers.field("Precedence", "list"))
    return b"".join(fields)


def _unsubscribe(link: object) -> bytes:
    """One click for mail programs (RFC 8058), https first; nothing in it is ever encoded."""
    if not isinstance(link, Link) or not link.url:
        return b""
    return headers.field("List-Unsubscribe", f"<{link.url}>, <{link.mailto}>") + headers.field(
        "List-Unsubscribe-Post", "List-Unsubscribe=One-Click"
    )


def _content(row_id: int, written: Rendered, enclosed: object) -> list[bytes]:
    """The MIME part of the header, and the body; with somebody's mail attached as it came."""
    version, words = headers.field("MIME-Version", "1.0"), _body(row_id, written.text, written.html)
    if not isinstance(enclosed, bytes):
        return [version, words]
    # Nobody can know the boundary who wrote what stands between (RFC 2046 5.1.1).
    digest = hashlib.sha256(f"{row_id}|".encode() + enclosed).hexdigest()[:32]
    boundary = f"=_mailbot-{digest}"
    start = f"--{boundary}\r\n".encode()
    return [
        version,
        headers.field("Content-Type", f'multipart/mixed; boundary="{boundary}"'),
        # RFC 2045 6.4: what holds octets of 8 bits must say so.
        b"" if enclosed.isascii() else headers.field("Content-Transfer-Encoding", "8bit"),
        b"\r\n",
        start + words,
        start + _attached(enclosed),
        f"--{boundary}--\r\n".encode(),
    ]


def _attached(mail: bytes) -> bytes:
    """A mail as message/rfc822, which knows no encoding (RFC 2046 5.2.1); else as a file."""
    plain = mail.replace(b"\r\n", b"\n")
    shape = 'Content-Disposition: attachment; filename="mail.eml"\r\n'
    odd = b"\r" in plain or b"\0" in plain or max(map(len, plain.split(b"\n"))) > LINE_OCTETS
    if odd:
        head = f"Content-Type: application/octet-stream\r\n{shape}Content-Transfer-Encoding: base64"
        return f"{head}\r\n\r\n".encode() + base64.encodebytes(mail).replace(b"\n", b"\r\n")
    bits = "7bit" if plain.isascii() else "8bit"
    head = f"Content-Type: message/rfc822\r\n{shape}Content-Transfer-Encoding: {bits}"
    return f"{head}\r\n\r\n".encode() + plain.rstrip(b"\n").replace(b"\n", b"\r\n") + b"\r\n"


def _body(row_id: int, text: str, html: str) -> bytes:
    """Both parts, the text first (RFC 2046 5.1.4). "=_" occurs in no encoded body."""
    boundary = f"=_mailbot-{row_id}"
    lines = [
        headers.field("Content-Type", f'multipart/alternative; boundary="{boundary}"'),
        b"\r\n",
        _part(boundary, "text/plain", text),
        _part(boundary, "text/html", html),
        f"--{boundary}--\r\n".encode(),
    ]
    return b"".join(lines)


def _part(boundary: str, content_type: str, text: str) -> bytes:
    """One part, in the shorter of the two encodings that keep lines under 77 columns (RFC 2045)."""
    raw = text.replace("\n", "\r\n").encode("utf-8", "replace")
    quoted = binascii.b2a_qp(raw, istext=True)
    encoding, body = "quoted-printable", quoted
    if len(quoted) > len(raw) * 4 / 3 * 78 / 76:
        encoding, body = "base64", base64.encodebytes(raw).replace(b"\n", b"\r\n")
    head = (
        f"--{boundary}\r\nContent-Type: {content_type}; charset=utf-8\r\n"
        f"Content-Transfer-Encoding: {encoding}\r\n\r\n"
    )
    return head.encode() + body.rstrip(b"\r\n") + b"\r\n"
