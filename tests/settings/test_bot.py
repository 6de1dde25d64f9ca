"""The whole settings: who answers for which court, which addresses are ours, which keys sign."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from mailbot import config
from mailbot.config import Settings
from mailbot.errors import ConfigError

CONFIGS = Path(__file__).parent.parent / "configs"
KEY = "Ux5kB0rT2q8ZnS7yVd3fLh6jPw9cMa1eGi4oKtQbXzE="
KEY_2 = "Jc8vWm2nRb6xTq4yLs0dFg7hKp9zAe1uCi5oNtVwXbM="
SECOND = """
[court.cole]
name = "Circuit Court of Cole County"
time_zone = "America/Chicago"
number_shapes = ["000000000"]
help_desk = { name = "Help Desk", email = "help.desk@cole.example" }
source = { url = "sqlite:///var/cole.sqlite" }

[[mailbox]]
name = "cole"
address = "Bot@Cole.example"
display = "Cole County Notices"

[[route]]
address = "stop@cole.example"
court = "cole"
purpose = "stop"
mailbox = "cole"

[[route]]
address = "bot@cole.example"
court = "cole"
purpose = "commands"
"""


def loaded(folder: Path, *pairs: tuple[str, str], more: str = "") -> Settings:
    path = Path(shutil.copy(CONFIGS / "good-small" / "config.toml", folder))
    text = path.read_text(encoding="utf-8")
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    path.write_text(text + more, encoding="utf-8")
    path.chmod(0o600)
    return config.load(path, {"MAILBOT_KEY": KEY})


def test_a_route_answers_as_the_mailbox_with_its_address(tmp_path: Path) -> None:
    settings = loaded(tmp_path, more=SECOND)
    assert [route.mailbox for route in settings.route] == ["track", "cole", "cole"]


def test_each_court_writes_as_the_mailbox_of_its_commands(tmp_path: Path) -> None:
    settings = loaded(tmp_path, more=SECOND)
    assert settings.voice_of("franklin").address == "track@court.example"
    assert settings.voice_of("franklin").display == "Circuit Court of Franklin County"
    assert settings.voice_of("cole").address == "Bot@Cole.example"
    assert settings.voice_of("cole").display == "Cole County Notices"


def test_every_address_of_mailbox_and_route_is_ours(tmp_path: Path) -> None:
    ours = loaded(tmp_path, more=SECOND).own_addresses()
    assert ours == {"track@court.example", "bot@cole.example", "stop@cole.example"}


def test_doors_have_host_and_port(tmp_path: Path) -> None:
    settings = loaded(tmp_path, ("[web]", '[web]\nlisten = "[::1]:9080"'))
    assert settings.web.host_and_port == ("::1", 9080)
    assert settings.mailbox[0].host_and_port == ("127.0.0.1", 8025)


def test_paths_start_at_the_folder_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "texts").mkdir()
    settings = loaded(
        tmp_path,
        ("[bot]", '[bot]\ntemplates = "texts"'),
        ('host = "mail.court.example"', 'maildir = "var/maildir"'),
        ("///var/court.sqlite", "////srv/court.sqlite"),
    )
    assert settings.path == tmp_path / "config.toml"
    assert settings.bot.templates == tmp_path / "texts"
    assert settings.smarthost.maildir == tmp_path / "var/maildir"
    assert settings.bot.store.get_secret_value() == f"sqlite:///{tmp_path}/var/mailbot.sqlite"
    source = settings.court["franklin"].source
    assert source.url.get_secret_value() == "sqlite:////srv/court.sqlite"


def test_limits_are_those_of_the_decisions(tmp_path: Path) -> None:
    limits = loaded(tmp_path).limits
    assert (limits.message_bytes, limits.header_bytes) == (10_000_000, 65_536)
    assert (limits.confirmations_per_day, limits.answers_per_day_proved) == (10, 100)
    assert (limits.rows_per_notice, limits.text_characters) == (50, 2000)
    assert (limits.domain_answers_per_hour, limits.answers_per_hour) == (100, 200)


def test_large_providers_are_domains_in_small_letters(tmp_path: Path) -> None:
    assert loaded(tmp_path).limits.large_providers == ()
    named = '[limits]\nlarge_providers = ["Mail.Example"]\n\n[web]'
    assert loaded(tmp_path, ("[web]", named)).limits.large_providers == ("mail.example",)
    with pytest.raises(ConfigError, match="is not a domain name"):
        loaded(tmp_path, ("[web]", named.replace("Mail.", "ann@mail.")))


def test_an_operator_is_told_only_if_there_is_one(tmp_path: Path) -> None:
    assert loaded(tmp_path).bot.operator is None
    named = '[bot]\noperator = "root@office.example"'
    assert loaded(tmp_path, ("[bot]", named)).bot.operator == "root@office.example"


# --- Keys -------------------------------------------------------------------------------------


def test_keys_come_in_the_order_of_the_file(tmp_path: Path) -> None:
    added = f'}}, {{ id = "2027", value = "{KEY_2}" }}]'
    settings = loaded(tmp_path, ('"MAILBOT_KEY" }]', f'"MAILBOT_KEY" {added}'))
    keys = settings.bot.signing_keys()
    assert [(key.id, key.secret) for key in keys] == [
        ("2026", KEY.encode()),
        ("2027", KEY_2.encode()),
    ]


def test_a_key_file_that_waits_for_the_first_start_is_named(tmp_path: Path) -> None:
    settings = loaded(tmp_path, ('env = "MAILBOT_KEY"', 'file = "var/key"'))
    assert settings.bot.missing_key_files() == (tmp_path / "var/key",)
    with pytest.raises(ConfigError, match=r"var/key does not exist yet"):
        settings.bot.signing_keys()


def test_a_key_file_that_was_lost_is_not_made_again(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r'"var/key" does not exist; put it back, or make a new'):
        loaded(tmp_path, ("[{ id", '[{ id = "2025", file = "var/key" }, { id'))


def test_an_unknown_form_of_a_key_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r'knows no "fil"; did you mean "file"\?'):
        loaded(tmp_path, ("env = ", "fil = "))
