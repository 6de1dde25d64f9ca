"""Links of mails as people, scanners and mail programs use them, before the real desk."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from starlette.testclient import TestClient

from mailbot.model import Facts, Page
from mailbot.store.schema import metadata
from mailbot.web.samples import samples
from tests.web.small_site import (
    CASE,
    LETTERS,
    PAT,
    PageDesk,
    Seen,
    WatchedDesk,
    client_of,
    plain_site,
    press,
    site_of,
    tokens_of,
)
from tests.world import World, templates

ONE_CLICK = {"List-Unsubscribe": "One-Click"}
TOKEN = "WzEsNDYxMTY4NjAxODQyNzM4NzkwNF0.aRzT8A.8G0Zf3nQ2xW5yK7bV1cD4g"


def everything(world: World) -> dict[str, list[Any]]:
    """Every row of the store."""
    with world.database.reading() as conn:
        return {
            table.name: sorted(map(repr, conn.execute(select(table))))
            for table in metadata.sorted_tables
        }


def asked(world: World, sender: str = PAT) -> tuple[TestClient, str]:
    """A reader with a verification mail: a browser, and the path of its link."""
    world.mail(sender, f"TRACK {CASE}")
    (mail,) = world.leave()
    return client_of(site_of(world)), f"/c/{mail.token('c')}"


def following(world: World) -> tuple[TestClient, dict[str, str]]:
    """A reader who follows a case: a browser, and the paths of the notice's links."""
    world.follow(PAT, CASE)
    world.court.enter(CASE, "Order:", "Something happened", world.now)
    (notice,) = world.sweep()
    paths = {letter: f"/{letter}/{notice.token(letter)}" for letter in "sa"}
    one_click = re.search(r"/u/[^>\s]+", str(notice.message["List-Unsubscribe"]))
    assert one_click is not None
    return client_of(site_of(world)), {**paths, "u": one_click[0]}


# --- Reading changes nothing (invariant 13, traps 42 and 45) ------------------------------------


def test_looking_never_acts(world: World) -> None:
    """Scanners, previews, HEAD and OPTIONS: before and after use, no row changes."""
    tokens = tokens_of(world)
    desk = WatchedDesk(world.desk)
    client = client_of(site_of(world, desk))
    for after_use in (False, True):
        before = everything(world)
        for letter, token in tokens.items():
            for method in ("GET", "HEAD", "OPTIONS"):
                for tail in ("", ".", "?utm_source=x", "&data=05%7C02"):
                    client.request(method, f"/{letter}/{token}{tail}")
        assert everything(world) == before
        assert desk.acts == []
        if not after_use:
            for letter in "csr":
                press(client, Seen(client.get(f"/{letter}/{tokens[letter]}")))
            desk.acts.clear()


@settings(deadline=None)
@given(
    st.sampled_from(["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE"]),
    st.sampled_from(["", *LETTERS, "unchanged", "help", "style", "healthz"]),
    st.text(max_size=60) | st.just(TOKEN) | st.just(f"{TOKEN}>"),
)
def test_only_post_acts(method: str, first: str, rest: str) -> None:
    facts = {"frame": samples()["help"]["frame"], "problem": "forged", "fresh": False}
    desk = WatchedDesk(PageDesk(Page("problem", facts, 404)))
    path = f"/{first}/{quote(rest, safe='')}"
    answer = client_of(plain_site(desk)).request(method, path)
    assert desk.acts == []
    assert answer.status_code in (200, 204, 404, 405)


# --- Verifying (S66-S70) -------------------------------------------------------------------------


def test_the_question_names_case_and_masked_address(world: World) -> None:
    client, path = asked(world)
    seen = Seen(client.get(path))
    assert seen.status == 200
    assert seen.heading == "15AB-CR00015 - ST V JASON L COFFMAN"
    assert "Do you want to track case number 15AB-CR00015?" in seen.text
    assert "p***@reader.example" in seen.text
    assert PAT not in seen.source


def test_the_button_verifies(world: World) -> None:
    client, path = asked(world)
    seen = press(client, Seen(client.get(path)))
    assert seen.status == 200
    assert seen.outcome == (
        f"You are now tracking case number {CASE}. You will receive an e-mail when an entry is "
        "made or updated on this case."
    )
    assert "See 'Track This Case' under Help for additional information." in seen.text
    assert (
        "Note: This e-mail notification is provided as a service and is not the official record "
        "of the court." in seen.text
    )
    world.court.enter(CASE, "Order:", "Something happened", world.now)
    assert templates(world.sweep()) == ["tracking", "notice"]


