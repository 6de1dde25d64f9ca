"""T-IMAP: whatever a server does, each mail is acted upon exactly once (reliability.md 4.1)."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta

import pytest

from mailbot.errors import CourtUnavailable, StoreUnavailable
from mailbot.inbound.imap.terms import InThePen
from tests.inbound.imap.scene import QUICK, Scene, mail, scene, until
from tests.inbound.imap.server import CAPABILITIES, Box, Cut, Server
from tests.tls import client_context, server_context

NO_MOVE = CAPABILITIES.replace(" MOVE", "")
NO_IDLE = CAPABILITIES.replace(" IDLE", "")
OLD = "IMAP4rev1"


def fill(server: Server, count: int, first: int = 1) -> list[bytes]:
    subjects = [f"mail-{number:03}" for number in range(first, first + count)]
    for subject in subjects:
        server.inbox.add(mail(subject))
    return [subject.encode() for subject in subjects]


def settled(played: Scene, subjects: list[bytes], exact: bool = True) -> None:
    """Wait until all is acted upon and moved, and see that it was in order, once each."""
    until(lambda: sorted(played.server.names("Processed")) == sorted(subjects), "all to be moved")
    assert sorted(played.desk.acted) == sorted(subjects)
    if exact:
        assert played.desk.acted == subjects
        assert set(played.desk.given.values()) <= {1}


# --- The good days ----------------------------------------------------------------------------


@pytest.mark.parametrize("capabilities", [CAPABILITIES, NO_IDLE, NO_MOVE, "IMAP4rev1 IDLE UIDPLUS"])
def test_what_lies_there_and_what_comes_is_acted_upon_and_moved(capabilities: str) -> None:
    with scene() as played:
        played.server.capabilities = capabilities
        subjects = fill(played.server, 3)
        with played.fetching():
            settled(played, subjects)
            subjects += fill(played.server, 2, 4)
            settled(played, subjects)
        assert played.server.inbox.mails == []
        assert played.notes.one == (1, 5)


def test_a_server_without_any_extension_keeps_the_mails_marked() -> None:
    with scene() as played:
        played.server.capabilities = OLD
        subjects = fill(played.server, 2)
        with played.fetching():
            settled(played, subjects)
            until(lambda: played.notes.one == (1, 2))
        assert all(
            each.flags == {"\\Deleted", "$MailbotDone"} for each in played.server.inbox.mails
        )
        with played.fetching():
            time.sleep(0.3)
        settled(played, subjects)


def test_mails_stay_with_a_flag_where_that_is_wanted() -> None:
    with scene(processed="flag") as played:
        subjects = fill(played.server, 3)
        with played.fetching():
            until(lambda: all("\\Seen" in each.flags for each in played.server.inbox.mails))
            until(lambda: played.notes.one == (1, 3))
        with played.fetching():
            time.sleep(0.2)
        assert played.desk.acted == subjects
        assert set(played.desk.given.values()) == {1}
        assert played.server.names("Processed") == []


def test_a_mail_is_fetched_without_its_being_marked_as_read() -> None:
    """Statement 48: PEEK; \\Seen and MOVE only after the desk's transaction."""
    with scene() as played:
        fill(played.server, 1)
        seen: list[object] = []
        played.desk.before = lambda raw: seen.append(
            (set(played.server.inbox.mails[0].flags), played.server.count("UID MOVE"))
        )
        with played.fetching():
            until(lambda: played.server.names("Processed"))
        assert seen == [(set(), 0)]
        assert not any("BODY[]" in command for command in played.server.commands)


def test_what_somebody_else_has_read_is_acted_upon() -> None:
    """Trap 82; and a second \\Seen changes nothing."""
    with scene() as played:
        played.server.inbox.add(mail("read"), "\\Seen")
        with played.fetching():
            settled(played, [b"read"])
        assert not any("UNSEEN" in command for command in played.server.commands)


def test_three_days_of_mail_are_caught_up_in_order() -> None:
    """Traps 82 and 83: the 301st mail is not forgotten."""
    with scene() as played:
        subjects = fill(played.server, 320)
        with played.fetching():
            settled(played, subjects)
        assert played.notes.one == (1, 320)


