"""IMAP accounts are logged in to and looked at; a missing step of OAuth is named."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from mailbot.config import Mailbox, OAuth
from mailbot.doctor.findings import About, Finding
from mailbot.doctor.servers.accounts import (
    accounts,
    certificates,
    claims_of,
    steps_in_exchange,
    token_findings,
)
from tests.doctor.scene import only, states, surroundings
from tests.inbound.imap.endpoint import Endpoint
from tests.inbound.imap.scene import oauth
from tests.inbound.imap.server import Server
from tests.tls import server_context

ABOUT = About("imap", "account")
MICROSOFT = OAuth(
    token_url="https://login.microsoftonline.com/tenant/oauth2/v2.0/token", client_id="app-1"
)
GOOGLE = OAuth(token_url="https://oauth2.googleapis.com/token", client_id="app-1")


def tried(place: Path, server: Server, **options: Any) -> list[Finding]:
    account = {
        "way": "imap", "host": "localhost", "port": server.port, "tls": "none",
        "username": "track", "password": SecretStr("correct horse"), **options,
    }  # fmt: skip
    found = accounts(surroundings(place, mailbox=account))
    assert not any(command.startswith(("CREATE", "SELECT", "UID")) for command in server.commands)
    for one in found:
        assert "horse" not in one.says + one.todo
        assert "x7-kanu" not in one.says + one.todo
    return found


def test_a_login_by_password(tmp_path: Path) -> None:
    with Server() as server:
        finding = only(tried(tmp_path, server))
    assert finding.state == "ok"
    assert finding.says == 'The login works (by password), and "INBOX" is there.'


def test_a_wrong_password_and_nobody(tmp_path: Path) -> None:
    with Server() as server:
        server.password = "another"
        finding = only(tried(tmp_path, server))
        assert (finding.state, "refuses the login" in finding.says) == ("wrong", True)
    gone = only(tried(tmp_path, server))
    assert gone.state == "wrong"
    assert gone.says == (
        "The server does not answer (ConnectionRefusedError); check host, port and tls."
    )


def test_what_the_server_cannot_do(tmp_path: Path) -> None:
    with Server() as server:
        server.capabilities = "IMAP4rev1"
        del server.boxes["Refused"]
        found = tried(tmp_path, server, poll_seconds=60)
        assert states(found) == ["ok", "warning", "warning", "warning"]
        said = " ".join(one.says for one in found)
        assert "no IDLE" in said
        assert "copied and marked as deleted" in said
        assert 'There is no folder "Refused" yet' in said
        lost = only(tried(tmp_path, server, folder="Court"))
        assert (lost.state, lost.says) == (
            "wrong",
            'The login works; there is no folder "Court".',
        )


def test_other_mailboxes_are_no_accounts(tmp_path: Path) -> None:
    around = surroundings(tmp_path)
    assert accounts(around) == []
    assert certificates(around) == []


@pytest.mark.parametrize("tls", ["tls", "starttls"])
def test_their_certificates(tmp_path: Path, tls: str) -> None:
    with Server(server_context(), direct=tls == "tls") as server:
        options = {"way": "imap", "host": "localhost", "port": server.port, "tls": tls}
        around = surroundings(tmp_path, mailbox={**options, "username": "track"})
        finding = only(certificates(around))
    assert finding.check == "tls"
    assert finding.state == ("ok" if tls == "tls" or "STARTTLS" in server.capabilities else "wrong")


# --- Tokens ---


def test_a_login_by_token(tmp_path: Path) -> None:
    with Server() as server, Endpoint() as endpoint:
        server.token = "token-1"
        finding = only(tried(tmp_path, server, password=None, oauth=oauth(endpoint.url)))
        assert finding.says == 'The login works (by token), and "INBOX" is there.'


def test_a_renewed_refresh_token_is_kept_for_the_service(tmp_path: Path) -> None:
    given = {
        "grant": "refresh_token",
        "refresh_token": SecretStr("refresh-0"),
        "client_secret": None,
    }
    with Server() as server, Endpoint() as endpoint:
        server.token, endpoint.refresh = "token-1", "refresh-0"
        kept = oauth(endpoint.url, **given, renewed=tmp_path / "renewed")
        assert only(tried(tmp_path, server, password=None, oauth=kept)).state == "ok"
        assert endpoint.refresh in (tmp_path / "renewed").read_text()
        server.token = "token-2"
        assert only(tried(tmp_path, server, password=None, oauth=kept)).state == "ok"
        server.token = "token-3"
        endpoint.refresh = "refresh-0"
        lost, login = tried(tmp_path, server, password=None, oauth=oauth(endpoint.url, **given))
        assert (lost.state, login.state) == ("wrong", "ok")
        assert "add renewed =" in lost.says


@pytest.mark.parametrize(
    ("answer", "step"),
    [
        ({"error": "invalid_client", "error_codes": [7000222]}, "has expired; make a new one"),
        (
            {"error": "invalid_client", "error_description": "AADSTS7000215: x7-kanu is wrong"},
            "AADSTS7000215: client_secret is wrong; copy the secret's value, not its id",
        ),
        ({"error": "unauthorized_client", "error_codes": [700016]}, "client_id is not known"),
        ({"error": "invalid_grant", "error_codes": [65001]}, "press Grant admin consent"),
        ({"error": "invalid_grant"}, "let the account's owner agree again"),
        ({"error": "unauthorized_client"}, "may not use this grant"),
    ],
)
def test_an_endpoint_that_refuses(tmp_path: Path, answer: dict[str, object], step: str) -> None:
    with Server() as server, Endpoint() as endpoint:
        endpoint.status, endpoint.answer = 400, answer
        finding = only(tried(tmp_path, server, password=None, oauth=oauth(endpoint.url)))
    assert finding.state == "wrong"
    assert step in finding.says
    assert server.logins == 0


def test_a_good_token_that_the_server_refuses(tmp_path: Path) -> None:
    with Server() as server, Endpoint() as endpoint:
        server.token = "other"
        finding = only(tried(tmp_path, server, password=None, oauth=oauth(endpoint.url)))
    assert finding.state == "wrong"
    assert finding.says.startswith("The token was given and the server refuses it")
    assert "token-" not in finding.says + finding.todo


def token(**claims: object) -> str:
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"e30.{body}.c2ln"


def test_claims_are_read_and_nothing_fails() -> None:
    assert claims_of(token(roles=["a"])) == {"roles": ["a"]}
    for odd in ("", "opaque", "a.b.c", "a.W10.c", "..", token().replace("e30", "")):
        assert isinstance(claims_of(odd), dict)


def test_a_token_of_microsoft_without_consent() -> None:
    lacking: list[dict[str, Any]] = [{"aud": "x"}, {"roles": []}, {"roles": "IMAP.AccessAsApp"}]
    for claims in lacking:
        finding = only(token_findings(ABOUT, MICROSOFT, claims, ""))
        assert finding.state == "wrong"
        assert "nobody has consented" in finding.says
        assert "Grant admin consent" in finding.todo
    assert token_findings(ABOUT, MICROSOFT, {"roles": ["IMAP.AccessAsApp"]}, "") == []
    assert token_findings(ABOUT, MICROSOFT, {}, "") == []  # it says nothing of itself


def test_a_token_of_google_without_the_scope() -> None:
    finding = only(token_findings(ABOUT, GOOGLE, {}, "openid email"))
    assert (finding.state, "its scope lacks" in finding.says) == ("wrong", True)
    assert token_findings(ABOUT, GOOGLE, {}, "https://mail.google.com/ openid") == []
    assert token_findings(ABOUT, GOOGLE, {}, "") == []


def test_the_steps_in_exchange_are_ready_to_paste(tmp_path: Path) -> None:
    mailbox: Mailbox = (
        surroundings(tmp_path)
        .settings.mailbox[0]
        .model_copy(update={"username": "track@court.example"})
    )
    claims = {"appid": "1a-2b", "oid": "3c-4d"}
    steps = steps_in_exchange(mailbox, MICROSOFT, claims)
    assert "New-ServicePrincipal -AppId 1a-2b -ObjectId 3c-4d" in steps
    assert "Add-MailboxPermission -Identity track@court.example -User 3c-4d" in steps
    hostile = steps_in_exchange(mailbox, MICROSOFT, {"appid": "x; rm", "oid": "$(x)"})
    assert "-AppId app-1 -ObjectId <object id of the enterprise application>" in hostile
    assert steps_in_exchange(mailbox, GOOGLE, claims) == ""
