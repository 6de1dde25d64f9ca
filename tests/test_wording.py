"""Every word that leaves: the original's texts to the letter, our own order, no line a command.

The real names and addresses of the original appear here only (decisions.md 30).
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailbot import plain
from mailbot.colours import deep
from mailbot.config import HelpDesk, Limits, Settings, load
from mailbot.desk.reading import grammar, verbs
from mailbot.desk.telling.vocabulary import OFFERED
from mailbot.model import Reading, Rendered
from mailbot.samples.mails import samples
from mailbot.settings.folders import SHIPPED
from mailbot.wording import Wording, WordingError, frame, short, zone_name

NOW = datetime(2016, 2, 1, 15, 0, tzinfo=UTC)
LOADED = load(Path(__file__).parents[1] / "config.toml", {})
WORDING = Wording()
EVERY = [(profile, name) for profile in ("default", "seed") for name in samples()]
PILOT = (
    "Track This Case functionality is being provided on a pilot basis for 6 months in order to "
    "evaluate usage and sustainability of the feature. Pilot end date will be June 30, 2016."
)


def configured(profile: str) -> Settings:
    """The court of the original, as it named itself (S53, S133)."""
    desk = HelpDesk(
        name="Office of State Courts Administrator Help Desk",
        email="osca.help.desk@courts.mo.gov",
        phone="1(888)541-4894",
        hours="7:30 a.m. to 5:00 p.m. Monday through Friday, excluding state holidays",
    )
    court = LOADED.court["franklin"].model_copy(update={"profile": profile, "help_desk": desk})
    return LOADED.model_copy(update={"court": {"franklin": court}})


def mail(name: str, profile: str = "default", facts: Any = None, **changed: Any) -> Rendered:
    if facts is None and not changed:
        return sample(name, profile)
    told = {**(samples()[name] if facts is None else facts), **changed}
    framed = {"frame": frame(configured(profile), "franklin", NOW)}
    return WORDING.mail(name.partition("+")[0], "en", "franklin", {**framed, **told})


@cache
def sample(name: str, profile: str) -> Rendered:
    """A sample's mail, which many tests look at."""
    return mail(name, profile, samples()[name])


def folded(text: str) -> str:
    """A text with every run of white space one space (G40)."""
    return " ".join(text.split())


def visible(markup: str) -> str:
    """The words of an HTML part, folded."""
    body = markup[markup.index("<main>") :]
    words = re.sub(r"<span class=\"label\".*?</span>|<[^>]+>", " ", body)
    return re.sub(r" ([.,?!)])", r"\1", folded(html.unescape(words)))


def in_order(text: str, *literals: str) -> None:
    """Each literal stands in the folded text, behind the one before."""
    place = 0
    for literal in literals:
        found = text.find(folded(literal), place)
        assert found >= 0, f"{literal!r} is missing behind {text[max(0, place - 60) : place]!r}"
        place = found + len(folded(literal))


# --- The original to the letter ---------------------------------------------------------------