def test_an_idle_is_renewed_and_stopped_at_once() -> None:
    with scene() as played:
        played.with_terms(renew=0.1)
        with played.fetching():
            until(lambda: played.server.count("IDLE") >= 3)
        assert played.server.count("NOOP") >= 2
    with scene() as played:
        with played.with_terms(renew=300.0).fetching():
            until(lambda: played.server.count("IDLE"))
            began = time.monotonic()
        assert time.monotonic() - began < 2.0


@pytest.mark.parametrize("verb", ["UID SEARCH", "UID FETCH", "UID MOVE", "IDLE"])
def test_a_mail_that_comes_during_a_round_does_not_wait_for_the_next_idle(verb: str) -> None:
    """The server tells of it once, beside the answer to whatever was asked."""
    with scene() as played:
        fill(played.server, 1)
        subjects = [b"mail-001", b"late"]

        def come(command: str) -> None:
            if command.startswith(verb) and played.server.names("INBOX")[:1] != [b"late"]:
                played.server.before = lambda command: None
                with played.server.lock:
                    played.server.inbox.add(mail("late"))

        played.server.before = come
        with played.with_terms(renew=60.0).fetching():
            until(lambda: played.desk.acted == subjects, seconds=5.0)


@pytest.mark.parametrize("uidnext", [True, False])
def test_uids_far_apart_are_all_found(uidnext: bool) -> None:
    with scene() as played:
        subjects = fill(played.server, 2)
        for uid in (60_000, 3_000_000, 4_000_000_000):
            played.server.inbox.next_uid = uid
            subjects += fill(played.server, 1, len(subjects) + 1)
        played.server.tells_uidnext = uidnext
        with played.fetching():
            settled(played, subjects)
            until(lambda: played.notes.one == (1, 4_000_000_000))


# --- UIDs -------------------------------------------------------------------------------------


def test_another_uidvalidity_reads_all_again_and_acts_on_nothing_twice() -> None:
    with scene(processed="flag") as played:
        subjects = fill(played.server, 3)
        with played.fetching():
            until(lambda: played.notes.one == (1, 3))
        box = played.server.inbox
        box.uidvalidity = 7
        for each in box.mails:
            each.flags.clear()  # the server forgot these, too
        with played.fetching():
            until(lambda: played.notes.one == (7, 3))
            subjects += fill(played.server, 1, 4)
            until(lambda: played.notes.one == (7, 4))
        assert played.desk.acted == subjects
        assert played.desk.given[b"mail-001"] == 2


def test_what_carries_our_keyword_is_not_even_fetched_again() -> None:
    with scene(processed="flag") as played:
        fill(played.server, 3)
        with played.fetching():
            until(lambda: played.notes.one == (1, 3))
        played.server.inbox.uidvalidity = 7
        with played.fetching():
            until(lambda: played.notes.one == (7, 3))
        assert set(played.desk.given.values()) == {1}
        assert any("SINCE" in command for command in played.server.commands)


def test_uids_used_twice_hide_no_mail() -> None:
    """The folder is made anew, the server gives out UIDs from 1 and the same UIDVALIDITY."""
    with scene() as played:
        subjects = fill(played.server, 5)
        with played.fetching():
            settled(played, subjects)
            until(lambda: played.notes.one == (1, 5))
            played.server.boxes["INBOX"] = Box()
            subjects += fill(played.server, 2, 6)
            played.server.hang_up()
            settled(played, subjects)
            until(lambda: played.notes.one == (1, 2))


def test_a_mailbox_made_anew_while_it_is_read_is_noticed() -> None:
    with scene() as played:
        played.with_terms(renew=0.1)
        subjects = fill(played.server, 4)
        with played.fetching():
            settled(played, subjects)
            with played.server.lock:
                played.server.boxes["INBOX"] = Box(uidvalidity=99)
                subjects += fill(played.server, 2, 5)
            settled(played, subjects)
            until(lambda: played.notes.one == (99, 2))


