"""New text ends where the quotation begins, in any client's language (T-QUOTE, traps 8, 9, 12, 98)."""

from __future__ import annotations

import itertools
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailbot.config import Limits
from mailbot.desk.reading.grammar import read
from mailbot.inbound.reading.newtext import MOST_LINES_READ, split
from mailbot.model import Verb
from mailbot.plain import SENTINELS
from tests.fixtures_folder import SHAPES

LIMITS = Limits()
OURS = "Information on case number 15AB-CR00015 has been added.\n\nSTOP ALL\n\nTRACK 15AB-CR00016"
MARKED = "\n".join(f"> {line}" for line in OURS.split("\n"))
TRACKED = "TRACK 15AB-CR00123"

# What mail programs write above a quotation, by language.
ATTRIBUTIONS = {
    "en": [
        "On Mon, Mar 2, 2026 at 9:21 AM Track This Case <track@court.example> wrote:",
        "On 02/03/2026 09:21, Track This Case wrote:",
        "On 2 Mar 2026, at 09:21, Track This Case <track@court.example> wrote:",
        "On Monday, March 2, 2026 at 9:21 AM, Track This Case wrote:",
        "On Monday, March 2, 2026, 09:21:32 AM CST, Track <track@court.example> wrote:",
        "Track This Case <track@court.example> wrote:",
        "2026-03-02 09:21 GMT-06:00 Track This Case <track@court.example>:",
        "---- On Mon, 02 Mar 2026 09:21:00 -0600 track@court.example wrote ----",
        "* Track This Case <track@court.example> [2026-03-02 09:21]:",
        "Quoting Track This Case <track@court.example>:",
        "At 09:21 AM 3/2/2026, Track This Case wrote:",
        "Court ---03/02/2026 09:21:00 AM---Information on your case",
    ],
    "fa": ["در تاریخ سه\u200cشنبه ۳ مارس ۲۰۲۶،\u200f ۹:۰۰ Track <track@court.example> نوشت:"],
    "hi": ["मंगल, 3 मार्च 2026 को 9:00 am बजे को Track <track@court.example> ने लिखा:"],
    "de": [
        "Am 02.03.2026 um 09:21 schrieb Track This Case:",
        'Am Mo., 2. März 2026 um 09:21 Uhr schrieb "Track" <track@court.example>:',
        "Track This Case <track@court.example> schrieb am Mo., 2. März 2026, 09:21:",
    ],
    "fr": [
        "Le lun. 2 mars 2026 à 09:21, Track This Case <track@court.example> a écrit :",
        "Le 02/03/2026 à 09:21, Track This Case a écrit :",
        "Le 2 mars 2026 à 09:21, Track <track@court.example> a écrit\u00a0:",
    ],
    "es": [
        "El lun, 2 mar 2026 a las 9:21, Track This Case (<track@court.example>) escribió:",
        "El 02/03/2026 a las 09:21, Track This Case escribió:",
    ],
    "pt": [
        "Em seg., 2 de mar. de 2026 às 09:21, Track <track@court.example> escreveu:",
        "Em 02/03/2026 09:21, Track This Case escreveu:",
    ],
    "it": [
        "Il giorno lun 2 mar 2026 alle ore 09:21 Track <track@court.example> ha scritto:",
        "Il 02/03/2026 09:21, Track This Case ha scritto:",
    ],
    "nl": [
        "Op ma 2 mrt 2026 om 09:21 schreef Track This Case <track@court.example>:",
        "Op 02-03-2026 om 09:21 schreef Track This Case:",
    ],
    "sv": [
        "Den mån 2 mars 2026 kl 09:21 skrev Track This Case <track@court.example>:",
        "2 mars 2026 kl. 09:21 skrev Track This Case <track@court.example>:",
    ],
    "da": ["Den man. 2. mar. 2026 kl. 09.21 skrev Track This Case <track@court.example>:"],
    "no": ["man. 2. mars 2026 kl. 09:21 skrev Track This Case <track@court.example>:"],
    "fi": ["ma 2. maalisk. 2026 klo 9.21 Track This Case (track@court.example) kirjoitti:"],
    "pl": [
        "pon., 2 mar 2026 o 09:21 Track This Case <track@court.example> napisał(a):",
        "W dniu 2.03.2026 o 09:21, Track This Case pisze:",
    ],
    "cs": ["po 2. 3. 2026 v 9:21 odesílatel Track <track@court.example> napsal:"],
    "hu": ["Track This Case <track@court.example> ezt írta (időpont: 2026. márc. 2., H, 9:21):"],
    "ro": ["În lun., 2 mar. 2026 la 09:21, Track <track@court.example> a scris:"],
    "ru": [
        "пн, 2 мар. 2026 г. в 09:21, Track This Case <track@court.example>:",
        "02.03.2026 09:21, Track This Case пишет:",
        "Понедельник, 2 марта 2026, 9:21 +03:00 от Track <track@court.example>:",
    ],
    "uk": ["пн, 2 бер. 2026 р. о 09:21 Track This Case <track@court.example> пише:"],
    "el": ["Στις Δευ 2 Μαρ 2026 στις 9:21 π.μ., ο χρήστης Track <track@court.example> έγραψε:"],
    "tr": ["Track This Case <track@court.example>, 2 Mar 2026 Pzt, 09:21 tarihinde şunu yazdı:"],
    "zh": [
        "Track This Case <track@court.example> 于2026年3月2日周一 09:21写道：",
        "在 2026-03-02 09:21:00，Track This Case 写道：",
    ],
    "ja": [
        "2026年3月2日(月) 9:21 Track This Case <track@court.example>:",
        "2026/03/02 9:21、Track This Case <track@court.example>のメール:",
    ],
    "ko": ["2026년 3월 2일 (월) 오전 9:21, Track <track@court.example>님이 작성:"],
    "vi": ["Vào Th 2, 2 thg 3, 2026 vào lúc 09:21 Track <track@court.example> đã viết:"],
    "ar": ["في الاثنين، 2 مارس 2026 9:21 ص Track <track@court.example> كتب:"],
    "he": ["ב-יום ב׳, 2 במרץ 2026 ב-9:21 מאת Track <track@court.example>:"],
}
HEADER_BLOCKS = {
    "en": ["From:", "Sent:", "To:", "Subject:"],
    "en bold": ["*From:*", "*Sent:*", "*To:*", "*Subject:*"],
    "en dated": ["From:", "Date:", "To:", "Subject:"],
    "de": ["Von:", "Gesendet:", "An:", "Betreff:"],
    "fr": ["De :", "Envoyé :", "À :", "Objet :"],
    "es": ["De:", "Enviado el:", "Para:", "Asunto:"],
    "pt": ["De:", "Enviada em:", "Para:", "Assunto:"],
    "it": ["Da:", "Inviato:", "A:", "Oggetto:"],
    "nl": ["Van:", "Verzonden:", "Aan:", "Onderwerp:"],
    "sv": ["Från:", "Skickat:", "Till:", "Ämne:"],
    "da": ["Fra:", "Sendt:", "Til:", "Emne:"],
    "fi": ["Lähettäjä:", "Lähetetty:", "Vastaanottaja:", "Aihe:"],
    "pl": ["Od:", "Wysłano:", "Do:", "Temat:"],
    "cs": ["Od:", "Odesláno:", "Komu:", "Předmět:"],
    "hu": ["Feladó:", "Elküldve:", "Címzett:", "Tárgy:"],
    "ru": ["От:", "Отправлено:", "Кому:", "Тема:"],
    "el": ["Από:", "Στάλθηκε:", "Προς:", "Θέμα:"],
    "tr": ["Kimden:", "Gönderildi:", "Kime:", "Konu:"],
    "zh": ["发件人：", "发送时间：", "收件人：", "主题："],
    "ja": ["差出人:", "送信日時:", "宛先:", "件名:"],
    "ko": ["보낸 사람:", "보낸 날짜:", "받는 사람:", "제목:"],
    "no language": ["Abc:", "Xyz:", "Qrs:", "Tuv:"],
}
SEPARATORS = [
    "-----Original Message-----", "----- Original Message -----", "-------- Original Message --------",
    "-----original message-----", "________________________________",
    "-----Ursprüngliche Nachricht-----", "-------- Oprindelig besked --------",
    "-----Message d'origine-----", "-----Mensaje original-----", "-----Mensagem original-----",
    "-----Messaggio originale-----", "-----Oorspronkelijk bericht-----",
    "-----Ursprungligt meddelande-----", "-----Alkuperäinen viesti-----",
    "-----Исходное сообщение-----", "------------------ 原始邮件 ------------------",
    "-----元のメッセージ-----", "---------- Forwarded message ---------", "Begin forwarded message:",
    "=====Original Message=====", "--- Pôvodná správa ---", "--------- Něco docela jiného ---------",
    "--", "-- ", "—", "_______________________________________________",
]  # fmt: skip
MOBILE = [
    "Sent from my iPhone", "Sent from my iPad", "Sent from my Galaxy", "Sent from Mail for Windows",
    "Sent from Yahoo Mail on Android", "Yahoo Mail: Search, Organize, Conquer", "Sent via BlackBerry from T-Mobile", "Get Outlook for iOS",
    "Get Outlook for Android<https://aka.ms/x>", "Sent from Outlook for iOS<https://aka.ms/o0ukef>",
    "Sent with Proton Mail secure email.", "Von meinem iPhone gesendet", "Gesendet von Outlook für iOS",
    "Gesendet mit der GMX Mail App", "Envoyé de mon iPhone", "Envoyé à partir de Outlook pour iOS",
    "Enviado desde mi iPhone", "Enviado do meu iPhone", "Inviato da iPhone", "Verstuurd vanaf mijn iPhone",
    "Verzonden met Outlook voor Android", "Skickat från min iPhone", "Sendt fra min iPhone",
    "Lähetetty iPhonesta", "Wysłane z iPhone'a", "Odesláno z iPhonu", "Отправлено с iPhone",
    "Στάλθηκε από το iPhone μου", "iPhone'umdan gönderildi", "发自我的iPhone", "從我的 iPhone 傳送",
    "iPhoneから送信", "나의 iPhone에서 보냄",
]  # fmt: skip


