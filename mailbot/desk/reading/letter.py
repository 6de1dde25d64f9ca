"""A mail with all that was understood of it, before anything is done about it."""

from __future__ import annotations

from dataclasses import dataclass

from mailbot.desk.parts import Parts
from mailbot.desk.reading import grammar, guard
from mailbot.desk.reading.routing import Routed
from mailbot.desk.reading.subject import peel
from mailbot.model import Inbound, Reading, Sender


@dataclass(frozen=True)
class Letter:
    """An arrival, the way it took, who wrote it, and the commands in it."""

    inbound: Inbound
    routed: Routed
    sender: Sender
    reading: Reading

    @property
    def says_nothing(self) -> bool:
        """Whether nobody wrote anything: not in the text, and not as a subject of their own.

        A forwarded mail says something: that somebody wants it looked at (decisions.md 13).
        """
        peeled = peel(self.inbound.subject)
        own_subject = bool(peeled.text) and not peeled.replied
        forwarded = self.reading.read_only or peeled.forwarded
        return self.inbound.nothing_visible and not own_subject and not forwarded

    @property
    def writer(self) -> str:
        """The address that the From field claims. Raises LookupError without a usable one."""
        if self.inbound.sender is None:
            raise LookupError("no usable From")
        return self.inbound.sender


def understand(parts: Parts, inbound: Inbound, routed: Routed) -> Letter:
    """Read a mail without acting on it."""
    own = parts.settings.own_addresses()
    sender = guard.classify(inbound, parts.signer.own_message, own)
    shapes = parts.settings.court[routed.route.court].number_shapes
    reading = grammar.read(inbound.subject, inbound.new_text, shapes, parts.settings.limits)
    return Letter(inbound, routed, sender, reading)
