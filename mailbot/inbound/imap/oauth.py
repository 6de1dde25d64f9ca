"""Gets access tokens: one POST to a token endpoint (RFC 6749 4.4, 6), good for a while.

By http.client, because one POST is worth no library: it follows no redirect with a secret in hand,
keeps no cookie, and verifies TLS by the machine's certificates.
"""

from __future__ import annotations

import http.client
import json
import ssl
from collections.abc import Callable
from datetime import datetime, timedelta
from urllib.parse import urlencode, urlsplit

from mailbot.config import OAuth
from mailbot.errors import MailboxUnavailable
from mailbot.inbound.imap.renewed import RefreshToken
from mailbot.inbound.imap.steps import missing_step

_SECONDS = 30.0
_LARGEST = 65_536  # octets of an answer
_EARLY = timedelta(minutes=2)  # or a tenth of its life, if that is less
_LIFE = 300.0  # seconds of a token whose endpoint does not say


class _Refused(MailboxUnavailable):
    """The IMAP account cannot be read now."""

    def __init__(self, sentence: str, code: object) -> None:
        super().__init__(sentence)
        self.code = code


class Tokens:
    """The access tokens of one account. Not for several threads.

    Args:
        clock: the time, aware. context: for TLS; by default it trusts whom the machine trusts.
        tell: says that a new refresh token could not be kept, in one sentence.
    """

    def __init__(
        self,
        oauth: OAuth,
        clock: Callable[[], datetime],
        context: Callable[[], ssl.SSLContext] = ssl.create_default_context,
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._oauth, self._clock, self._context = oauth, clock, context
        self._refresh: RefreshToken | None = None
        if oauth.grant == "refresh_token" and oauth.refresh_token is not None:
            configured = oauth.refresh_token.get_secret_value()
            self._refresh = RefreshToken(configured, oauth.renewed, tell)
        self._token, self._until = "", clock()
        self.scope = ""  # what the token is for, where the endpoint says so (RFC 6749 5.1)

    def token(self) -> str:
        """A token that is good for a while yet.

        Raises:
            MailboxUnavailable: with the missing step, without a secret.
        """
        if not self._token or self._clock() >= self._until:
            self._take(self._granted())
        return self._token

    def forget(self) -> None:
        """The server did not want this token; the next one is new."""
        self._token = ""

    def _granted(self) -> dict[str, object]:
        try:
            return self._post()
        except _Refused as error:
            unwanted = error.code == "invalid_grant" and self._refresh is not None
            if not unwanted or self._refresh is None or not self._refresh.fall_back():
                raise
        return self._post()

    def _take(self, answer: dict[str, object]) -> None:
        token, life = answer.get("access_token"), answer.get("expires_in")
        if not isinstance(token, str) or not _is_sayable(token):
            raise MailboxUnavailable("The token endpoint sent no access token; check token_url.")
        seconds = float(life) if isinstance(life, int | float | str) and _is_number(life) else _LIFE
        lasts = timedelta(seconds=min(max(seconds, 0.0), 86_400.0))
        self.scope = str(answer.get("scope") or "")
        self._token, self._until = token, self._clock() + lasts - min(_EARLY, lasts / 10)
        renewed = answer.get("refresh_token")
        if self._refresh is not None and isinstance(renewed, str) and _is_sayable(renewed):
            self._refresh.renew(renewed)

    def _form(self) -> dict[str, str]:
        oauth, secret = self._oauth, self._oauth.client_secret
        form = {"grant_type": oauth.grant, "client_id": oauth.client_id}
        if secret is not None:
            form["client_secret"] = secret.get_secret_value()
        if oauth.scope is not None:
            form["scope"] = oauth.scope
        if self._refresh is not None:
            form["refresh_token"] = self._refresh.now()
        return form

    def _post(self) -> dict[str, object]:
        try:
            status, content = self._exchange(urlencode(self._form()).encode("ascii"))
        except (OSError, http.client.HTTPException) as error:
            raise MailboxUnavailable(
                f"The token endpoint does not answer ({type(error).__name__}); check token_url."
            ) from error
        answer = _read(content)
        if status != 200:
            raise _Refused(missing_step(status, answer), answer.get("error"))
        return answer

    def _exchange(self, form: bytes) -> tuple[int, bytes]:
        url = urlsplit(self._oauth.token_url)
        host = url.hostname or ""
        connection: http.client.HTTPConnection
        if url.scheme == "https":
            connection = http.client.HTTPSConnection(
                host, url.port, timeout=_SECONDS, context=self._context()
            )
        else:
            connection = http.client.HTTPConnection(host, url.port, timeout=_SECONDS)
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Accept": "application/json",
            "Connection": "close",
        }
        path = (url.path or "/") + (f"?{url.query}" if url.query else "")
        try:
            connection.request("POST", path, form, headers)
            response = connection.getresponse()
            return response.status, response.read(_LARGEST)
        finally:
            connection.close()


def _read(content: bytes) -> dict[str, object]:
    try:
        answer = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}


def _is_sayable(token: str) -> bool:
    """RFC 6749 A.12 and A.17: visible ASCII characters and spaces."""
    return bool(token) and token.isascii() and token.isprintable()


def _is_number(life: float | str) -> bool:
    return str(life).replace(".", "", 1).isdigit()