def block(labels: list[str]) -> str:
    values = [
        "Track <track@court.example>",
        "2 March 2026 09:21",
        "A <a@x.example>",
        "15AB-CR00015",
    ]
    return "\n".join(f"{label} {value}" for label, value in zip(labels, values, strict=True))


def wrapped(line: str, width: int = 48) -> str:
    """A line as a client breaks it, at most in three."""
    lines = [""]
    for word in line.split(" "):
        if len(lines) < 3 and lines[-1] and len(lines[-1]) + len(word) >= width:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()
    return "\n".join(lines)


ALL_ATTRIBUTIONS = [line for lines in ATTRIBUTIONS.values() for line in lines]
STYLES = [
    *(f"{line}\n\n{MARKED}" for line in ALL_ATTRIBUTIONS),
    *(f"{line}\n{MARKED}" for line in ALL_ATTRIBUTIONS),
    *(f"{line}\n\n{OURS}" for line in ALL_ATTRIBUTIONS if not line.startswith("Quoting")),
    *(f"{wrapped(line)}\n{MARKED}" for line in ALL_ATTRIBUTIONS),
    *(f"> {line}\n{MARKED}" for line in ALL_ATTRIBUTIONS),
    *(f"{block(labels)}\n\n{OURS}" for labels in HEADER_BLOCKS.values()),
    *(f"________________________________\n{block(labels)}\n\n{OURS}" for labels in HEADER_BLOCKS.values()),
    *(f"{line}\n{block(HEADER_BLOCKS['en'])}\n\n{OURS}" for line in SEPARATORS),
    *(f"{line}\n\nOn 2.3.2026 09:21, Track wrote:\n{MARKED}" for line in MOBILE),
]  # fmt: skip