HELP_DESK = (
    "If you need technical assistance, please contact the Office of State Courts Administrator "
    "Help Desk at osca.help.desk@courts.mo.gov or toll-free by phone at 1(888)541-4894.",
    "The Help Desk is available 7:30 a.m. to 5:00 p.m. Monday through Friday, excluding state "
    "holidays.",
)
FOOTER = ("This e-mail is auto generated. Please do not respond.", *HELP_DESK)
SENTINEL = "This e-mail is auto generated."
# Every other mail may be answered, in the original's profile too (S131, S132).
OURS = (
    "This e-mail is auto generated. You can answer this e-mail with a command: STOP, REPORT, HELP.",
    *HELP_DESK,
)
BANNER = ("Important Notice:", PILOT)
RECORD = (
    "Note: This e-mail notification is provided as a service and is not the official record of "
    "the court."
)
HELP = "See 'Track This Case' under Help for additional information"
FOOTNOTE = (
    '* If "None entered at this time" displays in the text field, the court has not entered any '
    "text on this entry. The first 2000 characters of text is provided in this notice. To see "
    "additional information about the entry made by the court, see Case.net."
)
SEED = {
    "verify": (  # S55, S57, S58, S61, S62, S64
        "You are receiving this e-mail because you signed up to track case number 15AB-CR00015",
        "through the Missouri Judiciary's Case.net.",
        *BANNER,
        "Please verify your email address by clicking the link below:",
        "https://track.court.example/c/",
        '"Track This Case" provides e-mail notification when changes occur on this case.',
        "Note: Keep this email for future reference. If at any time you wish to stop the e-mail "
        "notifications for this case select Stop Tracking or you can access Track This Case via "
        'Missouri Case.net and request a "Tracking Report". You will be sent a list of cases that '
        "you are currently tracking with the option to stop tracking any or all cases.",
        *FOOTER,
    ),
    "notice+short": (  # S72, S74-S79, S84, S85, S82, S87; in this order on the seed's picture
        "Information on case number 15AB-CR00015 has been added or updated. Please see the details "
        "below:",
        *BANNER,
        "Filing Date",
        "11/16/15 9:21 AM",
        "Filing:",
        "Track This Case Docket Text",
        "11/18/15 9:21 AM",
        "Stop Tracking This Case",
        "Stop Tracking ALL Cases",
        FOOTNOTE,
        *FOOTER,
    ),
    "report": (  # S108-S114, S117
        "You are receiving this e-mail because you requested a tracking report through Track This "
        "Case on Missouri Case.net. If you no longer wish to track a case, click the Stop Tracking "
        "link beside the case. If you no longer wish to track all cases, click the Stop Tracking "
        "ALL Cases link below the list of cases.",
        *BANNER,
        "You are currently tracking the following cases:",
        "15AB-CR00015",
        "Stop tracking",
        "08AB-CC00155",
        "Stop tracking",
        "000333666",
        "Stop tracking",
        "Stop Tracking ALL Cases",
        *FOOTER,
    ),
    "tracking": (  # S67, S68, S69
        "You are now tracking case number 15AB-CR00015. You will receive an e-mail when an entry "
        "is made or updated on this case.",
        HELP,
        RECORD,
        *OURS,
    ),
    "stop-ask": ("Do you want to stop tracking case number 15AB-CR00015?", HELP, RECORD, *OURS),
    "stop-ask+all": ("Do you want to stop tracking ALL cases?", HELP, RECORD, *OURS),
    "stopped": ("You are no longer tracking this case.", HELP, RECORD, SENTINEL, *HELP_DESK),
    "stopped+all": ("You are no longer tracking any cases.", HELP, RECORD, SENTINEL, *HELP_DESK),
    "no-records": ("No Records Found.", *OURS),
}


@pytest.mark.parametrize("name", SEED)
def test_seed_says_what_the_original_says_in_its_order(name: str) -> None:
    written = mail(name, "seed")
    in_order(folded(written.text), *SEED[name])
    in_order(visible(written.html), *SEED[name])


def test_seed_mails_hold_no_more_than_the_original() -> None:
    """S60, S116: no disclaimer in the three mails, no style in the report; S77: no marks."""
    for name in ("verify", "notice", "report"):
        written = mail(name, "seed")
        assert "not the official record" not in written.text + written.html
        assert "You can answer" not in written.text
    for written in (mail("report", "seed"), mail("notice", "seed"), mail("verify", "seed")):
        assert "COFFMAN" not in written.text + visible(written.html)
    notice = mail("notice", "seed")
    assert not re.search(r"\b(NEW|UPDATED)\b", notice.text + visible(notice.html))


