"""Tokens: one POST, kept while they are good, renewed once when the server does not want one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from mailbot.errors import MailboxUnavailable
from mailbot.inbound.imap.oauth import Tokens
from tests.inbound.imap.endpoint import Endpoint
from tests.inbound.imap.scene import mail, oauth, scene, until

START = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with Endpoint() as running:
        yield running


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_a_grant_is_one_post(endpoint: Endpoint, clock: Clock) -> None:
    tokens = Tokens(oauth(endpoint.url, scope="imap"), clock)
    assert tokens.token() == "token-1"
    assert endpoint.asked == [
        {
            "grant_type": "client_credentials",
            "client_id": "mailbot",
            "client_secret": "x7-kanu",
            "scope": "imap",
        }
    ]


@pytest.mark.parametrize(
    ("life", "good", "over"),
    [(3600, 3479, 3481), ("3600", 3479, 3481), (60, 53, 55), (None, 269, 271)],
)
def test_it_is_kept_until_shortly_before_its_end(
    endpoint: Endpoint, clock: Clock, life: object, good: int, over: int
) -> None:
    endpoint.life = life
    tokens = Tokens(oauth(endpoint.url), clock)
    tokens.token()
    clock.now = START + timedelta(seconds=good)
    assert tokens.token() == "token-1"
    clock.now = START + timedelta(seconds=over)
    assert tokens.token() == "token-2"


def test_a_refresh_token_that_is_renewed_replaces_the_old_one(
    endpoint: Endpoint, clock: Clock
) -> None:
    given = oauth(endpoint.url, grant="refresh_token", refresh_token=SecretStr("first"))
    tokens = Tokens(given, clock)
    endpoint.answer = {"access_token": "a", "refresh_token": "second"}
    tokens.token()
    tokens.forget()
    tokens.token()
    assert [form["refresh_token"] for form in endpoint.asked] == ["first", "second"]
    assert {form["grant_type"] for form in endpoint.asked} == {"refresh_token"}


def renewing(endpoint: Endpoint, folder: Path, first: str = "first") -> Any:
    return oauth(
        endpoint.url,
        grant="refresh_token",
        refresh_token=SecretStr(first),
        renewed=folder / "renewed",
    )


def test_an_endpoint_that_takes_each_token_once_is_followed_over_restarts(
    endpoint: Endpoint, clock: Clock, tmp_path: Path
) -> None:
    """As Microsoft does, strictly: the first token is good for the first process only."""
    endpoint.refresh = "first"
    for number in (1, 2, 3):
        assert Tokens(renewing(endpoint, tmp_path), clock).token() == f"token-{number}"
    assert [form["refresh_token"] for form in endpoint.asked] == ["first", "refresh-1", "refresh-2"]


def test_a_kept_token_that_is_no_longer_good_gives_way_to_the_configured_one(
    endpoint: Endpoint, clock: Clock, tmp_path: Path
) -> None:
    endpoint.refresh = "first"
    Tokens(renewing(endpoint, tmp_path), clock).token()
    endpoint.refresh = "first"  # the server was restored from a backup
    assert Tokens(renewing(endpoint, tmp_path), clock).token() == "token-3"
    assert Tokens(renewing(endpoint, tmp_path), clock).token() == "token-4"
    tried = [form["refresh_token"] for form in endpoint.asked]
    assert tried == ["first", "refresh-1", "first", "refresh-3"]


def test_a_right_that_was_taken_back_is_named_and_one_given_again_counts(
    endpoint: Endpoint, clock: Clock, tmp_path: Path
) -> None:
    endpoint.refresh = "first"
    tokens = Tokens(renewing(endpoint, tmp_path), clock)
    tokens.token()
    tokens.forget()
    endpoint.refresh = "agreed again"
    for _ in range(2):
        with pytest.raises(MailboxUnavailable, match="agree again"):
            tokens.token()
    after = Tokens(renewing(endpoint, tmp_path, "agreed again"), clock)
    assert after.token() == f"token-{len(endpoint.asked)}"


def test_a_refresh_token_that_cannot_be_said_is_not_taken(
    endpoint: Endpoint, clock: Clock, tmp_path: Path
) -> None:
    endpoint.answer = {"access_token": "a", "refresh_token": "Fg7\nX: y"}
    Tokens(renewing(endpoint, tmp_path), clock).token()
    assert not (tmp_path / "renewed").exists()


@pytest.mark.parametrize(
    ("status", "answer", "told"),
    [
        (401, {"error": "invalid_client", "error_description": "Fg7"}, "make a new one there"),
        (400, {"error": "invalid_grant"}, "let the account's owner agree again"),
        (400, {"error": "unauthorized_client"}, "let an administrator consent"),
        (400, {"error": "invalid_scope"}, "compare it with docs/imap.md"),
        (400, {"error": ["Fg7"]}, "answers 400; check token_url"),
        (302, b"Fg7", "answers 302"),
        (500, b"Fg7", "answers 500"),
        (200, b"<html>Fg7", "sent no access token"),
        (200, b"[" * 60_000, "sent no access token"),
        (200, {"access_token": "Fg7\r\nX: y"}, "sent no access token"),
        (200, {"access_token": 5}, "sent no access token"),
    ],
)
def test_what_is_missing_is_said_in_one_sentence_without_a_secret(
    endpoint: Endpoint, clock: Clock, status: int, answer: object, told: str
) -> None:
    endpoint.status, endpoint.answer = status, answer
    with pytest.raises(MailboxUnavailable) as raised:
        Tokens(oauth(endpoint.url), clock).token()
    assert told in str(raised.value)
    assert "Fg7" not in str(raised.value)
    assert "x7-kanu" not in str(raised.value)


def test_an_endpoint_that_is_away_is_a_passing_trouble(clock: Clock) -> None:
    with Endpoint() as gone:
        url = gone.url
    with pytest.raises(MailboxUnavailable, match="does not answer"):
        Tokens(oauth(url), clock).token()


# --- At the server ----------------------------------------------------------------------------


@pytest.mark.parametrize("mechanism", ["XOAUTH2", "OAUTHBEARER"])
def test_a_token_lets_in(endpoint: Endpoint, mechanism: str) -> None:
    options: dict[str, Any] = {"oauth": oauth(endpoint.url, mechanism=mechanism), "password": None}
    with scene(**options) as played:
        played.server.token = "token-1"
        played.server.inbox.add(mail("one"))
        with played.fetching():
            until(lambda: played.server.names("Processed"))
        assert f"AUTHENTICATE {mechanism}" in played.server.commands


def test_a_token_that_was_withdrawn_is_renewed_once(
    endpoint: Endpoint, caplog: pytest.LogCaptureFixture
) -> None:
    with scene(oauth=oauth(endpoint.url), password=None) as played:
        played.server.token = "token-2"
        with played.fetching():
            until(lambda: played.server.count("SELECT"))
        assert len(endpoint.asked) == 2
        assert caplog.text == ""


def test_a_right_that_is_missing_is_named(
    endpoint: Endpoint, caplog: pytest.LogCaptureFixture
) -> None:
    with scene(oauth=oauth(endpoint.url), password=None) as played:
        played.server.token = "another"
        with played.fetching():
            until(lambda: "give the application the right to this mailbox" in caplog.text)
        assert "token-" not in caplog.text
