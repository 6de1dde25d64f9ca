"""How an account is logged in to: what LOGIN cannot say, SASL PLAIN says."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from tests.inbound.imap.scene import mail, scene, until
from tests.inbound.imap.server import CAPABILITIES

PLAIN = f"{CAPABILITIES} AUTH=PLAIN"
UMLAUTS = "grüße-ključ-鍵"


@pytest.mark.parametrize("name", ["bot", "Zoë@court.test", 'the "bot"', "bot@court.test\\shared"])
@pytest.mark.parametrize("password", ["correct horse", UMLAUTS, 'back\\slash "quoted"'])
def test_a_name_and_a_password_of_any_letters_open_the_account(name: str, password: str) -> None:
    """RFC 4616 2: UTF-8 between NULs."""
    with scene(username=name, password=SecretStr(password)) as played:
        played.server.capabilities = PLAIN
        played.server.username, played.server.password = name, password
        played.server.inbox.add(mail("one"))
        with played.fetching():
            until(lambda: played.server.names("Processed") == [b"one"])
        told = played.server.commands
        by_login = name.isascii() and password.isascii() and name == "bot"
        assert ("LOGIN" in told) == by_login
        assert ("AUTHENTICATE PLAIN" in told) != by_login


@pytest.mark.parametrize("name", ["bot", 'the "bot"', "bot@court.test\\shared"])
def test_without_plain_ascii_is_quoted(name: str) -> None:
    with scene(username=name, password=SecretStr('one "two" \\three')) as played:
        played.server.username, played.server.password = name, 'one "two" \\three'
        played.server.inbox.add(mail("one"))
        with played.fetching():
            until(lambda: played.server.names("Processed") == [b"one"])
        assert "LOGIN" in played.server.commands


def test_a_server_without_a_login_is_asked_for_plain() -> None:
    with scene() as played:
        played.server.capabilities = f"{PLAIN} LOGINDISABLED"
        played.server.inbox.add(mail("one"))
        with played.fetching():
            until(lambda: played.server.names("Processed") == [b"one"])
        assert "LOGIN" not in played.server.commands


def test_letters_that_cannot_be_said_are_named_and_the_password_is_not(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with scene(password=SecretStr(UMLAUTS)) as played:
        with played.fetching():
            until(lambda: "the server offers no AUTH=PLAIN" in caplog.text)
        assert played.server.logins == 0
    assert UMLAUTS not in caplog.text
    assert "choose ones of plain letters" in caplog.text


def test_a_wrong_password_by_plain_is_told_as_any(caplog: pytest.LogCaptureFixture) -> None:
    with scene(password=SecretStr(UMLAUTS)) as played:
        played.server.capabilities = PLAIN
        with played.fetching():
            until(lambda: "check username and password" in caplog.text)
        assert played.desk.given == {}
    assert UMLAUTS not in caplog.text