def test_seed_links_where_the_original_links() -> None:
    """S56, S63, S73, S84, S85, S112, S113, S114, S135."""
    verify, notice, report = (mail(name, "seed").html for name in ("verify", "notice", "report"))
    case = "https://casenet.court.example/case/15AB-CR00015"
    assert re.search(rf'href="{case}"[^>]*>15AB-CR00015<', verify)
    assert re.search(r'href="https://[^"]*/s/[^"]*"[^>]*>Stop Tracking<', verify)
    assert re.search(rf'href="{case}/docket"[^>]*>15AB-CR00015<', notice)
    assert re.search(r'href="https://[^"]*/s/[^"]*"[^>]*>Stop Tracking This Case<', notice)
    assert re.search(r'href="https://[^"]*/a/[^"]*"[^>]*>Stop Tracking ALL Cases<', notice)
    assert re.search(rf'href="{case}"[^>]*>15AB-CR00015<', report)
    assert len(re.findall(r'href="https://[^"]*/s/[^"]*"[^>]*>Stop tracking<', report)) == 3
    for part in (verify, notice, report):
        assert 'href="mailto:osca.help.desk@courts.mo.gov"' in part


def test_the_table_has_the_four_columns_of_the_original() -> None:
    for profile in ("seed", "default"):
        heads = re.findall(r'<th [^>]*scope="col"[^>]*>([^<]*)', mail("notice", profile).html)
        assert heads == ["Filing Date", "Description", "Text *", "Last Activity Date"]
    for profile in ("seed", "default"):
        heads = re.findall(r'<th [^>]*scope="col"[^>]*>([^<]*)', mail("report", profile).html)
        assert heads == ["Case Number", "Action"]


def test_an_entry_without_text_says_so() -> None:
    """S81."""
    for profile in ("seed", "default"):
        written = mail("notice", profile)
        assert "Text *              None entered at this time" in written.text
        assert "None entered at this time</td>" in written.html


ELSEWHERE = "handed-on"  # its answer goes to a person


@pytest.mark.parametrize("name", samples())
def test_seed_wants_no_answer_to_its_three_mails_only(name: str) -> None:
    """S131, S132: what says "answer this e-mail" does not end "Please do not respond."."""
    three = name.partition("+")[0] in ("verify", "notice", "report")
    for text in (folded(mail(name, "seed").text), visible(mail(name, "seed").html)):
        assert ("Please do not respond." in text) == three
        offered = not three and name != ELSEWHERE
        assert ("You can answer this e-mail with a command:" in text) == offered


# --- Our own order ----------------------------------------------------------------------------

UNDOABLE = ("stopped", "stopped+all", "stopped+undo", "stopped+undo-all", "declined")
ANSWERS = {  # what the footer offers where it is not "STOP, REPORT, HELP"
    **dict.fromkeys(("verify", "verify+late"), "yes, NO, HELP"),
    **dict.fromkeys((*UNDOABLE, "link-problem+declined"), "UNDO, REPORT, HELP"),
}


@pytest.mark.parametrize("name", samples())
def test_every_default_mail_can_be_answered_and_is_no_record(name: str) -> None:
    """mail-design.md 5; G36."""
    written = mail(name)
    offer = f"You can answer this e-mail with a command: {ANSWERS.get(name, 'STOP, REPORT, HELP')}."
    for text in (folded(written.text), visible(written.html)):
        in_order(
            text,
            "This e-mail is auto generated.",
            "" if name == ELSEWHERE else offer,
            "If you need technical assistance",
            RECORD,
        )
        assert "Please do not respond" not in text


@pytest.mark.parametrize(("profile", "name"), EVERY)
def test_the_footer_opens_with_our_sentinel(profile: str, name: str) -> None:
    """mail-interface.md 5.2.6; trap 98."""
    lines = mail(name, profile).text.split("\n")
    assert sum(line.startswith(plain.SENTINELS) for line in lines) == 1


def test_default_notice_tells_the_substance_first() -> None:
    """mail-design.md 1 to 3."""
    written = mail("notice")
    assert written.subject == "15AB-CR00015 ST V JASON L COFFMAN: docket activity"
    assert written.text.startswith("2 new entries, 1 updated entry, 1 entry no longer shown\n")
    sequence = (
        "in 15AB-CR00015 - ST V JASON L COFFMAN (Circuit Court of Franklin County)",
        "Information on case number 15AB-CR00015 has been added or updated.",
        "Important Notice:",
        "NEW Filing:",
        "Track This Case Docket Text",
        "NEW Judge/Clerk - Note",
        "UPDATED Hearing Continued/Rescheduled",
        "Changed text, filing date",
        "(1,312 more characters, see Case.net)",
        "An entry of November 12, 2015 is NO LONGER SHOWN.",
        "All times are Central Time.",
        FOOTNOTE,
        "To stop this case: https://track.court.example/s/",
        "To stop ALL cases: https://track.court.example/a/",
        "This e-mail is auto generated.",
    )
    in_order(folded(written.text), *sequence)
    assert written.text.count("Central Time") == 1  # G21


