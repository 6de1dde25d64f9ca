"""Every page of every sample: the original's words, and a page that anybody can use."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from lxml import html

from mailbot.model import Facts
from mailbot.web.pages import SHEET, sheet
from mailbot.web.samples import samples, template_of
from tests.web.small_site import WORDING, Seen, client_of, plain_site

SAMPLES = samples()
TEMPLATES = Path(__file__).parents[2] / "templates" / "en" / "web"
NOTE = (
    "Note: This e-mail notification is provided as a service and is not the official record of "
    "the court."
)
HELP = "See 'Track This Case' under Help for additional information."
BANNER = "Important Notice: this pilot ends."
HOSTILE = '<script>alert(1)</script>"><img src=x onerror=y>\u202e\u2028{{ 7*7 }}'


def source(name: str, **changes: Any) -> str:
    return WORDING.page(template_of(name), "en", "franklin", {**SAMPLES[name], **changes})


def tree(name: str, **changes: Any) -> Any:
    return html.document_fromstring(source(name, **changes))


def words(page: Any) -> str:
    return " ".join(page.text_content().split())


def framed(name: str, **changes: Any) -> Facts:
    frame: Any = SAMPLES[name]["frame"]
    return {**frame, **changes}


# --- Literal texts (requirements.md G, I, K, L) --------------------------------------------------

LITERAL = {
    "confirmed": "You are now tracking case number 15AB-CR00015. You will receive an e-mail when "
    "an entry is made or updated on this case.",  # S67
    "stop": "Do you want to stop tracking case number 15AB-CR00015?",  # S90
    "stopped": "You are no longer tracking this case.",  # S93
    "stop-all": "Do you want to stop tracking ALL cases?",  # S121
    "stopped-all": "You are no longer tracking any cases.",  # S124
}


@pytest.mark.parametrize("profile", ["default", "seed"])
@pytest.mark.parametrize("name", LITERAL)
def test_the_original_s_words(name: str, profile: str) -> None:
    page = tree(name, frame=framed(name, profile=profile))
    told = words(page)
    assert LITERAL[name] in told
    assert told.index(LITERAL[name]) < told.index(HELP) < told.index(NOTE)  # S68, S69, S97, S98


@pytest.mark.parametrize("name", ["stop", "stop-all"])
def test_yes_and_no(name: str) -> None:
    """S91, S122: in the original's words, each told together with its question."""
    page = tree(name)
    (yes,) = page.xpath("//form[@method='post']//button[@type='submit']")
    (no,) = page.xpath("//form//a")
    assert (yes.text_content(), no.text_content()) == ("Yes", "No")
    for each in (yes, no):
        described = page.get_element_by_id(each.get("aria-describedby"))
        assert words(described) == LITERAL[name]


@pytest.mark.parametrize("name", SAMPLES)
def test_every_page_is_titled_and_never_carries_the_banner(name: str) -> None:
    """S140 and S128."""
    page = tree(name, frame=framed(name, banner=BANNER))
    assert page.findtext("head/title") == "Track This Case"
    assert [words(each) for each in page.xpath("//h1")] == ["Track This Case"]
    assert "Important Notice" not in words(page)
    assert HELP in words(page)
    assert NOTE in words(page)


RESULTS = [name for name in SAMPLES if template_of(name) in {
    "confirmed", "stopped", "stopped-all", "undone", "declined", "problem", "error", "not-found",
}]  # fmt: skip


@pytest.mark.parametrize("name", RESULTS)
def test_what_was_done_is_red_said_in_words_and_first(name: str) -> None:
    """S141, and mail-design.md: it takes the focus."""
    page = tree(name)
    (outcome,) = page.xpath("//main//*[@role='alert']")
    assert outcome.get("class") == "outcome"
    assert (outcome.get("tabindex"), outcome.get("autofocus")) == ("-1", "")
    assert len(words(outcome).split()) >= 4
    assert words(outcome).endswith(".")


@pytest.mark.parametrize("name", ["stop", "confirm", "help", "home", "unchanged+stop"])
def test_what_only_informs_is_not_red(name: str) -> None:
    assert tree(name).xpath("//*[@role='alert' or contains(@class, 'outcome')]") == []


@pytest.mark.parametrize("name", [n for n in SAMPLES if n.startswith("problem+")])
def test_a_problem_says_what_to_do(name: str) -> None:
    page = tree(name)
    assert "Nothing was changed." in words(page.xpath("//*[@role='alert']")[0])
    assert page.xpath("//main//a[starts-with(@href, 'mailto:track@court.example')]")


