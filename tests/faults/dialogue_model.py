"""A second, small reading of RFC 5321 and 2033: which replies a line may get, and what follows.

Knows nothing of the listener. Where it is not sure whether an address is well written it takes
the listener's word and goes on from there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

ENDS = frozenset({"GET", "POST", "PUT", "HEAD", "CONNECT", "OPTIONS", "DELETE", "PATCH", "TRACE"})
FIXED = {"NOOP": "250", "RSET": "250", "HELP": "214", "VRFY": "252", "EXPN": "502", "AUTH": "502",
         "STARTTLS": "502", "QUIT": "221"}  # fmt: skip
GREETINGS = {"smtp": {"EHLO", "HELO"}, "lmtp": {"LHLO"}}
PLAIN = re.compile(r"<([a-z]{1,60}@[a-z.]{1,60}|)>")
LONGEST, SIZE, MOST = 1000, 100_000, 100  # octets of a line, octets of a mail, recipients


@dataclass
class Model:
    """One session, from its first line to its end."""

    way: str
    greeted: bool = False
    begun: bool = False
    asked: int = 0
    recipients: int = 0
    content: list[bytes] | None = None
    ended: bool = False
    stored: int = 0

    def expects(self, line: bytes) -> list[set[str]]:
        """For each reply to a line (without its CRLF), which codes it may have."""
        if self.content is not None:
            return self._of_content(line)
        if any(octet in line for octet in b"\0\r\n") or len(line) + 2 > LONGEST:
            self.ended = True
            return [{"500"}]
        return [self._of_command(*self._words(line))]

    def _of_content(self, line: bytes) -> list[set[str]]:
        assert self.content is not None
        if line != b".":
            self.content.append(line)
            return []
        lines = [each.removeprefix(b".") for each in self.content]
        whole = b"".join(each + b"\r\n" for each in self.content)
        code = "250"
        if len(whole) > SIZE:
            code = "552"
        elif any(octet in each for each in lines for octet in b"\0\r\n") or any(
            len(each) + 2 > LONGEST for each in lines
        ):
            code = "554"
        count = self.recipients if self.way == "lmtp" else 1
        self.stored += code == "250"
        self._forget()
        self.content = None
        return [{code}] * count

    def _words(self, line: bytes) -> tuple[str, str]:
        try:
            verb, _, rest = line.decode("utf-8").partition(" ")
        except UnicodeDecodeError:
            return "", ""
        if not verb.isascii() or not (
            rest.isascii() or verb.upper() in {"MAIL", "RCPT", "VRFY", "EXPN"}
        ):
            return "", ""
        return verb.upper(), rest.strip(" ")

    def _of_command(self, verb: str, rest: str) -> set[str]:
        if verb in ENDS or verb == "QUIT":
            self.ended = True
            return {"221" if verb == "QUIT" else "421"}
        if verb in FIXED:
            if verb == "RSET":
                self._forget()
            return {"501", "502"} if verb == "STARTTLS" else {FIXED[verb]}
        if verb in {"EHLO", "HELO", "LHLO"}:
            if verb not in GREETINGS[self.way]:
                return {"500"}
            if rest:
                self._forget()
                self.greeted = True
            return {"250" if rest else "501"}
        if verb == "DATA":
            if rest:
                return {"501"}
            if self.recipients:
                self.content = []
            return {"354" if self.recipients else "503"}
        return self._of_address(verb, rest)

    def _of_address(self, verb: str, rest: str) -> set[str]:
        if verb == "MAIL":
            if not self.greeted or self.begun:
                return {"503"}
            plain = rest[:5].upper() == "FROM:" and PLAIN.fullmatch(rest[5:])
            return {"250"} if plain else {"250", "501", "552", "553", "555"}
        if verb == "RCPT":
            if not self.begun:
                return {"503"}
            plain = PLAIN.fullmatch(rest[3:]) if rest[:3].upper() == "TO:" else None
            if plain is None:
                return {"250", "452", "501", "550", "553", "555"}
            if not plain[1]:
                return {"501"}
            if self.asked >= MOST:
                return {"452"}
            return {"250" if plain[1].endswith("@court.test") else "550"}
        return {"500"}

    def heard(self, line: bytes, code: str) -> None:
        """What an address that was taken, or asked about, changes."""
        verb = line[:4].upper()
        if verb == b"MAIL" and code == "250":
            self.begun = True
        if verb == b"RCPT" and code in {"250", "550"}:
            self.asked += 1
            self.recipients += code == "250"

    def _forget(self) -> None:
        self.begun = False
        self.asked = self.recipients = 0
