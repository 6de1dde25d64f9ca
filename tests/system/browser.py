"""A real browser, Debian's Chromium, whose every fault is noted: what a page says, loads and keeps."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.system.programs import needed

ARGUMENTS = [
    "--headless",
    "--no-sandbox",  # as root
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
NARROW = {"width": 320, "height": 640}  # also a desk's width at 400 %, WCAG 1.4.10
PATIENCE = 20_000  # milliseconds; the machine may be busy
MOST_TABS = 80
REFUSED = "net::ERR_CONNECTION_REFUSED"

# The element that has the focus: its name, and whether it can be seen that it has it.
FOCUSED = """() => {
  const element = document.activeElement, style = getComputedStyle(element);
  const box = element.getBoundingClientRect();
  const ring = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  const inside = box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
  const name = element.labels && element.labels.length ? element.labels[0] : element;
  return [name.innerText.trim(), element.matches(":focus-visible") && ring && inside];
}"""


@dataclass(frozen=True)
class Reader:
    """How somebody reads pages."""

    script: bool
    phone: bool

    def __str__(self) -> str:
        return f"{'phone' if self.phone else 'desk'}-{'script' if self.script else 'plain'}"

    def options(self) -> dict[str, Any]:
        """For a browser's context."""
        width, height = (390, 844) if self.phone else (1280, 800)
        return {
            "java_script_enabled": self.script,
            "viewport": {"width": width, "height": height},
            "is_mobile": self.phone,
            "has_touch": self.phone,
        }


READERS = [Reader(script, phone) for phone in (False, True) for script in (True, False)]


@contextmanager
def chromium() -> Iterator[Any]:
    """A running browser, as Playwright's object; that package comes with requirements/e2e.txt only."""
    program = needed("chromium", "chromium")
    try:
        playwright = import_module("playwright.sync_api")
    except ModuleNotFoundError:
        pytest.fail("This test needs Playwright: run it with `make system`.", pytrace=False)
    with playwright.sync_playwright() as running:
        browser = running.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield browser
        browser.close()


class Window:
    """A browser's window without a past, at one page and the tabs that it opens.

    Args:
        browser: of `chromium()`.
        home: http://host:port, the only place that may be asked for anything.
        pictures: a folder for screenshots.
    """

    def __init__(self, browser: Any, reader: Reader, home: str, pictures: Path) -> None:
        self.reader, self.home, self._pictures = reader, home, pictures
        self.faults: list[str] = []
        self._taken = 0
        self._context = browser.new_context(**reader.options())
        self._context.set_default_timeout(PATIENCE)
        self._context.on("console", self._console)
        self._context.on("weberror", lambda error: self.faults.append(f"error: {error.error}"))
        self._context.on("request", self._request)
        self._context.on("requestfailed", self._failed)
        self._context.on("response", self._response)
        self.page = self._context.new_page()

    def _console(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.faults.append(f"console: {message.text} {message.location}")

    def _request(self, request: Any) -> None:
        url = urlsplit(request.url)
        if url.scheme != "data" and f"{url.scheme}://{url.netloc}" != self.home:
            self.faults.append(f"request to {request.url}")

    def _failed(self, request: Any) -> None:
        if request.failure != "net::ERR_ABORTED":  # by leaving the page
            self.faults.append(f"{request.url}: {request.failure}")

    def _response(self, response: Any) -> None:
        if "set-cookie" in response.headers:
            self.faults.append(f"a cookie from {response.url}")
        if response.status >= 400:
            self.faults.append(f"{response.status} from {response.url}")

    def close(self, *, home_stopped: bool = False) -> None:
        """Close it; fails if anything was amiss.

        Args:
            home_stopped: the server was ended before; the open page's script may look for it in vain,
                which Playwright tells of only now.
        """
        if self._context.cookies():
            self.faults.append(f"cookies: {self._context.cookies()}")
        self._context.close()
        faults = [each for each in self.faults if not (home_stopped and self._is_vain(each))]
        assert faults == [], faults

    def _is_vain(self, fault: str) -> bool:
        return REFUSED in fault and self.home in fault

    def go(self, url: str) -> None:
        """Open an address."""
        self.page.goto(url)

    @property
    def text(self) -> str:
        """What can be read on the page, white space folded."""
        return " ".join(str(self.page.inner_text("body")).split())

    def shows(self, sentence: str) -> None:
        """The page says so, fits, and is kept as a picture."""
        assert sentence in self.text, f"{sentence!r} is not on {self.page.url}: {self.text}"
        self.fits()

    def fits(self) -> None:
        """Nothing is wider than the screen, not even than the narrowest."""
        size = self.page.viewport_size
        for each in (size, NARROW):
            self.page.set_viewport_size(each)
            wide = self.page.evaluate("document.documentElement.scrollWidth")
            assert wide <= each["width"], f"{self.page.url} is {wide} wide on {each['width']}"
            self._take_picture(each["width"])
        self.page.set_viewport_size(size)

    def _take_picture(self, width: int) -> None:
        self._taken += 1
        name = re.sub(r"[^a-z]+", "-", str(self.page.title()).lower())
        path = self._pictures / f"{self._taken:02}-{name}-{width}.png"
        self.page.screenshot(path=path, full_page=True)

    def tab_to(self, name: str) -> None:
        """Move the focus by the keyboard alone; where it is can be seen at every step."""
        passed = []
        for _ in range(MOST_TABS):
            self.page.keyboard.press("Tab")
            focused, is_seen = self.page.evaluate(FOCUSED)
            assert is_seen, f"the focus on {focused!r} of {self.page.url} cannot be seen"
            if focused == name:
                return
            passed.append(focused)
        raise AssertionError(f"no way by Tab to {name!r}, only to {passed}")

    def press(self, name: str) -> None:
        """Go to a button or link by the keyboard, press it, and wait for the next page."""
        self.tab_to(name)
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    @contextmanager
    def tab_of(self, link: Any) -> Iterator[None]:
        """Click a link that opens a tab; inside the `with`, `page` is that tab."""
        before = self.page
        with self._context.expect_page() as opening:
            link.click()
        self.page = opening.value
        self.page.wait_for_load_state()
        yield
        self.page.close()
        self.page = before
        self.page.bring_to_front()