def test_uids_may_have_holes_and_mails_may_vanish_before_they_are_fetched() -> None:
    with scene() as played:
        subjects = fill(played.server, 2)
        played.server.inbox.next_uid = 900
        subjects += fill(played.server, 3, 3)

        def vanish(command: str) -> None:
            if "BODY" in command and played.server.inbox.mails:
                with played.server.lock:
                    del played.server.inbox.mails[1]  # mail-002
                played.server.before = lambda command: None

        played.server.before = vanish
        with played.fetching():
            settled(played, [s for s in subjects if s != b"mail-002"])
            until(lambda: played.notes.one == (1, 902))


# --- The bad days -----------------------------------------------------------------------------


def test_a_server_that_restarts_loses_and_doubles_nothing() -> None:
    with scene() as played:
        subjects = fill(played.server, 2)
        with played.fetching() as account:
            settled(played, subjects)
            played.server.close()
            time.sleep(0.3)
            subjects += fill(played.server, 2, 3)
            played.server.open()
            settled(played, subjects)
            assert account.unreached_since() is None


def test_a_connection_that_ends_in_idle_is_not_spun_upon() -> None:
    """idle_check says nothing, at once and for ever, after the end (libraries.md)."""
    with scene() as played, played.with_terms(renew=60.0).fetching():
        until(lambda: played.server.count("IDLE"))
        played.server.hang_up()
        until(lambda: played.server.logins >= 2)
        subjects = fill(played.server, 1)
        settled(played, subjects)


def test_a_server_that_falls_silent_in_idle_is_left() -> None:
    with scene() as played:
        played.with_terms(renew=0.1, answer=0.3)
        played.server.deaf = True
        with played.fetching():
            until(lambda: played.server.logins >= 2)
            played.server.deaf = False
            settled(played, fill(played.server, 1))


@pytest.mark.parametrize("uid", [1, 3, 5])
def test_a_connection_cut_inside_a_mail_costs_nothing(uid: int) -> None:
    with scene() as played:
        subjects = fill(played.server, 5)
        played.server.cut_in_fetch_of = {uid}
        with played.fetching():
            settled(played, subjects, exact=False)
            until(lambda: played.notes.one == (1, 5))


def test_a_mail_that_always_cuts_the_connection_hides_no_other() -> None:
    with scene() as played:
        subjects = fill(played.server, 5)
        played.server.always_cut_in_fetch_of = {2}
        with played.fetching():
            rest = [s for s in subjects if s != b"mail-002"]
            settled(played, rest, exact=False)
            until(lambda: played.notes.one == (1, 1))  # it is not given up
            played.server.always_cut_in_fetch_of = set()
            settled(played, subjects, exact=False)
            until(lambda: played.notes.one == (1, 5))


@pytest.mark.parametrize("asked", ["RFC822.SIZE", "BODY"])
def test_a_mail_that_the_server_cannot_give_hides_no_other(asked: str) -> None:
    """Trap 83 (freescout 4624)."""
    with scene() as played:
        subjects = fill(played.server, 4)
        broken = True

        def refuse(command: str) -> bool:
            named = command.split()[2] if command.startswith("UID FETCH") else ""
            return broken and asked in command and named in ("3", "1:4", "1,2,3,4")

        played.server.no_for = refuse
        with played.fetching():
            settled(played, [s for s in subjects if s != b"mail-003"], exact=False)
            broken = False
            settled(played, subjects, exact=False)


def test_an_hour_without_a_login_ends_by_itself() -> None:
    """Never self-disabling (trap 82)."""
    with scene() as played:
        subjects = fill(played.server, 2)
        played.server.refuse_logins = True
        with played.fetching() as account:
            until(lambda: played.server.logins >= 5)
            played.later = timedelta(hours=1)
            until(lambda: account.unreached_since() is not None)
            played.server.refuse_logins = False
            settled(played, subjects)
            until(lambda: account.unreached_since() is None)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ("NO [AUTHENTICATIONFAILED] bot@court.test hunter2", "check username and password"),
        ("NO [UNAVAILABLE] later", "cannot check logins now"),
    ],
)
def test_a_refused_login_is_told_in_one_sentence(
    answer: str, told: str, caplog: pytest.LogCaptureFixture
) -> None:
    with scene() as played:
        played.server.refuse_logins, played.server.login_answer = True, answer
        with played.fetching():
            until(lambda: told in caplog.text)
    assert "hunter2" not in caplog.text
    assert "correct horse" not in caplog.text


