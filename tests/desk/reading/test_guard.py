"""Robots, lists, bounces, complaints and our own mail are known; people are answered (5.5, trap 60)."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailbot.config import Limits
from mailbot.desk.reading.guard import classify
from mailbot.inbound.reading.message import parse
from mailbot.model import Envelope, Inbound, Kind, Sender

LIMITS = Limits()
BOT = "track@court.example"
OWN = (BOT, "Help@Court.example")
FROM = "From: Ann <ann@people.example>\r\n"
OURS = "<42.abcdefghijklmnopqrstuvwxyz@track.court.example>"


def inbound(fields: str, body: str = "hello", mail_from: str = "ann@people.example") -> Inbound:
    sender = "" if "From:" in fields else FROM
    return parse(f"{sender}{fields}\r\n{body}\r\n".encode(), Envelope(mail_from, BOT), LIMITS)


def judge(fields: str, body: str = "hello", mail_from: str = "ann@people.example") -> Sender:
    return classify(inbound(fields, body, mail_from), own_message, OWN)


def own_message(message_id: str) -> int | None:
    return 42 if message_id == OURS else None


REPORT = "Content-Type: multipart/report; report-type={}; boundary=b\r\n"
PART = "--b\r\nContent-Type: {}\r\n\r\nx\r\n--b--"

# decisions.md, end: eighteen robots.
ROBOTS = {
    "1 auto-replied": ("Auto-Submitted: auto-replied\r\n", "TRACK 15AB-CR00015"),
    "2 auto-generated": ("Auto-Submitted: auto-generated\r\n", "x"),
    "3 auto-notified": ("Auto-Submitted: auto-notified; owner-email=a@b.example\r\n", "x"),
    "4 comment and case": ("AUTO-SUBMITTED: Auto-Replied (vacation)\r\n", "x"),
    "4 parameter": ("Auto-submitted: AUTO-GENERATED ; x=y\r\n", "x"),
    "6 report": (REPORT.format("delivery-status"), PART.format("message/delivery-status")),
    "6 report of no kind": ("Content-Type: multipart/report; boundary=b\r\n", PART.format("text/plain")),
    "6 report without boundary": ("Content-Type: multipart/report\r\n", "x"),
    "7 read receipt": (REPORT.format("disposition-notification"), PART.format("message/disposition-notification")),
    "7 read receipt by subject": ("Subject: Read: docket activity\r\n", ""),
    "8 calendar reply": ("Content-Type: text/calendar; method=REPLY\r\n", "BEGIN:VCALENDAR"),
    "8 calendar in parts": ("Content-Type: multipart/alternative; boundary=b\r\n", PART.format("text/calendar; method=REPLY")),
    "8 calendar by subject": ("Subject: Accepted: docket activity\r\n", ""),
    "9 bulk": ("Precedence: bulk\r\n", "x"),
    "9 bulk in any case": ("precedence: BULK (really)\r\n", "x"),
    "10 auto_reply": ("Precedence: auto_reply\r\n", "x"),
    "10 junk": ("Precedence: junk\r\n", "x"),
    "11 x-autoreply": ("X-Autoreply: yes\r\n", "x"),
    "11 x-autorespond": ("X-Autorespond: vacation\r\n", "x"),
    "11 x-autoresponder": ("X-Autoresponder: 1\r\n", "x"),
    "12 suppress all": ("X-Auto-Response-Suppress: All\r\n", "x"),
    "12 suppress auto-replies": ("X-Auto-Response-Suppress: DR, AutoReply\r\n", "x"),
    "13 list-id": ("List-Id: <a.b.example>\r\n", "x"),
    "13 list-unsubscribe": ("List-Unsubscribe: <mailto:x@y.example>\r\n", "x"),
    "13 list-post": ("List-Post: NO\r\n", "x"),
    "14 x-loop": ("X-Loop: a@b.example\r\n", "x"),
    "14 x-failed-recipients": ("X-Failed-Recipients: a@b.example\r\n", "x"),
    "15 mailer-daemon": ("From: MAILER-DAEMON@x.example (Mail Delivery System)\r\n", "x"),
    "15 mailer-daemon alone": ("From: MAILER-DAEMON\r\n", "x"),
    "15 mailer-daemon empty": ("From: Mail Delivery System <>\r\nTo: MAILER-DAEMON\r\nX-Loop: y\r\n", "x"),
    "15 postmaster": ("From: Postmaster <postmaster@x.example>\r\n", "x"),
    "15 no-reply": ("From: No-Reply@x.example\r\n", "x"),
    "15 noreply": ("From: X <noreply-dmarc@x.example>\r\n", "x"),
    "15 do_not_reply": ("From: Do_Not_Reply@x.example\r\n", "x"),
    "15 bounces": ("From: list-bounces@x.example\r\n", "x"),
    "15 our own address": (f"From: Track <{BOT.upper()}>\r\n", "x"),
    "15 our other address": ("From: help@court.example\r\n", "x"),
    "16 automatic reply": ("Subject: Automatic reply: docket activity\r\n", "x"),
    "16 abwesend": ("Subject: Abwesend: docket activity\r\n", "x"),
    "16 fuera de oficina": ("Subject: Fuera de oficina: docket activity\r\n", "x"),
    "16 réponse automatique": ("Subject: =?utf-8?q?R=C3=A9ponse_automatique_=3A_x?=\r\n", "x"),
    "16 out of office": ("Subject: [Out of Office] Re: docket activity\r\n", "x"),
    "16 japanese": ("Subject: =?utf-8?b?6Ieq5YuV6L+U5L+h?=\r\n", "x"),
    "17 challenge": ("Subject: Re: x\r\n", "Please confirm you are human by clicking the link below."),
    "17 held": ("", "Your message is being held until you verify that you are a person."),
    "18 vacation": ("Subject: Re: docket activity\r\n", "I am out of the office until 3 May and have no access to email."),
    "feedback-id": ("Feedback-ID: 1:2:3\r\n", "x"),
    "another instance of ours": ("X-Mailbot-Loop: other.example\r\n", "x"),
    "fifty-one hops": ("Received: by x\r\n" * 51, "x"),
}  # fmt: skip


@pytest.mark.parametrize("shape", ROBOTS)
def test_eighteen_robots(shape: str) -> None:
    fields, body = ROBOTS[shape]
    sender = judge(fields, body)
    assert sender.answer == "never", sender
    assert sender.kind is not Kind.HUMAN
    assert sender.why


@pytest.mark.parametrize("fields", ["", "Return-Path: <>\r\n"])
def test_robot_five_has_no_return_path(fields: str) -> None:
    assert judge("", mail_from="").answer == "never"
    assert judge("", mail_from="<>").answer == "never"
    assert judge(fields).answer == ("never" if fields else "allowed")


HUMANS = {
    "1 no": ("Auto-Submitted: no\r\n", "STOP"),
    "2 no with a comment": ("Auto-Submitted: No (typed by hand)\r\n", "STOP"),
    "2 no with a parameter": ("Auto-Submitted: no; x=y\r\n", "STOP"),
    "3 suppress": ("X-Auto-Response-Suppress: DR, OOF\r\n", "STOP"),
    "3 suppress ndr": ("X-Auto-Response-Suppress: DR, RN, NRN, OOF\r\n", "STOP"),
    "4 re": ("Subject: Re: Automatic reply: docket activity\r\n", "Why was I sent this?"),
    "4 aw": ("Subject: AW: Out of Office: x\r\n", "hello"),
    "5 precedence": ("Precedence: first-class\r\n", "STOP"),
    "6 reply-to": ("Reply-To: other@people.example\r\n", "STOP"),
    "a command and an absence": ("", "TRACK 15AB-CR00015\r\nI am out of the office next week."),
    "a greeting, a command and an absence": ("", "Hello,\r\nSTOP\r\n\r\nI am on vacation until May."),
    "a wish and an absence": ("", "stop, I am on vacation"),
    "a command and an absence in one line": ("", "STOP 15AB-CR00015, out of the office 3"),
    "mailman": ("From: Mailman Jones <jones@people.example>\r\n", "STOP"),
    "bounce": ("From: Bounce Fitness <ann@people.example>\r\n", "STOP"),
    "nobody": ("From: Nobody Special <ann@people.example>\r\n", "STOP"),
    "a command in the subject": ("Subject: STOP\r\n", "This is an automated message of my client."),
    "an absence in the subject": ("Subject: STOP - out of office\r\nX-Y: z\r\n", "STOP"),
    "a challenge quoted": ("", "STOP\r\n\r\n> confirm you are human"),
    "nobody's words": ("", "> I am out of the office"),
    "a delay": ("Subject: my case is delayed\r\n", "When is the hearing?"),
    "case words": ("Subject: Returned to court?\r\n", "Was the warrant returned? The mail said served."),
    "spanish": ("Subject: Mi caso\r\n", "Quiero seguir el caso de mi hijo, por favor."),
    "german": ("Subject: Mein Fall\r\n", "Ich möchte den Fall verfolgen. Was muss ich tun?"),
    "an attached invitation": (
        "Content-Type: multipart/mixed; boundary=b\r\n",
        "--b\r\n\r\nSTOP\r\n--b\r\nContent-Type: text/calendar; method=REQUEST\r\nContent-Disposition: attachment\r\n\r\nx\r\n--b--",
    ),
    "a forwarded bounce": (
        "Content-Type: multipart/mixed; boundary=b\r\n",
        "--b\r\n\r\nWhat is this?\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nFrom: mailer-daemon@x.example\r\n\r\nx\r\n--b--",
    ),
    "fifty hops": ("Received: by x\r\n" * 50, "STOP"),
    "autocrypt": ("Autocrypt: addr=ann@people.example; keydata=x\r\nX-Originating-IP: 192.0.2.1\r\n", "STOP"),
    "their message id": (f"Message-ID: {OURS.replace('42', '43')}\r\n", "STOP"),
    "an answer to us": (f"In-Reply-To: {OURS}\r\nReferences: {OURS}\r\n", ""),
}  # fmt: skip


@pytest.mark.parametrize("shape", HUMANS)
def test_six_people_and_others(shape: str) -> None:
    fields, body = HUMANS[shape]
    if shape == "an absence in the subject":
        fields = "Subject: STOP\r\n"
    assert judge(fields, body) == Sender(Kind.HUMAN, "nothing says otherwise", "allowed")


# A footer, or a question, below what gives a robot away: it stopped cases.
FOOTERS = [
    "Thank you for contacting Smith Law. This is an automated message.\r\n\r\n{}\r\nhttps://x.example/u",
    "I am out of the office until Monday.\r\n\r\nVisit us\r\n{}",
    "Your request has\r\nbeen received and waits.\r\n{}",
    "Your message is being held until you verify that you are a person.\r\n\r\n{}",
]


@pytest.mark.parametrize("text", FOOTERS)
@pytest.mark.parametrize(
    "footer", ["Unsubscribe", "Cancel", "Help", "Yes\r\nNo", "STOP ALL", "List"]
)
def test_no_footer_makes_a_person_of_a_robot(text: str, footer: str) -> None:
    assert judge("Subject: Re: 15AB-CR00015\r\n", text.format(footer)).answer == "never"


# A person's case is about such words, too; who writes a command below is answered.
SUBJECTS = [
    "Abuse report hearing", "Canceled: hearing", "Undeliverable summons", "Question, I am on leave",
    "Read: my case", "Verify: please", "Ausencia", "AUTO: accident case", "Delivery failure case",
]  # fmt: skip


@pytest.mark.parametrize("subject", SUBJECTS)
@pytest.mark.parametrize(
    "text",
    [
        "TRACK 15AB-CR00015",
        "Dear court,\r\n\r\nstop 15AB-CR00015\r\n",
        "REPORT",
        "Stop.",
        "Hello\r\nSTOP ALL",
    ],
)
def test_a_subject_alone_silences_nobody_who_asks(subject: str, text: str) -> None:
    assert judge(f"Subject: {subject}\r\n", text).answer == "allowed"


@pytest.mark.parametrize("subject", SUBJECTS)
@pytest.mark.parametrize(
    "text",
    [
        "Yes",
        "No",
        "CONFIRM",
        "CONFIRM 7K3F-9QXZ-2M",
        "x",
        "Your mail was seen.\r\n\r\nUnsubscribe",
        "Seen.\r\nTrack\r\nList",
    ],
)
def test_a_subject_decides_where_nobody_asks(subject: str, text: str) -> None:
    """Trap 10."""
    assert judge(f"Subject: {subject}\r\n", text).answer == "never"


# Automatic replies without any mark, as people set them up (robot 18).
VACATIONS = [
    "I'm currently on vacation and will be back on Monday, June 5th.",
    "Thank you for your email. I am out of the office until Tuesday with limited access to email.",
    "Hi,\r\n\r\nI will be away from my desk until 12 May. For urgent matters call 555-0123.",
    "I am on maternity leave until September. Please contact Bob.",
    "Thank you for contacting Smith & Co. We have received your message and will get back to you.",
    "This is an automated response. Please do not reply to this email.",
    "This mailbox is not monitored.",
    "John Doe is no longer with the company.",
    "Your request has been received and a support ticket has been created.",
    "Ich bin bis zum 12.5. nicht im Büro. Ihre E-Mail wird nicht weitergeleitet.",
    "Vielen Dank für Ihre Nachricht. Ab dem 3. Juni bin ich wieder erreichbar.",
    "Zurzeit bin ich im Urlaub.",
    "Je suis absente du bureau jusqu'au 3 juin.",
    "Je suis en congé, de retour le 12 mai.",
    "Estoy de vacaciones hasta el 12 de mayo.",
    "Me encuentro fuera de la oficina hasta el lunes.",
    "Estou de férias até dia 12.",
    "Sono in ferie fino al 12 maggio.",
    "Ik ben afwezig tot 12 mei.",
    "Jag är på semester till den 12 maj.",
    "Jeg er på ferie til den 12. maj.",
    "Olen lomalla 12.5. asti.",
    "Jestem na urlopie do 12 maja.",
    "Jsem na dovolené do 12. května.",
    "Május 12-ig szabadságon vagyok.",
    "Я в отпуске до 12 мая.",
    "Απουσιάζω. Αυτόματη απάντηση.",
    "12 Mayıs'a kadar izindeyim.",
    "我目前不在办公室，5月12日回来。",
    "ただいま休暇中です。",
    "현재 휴가 중입니다.",
    "أنا خارج المكتب حتى الأحد.",
    "אני מחוץ למשרד עד יום ראשון.",
    "Your message to me is awaiting approval. Click the link below to deliver it.",
    "I use SpamArrest. Please verify you are a human.",
]


@pytest.mark.parametrize("text", VACATIONS)
@pytest.mark.parametrize("subject", ["Re: 15AB-CR00015: docket activity", "15AB-CR00015", ""])
def test_an_automatic_reply_is_known_by_its_text(text: str, subject: str) -> None:
    assert judge(f"Subject: {subject}\r\n", text).answer == "never"


BOUNCES = {
    "dsn": (REPORT.format("delivery-status"), PART.format("message/delivery-status"), "x@y.example"),
    "dsn in mixed": ("Content-Type: multipart/mixed; boundary=b\r\n", PART.format("message/delivery-status"), "x@y.example"),
    "failed recipients": ("X-Failed-Recipients: a@b.example\r\n", "x", "x@y.example"),
    "postmaster": ("From: postmaster@x.example\r\nSubject: Undeliverable: x\r\n", "x", "x@y.example"),
    "null and subject": ("Subject: Returned mail: see transcript\r\n", "x", ""),
    "null and text": ("Subject: x\r\n", "Your message could not be delivered: user unknown", ""),
    "german": ("From: postmaster@x.example\r\nSubject: Unzustellbar: x\r\n", "x", "x@y.example"),
    "french": ("From: postmaster@x.example\r\nSubject: Non remis : x\r\n", "x", ""),
    "chinese": ("From: postmaster@x.example\r\nSubject: =?utf-8?b?57O757uf6YCA5L+h?=\r\n", "x", ""),
}  # fmt: skip


@pytest.mark.parametrize("shape", BOUNCES)
def test_bounces(shape: str) -> None:
    fields, body, mail_from = BOUNCES[shape]
    assert judge(fields, body, mail_from).kind is Kind.BOUNCE


@pytest.mark.parametrize(
    ("fields", "body"),
    [
        ("Subject: Undeliverable: x\r\n", "hello"),  # no bounce by its subject alone
        ("Subject: Re: x\r\n", "My letter was returned to sender, user unknown."),
        ("Subject: delivery status notification order\r\n", "TRACK 15AB-CR00015"),
        (
            "List-Id: <x.example>\r\nSubject: Notice of Electronic Filing\r\n",
            "The mailbox does not exist.",
        ),
    ],
)
def test_a_phrase_alone_is_no_bounce(fields: str, body: str) -> None:
    assert judge(fields, body).kind is not Kind.BOUNCE


@pytest.mark.parametrize(
    ("fields", "body"),
    [
        (REPORT.format("feedback-report"), PART.format("message/feedback-report")),
        ("Content-Type: multipart/mixed; boundary=b\r\n", PART.format("message/feedback-report")),
        ("From: staff@x.example\r\nSubject: complaint about message from 192.0.2.1\r\n", "x"),
        ("From: fbl@x.example\r\n", "This is an email abuse report for a message received."),
    ],
)
def test_complaints(fields: str, body: str) -> None:
    assert judge(fields, body).kind is Kind.COMPLAINT


@pytest.mark.parametrize("office", ["a-request", "A-Owner", "a-bounces", "list.a-confirm"])
def test_the_offices_of_a_list_are_its_manager(office: str) -> None:
    """RFC 2142 6; without any field of a list."""
    assert judge(f"From: List <{office}@lists.example>\r\n", "Welcome").answer == "never"
    assert judge(f"From: <{office}x@lists.example>\r\n", "Welcome").answer == "allowed"


def test_lists() -> None:
    """Trap 67: mail with list headers never acts."""
    for field in ("List-Id", "List-Help", "X-BeenThere", "Mailing-List", "X-Mailing-List"):
        assert judge(f"{field}: <x.example>\r\n", "STOP ALL").kind is Kind.LIST
    assert judge("Precedence: list\r\n", "STOP ALL").kind is Kind.LIST


def test_our_own_mail_is_known_by_its_message_id() -> None:
    """decisions.md 21, traps 61 and 63: the domain alone is nothing."""
    assert judge(f"Message-ID: {OURS}\r\n").kind is Kind.SELF
    assert judge("Message-ID: <1@track.court.example>\r\n").kind is Kind.HUMAN


@pytest.mark.parametrize(
    "fields",
    [
        "From: a@x.example, b@x.example\r\n",
        "From: Ann\r\n",
        f"{FROM}{FROM}",
        "From: a@localhost\r\n",
    ],
)
def test_a_person_without_an_address(fields: str) -> None:
    """Trap 26: no change and no answer."""
    assert judge(fields, "STOP").answer == "no usable sender"


def test_a_robot_without_an_address_is_a_robot() -> None:
    assert judge("From: Ann\r\nPrecedence: bulk\r\n").answer == "never"


@settings(deadline=None)
@given(st.binary(max_size=500), st.sampled_from(["", "a@x.example", "<>", "\0"]))
def test_any_mail_is_judged(raw: bytes, mail_from: str) -> None:
    sender = classify(parse(raw, Envelope(mail_from, BOT), LIMITS), own_message, OWN)
    assert (sender.answer == "never") == (sender.kind is not Kind.HUMAN)


def test_a_command_with_a_number_of_the_court_below_a_robots_words_is_a_persons() -> None:
    body = "Danke für Ihre Nachricht, ich bin im Urlaub bis Montag, bitte\r\nSTOP 15AB-CR00015"
    mail = inbound("Content-Type: text/plain; charset=utf-8\r\nSubject: Urlaub\r\n", body)
    assert classify(mail, own_message, OWN, ("99AA-AA00000",)).kind is Kind.HUMAN
    assert classify(mail, own_message, OWN).kind is Kind.ROBOT


def test_a_command_with_a_number_does_not_outweigh_a_mark_in_the_header() -> None:
    mail = inbound("Auto-Submitted: auto-replied\r\n", "STOP 15AB-CR00015")
    assert classify(mail, own_message, OWN, ("99AA-AA00000",)).kind is Kind.ROBOT


def test_who_writes_of_a_mail_that_came_back_and_commands_is_answered() -> None:
    mail = inbound("Subject: Undeliverable\r\n", "It was undeliverable. TRACK 15AB-CR00015")
    assert classify(mail, own_message, OWN, ("99AA-AA00000",)).kind is Kind.HUMAN
    assert classify(mail, own_message, OWN).kind is not Kind.HUMAN


def test_who_writes_of_an_abuse_report_and_commands_complains_of_nothing() -> None:
    mail = inbound("", "This is an abuse report of my neighbour. TRACK 15AB-CR00015")
    assert classify(mail, own_message, OWN, ("99AA-AA00000",)).kind is Kind.HUMAN
    assert classify(mail, own_message, OWN).kind is Kind.COMPLAINT