# --- Anybody can use it (WCAG 2.2 AA) ------------------------------------------------------------


@pytest.mark.parametrize("name", SAMPLES)
def test_a_page_is_small_and_self_sufficient(name: str) -> None:
    made = source(name)
    assert len(made.encode()) + len(sheet("#1f3a5f").encode()) < 15_000
    page: Any = html.document_fromstring(made)
    assert page.xpath("//script | //style | //img | //iframe | //@style | //@onclick") == []
    assert [each.get("href") for each in page.xpath("//link")] == ["style.css"]
    for target in page.xpath("//@href | //@action | //@src"):
        assert re.match(r"[\w+-]+\.(css|html)$|/[a-z]/|https://|mailto:|#code$", target), target


@pytest.mark.parametrize("name", SAMPLES)
def test_a_page_has_one_question_and_one_main_button(name: str) -> None:
    page = tree(name)
    assert len(page.xpath("//form")) <= 1
    assert len(page.xpath("//*[@id='question']")) <= 1
    main = page.xpath("//*[self::button or contains(@class, 'button')][not(contains(@class, 'sec"
                      "ond'))][not(contains(@class, 'buttons'))]")  # fmt: skip
    assert len(main) <= 1
    for form in page.xpath("//form"):
        assert form.get("method") == "post"
        assert len(form.xpath(".//input[@name='nonce'][@type='hidden']")) == 1
        assert len(form.xpath(".//button[@type='submit']")) == 1


@pytest.mark.parametrize("name", SAMPLES)
def test_a_page_is_well_built(name: str) -> None:
    page = tree(name)
    assert page.get("lang") == "en"
    assert [each.tag for each in page.find("body")] == ["header", "main", "footer"]
    assert [each.tag for each in page.xpath("//h1 | //h2 | //h3")][:1] == ["h1"]
    assert page.xpath("//h3") == []
    ids = page.xpath("//@id")
    assert len(ids) == len(set(ids))
    for names in page.xpath("//@aria-describedby"):
        assert set(names.split()) <= set(ids)
    for field in page.xpath("//input[@type!='hidden']"):
        (label,) = page.xpath(f"//label[@for='{field.get('id')}']")
        assert words(label)
    for link in page.xpath("//a | //button"):
        assert words(link)
    assert len(page.xpath("//*[@autofocus]")) <= 1
    assert "maximum-scale" not in page.xpath("//meta[@name='viewport']/@content")[0]


def test_links_that_look_alike_say_what_they_are_for() -> None:
    page = tree("confirmed+several")
    labels = page.xpath("//a[text()='Stop tracking']/@aria-label")
    assert len(labels) == len(set(labels)) == 3
    assert all(label.startswith("Stop tracking ") for label in labels)  # 2.5.3, label in name


@pytest.mark.parametrize("name", ["confirm+several", "stop+several", "stopped+several"])
def test_several_cases_are_all_named(name: str) -> None:
    told = words(tree(name))
    for number in ("15AB-CR00015", "08AB-CC00155", "000333666"):
        assert number in told
    assert "3 cases" in told


def test_hostile_words_stay_words() -> None:
    case = {"number": HOSTILE, "caption": HOSTILE, "url": None, "docket_url": None}
    hostile_form: Any = SAMPLES["confirm+code-wrong"]["form"]
    made = source(
        "confirm+code-wrong",
        cases=[case],
        address=HOSTILE,
        form={**hostile_form, "typed": HOSTILE},
    )
    page: Any = html.document_fromstring(made)
    assert page.xpath("//script | //img | //@onerror") == []
    assert "49" not in made
    assert "\u202e" not in made
    assert "<script>alert(1)</script>" in page.xpath("//input[@id='code']/@value")[0]


def test_the_page_speaks_of_its_court() -> None:
    page = tree("stop")
    assert words(page.find("body/header")) == "Circuit Court of Franklin County"
    assert words(page.xpath("//h2")[0]) == "15AB-CR00015 - ST V JASON L COFFMAN"
    assert "(555) 555-0142" in words(page.find("body/footer"))


def test_a_help_desk_without_telephone_or_hours() -> None:
    desk = {"name": "Clerk", "email": "clerk@court.example", "phone": "", "hours": ""}
    told = words(tree("stop", frame=framed("stop", help_desk=desk)))
    assert told.endswith("please contact the Clerk at clerk@court.example.")