@pytest.mark.parametrize(
    ("added", "updated", "removed", "opening"),
    [
        (1, 0, 0, "1 new entry in"),
        (2, 1, 0, "2 new entries, 1 updated entry in"),
        (0, 2, 0, "2 updated entries in"),
        (0, 0, 1, "1 entry no longer shown in"),
        (1040, 0, 2, "1,040 new entries, 2 entries no longer shown in"),
    ],
)
def test_the_first_line_counts(added: int, updated: int, removed: int, opening: str) -> None:
    written = mail("notice", added=added, updated=updated, removed=removed)
    assert folded(written.text).startswith(opening)
    assert opening in visible(written.html)


def test_a_notice_says_what_it_does_not_show() -> None:
    """G23."""
    for profile, end in (("default", "."), ("seed", "; see Case.net.")):
        for count, said in ((1040, "1,040 more entries are"), (1, "1 more entry is")):
            written = mail("notice", profile, hidden_more=count)
            for text in (folded(written.text), visible(written.html)):
                assert f"{said} not shown in this e-mail{end}" in text


def test_the_first_lines_are_sentences() -> None:
    place = "15AB-CR00015 - ST V JASON L COFFMAN (Circuit Court of Franklin County)"
    assert folded(mail("lookup").text).startswith(f"This is {place}. ")
    assert f"want to track {place}. " in folded(mail("verify").text)
    several = mail("verify", cases=samples()["stop-which"]["cases"])
    assert "3 cases (Circuit Court of Franklin County). " in folded(several.text)


def test_the_report_says_what_its_links_to_the_court_s_site_are() -> None:
    lines = mail("report").text.split("\n")
    sites = [at for at, line in enumerate(lines) if line.startswith("https://casenet")]
    assert len(sites) == 3
    assert {lines[at - 1] for at in sites} == {"See this case on Case.net:"}


def test_now_tracking_explains_the_mark_of_its_entries() -> None:
    """S82: "Text *" and "None entered at this time" mean nothing without the footnote."""
    written = mail("tracking")
    assert "Text *" in written.text
    for text in (folded(written.text), visible(written.html)):
        in_order(text, "None entered at this time", "All times are", FOOTNOTE)
    for none in ("tracking+unread",):
        assert "Text *" not in mail(none).text
        assert FOOTNOTE not in folded(mail(none).text)


# --- In any mail program ------------------------------------------------------------------------


@pytest.mark.parametrize("profile", ["default", "seed"])
def test_the_labels_of_a_stacked_table_are_words_in_it(profile: str) -> None:
    """Mail programs drop what a style sheet would write (::before); they keep what is there."""
    written = mail("notice+short", profile)
    assert "::before" not in written.html
    labels = re.findall(r'<span class="label"[^>]*><strong>([^<]*)', written.html)
    description = ["Description"] if profile == "seed" else []  # NEW stands there in ours
    assert labels == ["Filing Date", *description, "Text *", "Last Activity Date"]
    plain_labels = re.findall(r'class="label"[^>]*><strong>([^<]*)', mail("tracking").html)
    assert plain_labels[:4] == ["Filing Date", "Description", "Text *", "Last Activity Date"]


