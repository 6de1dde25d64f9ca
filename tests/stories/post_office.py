"""A mail server of the world that signs what mailbot sends and brings its own mail back to it."""

from __future__ import annotations

import smtplib
import threading
from pathlib import Path

from mailbot.demo.sink import Sink
from tests.doctor.signing import ALL, LONG, signed
from tests.doctor.zone import Zone
from tests.inbound.imap.server import Server
from tests.stories.theatre import Post, Theatre

RESULTS = (
    b"Authentication-Results: mx.court.example; dkim=pass header.d=court.example;\r\n"
    b"\tdmarc=pass header.from=court.example\r\n"
)


def well_kept_zone() -> Zone:
    """A DNS in which nothing is amiss."""
    zone = Zone()
    zone.add("court.example", "MX", "10 mx.court.example")
    zone.add("mx.court.example", "A", "127.0.0.1")
    zone.add("court.example", "TXT", "v=spf1 ip4:203.0.113.5 -all", "other=text")
    zone.add("mail.court.example", "A", "203.0.113.5")
    zone.add("5.113.0.203.in-addr.arpa", "PTR", "mail.court.example")
    zone.add("mail._domainkey.court.example", "TXT", LONG.record)
    zone.add("_dmarc.court.example", "TXT", "v=DMARC1; p=reject; np=reject")
    return zone


class PostOffice(Theatre):
    """A theatre whose mail server brings mail for the bot to its door. Attributes are its faults."""

    def __init__(self, folder: Path, account: Server | None = None, lmtp: bool = False) -> None:
        super().__init__(folder)
        self._account, self._lmtp = account, lmtp  # by what way mail comes to the bot
        self.covered = ALL  # the fields that it signs; none: it does not sign
        self.keeps_tags = True
        self._sink = Sink(self._take)

    def _take(self, mail_from: str, recipient: str, content: bytes) -> None:
        self.posts.append(Post(mail_from, recipient, content))
        if recipient.startswith("track"):
            threading.Thread(target=self._bring, args=(mail_from, recipient, content)).start()

    def _bring(self, mail_from: str, recipient: str, content: bytes) -> None:
        raw = RESULTS + (signed(content, LONG, headers=self.covered) if self.covered else content)
        if not self.keeps_tags:
            local, _, domain = recipient.partition("@")
            recipient = f"{local.partition('+')[0]}@{domain}"
        if self._account is not None:
            top = f"Return-Path: <{mail_from}>\r\nDelivered-To: {recipient}\r\n".encode()
            with self._account.lock:
                self._account.inbox.add(top + raw)
            return
        kind = smtplib.LMTP if self._lmtp else smtplib.SMTP
        server = kind("127.0.0.1", self.smtp_port)
        server.sendmail(mail_from, [recipient], raw)
        server.quit()

    def start(self) -> None:
        """With the way in that was chosen."""
        path = self.folder / "config.toml"
        text, listen = path.read_text(), f'listen = "127.0.0.1:{self.smtp_port}"'
        if self._lmtp:
            text = text.replace(listen, f'{listen}\nway = "lmtp"', 1)
        if self._account is not None:
            options = f'way = "imap"\nhost = "127.0.0.1"\nport = {self._account.port}\ntls = "none"'
            login = 'username = "track"\npassword = "correct horse"'
            text = text.replace(listen, f"{options}\n{login}", 1)
        path.write_text(text)
        path.chmod(0o600)
        super().start()

    def add_to_smarthost(self, lines: str) -> None:
        """Options that only the doctor reads; the service runs on."""
        path = self.folder / "config.toml"
        head, _, rest = path.read_text().partition("[smarthost]\n")
        path.write_text(f"{head}[smarthost]\n{lines}\n{rest}")
        path.chmod(0o600)
