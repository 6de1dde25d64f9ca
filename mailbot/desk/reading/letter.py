"""A mail with all that was understood of it, before anything is done about it."""

from __future__ import annotations

from dataclasses import dataclass, replace

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
    def at_bounces(self) -> bool:
        """Whether the mail came to an address to which only servers should write."""
        return self.routed.kind == "bounce" or self.routed.route.purpose == "bounces"

    @property
    def writer(self) -> str:
        """The address that the From field claims. Raises LookupError without a usable one."""
        if self.inbound.sender is None:
            raise LookupError("no usable From")
        return self.inbound.sender


def understand(parts: Parts, inbound: Inbound, routed: Routed) -> Letter:
    """Read a mail without acting on it."""
    own = parts.settings.own_addresses()
    shapes = parts.settings.court[routed.route.court].number_shapes
    sender = guard.classify(inbound, parts.signer.own_message, own, shapes)
    reading = grammar.read(inbound.subject, inbound.new_text, shapes, parts.settings.limits)
    letter = Letter(inbound, routed, sender, reading)
    if sender.answer == "allowed" and letter.at_bounces and not _means_us(parts, letter):
        silent = replace(sender, answer="never", why="asks nothing where bounces come")
        return replace(letter, sender=silent)
    return letter


def _means_us(parts: Parts, letter: Letter) -> bool:
    """Whether a mail that came where no person is sent to gives a command or answers one of ours.

    Spam to forged senders comes there, too, and an answer to it would go to a forged sender.
    """
    inbound = letter.inbound
    names = (*inbound.references, *([inbound.in_reply_to] if inbound.in_reply_to else ()))
    answers = any(parts.signer.own_message(name) is not None for name in names)
    return answers or bool(letter.reading.commands)
