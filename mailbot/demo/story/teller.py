"""Plays the whole job over real sockets, step by step, and says of each whether it held."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Protocol

from mailbot.demo.stage import Stage
from mailbot.demo.story.claims import Failed, shortened
from mailbot.demo.story.people import SECONDS, Person
from mailbot.running import utc_now


class Part(Protocol):
    """A part of the story."""

    def __call__(self, story: Story) -> None:
        """Play it."""


class Ended(Exception):
    """The story ended at a step that did not hold."""


class Story:
    """What every part of the story is told with.

    Args:
        stage: a started one; nobody else plays on it.
        say: takes one line a step.
    """

    def __init__(self, stage: Stage, say: Callable[[str], None]) -> None:
        self.stage, self._say = stage, say
        self.steps = 0

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """One step, told with one line.

        Raises:
            Ended: it did not hold; the line says what was expected and what came.
        """
        try:
            yield
        except Failed as failed:
            self._say(f"FAILED {name}: {failed}")
            raise Ended from failed
        except Exception as error:  # the demo's door: whatever it is, it is this step's
            came = shortened(f"{type(error).__name__} {error}")
            self._say(f"FAILED {name}: expected no error, came {came}")
            raise Ended from error
        self.steps += 1
        self._say(f"ok  {name}")

    def person(self, name: str) -> Person:
        """Somebody new."""
        stage = self.stage
        return Person(name, stage.address, stage.smtp_port, stage.mails, stage.settings.limits)

    def state(self, person: Person, number: str) -> str:
        """The state of a subscription, "none" if there is none."""
        return self.stage.inside.states().get((person.address, number), "none")

    def becomes_quiet(self, after: datetime) -> None:
        """Wait until the court was swept twice since then, and all that was found has left.

        Raises:
            Failed: it was not in time.
        """
        inside, swept = self.stage.inside, set[datetime]()
        ends = time.monotonic() + SECONDS
        while len(swept) < 2 or inside.due(utc_now()):
            if time.monotonic() > ends:
                came = f"{len(swept)} sweeps and {inside.due(utc_now())} mails that are due"
                raise Failed("two sweeps and no mail that is due", came)
            at = inside.look().swept_at
            if at is not None and at > after:
                swept.add(at)
            time.sleep(0.1)


def play(stage: Stage, parts: list[Part], say: Callable[[str], None]) -> int:
    """Tell the story. Returns the exit code: 1 if a step did not hold."""
    story, begun = Story(stage, say), time.monotonic()
    try:
        for part in parts:
            part(story)
    except Ended:
        return 1
    say(f"All {story.steps} steps held, in {time.monotonic() - begun:.0f} s.")
    return 0