def test_a_long_word_may_break_and_stays_escaped() -> None:
    """A column grows to its longest word where the style sheet is dropped."""
    told = "a<b>&" * 8 + " see Continued/Rescheduled, twenty-five-letters-words"
    entry = {**samples()["notice"]["entries"][0], "text": told, "description": "x" * 40 + "/y"}  # type: ignore[index]
    page = mail("notice", entries=[entry]).html
    assert "a&lt;b&gt;&amp;a&lt;b&gt;&amp;a&lt;<wbr>b&gt;&amp;a&lt;b&gt;" in page
    assert "see Continued/Rescheduled, twenty-five-letters-words" in page
    assert "x" * 12 + "<wbr>" + "x" * 12 + "<wbr>" + "x" * 16 + "/<wbr>y" in page
    assert "overflow-wrap:anywhere" not in page.partition("<tbody>")[2].partition("</tbody>")[0]


def test_links_with_the_same_words_are_told_apart() -> None:
    """WCAG 2.4.4: "by e-mail, by e-mail, by e-mail" says nothing to who hears the links alone."""
    for name in ("notice", "report", "tracking", "already", "stop-which", "verify"):
        links = re.findall(r'<a [^>]*href="([^"]*)"([^>]*)>(.*?)</a>', mail(name).html, re.DOTALL)
        named: dict[str, set[str]] = {}
        for target, attributes, words in links:
            label = re.search(r'aria-label="([^"]*)"', attributes)
            assert label is None or folded(words).casefold() in label[1].casefold()
            named.setdefault(label[1] if label else folded(words), set()).add(target)
        assert {words: to for words, to in named.items() if len(to) > 1} == {}, name
    assert 'aria-label="Stop tracking 08AB-CC00155"' in mail("report").html
    assert 'aria-label="Stop Tracking ALL Cases by e-mail"' in mail("report").html


def test_a_removed_entry_is_told_by_its_date_alone() -> None:
    """G3: never the removed text."""
    entry = {**samples()["notice"]["entries"][3], "text": "SECRET", "description": "SECRET"}  # type: ignore[index]
    written = mail("notice", entries=[entry])
    assert "SECRET" not in written.text + written.html


def test_without_web_links_the_mail_still_works() -> None:
    """G28: an empty url leaves the mailto."""
    facts = _without_urls(samples()["verify"])
    written = mail("verify", facts=facts)
    assert "https://" not in written.text
    assert "subject=CONFIRM" in written.text
    assert 'href=""' not in written.html


def _without_urls(value: Any) -> Any:
    if hasattr(value, "mailto"):
        return type(value)("", value.mailto)
    if isinstance(value, Mapping):
        return {key: _without_urls(each) for key, each in value.items() if key != "url"} | (
            {"url": None} if "url" in value else {}
        )
    return [_without_urls(each) for each in value] if isinstance(value, list) else value


def test_several_cases_in_one_verification() -> None:
    """decisions.md 14."""
    cases = samples()["stop-which"]["cases"]
    written = mail("verify", cases=cases)
    assert written.subject == "3 cases to track: please verify your e-mail address"
    for case in cases:  # type: ignore[attr-defined]
        assert case["number"] in written.text
        assert f"To stop {case['number']}:" in written.text
        assert case["number"] in visible(written.html)


def test_the_report_tells_the_courts() -> None:
    """S115."""
    row = {**samples()["report"]["cases"][0], "court_name": "Boone County"}  # type: ignore[index]
    written = mail("report", elsewhere=[row], court_closed=True)
    for text in (written.text, visible(written.html)):
        in_order(folded(text), "only numbers are shown", "In other courts:", "Boone County")


def test_refusals_read_the_same_for_unknown_and_hidden() -> None:
    """mail-interface.md 0.5, S35, G17."""
    text = folded(mail("refused+several").text)
    assert (
        "Access Denied: case 15AB-CR99999 cannot be viewed with your access, or no case has that "
        "number." in text
    )
    assert (
        "This case is with the Fine Collection Center. Cases with the Fine Collection Center are "
        "not eligible for Track This Case." in text
    )
    for reason in ("closed", "too-many", "excluded"):
        item = {"number": "1", "reason": reason, "sentence": None}
        assert len(mail("refused", items=[item]).text.split()) > 20