def test_pressing_twice_says_the_same(world: World) -> None:
    client, path = asked(world)
    question = Seen(client.get(path))
    first, second = press(client, question), press(client, question)
    assert (second.status, second.outcome) == (200, first.outcome)
    assert templates(world.leave()) == ["tracking"]


def test_pressing_at_once_in_many_places_is_one_change(world: World) -> None:
    """Trap 41."""
    client, path = asked(world)
    action, fields = Seen(client.get(path)).form()
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: client.post(action, data=fields), range(50)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({Seen(answer).outcome for answer in answers}) == 1
    assert templates(world.leave()) == ["tracking"]


def test_an_expired_link_asks_before_it_sends_a_fresh_one(world: World) -> None:
    client, path = asked(world)
    world.wait(days=8)
    before = everything(world)
    question = Seen(client.get(path))
    assert question.status == 410
    assert "This link has expired." in question.outcome
    assert everything(world) == before
    seen = press(client, question)
    assert seen.status == 410
    assert "A new e-mail with a new link is on its way to you." in seen.text
    (fresh,) = world.leave()
    assert fresh.row.template == "verify"
    again = press(client, Seen(client.get(f"/c/{fresh.token('c')}")))
    assert again.outcome.startswith("You are now tracking")


def test_i_did_not_ask_for_this(world: World) -> None:
    """decisions.md 27: from the verification page to the end, and back."""
    client, path = asked(world)
    page = Seen(client.get(path))
    question = Seen(client.get(page.link("I did not ask for this")))
    declined = press(client, question)
    assert declined.outcome == "The request is cancelled. Nothing is tracked because of it."
    late = press(client, page)
    assert (late.status, "I did not ask for this" in late.outcome) == (410, True)
    undone = press(client, declined)
    assert undone.outcome == '"I did not ask for this" is taken back.'
    verified = press(client, Seen(client.get(undone.link("go to the question"))))
    assert verified.outcome.startswith("You are now tracking")


# --- Stopping (S89-S98, S119-S127) ---------------------------------------------------------------


def test_stopping_one_case(world: World) -> None:
    client, paths = following(world)
    question = Seen(client.get(paths["s"]))
    assert f"Do you want to stop tracking case number {CASE}?" in question.text
    assert [b.text_content() for b in question.tree.xpath("//button")] == ["Yes"]
    assert question.link("No") == "/unchanged/stop/franklin"
    seen = press(client, question)
    assert seen.outcome == "You are no longer tracking this case."
    world.court.enter(CASE, "Order:", "Later", world.now)
    assert templates(world.sweep()) == ["stopped"]


def test_no_changes_nothing_and_leads_home(world: World) -> None:
    client, paths = following(world)
    before = everything(world)
    for letter in "sa":
        question = Seen(client.get(paths[letter]))
        seen = Seen(client.get(question.link("No")))
        assert seen.heading == "Nothing was changed"
        assert seen.link("Go to Case.net") == "/"
        assert "https://casenet.example/" in seen.source
    assert everything(world) == before


def test_stopping_all_cases_and_coming_back(world: World) -> None:
    world.follow(PAT, "15AB-DR00010")
    world.wait(hours=1)  # one verification mail a quarter of an hour
    client, paths = following(world)
    question = Seen(client.get(paths["a"]))
    assert "Do you want to stop tracking ALL cases?" in question.text
    assert CASE not in question.source  # a forwarded notice shows no other case (T-FWD)
    stopped = press(client, question)
    assert stopped.outcome == "You are no longer tracking any cases."
    undone = press(client, stopped)  # the page's one form is Undo
    assert undone.outcome == "You are tracking your cases again."
    assert templates(world.leave()) == ["stopped", "restored"]


def test_undo_from_the_page_is_for_a_day_and_by_the_mail_for_thirty(world: World) -> None:
    client, paths = following(world)
    stopped = press(client, Seen(client.get(paths["s"])))
    assert "You can undo this until April 2, 2026." in stopped.text
    action, _ = stopped.form()
    world.wait(days=2)
    asked_again = press(client, stopped)
    assert (asked_again.status, asked_again.outcome.split(":")[0]) == (
        400,
        "Nothing was changed yet",
    )
    assert press(client, asked_again).outcome == "You are tracking this case again."
    world.wait(days=40)
    late = press(client, Seen(client.get(action)))
    assert late.status in (200, 410)


def test_the_original_offers_no_undo(seed: World) -> None:
    client, paths = following(seed)
    seen = press(client, Seen(client.get(paths["s"])))
    assert seen.outcome == "You are no longer tracking this case."
    assert seen.tree.xpath("//form") == []


