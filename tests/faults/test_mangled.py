"""T-MANGLE, T-REPLAY and T-CONFIRM: what the way does to our links, and links used again."""

from __future__ import annotations

from collections.abc import Callable
from email.header import Header
from itertools import count

import pytest

from tests.scale import Scale
from tests.world import BOT, Sent, World, templates

ANN, EVE = "ann@people.example", "eve@evil.example"
CASE = "15AB-CR00015"
SUBJECTS: dict[str, Callable[[str], str]] = {
    "as it is": lambda text: text,
    "nothing": lambda text: "",
    "lower": str.lower,
    "upper": str.upper,
    "title": str.title,
    "re": lambda text: f"Re: {text}",
    "re twice": lambda text: f"RE: Re: {text}",
    "aw": lambda text: f"AW: {text}",
    "antwort": lambda text: f"Antwort: {text}",
    "sv": lambda text: f"SV: {text}",
    "rv": lambda text: f"RV: {text}",
    "chinese": lambda text: f"\u56de\u590d: {text}",
    "numbered": lambda text: f"Re[2]: {text}",
    "french": lambda text: f"Re : {text}",
    "external": lambda text: f"[EXTERNAL] Re: {text}",
    "external inside": lambda text: f"Re: [EXT] {text}",
    "blanks": lambda text: f"   {text}   ",
    "two blanks": lambda text: text.replace(" ", "  "),
    "hard blank": lambda text: text.replace(" ", "\u00a0"),
    "tab": lambda text: text.replace(" ", "\t"),
    "stop sign": lambda text: f"{text}.",
    "quotes": lambda text: f'"{text}"',
    "smart quotes": lambda text: f"\u201c{text}\u201d",
    "angles": lambda text: text.replace(" ", " <", 1) + ">" * (" " in text),
    "stars": lambda text: f"*{text}*",
    "invisible": lambda text: f"\u200b{text}\u200b",
    "mark of order": lambda text: f"\ufeff{text}",
    "encoded": lambda text: Header(text, "utf-8").encode(),
    "encoded q": lambda text: "=?utf-8?q?" + text.replace(" ", "_").replace("=", "=3D") + "?=",
    "folded": lambda text: text.replace(" ", "\r\n ", 1),
}
ADDRESSES: dict[str, Callable[[str], str]] = {
    "as it is": lambda text: text,
    "lower": str.lower,
    "upper": str.upper,
    "title": str.title,
    "swapped": str.swapcase,
    "lost plus": lambda text: text.replace("+", "", 1),
    "minus": lambda text: text.replace("+", "-", 1),
    "equals": lambda text: text.replace("+", "=", 1),
    "a dot more": lambda text: text.replace("+", "+.", 1),
    "upper domain": lambda text: text.partition("@")[0] + "@" + text.partition("@")[2].upper(),
}


NUMBERS = count(1)


def written(sender: str, subject: str, to: str) -> bytes:
    """A mail of its own, with no words but its subject."""
    head = f"Message-ID: <{next(NUMBERS)}@people.example>\r\nFrom: {sender}\r\nTo: {to}\r\n"
    return f"{head}Subject: {subject}\r\n\r\n".encode()


def mangled(link: tuple[str, str], place: str, change: Callable[[str], str]) -> tuple[str, str]:
    """Address and subject of a link, one of them changed."""
    address, subject = link
    return (address, change(subject)) if place == "subject" else (change(address), subject)


@pytest.mark.parametrize("place", ["subject", "address"])
def test_a_stop_link_works_however_it_was_mangled(place: str, world: World) -> None:
    """T-MANGLE: thirty ways of a subject and ten of an address, with an empty body."""
    assert len(SUBJECTS) + len(ADDRESSES) >= 40
    ways = SUBJECTS if place == "subject" else ADDRESSES
    for name, change in ways.items():
        tracking = world.follow(ANN, CASE)
        address, subject = mangled(tracking.mailto("STOP"), place, change)
        world.mail(ANN, raw=written(ANN, subject, address), to=address)
        assert templates(world.leave()) == ["stopped"], name
        world.wait(hours=30)


