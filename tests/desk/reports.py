"""Reports as other mail servers send them, about mails that have left a world."""

from __future__ import annotations

from itertools import count

from tests.world import Sent, World

_numbers = count(1)
STATUS = {
    "hard": ("failed", "5.1.1", "550 5.1.1 User unknown"),
    "full": ("failed", "5.2.2", "552 5.2.2 Mailbox full"),
    "later": ("failed", "4.4.1", "451 4.4.1 No answer from host"),
    "delayed": ("delayed", "4.4.1", "451 4.4.1 No answer from host"),
    "spam": ("failed", "5.7.1", "554 5.7.1 Message rejected as spam"),
    "delivered": ("delivered", "2.0.0", "250 2.0.0 OK"),
}


def dsn(what: str, recipient: str, to: str, returned: str = "") -> bytes:
    """A delivery report (RFC 3464) about that recipient, to that address of ours."""
    action, status, said = STATUS[what]
    parts = [
        "Content-Type: text/plain\n\nYour message could not be delivered, or not yet.\n",
        "Content-Type: message/delivery-status\n\n"
        "Reporting-MTA: dns; mx.home.example\n\n"
        f"Final-Recipient: rfc822; {recipient}\nAction: {action}\nStatus: {status}\n"
        f"Diagnostic-Code: smtp; {said}\n",
        f"Content-Type: text/rfc822-headers\n\n{returned}\n",
    ]
    return _multipart("delivery-status", "MAILER-DAEMON@mx.home.example", to, parts)


def arf(to: str, returned: str) -> bytes:
    """A complaint (RFC 5965) with the header of the mail complained of."""
    parts = [
        "Content-Type: text/plain\n\nThis is an abuse report.\n",
        "Content-Type: message/feedback-report\n\n"
        "Feedback-Type: abuse\nUser-Agent: Loop/1\nVersion: 1\n",
        f"Content-Type: text/rfc822-headers\n\n{returned}\n",
    ]
    return _multipart("feedback-report", "feedback@mx.home.example", to, parts)


def _multipart(kind: str, sender: str, to: str, parts: list[str]) -> bytes:
    number = next(_numbers)
    head = (
        f"From: {sender}\nTo: {to}\nSubject: Report {number}\n"
        f"Message-ID: <{number}@mx.home.example>\nMIME-Version: 1.0\n"
        f'Content-Type: multipart/report; report-type={kind}; boundary="b"\n\n'
    )
    body = "".join(f"--b\n{part}\n" for part in parts)
    return f"{head}{body}--b--\n".replace("\n", "\r\n").encode()


def bounce(world: World, sent: Sent, what: str = "hard", recipient: str | None = None) -> str:
    """The mail comes back to its return path."""
    raw = dsn(what, recipient or sent.recipient, sent.mail_from)
    return world.mail("", to=sent.mail_from, mail_from="", raw=raw)


def complain(world: World, sent: Sent, to: str | None = None) -> str:
    """Its reader has called the mail spam; the report comes to its return path, or elsewhere."""
    returned = f"Message-ID: {sent.message['Message-ID']}\nReply-To: {sent.message['Reply-To']}\n"
    raw = arf(to or sent.mail_from, returned if to else "")
    return world.mail("", to=to or sent.mail_from, mail_from="", raw=raw)
