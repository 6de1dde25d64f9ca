"""One SMTP session at its socket: reads commands and mails, says the replies, keeps the time.

aiosmtpd 1.4.6 keeps the connection, TLS and the timer; dialogue and reading are ours, because as
shipped one endless line, one peer that never reads, or one failing handler brings it down
(reliability.md 3.3, libraries.md finding 3).
"""

from __future__ import annotations

import asyncio
from typing import cast

from aiosmtpd.smtp import SMTP, TLSSetupException

from mailbot.inbound.smtp import replies
from mailbot.inbound.smtp.dialogue import Dialogue
from mailbot.inbound.smtp.door import Door
from mailbot.inbound.smtp.wire import Collector, FarTooBig, LineTooLong, Wire, WireEnded

COMMAND_LINE = 1000  # octets with CRLF; RFC 5321 4.5.3.1.4 wants 512 and more with extensions
# A request in HTTP carries SMTP in its body: the first such verb ends the session.
HTTP_VERBS = {"GET", "POST", "PUT", "HEAD", "CONNECT", "OPTIONS", "DELETE", "PATCH", "TRACE"}
FIXED = {
    "NOOP": replies.OK,
    "HELP": replies.HELP,
    "VRFY": replies.CANNOT_VERIFY,
    "EXPN": replies.NOT_IMPLEMENTED,  # RFC 5321 7.3: a site may switch both off
    "AUTH": replies.NOT_IMPLEMENTED,
}
WITH_ADDRESS = {"MAIL", "RCPT", "VRFY", "EXPN"}  # may hold UTF-8 (RFC 6531 3.3)


class Leave(Exception):
    """The session ends with this reply."""

    def __init__(self, reply: str) -> None:
        self.reply = reply


