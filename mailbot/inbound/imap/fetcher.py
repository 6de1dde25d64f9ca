"""The IMAP door at its socket: connects, logs in, and says to the server what a round asks for.

imapclient 4.1.0 keeps the protocol (RFC 9051, RFC 3501). After the end of a connection its
idle_check returns nothing at once and for ever, so an IDLE is always ended by DONE and NOOP, which
then fail (libraries.md, IMAP).
"""

from __future__ import annotations

import logging
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import date
from typing import Any

from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import IMAPClientAbortError, IMAPClientError, LoginError

from mailbot.config import Mailbox
from mailbot.errors import MailboxUnavailable
from mailbot.inbound.imap.login import log_in
from mailbot.inbound.imap.oauth import Tokens
from mailbot.inbound.imap.rounds import spans
from mailbot.inbound.imap.terms import CommandRefused, Described, LoginRefused, Terms

KEYWORD = b"$MailbotDone"  # on a mail that was acted upon and stays where it is
logging.getLogger("imapclient").setLevel(logging.WARNING)  # it prints what is sent at DEBUG


@contextmanager
def _talking() -> Iterator[None]:
    """Errors of the library become ours; what the server says stays out of them."""
    try:
        yield
    except LoginError as error:
        raise _meant(error) from error
    except (IMAPClientAbortError, OSError, EOFError) as error:
        raise MailboxUnavailable(f"The connection ended ({type(error).__name__}).") from error
    except IMAPClientError as error:
        raise CommandRefused("the server refused a command") from error
    except (ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
        raise CommandRefused("the server's answer cannot be read") from error


def _meant(error: LoginError) -> Exception:
    """A connection that ends, and UNAVAILABLE (RFC 5530), is no refusal of the login."""
    if isinstance(error.__context__, IMAPClientAbortError):
        return MailboxUnavailable("The connection ended during the login.")
    if "UNAVAILABLE" in str(error):
        return MailboxUnavailable("The server cannot check logins now.")
    return LoginRefused("the server refused the login")


class Connection:
    """A logged-in connection with its folder selected: what rounds.py calls a Folder.

    Args:
        client: the library's. mailbox: the account.
    """

    def __init__(self, client: Any, mailbox: Mailbox) -> None:
        self._client, self._mailbox = client, mailbox
        self.uidvalidity = self.uidnext = 0

    def select(self) -> None:
        """Open the folder, or look again whether it is still the same."""
        with _talking():
            told = self._client.select_folder(self._mailbox.folder)
            self.uidvalidity = int(told.get(b"UIDVALIDITY", 0))
            self.uidnext = int(told.get(b"UIDNEXT", 0))

    def make_folders(self) -> None:
        """Make the folders that mails are moved to, if they are not there."""
        for folder in (self._mailbox.processed_folder, self._mailbox.refused):
            with suppress(CommandRefused), _talking():
                if folder is not None and not self._client.folder_exists(folder):
                    self._client.create_folder(folder)

    def after(self, uid: int, since: date | None) -> list[int]:
        """The UIDs above one. `n:*` names the last mail even if it is below n (RFC 9051 6.4.9)."""
        day = f" SINCE {since.strftime('%d-%b-%Y')}" if since else ""
        found: set[int] = set()
        with _talking():
            for span in spans(uid + 1, self.uidnext):
                found.update(int(each) for each in self._client.search(f"UID {span}{day}"))
        return sorted(each for each in found if each > uid)

    def describe(self, uids: Sequence[int]) -> dict[int, Described]:
        """Size, and whether we have been there."""
        with _talking():
            told = self._client.fetch(uids, ["RFC822.SIZE", "FLAGS"])
            return {
                uid: Described(int(each[b"RFC822.SIZE"]), KEYWORD in each[b"FLAGS"])
                for uid, each in told.items()
            }

    def mails(self, uids: Sequence[int], octets: int) -> dict[int, bytes]:
        """The first octets of mails; PEEK sets no flag (RFC 9051 6.4.5)."""
        return self._peek(uids, f"BODY.PEEK[]<0.{octets}>", b"BODY[]")

    def header(self, uid: int, octets: int) -> bytes:
        """The first octets of a header."""
        found = self._peek([uid], f"BODY.PEEK[HEADER]<0.{octets}>", b"BODY[HEADER]")
        return found.get(uid, b"")

    def _peek(self, uids: Sequence[int], item: str, name: bytes) -> dict[int, bytes]:
        with _talking():
            told = self._client.fetch(uids, [item])
            return {
                uid: next(bytes(value) for key, value in each.items() if key.startswith(name))
                for uid, each in told.items()
            }

    # --- Putting away ---

    def put_away(self, uids: Sequence[int]) -> bool:
        """Move mails, or flag them where they are."""
        folder = self._mailbox.processed_folder
        if folder is None:
            return self._flag(uids, b"\\Seen")
        return self._move_or_flag(uids, folder)

    def refuse(self, uids: Sequence[int]) -> bool:
        """Move mails into the folder of the refused."""
        return self._move_or_flag(uids, self._mailbox.refused)

    def _move_or_flag(self, uids: Sequence[int], folder: str) -> bool:
        if self._move(uids, folder):
            return True
        self._flag(uids, b"\\Seen")
        return False

    def _move(self, uids: Sequence[int], folder: str) -> bool:
        """MOVE (RFC 6851), else COPY and EXPUNGE of these alone (RFC 4315)."""
        client = self._client
        with suppress(CommandRefused), _talking():
            if client.has_capability("MOVE"):
                client.move(uids, folder)
                return True
            client.copy(uids, folder)
            self._flag(uids, b"\\Deleted")
            if client.has_capability("UIDPLUS"):
                client.uid_expunge(uids)
            return True
        return False

    def _flag(self, uids: Sequence[int], flag: bytes) -> bool:
        """Set a flag, and our keyword where the server keeps keywords."""
        for flags in ([flag, KEYWORD], [flag]):
            with suppress(CommandRefused), _talking():
                self._client.add_flags(uids, flags, silent=True)
                return True
        return False

    # --- Waiting ---

    def wait(self, seconds: float, terms: Terms, stopping: threading.Event) -> None:
        """Return when there may be new mail, at the latest after so many seconds."""
        with _talking():
            if self._has_news():
                return
            if self._client.has_capability("IDLE"):
                self._idle(seconds, terms.glance, stopping)
            else:
                stopping.wait(min(seconds, float(self._mailbox.poll_seconds)))
            if not stopping.is_set():
                self._client.noop()

    def _has_news(self) -> bool:
        """Whether the server told of new mail beside an answer: it tells that only once."""
        return len(self._client._imap.untagged_responses.get("EXISTS", ())) > 1

    def _idle(self, seconds: float, glance: float, stopping: threading.Event) -> None:
        self._client.idle()
        for _ in range(max(1, int(seconds / glance))):
            told = self._client.idle_check(glance)
            if stopping.is_set() or any(each[:1] != (b"OK",) for each in told):
                break  # "OK Still here" is no news
        self._client.idle_done()

    def cut(self) -> None:
        """End the connection, also from another thread: whoever waits for it stops waiting."""
        with suppress(Exception):
            self._client.shutdown()

    def leave(self) -> None:
        """Log out."""
        with suppress(Exception):
            self._client.logout()


# --- Connecting ---


def connect(
    mailbox: Mailbox,
    tokens: Tokens | None,
    context: Callable[[], ssl.SSLContext],
    most: int,
    terms: Terms,
) -> Connection:
    """A connection that is logged in.

    Args:
        most: octets of the largest answer.

    Raises:
        MailboxUnavailable: with the missing step, without a secret.
    """
    try:
        client = _open(mailbox, context, terms)
    except ssl.SSLError as error:
        raise MailboxUnavailable(
            f"TLS failed ({_reason(error)}); check host, port, tls and its certificate."
        ) from error
    except (OSError, IMAPClientError) as error:
        raise MailboxUnavailable(
            f"The server does not answer ({type(error).__name__}); check host, port and tls."
        ) from error
    try:
        _cap(client, most)
        log_in(client, mailbox, tokens, _talking)
        return Connection(client, mailbox)
    except BaseException:
        with suppress(Exception):
            client.shutdown()
        raise


def _open(mailbox: Mailbox, context: Callable[[], ssl.SSLContext], terms: Terms) -> Any:
    """TLS is verified, by the certificate and the host's name (RFC 8314 3.2)."""
    direct = mailbox.tls == "tls"
    client = IMAPClient(
        mailbox.host,
        mailbox.port,
        ssl=direct,
        ssl_context=context() if direct else None,
        timeout=SocketTimeout(terms.connect, terms.answer),
    )
    if mailbox.tls == "starttls":
        try:
            client.starttls(context())
        except BaseException:
            with suppress(Exception):
                client.shutdown()
            raise
    return client


def _cap(client: Any, most: int) -> None:
    """No literal is read that is larger than what was asked for (statement 49)."""
    read = client._imap.read

    def read_at_most(size: int) -> bytes:
        if size > most:
            raise IMAPClientAbortError("a literal is too large")
        return bytes(read(size))

    client._imap.read = read_at_most


def _reason(error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted, {error.verify_code}"
    return str(error.reason or "no TLS")