def test_help_lists_what_is_offered_and_nothing_else() -> None:
    """Trap 93."""
    offered = [
        {"verb": verb, "mailto": f"mailto:a@b.example?subject={verb}"} for verb in ("TRACK",)
    ]
    text = mail("help", verbs=offered).text
    assert '"TRACK 12AB-CD00034"' in text
    for verb in ("REPORT", "UNDO", "CASE", "PAUSE"):
        assert verb not in text.partition("This e-mail is auto generated.")[0]
    for limit in ("25 commands", "100 case numbers", "7 days", "30 days", "2,000 characters"):
        assert limit in folded(text)


def test_help_offers_no_tap_that_cannot_work() -> None:
    """What only answers a mail of ours has no link; a case's number is the reader's to write."""
    written = mail("help")
    at = "mailto:track@court.example?subject="
    taps = [f"{at}TRACK%20", f"{at}REPORT", f"{at}STOP%20", f"{at}HELP"]
    assert re.findall(r"(?m)^mailto:.*$", written.text) == taps
    cells = written.html.partition("<tbody>")[2].partition("</tbody>")[0]
    assert re.findall(r'href="([^"]*)"', cells) == taps
    in_order(
        folded(written.text),
        'To track a case, write TRACK and its number, for example "TRACK 12AB-CD00034":',
        "To verify your address or to say Yes, answer our e-mail with CONFIRM.",
        "To say that you did not ask for our e-mail, answer it with NO.",
        "To stop one case, write STOP and its number; for all, STOP ALL:",
        "To undo a stop, answer our receipt with UNDO.",
    )
    assert {verb["verb"] for verb in samples()["help"]["verbs"]} == set(OFFERED)  # type: ignore[attr-defined]


def test_the_banner_is_there_only_while_it_is_up() -> None:
    """S128, S129."""
    late = frame(configured("default"), "franklin", datetime(2016, 8, 1, tzinfo=UTC))
    assert "Important Notice" not in mail("notice", frame=late).text
    for name in ("verify", "notice", "report"):
        assert mail(name).text.count("Important Notice:") == 1
    for name in ("stop-ask", "stopped"):
        assert "Important Notice" not in mail(name).text


def test_a_help_desk_without_telephone_or_hours() -> None:
    told = dict(frame(configured("default"), "franklin", NOW))
    told["help_desk"] = {"name": "Clerk", "email": "c@court.example", "phone": "", "hours": ""}
    text = folded(mail("notice", frame=told).text)
    assert "please contact the Clerk at c@court.example. Note:" in text


# --- Lines ------------------------------------------------------------------------------------


@cache
def reads(text: str) -> Reading:
    return grammar.read("", text, LOADED.court["franklin"].number_shapes, Limits())


@pytest.mark.parametrize(("profile", "name"), EVERY)
def test_no_line_of_ours_is_a_command(profile: str, name: str) -> None:
    """decisions.md 18, trap 9: our mail pasted as new text does nothing, nor does its subject."""
    written = mail(name, profile)
    assert reads(written.text).commands == ()
    for line in written.text.split("\n"):
        assert reads(line).commands == (), line
    shapes = LOADED.court["franklin"].number_shapes
    assert grammar.read(f"Re: {written.subject}", "", shapes, Limits()).commands == ()


COMMANDS = ("STOP ALL", "CONFIRM", "yes", "si", "ja", "NO", "REPORT", "15AB-CR00015", "UNDO", "7")


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.sampled_from([*COMMANDS, "word", "longer words here", "\n", "-", "> "]), max_size=30
    ),
    st.sampled_from([name for _, name in EVERY]),
    st.sampled_from(["default", "seed"]),
)
def test_no_docket_text_makes_a_command(words: list[str], name: str, profile: str) -> None:
    """Captions, descriptions and texts full of commands, wherever the lines break."""
    told = _captioned(samples()[name], " ".join(words))
    for line in mail(name, profile, told).text.split("\n"):
        assert reads(line).commands == (), line


def _captioned(value: Any, text: str) -> Any:
    if isinstance(value, Mapping):
        foreign = ("caption", "description", "text", "line", "sentence")
        return {
            key: text if key in foreign and each is not None else _captioned(each, text)
            for key, each in value.items()
        }
    return [_captioned(each, text) for each in value] if isinstance(value, list) else value