def test_a_question_by_mail_is_answered_on_its_page(world: World) -> None:
    """The link of "do you want to stop?" is a confirm link; its page asks S90 and says S93."""
    world.follow(PAT, CASE)
    world.mail(PAT, f"STOP {CASE}")
    (mail,) = world.leave()
    client = client_of(site_of(world))
    question = Seen(client.get(f"/c/{mail.token('c')}"))
    assert f"Do you want to stop tracking case number {CASE}?" in question.text
    assert question.link("No") == "/unchanged/stop/franklin"
    assert press(client, question).outcome == "You are no longer tracking this case."


# --- The form (trap 44) --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fields", [{}, {"nonce": ""}, {"nonce": TOKEN}, {"nonce": "x" * 500}, {"other": "1"}]
)
def test_a_post_without_the_page_s_word_changes_nothing(
    world: World, fields: dict[str, str]
) -> None:
    tokens = tokens_of(world)
    client = client_of(site_of(world))
    before = everything(world)
    for letter in LETTERS:
        seen = Seen(client.post(f"/{letter}/{tokens[letter]}", data=fields))
        assert seen.status == 400
        assert seen.outcome.startswith("Nothing was changed yet")
    assert everything(world) == before
    assert press(client, seen).status == 200  # the fresh word works


def test_a_word_of_one_page_is_no_good_on_another(world: World) -> None:
    client, paths = following(world)
    _, fields = Seen(client.get(paths["s"])).form()
    before = everything(world)
    assert client.post(paths["a"], data=fields).status_code == 400
    assert everything(world) == before


def test_a_word_is_good_for_a_day(world: World) -> None:
    client, paths = following(world)
    question = Seen(client.get(paths["s"]))
    world.wait(hours=24)
    late = press(client, question)
    assert late.status == 400
    assert press(client, late).outcome == "You are no longer tracking this case."


def test_after_use_even_a_blind_post_says_how_things_are(world: World) -> None:
    client, paths = following(world)
    press(client, Seen(client.get(paths["s"])))
    before = everything(world)
    assert client.post(paths["s"]).status_code in (200, 400)
    assert everything(world) == before


# --- RFC 8058 ------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["urlencoded", "multipart"])
def test_one_click(world: World, way: str) -> None:
    client, paths = following(world)
    body: dict[str, Any] = (
        {"data": ONE_CLICK}
        if way == "urlencoded"
        else {"files": {"List-Unsubscribe": (None, "One-Click")}}
    )
    for _ in range(3):  # repeated: still 200
        answer = client.post(paths["u"], **body)
        assert answer.status_code == 200
        assert Seen(answer).outcome == "You are no longer tracking this case."
    assert templates(world.leave()) == ["stopped"]


def test_one_click_on_a_raw_body(world: World) -> None:
    client, paths = following(world)
    answer = client.post(
        paths["u"],
        content=b"List-Unsubscribe=One-Click",
        headers={"content-type": "application/x-www-form-urlencoded; charset=utf-8"},
    )
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "fields", [{}, {"List-Unsubscribe": "Two-Clicks"}, {"list": "One-Click"}, {"nonce": TOKEN}]
)
def test_another_post_there_shows_the_stop_page(world: World, fields: dict[str, str]) -> None:
    client, paths = following(world)
    before = everything(world)
    seen = Seen(client.post(paths["u"], data=fields))
    assert seen.status == 400
    assert f"Do you want to stop tracking case number {CASE}?" in seen.text
    assert everything(world) == before
    assert seen.form()[0] == paths["s"].replace(paths["s"][3:], paths["u"][3:])


def test_one_click_elsewhere_is_a_post_without_a_word(world: World) -> None:
    client, paths = following(world)
    before = everything(world)
    for letter in "sa":
        assert client.post(paths[letter], data=ONE_CLICK).status_code == 400
    assert everything(world) == before


def test_a_forged_one_click_is_not_called_done(world: World) -> None:
    client, paths = following(world)
    forged = paths["u"][:-1] + ("A" if paths["u"][-1] != "A" else "Q")
    answer = client.post(forged[:-4] + "AAAA", data=ONE_CLICK)
    assert answer.status_code == 404


# --- What gateways do to links (traps 37, 38, 46, 47) --------------------------------------------

TAILS = [
    ".",
    ",",
    ")",
    ">",
    '"',
    "%3E",
    "%253E",
    "&data=05%7C02%7C",
    "%22",
    "%0D%0A",
    "%20",
    "/",
    "?x=1",
    "=",
    "%E2%80%8B",
    ";",
    "%29.",
]