def test_there_are_three_hundred_styles() -> None:
    assert len(STYLES) >= 280
    assert len(ATTRIBUTIONS) >= 10


@pytest.mark.parametrize("style", STYLES)
def test_only_what_stands_above_a_quotation_is_read(style: str) -> None:
    parted = split(f"{TRACKED}\n\n{style}")
    assert parted.new == TRACKED
    assert not parted.visible_below
    assert "STOP ALL" in parted.quoted
    reading = read("Re: x", parted.new, SHAPES, LIMITS)
    assert [(each.verb, each.args) for each in reading.commands] == [
        (Verb.TRACK, ("15AB-CR00123",))
    ]


@pytest.mark.parametrize("style", STYLES)
def test_a_reply_without_a_word_is_empty(style: str) -> None:
    """decisions.md 13: attribution, quotation and signature are nobody's words."""
    parted = split(f"\n\n{style}\n")
    assert parted.new == ""
    assert not parted.visible_below


@pytest.mark.parametrize("style", [style for style in STYLES if MARKED in style])
def test_words_below_or_between_are_seen_and_never_run(style: str) -> None:
    for text in (f"{style}\n\nSTOP\n", f"{style}\nSTOP\n{MARKED}"):
        parted = split(text)
        assert parted.new == ""
        assert parted.visible_below


