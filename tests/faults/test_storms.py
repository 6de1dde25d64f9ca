"""Storms of mail: T-BOMBING, T-BACK and T-LOOP of reliability.md 2.4, budget by budget."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.scale import Scale
from tests.world import BOT, Sent, World, worlds

ANN, VICTIM = "ann@people.example", "victim@people.example"
BREAKER = 20  # answers to strangers in an hour
DIALECTS: tuple[tuple[str, dict[str, str], str], ...] = (  # subject, header, text
    ("Automatic reply: {}", {"Auto-Submitted": "auto-replied"}, "I am away."),
    ("Re: {}", {"auto-submitted": "Auto-Generated"}, "HELP"),
    ("Re: {}", {"Precedence": "bulk"}, "STOP ALL"),
    ("Re: {}", {"Precedence": "auto_reply"}, "HELP"),
    ("Re: {}", {"X-Autoreply": "yes"}, "REPORT"),
    ("Re: {}", {"X-Autorespond": "{}"}, "HELP"),
    ("Re: {}", {"X-Auto-Response-Suppress": "All"}, "HELP"),
    ("Re: {}", {"X-Vacation": "yes"}, "HELP"),
    ("Re: {}", {"List-Id": "<a.list.example>"}, "HELP"),
    ("Re: {}", {"X-Loop": "a"}, "HELP"),
    ("Abwesenheitsnotiz: {}", {}, "Ich bin bis Montag nicht im Haus."),
    ("Fuera de oficina: {}", {}, "Vuelvo el lunes."),
    ("Your mail", {}, "I am out of the office until Monday. Best, Ann"),
    ("Your mail", {}, "Please confirm that you are human by clicking the link below."),
)


def a_day(world: World) -> list[Sent]:
    """All that leaves in the next 24 hours."""
    left = world.leave()
    for _ in range(24):
        world.wait(hours=1)
        left += world.leave()
    return left


@pytest.fixture
def tight(tmp_path: Path) -> Iterator[World]:
    yield from worlds(tmp_path, more=f"[limits]\nanswers_per_hour = {BREAKER}")


def most_in_a_day(sent: list[Sent]) -> int:
    """How many mails one address got in any 24 hours, at most."""
    most: Counter[str] = Counter()
    for each in sent:
        began = each.row.created_at
        within = sum(
            other.recipient == each.recipient
            and began <= other.row.created_at < began + timedelta(days=1)
            for other in sent
        )
        most[each.recipient] = max(most[each.recipient], within)
    return max(most.values(), default=0)


def test_bombing_of_one_victim_about_one_case(world: World, scale: Scale) -> None:
    """T-BOMBING: forged mails all day long; three confirmations leave, and not one more."""
    count = scale.of(1000, 100_000)
    for number in range(count):
        world.mail(VICTIM, "TRACK 15AB-CR00015")
        if number % (count // 20) == 0:
            world.leave()
            world.wait(minutes=71)
    assert Counter(each.recipient for each in world.sent) == {VICTIM: 3}


def test_bombing_of_one_victim_about_many_cases(world: World, scale: Scale) -> None:
    """Forged over 24 hours; cases that are there, are hidden, are excluded and do not exist.

    The number in the text is a line that is not understood, which is answered with help.
    """
    numbers = ["15AB-CR00015", "15AB-DR00010", "000333666", "15AB-TR00044", "15AB-JU00003"]
    count = scale.of(1000, 100_000)
    for number in range(count):
        case = numbers[number % 8] if number % 8 < len(numbers) else f"15AB-CR{number:05}"
        world.mail(VICTIM, f"TRACK {case}", f"{number}")
        if number % (count // 50) == 0:
            world.leave()
            world.wait(minutes=28)
    assert world.now - world.sent[0].row.created_at < timedelta(hours=24)
    assert 3 <= len(world.sent) <= 10
    texts = [each.text for each in world.sent]
    assert all(sum(case in text for text in texts) <= 3 for case in numbers)


def test_bombing_of_many_victims(tight: World, scale: Scale) -> None:
    """T-BOMBING: each victim is a new one, at a domain of its own; the breaker holds the rest."""
    count = scale.of(1000, 50_000)
    for number in range(count):
        tight.mail(f"v{number}@d{number}.example", "TRACK 15AB-CR00015")
    left = [len(tight.leave())]
    for _ in range(3):
        tight.wait(hours=1)
        left.append(len(tight.leave()))
    assert left == [BREAKER] * 4
    assert most_in_a_day(tight.sent) == 1


def test_spam_with_forged_addresses(tight: World, scale: Scale) -> None:
    """T-BACK: no mail beyond three a day to anybody, and beyond the breaker in any hour."""
    count = scale.of(1000, 50_000)
    for number in range(count):
        sender = f"s{number % 50}@spam-{number % 10}.example"
        tight.mail(sender, f"Cheap watches {number}", "Buy now at our shop, it is the last day.")
    left = tight.leave()
    assert len(left) == BREAKER
    left += a_day(tight)
    assert most_in_a_day(left) <= 3


def test_fourteen_kinds_of_robots_that_answer_everything(world: World, scale: Scale) -> None:
    """T-LOOP: each gets one mail of ours that somebody forged, and answers again and again."""
    rounds = scale.of(1000, 5000 * len(DIALECTS))
    robots = [f"r{number}@robots{number}.example" for number in range(len(DIALECTS))]
    for robot in robots:
        world.mail(robot, "TRACK 15AB-CR00015")
    first = {each.recipient: each for each in world.leave()}
    assert set(first) == set(robots)
    for number in range(rounds):
        which = number % len(DIALECTS)
        robot, (subject, header, text) = robots[which], DIALECTS[which]
        asked = first[robot]
        told = subject.format(asked.message["Subject"])
        to = (BOT, asked.reply_to, asked.mail_from)[number // len(DIALECTS) % 3]
        world.mail(robot, told, f"{text}\n", to=to, headers=header)
        if number % 100 == 99:
            world.wait(hours=1)
            assert world.leave() == []
    assert world.leave() == []


def test_an_echo_without_any_mark(world: World, scale: Scale) -> None:
    """T-LOOP: it sends our own words back from the address we wrote to, whatever we say."""
    echo, rounds = "echo@robots.example", scale.of(300, 10_000)
    world.mail(echo, "what is this")
    for number in range(rounds):
        for sent in world.leave():
            world.mail(echo, f"Re: {sent.message['Subject']}", sent.text, to=sent.reply_to)
        world.mail(echo, "what is this", f"round {number}")
        world.wait(minutes=5)
    assert 1 <= most_in_a_day(world.sent) <= 3


def test_our_bot_against_itself(world: World, scale: Scale) -> None:
    """T-LOOP: whatever we write, fed back to every address it names, is never answered."""
    world.follow(ANN, "15AB-CR00015")
    for text in ("HELP", "REPORT", "STOP", "TRACK 15AB-DR00010", "what is this"):
        world.mail(ANN, text)
    sent, rounds = [*world.sent, *world.leave()], 0
    while rounds < scale.of(1000, 5000):
        for each in sent:
            for to in (BOT, "stop@court.example", each.reply_to):
                for sender in (ANN, BOT, each.mail_from, ""):
                    again = b"X-Round: %d\r\n" % rounds + each.raw
                    world.mail(sender or ANN, raw=again, to=to, mail_from=sender)
                    rounds += 1
    assert world.leave() == []
