"""What came back is judged: the tag, the signature, alignment, the word of trusted servers."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailbot.config import Mailbox, Settings, load
from mailbot.desk.reading.routing import resolve
from mailbot.doctor.findings import Finding
from mailbot.doctor.loop.arrival import Arrived, judge_arrival, selectors_of
from mailbot.doctor.loop.letter import letter
from mailbot.model import Outgoing
from tests.doctor.signing import ALL, LONG, signed
from tests.doctor.zone import Zone
from tests.world import START, write_config

HANDLE = "abcdefghijklmnopqrstuvwxyz"
STAMP = (
    b"Received: from mail.court.example ([127.0.0.1])\r\n\tby track.court.example with ESMTPS "
    b"id in-1;\r\n\tTue, 3 Mar 2026 15:00:02 +0000\r\n"
)


class Scene:
    """A mail to itself, on its way back."""

    def __init__(self, folder: Path, mailbox: str = "") -> None:
        self.settings: Settings = load(write_config(folder, mailbox=mailbox), {})
        self.mailbox: Mailbox = self.settings.mailbox[0]
        self.mail: Outgoing = letter(self.settings, self.mailbox, HANDLE, START)
        self.look = Zone({("mail._domainkey.court.example", "TXT"): [LONG.record]})
        self.look.add("_dmarc.court.example", "TXT", "v=DMARC1; p=none")

    def judge(
        self, raw: bytes | None = None, mail_from: str | None = None, recipient: str | None = None
    ) -> list[Finding]:
        arrived = Arrived(
            raw=STAMP + (signed(self.mail.content, LONG) if raw is None else raw),
            mail_from=self.mail.mail_from if mail_from is None else mail_from,
            recipient=self.mail.recipient if recipient is None else recipient,
            seconds=2.4,
        )
        return judge_arrival(self.settings, self.look, self.mailbox, self.mail, arrived)


def amiss(found: list[Finding]) -> list[tuple[str, str]]:
    """What is not well; each "wrong" says what to do."""
    assert all(one.todo for one in found if one.state == "wrong")
    return [(one.state, one.says) for one in found if one.state != "ok"]


def test_the_letter_is_a_notice_to_ourselves(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    assert scene.mail.recipient == f"track+d-{HANDLE}@court.example"
    assert scene.mail.mail_from == f"track+b-{HANDLE}@court.example"
    routed = resolve(scene.settings, scene.mail.recipient)
    assert routed is not None
    assert (routed.kind, routed.handle) == ("doctor", HANDLE)
    for name in ALL.split(":"):
        assert f"\r\n{name}: ".encode() in b"\r\n" + scene.mail.content.lower(), name
    longest = scene.mailbox.model_copy(update={"address": f"{'a' * 35}@court.example"})
    local = letter(scene.settings, longest, HANDLE, START).recipient.partition("@")[0]
    assert len(local) == 64  # RFC 5321 4.5.3.1.1


def test_a_mail_that_came_back_as_it_should(tmp_path: Path) -> None:
    found = Scene(tmp_path).judge()
    assert amiss(found) == []
    said = " ".join(one.says for one in found)
    assert "came back in 2 s, by ESMTPS, over one server" in said
    assert "The tag behind the separator came through as it was written." in said
    assert "(selector mail, rsa-sha256) verifies, and agrees with the From" in said
    assert "covers From and both List-Unsubscribe fields" in said


def test_a_lowered_tag_is_enough(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    assert amiss(scene.judge(recipient=scene.mail.recipient.upper())) == []


def test_an_envelope_that_was_rewritten(tmp_path: Path) -> None:
    found = amiss(Scene(tmp_path).judge(mail_from="srs0=x=court.example=track@relay.example"))
    assert [state for state, _ in found] == ["warning", "warning"]
    assert "returned mail does not find mailbot" in found[0][1]
    assert "The envelope's domain is not the From's" in found[1][1]


def test_no_signature_at_all(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    ((state, says),) = amiss(scene.judge(scene.mail.content))
    assert state == "wrong"
    assert "bears no DKIM signature" in says


@pytest.mark.parametrize(
    "left_out",
    ["list-unsubscribe", "list-unsubscribe-post", "date", "message-id", "subject", "from"],
)
def test_each_field_must_be_covered(tmp_path: Path, left_out: str) -> None:
    scene = Scene(tmp_path)
    headers = ":".join(name for name in ALL.split(":") if name != left_out)
    ((state, says),) = amiss(scene.judge(signed(scene.mail.content, LONG, headers=headers)))
    assert state == "wrong"
    assert f"does not cover {left_out}" in says
    assert ("one-click stop" in says) is left_out.startswith("list-")


def test_a_signature_of_somebody_else(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    scene.look.add("mail._domainkey.relay.example", "TXT", LONG.record)
    scene.look.add("_dmarc.relay.example", "TXT", "v=DMARC1; p=none")
    theirs = signed(scene.mail.content, LONG, domain="relay.example")
    ((state, says),) = amiss(scene.judge(theirs))
    assert state == "wrong"
    assert "signed for relay.example, and not for court.example" in says
    both = signed(theirs, LONG)  # one that agrees is enough (RFC 9989 4.4)
    assert amiss(scene.judge(both)) == []
    assert selectors_of(both) == [("court.example", "mail"), ("relay.example", "mail")]


def test_strict_alignment_wants_the_very_domain(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    scene.look.add("mail._domainkey.mail.court.example", "TXT", LONG.record)
    below = signed(scene.mail.content, LONG, domain="mail.court.example")
    assert amiss(scene.judge(below)) == []
    scene.look.add("_dmarc.court.example", "TXT", "v=DMARC1; p=none; adkim=s")
    assert "signed for mail.court.example" in amiss(scene.judge(below))[0][1]


def test_a_broken_signature_and_a_missing_key(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    broken = signed(scene.mail.content, LONG).replace(b"nobody needs", b"somebody needs")
    ((state, says),) = amiss(scene.judge(broken))
    assert (state, "does not verify: the body was changed" in says) == ("wrong", True)
    del scene.look.records["mail._domainkey.court.example", "TXT"]
    assert "there is no key at mail._domainkey.court.example" in amiss(scene.judge())[0][1]
    scene.look.add("mail._domainkey.court.example", "TXT", "p=x!")
    assert "not base64" in amiss(scene.judge())[0][1]


def test_a_signature_of_a_part(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    whole = scene.mail.content
    length = len(whole.partition(b"\r\n\r\n")[2])
    ((state, says),) = amiss(scene.judge(signed(whole, LONG, more=f" l={length};")))
    assert (state, "others can write below" in says) == ("warning", True)


RESULTS = b"Authentication-Results: mx.court.example; dmarc=pass header.from=court.example\r\n"
TRUSTING = 'trusted_results = ["mx.court.example"]'


def test_the_word_of_a_trusted_server(tmp_path: Path) -> None:
    scene = Scene(tmp_path, TRUSTING)
    mail = signed(scene.mail.content, LONG)
    assert amiss(scene.judge(RESULTS + mail)) == []
    assert any("proves the sender" in one.says for one in scene.judge(RESULTS + mail))
    ((state, says),) = amiss(scene.judge(mail))
    assert (state, "bears no Authentication-Results" in says) == ("warning", True)
    other = RESULTS.replace(b"mx.court.example;", b"mx.other.example;")
    ((state, says),) = amiss(scene.judge(other + mail))
    assert (state, "mx.other.example do not prove" in says) == ("warning", True)


def test_results_that_nobody_trusts_are_named(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    found = scene.judge(RESULTS + signed(scene.mail.content, LONG))
    assert amiss(found) == []
    assert any("(there is one of mx.court.example)" in one.says for one in found)