@pytest.mark.parametrize("mobile", MOBILE)
def test_a_mobile_signature_ends_the_text(mobile: str) -> None:
    parted = split(f"{TRACKED}\n\n{mobile}\nSTOP ALL")
    assert parted.new == TRACKED
    assert not parted.visible_below


@pytest.mark.parametrize("separator", [line for line in SEPARATORS if not line.startswith("Begin")])
def test_a_separator_alone_ends_the_text(separator: str) -> None:
    assert split(f"{TRACKED}\n\n{separator}\nSTOP ALL").new == TRACKED


@pytest.mark.parametrize(
    "text",
    [
        "On the surface, this looks like a quote header but it's not.",
        "On Thursday: I will be in court.",
        "Please see https://x.example/on-date-someone-wrote-about-parsing",
        "Sent from my desk, is much easier than from my mobile phone.",
        "Two things:\n1. TRACK 15AB-CR00015\n2. TRACK 15AB-CR00123",
        "From what I read, two cases:\nTRACK 15AB-CR00015",
        "2024-01-15 14:30:25\n15.01.2024 14:30",
        "a -- b",
        "Date: no idea",
        "I wrote:\nnothing",
        "TRACK 15AB-CR00015:",
        "TRACK 2015-AB00015\nthanks",
        "**********\nbanner\n**********\nTRACK 15AB-CR00015",
        "no\n\nquote > here",
    ],
)
def test_what_a_person_writes_is_new(text: str) -> None:
    assert split(text).new == text


@pytest.mark.parametrize(
    "line", ["> STOP", "  > STOP", ">STOP", "| STOP", "AB> STOP", "&gt; STOP", ">> STOP"]
)
def test_quotation_marks(line: str) -> None:
    parted = split(f"yes\n{line}")
    assert (parted.new, parted.quoted.endswith("STOP")) == ("yes", True)


def test_nothing_is_read_from_our_footer_on() -> None:
    """Trap 98: what a gateway adds below our own last lines is not new either."""
    parted = split(f"yes\n\n{SENTINELS[0]} More.\n\nSTOP ALL\n")
    assert parted.new == "yes"
    assert not parted.visible_below
    assert split(f"{SENTINELS[0]}\nSTOP ALL").new == ""
    assert split("STOP\n== end of mail ==\nSTOP ALL", sentinels=("== end",)).new == "STOP"


@pytest.mark.parametrize("lines", [1, 5, 12])
def test_a_banner_above_does_not_hide_the_text(lines: int) -> None:
    """Trap 11."""
    banner = "\n".join("This message came from outside." for _ in range(lines))
    text = f"________________________________\n{banner}\n________________________________\nyes"
    assert split(text).new.endswith("\nyes")
    assert split(f"{banner}\n\nyes").new.endswith("\nyes")


def test_a_link_broken_over_quoted_lines_can_be_joined() -> None:
    parted = split("yes\n> https://track.court.example/c/WzEsMTIz\n> NDU2Nzg5MDEyMzQ1Njdd.aBcDeF\n")
    assert parted.quoted == "https://track.court.example/c/WzEsMTIz\nNDU2Nzg5MDEyMzQ1Njdd.aBcDeF"


