"""`mailbot doctor` beside a running service: a mail to itself by the real path, and the whole DNS."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mailbot.checkup import new_handle
from mailbot.config import load
from mailbot.doctor.examine import CHECKS, examine
from mailbot.doctor.loop.journey import Journey, travel
from mailbot.doctor.surroundings import Patience, Surroundings
from mailbot.running import utc_now
from mailbot.store import pen
from mailbot.store.database import Database
from tests.doctor.zone import Zone, serving
from tests.inbound.imap.server import Server
from tests.stories.post_office import PostOffice, well_kept_zone
from tests.stories.theatre import ROOT
from tests.world import people_the_court, write_config

MOST = ("dns", "smtp", "imap", "tls", "courts", "clock", "loop")  # port 25 needs root
SENDS = 'sends_from = ["203.0.113.5"]'


@dataclass(frozen=True)
class Said:
    code: int
    text: str
    found: list[dict[str, Any]]

    def amiss(self, *checks: str) -> list[tuple[str, str, str]]:
        return [
            (one["check"], one["state"], one["says"])
            for one in self.found
            if one["state"] != "ok" and (not checks or one["check"] in checks)
        ]


def doctor(config: Path, *words: str, json_too: bool = True) -> Said:
    """The program, as an administrator starts it."""
    command = [sys.executable, "-m", "mailbot", "doctor", "--config", str(config), *words]
    command += ["--json"] if json_too else []
    ran = subprocess.run(
        command,
        check=False,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ},
    )
    assert "Traceback" not in ran.stderr, ran.stderr
    found = [json.loads(line) for line in ran.stdout.splitlines()] if json_too else []
    for one in found:
        assert set(one) == {"check", "subject", "state", "says", "todo", "publish"}
        assert one["todo"] or one["state"] != "wrong"
    return Said(ran.returncode, ran.stdout + ran.stderr, found)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[PostOffice]:
    theatre = PostOffice(tmp_path)
    people_the_court(theatre.court)
    with theatre:
        theatre.add_to_smarthost(SENDS)
        yield theatre


def config_of(office: PostOffice) -> Path:
    return office.folder / "config.toml"


def only(*names: str) -> list[str]:
    return [word for name in names for word in ("--only", name)]


def test_all_is_well(office: PostOffice) -> None:
    with serving(well_kept_zone()) as (host, port):
        said = doctor(config_of(office), "--resolver", f"{host}:{port}", *only(*MOST))
    assert said.code == 0, said.text
    assert said.amiss("mx", "spf", "dkim", "dmarc", "ptr", "web", "smtp", "loop") == []
    sentences = " ".join(one["says"] for one in said.found)
    assert re.search(r"came back in \d+ s, by ESMTP, over one server", sentences)
    assert "(selector mail, rsa-sha256) verifies, and agrees with the From" in sentences
    assert "covers From and both List-Unsubscribe fields" in sentences
    assert "The DKIM key is there (rsa, 2048 bits)." in sentences  # learned from the mail
    (post,) = office.next()
    assert post.recipient.startswith("track+d-")
    office.nothing_comes()
    url = f"sqlite:///{office.folder}/store.sqlite"
    with closing(Database(url)) as database, database.reading() as conn:
        assert pen.every(conn) == []


def test_a_server_that_does_not_sign_the_list_fields(office: PostOffice) -> None:
    office.covered = "from:subject:date:message-id"
    with serving(well_kept_zone()) as (host, port):
        said = doctor(config_of(office), "--resolver", f"{host}:{port}", *only("loop"))
    assert said.code == 1
    ((_, state, says),) = said.amiss()
    assert state == "wrong"
    assert "does not cover list-unsubscribe, list-unsubscribe-post" in says


def test_a_person_reads_what_to_publish(office: PostOffice) -> None:
    office.covered = ""
    with serving(Zone()) as (host, port):
        words = ["--resolver", f"{host}:{port}", *only("dns", "loop")]
        said = doctor(config_of(office), *words, json_too=False)
    assert said.code == 1
    assert 'court.example. TXT "v=spf1 ip4:203.0.113.5 -all"' in said.text
    assert "_dmarc.court.example. TXT" in said.text
    assert "court.example. MX 10 " in said.text
    assert "5.113.0.203.in-addr.arpa. PTR " in said.text
    assert "bears no DKIM signature" in said.text
    assert "no mail of ours was looked at" not in said.text
    assert re.search(r"^\d+ wrong, \d+ to look at, \d+ well\.$", said.text, re.MULTILINE)


def test_without_serve_it_says_so(office: PostOffice) -> None:
    office.stop()
    with serving(well_kept_zone()) as (host, port):
        said = doctor(config_of(office), "--resolver", f"{host}:{port}", *only(*MOST))
    assert said.code == 0, said.text
    assert said.amiss("loop") == [
        (
            "loop",
            "warning",
            "mailbot does not run here, so no mail to itself was sent: nobody would take it.",
        )
    ]
    assert office.posts == []


def test_nobody_is_there_at_all(tmp_path: Path) -> None:
    """No DNS, no smarthost, no service: one sentence each, soon, and nothing hangs."""
    path = write_config(tmp_path)
    smarthost = 'host = "127.0.0.1"\nport = 1\ntls = "none"'
    path.write_text(path.read_text().replace('maildir = "out"', smarthost))
    began = time.monotonic()
    said = doctor(path, "--resolver", "127.0.0.1:1")
    assert time.monotonic() - began < 90
    assert said.code == 1
    for check in ("mx", "spf", "dmarc", "web"):
        ((_, state, says),) = said.amiss(check)
        assert state == "wrong"
        assert "The DNS does not tell about" in says
    ((_, state, says),) = said.amiss("smtp")
    assert (state, says) == ("wrong", "The smarthost does not answer (connection refused).")
    assert {one["state"] for one in said.found if one["check"] == "courts"} == {"wrong"}


def test_a_mail_that_comes_by_lmtp(tmp_path: Path) -> None:
    office = PostOffice(tmp_path, lmtp=True)
    people_the_court(office.court)
    with office, serving(well_kept_zone()) as (host, port):
        said = doctor(config_of(office), "--resolver", f"{host}:{port}", *only("loop"))
    assert (said.code, said.amiss()) == (0, []), said.text
    assert "by LMTP, over one server" in said.text


def test_a_mail_that_is_fetched(tmp_path: Path) -> None:
    with Server() as account:
        office = PostOffice(tmp_path, account)
        people_the_court(office.court)
        with office, serving(well_kept_zone()) as (host, port):
            said = doctor(config_of(office), "--resolver", f"{host}:{port}", *only("loop", "imap"))
        assert account.inbox.mails == []
        assert len(account.boxes["Processed"].mails) == 1
    assert (said.code, said.amiss()) == (0, []), said.text
    assert "fetched by IMAP" in said.text


# --- With the patience of a test ---


def around(office: PostOffice, zone: Zone | None = None, **patience: Any) -> Surroundings:
    settings = load(config_of(office), {})
    look = zone or well_kept_zone()
    return Surroundings(settings, look, utc_now, patience=Patience(**patience))


def journey(office: PostOffice, **patience: Any) -> Journey:
    url = f"sqlite:///{office.folder}/store.sqlite"
    return travel(around(office, **patience), lambda: Database(url), new_handle)


def test_a_tag_that_is_cut_off_is_never_home(office: PostOffice) -> None:
    office.keeps_tags = False
    came = journey(office, arrival=1.5, glance=0.1)
    (lost,) = came.findings
    assert lost.state == "wrong"
    assert "was not home within" in lost.says
    assert re.search(r"Look for track\+d-[a-z2-7]{26}@court\.example", lost.todo)
    office.next()
    office.nothing_comes()  # as mail of its own it is answered by nothing


def test_a_smarthost_that_is_away(office: PostOffice) -> None:
    office.close_sink()
    (finding,) = journey(office, connect=2, answer=2).findings
    assert (finding.state, "could not be handed over" in finding.says) == ("wrong", True)
    office.open_sink()


def test_every_check_has_its_name(office: PostOffice) -> None:
    """All of them side by side, port 25 at the world's mail server."""
    here = around(office, mx_port=office._sink.port)
    names = [name for name in CHECKS if name != "loop"]
    found = examine(here, names, new_handle(), None)
    assert {one.check for one in found} <= set(CHECKS)
    assert [name for name in CHECKS if any(one.check == name for one in found)] == [
        *("mx", "spf", "dkim", "dmarc", "ptr", "web", "ports", "smtp", "clock", "courts")
    ]  # no certificate and no IMAP account is configured
    wrong = [(one.check, one.says) for one in found if one.state == "wrong"]
    assert wrong == []
    assert any("takes mail to track@court.example and returned mail" in one.says for one in found)
    assert any(one.says == 'The SMTP door of mailbox "track" answers.' for one in found)
    alone = examine(here, ["dmarc"], new_handle(), None)
    assert {one.check for one in alone} == {"dmarc"}
