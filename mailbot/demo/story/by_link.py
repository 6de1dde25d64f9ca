"""The story by link: the pages behind the mails' https links; a GET never changes anything."""

from __future__ import annotations

from mailbot.demo.missouri import SIMPSON
from mailbot.demo.opened import Opened
from mailbot.demo.story.claims import Failed, holds, same, says, visible
from mailbot.demo.story.people import Person, Shown, get, link_named, post, press, url_in
from mailbot.demo.story.teller import Story

ALDANA = "111222333"
NOBODYS = "222444666"


def by_link(story: Story) -> None:
    """Verify, decline, stop one, stop all, undo, one click."""
    eve, frank = story.person("eve"), story.person("frank")
    _verifies(story, eve)
    _declines(story, frank)
    notice = _notice(story, eve)
    _stops_one(story, eve, notice)
    _one_click(story, eve, notice)
    _stops_all(story, eve, notice)


def _looks(story: Story, url: str, *phrases: str) -> Shown:
    """Open a link and find that nothing was changed by that."""
    before = story.stage.inside.rows()
    page = get(url)
    same(before, story.stage.inside.rows(), "after a GET the store's rows")
    same(200, page.status, "the status")
    holds(visible(page.html), *phrases)
    return page


def _verifies(story: Story, eve: Person) -> None:
    with story.step("the verification link opens a question, and changes nothing"):
        eve.write(f"TRACK {SIMPSON}", body=f"TRACK {ALDANA}")
        mail = eve.gets("verify")
        page = _looks(story, url_in(mail, "c"), "Do you want to track these 2 cases?")
        same("pending", story.state(eve, SIMPSON), "the subscription to be")
    with story.step("a POST without the page's own word changes nothing either"):
        before = story.stage.inside.rows()
        same(400, post(page.url, {"nonce": "guessed"}).status, "the status")
        same(before, story.stage.inside.rows(), "the store's rows")
    with story.step("its button verifies"):
        holds(visible(press(page).html), "You are now tracking 2 cases.")
        eve.gets("tracking")
        states = [story.state(eve, number) for number in (SIMPSON, ALDANA)]
        same(["active", "active"], states, "the subscriptions to be")


def _declines(story: Story, frank: Person) -> None:
    with story.step('"I did not ask for this" ends it'):
        frank.write(f"TRACK {NOBODYS}")
        page = _looks(story, url_in(frank.gets("verify"), "n"))
        same(200, press(page).status, "the status")
        same("stopped", story.state(frank, NOBODYS), "the subscription to be")


def _notice(story: Story, eve: Person) -> Opened:
    with story.step("a notice offers one click to mail programs (RFC 8058)"):
        story.stage.clerk.add_entry(SIMPSON, type_text="Order", text="SO ORDERED")
        notice = eve.gets("notice")
        field = "List-Unsubscribe-Post: List-Unsubscribe=One-Click"
        if field not in notice.source:
            raise Failed(field, notice.source)
    return notice


def _stops_one(story: Story, eve: Person, notice: Opened) -> None:
    question = f"Do you want to stop tracking case number {SIMPSON}?"
    with story.step("the stop link asks; No changes nothing"):
        page = _looks(story, url_in(notice, "s"), question)
        before = story.stage.inside.rows()
        holds(visible(link_named(page, "No").html), "Nothing was changed")
        same(before, story.stage.inside.rows(), "the store's rows")
    with story.step("Yes stops this case and no other"):
        done = press(page)
        holds(visible(done.html), "You are no longer tracking this case.")
        says(eve.gets("stopped"), "You are no longer tracking this case.", SIMPSON)
        states = [story.state(eve, number) for number in (SIMPSON, ALDANA)]
        same(["stopped", "active"], states, "the subscriptions to be")
    with story.step("the page's Undo brings it back"):
        press(done)
        eve.gets("restored")
        same("active", story.state(eve, SIMPSON), "the subscription to be")


def _one_click(story: Story, eve: Person, notice: Opened) -> None:
    url = notice.source.partition("List-Unsubscribe: <")[2].partition(">")[0]
    with story.step("one click: a GET only asks, the mail program's POST stops"):
        _looks(story, url, f"Do you want to stop tracking case number {SIMPSON}?")
        same(200, post(url, {"List-Unsubscribe": "One-Click"}).status, "the status")
        same("stopped", story.state(eve, SIMPSON), "the subscription to be")
    with story.step("the receipt's undo link brings it back"):
        receipt = eve.gets("stopped")
        press(_looks(story, url_in(receipt, "r")))
        eve.gets("restored")
        same("active", story.state(eve, SIMPSON), "the subscription to be")


def _stops_all(story: Story, eve: Person, notice: Opened) -> None:
    question = "Do you want to stop tracking ALL cases?"
    with story.step("the stop-all link asks; No changes nothing"):
        page = _looks(story, url_in(notice, "a"), question)
        link_named(page, "No")
        same("active", story.state(eve, ALDANA), "the subscription to be")
    with story.step("Yes stops all"):
        holds(visible(press(page).html), "You are no longer tracking any cases.")
        says(eve.gets("stopped"), "You are no longer tracking any cases.")
        states = [story.state(eve, number) for number in (SIMPSON, ALDANA)]
        same(["stopped", "stopped"], states, "the subscriptions to be")
    with story.step("every link in the notice leads somewhere"):
        for address in _addresses(notice):
            same(200, get(address).status, f"{address} to answer")


def _addresses(mail: Opened) -> list[str]:
    return [word for word in mail.text.split() if word.startswith("http")]
