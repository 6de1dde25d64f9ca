"""Bounces in the dialects of many mail servers, each in words of our own, none a copied mail."""

from __future__ import annotations

import time

import pytest

from mailbot.config import Limits
from mailbot.inbound.reading.message import parse
from mailbot.model import Envelope
from mailbot.report import Report

RETURNED = """
Return-Path: <bot+n-abc@court.example>
Received: from bot.court.example by mx.far.example; Mon, 2 Mar 2026 10:00:00 -0600
Message-ID: <n1@court.example>
From: Court <bot@court.example>
To: never@named.example
Subject: Notice

CONFIRM me@named.example
"""


def report_of(raw: str, mail_from: str = "") -> Report | None:
    return parse(raw.encode(), Envelope(mail_from, "bot+n-abc@court.example"), Limits()).report


def notice(
    text: str,
    subject: str = "Undeliverable mail",
    sender: str = "MAILER-DAEMON@far.example",
    fields: str = "",
) -> Report | None:
    return report_of(
        f"From: {sender}\nTo: bot+n-abc@court.example\nSubject: {subject}\n{fields}\n{text}\n"
    )


# A name, the notice, whom it names, what it says.
DIALECTS: dict[str, tuple[str, list[str], str]] = {
    "qmail": (
        "Hi. This is the qmail-send program at far.example.\n"
        "I'm afraid I wasn't able to deliver your message to the following addresses.\n\n"
        "<ann@far.example>:\nSorry, no mailbox here by that name. (#5.1.1)\n\n"
        "<bob@far.example>:\nThe user's quota is used up. (#5.2.2)\n\n"
        "--- Below this line is a copy of the message.\n" + RETURNED,
        ["ann@far.example", "bob@far.example"],
        "mixed",
    ),
    "qmail that asked another server": (
        "Hi. This is the qmail-send program at far.example.\n\n<ann@far.example>:\n"
        "192.0.2.1 does not like recipient.\nRemote host said: 550 no such user\n"
        "Giving up on 192.0.2.1.\n\n--- Below this line is a copy of the message.\n" + RETURNED,
        ["ann@far.example"],
        "hard",
    ),
    "postfix": (
        "This is the mail system at host far.example.\n\n"
        "For further assistance, please send mail to postmaster@far.example.\n\n"
        "                   The mail system\n\n"
        "<ann@far.example>: host mx.far.example[192.0.2.1] said: 550 5.1.1\n"
        "    <ann@far.example>: Recipient address rejected: User unknown in local\n"
        "    recipient table (in reply to RCPT TO command)\n" + RETURNED,
        ["ann@far.example"],
        "hard",
    ),
    "postfix without a host": (
        "                   The Postfix program\n\n<ann@gone.example>: Host or domain name not "
        "found. Name service error for\n    name=gone.example type=A: Host not found\n" + RETURNED,
        ["ann@gone.example"],
        "hard",
    ),
    "exim": (
        "This message was created automatically by mail delivery software.\n\n"
        "A message that you sent could not be delivered to one or more of its\n"
        "recipients. This is a permanent error. The following address(es) failed:\n\n"
        "  ann@far.example\n    host mx.far.example [192.0.2.1]\n"
        "    SMTP error from remote mail server after RCPT TO:<ann@far.example>:\n"
        "    550 no such recipient here\n\n"
        "------ This is a copy of the message, including all the headers. ------\n" + RETURNED,
        ["ann@far.example"],
        "hard",
    ),
    "exim, after the data": (
        "A message that you sent could not be delivered. The following address failed:\n\n"
        "  ann@far.example\n    SMTP error from remote mail server after end of data:\n"
        "    550 unknown user\n\n--- The header of the original message is following. ---\n"
        + RETURNED,
        ["ann@far.example"],
        "soft",
    ),
    "exim, delayed": (
        "A message that you sent has not yet been delivered to one or more of its\n"
        "recipients after more than 24 hours. The address to which it has not yet been\n"
        "delivered is:\n\n  ann@far.example\n    Delay reason: connection timed out\n\n"
        "No action is required on your part. Delivery attempts will continue.\n",
        ["ann@far.example"],
        "delayed",
    ),
    "sendmail": (
        "The original message was received at Mon, 2 Mar 2026\nfrom bot.court.example\n\n"
        "   ----- The following addresses had permanent fatal errors -----\n<ann@far.example>\n"
        "    (reason: 550 5.1.1 <ann@far.example>... User unknown)\n\n"
        "   ----- Transcript of session follows -----\n... while talking to mx.far.example.:\n"
        ">>> RCPT To:<ann@far.example>\n<<< 550 5.1.1 <ann@far.example>... User unknown\n\n"
        "   ----- Original message follows -----\n" + RETURNED,
        ["ann@far.example"],
        "hard",
    ),
    "old sendmail": (
        "   ----- Transcript of session follows -----\nWhile talking to mx.far.example:\n"
        ">>> RCPT To:<ann@far.example>\n<<< 550 User unknown\n550 <ann@far.example>... User unknown\n"
        "\n   ----- Unsent message follows -----\n" + RETURNED,
        ["ann@far.example"],
        "hard",
    ),
    "old exchange": (
        "Your message\n\n  To:      Ann\n  Subject: Notice\n  Sent:    Mon, 2 Mar 2026\n\n"
        "did not reach the following recipient(s):\n\nann@far.example on Mon, 2 Mar 2026\n"
        "    The recipient name is not recognized\n"
        "    MSEXCH:IMS:FAR:EXAMPLE:MX 0 (000C05A6) Unknown Recipient\n",
        ["ann@far.example"],
        "hard",
    ),
    "exchange online": (
        "Delivery has failed to these recipients or groups:\n\n"
        "Ann (ann@far.example)<mailto:ann@far.example>\nThe email address you entered couldn't be "
        "found.\n\nDiagnostic information for administrators:\n\nGenerating server: MX.far.example\n\n"
        "ann@far.example\nRemote Server returned '550 5.1.10 RESOLVER.ADR.RecipientNotFound'\n\n"
        "Original message headers:\n" + RETURNED,
        ["ann@far.example"],
        "hard",
    ),
    "exchange, full": (
        "Delivery has failed to these recipients or distribution lists:\n\n"
        "ann@far.example\nThe recipient's mailbox is full and can't accept messages now.\n\n"
        "#550 5.2.2 STOREDRV.Deliver: mailbox full. The mailbox quota was exceeded. ##\n",
        ["ann@far.example"],
        "soft",
    ),
    "notes": (
        "------- Failure Reasons  --------\n\nUser not listed in public Name & Address Book\n"
        "ann@far.example\n\n------- Returned Message --------\n" + RETURNED,
        ["ann@far.example"],
        "hard",
    ),
    "groupwise": (
        "The message that you sent was undeliverable to the following:\n"
        "\tann@far.example (ann is unknown user)\n\nPossibly truncated original message follows:\n"
        + RETURNED,
        ["ann@far.example"],
        "hard",
    ),
    "yahoo": (
        "Sorry, we were unable to deliver your message to the following address.\n\n"
        "<ann@far.example>:\nRemote host said: 554 delivery error: dd This user doesn't have a "
        "far.example account (ann@far.example) [-9]\n\n"
        "--- Below this line is a copy of the message.\n" + RETURNED,
        ["ann@far.example"],
        "soft",
    ),
    "aol, a bare name": (
        "Your mail to the following recipients could not be delivered because they are not "
        "accepting mail from bot@court.example:\n\tscreenname\n",
        ["screenname@far.example"],
        "soft",
    ),
    "gmail": (
        "Delivery to the following recipient failed permanently:\n\n     ann@far.example\n\n"
        "Technical details of permanent failure:\nGoogle tried to deliver your message, but it was "
        "rejected by the server. The error was: 550 550 5.1.1 User unknown (state 14).\n\n"
        "----- Original message -----\n" + RETURNED,
        ["ann@far.example"],
        "hard",
    ),
    "gmail, new": (
        "** Address not found **\n\nYour message wasn't delivered to ann@far.example because the "
        "address couldn't be found, or is unable to receive mail.\n\nThe response was:\n\n"
        "550 5.1.1 The email account that you tried to reach does not exist.\n",
        ["ann@far.example"],
        "hard",
    ),
    "gmail, inactive": (
        "** Message not delivered **\n\nYour message couldn't be delivered to ann@far.example "
        "because the account is inactive.\n\nThe response was:\n\n"
        "550 5.2.1 The email account that you tried to reach is disabled.\n",
        ["ann@far.example"],
        "soft",
    ),
    "opensmtpd": (
        "    Hi!\n\n    This is the MAILER-DAEMON, please DO NOT REPLY to this email.\n\n"
        "    An error has occurred while attempting to deliver a message for\n"
        "    the following list of recipients:\n\nann@far.example: 550 5.1.1 <ann@far.example>: "
        "no such user\n\n    Below is a copy of the original message:\n" + RETURNED,
        ["ann@far.example"],
        "hard",
    ),
    "dragonfly": (
        "This is the DragonFly Mail Agent v0.13 at far.example.\n\nThere was an error delivering "
        "your mail to <ann@far.example>.\n\nmx.far.example [192.0.2.1] did not like our RCPT TO:\n"
        "550 no such user here\n\nMessage headers follow.\n" + RETURNED,
        ["ann@far.example"],
        "hard",
    ),
    "mdaemon": (
        "The attached message had PERMANENT fatal delivery errors!\n\n"
        "The following addresses did NOT receive a copy of your message:\n\n> ann@far.example\n\n"
        "--- Session Transcript ---\n MAIL From:<bot@court.example>\n 250 <bot@court.example>, ok\n"
        " RCPT To:<ann@far.example>\n 550 <ann@far.example>... no such mailbox\n"
        "--- End Transcript ---\n",
        ["ann@far.example"],
        "hard",
    ),
    "hmailserver": (
        "Your message did not reach some or all of the intended recipients.\n\n"
        "The following recipient(s) could not be reached:\n\nann@far.example\n   Error Type: SMTP\n"
        "   hMailServer sent: RCPT TO:<ann@far.example>\n"
        "   Remote server replied: 550 5.1.1 unknown\n\nhMailServer\n",
        ["ann@far.example"],
        "hard",
    ),
    "imail": ("Unknown user: ann@far.example\n\nOriginal message follows.\n" + RETURNED, ["ann@far.example"], "hard"),
    "imail, full": (
        "User mailbox exceeds allowed size: ann@far.example\n\nOriginal message follows.\n" + RETURNED,
        ["ann@far.example"],
        "soft",
    ),
    "mailmarshal": (
        "Your message:\n   From:    bot@court.example\n   Subject: Notice\n\n"
        "Could not be delivered because of\n\n550 5.1.1 User unknown\n\n"
        "The following recipients were affected:\n    ann@far.example\n\nAdditional Information\n",
        ["ann@far.example"],
        "hard",
    ),
    "sun messaging server": (
        "This report relates to a message you sent with the following header fields:\n\n"
        "  Message-id: <n1@court.example>\n  From: Court <bot@court.example>\n  To: x@other.example\n\n"
        "Your message cannot be delivered to the following recipients:\n\n"
        "  Recipient address: ann@far.example\n  Reason: Remote SMTP server has rejected address\n"
        "  Diagnostic code: smtp;550 5.1.1 unknown user\n",
        ["ann@far.example"],
        "hard",
    ),
    "james": (
        "Hi. This is the James mail server at far.example.\nI'm afraid I wasn't able to deliver your "
        "message to the following addresses.\n\nann@far.example\n\nError message below:\n"
        "550 - Requested action not taken: no such user here\n\nMessage details:\n"
        "  Subject: Notice\n  MAIL FROM: bot@court.example\n  RCPT TO: ann@far.example\n",
        ["ann@far.example"],
        "hard",
    ),
    "interscan": (
        "Message from InterScan Messaging Security Suite\n\nSent <<< RCPT TO:<ann@far.example>\n"
        "Received >>> 550 5.1.1 <ann@far.example>... user unknown\n\n"
        "*********** End of message ***********\n",
        ["ann@far.example"],
        "hard",
    ),
    "gmx and web.de": (
        "This message was created automatically by mail delivery software.\n\nA message that you "
        'sent could not be delivered. The following address\nfailed:\n\n"ann@far.example":\n'
        "SMTP error from remote server after RCPT command:\nhost: mx.far.example\n"
        "5.1.1 <ann@far.example>... User Unknown\n\n"
        "--- The header of the original message is following. ---\n" + RETURNED,
        ["ann@far.example"],
        "hard",
    ),
    "kddi": (
        "Your mail sent on: Mon, 2 Mar 2026\n     Could not be delivered to: <ann@far.example>\n"
        "     As their mailbox is full.\n",
        ["ann@far.example"],
        "soft",
    ),
    "docomo": (
        "The following address(es) had delivery errors.\n\n<ann@far.example>\n\n"
        ">>> RCPT TO:<ann@far.example>\n<<< 550 Unknown user ann@far.example\n",
        ["ann@far.example"],
        "hard",
    ),
    "surfcontrol": (
        "Your message could not be sent.\nA transcript of the attempts to send the message follows.\n"
        "The number of attempts made: 1\nAddressed To: ann@far.example\n\nFailed to send to "
        "identified host,\nmx.far.example: [192.0.2.1], 550 5.1.1 User unknown\n",
        ["ann@far.example"],
        "hard",
    ),
    "zoho": (
        "A message that you sent could not be delivered to one or more of its recipients. \n\n"
        "ann@far.example Invalid Address, ERROR_CODE :550, ERROR_CODE :5.1.1 unknown user\n\n"
        "Received:from mail.court.example by mx.far.example\n",
        ["ann@far.example"],
        "hard",
    ),
    "one sentence": (
        "Your message to ann@far.example could not be delivered: the mailbox is full.\n",
        ["ann@far.example"],
        "soft",
    ),
    "usa.net": (
        "This mail could not be delivered.\nIntended recipient: <ann@far.example>\nNo such account.\n"
        "--------Returned mail follows--------\n" + RETURNED,
        ["ann@far.example"],
        "hard",
    ),
    "german": (
        "Ihre Nachricht konnte nicht zugestellt werden an:\n\n<ann@far.example>: Empfänger unbekannt\n"
        "\n--- Originalnachricht ---\n" + RETURNED,
        ["ann@far.example"],
        "hard",
    ),
    "spam refused": (
        "<ann@far.example>: host mx.far.example[192.0.2.1] said: 554 5.7.1 Message refused: it looks "
        "like spam (in reply to end of DATA command)\n",
        ["ann@far.example"],
        "soft",
    ),
    "address refused by list of blocked hosts": (
        "<ann@far.example>: host mx.far.example[192.0.2.1] said: 550 5.1.1 Client host 192.0.2.9 "
        "blocked, see the list (in reply to RCPT TO command)\n",
        ["ann@far.example"],
        "soft",
    ),
    "has moved": (
        "<ann@far.example>: host mx.far.example[192.0.2.1] said: 551 5.1.6 The user has moved to "
        "another server (in reply to RCPT TO command)\n",
        ["ann@far.example"],
        "hard",
    ),
    "takes no mail": (
        "<ann@far.example>: Domain far.example does not accept mail (nullMX)\n",
        ["ann@far.example"],
        "hard",
    ),
    "greylisted to the end": (
        "<ann@far.example>: host mx.far.example[192.0.2.1] said: 450 4.2.0 Greylisted, try later\n",
        ["ann@far.example"],
        "soft",
    ),
    "expanded": (
        "   ----- The following addresses had permanent fatal errors -----\nann@far.example\n"
        "    (expanded from: bob@far.example)\n\n   ----- Transcript of session follows -----\n"
        "550 ann@far.example... User unknown\n",
        ["ann@far.example", "bob@far.example"],
        "",
    ),
    "smail": (
        "|------------------------- Failed addresses follow: ---------------------|\n"
        " <ann@far.example> ... unknown host\n"
        "|------------------------- Message text follows: ------------------------|\n" + RETURNED,
        ["ann@far.example"],
        "hard",
    ),
    "lsmtp": (
        "--> Error description:\nError-for:  ann@far.example\nError-Code: 3\n"
        "Error-Text: No such local user.\nError-End: One error reported.\n",
        ["ann@far.example"],
        "hard",
    ),
    "mailenable": (
        "Message could not be delivered to some recipients.\nThe following recipient(s) could not be "
        "reached:\n\n   Recipient: [SMTP:ann@far.example]\n   Reason: The user is unknown\n\n"
        "Message headers follow:\n" + RETURNED,
        ["ann@far.example"],
        "hard",
    ),
    "dovecot": (
        "Your message to <ann@far.example> was automatically rejected:\nQuota exceeded\n",
        ["ann@far.example"],
        "soft",
    ),
    "demon": (
        "This message was created automatically by mail delivery software.\n\nA mail addressed to "
        "'ann@far.example' could not be delivered: no such user.\n\n"
        "---- START OF RETURNED MESSAGE ----\n" + RETURNED,
        ["ann@far.example"],
        "hard",
    ),
    "netscape": (
        "This Message was undeliverable due to the following reason:\n\nThe following destination "
        "addresses were unknown (please check):\n\n<ann@far.example>\n\n"
        "Please reply to <postmaster@far.example>\nif you feel this message to be in error.\n",
        ["ann@far.example"],
        "hard",
    ),
    "mimecast": (
        "This is a delivery failure notification message indicating that\nan email you addressed to "
        "email address :\n-- ann@far.example\n\ncould not be delivered. The problem appears to be :\n"
        "-- Recipient email address is possibly incorrect\n",
        ["ann@far.example"],
        "",
    ),
    "a warning": (
        "Your message to:\n\n   ann@far.example\n\nhas been delayed. This is just a warning, you do "
        "not need to take any action.\n",
        ["ann@far.example"],
        "delayed",
    ),
    "exchange, a warning": (
        "This is an advisory-only email. Delivery of your message to\n\n"
        '  "ann@far.example"\n\nhas been postponed.\n',
        ["ann@far.example"],
        "delayed",
    ),
    "two in prose, so nobody": (
        "Something went wrong between zoe@x.example and yan@y.example in the queue.\n",
        [],
        "",
    ),
    "only the returned mail names one": ("Delivery failed.\n\nOriginal message:\n" + RETURNED, [], ""),
}  # fmt: skip


