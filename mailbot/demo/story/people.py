"""The people of the story: they write mails, answer them, and open links, all over real sockets."""

from __future__ import annotations

import http.client
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlencode, urlsplit

from lxml.html import HtmlElement, HTMLParser, document_fromstring

from mailbot.config import Limits
from mailbot.demo.mails import Mail, Mails
from mailbot.demo.opened import Opened, open_mail
from mailbot.demo.post import Draft, answer_to, from_mailto, hand_over, mail_of
from mailbot.demo.story.claims import Failed
from mailbot.running import utc_now

SECONDS = 20.0  # that a mail may take at most
PAGE_SECONDS = 20


@dataclass(frozen=True)
class Shown:
    """A page as a browser has it."""

    url: str
    status: int
    html: str
    headers: Mapping[str, str]


class Person:
    """Somebody with an address of their own.

    Args:
        bot: the address to write to; port: where its mail server listens.
        mails: what came and went.
    """

    def __init__(self, name: str, bot: str, port: int, mails: Mails, limits: Limits) -> None:
        self.address = f"{name}@people.example"
        self._bot, self._port, self._mails, self._limits = bot, port, mails, limits
        self._read = mails.last_id

    def write(self, subject: str, body: str = "", to: str = "", extra: str = "") -> None:
        """Send a mail; `extra` are header lines of a mail program. Raises Failed if refused."""
        self._send(Draft(self.address, to or self._bot, subject, body), extra)

    def answer(self, mail: Opened, text: str) -> None:
        """Reply to a mail as mail programs do, with the mail quoted below the text."""
        self._send(answer_to(mail, self.address, text))

    def follow(self, mailto: str) -> None:
        """Tap a mailto link and send what it filled in."""
        self._send(replace(from_mailto(mailto), sender=self.address))

    def _send(self, draft: Draft, extra: str = "") -> None:
        content = extra.encode() + mail_of(draft, utc_now())
        reply = hand_over(self._port, draft, content)
        if not reply.startswith("250"):
            raise Failed("250 from the mail server", reply)

    def gets(self, template: str) -> Opened:
        """The next mail to this person, which must be of that kind. Raises Failed."""
        mail = self._mails.wait(self._is_mine, self._read, SECONDS)
        if mail is None:
            raise Failed(f"a mail of kind {template} to {self.address}", f"none in {SECONDS:.0f} s")
        self._read = mail.id
        opened = open_mail(mail, self._limits)
        if opened.template != template:
            raise Failed(f"a mail of kind {template}", f"{opened.template}: {opened.subject}")
        return opened

    def has_nothing_new(self) -> None:
        """No mail lies unread. Raises Failed."""
        mail = self._mails.wait(self._is_mine, self._read, 0)
        if mail is not None:
            opened = open_mail(mail, self._limits)
            raise Failed("no further mail", f"{opened.template}: {opened.subject}")

    def _is_mine(self, mail: Mail) -> bool:
        return mail.by == "mailbot" and mail.recipient == self.address


def url_in(mail: Opened, letter: str) -> str:
    """The first link of that letter in the text part: c, n, s, a, r. Raises Failed."""
    return _first(rf"https?://\S+/{letter}/\S+", mail, f"a link /{letter}/")


def mailto_in(mail: Opened, letter: str) -> str:
    """The first mailto link with that letter in the text part: c, s, a, u. Raises Failed."""
    return _first(rf"mailto:\S+\+{letter}-\S+", mail, f"a mailto +{letter}-")


def _first(pattern: str, mail: Opened, what: str) -> str:
    found = re.search(pattern, mail.text)
    if found is None:
        raise Failed(what, mail.text)
    return found[0]


def get(url: str) -> Shown:
    """Open a page."""
    return _ask("GET", url)


def press(page: Shown, number: int = 0) -> Shown:
    """Press the button of a page's form, with everything that the form holds. Raises Failed."""
    document = _document(page)
    forms = [form for form in document.forms if form.method == "POST"]
    if len(forms) <= number:
        raise Failed("a page with a form", page.html)
    parts = urlsplit(page.url)
    fields = {name: value or "" for name, value in forms[number].fields.items()}
    return post(f"{parts.scheme}://{parts.netloc}{forms[number].action}", fields)


def link_named(page: Shown, text: str) -> Shown:
    """Follow a page's link with these words. Raises Failed."""
    document = _document(page)
    for anchor in document.iter("a"):
        if anchor.text_content().strip() == text:
            parts = urlsplit(page.url)
            return get(f"{parts.scheme}://{parts.netloc}{anchor.get('href')}")
    raise Failed(f'a link "{text}"', page.html)


def _document(page: Shown) -> HtmlElement:
    document: HtmlElement = document_fromstring(page.html.encode(), HTMLParser(encoding="utf-8"))
    return document


def post(url: str, fields: Mapping[str, str]) -> Shown:
    """Send a form."""
    return _ask("POST", url, urlencode(fields))


def _ask(method: str, url: str, body: str | None = None) -> Shown:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(
        parts.hostname or "", parts.port or 80, timeout=PAGE_SECONDS
    )
    headers = {"Content-Type": "application/x-www-form-urlencoded"} if body is not None else {}
    try:
        connection.request(method, f"{parts.path}?{parts.query}".rstrip("?"), body, headers)
        answer = connection.getresponse()
        html = answer.read().decode("utf-8", "replace")
        return Shown(url, answer.status, html, {k.lower(): v for k, v in answer.getheaders()})
    finally:
        connection.close()
