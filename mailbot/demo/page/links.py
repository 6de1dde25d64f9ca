"""Makes the links of a mail work inside the demo's page, in its text and in its HTML.

A mailto link fills the compose box; a web link opens in a tab of its own; anything else is no link.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlsplit

from lxml import etree
from lxml.html import HtmlElement, HTMLParser, document_fromstring, tostring
from markupsafe import Markup, escape

_ADDRESSES = re.compile(r"(?:https?://|mailto:)[^\s<>\"]+")
_DROPPED = ("script", "base", "meta", "iframe", "object", "embed", "link")

ToCompose = Callable[[str], str]  # a mailto link to the address that fills the compose box


def in_text(text: str, compose: ToCompose) -> Markup:
    """A mail's text with its addresses as links."""
    parts: list[str] = []
    at = 0
    for found in _ADDRESSES.finditer(text):
        parts += [escape(text[at : found.start()]), _link(found[0], compose)]
        at = found.end()
    return Markup("").join([*parts, escape(text[at:])])


def _link(address: str, compose: ToCompose) -> Markup:
    if address.startswith("mailto:"):
        return Markup('<a href="{}">{}</a>').format(compose(address), address)
    return Markup('<a href="{0}" target="_blank" rel="noopener noreferrer">{0}</a>').format(address)


def in_html(html: str, compose: ToCompose) -> str:
    """A mail's HTML for the sandboxed frame, with its links led out of the frame.

    The frame's own policy is what keeps it from acting; this only makes links go where they say.
    """
    try:
        octets, parser = html.encode("utf-8", "replace"), HTMLParser(encoding="utf-8")
        page: HtmlElement = document_fromstring(octets, parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return ""
    for element in [*page.iter(*_DROPPED)]:
        if element.tag != "meta" or element.get("http-equiv"):
            element.drop_tree()
    for anchor in page.iter("a", "area"):
        _lead_out(anchor, compose)
    return "<!DOCTYPE html>\n" + str(tostring(page, encoding="unicode"))


def _lead_out(anchor: HtmlElement, compose: ToCompose) -> None:
    address = (anchor.attrib.pop("href", "") or "").strip()
    anchor.attrib.pop("target", None)
    scheme = _scheme(address)
    if scheme == "mailto":
        anchor.set("href", compose(address))
        anchor.set("target", "_top")
    elif scheme in ("http", "https"):
        anchor.set("href", address)
        anchor.set("target", "_blank")
        anchor.set("rel", "noopener noreferrer")


def _scheme(address: str) -> str:
    try:
        return urlsplit(address).scheme
    except ValueError:
        return ""