@pytest.mark.parametrize("dialect", DIALECTS)
def test_dialects(dialect: str) -> None:
    text, recipients, verdict = DIALECTS[dialect]
    report = notice(text)
    assert report is not None
    assert list(report.recipients) == recipients
    assert not verdict or report.verdict == verdict


# --- Reports by the book ----------------------------------------------------------------------

STATUS = """Reporting-MTA: dns; mx.far.example

Final-Recipient: rfc822; ann@far.example
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 no such user
"""


def dsn(
    status: str, text: str = "Could not deliver.", kind: str = "message/delivery-status"
) -> str:
    return (
        "From: MAILER-DAEMON@far.example\nTo: bot+n-abc@court.example\nSubject: Returned mail\n"
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"
        f"--b\nContent-Type: text/plain\n\n{text}\n\n--b\nContent-Type: {kind}\n\n{status}\n"
        f"--b\nContent-Type: message/rfc822\n\n{RETURNED.lstrip()}\n--b--\n"
    )


def test_a_delivery_report() -> None:
    report = report_of(dsn(STATUS))
    assert report is not None
    assert report.kind == "bounce"
    assert report.verdict == "hard"
    assert report.status == "5.1.1"
    [failure] = report.failures
    assert failure.recipient == "ann@far.example"
    assert failure.reply == "550"
    assert report.original[0] == "<n1@court.example>"
    assert "bot+n-abc@court.example" in report.original
    assert "never@named.example" not in report.original


