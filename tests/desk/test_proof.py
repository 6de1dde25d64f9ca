"""Who is believed: proof levels and what they change (mail-interface.md 0.2, 5.4; T-SPOOF)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mailbot.desk.reading.routing import trusted_at
from tests.world import BOT, Sent, World, templates, worlds

ANN, BEN = "ann@people.example", "ben@people.example"
MX = "mx.court.example"
CASES = ("15AB-CR00015", "15AB-DR00010")
TRUSTING = f'trusted_results = ["{MX}"]\ntrusted_sealers = ["lists.example"]'
HOP = f"Received: from out.people.example by {MX} with ESMTPS id 2; Tue"
PASS = f"Authentication-Results: {MX}; dmarc=pass header.from=people.example"
FAIL = f"Authentication-Results: {MX}; dmarc=fail header.from=people.example"
PROVED = (HOP, PASS)

# T-SPOOF: eight states of authentication, and the level of each.
STATES: dict[str, tuple[tuple[str, ...], bool]] = {
    "nothing": ((HOP,), False),
    "DMARC pass": ((HOP, PASS), True),
    "aligned DKIM pass": (
        (HOP, f"Authentication-Results: {MX}; dmarc=none; dkim=pass header.d=people.example"),
        True,
    ),
    "DKIM pass of another domain, SPF pass": (
        (
            HOP,
            f"Authentication-Results: {MX}; spf=pass smtp.mailfrom=people.example; "
            "dkim=pass header.d=bulk.example",
        ),
        False,
    ),
    "DMARC fail": ((HOP, FAIL), False),
    "DMARC pass told by a stranger": ((HOP, PASS.replace(MX, "mx.evil.example")), False),
    "our name below a foreign hop": (
        (HOP, "Received: from x by mx.evil.example; Tue", PASS),
        False,
    ),
    "ARC pass by an unlisted sealer": (
        (
            HOP,
            FAIL.replace("dmarc", "arc=pass; dmarc"),
            "ARC-Seal: i=1; d=evil.example; cv=none",
            "ARC-Authentication-Results: i=1; x; dmarc=pass header.from=people.example",
        ),
        False,
    ),
}
# And six commands: what leaves at P0, what leaves at P1.
COMMANDS: dict[str, tuple[str, str]] = {
    "HELP": ("help", "help"),
    "REPORT": ("report", "report"),
    "TRACK 000333666": ("verify", "verify"),  # always confirmed (S52)
    "STOP 15AB-CR00015": ("stop-ask", "stopped"),
    "STOP ALL": ("stop-ask", "stopped"),
    "CONFIRM": ("link-problem", "link-problem"),
}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Ann follows two cases; the mailbox trusts its mail server."""
    for world in worlds(tmp_path, mailbox_options=TRUSTING):
        follow_two(world)
        yield world


def follow_two(world: World) -> None:
    for number in CASES:
        world.follow(ANN, number)
        world.wait(minutes=20)


def write(world: World, lines: tuple[str, ...], subject: str, sender: str = ANN) -> list[Sent]:
    """A mail below these header lines; what is answered."""
    raw = "".join(f"{line}\r\n" for line in lines).encode() + world.raw(sender, subject, "", BOT)
    world.mail(sender, raw=raw)
    world.wait(minutes=20)
    return world.leave()


def followed(world: World) -> list[str]:
    world.mail(ANN, "REPORT", f"at {world.now}")
    (report,) = world.leave()
    return [number for number in CASES if number in report.text]


# --- T-SPOOF ----------------------------------------------------------------------------------


@pytest.mark.parametrize("state", STATES)
def test_each_state_with_each_command(world: World, state: str) -> None:
    lines, proved = STATES[state]
    for command, expected in COMMANDS.items():
        mails = write(world, lines, command)
        assert templates(mails) == [expected[proved]], command
        assert [mail.recipient for mail in mails] == [ANN]
    assert followed(world) == ([] if proved else list(CASES))


@pytest.mark.parametrize("state", STATES)
def test_a_world_that_trusts_nobody_asks_in_each_state(tmp_path: Path, state: str) -> None:
    for world in worlds(tmp_path):
        follow_two(world)
        assert templates(write(world, STATES[state][0], "STOP ALL")) == ["stop-ask"]
        assert followed(world) == list(CASES)


# --- Stops that are proved --------------------------------------------------------------------


def test_a_proved_stop_can_be_undone(world: World) -> None:
    (receipt,) = write(world, PROVED, "STOP ALL")
    assert "You are no longer tracking any cases." in receipt.folded
    world.answer(receipt, ANN, "UNDO")
    assert templates(world.leave()) == ["restored"]
    assert followed(world) == list(CASES)


def test_a_proved_stop_stops_what_it_names(world: World) -> None:
    write(world, PROVED, "STOP 15AB-CR00015")
    assert followed(world) == ["15AB-DR00010"]
    assert templates(write(world, PROVED, "STOP")) == ["stopped"]  # there is only one left
    assert followed(world) == []


def test_a_proved_stop_that_names_none_of_two_asks_which(world: World) -> None:
    assert templates(write(world, PROVED, "STOP")) == ["stop-which"]
    assert templates(write(world, PROVED, "STOP 000333666")) == ["not-tracking"]
    assert followed(world) == list(CASES)


def test_a_proved_stop_ends_what_is_not_confirmed_yet(world: World) -> None:
    write(world, (HOP,), "TRACK 000333666")
    assert templates(write(world, PROVED, "STOP 000333666")) == ["stopped"]


