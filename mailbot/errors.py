"""Errors say who must act: temporary ones are tried again, permanent ones are for a person.

The docstring of each class is the sentence that an administrator reads.
"""

from __future__ import annotations

from datetime import datetime


class MailbotError(Exception):
    """Something mailbot cannot do."""

    def __str__(self) -> str:
        detail = super().__str__()
        sentence = (type(self).__doc__ or "").strip().splitlines()[0]
        return f"{sentence} {detail}".strip()


class TemporaryError(MailbotError):
    """This did not work now and is tried again."""


class PermanentError(MailbotError):
    """This will not work however often it is tried."""


class StoreUnavailable(TemporaryError):
    """mailbot's own database does not answer."""


class CourtUnavailable(TemporaryError):
    """The court's case database does not answer."""


class CourtClosed(CourtUnavailable):
    """The court's case database is outside its service hours; it is asked again when it opens."""

    def __init__(self, opens_at: datetime | None) -> None:
        super().__init__()
        self.opens_at = opens_at


class CourtImplausible(CourtUnavailable):
    """The court's records changed all at once, so nothing is told (see `mailbot rebase`)."""


class MailboxUnavailable(TemporaryError):
    """The IMAP account cannot be read now."""


class PostmasterBusy(TemporaryError):
    """More mail for postmaster came today than is handed on; the rest waits with its senders."""


class SmarthostUnavailable(TemporaryError):
    """The mail server that takes mailbot's mail does not answer."""


class MailDeferred(TemporaryError):
    """The mail server asked to try again later."""


class MailAmbiguous(TemporaryError):
    """The connection ended after the whole mail was sent and before the server answered."""


class MailRefused(PermanentError):
    """The mail server refused the mail for good."""


class RecipientRefused(MailRefused):
    """The mail server refused the recipient for good."""


class ConfigError(PermanentError):
    """The configuration cannot be used."""

    def __str__(self) -> str:
        """One line a mistake, as config.load found them."""
        return "\n".join(map(str, self.args)) or "The configuration cannot be used."


class SchemaError(PermanentError):
    """The store's tables do not fit this version of mailbot; run `mailbot upgrade`."""


class TokenError(PermanentError):
    """This link or code does not work."""


class TokenForged(TokenError):
    """This link is not one of ours, or was changed on its way."""


class TokenExpired(TokenError):
    """This link was good once and has expired."""


_WRONG_WITH_A_FILE = {
    "SQLITE_CANTOPEN": "cannot be opened; is it a folder, or not yours? Mend that, or store.",
    "SQLITE_NOTADB": "is no database; move it away, or name another one in store.",
    "SQLITE_CORRUPT": "is damaged; put it back from your backup.",
    "SQLITE_READONLY": "cannot be written to; mend its rights.",
    "SQLITE_FULL": "cannot grow; make room on its disk.",
}


def driver_code(error: BaseException) -> str:
    """A database driver's error as its kind and its code, never its text.

    "OperationalError SQLITE_BUSY", "UndefinedTable 42P01", "OperationalError 1045". The text may
    hold what was worked on, or a password.
    """
    named = getattr(error, "sqlite_errorname", None) or getattr(error, "sqlstate", None)
    code = named or next((arg for arg in error.args if isinstance(arg, int)), "")
    return f"{type(error).__name__} {code}".rstrip()


def driver_trouble(error: BaseException, server: str, file: str = "") -> str:
    """What a database driver says, of which database, and what to do; no secret.

    Args:
        server: such as "postgresql at db.example". file: instead of it, where SQLite keeps all.
    """
    kind = driver_code(error)
    for code, what in _WRONG_WITH_A_FILE.items():
        if file and code in kind:
            return f"{kind}: the file {file} {what}"
    return f"{kind}, from {f'the file {file}' if file else server}."
