"""Finds header fields and MIME parts in the octets of a mail, within limits, copying nothing.

The limits come before any parser (reliability.md 2.2): a header is cut before it is read, a part
is two offsets into the mail. Only the parameters of one field are left to the standard library.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from email.message import Message

from mailbot.config import Limits
from mailbot.inbound.reading.charsets import header_text

_MIME_FIELD = 2048  # octets of a Content-* field that are read; its parser is quadratic
_LONGEST_BOUNDARY = 200  # RFC 2046 5.1.1 allows 70
_WHITE_SPACE = 100  # octets behind a boundary, RFC 2046 5.1.1
_FALSE_BOUNDARIES = 1000  # lines that begin with the boundary and go on, as nested ones may
_SHOWN = ("text/plain", "text/html")
# A signature belongs to the mail and is not something sent with it (RFC 1847, RFC 8551).
_SIGNATURES = frozenset(
    {"application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature"}
)


@dataclass(frozen=True)
class Header:
    """The fields of a header in order, lower-case name and unfolded value, and where they end."""

    fields: tuple[tuple[str, str], ...]
    end: int  # offset of the body
    defects: tuple[str, ...]

    @property
    def cut(self) -> bool:
        """Whether fields may be missing, so that nothing may be concluded from their absence."""
        return "header too long" in self.defects or "too many fields" in self.defects

    def first(self, name: str) -> str:
        """The first field of that name, or ""."""
        return next((value for key, value in self.fields if key == name), "")


@dataclass(frozen=True)
class Part:
    """A MIME entity: its type, the parameters that matter, its body by offsets, its parts."""

    content_type: str
    start: int
    end: int
    parameters: dict[str, str] = field(default_factory=dict)
    disposition: str = ""
    encoding: str = ""
    named: bool = False  # has a file name
    referred: bool = False  # has a Content-ID
    label: str = ""  # for the guard: "multipart/report; delivery-status", "text/calendar; reply"
    parts: tuple[Part, ...] = ()

    def leaves(self) -> Iterator[Part]:
        """Every entity without parts, in order."""
        if not self.parts:
            yield self
        for part in self.parts:
            yield from part.leaves()

    @property
    def is_text(self) -> bool:
        """Whether it is shown as part of the text."""
        return self.content_type in _SHOWN and self.disposition != "attachment"

    @property
    def is_signature(self) -> bool:
        """Whether it is the detached signature of another part."""
        return self.content_type in _SIGNATURES


def read_header(raw: bytes, start: int, end: int, limits: Limits) -> Header:
    """Read the header that begins at an offset; it ends before a blank or a foreign line."""
    if raw.startswith(b"\n", start, end):
        return Header((), start + 1, ())
    blank = raw.find(b"\n\n", start, end)
    stop, body = (blank, blank + 2) if blank >= 0 else (end, end)
    defects: list[str] = []
    if stop - start > limits.header_bytes:
        stop = max(raw.rfind(b"\n", start, start + limits.header_bytes), start)
        defects.append("header too long")
    fields: list[tuple[str, bytes]] = []
    at = start
    for line in raw[start:stop].split(b"\n"):
        name, colon, value = line.partition(b":")
        if line[:1] in (b" ", b"\t"):
            if fields:  # else there is nothing that goes on
                _append(fields, line, limits, defects)
        elif colon and _is_field_name(name.rstrip()):
            if len(fields) >= limits.fields:
                defects.append("too many fields")
                break
            fields.append((name.rstrip().decode("ascii").lower(), b""))
            _append(fields, value, limits, defects)
        elif not (line.startswith((b"From ", b">From ")) and not fields):  # the line of an mbox
            defects.append("no blank line after the header")
            body = at
            break
        at += len(line) + 1
    read = tuple((name, header_text(value)) for name, value in fields)
    return Header(read, body, tuple(dict.fromkeys(defects)))


def _append(
    fields: list[tuple[str, bytes]], more: bytes, limits: Limits, defects: list[str]
) -> None:
    """Add a line to the last field, as long as the field stays within its limit."""
    name, value = fields[-1]
    more = more.strip(b" \t")
    more = b" " + more if value and more else more
    room = limits.field_bytes - len(value)
    if len(more) > room:
        defects.append(f"field too long: {name[:40]}")
    fields[-1] = (name, value + more[:room] if room else value)


def _is_field_name(name: bytes) -> bool:
    """RFC 5322 2.2: printable ASCII without colon and space."""
    return 0 < len(name) <= 100 and all(33 <= octet <= 126 for octet in name)


def read_parts(raw: bytes, header: Header, limits: Limits) -> tuple[Part, tuple[str, ...]]:
    """The tree of parts of a mail, and what was wrong with it."""
    walk = _Walk(raw, limits)
    part = walk.part(header, len(raw), 0, "text/plain")
    return part, tuple(dict.fromkeys(walk.defects))


class _Walk:
    """Goes through one mail's parts, counting them."""

    def __init__(self, raw: bytes, limits: Limits) -> None:
        self._raw = raw
        self._limits = limits
        self._count = 0
        self.defects: list[str] = []

    def part(self, header: Header, end: int, depth: int, default: str) -> Part:
        """The entity whose header was read and whose body ends at an offset."""
        self._count += 1
        content_type, parameters = _typed(header.first("content-type"), default)
        disposition, about = _typed(header.first("content-disposition"), "")
        part = Part(
            content_type=content_type,
            start=header.end,
            end=end,
            parameters=parameters,
            disposition=disposition,
            encoding=header.first("content-transfer-encoding")[:_MIME_FIELD].strip().lower(),
            named=bool(about.get("filename") or parameters.get("name")),
            referred=bool(header.first("content-id")),
            label=_label(content_type, disposition, parameters),
        )
        if not content_type.startswith("multipart/"):
            return part
        return self._multipart(part, depth)

    def _multipart(self, part: Part, depth: int) -> Part:
        boundary = part.parameters.get("boundary", "").rstrip()
        if depth >= self._limits.depth:
            self.defects.append("nested too deep")
            return _opaque(part)
        if not boundary or len(boundary) > _LONGEST_BOUNDARY:
            self.defects.append("multipart without boundary")
            return _as_text(part)
        default = "message/rfc822" if part.content_type == "multipart/digest" else "text/plain"
        parts: list[Part] = []
        for start, end in self._bodies(part, b"--" + boundary.encode("utf-8", "replace")):
            if self._count >= self._limits.parts:
                self.defects.append("too many parts")
                parts.append(Part("application/octet-stream", start, part.end))
                break
            header = read_header(self._raw, start, end, self._limits)
            parts.append(self.part(header, end, depth + 1, default))
        if not parts:
            self.defects.append("boundary not found")
            return _as_text(part)
        return replace(part, parts=tuple(parts))

    def _bodies(self, part: Part, delimiter: bytes) -> Iterator[tuple[int, int]]:
        """Where each part between the delimiter lines begins and ends (RFC 2046 5.1.1)."""
        opened = -1
        for at, after, closing in self._delimiters(part, delimiter):
            if opened >= 0:
                yield opened, max(opened, at - 1)
            opened = after
            if closing:
                return
        if opened >= 0:
            self.defects.append("no closing boundary")
            yield opened, part.end

    def _delimiters(self, part: Part, delimiter: bytes) -> Iterator[tuple[int, int, bool]]:
        """Offset of each delimiter line, of the line after it, and whether it closes."""
        false = 0
        line = b"\n" + delimiter  # what is before a part's body is the end of its header's line
        at = self._raw.find(line, max(0, part.start - 1), part.end)
        while at >= 0 and false < _FALSE_BOUNDARIES:
            after = at + len(line)
            window = min(part.end, after + _WHITE_SPACE)
            stop = self._raw.find(b"\n", after, window)
            rest = self._raw[after : window if stop < 0 else stop].strip()
            if rest in (b"", b"--") and (stop >= 0 or window == part.end):
                yield at + 1, part.end if stop < 0 else stop + 1, rest == b"--"
            else:
                false += 1
            at = self._raw.find(line, after, part.end)


