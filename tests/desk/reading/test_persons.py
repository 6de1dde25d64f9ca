"""Whoever commands with a case number or speaks of our mails is a person, vacation or not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.desk.reading.glyphs import fold
from mailbot.desk.reading.habits import is_automatic_reply
from mailbot.desk.reading.persons import names_case, speaks_to_us

SHAPES = ("99AA-AA00000",)


@pytest.mark.parametrize(
    "line",
    [
        "STOP 15AB-CR00015",
        "please stop 15ab cr 15, thank you",
        "I am on vacation until Friday. TRACK 15AB-CR00015 please",
        "My lawyer has left the firm! Track: 15AB-CR00015",
        "我目前在外出。STOP 15AB-CR00015",
    ],
)
def test_a_command_with_a_number_names_a_case(line: str) -> None:
    assert names_case(["Hello,", fold(line)], SHAPES)


@pytest.mark.parametrize(
    "line",
    [
        'Your message "Re: TRACK 15AB-CR00015" was received.',
        "15AB-CR00015 State v. Doe: docket activity",
        "Track your ticket 4711 here.",
        "TRACK 4711",
        "Unsubscribe",
        "Stop",
        "YES 15AB-CR00015",
    ],
)
def test_what_a_robot_repeats_names_none(line: str) -> None:
    assert not names_case([fold(line)], SHAPES)


@pytest.mark.parametrize(
    "text",
    [
        "Thank you for your message. I got your automatic reply. I have received no mail.",
        "Thanks for your quick help! Could you please stop the mails? I'm on vacation until May.",
        "Merci de votre message. Je serai absent jusqu'au 5. Comment puis-je arrêter?",
        "He recibido su mensaje automático. Estoy de vacaciones hasta el lunes.",
        "Vielen Dank für Ihre automatische Antwort. Ich bin bis Mai im Urlaub.",
    ],
)
def test_who_speaks_of_our_mails_is_no_robot(text: str) -> None:
    opening = fold(text).casefold()
    assert speaks_to_us(opening)
    assert not is_automatic_reply(opening)


@pytest.mark.parametrize(
    "text",
    [
        "Прошу автоматически получать уведомления о деле.",
        "Merhaba, davayı otomatik takip etmek istiyorum.",
        "Guten Tag, mein Fall wird automatisch verfolgt, richtig?",
    ],
)
def test_the_word_automatic_alone_makes_no_robot(text: str) -> None:
    assert not is_automatic_reply(fold(text).casefold())


@pytest.mark.parametrize(
    "text",
    [
        "Это письмо создано автоматически.",
        "Bu e-posta otomatik olarak gönderilmiştir.",
        "Diese Nachricht wird automatisch versandt.",
        "Vielen Dank. Dies ist Ihre automatische Eingangsbestätigung.",
    ],
)
def test_a_robot_still_says_it_alone(text: str) -> None:
    assert is_automatic_reply(fold(text).casefold())


@given(st.lists(st.text()))
def test_any_text_is_looked_at(lines: list[str]) -> None:
    assert names_case(lines, ()) is False