def test_one_without_a_boundary_is_read_as_text() -> None:
    raw = dsn(STATUS).replace("; boundary=b", "")
    report = report_of(raw)
    assert report is not None
    assert report.recipients == ("ann@far.example",)


def test_one_whose_fields_are_a_text() -> None:
    report = report_of(dsn(STATUS, kind="text/plain"))
    assert report is not None
    assert report.recipients == ("ann@far.example",)
    assert report.verdict == "hard"


def test_a_notice_in_html_alone() -> None:
    page = "<p>Delivery has failed to these recipients:</p><p>ann@far.example<br>mailbox full</p>"
    raw = f"From: postmaster@far.example\nSubject: Undeliverable: x\nContent-Type: text/html\n\n{page}"
    report = report_of(raw)
    assert report is not None
    assert report.recipients == ("ann@far.example",)
    assert report.verdict == "soft"


def test_an_internationalised_one() -> None:
    status = "Final-Recipient: utf-8; j\\x{F6}rg@far.example\nAction: failed\nStatus: 5.1.1\n"
    report = report_of(dsn(status, kind="message/global-delivery-status"))
    assert report is not None
    assert report.recipients == ("jörg@far.example",)


@pytest.mark.parametrize(
    ("action", "status", "verdict"),
    [
        ("delayed", "4.4.1", "delayed"),
        ("delivered", "2.0.0", "delivered"),
        ("relayed", "2.0.0", "delivered"),
        ("expanded", "2.0.0", "delivered"),
        ("failed", "4.4.7", "soft"),
        ("failed", "5.2.2", "soft"),
        ("failed", "5.7.1", "soft"),
        ("failed", "5.1.2", "hard"),
    ],
)
def test_action_and_status(action: str, status: str, verdict: str) -> None:
    fields = f"Final-Recipient: rfc822; ann@far.example\nAction: {action}\nStatus: {status}\n"
    report = report_of(dsn(fields))
    assert report is not None
    assert report.verdict == verdict


