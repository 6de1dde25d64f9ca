"""The order of SMTP commands, as a table of what is said and what is answered. No socket."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.config import Limits
from mailbot.inbound.smtp import replies
from mailbot.inbound.smtp.dialogue import Dialogue
from mailbot.inbound.smtp.wire import Collector, SpoolSpace

LIMITS = Limits(message_bytes=100_000)


def dialogue(limits: Limits = LIMITS) -> Dialogue:
    return Dialogue("mx.court.test", limits, upgradable=False, secured=False)


def say(talk: Dialogue, line: str) -> str:
    """One line to the dialogue; every recipient it asks about is accepted."""
    verb, _, argument = line.partition(" ")
    match verb:
        case "RCPT":
            recipient, refusal = talk.recipient(argument)
            if refusal:
                return refusal
            talk.accept(recipient)
            return replies.RECIPIENT_OK
        case "RSET":
            talk.reset()
            return replies.OK
        case "HELO" | "EHLO" | "LHLO":
            return talk.greet(verb, argument)
    return talk.mail(argument) if verb == "MAIL" else talk.data(argument)


@pytest.mark.parametrize(
    ("lines", "last"),
    [
        (["MAIL FROM:<a@b.test>"], replies.GREET_FIRST),
        (["EHLO"], replies.BAD_SYNTAX),
        (["HELO x", "MAIL FROM:<a@b.test>"], replies.SENDER_OK),
        (["EHLO x", "MAIL FROM:<>"], replies.SENDER_OK),
        (["EHLO x", "MAIL FROM:<>", "MAIL FROM:<a@b.test>"], replies.ALREADY_IN_MAIL),
        (["EHLO x", "RCPT TO:<a@b.test>"], replies.MAIL_FIRST),
        (["EHLO x", "MAIL FROM:<>", "DATA"], replies.RECIPIENT_FIRST),
        (["EHLO x", "MAIL FROM:<>", "RCPT TO:<a@b.test>", "DATA"], replies.GO_AHEAD),
        (["EHLO x", "MAIL FROM:<>", "RCPT TO:<a@b.test>", "DATA x"], replies.BAD_SYNTAX),
        (["EHLO x", "MAIL FROM:<>", "RCPT TO:<a@b.test>", "RSET", "DATA"], replies.RECIPIENT_FIRST),
        (["EHLO x", "MAIL FROM:<>", "RCPT TO:<a@b.test>", "EHLO x", "RCPT TO:<a@b.test>"],
         replies.MAIL_FIRST),
        (["EHLO x", "MAIL FROM:<>", "RSET", "MAIL FROM:<a@b.test>"], replies.SENDER_OK),
        (["EHLO x", "MAIL FROM:<>", "RCPT TO:<>"], replies.BAD_RECIPIENT),
        (["EHLO x", "MAIL FROM:<>", "RCPT TO:<a@b.test> NOTIFY=NEVER"], replies.UNKNOWN_PARAMETER),
        (["EHLO x", "MAIL FROM:<postmaster>"], replies.BAD_SENDER),
        (["EHLO x", "MAIL FROM:<a@"], replies.BAD_SENDER),
        (["EHLO x", "MAIL FROM:<> SIZE=100000"], replies.SENDER_OK),
        (["EHLO x", "MAIL FROM:<> SIZE=100001"], replies.TOO_BIG),
        (["EHLO x", "MAIL FROM:<> SIZE=-1"], replies.BAD_SYNTAX),
        (["EHLO x", "MAIL FROM:<> SIZE=" + "9" * 21], replies.BAD_SYNTAX),
        (["EHLO x", "MAIL FROM:<> BODY=8BITMIME"], replies.SENDER_OK),
        (["EHLO x", "MAIL FROM:<> BODY=BINARYMIME"], replies.BAD_SYNTAX),
        (["EHLO x", "MAIL FROM:<> SMTPUTF8"], replies.SENDER_OK),
        (["EHLO x", "MAIL FROM:<> SMTPUTF8=1"], replies.BAD_SYNTAX),
        (["HELO x", "MAIL FROM:<> SMTPUTF8"], replies.UNKNOWN_PARAMETER),
        (["EHLO x", "MAIL FROM:<jos\xe9@b.test>"], replies.NEEDS_SMTPUTF8),
        (["EHLO x", "MAIL FROM:<jos\xe9@b\xfccher.test> SMTPUTF8"], replies.SENDER_OK),
        (["EHLO x", "MAIL FROM:<>", "RCPT TO:<jos\xe9@b.test>"], replies.NEEDS_SMTPUTF8),
        (["EHLO x", "MAIL FROM:<> SMTPUTF8", "RCPT TO:<jos\xe9@b.test>"], replies.RECIPIENT_OK),
        (["LHLO x"], replies.UNKNOWN_COMMAND),
        (["HELO x", "MAIL FROM:<> SIZE=1"], replies.UNKNOWN_PARAMETER),
    ],
)  # fmt: skip
def test_order_of_commands(lines: list[str], last: str) -> None:
    """Statements 4 to 8."""
    talk = dialogue()
    assert [say(talk, line) for line in lines][-1] == last


def test_a_hundred_recipients_and_no_more() -> None:
    talk = dialogue()
    say(talk, "EHLO x")
    say(talk, "MAIL FROM:<>")
    said = [say(talk, f"RCPT TO:<a{number}@b.test>") for number in range(102)]
    assert said == [replies.RECIPIENT_OK] * 100 + [replies.TOO_MANY_RECIPIENTS] * 2


def test_arrival_carries_the_envelope_and_ends_the_transaction() -> None:
    talk = Dialogue("mx.court.test", LIMITS, upgradable=False, secured=True)
    for line in ("EHLO [192.0.2.1] (\x1b[2J)\t", "MAIL FROM:<>", "RCPT TO:<a@b.test>",
                 "RCPT TO:<POSTMASTER>", "RCPT TO:<a@b.test>"):  # fmt: skip
        say(talk, line)
    mail = Collector(1000, SpoolSpace(1000))
    arrival = talk.arrival(mail, "192.0.2.9")
    mail.close()
    assert (arrival.mail_from, arrival.peer, arrival.protocol) == ("", "192.0.2.9", "ESMTPS")
    assert arrival.recipients == ("a@b.test", "postmaster@mx.court.test")
    assert arrival.helo == "[192.0.2.1][2J"
    assert talk.data("") == replies.RECIPIENT_FIRST


def test_lmtp_greets_its_own_way_and_names_recipients_as_often_as_they_were_named() -> None:
    """Statements 17, 18 and 21; RFC 6531 4.3 for the protocol's name."""
    talk = Dialogue("mx.court.test", LIMITS, upgradable=False, secured=True, way="lmtp")
    assert [say(talk, f"{verb} x")[:3] for verb in ("HELO", "EHLO", "LHLO")] == [
        "500",
        "500",
        "250",
    ]
    said = [say(talk, line) for line in ("MAIL FROM:<> SMTPUTF8", "DATA", "RCPT TO:<a@b.test>")]
    assert said == [replies.SENDER_OK, replies.RECIPIENT_FIRST, replies.RECIPIENT_OK]
    say(talk, "RCPT TO:<a@b.test>")
    mail = Collector(1000, SpoolSpace(1000))
    arrival = talk.arrival(mail, "192.0.2.9")
    mail.close()
    assert (arrival.recipients, arrival.protocol) == (("a@b.test", "a@b.test"), "UTF8LMTPS")
    assert arrival.answered(replies.TOO_BIG) == f"{replies.TOO_BIG}\r\n{replies.TOO_BIG}"


