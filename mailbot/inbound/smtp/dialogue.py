"""The state of one SMTP transaction: takes a command's argument, gives its reply. No socket.

The order of commands and what each resets: RFC 5321 4.1.4.
"""

from __future__ import annotations

import re
import secrets

from mailbot.config import Limits
from mailbot.inbound.smtp import paths, replies
from mailbot.inbound.smtp.door import Arrival, Way
from mailbot.inbound.smtp.wire import Collector

_NOT_IN_HELO = re.compile(r"[^A-Za-z0-9.:\[\]_-]")
_LONGEST_SIZE = 20  # digits, RFC 1870 4


class Dialogue:
    """Greeting, sender and recipients of one session.

    Args:
        upgradable: whether EHLO offers STARTTLS.
        secured: whether the session is under TLS.
        way: LMTP greets with LHLO only, and hears of each recipient singly (RFC 2033 4).
    """

    def __init__(
        self, hostname: str, limits: Limits, upgradable: bool, secured: bool, way: Way = "smtp"
    ) -> None:
        self._hostname = hostname
        self._limits = limits
        self._upgradable = upgradable
        self._secured = secured
        self._lmtp = way == "lmtp"
        self._helo: str | None = None
        self._extended = False
        self.reset()

    def reset(self) -> None:
        """Forget sender and recipients, keep the greeting (RFC 5321 4.1.1.5)."""
        self._mail_from: str | None = None
        self._utf8 = False
        self._recipients: list[str] = []
        self._asked = 0

    def greet(self, verb: str, argument: str) -> str:
        """HELO and EHLO by SMTP, LHLO by LMTP (RFC 2033 4.1)."""
        if (verb == "LHLO") != self._lmtp:
            return replies.UNKNOWN_COMMAND
        if not argument:
            return replies.BAD_SYNTAX
        self.reset()
        self._helo, self._extended = argument, verb != "HELO"
        if not self._extended:
            return replies.HELLO.format(hostname=self._hostname)
        return replies.ehlo(self._hostname, self._limits.message_bytes, self._upgradable)

    def mail(self, argument: str) -> str:
        """MAIL FROM: the null path is always welcome (RFC 5321 4.5.5)."""
        if self._helo is None:
            return replies.GREET_FIRST
        if self._mail_from is not None:
            return replies.ALREADY_IN_MAIL
        path = paths.read(argument, "FROM:")
        if path is None or path.address.lower() == "postmaster":
            return replies.BAD_SENDER
        self._utf8 = "SMTPUTF8" in path.parameters
        refusal = self._refusal_of(path.parameters)
        if refusal is not None:
            return refusal
        if not (path.address.isascii() or self._utf8):
            return replies.NEEDS_SMTPUTF8
        self._mail_from = path.address
        return replies.SENDER_OK

    def _refusal_of(self, parameters: dict[str, str]) -> str | None:
        """SIZE (RFC 1870), BODY (RFC 6152) and SMTPUTF8 (RFC 6531) are known, nothing else."""
        if parameters.keys() - {"SIZE", "BODY", "SMTPUTF8"} or (parameters and not self._extended):
            return replies.UNKNOWN_PARAMETER
        if parameters.get("BODY", "7BIT").upper() not in {"7BIT", "8BITMIME"}:
            return replies.BAD_SYNTAX
        if parameters.get("SMTPUTF8"):  # it takes no value
            return replies.BAD_SYNTAX
        size = parameters.get("SIZE", "0")
        if not size.isdigit() or len(size) > _LONGEST_SIZE:
            return replies.BAD_SYNTAX
        return replies.TOO_BIG if int(size) > self._limits.message_bytes else None

    def recipient(self, argument: str) -> tuple[str, str]:
        """The address of RCPT TO and "", or "" and the reply that refuses it unasked."""
        if self._mail_from is None:
            return "", replies.MAIL_FIRST
        path = paths.read(argument, "TO:")
        if path is None or not path.address:
            return "", replies.BAD_RECIPIENT
        if path.parameters:
            return "", replies.UNKNOWN_PARAMETER
        if not (path.address.isascii() or self._utf8):
            return "", replies.NEEDS_SMTPUTF8
        if self._asked >= self._limits.recipients:
            return "", replies.TOO_MANY_RECIPIENTS
        self._asked += 1
        if "@" not in path.address:  # postmaster needs no domain (RFC 5321 4.5.1)
            return f"postmaster@{self._hostname}", ""
        return path.address, ""

    def accept(self, recipient: str) -> None:
        """That recipient got a 250. LMTP hears of it as often as it names it."""
        if self._lmtp or recipient not in self._recipients:
            self._recipients.append(recipient)

    def data(self, argument: str) -> str:
        """DATA: go ahead, or why not."""
        if argument:
            return replies.BAD_SYNTAX
        return replies.GO_AHEAD if self._recipients else replies.RECIPIENT_FIRST

    def arrival(self, mail: Collector, peer: str) -> Arrival:
        """The mail with its envelope; the transaction is over."""
        arrival = Arrival(
            receipt=f"in-{secrets.token_hex(6)}",
            mail=mail,
            mail_from=self._mail_from or "",
            recipients=tuple(self._recipients),
            helo=_NOT_IN_HELO.sub("", self._helo or "")[:255] or "unknown",
            peer=peer,
            protocol=self._protocol(),
            each=self._lmtp,
        )
        self.reset()
        return arrival

    def _protocol(self) -> str:
        """As registered for Received: RFC 3848 1 and RFC 6531 4.3."""
        if self._lmtp:
            name = "UTF8LMTP" if self._utf8 else "LMTP"
        elif self._extended:
            name = "UTF8SMTP" if self._utf8 else "ESMTP"
        else:
            name = "SMTP"
        return name + ("S" if self._secured else "")
