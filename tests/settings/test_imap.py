"""A mailbox that is fetched: its account, its folders, its addresses."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mailbot import config
from mailbot.config import Settings
from tests.test_config import ENV, place

IMAP = """way = "imap"
host = "imap.court.example"
username = "track@court.example"
"""
PASSWORD = 'password = { env = "MAILBOT_PASSWORD" }\n'
OAUTH = """[mailbox.oauth]
grant = "refresh_token"
token_url = "https://login.court.example/token"
client_id = "mailbot"
client_secret = { env = "MAILBOT_PASSWORD" }
refresh_token = { env = "MAILBOT_KEY_2" }
"""


def load(folder: Path, options: str, more: str = "") -> Settings:
    path = place("good-small", folder)
    text = path.read_text()
    mark = 'address = "track@court.example"\n\n[[route]]'
    text = text.replace(mark, f'address = "track@court.example"\n{options}\n{more}[[route]]', 1)
    path.write_text(text)
    return config.load(path, ENV)


def test_defaults_are_tls_inbox_and_a_folder_of_the_processed(tmp_path: Path) -> None:
    (mailbox,) = load(tmp_path, IMAP + PASSWORD).mailbox
    assert (mailbox.port, mailbox.tls, mailbox.folder) == (993, "tls", "INBOX")
    assert (mailbox.processed_folder, mailbox.refused) == ("Processed", "Refused")
    assert mailbox.account == "imap.court.example:993/track@court.example"


@pytest.mark.parametrize(
    ("written", "folder"),
    [("flag", None), ("move:Done", "Done"), ("move:INBOX/Done: all", "INBOX/Done: all")],
)
def test_a_processed_mail_is_moved_or_flagged(
    tmp_path: Path, written: str, folder: str | None
) -> None:
    (mailbox,) = load(tmp_path, f'{IMAP}{PASSWORD}processed = "{written}"\n').mailbox
    assert mailbox.processed_folder == folder


def test_a_login_by_token_shows_no_secret(tmp_path: Path) -> None:
    (mailbox,) = load(tmp_path, IMAP + OAUTH).mailbox
    assert mailbox.oauth is not None
    assert mailbox.oauth.refresh_token is not None
    assert mailbox.oauth.refresh_token.get_secret_value() == ENV["MAILBOT_KEY_2"]
    assert ENV["MAILBOT_KEY_2"] not in repr(mailbox)


@pytest.mark.parametrize(
    ("options", "renewed"),
    [
        ('refresh_token = { file = "var/token" }', "var/token.renewed"),
        ('refresh_token = { file = "var/token" }\nrenewed = "kept/it"', "kept/it"),
        ('refresh_token = { env = "MAILBOT_KEY_2" }', None),
        ('refresh_token = { env = "MAILBOT_KEY_2" }\nrenewed = "/srv/it"', "/srv/it"),
    ],
)
def test_a_later_refresh_token_lies_beside_the_first_or_where_it_is_told(
    tmp_path: Path, options: str, renewed: str | None
) -> None:
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "token").write_text("Fg7-kanu-8Lor")
    (tmp_path / "var" / "token").chmod(0o600)
    oauth = OAUTH.replace('refresh_token = { env = "MAILBOT_KEY_2" }', options)
    found = load(tmp_path, IMAP + oauth).mailbox[0].oauth
    assert found is not None
    assert found.renewed == (None if renewed is None else tmp_path / renewed)


def recipes() -> list[str]:
    """The tables that docs/imap.md tells an administrator to write below the mailbox."""
    text = (Path(config.__file__).parent.parent / "docs" / "imap.md").read_text()
    blocks = re.findall(r"(?:^       .*\n|^\n(?=       ))+", text, re.MULTILINE)
    return [block.replace("       ", "") for block in blocks if 'way = "imap"' in block]


def test_there_is_a_recipe_for_each_of_three_servers() -> None:
    assert len(recipes()) == 3


@pytest.mark.parametrize("number", range(3))
def test_the_recipes_of_the_documents_load(tmp_path: Path, number: int) -> None:
    (tmp_path / "var").mkdir()
    for name in ("imap-password", "imap-client-secret", "imap-refresh-token"):
        (tmp_path / "var" / name).write_text("Fg7-kanu-8Lor")
        (tmp_path / "var" / name).chmod(0o600)
    (mailbox,) = load(tmp_path, re.sub(r"<[^>]+>", "x", recipes()[number])).mailbox
    assert (mailbox.way, mailbox.tls, mailbox.port) == ("imap", "tls", 993)
    assert (mailbox.password is None) == (mailbox.oauth is not None)


def test_an_account_stands_for_its_address_and_those_it_answers_for(tmp_path: Path) -> None:
    stop = (
        '[[route]]\naddress = "Stop@court.example"\ncourt = "franklin"\npurpose = "stop"\n'
        'mailbox = "track"\n\n'
    )
    settings = load(tmp_path, IMAP + PASSWORD, stop)
    found = settings.addresses_of(settings.mailbox[0])
    assert found == {"track@court.example", "stop@court.example"}
