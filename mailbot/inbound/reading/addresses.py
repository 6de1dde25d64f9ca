"""Reads the one address of a From field, strictly: either exactly it or nothing.

Python's own reader takes "alice@x.example)bob@evil.example" and "a@x.example <b@y.example>" for
the first address (trap 27). Here a From is one mailbox of RFC 5322 3.4 without what a person's
mail program never writes: groups, routes, quoted local parts, address literals, comments with an
"@" or inside an address. "ann@p.example (Ann)" and "Ann (Acme) <ann@p.example>" are written.
"""

from __future__ import annotations

from collections.abc import Sequence
from string import ascii_letters, digits

_LONGEST_FIELD = 1000  # characters; a name of more is nobody's
_LONGEST_LOCAL = 64  # octets, RFC 5321 4.5.3.1.1
_LONGEST_DOMAIN = 253
_LONGEST_ADDRESS = 254  # octets, RFC 5321 4.5.3.1.3
_ATEXT = frozenset(ascii_letters + digits + "!#$%&'*+-/=?^_`{|}~")  # RFC 5322 3.2.3
_NOT_IN_A_NAME = frozenset('@,;:()<>"\\')  # RFC 5322 3.2.3 without "." and brackets, often written
_NOT_IN_A_COMMENT = frozenset('@<>"\\')  # with these, other readers may see another address
_ASIDE = "\t"  # where a comment was; no white space that an address may touch


def sender_of(fields: Sequence[str]) -> str | None:
    """The address in the only From field of a mail, as it is spelled there, else None.

    Args:
        fields: the raw unfolded values of all From fields.
    """
    return mailbox_of(fields[0]) if len(fields) == 1 else None


def mailbox_of(value: str) -> str | None:
    """The address of `addr-spec` or `Name <addr-spec>`, else None."""
    value = value.replace("\t", " ").strip(" ")
    if len(value) > _LONGEST_FIELD or not value.isprintable():
        return None
    value = _without_comments(value).strip(" \t")
    if not value.endswith(">"):
        return value if is_address(value) else None
    name, bracket, address = _without_quoted(value).rpartition("<")
    address = address[:-1].strip(" ")
    if not bracket or not is_address(address):
        return None
    says_it_twice = name.strip(" \t'") == address
    return address if says_it_twice or not _NOT_IN_A_NAME.intersection(name) else None


def _without_comments(value: str) -> str:
    """The value with each comment (RFC 5322 3.2.2) outside quoted strings taken out.

    A comment that does not end, or holds what could be read as an address, stays.
    """
    kept: list[str] = []
    at = 0
    while at < len(value):
        comment = _end_of_comment(value, at) if value[at] == "(" else -1
        quoted = _end_of_quoted(value, at) if value[at] == '"' else -1
        end = max(comment, quoted, at + 1)
        kept.append(_ASIDE if comment > 0 else value[at:end])
        at = end
    return "".join(kept)


def _end_of_comment(value: str, start: int) -> int:
    """The offset behind a comment, with those inside it, or -1 if it is none that counts."""
    depth = 0
    for at in range(start, len(value)):
        if value[at] in _NOT_IN_A_COMMENT:
            return -1
        depth += (value[at] == "(") - (value[at] == ")")
        if depth == 0:
            return at + 1
    return -1


def _without_quoted(value: str) -> str:
    """The value with each quoted string of the name taken out; unbalanced quotes stay."""
    kept: list[str] = []
    at = 0
    while at < len(value):
        end = _end_of_quoted(value, at) if value[at] == '"' else -1
        if end < 0:
            kept.append(value[at])
            at += 1
        else:
            kept.append(" ")
            at = end
    return "".join(kept)


def _end_of_quoted(value: str, start: int) -> int:
    """The offset behind a quoted string (RFC 5322 3.2.4), or -1 if it does not end."""
    at = start + 1
    while at < len(value):
        if value[at] == "\\":
            at += 2
        elif value[at] == '"':
            return at + 1
        else:
            at += 1
    return -1


def is_address(text: str) -> bool:
    """Whether a text is one address that mail can be sent to: dot-atom @ domain name."""
    local, at, domain = text.rpartition("@")
    octets = len(local.encode("utf-8", "replace"))
    if not at or not 0 < octets <= _LONGEST_LOCAL or octets + 1 + len(domain) > _LONGEST_ADDRESS:
        return False
    return all(_is_atom(atom) for atom in local.split(".")) and _is_domain(domain)


def _is_atom(atom: str) -> bool:
    """RFC 5322 3.2.3, with the letters of RFC 6531 3.3."""
    return bool(atom) and all(char in _ATEXT or _is_foreign_letter(char) for char in atom)


def _is_foreign_letter(char: str) -> bool:
    return not char.isascii() and char.isalnum()


def _is_domain(domain: str) -> bool:
    """At least two labels of letters, digits and inner hyphens.

    Other letters only where IDNA keeps them: "\u017f" and "\u00df" become another domain there.
    """
    if not domain.isascii():
        try:
            encoded = domain.encode("idna")
            if encoded.decode("idna") != domain.lower():
                return False
        except UnicodeError:
            return False
        domain = encoded.decode("ascii")
    labels = domain.split(".")
    return (
        len(labels) >= 2
        and len(domain) <= _LONGEST_DOMAIN
        and all(_is_label(label) for label in labels)
        and not labels[-1].isdigit()
    )


def _is_label(label: str) -> bool:
    bare = label.replace("-", "")
    ends = label[:1] + label[-1:]
    return 0 < len(label) <= 63 and bare.isascii() and bare.isalnum() and "-" not in ends