class Session(SMTP):
    """The dialogue with one peer.

    Args:
        door: the listener.
        peer: the peer's address, for Received and the log.
    """

    def __init__(self, door: Door, peer: str) -> None:
        super().__init__(
            None,
            data_size_limit=door.limits.message_bytes,
            hostname=door.hostname,
            tls_context=door.tls_context,
            timeout=door.terms.idle,
            loop=asyncio.get_running_loop(),
        )
        self._door = door
        self._peer = peer
        self._wire = Wire()
        self._errors = 0
        self._idle_commands = 0
        self._waiting = False  # for a command
        self._storing = False
        self._overdue = False
        self._last_timer: asyncio.TimerHandle | None = None  # of the session, then of its end
        self._dialogue = self._begin()

    def _begin(self) -> Dialogue:
        secured = self._tls_protocol is not None
        upgradable = self.tls_context is not None and not secured
        door = self._door
        return Dialogue(door.hostname, door.limits, upgradable, secured, door.way)

    # --- The connection ---

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A peer is there; or the same again under TLS, of whom nothing is known (RFC 3207 4.2)."""
        self._wire.attach(cast(asyncio.Transport, transport))
        self._dialogue = self._begin()
        if self._last_timer is None:
            self._last_timer = self.loop.call_later(self._door.terms.session, self._be_overdue)
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        """Octets from the peer."""
        self._wire.feed(data)

    def eof_received(self) -> bool:
        """The peer sends nothing more; without TLS it may still read the reply it waits for."""
        self._wire.end()
        return self._tls_protocol is None

    def connection_lost(self, error: Exception | None) -> None:
        """The peer is gone. A mail being stored is stored."""
        if self._last_timer is not None:
            self._last_timer.cancel()
        self._door.left(self)
        super().connection_lost(error)

    def give_way(self) -> bool:
        """The door is full, and many of this peer's kind are in; a mail being stored stays."""
        if not self._storing:
            self.cut(replies.TOO_BUSY)
        return not self._storing

    def hurry(self) -> None:
        """The listener stops: end now, or after the mail in hand."""
        if self._waiting:
            self.cut(replies.STOPPING)

    def cut(self, reply: str) -> None:
        """End at once: say why if the peer reads, then abort; close() would wait for it."""
        transport = cast("asyncio.Transport | None", self.transport)
        if transport is not None:
            if not transport.is_closing():
                transport.write(reply.encode("ascii") + b"\r\n")
            transport.abort()

    def _part(self, reply: str | None) -> None:
        """End politely: the last reply has some seconds to be read."""
        transport = cast("asyncio.Transport | None", self.transport)
        if transport is None or transport.is_closing():
            return
        if reply is not None:
            transport.write(reply.encode("ascii") + b"\r\n")
        transport.close()
        if self._last_timer is not None:
            self._last_timer.cancel()
        self._last_timer = self.loop.call_later(self._door.terms.linger, transport.abort)

    def _timeout_cb(self) -> None:
        self.cut(replies.TOO_SLOW)

    def _be_overdue(self) -> None:
        self._overdue = True
        if not self._storing:
            self.cut(replies.TOO_LONG_A_SESSION)

    def _be_patient(self) -> None:
        """No idle timer while the delay is ours."""
        if self._timeout_handle is not None:
            self._timeout_handle.cancel()

    # --- The dialogue ---

    async def _handle_client(self) -> None:
        try:
            protocol = "LMTP" if self._door.way == "lmtp" else "ESMTP"
            await self._say(replies.GREETING.format(hostname=self.hostname, protocol=protocol))
            while True:
                await self._answer(await self._command())
                await asyncio.sleep(0)  # the others' turn, also if more has come
        except Leave as leave:
            self._part(leave.reply)
        except TLSSetupException as error:
            self.connection_lost(error)  # asyncio tells nobody when a handshake fails
        except (WireEnded, ConnectionError):
            self._part(None)
        except Exception as error:  # the door: nothing of ours may leave a session hanging
            self._door.stumbled(error)
            self._part(replies.CONFUSED)

    async def _say(self, reply: str) -> None:
        self._reset_timeout()  # a peer that does not read is cut
        await self.push(reply)
        self._be_patient()

    async def _command(self) -> bytes:
        """The next command without its CRLF. Nothing but CRLF ends one (RFC 5321 2.3.8)."""
        if self._door.stopping:
            raise Leave(replies.STOPPING)
        if self._overdue:
            raise Leave(replies.TOO_LONG_A_SESSION)
        self._reset_timeout()
        self._waiting = True
        try:
            line = await self._wire.line(COMMAND_LINE)
        except LineTooLong:
            raise Leave(replies.LINE_TOO_LONG) from None
        finally:
            self._waiting = False
            self._be_patient()
        if not line.endswith(b"\r\n") or b"\0" in line or b"\r" in line[:-2]:
            raise Leave(replies.BAD_LINE_END)
        return line[:-2]

    async def _answer(self, line: bytes) -> None:
        reply = await self._obey(line)
        if reply is None:
            return
        await self._say(reply)
        # A wrong recipient is an honest sender's mistake, and there are at most 100 to a mail.
        self._errors += reply.startswith("5") and reply != replies.UNKNOWN_RECIPIENT
        if self._errors >= self._door.terms.errors:
            raise Leave(replies.TOO_MANY_ERRORS)
        if self._idle_commands > self._door.terms.idle_commands:
            raise Leave(replies.TOO_MANY_IDLE_COMMANDS)

    async def _obey(self, line: bytes) -> str | None:
        """Do what a line says and return the reply, None if it was said already."""
        try:
            word, _, rest = line.decode("utf-8").partition(" ")
        except UnicodeDecodeError:
            return replies.NOT_UTF8
        if not word.isascii():  # the long s in upper case is an S
            return replies.NOT_ASCII
        verb, argument = word.upper(), rest.strip(" ")
        if verb not in WITH_ADDRESS and not argument.isascii():
            return replies.NOT_ASCII
        if verb in HTTP_VERBS:
            raise Leave(replies.NOT_SMTP)
        self._idle_commands += verb != "RCPT"
        if verb in FIXED:
            return FIXED[verb]
        return await self._obey_further(verb, argument)

    async def _obey_further(self, verb: str, argument: str) -> str | None:
        match verb:
            case "HELO" | "EHLO" | "LHLO":
                return self._dialogue.greet(verb, argument)
            case "MAIL":
                return self._dialogue.mail(argument)
            case "RCPT":
                return await self._recipient(argument)
            case "DATA":
                return await self._data(argument)
            case "RSET":
                self._dialogue.reset()
                return replies.OK
            case "STARTTLS":
                return await self._starttls(argument)
            case "QUIT":
                raise Leave(replies.BYE)
        return replies.UNKNOWN_COMMAND

    async def _starttls(self, argument: str) -> str | None:
        if self.tls_context is None:
            return replies.NOT_IMPLEMENTED
        if argument or self._tls_protocol is not None:
            return replies.BAD_SYNTAX if argument else replies.ALREADY_TLS
        self._reset_timeout()
        await self.smtp_STARTTLS("")  # says 220 itself; connection_made is called under TLS
        if self.session is None or self.session.ssl is None:  # given up by a timer of ours
            raise TLSSetupException
        return None

    async def _recipient(self, argument: str) -> str:
        recipient, refusal = self._dialogue.recipient(argument)
        reply = refusal or await self._door.ask(recipient)
        if reply == replies.RECIPIENT_OK:
            self._dialogue.accept(recipient)
        return reply

    # --- The mail ---

    async def _data(self, argument: str) -> str:
        reply = self._dialogue.data(argument)
        if reply != replies.GO_AHEAD:
            return reply
        await self._say(reply)
        mail = Collector(self._door.limits.message_bytes, self._door.space)
        try:
            await self._collect(mail)
        except BaseException:
            mail.close()
            raise
        return await self._hand_in(mail)

    async def _collect(self, mail: Collector) -> None:
        """Read to the end of the mail. Every octet buys the peer 1/rate seconds (2.1, T-SLOW)."""
        terms, started = self._door.terms, self.loop.time()
        rest: bytes | None = None
        while rest is None:
            bought = started + terms.grace + mail.octets / terms.rate - self.loop.time()
            self._reset_timeout(max(0.001, min(bought, terms.idle)))
            try:
                rest = mail.feed(await self._wire.chunk())
                if mail.refusal is not None and rest is None:
                    await asyncio.sleep(terms.pause)
            except FarTooBig:
                raise Leave(replies.FAR_TOO_BIG) from None
        self._be_patient()
        self._wire.unread(rest)

    async def _hand_in(self, mail: Collector) -> str:
        """The reply comes only when the mail is stored; a peer that hangs up stops nothing."""
        arrival = self._dialogue.arrival(mail, self._peer)
        if mail.refusal is not None:
            mail.close()
            self._door.refused(arrival, mail.refusal)
            return arrival.answered(mail.refusal)
        self._storing = True
        try:
            reply = await asyncio.shield(self._door.store(arrival))
        finally:
            self._storing = False
        if "\n2" in f"\n{reply}":  # LMTP: at least one recipient has its mail
            self._idle_commands = 0
        return reply
