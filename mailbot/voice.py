"""Says as whom a mail speaks: address and name, language, and the templates that make it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Voice:
    """What a route says of its answers; kept with each, so that a retry is the same mail."""

    address: str  # one of ours
    display: str
    separator: str = "+"
    language: str | None = None  # None: the reader's
    templates: str = ""  # the name of a route's template folder

    def tagged(self, tag: str) -> str:
        """The address with a tag behind its separator: track+n-...@court.example."""
        return tagged(self.address, self.separator, tag)


def tagged(address: str, separator: str, tag: str) -> str:
    """An address with a tag behind its separator (RFC 5233)."""
    local, _, domain = address.rpartition("@")
    return f"{local}{separator}{tag}@{domain}"
