"""Says what is wrong with a mail of ours, from its bytes: RFC 5322, 2045-2047, 2369, 3834, 8058.

Nothing of mailbot is imported, so that a mistake there is not repeated here. `problems(raw)` is
empty for a good mail; stories run it over every mail they see.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime
from html.parser import HTMLParser

ONCE = (
    "From",
    "To",
    "Reply-To",
    "Subject",
    "Date",
    "Message-ID",
    "MIME-Version",
    "Content-Type",
    "Content-Language",
    "Auto-Submitted",
    "X-Auto-Response-Suppress",
    "X-Mailbot-Loop",
    "Feedback-ID",
    "List-Id",
    "List-Help",
)
AT_MOST_ONCE = (
    "In-Reply-To",
    "References",
    "Precedence",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
)
MAY_HOLD_WORDS = {"from", "to", "subject", "list-id"}
ENCODED_WORD = re.compile(r"=\?[^?\s]+\?[BbQq]\?[^?\s]*\?=")
LIST_LINK = r"<(?:https|http)://[!-;=?-~]+>(?:,[ ]<mailto:[!-;=?-~]+>)?"
MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,970}>")
WEB_LINK = re.compile(r"https?://\S+")
ACTIVE = {"script", "link", "img", "iframe", "object", "embed", "form", "input", "base", "audio"}


def problems(raw: bytes, *, smtputf8: bool = False) -> list[str]:
    """Every way in which the mail breaks a rule, as one sentence each."""
    found = list(_of_lines(raw, smtputf8))
    if found:
        return found
    head, _, body = raw.partition(b"\r\n\r\n")
    fields = _fields(head)
    message = message_from_bytes(raw, policy=policy.compat32)
    found += _of_fields(fields)
    found += _of_addresses(message)
    found += _of_lists(fields)
    found += _of_parts(message, body)
    return found


def _of_lines(raw: bytes, smtputf8: bool) -> Iterator[str]:
    if b"\0" in raw:
        yield "NUL in the mail"
    without = raw.replace(b"\r\n", b"")
    if b"\r" in without or b"\n" in without:
        yield "a line end that is not CRLF"
    if not raw.endswith(b"\r\n"):
        yield "no line end at the end"
    if b"\r\n\r\n" not in raw:
        yield "no body"
    longest = max(len(line) for line in raw.split(b"\r\n"))
    if longest > 998:
        yield f"a line of {longest} octets"
    if not smtputf8 and not raw.isascii():
        yield "8-bit octets"


def _fields(head: bytes) -> list[tuple[str, str]]:
    """Names and raw values; the folds stay, as CRLF and white space."""
    fields: list[tuple[str, str]] = []
    for line in head.decode("utf-8").split("\r\n"):
        if line[:1] in (" ", "\t") and fields:
            name, value = fields[-1]
            fields[-1] = (name, f"{value}\r\n{line}")
        else:
            name, _, value = line.partition(":")
            fields.append((name, value.removeprefix(" ")))
    return fields


def _of_fields(fields: list[tuple[str, str]]) -> Iterator[str]:
    names = [name.lower() for name, _ in fields]
    for name in ONCE:
        if names.count(name.lower()) != 1:
            yield f"{names.count(name.lower())} {name}"
    for name in AT_MOST_ONCE:
        if names.count(name.lower()) > 1:
            yield f"{names.count(name.lower())} {name}"
    for name in ("cc", "bcc", "sender", "return-path", "received"):
        if name in names:
            yield f"a {name} field"
    for name, value in fields:
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]*", name):
            yield f"a field named {name!r}"
        if not value.strip():
            yield f"an empty {name}"
        yield from _of_words(name, value)
    values = {name.lower(): value for name, value in fields}
    if values.get("auto-submitted") not in ("auto-replied", "auto-generated"):
        yield "Auto-Submitted is neither auto-replied nor auto-generated"
    if values.get("x-auto-response-suppress") != "All":
        yield "X-Auto-Response-Suppress is not All"
    if not MESSAGE_ID.fullmatch(values.get("message-id", "")):
        yield "Message-ID is no id"
    for name in ("in-reply-to", "references"):
        ids = values.get(name, "").split()
        if any(not MESSAGE_ID.fullmatch(each) for each in ids) or len(ids) > 20:
            yield f"{name} holds something else than at most 20 ids"


def _of_words(name: str, value: str) -> Iterator[str]:
    for line in value.split("\r\n"):
        if "=?" in line and len(line) > 76:
            yield f"a line with encoded words of {len(line)} columns in {name}"
    for word in ENCODED_WORD.findall(value):
        if len(word) > 75:
            yield f"an encoded word of {len(word)} characters in {name}"
        if name.lower() not in MAY_HOLD_WORDS:
            yield f"an encoded word in {name}"


def _of_addresses(message: Message) -> Iterator[str]:
    for name in ("From", "To", "Reply-To"):
        addresses = getaddresses([str(message[name])])
        if len(addresses) != 1 or addresses[0][1].count("@") < 1:
            yield f"{name} is not one address: {message[name]}"
    local = getaddresses([str(message["Reply-To"])])[0][1].rpartition("@")[0]
    if len(local) > 64:
        yield f"a local part of {len(local)} octets in Reply-To"
    if parsedate_to_datetime(str(message["Date"])).tzinfo is None:
        yield "Date without a zone"
    if len(str(message["Subject"]).replace("\r\n", "")) > 1000:
        yield "a Subject without end"


def _of_lists(fields: list[tuple[str, str]]) -> Iterator[str]:
    values = {name.lower(): value for name, value in fields}
    unsubscribe, post = values.get("list-unsubscribe"), values.get("list-unsubscribe-post")
    if unsubscribe is not None and not re.fullmatch(LIST_LINK, unsubscribe):
        yield "List-Unsubscribe is not one web link and one mailto, unfolded"
    if (unsubscribe is None) != (post is None):
        yield "List-Unsubscribe and List-Unsubscribe-Post do not go together"
    if post not in (None, "List-Unsubscribe=One-Click"):
        yield "List-Unsubscribe-Post says something else"
    if not re.fullmatch(r"<mailto:[!-;=?-~]+>", values.get("list-help", "")):
        yield "List-Help is no mailto"
    if not re.search(r"<[a-z0-9.-]+>$|^[a-z0-9.-]+$", values.get("list-id", "")):
        yield "List-Id without an id"


def _of_parts(message: Message, body: bytes) -> Iterator[str]:
    if message.get_content_type() != "multipart/alternative" or not message.is_multipart():
        yield f"the mail is {message.get_content_type()}"
        return
    parts = [part for part in message.get_payload() if isinstance(part, Message)]
    if [part.get_content_type() for part in parts] != ["text/plain", "text/html"]:
        yield f"parts are {[part.get_content_type() for part in parts]}"
        return
    boundary = message.get_boundary() or ""
    if not 0 < len(boundary) <= 70 or body.count(f"--{boundary}".encode()) != 3:
        yield "the boundary is not three times in the body"
    for part in parts:
        if part.get_content_charset() != "utf-8":
            yield f"charset {part.get_content_charset()}"
        if part["Content-Transfer-Encoding"] not in ("quoted-printable", "base64"):
            yield f"encoding {part['Content-Transfer-Encoding']}"
        longest = max(len(line) for line in str(part.get_payload()).split("\r\n"))
        if longest > 76:
            yield f"an encoded line of {longest} columns"
    texts = [_decoded(part) for part in parts]
    yield from _of_text(texts[0])
    yield from _of_html(texts[1])
    yield from _of_links(texts[0], texts[1])


def _decoded(part: Message) -> str:
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    return content.decode("utf-8").replace("\r\n", "\n")


def _of_text(text: str) -> Iterator[str]:
    if len(text.split()) < 20:
        yield "the text part is not complete by itself"
    for line in text.split("\n"):
        links = WEB_LINK.findall(line)
        ours = not line.lstrip().startswith("|")
        if links and ours and (len(line) > 100 or links != [line]):
            yield f"a web link does not stand alone on at most 100 columns: {line}"
        if len(line) > 72 and ours and " " in line.strip() and "://" not in line:
            widest = max(len(word) for word in line.split())
            if widest < 40 and not re.search(r"\d", line):
                yield f"a text line of {len(line)} columns: {line}"
    if not re.search(r"^This e-mail is auto generated\.", text, re.MULTILINE):
        yield "the text part has no footer"


class Elements(HTMLParser):
    """Tags with attributes, in order, and the text between."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def elements(html: str) -> Elements:
    """What an HTML part holds."""
    parser = Elements()
    parser.feed(html)
    return parser


