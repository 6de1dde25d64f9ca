"""The links of mails in a real browser, by keyboard alone, with and without JavaScript; and the demo."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from mailbot.config import load
from mailbot.demo.trial import free_ports
from mailbot.preview import PROFILES, render_all
from tests.outbound.standards import problems
from tests.stories.theatre import QUIET, ROOT, SECONDS, Theatre
from tests.system.browser import PATIENCE, READERS, Reader, Window, chromium
from tests.world import people_the_court

pytestmark = pytest.mark.system

BOT, COFFMAN, DOE = "track@court.example", "15AB-CR00015", "000333666"
STOPS_WITHIN = 10  # seconds, with a browser's connections still open


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def theatre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Theatre]:
    theatre = Theatre(tmp_path_factory.mktemp("serve"))
    people_the_court(theatre.court)
    with theatre:
        yield theatre
    assert "Traceback" not in theatre.log.read_text()


class Mailbox:
    """What one person writes and gets."""

    def __init__(self, theatre: Theatre, name: str) -> None:
        self.theatre, self.address = theatre, f"{name}@people.example"
        self._read = 0

    def _came(self) -> list[bytes]:
        return [post.content for post in self.theatre.posts if post.recipient == self.address]

    def write(self, subject: str, body: str = "") -> None:
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = self.address, BOT, subject
        message["Message-ID"] = f"<{time.monotonic_ns()}@people.example>"
        message.set_content(body)
        self.theatre.send(self.address, BOT, message.as_bytes(policy=policy.SMTP))

    def next(self) -> str:
        """The text of the next mail."""
        self.theatre.wait_for(lambda: len(self._came()) > self._read, f"a mail to {self.address}")
        content = self._came()[self._read]
        self._read += 1
        assert problems(content) == []
        part = message_from_bytes(content, policy=policy.default).get_body(("plain",))
        assert part is not None
        return str(part.get_content()).replace("\r\n", "\n")

    def gets_nothing(self) -> None:
        """Fails if another mail comes."""
        time.sleep(QUIET)
        assert len(self._came()) == self._read


def link(text: str, letter: str) -> str:
    """The first https link of a mail of this kind."""
    found = re.search(rf"^http://\S+/{letter}/\S+$", text, re.MULTILINE)
    assert found is not None, text
    return found[0]


@pytest.mark.parametrize("reader", READERS, ids=str)
def test_every_link_of_the_mails(
    browser: Any, theatre: Theatre, reader: Reader, tmp_path: Path
) -> None:
    mailbox = Mailbox(theatre, str(reader))
    window = Window(browser, reader, f"http://127.0.0.1:{theatre.page_port}", tmp_path)
    mailbox.write("two cases", f"TRACK {COFFMAN}\nTRACK {DOE}\n")
    window.go(link(mailbox.next(), "c"))
    window.shows("Do you want to track these 2 cases?")
    mailbox.gets_nothing()  # looking is not saying yes
    window.press("Yes, track these cases")
    window.shows("You are now tracking 2 cases.")
    tracking = mailbox.next()

    window.go(link(tracking, "s"))
    window.shows(f"Do you want to stop tracking case number {DOE}?")
    window.press("No")
    window.shows("Nothing was changed")
    theatre.court.enter(DOE, "Order", "Still told")
    notice = mailbox.next()
    assert "Still told" in notice

    window.go(link(notice, "s"))
    window.press("Yes")
    window.shows("You are no longer tracking this case.")
    assert "You are no longer tracking this case." in mailbox.next()
    window.press("Undo: track this case again")
    window.shows("You are tracking this case again.")
    assert "You are tracking this case again." in mailbox.next()

    window.go(link(notice, "a"))
    window.shows("Do you want to stop tracking ALL cases?")
    window.press("Yes")
    window.shows("You are no longer tracking any cases.")
    assert "In all, 2 cases were stopped." in mailbox.next()
    theatre.court.enter(DOE, "Order", "Unheard")
    mailbox.gets_nothing()
    window.close()


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("name", ["notice", "notice+many", "tracking", "report", "help", "verify"])
def test_a_mail_whose_style_sheet_is_dropped(
    browser: Any, previewed: Path, profile: str, name: str
) -> None:
    """As the Gmail app shows it to other accounts: nothing is wider than the telephone."""
    source = (previewed / "franklin" / profile / "mail" / f"{name}.html").read_text()
    page = browser.new_page(viewport={"width": 375, "height": 800})
    page.set_content(re.sub(r"<style>.*?</style>", "", source, flags=re.DOTALL))
    wide, narrowest = page.evaluate(TABLE)
    page.close()
    assert wide <= 375
    assert narrowest >= 64  # pixels: "11/16/15" in the smallest letters of the table


# How wide a page is, and the narrowest column of its tables.
TABLE = """() => [
  document.documentElement.scrollWidth,
  Math.min(...[...document.querySelectorAll("thead th")].map((each) => each.clientWidth), 375),
]"""


@pytest.fixture(scope="module")
def previewed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every mail of the sample facts."""
    out = tmp_path_factory.mktemp("preview")
    render_all(out, load(ROOT / "config.toml", {}), datetime(2016, 2, 1, tzinfo=UTC))
    return out


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The demo as a newcomer starts it, and its page's address."""
    page, smtp = free_ports()
    running = subprocess.Popen(
        [sys.executable, "-m", "mailbot", "demo", "--port", str(page), "--smtp-port", str(smtp)],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert running.stdout is not None
    told = ""
    while "Ctrl-C" not in told:
        line = running.stdout.readline()
        assert line, told
        told += line
    yield running, f"http://127.0.0.1:{page}"
    if running.poll() is None:
        running.kill()
        running.communicate(timeout=SECONDS)


@pytest.mark.parametrize("reader", [Reader(True, False), Reader(False, True)], ids=str)
def test_the_demo(
    browser: Any, demo: tuple[subprocess.Popen[str], str], reader: Reader, tmp_path: Path
) -> None:
    process, home = demo
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    window = Window(browser, reader, home, pictures)
    window.go(home)
    window.shows("Ask to follow a case")
    page = window.page
    frame = page.frame_locator("iframe")

    page.get_by_label("From", exact=True).fill("kim@people.example")
    page.get_by_label("Subject", exact=True).fill(f"TRACK {COFFMAN}")
    page.get_by_role("button", name="Send").click()
    arrives(window, "please verify your e-mail address")
    with window.tab_of(frame.get_by_role("link", name="Verify and track this case")):
        window.press("Yes, track this case")
        window.shows(f"You are now tracking case number {COFFMAN}.")
    arrives(window, "you are now tracking this case")

    page.get_by_label("New entry: type").fill("Order")
    page.locator("#text").fill("Granted in a browser")
    page.get_by_role("button", name="Add entry").click()
    arrives(window, "docket activity")
    assert "Granted in a browser" in frame.locator("body").inner_text()
    is_readable(window)
    with window.tab_of(frame.get_by_role("link", name="Stop Tracking This Case", exact=True)):
        window.press("Yes")
        window.shows("You are no longer tracking this case.")
    arrives(window, "you are no longer tracking this case")

    begun = time.monotonic()
    process.send_signal(signal.SIGINT)  # with the page still open, as people do
    rest, errors = process.communicate(timeout=SECONDS)
    assert (process.returncode, errors) == (0, "")
    assert time.monotonic() - begun < STOPS_WITHIN
    assert rest.endswith("The demo has stopped.\n")
    assert list(tmp_path.iterdir()) == [pictures]
    window.close(home_stopped=True)


# Heights of the header's links; whether a subject is cut; whether 72 columns fit beside a scroll bar.
SEEN = """() => {
  const all = (selector) => [...document.querySelectorAll(selector)];
  const pre = document.querySelector("pre.text"), line = document.createElement("span");
  line.textContent = "x".repeat(72);
  line.style.whiteSpace = "pre";
  pre.append(line);
  return {
    heights: all(".top a").map((each) => each.getBoundingClientRect().height),
    cut: all(".mails .subject").some((each) => each.scrollWidth > each.clientWidth),
    fits: line.getBoundingClientRect().width + 35 <= pre.getBoundingClientRect().width,
  };
}"""


def is_readable(window: Window) -> None:
    """The header's links can be hit (WCAG 2.5.8), subjects stand whole, and the text as written."""
    page = window.page
    page.get_by_role("link", name="Text", exact=True).click()
    page.locator("pre.text").wait_for()
    page.wait_for_load_state("load")  # the style sheet, too
    seen = page.evaluate(SEEN)
    assert min(seen["heights"]) >= 24
    assert not seen["cut"]
    assert seen["fits"] or window.reader.phone
    window.go(window.home)  # there the newest mail opens by itself


def arrives(window: Window, subject: str) -> None:
    """A mail of that subject is the newest that the mailbox shows, by itself or after Refresh."""
    newest = window.page.locator("ol.mails li.came .subject").first
    if not window.reader.script:
        window.page.get_by_role("link", name="Refresh").click()
    newest.filter(has_text=subject).wait_for(timeout=PATIENCE)
    window.page.get_by_role("heading", level=3, name=subject).wait_for(timeout=PATIENCE)
    window.fits()
