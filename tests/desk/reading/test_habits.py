"""A robot's reply is known by several things that it says together, and no person is taken for one.

Each text is our own; none was copied from a mail.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.desk.reading import phrases
from mailbot.desk.reading.glyphs import fold
from mailbot.desk.reading.habits import _SAID, is_automatic_reply, is_challenge

ROBOTS = [
    "I am away on vacation till Monday. If your matter is urgent please call the office.",
    "Thank you for your message. I am in trial this week and will reply on Friday.",
    "Please note that I no longer work for the firm. Please direct your email to Bob.",
    "Thanks for reaching out! Someone will be in touch shortly.",
    "Thanks for your request. We will process it under number 20260303.",
    "Your incident has been created and will be in touch.",
    "##- Please type your reply above this line -## Your request (#1234) has been updated.",
    "Our office is closed until January 2. We will answer your e-mail after the holidays.",
    "Thank you for your e-mail. You should receive a response within 20 working days.",
    "Vielen Dank für Ihre Nachricht. Ich befinde mich bis zum 09.03. im Urlaub.",
    "Vielen Dank für Ihre Anfrage. Wir haben Ihre E-Mail erhalten und melden uns.",
    "Ich bin ab dem 10. März wieder für Sie da.",
    "Je suis actuellement en vacances. Je vous répondrai dès mon retour.",
    "Nous accusons réception de votre message et vous répondrons.",
    "Ceci est un message automatique, merci de ne pas y répondre.",
    "Hemos recibido su correo electrónico. Le responderemos.",
    "Recebemos a sua mensagem e responderemos o mais breve possível.",
    "Grazie per il messaggio. Sono fuori sede fino al 9 marzo.",
    "Bedankt voor uw bericht. Ik ben momenteel niet op kantoor.",
    "Ik ben met verlof tot 9 maart.",
    "Tack för ditt mejl. Jag är på semester och åter måndag.",
    "Jeg er ikke til stede i dag. Ved hastesaker ring 12345678.",
    "Olen poissa toimistolta ja vastaan palattuani.",
    "Dziękujemy za przesłanie wiadomości. Odpowiemy, skontaktujemy się wkrótce.",
    "Děkuji za Váš e-mail. Do 9. března čerpám dovolenou.",
    "Ďakujem za Váš e-mail. Momentálne som na dovolenke.",
    "Jelenleg nem vagyok az irodában.",
    "Спасибо за ваше письмо. Меня нет в офисе, отвечу по возвращении.",
    "Şu anda ofiste değilim, döndüğümde yanıtlayacağım.",
    "Ευχαριστώ για το μήνυμά σας. Θα απουσιάζω μέχρι τις 9 Μαρτίου.",
    "Благодаря за писмото. В отпуск съм до 9 март.",
    "Hvala na poruci. Na godišnjem sam odmoru.",
    "本メールはシステムより自動的に送信されています。",
    "您好，您的邮件已收到，我会尽快回复。",
    "您好，我目前休假中，將於3月9日回到辦公室。",
    "본 메일은 자동으로 발송되는 메일입니다.",
    "תודה על פנייתך. אני בחופשה עד 9 במרץ.",
    "Terima kasih atas email Anda. Saya sedang cuti sampai 9 Maret.",
    "ขอบคุณสำหรับอีเมลของคุณ ขณะนี้ฉันอยู่ระหว่างลาพักร้อน",
    "Thank you for your message. Need help now? We will get back to you.",
    "I'm off sick and not reading mail. For anything important ring reception.",
    "I am currently attending a training and will only check my messages sporadically.",
    "Thank you for your inquiry. Our response may take a while.",
    "We have received your enquiry and aim to respond within 48 hours.",
    "Ich bin heute außer Haus und morgen wieder erreichbar.",
    "Ihre Anfrage wird unter der Nummer 4711 bearbeitet.",
    "Votre demande a bien été prise en compte sous le numéro 12345.",
    "Su solicitud ha sido registrada con el número 12345.",
    "Uw aanvraag is ontvangen en wordt zo snel mogelijk behandeld.",
    "Sono in malattia fino a venerdì.",
    "Jestem na zwolnieniu lekarskim do piątku.",
    "Я на больничном до понедельника.",
    "Talebiniz alınmıştır, en kısa sürede dönüş yapılacaktır.",
    "感谢您的来信，我们会在两个工作日内回复您。",
    "出張のため、返信が遅くなります。",
]
CHALLENGES = [
    "I'm protecting myself from junk mail. Just once, click the link so I can receive your emails.",
    "To ensure that your email gets to me, please follow the link and enter the number.",
    "Your email message needs to be verified. To verify, simply reply to this message.",
    "Ihre Nachricht wurde zurückgehalten. Bitte bestätigen Sie sie über diesen Link.",
    "Pour que votre message soit remis, veuillez suivre le lien.",
    "Для доставки вашего письма подтвердите, что вы не робот, по ссылке.",
]
PERSONS = [
    "When is the next hearing? I will be out until Monday, so please tell me by mail.",
    "I have received your email but do not understand it. What do I do?",
    "Hello, I got a letter about my case. Thank you for your help.",
    "Please remove me, this is not my case. I no longer work on it.",
    "Why was the hearing moved? My address has changed since.",
    "Is this an automated message? I'd like to talk to a person.",
    "Wann ist die Verhandlung? Ich bin im Urlaub gewesen und habe nichts gehört.",
    "I click the link in your message to confirm and nothing happens.",
    "Your mail says I should follow the link to verify. It does not work.",
    "Je voudrais suivre mon dossier, je n'ai pas reçu de message.",
    "Quisiera saber cuándo es la audiencia de mi hermano.",
    "The judge was on vacation. My lawyer did not tell me.",
    "I received your letter about the ticket. Thank you for your help.",
    "The hearing is during my holiday, I return on March 9. Please tell me what to do.",
    "I am traveling to court from out of town and need the time of the hearing.",
    "Thank you for your message. I would like to follow my son's case.",
    "Vielen Dank für Ihre Nachricht. Ich möchte den Fall nicht mehr verfolgen.",
    "Gracias por su mensaje. No quiero recibir más correos.",
    "Quiero saber de mi caso. Estoy de vacaciones hasta el lunes.",
    "Спасибо за письмо. Я хочу следить за делом моего брата.",
    "您好，我收到您的邮件，但不知道怎么确认。",
    "Please do not reply to my old address, use this one.",
    "My mail is being held at the post office until I return. Please use e-mail.",
    "Your email went to spam. I clicked the link but it said that it expired.",
    "The judge's office is closed on Monday, so will the hearing be held?",
    "I have a pretrial conference today and got a letter for jury duty.",
    "My son's case is in trial today.",
    "Your message says that the hearing may be delayed.",
    "I want to know if the judge was out of office when the order was entered.",
    "Stop these mails as soon as possible, thank you.",
    "",
]


@pytest.mark.parametrize("text", ROBOTS)
def test_two_things_that_robots_say_make_one(text: str) -> None:
    assert is_automatic_reply(text.casefold())


@pytest.mark.parametrize("text", CHALLENGES)
def test_a_guard_against_spam_asks_to_click_for_the_mail(text: str) -> None:
    assert is_challenge(text.casefold())


@pytest.mark.parametrize("text", PERSONS)
def test_a_person_says_such_things_one_at_a_time_or_asks(text: str) -> None:
    assert not is_automatic_reply(text.casefold())
    assert not is_challenge(text.casefold())


PHRASES = [
    phrases.AUTOMATIC_SUBJECTS,
    phrases.MACHINE_PREFIXES,
    phrases.BOUNCE_SUBJECTS,
    phrases.BOUNCE_TEXTS,
    phrases.VACATION_TEXTS,
    phrases.CHALLENGE_TEXTS,
    phrases.COMPLAINT_SUBJECTS,
    phrases.COMPLAINT_TEXTS,
]


@pytest.mark.parametrize("stems", [*_SAID.values(), *PHRASES])
def test_what_is_looked_for_is_folded_as_the_text_is(stems: tuple[str, ...]) -> None:
    assert [stem for stem in stems if stem != fold(f"x{stem}x").casefold()[1:-1]] == []


def test_thanks_count_only_as_the_first_words() -> None:
    late = "my case is 15ab-cr00015 and i wait. " * 6 + "thank you for your work, i will reply."
    assert not is_automatic_reply(late)


def test_a_link_with_a_question_mark_asks_nothing() -> None:
    assert is_automatic_reply("thanks for your mail. we will get back. https://x.example/?a=b")


@given(st.text(max_size=300))
def test_any_text_is_judged(text: str) -> None:
    assert is_automatic_reply(text) in (True, False)
    assert is_challenge(text) in (True, False)