def test_proof_is_of_the_writer_alone(world: World) -> None:
    """Trap 34: nobody's mail, however well proved, touches another address."""
    (mail,) = write(world, PROVED, "STOP ALL", sender=BEN)
    assert (mail.row.template, mail.recipient) == ("not-tracking", BEN)
    other = (HOP, PASS.replace("people", "evil"))
    assert templates(write(world, other, "STOP ALL")) == ["stop-ask"]
    assert followed(world) == list(CASES)


def test_two_froms_stop_nothing(world: World) -> None:
    assert write(world, (*PROVED, f"From: {BEN}"), "STOP ALL") == []
    assert followed(world) == list(CASES)


def test_a_bare_yes_from_another_address_changes_nothing_however_proved(world: World) -> None:
    """Trap 48."""
    (asked,) = write(world, (HOP,), "STOP ALL")
    (tracked,) = write(world, (HOP,), "TRACK 000333666")
    for mail in (asked, tracked):
        for body in ("yes", ""):
            header = {"In-Reply-To": str(mail.message["Message-ID"])}
            raw = world.raw(BEN, f"Re: {mail.message['Subject']}", body, mail.reply_to, header)
            proved = "".join(f"{line}\r\n" for line in PROVED).encode()
            world.mail(BEN, to=mail.reply_to, raw=proved + raw)
            world.wait(minutes=5)
    assert {mail.recipient for mail in world.leave()} <= {ANN}
    assert followed(world) == list(CASES)


# --- What a court may say ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("profile", "policy", "answer"),
    [
        ("default", "", "stopped"),
        ("default", "[court.franklin.policy]\n", "stopped"),
        ("default", '[court.franklin.policy]\nstop = "proved"\n', "stopped"),
        ("default", '[court.franklin.policy]\nstop = "ask"\n', "stop-ask"),
        ("seed", "", "stop-ask"),
        ("seed", '[court.franklin.policy]\nstop = "ask"\n', "stop-ask"),
    ],
)
def test_a_court_decides_what_a_proved_stop_does(
    tmp_path: Path, profile: str, policy: str, answer: str
) -> None:
    options = {"profile": profile, "court_options": policy, "mailbox_options": TRUSTING}
    for world in worlds(tmp_path, **options):
        world.follow(ANN, CASES[0])
        assert templates(write(world, PROVED, "STOP 15AB-CR00015")) == [answer]
        assert templates(write(world, (HOP,), "TRACK 15AB-DR00010")) == ["verify"]


SECOND_COURT = """
[court.cole]
name = "Circuit Court of Cole County"
time_zone = "America/Chicago"
number_shapes = ["000000000"]
help_desk = { name = "Help Desk", email = "help.desk@cole.example" }
source = { url = "sqlite:///court.sqlite" }
policy = { stop = "ask" }

[[mailbox]]
name = "cole"
address = "cole@court.example"

[[route]]
address = "cole@court.example"
court = "cole"
purpose = "commands"
"""


def test_trust_is_a_mailboxs_own(tmp_path: Path) -> None:
    """What comes to a mailbox that trusts nobody proves nothing, and its court asks."""
    for world in worlds(tmp_path, mailbox_options=TRUSTING, more=SECOND_COURT):
        follow_two(world)
        assert trusted_at(world.settings, BOT).results == {MX}
        assert trusted_at(world.settings, "track+x@court.example").results == {MX}
        assert trusted_at(world.settings, "cole@court.example").nobody
        assert trusted_at(world.settings, "nobody@court.example").nobody
        raw = f"{HOP}\r\n{PASS}\r\n".encode() + world.raw(ANN, "STOP ALL", "", BOT)
        world.mail(ANN, to="cole@court.example", raw=raw)
        assert templates(world.leave()) == ["stop-ask"]


# --- Budgets ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("lines", "helps"), [((HOP,), 3), (PROVED, 3), ((HOP, FAIL), 2)])
def test_a_forged_from_has_half_of_the_answers(
    world: World, lines: tuple[str, ...], helps: int
) -> None:
    assert sum(len(write(world, lines, "HELP")) for _ in range(6)) == helps


@pytest.mark.parametrize(("lines", "answers"), [((HOP,), 30), (PROVED, 100), ((HOP, FAIL), 15)])
def test_the_answers_of_a_day(tmp_path: Path, lines: tuple[str, ...], answers: int) -> None:
    for world in worlds(tmp_path, mailbox_options=TRUSTING):
        for number in range(110):  # never the same question twice: that ends earlier
            raw = "".join(f"{line}\r\n" for line in lines).encode()
            world.mail(BEN, raw=raw + world.raw(BEN, f"STOP 15AB-CR{number:05}", "", BOT))
            world.wait(minutes=1)
        assert len(world.leave()) == answers


def test_report_goes_to_its_own_address_only(world: World) -> None:
    """Trap 28: whatever the Reply-To and the proof."""
    for lines in (PROVED, (HOP, FAIL)):
        (report,) = write(world, (*lines, f"Reply-To: {BEN}"), "REPORT")
        assert (report.recipient, report.row.template) == (ANN, "report")


# --- Traps ------------------------------------------------------------------------------------


def test_own_header_fields_from_outside_have_no_effect(world: World) -> None:
    """Trap 32."""
    lines = (HOP, "X-Mailbot-Proof: P1", "X-Mailbot-Court: cole", "X-Mailbot-Address: b@x.example")
    assert templates(write(world, lines, "STOP ALL")) == ["stop-ask"]


def test_one_subscriber_however_its_letters_are_written(world: World) -> None:
    """Trap 33."""
    (receipt,) = write(world, PROVED, "STOP 15AB-CR00015", sender="Ann@PEOPLE.Example")
    assert receipt.row.template == "stopped"
    (mail,) = write(world, PROVED, "STOP ALL", sender="a.nn+x@people.example")
    assert mail.row.template == "not-tracking"
    assert followed(world) == ["15AB-DR00010"]