def test_several_recipients_each_with_a_verdict() -> None:
    status = STATUS + "\nFinal-Recipient: rfc822; bob@far.example\nAction: failed\nStatus: 5.2.2\n"
    report = report_of(dsn(status))
    assert report is not None
    assert report.verdict == "mixed"
    assert [each.verdict for each in report.failures] == ["hard", "soft"]


def test_an_empty_report_names_nobody() -> None:
    report = report_of(dsn("Reporting-MTA: dns; mx.far.example\n", "<<< No message >>>"))
    assert report is not None
    assert report.failures == ()
    assert report.verdict is None


def test_the_field_of_exim_names_all() -> None:
    report = notice(
        "Some went wrong:\n\n  ann@far.example\n    550 5.1.1 no such user\n",
        fields="X-Failed-Recipients: ann@far.example, bob@far.example\n",
    )
    assert report is not None
    assert report.recipients == ("ann@far.example", "bob@far.example")


# --- What is no report ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "body", "mail_from"),
    [
        ("From: ann@far.example\nSubject: Re: Notice", "The mailbox does not exist? Odd.", "ann@far.example"),
        ("From: ann@far.example\nSubject: Out of office", "I am out of the office.", ""),
        ("From: ann@far.example\nSubject: Notice", "I no longer work here; user unknown.", "ann@far.example"),
        (
            "From: ann@far.example\nSubject: Automatic reply: Notice\nAuto-Submitted: auto-replied",
            "This address is no longer in use; mail was not delivered to the new one.",
            "",
        ),
        ("From: bot@court.example\nSubject: Notice of filing", "The mail was returned undeliverable.", "x@y.example"),
        ("From: ann@far.example\nSubject: Undeliverable: Notice", "What does this mean?", "ann@far.example"),
    ],
)  # fmt: skip
def test_no_report(fields: str, body: str, mail_from: str) -> None:
    assert report_of(f"{fields}\nTo: bot@court.example\n\n{body}\n", mail_from) is None