def test_the_guard_knows_every_verb() -> None:
    """What the grammar reads, no line of ours begins with."""
    known = {word.casefold() for name in verbs.NAMES for word in name.split()[:1]} - {
        "?",
        "tracking",
    }
    known |= {absent.name.split()[0].casefold() for absent in verbs.NOT_OFFERED}
    assert known <= plain.COMMAND_WORDS


@pytest.mark.parametrize(("profile", "name"), EVERY)
def test_lines_fit(profile: str, name: str) -> None:
    """72 columns for words, 100 for links (trap 58)."""
    for line in mail(name, profile).text.split("\n"):
        limit = 100 if re.match(r"https?://|mailto:", line) else plain.COLUMNS
        assert len(line) <= limit, line
        assert line == line.rstrip()


def test_colours_are_readable() -> None:
    """Contrast 7:1, light and dark, of every colour of letters on its ground (WCAG 1.4.6)."""
    source = (SHIPPED / "en/mail/_parts.html").read_text() + (
        SHIPPED / "en/mail/_frame.html"
    ).read_text()
    dark = source[source.index("prefers-color-scheme: dark") : source.index("@media print")]
    light = source.replace(dark, "")
    for ink in set(re.findall(r"(?<![-\w])color: ?(#[0-9a-f]{6})", light)) - {"#ffffff"}:
        assert _contrast(ink, "#ffffff") >= 7 or ink == "#000000"
        assert _contrast(ink, "#eef1f5") >= 7
    for ink in set(re.findall(r"(?<![-\w])color: (#[0-9a-f]{6})", dark)):
        assert _contrast(ink, "#141414") >= 7
        assert _contrast(ink, "#262b33") >= 7


def _contrast(one: str, other: str) -> float:
    lights = sorted(map(_luminance, (one, other)))
    return (lights[1] + 0.05) / (lights[0] + 0.05)


