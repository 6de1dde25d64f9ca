"""T-IMAP by chance: one fault after another, and each mail is acted upon exactly once.

The scenes that somebody thought of are in tests/inbound/imap/test_account.py.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.inbound.imap.scene import Scene, mail, scene, until
from tests.inbound.imap.server import Box, Cut, Server
from tests.scale import Scale

TURNS = 5  # of a scene: a fault, some mails


@dataclass
class Weather:
    """What happens to a server, and the mails that must have been acted upon in the end."""

    server: Server
    chance: random.Random
    subjects: list[bytes] = field(default_factory=list)
    raws: list[bytes] = field(default_factory=list)

    def deliver(self, *flags: str) -> None:
        """Up to three mails come; some were read by somebody, some lie there twice."""
        for _ in range(self.chance.randrange(1, 4)):
            subject = f"mail-{len(self.subjects) + 1:03}"
            self.subjects.append(subject.encode())
            self.raws.append(mail(subject))
            self.server.inbox.add(self.raws[-1], *flags)

    def deliver_what_is_read(self) -> None:
        self.deliver("\\Seen", "\\Flagged")

    def deliver_again(self) -> None:
        for raw in self.raws[-2:]:
            self.server.inbox.add(raw)

    def renumber(self) -> None:
        """Another UIDVALIDITY, and every flag forgotten."""
        with self.server.lock:
            self.server.inbox.uidvalidity += 1
            for each in self.server.inbox.mails:
                each.flags.clear()
        self.server.hang_up()

    def make_anew(self) -> None:
        """The folder is another one, with the same mails under UIDs that were used before."""
        with self.server.lock:
            old = self.server.inbox
            box = Box(uidvalidity=old.uidvalidity + 1)
            for each in old.mails:
                box.add(each.raw)
            self.server.boxes["INBOX"] = box
        self.server.hang_up()

    def leave_a_hole(self) -> None:
        self.server.inbox.next_uid += self.chance.choice((1, 50, 5000))

    def restart(self) -> None:
        self.server.close()
        time.sleep(0.05)
        self.server.open()

    def hang_up(self) -> None:
        self.server.hang_up()

    def cut_a_mail(self) -> None:
        self.server.cut_in_fetch_of = {self.server.inbox.next_uid}

    def cut_at_a_command(self) -> None:
        self._once(Cut)

    def refuse_a_command(self) -> None:
        left = [self.chance.randrange(1, 8)]

        def refuses(command: str) -> bool:
            left[0] -= 1
            return left[0] == 0

        self.server.no_for = refuses

    def fall_silent(self) -> None:
        self.server.deaf = True
        time.sleep(0.15)
        self.server.deaf = False

    def _once(self, fault: type[Exception]) -> None:
        left = [self.chance.randrange(1, 8)]

        def raises(command: str) -> None:
            left[0] -= 1
            if left[0] == 0:
                raise fault

        self.server.before = raises

    def faults(self) -> list[Callable[[], None]]:
        return [
            self.deliver_what_is_read, self.deliver_again, self.renumber, self.make_anew,
            self.leave_a_hole, self.restart, self.hang_up, self.cut_a_mail, self.cut_at_a_command,
            self.refuse_a_command, self.fall_silent,
        ]  # fmt: skip


def test_whatever_happens_each_mail_is_acted_upon_once(scale: Scale) -> None:
    for number in range(scale.of(8, 400)):
        chance = scale.chance(f"weather {number}")
        with scene(processed=chance.choice(("move:Processed", "flag"))) as played:
            played.with_terms(renew=0.2, answer=0.5)
            play(played, Weather(played.server, chance), number)


def play(played: Scene, weather: Weather, number: int) -> None:
    story: list[str] = []
    with played.fetching():
        for _ in range(TURNS):
            fault = weather.chance.choice(weather.faults())
            story.append(fault.__name__)
            told = f"scene {number}: {', '.join(story)}"
            fault()
            weather.deliver()
            until(lambda: set(weather.subjects) <= set(played.desk.acted), told)
        time.sleep(0.05)
    assert sorted(played.desk.acted) == sorted(weather.subjects), story
