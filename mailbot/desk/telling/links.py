"""Writes what lets a reader act: an https link and the mail that does the same."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from urllib.parse import quote

from mailbot.config import Settings
from mailbot.model import Link
from mailbot.store.addresses import AddressRow
from mailbot.store.requests import RequestRow
from mailbot.store.stops import StopRow
from mailbot.store.subscriptions import SubscriptionRow
from mailbot.tokens import Purpose, Signer
from mailbot.voice import Voice


class Links:
    """Links of one instance. `at` is the time of the mail that carries them (decisions.md 2).

    Args:
        voices: as whom courts speak in that mail; the others as by themselves.
    """

    def __init__(
        self, settings: Settings, signer: Signer, voices: Mapping[str, Voice] | None = None
    ) -> None:
        self._settings = settings
        self._signer = signer
        self._voices = voices or {}

    def confirm(self, request: RequestRow, at: datetime) -> Link:
        """Say yes. Handle and code together make the mail good from any address of the person.

        There is no page for it where the court confirms by mail alone.
        """
        token = self._signer.sign(Purpose.CONFIRM, request.id, at)
        code = self._signer.code(request.id, request.key_id)
        url = "" if self._settings.web.confirm_web == "off" else self._url("c", token)
        return Link(url, mailto(self.request_address(request), f"CONFIRM {code}"))

    def decline(self, request: RequestRow, at: datetime) -> Link:
        """Say that it was not me."""
        token = self._signer.sign(Purpose.DECLINE, request.id, at)
        return Link(self._url("n", token), mailto(self.request_address(request), "NO"))

    def stop(self, subscription: SubscriptionRow, at: datetime) -> Link:
        """Stop one case."""
        token = self._signer.sign(Purpose.STOP, subscription.id, at)
        handle = self._signer.handle(Purpose.STOP, subscription.id, subscription.key_id)
        address = self.tagged(subscription.court, f"s-{handle}")
        return Link(self._url("s", token), mailto(address, f"STOP {subscription.number}"))

    def one_click(self, subscription: SubscriptionRow, at: datetime) -> Link:
        """Stop one case by RFC 8058, or by the mail that a mail program makes by itself."""
        token = self._signer.sign(Purpose.STOP, subscription.id, at)
        handle = self._signer.handle(Purpose.STOP, subscription.id, subscription.key_id)
        address = self.tagged(subscription.court, f"s-{handle}")
        return Link(self._url("u", token), mailto(address, "STOP"))

    def stop_all(self, court: str, address: AddressRow, at: datetime) -> Link:
        """Stop everything."""
        token = self._signer.sign(Purpose.STOP_ALL, address.id, at)
        handle = self._signer.handle(Purpose.STOP_ALL, address.id, address.key_id)
        return Link(self._url("a", token), mailto(self.tagged(court, f"a-{handle}"), "STOP ALL"))

    def undo(self, court: str, stop: StopRow, at: datetime) -> Link:
        """Bring back what a stop ended."""
        token = self._signer.sign(Purpose.UNDO, stop.id, at)
        handle = self._signer.handle(Purpose.UNDO, stop.id, stop.key_id)
        return Link(self._url("r", token), mailto(self.tagged(court, f"u-{handle}"), "UNDO"))

    def write(self, court: str, command: str) -> Link:
        """Send a command to the court's own address."""
        return Link(self._url("help", ""), mailto(self._voice(court).address, command))

    def request_address(self, request: RequestRow) -> str:
        """The address whose plain answer answers the request."""
        handle = self._signer.handle(Purpose.CONFIRM, request.id, request.key_id)
        return self.tagged(request.court, f"c-{handle}")

    def tagged(self, court: str, tag: str) -> str:
        """The court's own address with a tag behind its separator."""
        return self._voice(court).tagged(tag)

    def _voice(self, court: str) -> Voice:
        return self._voices.get(court) or self._settings.voice_of(court)

    def _url(self, verb: str, token: str) -> str:
        base = self._settings.web.base_url.rstrip("/")
        return f"{base}/{verb}/{token}".rstrip("/")


def mailto(address: str, subject: str) -> str:
    """A mailto link by RFC 6068: everything but unreserved characters percent-encoded."""
    return f"mailto:{quote(address, safe='@+-._~')}?subject={quote(subject, safe='-._~')}"