def test_a_challenge_in_the_form_of_a_report_is_none() -> None:
    raw = dsn(STATUS, "Please add yourself to my guest list: you are not on my list.")
    assert report_of(raw.replace("MAILER-DAEMON@far", "noreply@guard")) is None


# --- Complaints -------------------------------------------------------------------------------


def arf(fields: str) -> str:
    return (
        "From: fbl@far.example\nTo: abuse@court.example\nSubject: FW: Notice\n"
        "Content-Type: multipart/report; report-type=feedback-report; boundary=b\n\n"
        "--b\nContent-Type: text/plain\n\nThis is an email abuse report.\n\n"
        f"--b\nContent-Type: message/feedback-report\n\n{fields}\n"
        f"--b\nContent-Type: message/rfc822\n\n{RETURNED.lstrip()}\n--b--\n"
    )


def test_a_complaint() -> None:
    report = report_of(arf("Feedback-Type: abuse\nOriginal-Rcpt-To: <ann@far.example>\n"))
    assert report is not None
    assert report.kind == "complaint"
    assert report.feedback == "abuse"
    assert report.recipients == ("ann@far.example",)
    assert report.verdict is None
    assert report.original[0] == "<n1@court.example>"


def test_failed_authentication_is_nobodys_complaint() -> None:
    assert report_of(arf("Feedback-Type: auth-failure\nAuth-Failure: dmarc\n")) is None