def _typed(value: str, default: str) -> tuple[str, dict[str, str]]:
    """ "text/plain" and the parameters of a Content-Type or Content-Disposition; never raises."""
    message = Message()
    message["content-type"] = "".join(c for c in value[:_MIME_FIELD] if c.isprintable())
    pairs = message.get_params(failobj=[])
    named = {name.lower(): _plain(text).strip() for name, text in reversed(pairs[1:])}
    typed = "".join(pairs[0][0].lower().split()[:1]) if pairs else ""  # "text/plain charset=x"
    if default and (typed.count("/") != 1 or not all(typed.split("/"))):
        return default, named
    return typed or default, named


def _plain(text: str | tuple[str | None, str | None, str]) -> str:
    """A parameter's value; of one in RFC 2231's form the octets, in no charset."""
    return text[2] if isinstance(text, tuple) else text


def _label(content_type: str, disposition: str, parameters: dict[str, str]) -> str:
    """A type with a calendar's method or a report's kind, or that it only is a file sent along."""
    detail = parameters.get("method") or parameters.get("report-type") or ""
    detail = "attachment" if disposition == "attachment" else detail.lower()
    return f"{content_type}; {detail}" if detail else content_type


def _as_text(part: Part) -> Part:
    return replace(part, content_type="text/plain", parameters={}, disposition="")


def _opaque(part: Part) -> Part:
    return replace(part, disposition="attachment")
