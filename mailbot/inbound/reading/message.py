"""Reads a mail: any bytes and the envelope they came in go in, an Inbound comes out. Never raises.

Limits come first, then the header, the tree of parts, the text that is shown, and of that what
the person typed. Nothing but text is decoded (reliability.md 2.2, decisions.md 23).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from mailbot.config import Limits, Trust
from mailbot.inbound.reading import hypertext
from mailbot.inbound.reading.addresses import sender_of
from mailbot.inbound.reading.authentication import prove
from mailbot.inbound.reading.charsets import decode, decode_words, transfer_decode
from mailbot.inbound.reading.flowed import unfold
from mailbot.inbound.reading.newtext import Split, is_drawn, split
from mailbot.inbound.reading.reports.reader import Arrival, read
from mailbot.inbound.reading.structure import Header, Part, read_header, read_parts
from mailbot.model import Envelope, Inbound

_LONGEST_ID = 250  # characters with the angle brackets; RFC 5322 has no limit but the line's
_MOST_REFERENCES = 50
_MOST_TEXTS = 6  # text parts of one mail that are read
_BESIDE = 4096  # octets of each but the first two: enough to see that somebody wrote there
_FORGED = frozenset({"NUL", "bare CR", "bare LF"})  # defects of a header that nobody's server wrote
_STUB_CHARACTERS = 400  # of a text part that only asks for a program that shows HTML


@dataclass(frozen=True)
class _Shown:
    """One text that a mail program shows, already parted, and what stands beside it."""

    parted: Split
    pictures: bool = False

    @property
    def is_blank(self) -> bool:
        return not self.parted.new and is_drawn(self.parted.quoted)

    @property
    def is_silent(self) -> bool:
        """Whether nobody wrote anything outside quotations."""
        return not (self.parted.new or self.parted.visible_below or self.pictures)


def parse(
    raw: bytes,
    envelope: Envelope,
    limits: Limits,
    expects_report: bool = False,
    trust: Trust | None = None,
) -> Inbound:
    """Read a mail, as far as it can be read; what could not be is named in `defects`.

    Args:
        raw: the mail, as it came.
        envelope: of the transaction.
        limits: what is read at most.
        expects_report: whether the recipient is an address for bounces, to which people do not
            write: less is asked of a mail before it is taken for a report.
        trust: whose word about the sender counts where the mail came to; nobody's by default.
    """
    octets, defects = _plain_lines(raw[: limits.message_bytes])
    if len(raw) > limits.message_bytes:
        defects.append("mail too big")
    header = read_header(octets, 0, len(octets), limits)
    root, faults = read_parts(octets, header, limits)
    reader = _Reader(octets, limits)
    first, others = reader.texts(root)
    attached = any(_is_attached(leaf, parent) for leaf, parent in _leaves(root, root))
    beside = "\n".join(text for other in others for text in (other.parted.new, other.parted.quoted))
    silent = first.is_silent and all(other.is_silent for other in others) and not attached
    tampered = b"\0" in octets[: header.end]
    subject = _line(decode_words(header.first("subject")))
    quoted = f"{first.parted.quoted}\n{beside}".strip("\n")[: limits.text_bytes]
    shown = f"{first.parted.new}\n{quoted}"
    arrival = Arrival(octets, header, root, envelope.mail_from, subject, shown, expects_report)
    sender = None if header.cut or tampered else sender_of(_all(header, "from"))
    doubts = [*header.defects, *_FORGED.intersection(defects)]
    return Inbound(
        envelope=envelope,
        sender=sender,
        subject=subject,
        message_id=_line(header.first("message-id"))[:_LONGEST_ID] or None,
        date=_line(header.first("date"))[:_LONGEST_ID] or None,
        in_reply_to=next(iter(_ids(header.first("in-reply-to"))), None),
        references=tuple(_ids(header.first("references")))[-_MOST_REFERENCES:],
        headers=header.fields,
        content_type=root.label.partition(";")[0],
        new_text=first.parted.new,
        quoted_text=quoted,
        has_attachment=attached,
        nothing_visible=silent and reader.hidden_half_is_silent(root),
        content_key=hashlib.sha256(octets[header.end :].rstrip(b"\n")).hexdigest(),
        defects=tuple(dict.fromkeys([*defects, *header.defects, *faults, *reader.defects])),
        part_types=tuple(dict.fromkeys([root.label, *(leaf.label for leaf in root.leaves())])),
        proof=prove(header.fields, sender, doubts, trust or Trust()),
        report=read(arrival, limits),
    )


def _plain_lines(raw: bytes) -> tuple[bytes, list[str]]:
    """The octets with LF line ends and no byte order mark; what was wrong with them.

    A bare CR is a line end only in a file that has no other; in any other mail it is how a header
    is forged (reliability.md 0.8), and becomes NUL.
    """
    defects: list[str] = []
    if raw.startswith(b"\xef\xbb\xbf"):
        raw = raw[3:]
        defects.append("byte order mark")
    if raw.startswith(b"From "):
        defects.append("mbox line")
    if b"\0" in raw:
        defects.append("NUL")
    crlf = raw.count(b"\r\n")
    if crlf and raw.count(b"\n") != crlf:
        defects.append("bare LF")
    if b"\r" not in raw:
        return raw, defects
    if b"\n" not in raw:
        defects.append("CR line ends")
        return raw.replace(b"\r", b"\n"), defects
    raw = raw.replace(b"\r\n", b"\n").replace(b"\r\n", b"\n")  # twice: CR CR LF is one line end
    if b"\r" in raw:
        defects.append("bare CR")
        raw = raw.replace(b"\r", b"\0")
    return raw, defects


def _all(header: Header, name: str) -> list[str]:
    return [value for key, value in header.fields if key == name]


def _line(text: str) -> str:
    """A header value in one line without control characters."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def _ids(value: str) -> Iterator[str]:
    """The message ids in a field, with angle brackets (RFC 5322 3.6.4), that are well formed."""
    for piece in value.split("<")[1:]:
        inner, closed, _ = piece.partition(">")
        if closed and 0 < len(inner) <= _LONGEST_ID - 2 and inner.isprintable():
            bare = "".join(inner.split())
            if bare:
                yield f"<{bare}>"