@pytest.mark.parametrize("style", [*STYLES[::7], *STYLES[-40:]])
@pytest.mark.parametrize(
    "said", ["No, this was not me", "NO", "no.", "Nein, das war ich nicht!", "Stop."]
)
def test_a_refusal_written_into_a_quotation_is_seen(style: str, said: str) -> None:
    """decisions.md 13: below Outlook's header block nothing else tells it from what was quoted."""
    parted = split(style.replace("STOP ALL", said))
    assert parted.new == ""
    assert parted.visible_below


@pytest.mark.parametrize(
    "line",
    [
        "No. 15AB-CR00015",
        "no entries",
        "None",
        "Note: keep it",
        "Non-jury trial",
        "Stop Tracking",
        "yes",
    ],
)
def test_a_quoted_line_that_refuses_nothing_is_nobodys(line: str) -> None:
    assert not split(f"{block(HEADER_BLOCKS['en'])}\n\nyour case\n{line}\n").visible_below


def test_only_line_feeds_end_lines() -> None:
    """reliability.md 2.2: Python would also cut at VT, FF, FS, NEL and U+2028."""
    for sign in "\v\f\x1c\x1d\x1e\x85\u2028\u2029":
        assert split(f"yes{sign}> STOP").new == f"yes{sign}> STOP"


@settings(deadline=None)
@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=300))
def test_any_text_is_parted(text: str) -> None:
    parted = split(text)
    assert parted.new in text
    assert len(parted.new) + len(parted.quoted) <= len(text) + 1


_LINES = st.sampled_from(
    ["", "yes", "> STOP", "-- ", "____", "On 2.3.2026 09:21, A wrote:", "From: a@x.example", "STOP",
     "Sent: 2 March 2026", "Sent from my iPhone", "-----Original Message-----", ">:", "a:", "|"]
)  # fmt: skip


@settings(deadline=None)
@given(st.lists(_LINES, max_size=30))
def test_no_line_is_lost_or_read_twice(lines: list[str]) -> None:
    parted = split("\n".join(lines))
    assert sum(line == "yes" for line in f"{parted.new}\n{parted.quoted}".split("\n")) == sum(
        line == "yes" for line in lines
    )
    assert not any(line.startswith(">") for line in parted.new.split("\n") if line != ">:")


HOSTILE = ["On 2015 x:\n", "From: a\n", "a:\n", "> \n", "_\n__\n", "Sent from my x\n", ">", "\n", "-",
           "On 12:30 ", "a@b 2015 ", ":", "wrote ", "&gt;", "=====x=====\n", "x> y\n", "To: a, \n "]  # fmt: skip


@pytest.mark.parametrize("piece", HOSTILE)
def test_the_work_is_bounded(piece: str) -> None:
    """256 KB of anything: no line is looked at more than a few times (a generous second)."""
    began = time.process_time()
    parted = split(piece * (262_144 // len(piece)))
    assert time.process_time() - began < 1.5
    assert parted.new.count("\n") <= MOST_LINES_READ


def test_lines_beyond_the_limit_are_seen_and_not_new() -> None:
    parted = split("\n".join(itertools.repeat("hello", MOST_LINES_READ)) + "\nSTOP")
    assert parted.visible_below
    assert parted.quoted == "STOP"


def test_a_text_signed_in_the_clear_is_new_and_its_signature_is_not() -> None:
    head, tail = (
        "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n",
        "-----BEGIN PGP SIGNATURE-----",
    )
    found = split(f"{head}TRACK 15AB-CR00015\n{tail}\n\nSTOP\n-----END PGP SIGNATURE-----\n")
    assert found.new == "TRACK 15AB-CR00015"
    assert "STOP" in found.quoted


def test_a_quoted_signed_text_stays_quoted() -> None:
    head = "> -----BEGIN PGP SIGNED MESSAGE-----\n> Hash: SHA256\n>\n"
    assert split(f"STOP\n\n{head}> TRACK 15AB-CR00015\n").new == "STOP"
