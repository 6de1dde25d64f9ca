"""Finds in the text of a bounce what its server wrote, and the recipients it names there.

Every mail server has its own words, but few ways to name a recipient: at the head of a line, alone
or before a colon; in a line of the SMTP dialogue; or in a sentence behind "to", "user" or
"mailbox". What follows the notice is the returned mail, out of which nobody is ever named.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

_MOST_CHARACTERS = 32_000
_MOST_LINES = 600
_MOST_ADDRESSES = 200
_LONGEST_LINE = 1000
_LONGEST_MARK = 100  # characters of a line that says that the returned mail follows
_ATOM = r"\w!#$%&'*+/=?^`{|}~\-"
_ADDRESS = re.compile(
    rf"(?<![{_ATOM}.@])(?P<local>[{_ATOM}][{_ATOM}.]{{0,63}})@(?P<domain>\w[\w.-]{{0,252}})"
)
_PREFIX = re.compile(r"^(?:[245]\d\d-+|.*\bsmtp=)", re.IGNORECASE)  # "550-ann@", "dda:SMTP=ann@"
# The returned mail begins at a line that is drawn and says so, ...
_DRAWN = re.compile(
    r"\s*[-=*_+#~>]{2,}.*\b(?:below|copy|original|headers?|unsent|returned|body|undelivered|"
    r"truncated|message text|end of message|message follows)\b"
)
# ... at one that announces it, ...
_ANNOUNCED = re.compile(
    r"(?:(?:original|returned|unsent|undelivered|rejected|failed|old|bounced) "
    r"(?:message|mail|e-?mail|letter)(?: headers?)?"
    r"(?: details| text| header| follows?.{0,30}| is (?:below|attached).{0,30})?\s*[:.]"
    r"|your (?:message|mail) (?:reads|follows).{0,20}[:.]"
    r"|(?:\w+ ){0,4}(?:copy|headers?|summary|excerpt) of (?:the |your |this )?"
    r"(?:\w+ ){0,2}(?:message|mail|e-?mail)\b.{0,40}"
    r"|message headers? follows?.{0,10}|original message)\s*[:.]?-*$"
)
# ... or at the first line of its header.
_HEADER = re.compile(
    r"(?:received|return-path|dkim-signature|domainkey-signature|mime-version|"
    r"x-[a-z-]{1,40})\s?:", re.IGNORECASE
)  # fmt: skip
_BARE = re.compile(r"[ \t]+([\w.-]{1,64})(?:[ \t]{2,}|[ \t]*$|[ \t]+[(\[])")
_BULLETS = " \t<>*|\"'([\u2022\u00b7-=#"
_REPLY_BEFORE = re.compile(r"\s*(?:<<<\s*)?\d{3}(?:[ -]\d\.\d{1,3}\.\d{1,3})?[ -]\s*<?$")
_RCPT_BEFORE = re.compile(r"\brcpt to\s*:\s*<?$", re.IGNORECASE)
# Words of a sentence behind which a recipient is named.
_BEFORE_RECIPIENT = frozenset(
    {
        "to", "for", "recipient", "recipients", "recipient(s)", "user", "users", "mailbox",
        "account", "address", "addresses", "address(es)", "attempts", "size", "undeliverable",
        "following", "email", "e-mail", "an", "für", "à", "destinataire", "para", "destinatario",
        "destinatário", "aan", "till", "til", "do", "для", "адрес", "адресату", "宛先",
    }
)  # fmt: skip
# A line with one of these tells of the sender or of whom to ask.
_NOT_OF_RECIPIENT = re.compile(
    r"\b(?:from|senders?|contact|questions?|assistance|help|support|reply-to|respond|please|abuse|"
    r"message-id|administrator|helpdesk|subject|unsubscribe|cc|x-[a-z-]+)\b",
    re.IGNORECASE,
)
_SENT_BY = re.compile(r"(?:sent by|from|sender|by|contact|reply to|write to|mail to)\s*[:.]?$")
_OFFICES = frozenset({"postmaster", "mailerdaemon", "abuse", "helpdesk", "support", "noreply"})


@dataclass(frozen=True)
class Named:
    """A recipient that a notice names, and what it says there."""

    address: str
    said: str


@dataclass(frozen=True)
class _Seen:
    """One address in a notice: line, spelling, how surely it is a recipient (3 is the surest)."""

    line: int
    address: str
    rank: int


def part(text: str) -> tuple[str, str]:
    """The notice, and what is shown of the returned mail behind it."""
    lines = text[:_MOST_CHARACTERS].split("\n", _MOST_LINES)[:_MOST_LINES]
    for at, line in enumerate(lines):
        if _begins_returned(line[:_LONGEST_LINE]):
            return "\n".join(lines[:at]), "\n".join(lines[at:])
    return "\n".join(lines), ""


def _begins_returned(line: str) -> bool:
    bare = line.strip().lower()
    if _HEADER.match(line):
        return True
    if len(bare) > _LONGEST_MARK or "receive a" in bare or "@" in bare:
        return False
    return bool(_DRAWN.match(bare) or _ANNOUNCED.match(bare.lstrip("-=* ")))


def addresses(value: str) -> list[str]:
    """The addresses in a header field, as they are spelled."""
    return [_spelled(found) for found in _ADDRESS.finditer(value[:_LONGEST_LINE])]


def recipients(notice: str, own: Collection[str], home: str = "") -> list[Named]:
    """Whom a notice names as those it could not reach, each once, in order.

    Args:
        notice: the text without the returned mail.
        own: addresses in small letters that are not meant: of the reader, of the writer.
        home: domain of the writer, to which a bare name under a heading belongs.
    """
    lines = [line[:_LONGEST_LINE] for line in notice.split("\n")]
    seen = list(_seen(lines, own))
    best = max((each.rank for each in seen), default=0)
    chosen = [each for each in seen if each.rank == best]
    if best == 1 and len({each.address.lower() for each in chosen}) > 1:
        chosen = []  # two that may be meant: nothing is certain
    if best < 2 and home:
        bare = [_Seen(at, f"{name}@{home}", 3) for at, name in _bare_names(lines)]
        chosen = bare or chosen
    return _with_what_is_said(lines, chosen)


def _with_what_is_said(lines: Sequence[str], chosen: Sequence[_Seen]) -> list[Named]:
    """Each address with its line and those down to the next address."""
    said: dict[str, list[str]] = {}
    spelled: dict[str, str] = {}
    for at, each in enumerate(chosen):
        key = each.address.lower()
        spelled.setdefault(key, each.address)
        others = (next_.line for next_ in chosen[at + 1 :] if next_.address.lower() != key)
        end = max(next(others, len(lines)), each.line + 1)
        said.setdefault(key, []).append("\n".join(lines[each.line : end]))
    if len(spelled) == 1:
        return [Named(address, "\n".join(lines)) for address in spelled.values()]
    return [Named(address, "\n".join(said[key])) for key, address in spelled.items()]


def _seen(lines: Sequence[str], own: Collection[str]) -> Iterator[_Seen]:
    count = 0
    above = ""
    for at, line in enumerate(lines):
        for found in _ADDRESS.finditer(line):
            count += 1
            if count > _MOST_ADDRESSES:
                return
            address = _spelled(found)
            rank = _rank(line, found, above)
            if rank < 3 and (address.lower() in own or _is_office(address)):
                continue
            if rank:
                yield _Seen(at, address, rank)
        above = line.strip() or above


def _spelled(found: re.Match[str]) -> str:
    local = _PREFIX.sub("", found["local"].lstrip("'`"))
    return f"{local}@{found['domain'].rstrip('.-_')}"


def _is_office(address: str) -> bool:
    return address.partition("@")[0].lower().translate({45: None, 95: None, 46: None}) in _OFFICES


def _rank(line: str, found: re.Match[str], above: str) -> int:
    """How surely an address in a line is a recipient: 3 listed, 2 in words, 1 somewhere, 0 not."""
    before, after = line[: found.start()], line[found.end() :]
    if _SENT_BY.search(above.lower()) and not before.strip(_BULLETS):
        return 0
    if before.strip().lower() in ("(expanded from:", "(expanded from: <"):
        return 3  # sendmail: the address that was written to
    if not before.strip(_BULLETS) or before.strip(_BULLETS).lower().endswith("smtp="):
        listed = above.endswith((":", ".", "--")) or line[found.start() - 1 : found.start()] == "<"
        return 3 if _ends_name(after, listed) else 2
    if _RCPT_BEFORE.search(before):
        return 2
    if _REPLY_BEFORE.match(before):
        return 2
    if _NOT_OF_RECIPIENT.search(before):
        return 0
    if before.strip(_BULLETS).lower() in ("to:", "to"):
        return 1  # of the returned mail, as some servers sum it up
    words = before.lower().rstrip(" \t<\"'([:;.").split()
    announced = before.rstrip(" \t<\"'([").endswith(":")
    return 2 if announced or (words and words[-1] in _BEFORE_RECIPIENT) else 1


def _ends_name(after: str, listed: bool) -> bool:
    """Whether behind an address at the head of a line comes nothing, or what is said of it."""
    rest = after.lstrip(">\"')] \t")
    return not rest or rest[0] in ":([;,.-<" or (listed and after[:1] in (" ", "\t", ">"))


def _bare_names(lines: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Names without a domain, indented below a heading about recipients."""
    for at, line in enumerate(lines):
        heading = line.strip().lower()
        if "following" not in heading and "recipients" not in heading:
            continue
        for place in range(at + 1, min(at + 4, len(lines))):
            name = _BARE.match(lines[place])
            if name:
                yield place, name[1]