def _luminance(colour: str) -> float:
    shares = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (
        share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@given(st.integers(0, 0xFFFFFF))
def test_letters_on_a_court_s_colour_are_readable(number: int) -> None:
    assert _contrast(deep(f"#{number:06x}"), "#ffffff") >= 6.99


def test_a_dark_colour_stays_and_nonsense_becomes_the_default() -> None:
    assert deep("#1f3a5f") == "#1f3a5f"
    assert deep("red; background:url(x)") == "#1f3a5f"


# --- Templates --------------------------------------------------------------------------------


def test_every_mail_is_a_folder_of_three_files() -> None:
    folders = {path.name for path in (SHIPPED / "en/mail").iterdir() if path.is_dir()}
    assert folders == {name.partition("+")[0] for name in samples()}
    for folder in folders:
        files = {path.name for path in (SHIPPED / "en/mail" / folder).iterdir()}
        assert files == {"subject.txt", "body.txt", "body.html"}


def test_attributes_are_quoted_and_nothing_is_marked_safe() -> None:
    """2.7, T-HTML; a macro of a text file would come into HTML unescaped."""
    for path in (SHIPPED / "en/mail").rglob("*.html"):
        source = path.read_text()
        assert not re.search(r"=\{\{|\|\s*safe|autoescape", source), path
        for imported in re.findall(r'import[^%]*|from "([^"]+\.txt)"', source):
            if imported:
                assert "{% macro" not in (SHIPPED / "en" / imported).read_text(), imported


def test_a_missing_fact_is_an_error() -> None:
    facts = {key: value for key, value in samples()["notice"].items() if key != "stop_all"}
    with pytest.raises(WordingError, match="'stop_all' is undefined"):
        mail("notice", facts=facts)
    with pytest.raises(WordingError, match=r"mail/nothing/subject\.txt"):
        mail("nothing", facts={})
    with pytest.raises(WordingError, match=r"web/nothing\.html"):
        WORDING.page("nothing", "en", "franklin", {})


@pytest.mark.parametrize("language", ["xx", "", "../en", "en/../../etc", "EN"])
def test_an_unknown_language_is_english(language: str) -> None:
    facts = {
        **samples()["notice"],
        "frame": frame(configured("default"), "franklin", NOW, language),
    }
    assert WORDING.mail("notice", language, "franklin", facts) == mail("notice")
    assert WORDING.spoken(language) == "en"


def test_a_court_s_own_template_wins(tmp_path: Path) -> None:
    own = tmp_path / "courts/franklin/en/mail/notice"
    own.mkdir(parents=True)
    (own / "subject.txt").write_text("Our own {{ case.number }}\n")
    facts = {**samples()["notice"], "frame": frame(configured("default"), "franklin", NOW)}
    wording = Wording(tmp_path)
    assert wording.mail("notice", "en", "franklin", facts).subject == "Our own 15AB-CR00015"
    assert wording.mail("notice", "en", "boone", facts).subject == mail("notice").subject
    assert wording.mail("notice", "en", "../franklin", facts).subject == mail("notice").subject


def test_a_language_of_one_s_own_falls_back_file_by_file(tmp_path: Path) -> None:
    spanish = tmp_path / "es/mail/notice"
    spanish.mkdir(parents=True)
    (spanish / "subject.txt").write_text("{{ case.number }}: novedades {{ last_read_at|day }}\n")
    facts = {**samples()["notice"], "frame": frame(configured("default"), "franklin", NOW, "es")}
    written = Wording(tmp_path).mail("notice", "es", "franklin", facts)
    assert written.subject == "15AB-CR00015: novedades 18 de noviembre de 2015"
    assert "NO LONGER SHOWN" in written.text


def test_a_template_cannot_reach_python(tmp_path: Path) -> None:
    """T-SSTI."""
    own = tmp_path / "en/mail/notice"
    own.mkdir(parents=True)
    (own / "subject.txt").write_text("{{ case.__class__.__mro__ }}")
    with pytest.raises(WordingError):
        Wording(tmp_path).mail("notice", "en", "franklin", samples()["notice"])


def test_times_are_the_court_s(tmp_path: Path) -> None:
    """S76, trap 95: summer and winter, midnight and noon."""
    own = tmp_path / "en/mail/clock"
    own.mkdir(parents=True)
    (own / "subject.txt").write_text(
        "{% for at in times %}{{ at|when }}; {% endfor %}{{ end|day }}"
    )
    (own / "body.txt").write_text("{{ none|when }}{{ none|day }}")
    (own / "body.html").write_text("{{ count|number }}")
    times = [
        datetime(2015, 11, 16, 15, 21, tzinfo=UTC),
        datetime(2016, 7, 1, 5, 0, tzinfo=UTC),
        datetime(2016, 2, 29, 18, 5, tzinfo=UTC),
    ]
    facts = {"times": times, "end": date(2016, 6, 30), "none": None, "count": 1234567}
    facts["frame"] = frame(configured("default"), "franklin", NOW)
    written = Wording(tmp_path).mail("clock", "en", "franklin", facts)
    assert written.subject == "11/16/15 9:21 AM; 7/1/16 12:00 AM; 2/29/16 12:05 PM; June 30, 2016"
    assert written.text == "\n"
    assert written.html == "1,234,567\n"


def test_zones_have_the_names_that_people_use() -> None:
    assert zone_name("America/Chicago", "en") == "Central Time"
    assert zone_name("Etc/UTC", "en") == "UTC"
    assert zone_name("America/Chicago", "xx") == "Central Time"


def test_short_keeps_characters_whole() -> None:
    assert short("abc", 3) == "abc"
    assert short("abcd", 3) == "ab\u2026"
    assert short("ae\u0301d", 3) == "a\u2026"


def test_frame_of_an_unnamed_mailbox() -> None:
    told: Any = frame(configured("seed"), "franklin", NOW, "not a language")
    assert told["bot"]["display"] == "Missouri Courts Case.net System"
    assert told["bot"]["help_mailto"] == "mailto:track@court.example?subject=HELP"
    assert told["language"] == "en"
    assert told["profile"] == "seed"
    assert told["banner"].endswith(PILOT)
