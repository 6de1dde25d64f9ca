"""Real dockets, tracked by mail over a real socket, brought from one state to the next.

The notices together hold exactly what was added and changed, each once, however the court's
transactions and the sweeps fall together.
"""

from __future__ import annotations

import random
import re
import time
from collections import Counter
from dataclasses import replace
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from sqlalchemy import Row, select

from mailbot.court.canonical import docket_entry
from mailbot.plain import clean_text, cut
from tests.dockets import load_case, read_dockets, write_docket
from tests.fixtures_folder import FOLDER, manifest
from tests.outbound.standards import problems
from tests.stories.theatre import Post, Theatre

ANN, BOT = "ann@people.example", "track@court.example"
PAIRS = [
    (FOLDER / "dockets" / pair["before"], FOLDER / "dockets" / pair["after"])
    for pair in manifest("dockets")["same_case_pairs"]
]
SHOWN = ("type_text", "text", "filed_at", "document_count")


def text_of(post: Post) -> str:
    message = message_from_bytes(post.content, policy=policy.default)
    body = message.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", clean_text(text))


def told(text: str) -> Counter[tuple[str, str]]:
    """What a notice says: kind and docket text of each entry."""
    blocks = re.split(r"(?m)^(NEW|UPDATED)\b", text.partition("\nAll times are")[0])[1:]
    found: Counter[tuple[str, str]] = Counter()
    for kind, block in zip(blocks[::2], blocks[1::2], strict=True):
        quoted = re.findall(r"(?m)^ +\| ?(.*)$", block.partition("Text *")[2])
        found[kind, squeezed("\n".join(quoted))] += 1
    return found


def entries(theatre: Theatre) -> dict[int, Row[tuple[object, ...]]]:
    with theatre.court.engine.begin() as conn:
        return {row.id: row for row in conn.execute(select(docket_entry))}


def expected(before: dict[int, Row], after: dict[int, Row]) -> Counter[tuple[str, str]]:  # type: ignore[type-arg]
    """The difference of two states of the court, as the notices must tell it."""
    found: Counter[tuple[str, str]] = Counter()
    for key, row in after.items():
        old = before.get(key)
        if old is not None and all(getattr(old, name) == getattr(row, name) for name in SHOWN):
            continue
        kind = "NEW" if old is None else "UPDATED"
        found[kind, squeezed(cut(row.text or "", 2000)[0]) or "Noneenteredatthistime"] += 1
    return found


@pytest.mark.parametrize("seed", [1, 2])
def test_the_notices_hold_exactly_what_changed(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    theatre = Theatre(tmp_path, shapes=["9:99-AA-00000", "99-00000"])
    with theatre.court.engine.begin() as conn:
        numbers = [load_case(conn, before) for before, _ in PAIRS]
    with theatre:
        follow(theatre, numbers)
        before = entries(theatre)
        for _, path in PAIRS:
            bring_to(theatre, path, chance)
        wanted = expected(before, entries(theatre))
        assert sum(wanted.values()) >= 14  # 10 new entries and 4, and what was changed
        seen: Counter[tuple[str, str]] = Counter()
        posts = []
        while seen.total() < wanted.total():
            (post,) = theatre.next()
            posts.append(post)
            seen += told(text_of(post))
        theatre.nothing_comes()
    assert seen == wanted
    assert [problem for post in posts for problem in problems(post.content)] == []


def follow(theatre: Theatre, numbers: list[str]) -> None:
    """Track all cases by mail and confirm."""
    body = "".join(f"TRACK {number}\r\n" for number in numbers)
    theatre.send(ANN, BOT, mail(ANN, BOT, "track", body))
    (asked,) = theatre.next()
    message = message_from_bytes(asked.content, policy=policy.default)
    reply_to = str(message["Reply-To"])
    for number in numbers:
        assert number.upper() in text_of(asked).upper()
    theatre.send(ANN, reply_to, mail(ANN, reply_to, f"Re: {message['Subject']}", "yes\r\n"))
    theatre.next()


def mail(sender: str, to: str, subject: str, body: str) -> bytes:
    head = (
        f"From: {sender}\r\nTo: {to}\r\nSubject: {subject}\r\nMessage-ID: <{time.time()}@x.example>"
    )
    return f"{head}\r\n\r\n{body}".encode()


def bring_to(theatre: Theatre, path: Path, chance: random.Random) -> None:
    """The court's clerks work through the file in transactions of any size, at any time."""
    (docket,) = read_dockets(path)
    items = list(docket.items)
    while items:
        some = chance.randint(1, len(items))
        with theatre.court.engine.begin() as conn:
            write_docket(conn, replace(docket, items=items[:some]))
        items = items[some:]
        time.sleep(chance.choice([0, 0, 0.3, 1.1]))