def test_pauses_grow() -> None:
    with scene() as played:
        played.server.refuse_logins = True
        with played.with_terms(first_pause=0.05, longest_pause=10.0).fetching():
            time.sleep(1.0)
        assert 3 <= played.server.logins <= 6  # at 0, 0.05, 0.15, 0.35, 0.75


# --- The desk fails ---------------------------------------------------------------------------


def failing(error: Exception, times: int, subject: bytes = b"mail-002") -> Callable[[bytes], None]:
    left = [times]

    def before(raw: bytes) -> None:
        if b"Subject: " + subject in raw and left[0]:
            left[0] -= 1
            raise error

    return before


@pytest.mark.parametrize("error", [StoreUnavailable(), CourtUnavailable()])
def test_what_is_down_leaves_the_mail_as_it_is(error: Exception) -> None:
    with scene() as played:
        subjects = fill(played.server, 4)
        played.desk.before = failing(error, 7)
        with played.fetching():
            settled(played, subjects, exact=False)
            until(lambda: played.notes.one == (1, 4))
        assert played.server.names("Refused") == []
        assert played.desk.given[b"mail-002"] == 8
        if isinstance(error, StoreUnavailable):
            assert played.desk.acted == subjects  # nobody goes first: the store is down for all
            assert played.server.logins == 1


def test_a_note_that_cannot_be_written_doubles_nothing() -> None:
    with scene(processed="flag") as played:
        subjects = fill(played.server, 3)
        left = [3]

        def down() -> None:
            if left[0]:
                left[0] -= 1
                raise StoreUnavailable

        played.notes.before = down
        with played.fetching():
            until(lambda: played.notes.one == (1, 3))
        assert played.desk.acted == subjects


