"""`mailbot doctor` with a real Postfix: login, the way back, and a mail to itself over its queue."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mailbot.checkup import new_handle
from mailbot.config import Smarthost, load
from mailbot.doctor.loop.journey import travel
from mailbot.doctor.servers.doors import mail_servers
from mailbot.doctor.servers.smarthost import certificate, login
from mailbot.doctor.surroundings import Patience, Surroundings
from mailbot.running import utc_now
from mailbot.settings.secrets import Places
from mailbot.store.database import Database
from tests.doctor.zone import Zone
from tests.stories.theatre import free_port
from tests.system.people import PostedTheatre
from tests.system.postfix import Postfix
from tests.system.sasl import Logins
from tests.tls import client_context

pytestmark = pytest.mark.system

PASSWORD = "correct horse"


@pytest.fixture
def postfix() -> Iterator[Postfix]:
    with (
        Logins("mailbot", PASSWORD) as logins,
        Postfix(["ann"], free_port(), logins.port) as running,
    ):
        yield running


@pytest.fixture
def theatre(postfix: Postfix, tmp_path: Path) -> Iterator[PostedTheatre]:
    with PostedTheatre(tmp_path, postfix) as running:
        yield running


def around(theatre: PostedTheatre, postfix: Postfix, **smarthost: Any) -> Surroundings:
    path = theatre.folder / "config.toml"
    settings = load(path, {})
    if smarthost:
        named = {"host": "localhost", "port": postfix.submission_port, **smarthost}
        context = Places(path, {})
        update = {"smarthost": Smarthost.model_validate(named, context=context)}
        settings = settings.model_copy(update=update)
    look = Zone({("court.example", "MX"): ["10 mx.court.example"]})
    look.add("mx.court.example", "A", "127.0.0.1")
    patience = Patience(mx_port=postfix.port)
    return Surroundings(settings, look, utc_now, client_context, patience=patience)


def test_the_login_at_its_submission_port(theatre: PostedTheatre, postfix: Postfix) -> None:
    right = around(theatre, postfix, username="mailbot", password=PASSWORD)
    (finding,) = login(right, new_handle())
    assert (finding.state, "logged in as mailbot" in finding.says) == ("ok", True), finding
    (trusted,) = certificate(right)
    assert trusted.state == "ok", trusted
    wrong = around(theatre, postfix, username="mailbot", password="another horse")
    (finding,) = login(wrong, new_handle())
    assert (finding.state, "refuses the login: 535" in finding.says) == ("wrong", True), finding
    assert postfix.queued() == 0


def test_the_way_back(theatre: PostedTheatre, postfix: Postfix) -> None:
    (finding,) = mail_servers(around(theatre, postfix), new_handle())
    assert finding.state == "ok", finding
    assert postfix.queued() == 0


def test_a_mail_to_itself(theatre: PostedTheatre, postfix: Postfix) -> None:
    url = f"sqlite:///{theatre.folder}/store.sqlite"
    came = travel(around(theatre, postfix), lambda: Database(url), new_handle)
    said = [(one.state, one.says) for one in came.findings]
    assert any("by ESMTP, over 2 servers" in says for _, says in said), said
    assert ("ok", "The tag behind the separator came through as it was written.") in said
    # this Postfix has no key to sign with
    assert [says[:35] for state, says in said if state == "wrong"] == [
        "The mail bears no DKIM signature; l"
    ]
    assert not any("envelope" in says for _, says in said)
    assert postfix.mails("ann") == []
    assert postfix.queued() == 0
