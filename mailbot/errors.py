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


class SmarthostUnavailable(TemporaryError):
    """The mail server that takes mailbot's mail does not answer."""


class MailDeferred(TemporaryError):
    """The mail server asked to try again later."""


class MailAmbiguous(TemporaryError):
    """The connection ended after the whole mail was sent and before the server answered."""


class MailRefused(PermanentError):
    """The mail server refused the mail for good."""


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