def test_a_mail_that_makes_our_code_fail_stops_no_other_and_is_refused_in_the_end(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with scene() as played:
        subjects = fill(played.server, 4)
        played.desk.before = failing(RuntimeError("Fg7-kanu"), 1000)
        with played.fetching():
            until(lambda: played.server.names("Refused") == [b"mail-002"])
            until(lambda: played.notes.one == (1, 4))
        assert played.desk.acted == [s for s in subjects if s != b"mail-002"]
        assert played.desk.given[b"mail-002"] == QUICK.tries
    assert "event=parked" in caplog.text
    assert (
        "RuntimeError at tests.inbound" in caplog.text or "RuntimeError at mailbot" in caplog.text
    )
    assert "Fg7-kanu" not in caplog.text


def test_a_mail_in_the_pen_is_for_a_person_and_is_fetched_no_more(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """mail-interface.md 0.1: two tries, then the pen has it."""
    caplog.set_level("INFO", "mailbot.mail")
    with scene() as played:
        subjects = fill(played.server, 4)
        errors = iter([RuntimeError(), RuntimeError(), InThePen()])

        def keep(raw: bytes) -> None:
            if b"mail-002" in raw:
                raise next(errors)

        played.desk.before = keep
        with played.fetching():
            until(lambda: played.server.names("Refused") == [b"mail-002"])
            until(lambda: played.notes.one == (1, 4))
        assert played.desk.acted == [s for s in subjects if s != b"mail-002"]
        assert played.desk.given[b"mail-002"] == 3
    assert 'event=refused mail=in-track-1-2 reply="in the pen"' in caplog.text


def test_a_mail_that_fails_twice_is_acted_upon_the_third_time() -> None:
    with scene() as played:
        subjects = fill(played.server, 3)
        played.desk.before = failing(RuntimeError(), 2)
        with played.fetching():
            settled(played, subjects, exact=False)
        assert played.server.names("Refused") == []


def test_killed_between_transaction_and_move_it_acts_once() -> None:
    """T-IN: the next process reads the mail again, and the desk knows it."""
    with scene() as played:
        subjects = fill(played.server, 3)
        played.server.no_for = lambda command: False
        killed: list[str] = []

        def kill(command: str) -> None:
            if command.startswith("UID MOVE") and not killed:
                killed.append(command)
                raise Cut

        played.server.before = kill
        with played.fetching():
            settled(played, subjects, exact=False)
        assert killed
        assert set(played.desk.given.values()) == {2}


# --- Mails that are refused -------------------------------------------------------------------


def test_a_mail_that_is_too_big_is_refused_by_its_header_alone(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO", "mailbot.mail")
    with scene() as played:
        played.server.inbox.add(mail("big", body="x" * 100_000))
        liar = played.server.inbox.add(mail("liar", body="x" * 100_000))
        liar.size = 1000
        played.server.inbox.add(mail("small"))
        with played.fetching():
            settled(played, [b"small"])
            until(lambda: played.server.names("Refused") == [b"big", b"liar"])
        assert not any(
            command.startswith("UID FETCH 1 (BODY.PEEK[]") for command in played.server.commands
        )
    assert "too big: 100" in caplog.text
    assert "ann@home.test" not in caplog.text


def test_a_literal_that_is_larger_than_asked_for_ends_the_connection() -> None:
    """Statement 49."""
    with scene() as played:
        subjects = fill(played.server, 1)
        played.server.literal = 2_000_000_000
        with played.fetching():
            until(lambda: played.server.logins >= 3)
            played.server.literal = None
            settled(played, subjects, exact=False)


@pytest.mark.parametrize(
    "raw",
    [
        b"Delivered-To: track@court.test\r\nSubject: hi\rFrom: victim@home.test\r\n\r\nx\r\n",
        b"Delivered-To: track@court.test\r\nSubject: nul\0\r\n\r\nx\r\n",
    ],
)
def test_a_forged_header_is_refused_and_never_read(raw: bytes) -> None:
    """reliability.md 0.8."""
    with scene() as played:
        played.server.inbox.add(raw)
        with played.fetching():
            until(lambda: played.server.boxes["Refused"].mails)
        assert played.desk.given == {}


def test_a_mail_for_nobody_knows_whom_is_refused() -> None:
    with scene() as played:
        played.addresses = frozenset({"track@court.test", "stop@court.test"})
        played.server.inbox.add(mail("lost", "X-Nothing: 1"))
        played.server.inbox.add(mail("found", "X-Original-To: stop+x@court.test"))
        with played.fetching():
            settled(played, [b"found"])
            until(lambda: played.server.names("Refused") == [b"lost"])
        assert [each.recipient for each in played.desk.envelopes] == ["stop+x@court.test"]


def test_folders_that_are_missing_are_made() -> None:
    with scene() as played:
        del played.server.boxes["Processed"], played.server.boxes["Refused"]
        subjects = fill(played.server, 1)
        with played.fetching():
            until(lambda: "Processed" in played.server.boxes)
            settled(played, subjects)


def test_a_folder_that_takes_nothing_is_told_and_the_mail_is_flagged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with scene() as played:
        fill(played.server, 2)
        played.server.no_for = lambda command: command.startswith("UID MOVE")
        with played.fetching():
            until(lambda: played.notes.one == (1, 2))
        assert all("$MailbotDone" in each.flags for each in played.server.inbox.mails)
    assert "make the folders of processed and refused" in caplog.text


# --- TLS (statement 51) -----------------------------------------------------------------------


@pytest.mark.parametrize("tls", ["tls", "starttls"])
@pytest.mark.parametrize("trusted", [True, False])
def test_tls_is_verified_before_anything_is_said(
    tls: str, trusted: bool, caplog: pytest.LogCaptureFixture
) -> None:
    with Server(server_context(), direct=tls == "tls") as server:
        server.capabilities += " STARTTLS"
        played = Scene(server, options={"tls": tls, "host": "localhost"})
        if trusted:
            played.context = client_context
            subjects = fill(server, 1)
            with played.fetching():
                settled(played, subjects)
        else:
            with played.fetching():
                until(lambda: "TLS failed" in caplog.text)
            assert server.logins == 0


def test_a_server_without_starttls_hears_no_password(caplog: pytest.LogCaptureFixture) -> None:
    with scene(tls="starttls", host="localhost") as played:
        with played.fetching():
            until(lambda: "check host, port and tls" in caplog.text)
        assert played.server.logins == 0
