"""Commands are read from subject and text, each once, and nothing else is (5.2, decisions.md 18)."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailbot.config import Limits
from mailbot.desk.reading.grammar import MOST_UNKNOWN_LINES, Reason, read
from mailbot.model import Reading, Verb

LIMITS = Limits()
SHAPES = ("99AA-AA00000", "9999-AA00000", "000000000")
ONE, TWO = "15AB-CR00015", "1420-CC00599"
TOKEN = "WzEsMTIzNDU2Nzg5MDEyMzQ1Njdd.aBcDeF.0123456789abcdefghijkl"


def reading(text: str, subject: str = "") -> Reading:
    return read(subject, text, SHAPES, LIMITS)


def commands(text: str, subject: str = "") -> list[str]:
    return [" ".join([each.verb, *each.args]) for each in reading(text, subject).commands]


def reasons(text: str, subject: str = "") -> list[tuple[str, str]]:
    return [(each.line, each.reason) for each in reading(text, subject).ignored]


# --- One line ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        f"TRACK {ONE}", f"track {ONE}", f"*TRACK {ONE}*", f'"TRACK {ONE}"', f"TRACK {ONE}.",
        "track: 15ab cr00015", f"- TRACK {ONE}", f"* TRACK {ONE}", f"• TRACK {ONE}",
        f"1. TRACK {ONE}", f"2) TRACK {ONE}", f"**TRACK {ONE}**", f"`TRACK {ONE}`", f"  TRACK {ONE}  ",
        f"TRACK {ONE}!", f"TRACK\u00a0{ONE}", f"TRA\u200bCK {ONE}", "ＴＲＡＣＫ　１５ＡＢ－ＣＲ０００１５",
        "TRACK 15AB\u2013CR00015", f"“TRACK {ONE}”", f"TRACK {ONE};", f"TRACK \"{ONE}\"",
        f"TRACK case no. {ONE}", f"TRACK {ONE}<tel:15>", f"_TRACK {ONE}_", f"(TRACK {ONE})"[:-1],
    ],
)  # fmt: skip
def test_one_command_in_every_dress(line: str) -> None:
    """Traps 7 and 14."""
    assert commands(line) == [f"TRACK {ONE}"]
    assert commands("", subject=line) == [f"TRACK {ONE}"]
    assert commands(f"Hello,\n\n{line}\n\nThanks") == [f"TRACK {ONE}"]


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("STOP", "STOP"),
        ("stop all", "STOP ALL"),
        (f"STOP {ONE}, {TWO}", f"STOP {ONE} {TWO}"),
        ("unsubscribe", "STOP"),
        ("QUIT", "STOP"),
        ("cancel", "STOP"),
        (f"remove {ONE}", f"STOP {ONE}"),
        ("end", "STOP"),
        ("YES", "CONFIRM"),
        ("Sí.", "CONFIRM"),
        ("是的", "CONFIRM"),
        (f"CONFIRM {TOKEN}", f"CONFIRM {TOKEN}"),
        ("confirm k7m2z 9qxd4", "CONFIRM K7M2Z-9QXD4"),
        ("no", "NO"),
        (f"NO {TOKEN}", f"NO {TOKEN}"),
        ("REPORT", "REPORT"),
        ("list", "REPORT"),
        ("Tracking Report", "REPORT"),
        ("UNDO", "UNDO"),
        ("help", "HELP"),
        ("?", "HELP"),
        ("HELP track", "HELP TRACK"),
        (ONE, f"CASE {ONE}"),
        ("15ab cr 15", f"CASE {ONE}"),
        (f"case {ONE}", f"CASE {ONE}"),
        ("NAME Smith, John", "NOT_OFFERED NAME"),
        ("my data", "NOT_OFFERED MY DATA"),
        ("2", "NOT_OFFERED 2"),
        ("LANG es", "NOT_OFFERED LANG"),
    ],
)
def test_every_command(line: str, command: str) -> None:
    assert commands(line) == [command]


@pytest.mark.parametrize(
    "line",
    [
        "\u017fTOP", "STO\u03a1", "S\u0422OP", "\u24c8TOP", "STOP\x0bALL", "STOP\u2028ALL", "STOP\x00",
        "trac\u212a 15AB-CR00015", "TRACK 15\u0410B-CR00015", "TRACK \u0661\u0665AB-CR00015", "STOP?",
    ],
)  # fmt: skip
def test_what_only_looks_like_a_command(line: str) -> None:
    """T-UNI."""
    assert commands(line) == commands("", subject=line) == []


@pytest.mark.parametrize(
    "line",
    [
        "Stop Tracking This Case", "Stop Tracking ALL Cases", "To stop this case:", "To stop ALL cases:",
        "Code: K7M2Z-9QXD4", "Please stop by.", "stop it", "STOP 15AB-CR00015 now", "STOP ALL of it",
        "Yes, please remove me", "please remove me", "No thanks", "Not confirmed", "CONFIRM everything",
        "Track Palin", "Stop Corp", "Undo it", "Report to the office", "I am out of the office",
        "Information on case number 15AB-CR00015 has been added or updated.", "TRACK", "CASE",
        "To stop tracking case number 15AB-CR00015, write STOP.",
    ],
)  # fmt: skip
def test_prose_and_our_own_lines_are_no_command(line: str) -> None:
    """Traps 9, 12, 50; decisions.md 18."""
    assert commands(line) == commands("", subject=line) == []


# --- Subject ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "subject", [f"CONFIRM {TOKEN}", f"Re: Re: CONFIRM {TOKEN}", f"[EXTERNAL] AW: CONFIRM {TOKEN}"]
)
def test_the_subject_is_command_one(subject: str) -> None:
    """Trap 1."""
    assert commands("", subject) == [f"CONFIRM {TOKEN}"]


@pytest.mark.parametrize(
    "mark", ["Undeliverable", "Read", "Accepted", "Automatic reply", "Delivered"]
)
def test_what_a_machine_writes_before_it_is_no_mark_of_ours(mark: str) -> None:
    """Trap 10."""
    assert commands("", f"{mark}: CONFIRM {TOKEN}") == []


def test_the_body_counts_too_and_the_same_counts_once() -> None:
    """Trap 16."""
    assert commands(f"track {ONE.lower()}\nTRACK {TWO}", f"TRACK {ONE}") == [
        f"TRACK {ONE}",
        f"TRACK {TWO}",
    ]
    assert commands("STOP\nSTOP\nstop", "STOP") == ["STOP"]


def test_the_number_may_stand_in_the_text_of_the_mail() -> None:
    assert commands(f"{ONE}\n{TWO}", "TRACK") == [f"TRACK {ONE}", f"TRACK {TWO}"]
    assert commands(f"{ONE}", "STOP") == [f"STOP {ONE}"]
    assert commands(f"Hello\n{ONE}", "STOP") == ["STOP", f"CASE {ONE}"]
    assert reasons("", "TRACK") == [("TRACK", Reason.NO_NUMBER)]
    assert reasons(ONE, "TRACK") == []


def test_a_forwarded_mail_may_only_ask() -> None:
    found = reading(f"STOP ALL\nCASE {ONE}\nHELP\nCONFIRM {TOKEN}", "Fwd: docket activity")
    assert found.read_only
    assert [each.verb for each in found.commands] == [Verb.CASE, Verb.HELP]
    assert [each.reason for each in found.ignored] == [Reason.FORWARDED, Reason.FORWARDED]
    assert not reading("STOP", "Re: x").read_only
    assert commands("", "Fwd: STOP ALL") == []


# --- Lines together ---------------------------------------------------------------------------


def test_a_list_of_numbers_below_a_verb() -> None:
    assert commands(f"TRACK\n{ONE}\n{TWO}") == [f"TRACK {ONE}", f"TRACK {TWO}"]
    assert commands(f"TRACK {ONE},\n{TWO}") == [f"TRACK {ONE}", f"TRACK {TWO}"]
    assert commands(f"STOP\n{ONE}\n{TWO}") == [f"STOP {ONE} {TWO}"]
    assert commands(f"TRACK {ONE}\n{TWO}") == [f"TRACK {ONE}", f"CASE {TWO}"]


def test_unknown_lines_above_the_first_command_are_passed_over() -> None:
    """Trap 11."""
    above = "\n".join(f"banner {line}" for line in range(MOST_UNKNOWN_LINES - 1))
    assert commands(f"{above}\nSTOP") == ["STOP"]
    assert {reason for _, reason in reasons(f"{above}\nSTOP")} == {Reason.UNKNOWN}


def test_the_forty_first_is_not_read() -> None:
    """Trap 17."""
    above = "\n".join(f"line {line}" for line in range(MOST_UNKNOWN_LINES))
    assert commands(f"{above}\nSTOP") == []
    assert reasons(f"{above}\nSTOP")[-1] == ("STOP", Reason.NOT_READ)


def test_prose_behind_a_command_ends_the_reading() -> None:
    assert commands(f"TRACK {ONE}\n\nThanks,\nAnn\nSTOP ALL") == [f"TRACK {ONE}"]
    assert reasons(f"TRACK {ONE}\n\nThanks,\nAnn\nSTOP ALL") == [
        ("Thanks,", Reason.AFTER_COMMANDS),
        ("STOP ALL", Reason.NOT_READ),
    ]


SIGN_OFFS = [
    "Thanks,\nAnn Smith\n555-123-4567",
    "Regards\nAnn\nTrack and field coach",
    "This e-mail and any attachments are confidential.\nIf you are not the recipient, delete it.",
]


@pytest.mark.parametrize("sign_off", SIGN_OFFS)
def test_a_sign_off_below_a_command_is_nothing_unread(sign_off: str) -> None:
    found = reasons(f"TRACK {ONE}\n\n{sign_off}")
    assert [reason for _, reason in found] == [Reason.AFTER_COMMANDS]


@pytest.mark.parametrize("below", [f"TRACK {ONE}", "REPORT", f"TRAK {ONE}", ONE])
def test_a_command_or_nearly_one_below_prose_is_named(below: str) -> None:
    assert reasons(f"HELP\nThank you\nAnn\n{below}")[-1] == (below, Reason.NOT_READ)


def test_blank_lines_and_comments_do_not() -> None:
    assert commands(f"TRACK {ONE}\n\n\n# mine\nREPORT") == [f"TRACK {ONE}", "REPORT"]


def test_the_end_of_commands_is_said_in_so_many_words() -> None:
    assert commands("REPORT\nEnd of commands\nSTOP ALL") == ["REPORT"]
    assert reasons("REPORT\nEND OF COMMANDS\nSTOP ALL") == []


def test_a_mistyped_verb_is_suggested_and_the_reading_goes_on() -> None:
    """Trap 13."""
    found = reading(f"REPORT\nTRAK {ONE}\nUNDO")
    assert [each.verb for each in found.commands] == [Verb.REPORT, Verb.UNDO]
    assert found.suggestion == f"TRACK {ONE}"
    assert [(each.line, each.reason) for each in found.ignored] == [
        (f"TRAK {ONE}", Reason.NEAR_MISS)
    ]
    assert reading(f"trakc {ONE}").suggestion == f"TRACK {ONE}"
    assert reading("", f"Re: TRAK {ONE}").suggestion == f"TRACK {ONE}"
    assert reading(f"Help me please\nTRACK {ONE}").suggestion is None


@pytest.mark.parametrize("cut", [12, 28, 34, 40, 57])
def test_a_token_broken_over_two_lines(cut: int) -> None:
    """Traps 2 and 15."""
    assert commands(f"CONFIRM {TOKEN[:cut]}\n{TOKEN[cut:]}") == [f"CONFIRM {TOKEN}"]
    assert commands("", f"CONFIRM {TOKEN[:cut]} {TOKEN[cut:]}") == [f"CONFIRM {TOKEN}"]


def test_a_lower_cased_token_is_read_as_one() -> None:
    """Trap 47: there is somebody to explain it to."""
    assert commands(f"confirm {TOKEN.lower()}") == [f"CONFIRM {TOKEN.lower()}"]


# --- Limits -----------------------------------------------------------------------------------


def test_twenty_five_commands_or_a_hundred_cases() -> None:
    stops = "\n".join(f"STOP 15AB-CR{number:05}" for number in range(30))
    assert len(commands(stops)) == 25
    assert reasons(stops)[0] == ("STOP 15AB-CR00025", Reason.TOO_MANY)
    for verb in ("", "TRACK "):
        cases = "\n".join(f"{verb}15AB-CR{number:05}" for number in range(120))
        assert len(commands(cases)) == 100
        assert len(commands(f"REPORT\n{cases}")) == 25


def test_what_lies_beyond_the_limit_of_text_is_named() -> None:
    """Trap 17: byte 65,537."""
    text = "#" * 65_530 + "\nSTOP\nREPORT"
    assert commands(text) == ["STOP"]
    assert reasons(text) == [("REPORT", Reason.NOT_READ)]
    assert commands("é\n" * 30_000 + "STOP") == []


def test_what_is_repeated_to_its_writer_is_short() -> None:
    found = reading("x" * 5000 + "\n" + "\n".join(f"y{line}" for line in range(100)))
    assert max(len(each.line) for each in found.ignored) <= 200
    assert len(found.ignored) <= 60


def test_the_reason_says_whether_a_line_was_read() -> None:
    """The desk counts what was not read by it."""
    unread = {reason for reason in Reason if reason.startswith("not read")}
    assert unread == {Reason.NOT_READ, Reason.TOO_MANY}


@pytest.mark.parametrize(
    "piece",
    [f"TRACK {ONE}\n", "TRAK x1\n", "a\n", "STOP ", f"{ONE}, ", "* ", "1. ", '"', "<tel:", "Re: ",
     "x" * 70 + "\n", "1 ", "confirm " + "a" * 20 + "\n", f"STOP\nTRAK {ONE}\n"],
)  # fmt: skip
def test_the_work_is_bounded(piece: str) -> None:
    text = piece * (100_000 // len(piece))
    began = time.process_time()
    reading(text, text)
    assert time.process_time() - began < 1


# --- Any text ---------------------------------------------------------------------------------


@settings(deadline=None)
@given(st.text(max_size=300), st.text(max_size=300))
def test_any_text_gives_a_reading(subject: str, text: str) -> None:
    found = reading(text, subject)
    assert found == reading(text, subject)
    for command in found.commands:
        assert all(argument.isascii() for argument in command.args)
        if command.verb is Verb.STOP:
            assert command.args == ("ALL",) or "ALL" not in command.args


_WORDS = st.sampled_from(
    ["TRACK", "STOP", "ALL", ONE, TWO, "yes", "no", "REPORT", "\n", "\n\n", " ", ",", ".", "hello", "-",
     "CONFIRM", TOKEN, "HELP", "#", ">", "*", "TRAK", "15ab cr 15", "END OF COMMANDS", "\x0b", "2"]
)  # fmt: skip


@settings(deadline=None)
@given(st.lists(_WORDS, max_size=25))
def test_a_stop_stands_alone_on_its_line(words: list[str]) -> None:
    text = " ".join(words)
    for command in reading(text).commands:
        if command.verb is Verb.STOP:
            assert all(
                word.strip(" ,.*>-#") in ("STOP", "ALL", ONE, TWO, "15ab", "cr", "15", "")
                for word in command.line.split()
            )


CODE = "K7M2Z-9QXD4"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (f"CONFIRM\n{CODE}", CODE),
        (f"yes\n{TOKEN}", TOKEN),
        (f"CONFIRM Code: {CODE}", CODE),
        (f"CONFIRM code {CODE.lower()}", CODE),
        (f"CONFIRM https://track.court.example/c/{TOKEN}", TOKEN),
        (f"CONFIRM\nhttps://track.court.example/c/{TOKEN}", TOKEN),
        (CODE.lower(), CODE),
    ],
)
def test_a_code_or_token_is_found_where_people_put_it(text: str, named: str) -> None:
    (command,) = reading(text).commands
    assert (command.verb, command.args) == (Verb.CONFIRM, (named,))


@pytest.mark.parametrize(
    "text",
    [f"Code: {CODE}", f"hello\n{CODE}", "555-123-4567", "EVERYTHING", TOKEN, f"Ann\n{TOKEN}"],
)
def test_a_line_of_ours_or_a_telephone_number_is_no_code(text: str) -> None:
    """5.3 G: our own mail pasted, wrapped as it may be, says no yes."""
    assert reading(text).commands == ()


def test_a_case_number_as_long_as_a_code_is_a_case_number() -> None:
    (command,) = read("", "15-ABC-12345", ["99-AAA-00000"], Limits()).commands
    assert command.verb is Verb.CASE
    (command,) = read("", "yes\n15-ABC-12345", ["99-AAA-00000"], Limits()).commands[:1]
    assert (command.verb, command.args) == (Verb.CONFIRM, ())


@pytest.mark.parametrize("line", ["TRACK #15AB-CR00015", "track case #15AB-CR00015"])
def test_a_number_sign_in_front_of_a_number_is_no_obstacle(line: str) -> None:
    assert commands(line) == ["TRACK 15AB-CR00015"]


@pytest.mark.parametrize("line", ["STOP everything please", "STOP all of them"])
def test_stop_everything_is_probably_stop_all(line: str) -> None:
    assert reading(line).suggestion == "STOP ALL"
