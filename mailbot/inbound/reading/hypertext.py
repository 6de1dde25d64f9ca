"""Turns an HTML part into text as its reader saw it; what was quoted comes out marked with "> ".

lxml's parser calls one method an event, so there is no tree and no depth to run out of; the input
is cut before it (reliability.md 2.2). The links of the quoted part are kept, for a bare reply may
carry its token nowhere else. A line that is nothing but a link is marked: nobody types one, and a
button of ours that was pasted is no command (decisions.md 18).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lxml import etree

MOST_ELEMENTS = 20_000  # what comes after them is not read
_MOST_LINKS = 200
_LONGEST_LINK = 2000
_RULE = "________"
_SEPARATOR = "-----Original Message-----"
_LINK = "\u2197 "
_LINKED = ("http:", "https:", "mailto:")  # telephones make others of numbers

# fmt: off
_HIDDEN_TAGS = frozenset({
    "head", "title", "style", "script", "template", "noscript", "object", "iframe", "svg", "map",
    "select", "textarea", "button", "audio", "video", "xml",
})
_VOID = frozenset({
    "br", "hr", "img", "input", "meta", "link", "area", "base", "col", "embed", "source", "track",
    "wbr", "param",
})
_BLOCKS = frozenset({
    "p", "div", "tr", "table", "ul", "ol", "li", "dl", "dt", "dd", "h1", "h2", "h3", "h4", "h5",
    "h6", "pre", "blockquote", "center", "section", "article", "header", "footer", "address",
    "form", "fieldset", "body", "caption", "thead", "tbody", "figure", "aside", "main", "nav",
})
# Containers in which mail programs put what they quote (mail-interface.md 5.2.5).
_QUOTE_NAMES = (
    "gmail_quote", "gmail_attr", "moz-cite-prefix", "moz-forward-container", "yahoo_quoted",
    "yahoo-quoted", "protonmail_quote", "zmail_extra", "outlookmessageheader", "zmail_forward",
    "tutanota_quote", "mail-quote-collapse", "gmx_quote", "fastmail-quoted", "front-blockquote",
    "freemail_quote", "skiff_quote", "spark_quote", "ms-outlook-quote", "hmquote",
)
# Marks behind which all the rest is the mail answered.
_REST_NAMES = (
    "divrplyfwdmsg", "appendonsend", "mail-editor-reference-message-container", "stopspelling",
    "replysplit", "x_divrplyfwdmsg", "olk_src_body_section", "lineseparator",
)
_SIGNATURE_NAMES = (
    "gmail_signature", "moz-signature", "applemailsignature", "ms-outlook-mobile-signature",
    "protonmail_signature_block", "bloop_sign", "tutanota_signature", "ydpsignature",
)
_SIGNATURE_IDS = frozenset({"signature", "x_signature", "composer_signature"})  # Outlook, Samsung
# fmt: on
_KIND_OF_TAG = dict.fromkeys(_HIDDEN_TAGS, "hidden") | {"blockquote": "quote", "pre": "literal"}


@dataclass(frozen=True)
class Hypertext:
    """What an HTML part shows."""

    text: str  # lines with LF
    pictures: bool  # whether there was one outside the quotations and the signature
    complete: bool  # whether all of it was read


def read(html: str) -> Hypertext:
    """The visible text of HTML, however broken; never raises.

    Args:
        html: already cut to a size (256 KB, decisions.md 23).
    """
    writer = _Writer()
    parser = etree.HTMLParser(
        target=writer, encoding="utf-8", no_network=True, recover=True, huge_tree=False
    )
    try:
        parser.feed(html.encode("utf-8", "replace"))
        parser.close()
    except (etree.LxmlError, ValueError, AssertionError):
        writer.complete = False  # what was read before stands
    return writer.result()


class _Writer:
    """Takes the events of the parser and writes lines."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._words: list[str] = []
        self._space = False
        self._open: list[tuple[str, str]] = []  # tag, and what it is: "", hidden, quote, pre
        self._hidden = self._quoted = self._literal = self._linked = self._signed = 0
        self._typed = False  # whether the line has words that are no link
        self._rest = False  # behind a mark of the kind _REST_NAMES
        self._links: dict[str, None] = {}
        self.pictures = False
        self._elements = 0
        self.complete = True

    def start(self, tag: str | bytes, attrib: dict[str | bytes, str | bytes]) -> None:
        """An element begins."""
        self._elements += 1
        if self._elements > MOST_ELEMENTS:
            self.complete = False
        if not isinstance(tag, str) or not self.complete:
            return
        attributes = {str(name): str(value) for name, value in attrib.items()}
        if tag in _VOID:
            self._void(tag, attributes)
            return
        kind = self._kind(tag, attributes)
        if tag in _BLOCKS or kind in ("quote", "rest", "signature"):
            self._break()
        link = attributes.get("href", "") if tag == "a" else ""
        if not kind and link.lower().startswith(_LINKED):
            kind = "link"
        self._mark(kind)
        self._open.append((tag, kind))
        self._count(kind, 1)
        if link and (self._quoted or self._rest) and len(self._links) < _MOST_LINKS:
            self._links[link[:_LONGEST_LINK]] = None

    def end(self, tag: str | bytes) -> None:
        """An element ends; the parser closes in order, but a stray end is forgiven."""
        if not isinstance(tag, str) or not self._open or self._open[-1][0] != tag:
            return
        name, kind = self._open.pop()
        if name in _BLOCKS or kind == "quote":
            self._break()
        elif name in ("td", "th"):
            self._space = True
        self._count(kind, -1)

    def data(self, data: str | bytes) -> None:
        """Characters between tags."""
        text = data if isinstance(data, str) else data.decode("utf-8", "replace")
        if self._hidden or not text or not self.complete:
            return
        if self._literal:
            first, *others = text.replace("\r", "").split("\n")
            self._words.append(first)
            self._typed = self._typed or not self._linked
            for line in others:
                self._break(always=True)
                self._words.append(line)
                self._typed = not self._linked
            return
        words = text.split()
        if text[0].isspace() or not words:
            self._space = True
        if words:
            gap = " " if self._space and self._words else ""
            self._words.append(gap + " ".join(words))
            self._typed = self._typed or not self._linked
            self._space = text[-1].isspace()

    def comment(self, text: str | bytes) -> None:
        """Comments show nothing."""

    def close(self) -> None:
        """The document ends."""
        self._break()

    def result(self) -> Hypertext:
        """What was written."""
        self._break()
        links = [f"> <{link}>" for link in self._links]
        return Hypertext("\n".join([*self._lines, *links]), self.pictures, self.complete)

    def _void(self, tag: str, attributes: Mapping[str, str]) -> None:
        if tag == "br":
            self._break(always=True)
        elif tag == "hr" and not self._hidden:
            self._break()
            self._lines.append(f"{self._prefix()}{_RULE}")
        elif tag == "img" and not (self._hidden or self._quoted or self._rest or self._signed):
            tiny = attributes.get("width") in ("0", "1") or attributes.get("height") in ("0", "1")
            self.pictures = self.pictures or not tiny

    @staticmethod
    def _kind(tag: str, attributes: Mapping[str, str]) -> str:
        if not attributes:
            return _KIND_OF_TAG.get(tag, "")
        names = f"{attributes.get('class', '')} {attributes.get('id', '')}".lower()
        style = attributes.get("style", "").lower().replace(" ", "")
        if "hidden" in attributes or _is_hidden(style):
            return "hidden"
        if any(name in names for name in _QUOTE_NAMES):
            return "quote"
        if any(name in names for name in _REST_NAMES) or _is_outlook_line(tag, style):
            return "rest"
        own = attributes.get("id", "").lower() in _SIGNATURE_IDS
        if own or any(name in names for name in _SIGNATURE_NAMES):
            return "signature"
        return _KIND_OF_TAG.get(tag, "")

    def _mark(self, kind: str) -> None:
        """Write the lines that tell the line scanner what begins here."""
        if self._hidden or self._quoted or self._rest:
            return
        if kind == "rest":
            self._lines.append(_SEPARATOR)
            self._rest = True
        elif kind == "signature":
            self._lines.append("-- ")

    def _count(self, kind: str, step: int) -> None:
        if kind == "hidden":
            self._hidden += step
        elif kind == "quote":
            self._quoted += step
        elif kind == "literal":
            self._literal += step
        elif kind == "link":
            self._linked += step
        elif kind == "signature":
            self._signed += step

    def _prefix(self) -> str:
        return "> " if self._quoted else ""

    def _break(self, always: bool = False) -> None:
        """End the line; an empty one is written only where the author asked for it."""
        line = "".join(self._words).strip(" ")
        if line and not self._typed and not line[0].isdigit():  # a number alone may be pasted
            line = _LINK + line
        self._words.clear()
        self._space = self._typed = False
        if (line or always) and not self._hidden:
            self._lines.append(f"{self._prefix()}{line}".rstrip(" "))


def _is_hidden(style: str) -> bool:
    return any(
        rule in style
        for rule in ("display:none", "visibility:hidden", "mso-hide:all", "font-size:0px;")
    )


def _is_outlook_line(tag: str, style: str) -> bool:
    """The line that Outlook draws above "From: ... Sent: ..." has no name, only this look."""
    return tag == "div" and "border-top:solid" in style and "border:none" in style