def _leaves(part: Part, parent: Part) -> Iterator[tuple[Part, Part]]:
    """Every leaf with the part that it stands in."""
    if not part.parts:
        yield part, parent
    for child in part.parts:
        yield from _leaves(child, part)


def _is_attached(leaf: Part, parent: Part) -> bool:
    """Whether a leaf is something sent along, and not the text, a form of it, or its picture."""
    if leaf.is_text or leaf.is_signature:
        return False
    if leaf.disposition == "attachment":
        return True
    if parent.content_type == "multipart/alternative" and leaf.content_type.startswith("text/"):
        return False
    return not (leaf.content_type.startswith("image/") and leaf.referred)


class _Reader:
    """Decodes the text parts of one mail, within limits."""

    def __init__(self, octets: bytes, limits: Limits) -> None:
        self._octets = octets
        self._limits = limits
        self._texts = 0
        self.defects: list[str] = []

    def texts(self, root: Part) -> tuple[_Shown, list[_Shown]]:
        """The first text that is not blank, and the others that are shown beside it."""
        shown = list(self._shown(root))
        full = next((at for at, text in enumerate(shown) if not text.is_blank), 0)
        if not shown:
            return _Shown(Split("", "", False)), []
        return shown[full], [text for at, text in enumerate(shown) if at != full]

    def hidden_half_is_silent(self, root: Part) -> bool:
        """Whether the HTML beside a text says nothing that the text leaves out."""
        pairs = (part for part in _all_parts(root) if part.content_type == "multipart/alternative")
        pages = (leaf for pair in pairs for leaf in pair.leaves() if _is_page(leaf))
        return all(self._page(page).is_silent for page in pages)

    def _shown(self, part: Part) -> Iterator[_Shown]:
        if part.content_type == "multipart/alternative":
            yield from self._best(part)
        elif part.parts:
            for child in part.parts:
                yield from self._shown(child)
        elif _is_page(part):
            yield self._page(part)
        elif part.is_text:
            yield self._plain(part)

    def _best(self, part: Part) -> Iterator[_Shown]:
        """Of several forms of a text the plain one, unless it is blank or asks for the other."""
        forms = [(child, list(self._shown(child))) for child in part.parts]
        filled = [(child, shown) for child, shown in forms if any(not s.is_blank for s in shown)]
        plain = [(child, shown) for child, shown in filled if not _has_page(child)]
        if plain and not (len(filled) > 1 and _is_stub(plain[0][1])):
            yield from plain[0][1]
        elif filled:
            yield from next(shown for child, shown in filled if (child, shown) not in plain[:1])

    def _plain(self, part: Part) -> _Shown:
        text = self._decoded(part)
        if part.parameters.get("format", "").lower() == "flowed":
            text = unfold(text, part.parameters.get("delsp", "").lower() == "yes")
        return _Shown(split(text))

    def _page(self, part: Part) -> _Shown:
        page = hypertext.read(self._decoded(part))
        if not page.complete:
            self.defects.append("HTML not read to its end")
        return _Shown(split(page.text), page.pictures or not page.complete)

    def _decoded(self, part: Part) -> str:
        self._texts += 1
        if self._texts > _MOST_TEXTS:
            self.defects.append("too many texts")
            return "?"  # there is something that was not read
        limit = self._limits.text_bytes if self._texts <= 2 else _BESIDE
        body = self._octets[part.start : min(part.end, part.start + 3 * limit)]
        octets, more = transfer_decode(body, part.encoding, limit)
        if more or part.end - part.start > 3 * limit:
            self.defects.append("text too long")
        text = decode(octets, part.parameters.get("charset", ""))
        return text.replace("\r\n", "\n").replace("\r", "\ufffd")


def _all_parts(part: Part) -> Iterator[Part]:
    yield part
    for child in part.parts:
        yield from _all_parts(child)


def _is_page(part: Part) -> bool:
    return part.content_type == "text/html" and part.is_text


def _has_page(part: Part) -> bool:
    return any(_is_page(leaf) for leaf in part.leaves())


def _is_stub(shown: list[_Shown]) -> bool:
    """Whether a text only says that one needs a program that shows HTML."""
    text = " ".join(f"{each.parted.new} {each.parted.quoted}" for each in shown).strip()
    return len(text) <= _STUB_CHARACTERS and "html" in text.casefold()
