"""The octets of an SMTP session between socket and dialogue: lines, chunks, and where a mail ends.

Everything is bounded while it is read, because aiosmtpd's own reader is not (reliability.md 3.3).
"""

from __future__ import annotations

import asyncio
import re
from tempfile import SpooledTemporaryFile

from mailbot.inbound.smtp import replies

HIGH_WATER = 64 * 1024  # octets that may wait unread before the socket is left alone
TEXT_LINE = 1000  # octets with CRLF, RFC 5321 4.5.3.1.6
DRAIN = 8  # times the size limit that is read and thrown away before the line is cut
MOST_RECEIVED = 50  # a loop by the count of RFC 5321 6.3; the number: decisions.md 23

_RECEIVED = re.compile(rb"^received[ \t]*:", re.IGNORECASE | re.MULTILINE)
_END = b"\r\n.\r\n"


class WireEnded(Exception):
    """The peer will send nothing more."""


class LineTooLong(Exception):
    """The peer's line does not end within the limit."""


class FarTooBig(Exception):
    """The peer goes on sending long after the mail was too big."""


class Wire:
    """Octets that have arrived and were not yet read. One reader at a time."""

    def __init__(self) -> None:
        self._octets = bytearray()
        self._arrived = asyncio.Event()
        self._ended = False
        self._transport: asyncio.Transport | None = None

    def attach(self, transport: asyncio.Transport) -> None:
        """Read from that transport; what was left from another is dropped (RFC 3207 4.2)."""
        self._octets.clear()
        self._transport = transport

    def feed(self, data: bytes) -> None:
        """Take octets from the socket, and leave the socket alone when enough of them wait."""
        self._octets += data
        self._arrived.set()
        if len(self._octets) > HIGH_WATER and self._transport is not None:
            self._transport.pause_reading()

    def end(self) -> None:
        """The peer has closed its side."""
        self._ended = True
        self._arrived.set()

    def unread(self, data: bytes) -> None:
        """Put octets back in front (commands behind the final dot, RFC 2920)."""
        self._octets[:0] = data

    async def line(self, limit: int) -> bytes:
        """The next octets up to a LF, which is returned with them.

        Raises:
            LineTooLong: no LF within `limit` octets.
            WireEnded: nor will one come.
        """
        searched = 0
        while (at := self._octets.find(b"\n", searched, limit)) < 0:
            if len(self._octets) >= limit:
                raise LineTooLong
            searched = len(self._octets)
            await self._more()
        return self._take(at + 1)

    async def chunk(self) -> bytes:
        """Whatever has arrived, at least one octet.

        Raises:
            WireEnded: the peer has closed its side.
        """
        while not self._octets:
            await self._more()
        return self._take(len(self._octets))

    async def _more(self) -> None:
        if self._ended:
            raise WireEnded
        self._arrived.clear()
        await self._arrived.wait()

    def _take(self, count: int) -> bytes:
        taken = bytes(self._octets[:count])
        del self._octets[:count]
        if self._transport is not None and len(self._octets) <= HIGH_WATER:
            self._transport.resume_reading()
        return taken


class SpoolSpace:
    """How many octets of unfinished mails may wait on all connections together.

    Args:
        most: octets in all.
        free: octets of each mail that are not counted, so that who fills the room keeps no small
            mail out; the number of connections bounds them.
    """

    def __init__(self, most: int, free: int = 0) -> None:
        self._most = most
        self.free = free
        self.used = 0

    def take(self, count: int) -> bool:
        """Take room; False if there is none."""
        if self.used + count > self._most:
            return False
        self.used += count
        return True

    def give_back(self, count: int) -> None:
        """Room is free again."""
        self.used -= count


class Collector:
    """Takes the octets of one DATA, keeps them within a limit, and sees where the mail ends.

    Only CRLF . CRLF ends it (RFC 5321 4.1.1.4; CVE-2023-51764 and kin). Above 64 KB the octets lie
    in an unnamed file, so that 500 open mails cost 32 MB (decisions.md 23).

    Args:
        limit: octets that are kept; more are read, counted and thrown away.
        space: what all open mails share.
    """

    def __init__(self, limit: int, space: SpoolSpace) -> None:
        self._limit = limit
        self._space = space
        self._seam = b"\r\n"  # the end of the DATA line is the first CRLF
        self._taken = 0
        self._spool = SpooledTemporaryFile[bytes](max_size=HIGH_WATER)
        self.octets = 0
        self.refusal: str | None = None

    def feed(self, data: bytes) -> bytes | None:
        """Take octets; return what follows the mail once its end was seen, before that None.

        Raises:
            FarTooBig: the peer has sent `DRAIN` times the limit.
        """
        window = self._seam + data
        at = window.find(_END)
        if at < 0:
            self._seam = window[-(len(_END) - 1) :]
            self._keep(data)
            return None
        end = at + len(_END) - len(self._seam)
        self._keep(data[:end])
        return data[end:]

    def _keep(self, data: bytes) -> None:
        self.octets += len(data)
        if self.octets > DRAIN * self._limit:
            raise FarTooBig
        if self.refusal is None:
            self.refusal = self._refusal_of(data)
            if self.refusal is not None:
                self.close()

    def _refusal_of(self, data: bytes) -> str | None:
        if self.octets - len(".\r\n") > self._limit:
            return replies.TOO_BIG
        wanted = max(0, self.octets - self._space.free) - self._taken
        if not self._space.take(wanted):
            return replies.NO_ROOM
        self._taken += wanted
        try:
            self._spool.write(data)
        except OSError:  # the disk is full, or no file can be opened: ours, not the mail's
            return replies.NO_ROOM
        return None

    def content(self) -> bytes:
        """The mail as it was meant: without the final dot and the stuffed ones (4.5.2)."""
        self._spool.seek(0)
        stuffed = self._spool.read(self.octets - len(".\r\n"))
        content = stuffed.replace(b"\r\n.", b"\r\n")  # the same object where there is none
        return content[1:] if content.startswith(b".") else content

    def close(self) -> None:
        """Free memory, file and room. May be called twice."""
        self._space.give_back(self._taken)
        self._taken = 0
        self._spool.close()


def defect(content: bytes) -> str | None:
    """The reply that refuses a mail for its octets, or None. Linear in its size."""
    if b"\0" in content or not (
        content.count(b"\r\n") == content.count(b"\n") == content.count(b"\r")
    ):
        return replies.BARE_CR_OR_LF
    if _has_long_line(content):
        return replies.TEXT_LINE_TOO_LONG
    header, _, _ = content.partition(b"\r\n\r\n")
    if len(_RECEIVED.findall(header)) > MOST_RECEIVED:
        return replies.MAIL_LOOP
    return None


def _has_long_line(content: bytes) -> bool:
    """Whether a line is too long, by leaps of a line's greatest length."""
    start = 0
    while len(content) - start > TEXT_LINE:
        newline = content.rfind(b"\n", start, start + TEXT_LINE)
        if newline < 0:
            return True
        start = newline + 1
    return False