def test_the_complaint_that_microsoft_forwards() -> None:
    report = report_of(
        "From: staff@far.example\nTo: abuse@court.example\nSubject: complaint about message from x\n"
        "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: message/rfc822\n\n"
        f"X-HmXmrOriginalRecipient: ann@far.example\n{RETURNED.lstrip()}\n--b--\n"
    )
    assert report is not None
    assert report.kind == "complaint"
    assert report.recipients == ("ann@far.example",)


# --- Hostile reports --------------------------------------------------------------------------

ENTRY = "Final-Recipient: rfc822; a{}@x.example\nAction: failed\nDiagnostic-Code: {}\n\n"
HOSTILE = {
    "ten thousand entries": dsn("".join(ENTRY.format(n, "user account " * 50) for n in range(2000))),
    "no words of their own": dsn("".join(ENTRY.format(n, "") for n in range(2000)), "user host " * 2000),
    "one name without end": "From: mailer-daemon\n\n" + "a" * 1_000_000,
    "signs": "From: mailer-daemon\n\n" + "a@" * 300_000,
    "half a sentence": "From: mailer-daemon\n\n" + "user not mailbox account " * 20_000,
    "half a mark": "From: mailer-daemon\n\n" + ("copy of " * 12 + "\n") * 5_000,
    "a field of names": "".join(
        ["X-Failed-Recipients: " + ",".join(f"a{n}b{m}@x.example" for n in range(350)) + "\n" for m in range(8)]
    )
    + "\n" + "user unknown host " * 1000,
}  # fmt: skip


@pytest.mark.parametrize("bomb", HOSTILE)
def test_hostile_reports_cost_little(bomb: str) -> None:
    began = time.process_time()
    report = report_of(HOSTILE[bomb])
    assert time.process_time() - began < 1
    assert report is not None
    assert len(report.failures) <= 100