def _of_html(html: str) -> Iterator[str]:
    found = elements(html)
    if not html.startswith("<!DOCTYPE html>") or ("html", {"lang": "en"}) not in found.tags:
        yield "the HTML part does not say its type and language"
    for tag, attributes in found.tags:
        if tag in ACTIVE:
            yield f"a <{tag}>"
        if any(name.startswith("on") or name in ("src", "background") for name in attributes):
            yield f"an attribute that loads or runs in <{tag}>"
        if tag == "a" and not re.match(r"(https?://|mailto:)", attributes.get("href", "")):
            yield f"a link to {attributes.get('href')}"
        if tag == "th" and attributes.get("scope") not in ("col", "row"):
            yield "a <th> without scope"
        if tag == "table" and "role" not in attributes and "class" not in attributes:
            yield "a table that is neither data nor layout"
    if re.search(r"url\(|@import|@font-face", html):
        yield "something remote"


def _of_links(text: str, html: str) -> Iterator[str]:
    """Both parts name the same links; the help desk's address stands in words in the text."""
    linked = {attributes["href"] for tag, attributes in elements(html).tags if tag == "a"}
    lines = text.split("\n")
    written = {line for line in lines if re.fullmatch(r"(?:https?://|mailto:)[!-~]+", line)}
    folded = " ".join(text.split())
    for link in linked - written:
        if not link.startswith("mailto:") or link.removeprefix("mailto:") not in folded:
            yield f"only the HTML part links to {link}"
    for link in written - linked:
        yield f"only the text part links to {link}"