WORDS = st.sampled_from(
    ["HELO x", "EHLO x", "MAIL FROM:<>", "MAIL FROM:<a@b.test>", "RCPT TO:<c@d.test>", "RSET"]
)


@given(st.lists(st.one_of(WORDS, st.text(max_size=20).map(lambda text: "MAIL " + text))))
def test_data_needs_a_whole_transaction(lines: list[str]) -> None:
    """Whatever is said, 354 comes only after a greeting, one sender and a recipient."""
    talk = dialogue()
    greeted = begun = known = False
    for line in lines:
        reply = say(talk, line)
        if line[:4] in {"HELO", "EHLO"}:
            greeted, begun, known = True, False, False
        elif line == "RSET":
            begun = known = False
        elif line.startswith("MAIL"):
            assert not (reply[0] == "2" and (begun or not greeted))
            begun = begun or reply[0] == "2"
        else:
            assert (reply[0] == "2") == begun
            known = known or reply[0] == "2"
    assert (talk.data("") == replies.GO_AHEAD) == known


def test_every_line_fits_and_says_nothing_of_ours() -> None:
    """Statement 3: reply lines of at most 512 octets; enhanced codes agree (RFC 2034 4)."""
    texts = [value for name, value in vars(replies).items() if name.isupper()]
    for text in texts:
        assert len(text) < 500
        assert text.isascii()
        enhanced = text[4:5]
        if enhanced.isdigit():
            assert enhanced == text[0]
    assert "STARTTLS" in replies.ehlo("h", 1, True)
    assert "STARTTLS" not in replies.ehlo("h", 1, False)