@pytest.mark.parametrize("tail", TAILS)
def test_what_hangs_on_a_link_is_no_part_of_it(world: World, tail: str) -> None:
    client, path = asked(world)
    question = Seen(client.get(path + tail))
    assert question.status == 200
    assert question.form()[0] == path
    assert press(client, question).outcome.startswith("You are now tracking")


def test_a_link_folded_or_encoded_once_more_still_works(world: World) -> None:
    client, path = asked(world)
    token = path[3:]
    for mangled in (
        f"{token[:20]}%0A{token[20:]}",
        f"{token[:20]}%20{token[20:]}",
        quote(token, safe="").replace(".", "%2E"),
        quote(quote(token, safe="").replace(".", "%2E")),
        f"%3C{token}%3E",
    ):
        assert Seen(client.get(f"/c/{mangled}")).status == 200


@pytest.mark.parametrize("fold", [str.lower, str.upper])
def test_a_link_that_lost_its_letters_gets_help(world: World, fold: Any) -> None:
    client, path = asked(world)
    for method in ("GET", "POST"):
        answer = client.request(method, path[:3] + fold(path[3:]))
        seen = Seen(answer)
        assert seen.status == 404
        assert "lost its capital letters" in seen.outcome
        assert "open the e-mail again" in seen.text


# "." and ".." never arrive: whoever asks resolves them first (RFC 3986 5.2.4).
TEXTS = st.text(max_size=80).filter(lambda text: text not in {".", ".."})


@settings(deadline=None)
@given(TEXTS, st.sampled_from(list(LETTERS)), st.sampled_from(["GET", "POST"]))
def test_any_text_for_a_token_gets_a_page(text: str, letter: str, method: str) -> None:
    facts = {"frame": samples()["help"]["frame"], "problem": "forged", "fresh": False}
    client = client_of(plain_site(PageDesk(Page("problem", facts, 404))))
    seen = Seen(client.request(method, f"/{letter}/{quote(text, safe='')}"))
    assert seen.status == 404
    assert "does not work" in seen.outcome


def test_an_altered_token_is_told_from_a_good_one(world: World) -> None:
    client, path = asked(world)
    for place in range(3, len(path) - 1):
        altered = path[:place] + ("x" if path[place] != "x" else "y") + path[place + 1 :]
        assert client.get(altered).status_code == 404, place


def test_a_token_for_one_thing_is_no_good_for_another(world: World) -> None:
    tokens = tokens_of(world)
    client = client_of(site_of(world))
    for path, token in tokens.items():
        for letter in LETTERS:
            same = LETTERS[letter] == LETTERS[path]
            answer = client.get(f"/{letter}/{token}")
            assert (answer.status_code == 200) is same, (letter, path)


# --- The short code (confirm_web = "code") -------------------------------------------------------


def test_a_scanner_that_clicks_does_not_know_the_code(tmp_path: Any) -> None:
    from tests.world import worlds

    for world in worlds(tmp_path, more='confirm_web = "code"'):
        world.mail(PAT, f"TRACK {CASE}")
        (mail,) = world.leave()
        client = client_of(site_of(world))
        question = Seen(client.get(f"/c/{mail.token('c')}"))
        missing = press(client, question)
        assert (missing.status, "code from the e-mail is missing" in missing.outcome) == (422, True)
        wrong = press(client, question, code="AAAAA-AAAAA")
        assert wrong.status == 422
        assert wrong.tree.xpath("//input[@id='code']/@value") == ["AAAAA-AAAAA"]
        (code,) = set(re.findall(r"\b[0-9A-Z]{5}-[0-9A-Z]{5}\b", mail.text)) - {CASE}
        right = press(client, wrong, code=code.lower().replace("-", " "))
        assert right.outcome.startswith("You are now tracking")


def test_the_error_is_told_at_the_field_and_above() -> None:
    facts: Facts = {
        key: value for key, value in samples()["confirm+code-wrong"].items() if key != "form"
    }
    desk = PageDesk(Page("confirm", facts, 422))
    client = client_of(plain_site(desk))
    seen = press(client, Seen(client.get(f"/c/{TOKEN}")), code="<b>" + "x" * 100)
    assert desk.codes == ["<b>" + "x" * 37]
    (field,) = seen.tree.xpath("//input[@id='code']")
    assert field.get("aria-invalid") == "true"
    described = field.get("aria-describedby").split()
    assert [seen.tree.get_element_by_id(each).tag for each in described] == ["p", "p"]
    assert seen.tree.xpath("//*[@role='alert'][@autofocus]//a/@href") == ["#code"]
    assert seen.tree.xpath("//b") == []