# --- Colours -------------------------------------------------------------------------------------


def colours(scheme: str) -> dict[str, str]:
    light, dark = re.findall(r":root \{(.*?)\}", SHEET.read_text(), re.DOTALL)[:2]
    found = dict(re.findall(r"--(\w+): (#\w+);", light))
    return found if scheme == "light" else found | dict(re.findall(r"--(\w+): (#\w+);", dark))


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(each * 2 for each in colour[1:])
    shares = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    red, green, blue = (
        share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_and_edges_can_be_seen(scheme: str) -> None:
    """Words 7:1 (mail-design.md), edges and focus 3:1 (WCAG 1.4.11, 2.4.13)."""
    told = colours(scheme)
    for ground in ("paper", "quiet"):
        for word in ("ink", "dim", "link", "red"):
            assert contrast(told[word], told[ground]) >= 7, (word, ground)
        for edge in ("line", "focus"):
            assert contrast(told[edge], told[ground]) >= 3, (edge, ground)
    red = told["red"]
    assert int(red[1:3], 16) > 1.4 * max(int(red[3:5], 16), int(red[5:7], 16))  # S141: it is red


@pytest.mark.parametrize("colour", ["#1f3a5f", "#ffff00", "#ffffff", "#000000", "#d22630"])
def test_a_court_s_colour_always_carries_white_letters(colour: str) -> None:
    (court,) = re.findall(r"--court: (#\w+);", sheet(colour))
    assert contrast(court, "#ffffff") >= 7


# --- The pages for anybody -----------------------------------------------------------------------


def test_every_template_has_a_sample_and_every_sample_a_template() -> None:
    made = {path.stem for path in TEMPLATES.glob("[!_]*.html")}
    assert {template_of(name) for name in SAMPLES} == made


BOT = "track@court.example"
TAPS = ("TRACK%20", "TRACK%20", "REPORT", "STOP%20", "HELP")  # the rest only answers our mails


def test_home_says_where_to_write() -> None:
    seen = Seen(client_of(plain_site()).get("/"))
    assert "To start, write to track@court.example" in seen.text
    assert seen.tree.xpath("//a[@href='mailto:track@court.example?subject=TRACK%2015AB-CR00123']")


@pytest.mark.parametrize("path", ["/help", "/help/franklin"])
def test_help_lists_what_the_desk_offers(path: str) -> None:
    seen = Seen(client_of(plain_site()).get(path))
    assert seen.heading == "Help"
    verbs = [dt.text_content() for dt in seen.tree.xpath("//dt")]
    assert verbs == ["TRACK", "CONFIRM", "NO", "REPORT", "STOP", "UNDO", "HELP"]
    taps = seen.tree.xpath("//main//a/@href")
    assert taps == [f"mailto:{BOT}?subject={each}" for each in TAPS]
    for number in ("7 days", "30 days", "2,000 characters", "50 entries", "25 in one e-mail"):
        assert number in seen.text


def test_help_of_several_addresses_and_unknown_words() -> None:
    more = {
        "addresses": [{"address": f"{n}@court.example", "purpose": n} for n in ("track", "stop")],
        "verbs": [{"verb": "DANCE", "mailto": "mailto:track@court.example?subject=DANCE"}],
    }
    told = words(tree("help", **more))
    assert "stop@court.example" in told
    assert "DANCE" in told


@pytest.mark.parametrize("question", ["confirm", "expired", "decline", "stop", "stop-all", "undo"])
def test_no_says_that_nothing_was_changed(question: str) -> None:
    seen = Seen(client_of(plain_site()).get(f"/unchanged/{question}/franklin"))
    assert (seen.status, seen.heading) == (200, "Nothing was changed")
    assert seen.tree.xpath("//main//a/@href") == ["https://court.example/"]


def test_no_stays_where_a_court_has_no_home() -> None:
    site = {"style": "style.css", "help": "help.html", "home_url": ""}
    assert "You can close this page." in words(tree("unchanged+stop", site=site))


def test_the_sheet_is_in_the_court_s_colour() -> None:
    answer = client_of(plain_site()).get("/style/franklin.css")
    assert answer.headers["content-type"] == "text/css; charset=utf-8"
    assert answer.text == sheet("#1f3a5f")