@pytest.mark.parametrize("place", ["subject", "address"])
def test_a_confirmation_works_however_it_was_mangled(place: str, world: World) -> None:
    """T-MANGLE: a request's address may suffer, or its subject, or the words in it be lost."""
    ways = SUBJECTS if place == "subject" else ADDRESSES
    for number, (name, change) in enumerate(ways.items()):
        writer = f"p{number}@d{number}.example"
        world.mail(writer, f"TRACK {CASE}")
        (asked,) = world.leave()
        address, subject = mangled(asked.mailto("CONFIRM"), place, change)
        world.mail(writer, raw=written(writer, subject, address), to=address)
        assert templates(world.leave()) == ["tracking"], name
        world.wait(hours=1)


def replay(world: World, sent: Sent, word: str, times: int, sender: str) -> list[Sent]:
    """The same link again and again, each time as a new mail of that sender."""
    address, subject = sent.mailto(word)
    left: list[Sent] = []
    for number in range(times):
        world.mail(sender, raw=written(sender, subject, address), to=address)
        if number % (times // 20) == 0:  # ten hours in all
            left += world.leave()
            world.wait(minutes=30)
    return left + world.leave()


@pytest.mark.parametrize("sender", [ANN, EVE])
def test_a_link_that_is_used_again_changes_nothing_and_tells_its_owner_alone(
    sender: str, world: World, scale: Scale
) -> None:
    """T-REPLAY: CONFIRM and STOP sent again, by their owner's server or by who has read them."""
    times = scale.of(150, 1500)
    world.mail(ANN, f"TRACK {CASE}")
    (asked,) = world.leave()
    first = replay(world, asked, "CONFIRM", times, sender)
    assert {(each.row.template, each.recipient) for each in first} == {("tracking", ANN)}
    assert len(first) <= 1 + 100  # each but the first says that it is so already; decisions.md 22
    assert world.counts()["subscription"] == 1
    stopped = replay(world, first[0], "STOP", times, sender)
    assert {(each.row.template, each.recipient) for each in stopped} == {("stopped", ANN)}
    assert len(first) + len(stopped) <= 2 + 100 * (1 + (world.now - asked.row.created_at).days)
    assert world.counts()["subscription"] == 1
    world.wait(days=2)
    world.mail(ANN, "REPORT", "what is left")
    (report,) = [each for each in world.leave() if each.recipient == ANN]
    assert CASE not in report.text


def test_a_replayed_confirmation_does_not_undo_a_stop(world: World) -> None:
    """T-REPLAY: the old link is spent."""
    world.mail(ANN, f"TRACK {CASE}")
    (asked,) = world.leave()
    address, subject = asked.mailto("CONFIRM")
    world.mail(ANN, raw=written(ANN, subject, address), to=address)
    (tracking,) = world.leave()
    world.answer(tracking, ANN, "STOP")
    assert templates(world.leave()) == ["stopped"]
    world.mail(ANN, raw=written(ANN, subject, address), to=address)
    assert "tracking" not in templates(world.leave())
    world.court.enter(CASE, "Order", "text", world.now)
    assert world.sweep() == []


def test_a_confirmation_from_another_address_acts_for_the_row_alone(world: World) -> None:
    """T-CONFIRM: who holds the link confirms for its owner; nothing is said to him or tracked."""
    world.mail(ANN, f"TRACK {CASE}")
    (asked,) = world.leave()
    address, subject = asked.mailto("CONFIRM")
    for text in ("", "yes", "STOP ALL", "TRACK 15AB-DR00010"):
        world.mail(EVE, f"Re: {asked.message['Subject']}", text, to=asked.reply_to)
        world.mail(EVE, "yes", text, to=BOT)
    before = [each for each in world.leave() if each.recipient == ANN]
    assert "tracking" not in templates(before)
    world.mail(EVE, raw=written(EVE, subject, address), to=address)
    left = world.leave()
    assert [(each.row.template, each.recipient) for each in left] == [("tracking", ANN)]
