"""The whole of config.toml: what is shipped works, what is broken is named, all of it at once."""

from __future__ import annotations

import re
import shutil
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, SecretStr
from pydantic_core import PydanticUndefined

from mailbot import config
from mailbot.config import (
    Banner,
    Bot,
    ClosedHours,
    Columns,
    Court,
    Exclusion,
    HelpDesk,
    Limits,
    Mailbox,
    OAuth,
    Policy,
    Route,
    Settings,
    SigningKey,
    Smarthost,
    Source,
    Web,
)
from mailbot.errors import ConfigError
from mailbot.settings.court import CaseColumns, EntryColumns

ROOT = Path(__file__).parent.parent
CONFIGS = Path(__file__).parent / "configs"
SHIPPED = ROOT / "config.toml"
ENV = {
    "MAILBOT_KEY": "Ux5kB0rT2q8ZnS7yVd3fLh6jPw9cMa1eGi4oKtQbXzE=",
    "MAILBOT_KEY_2": "Jc8vWm2nRb6xTq4yLs0dFg7hKp9zAe1uCi5oNtVwXbM=",
    "MAILBOT_PASSWORD": "Fg7-kanu-8Lor",
}

Edit = Callable[..., Settings]


def place(folder: str, target: Path) -> Path:
    """A copy of a test configuration, private unless its name says it is open to all."""
    shutil.copytree(CONFIGS / folder, target, dirs_exist_ok=True)
    for file in target.iterdir():
        file.chmod(0o644 if "-open-" in folder else 0o600)
    return target / "config.toml"


@pytest.fixture
def edited(tmp_path: Path) -> Edit:
    """Loads the small good configuration after replacing texts in it, in pairs."""

    def load(*pairs: tuple[str, str]) -> Settings:
        path = place("good-small", tmp_path)
        text = path.read_text(encoding="utf-8")
        for old, new in pairs:
            assert old in text
            text = text.replace(old, new)
        path.write_text(text, encoding="utf-8")
        return config.load(path, ENV)

    return load


# --- What is wrong ----------------------------------------------------------------------------


@pytest.mark.parametrize("folder", sorted(path.name for path in CONFIGS.glob("bad-*")))
def test_a_broken_config_gets_its_one_line(folder: str, tmp_path: Path) -> None:
    path = place(folder, tmp_path)
    with pytest.raises(ConfigError) as raised:
        config.load(path, ENV)
    expected = (CONFIGS / folder / "expected.txt").read_text(encoding="utf-8")
    assert str(raised.value) == expected.strip().replace("{folder}", str(tmp_path))


def test_there_is_a_broken_config_for_each_kind_of_mistake() -> None:
    assert len(list(CONFIGS.glob("bad-*/expected.txt"))) >= 80


def test_all_mistakes_come_at_once_in_order_of_lines(edited: Edit) -> None:
    with pytest.raises(ConfigError) as raised:
        edited(
            ("America/Chicago", "America/Chicgo"),
            ('purpose = "commands"', 'purpose = "comands"'),
            ("https://track", "http://track"),
            ("2016-06-30", "2015-06-30"),
            ('host = "mail.court.example"', "hots = 5"),
            ('name = "Circuit Court of Franklin County"\n', ""),
        )
    lines = [str(line).partition(": ")[0] for line in raised.value.args]
    assert lines == [
        "config.toml:6",
        "config.toml:7",
        "config.toml:15",
        "config.toml:31",
        "config.toml:33",
        "config.toml:34",
        "config.toml:37",
    ]


def test_a_wrong_value_does_not_hide_a_disagreement_in_the_same_table(edited: Edit) -> None:
    with pytest.raises(ConfigError) as raised:
        edited(('host = "mail.court.example"', 'host = 5\nmaildir = "m"\nport = 0\nusername = "x"'))
    assert len(raised.value.args) == 4


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^config.toml: There is no file .*; name one with"):
        config.load(tmp_path / "config.toml", {})


def test_windows_mark_of_utf_8_is_no_mistake(tmp_path: Path) -> None:
    path = place("good-small", tmp_path)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert list(config.load(path, ENV).court) == ["franklin"]
    path.write_bytes(path.read_bytes().replace(b"America/Chicago", b"Mars"))
    with pytest.raises(ConfigError, match=r"^config.toml:8: time_zone"):
        config.load(path, ENV)


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: Is a directory"):
        config.load(tmp_path, {})


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b'[bot]\nname = "Caf\xe9"\n', "config.toml:2: This line is not UTF-8"),
        (b"# " + b"x" * 1_048_576, "config.toml: This file is larger than 1 MB"),
        (b"[bot]\nkeys = [", r"config.toml:2: This is not TOML"),
        (b"x = " + b"[" * 5000, "config.toml:1: This is not TOML"),
        (b"", r"config.toml:1: \[bot\] is missing"),
    ],
)
def test_what_cannot_be_parsed_is_placed(content: bytes, expected: str, tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=expected):
        config.load(path, {})


def test_the_file_may_not_name_itself(edited: Edit) -> None:
    with pytest.raises(
        ConfigError, match=r'^config\.toml:1: This file knows no "path"; take it out'
    ):
        edited(("[bot]\n", 'path = "/etc/passwd"\n[bot]\n'))


def test_no_message_shows_a_secret(edited: Edit) -> None:
    secret = "hunter2hunter2"
    with pytest.raises(ConfigError) as raised:
        edited(
            ('env = "MAILBOT_KEY"', f'value = "{secret}"'),
            ('"sqlite:///var/mailbot.sqlite"', f'"postgre://bot:{secret}@db/x"'),
            ('"sqlite:///var/court.sqlite"', f'["{secret}"]'),
            ('host = "mail.court.example"', f'password = ["{secret}"]'),
        )
    assert len(raised.value.args) >= 5
    assert secret not in str(raised.value)


def test_a_long_value_is_cut_in_its_message(edited: Edit) -> None:
    with pytest.raises(ConfigError) as raised:
        edited(("America/Chicago", "x" * 5000))
    assert len(str(raised.value)) < 200


KEYS = st.sampled_from(re.findall(r"^(?:# )?\[*([a-z_]+)", SHIPPED.read_text(), re.MULTILINE))
VALUES = st.recursive(
    st.booleans()
    | st.integers(-5, 10**6)
    | st.text(max_size=12)
    | st.dates()
    | st.datetimes()
    | st.times()
    | st.floats(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=6),
    max_leaves=40,
)


@settings(deadline=None)
@given(raw=st.dictionaries(KEYS, VALUES, max_size=8))
def test_any_tables_give_sentences_and_nothing_else(
    raw: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.toml"
    path.write_text("\n".join(f"{key} = {as_toml(value)}" for key, value in raw.items()))
    with pytest.raises(ConfigError) as raised:
        config.load(path, {})
    assert raised.value.args
    for line in raised.value.args:
        assert re.match(r"any\.toml:[0-9]+: \S", line)
        assert "\n" not in line


def spots(tables: Any) -> Iterator[tuple[Any, Any]]:
    """Every table or list inside with a key of it."""
    keys = tables if isinstance(tables, dict) else range(len(tables))
    for key in list(keys):
        yield tables, key
        if isinstance(tables[key], dict | list):
            yield from spots(tables[key])


@settings(deadline=None)
@given(data=st.data())
def test_a_good_config_with_one_value_changed_loads_or_says_why(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    raw = tomllib.loads((CONFIGS / "good-small" / "config.toml").read_text(encoding="utf-8"))
    for _ in range(data.draw(st.integers(1, 3))):
        tables, key = data.draw(st.sampled_from(list(spots(raw))))
        tables[key] = data.draw(VALUES | st.dictionaries(st.text(max_size=3), VALUES, max_size=2))
    path = tmp_path_factory.getbasetemp() / "any.toml"
    path.write_text("\n".join(f"{key} = {as_toml(value)}" for key, value in raw.items()))
    path.chmod(0o600)
    try:
        config.load(path, ENV)
    except ConfigError as error:
        for line in error.args:
            assert re.match(r"any\.toml:[0-9]+: \S", line)
            assert "\n" not in line


def as_toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return '"' + "".join(f"\\U{ord(c):08x}" for c in value) + '"'
    if isinstance(value, dict):
        return (
            "{" + ", ".join(f"{as_toml(key)} = {as_toml(one)}" for key, one in value.items()) + "}"
        )
    if isinstance(value, list):
        return "[" + ", ".join(map(as_toml, value)) + "]"
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


# --- What is right ----------------------------------------------------------------------------


def test_the_shipped_config_is_good_before_anything_exists(tmp_path: Path) -> None:
    path = Path(shutil.copy(SHIPPED, tmp_path))
    path.chmod(0o644)
    settings = config.load(path, {})
    assert list(settings.court) == ["franklin"]
    assert settings.smarthost.maildir == tmp_path / "var/maildir"
    assert settings.bot.store.get_secret_value() == f"sqlite:///{tmp_path}/var/mailbot.sqlite"
    assert settings.bot.missing_key_files() == (tmp_path / "var/key-2026",)
    assert list(tmp_path.iterdir()) == [path]


def test_the_first_start_makes_the_key_and_the_second_reads_it(tmp_path: Path) -> None:
    path = Path(shutil.copy(SHIPPED, tmp_path))
    with pytest.raises(ConfigError, match="does not exist yet; the first start makes it"):
        config.load(path, {}).bot.signing_keys()
    for missing in config.load(path, {}).bot.missing_key_files():
        config.create_key_file(missing, bytes(range(32)))
    again = config.load(path, {})
    assert again.bot.missing_key_files() == ()
    assert [key.id for key in again.bot.signing_keys()] == ["2026"]
    assert len(again.bot.signing_keys()[0].secret) == 44


def test_the_shipped_config_names_no_living_address() -> None:
    text = SHIPPED.read_text(encoding="utf-8")
    domains = re.findall(r"(?:@|://)([a-z0-9.-]+\.[a-z]+)", text)
    assert domains
    assert {domain.rpartition(".")[2] for domain in domains} <= {"example", "test"}
    assert re.findall(r"\)[0-9]{3}-[0-9]{4}", text) == [")555-0142"]


TABLES: dict[str, type[BaseModel]] = {
    "bot": Bot,
    "bot.keys": SigningKey,
    "court.franklin": Court,
    "court.franklin.help_desk": HelpDesk,
    "court.franklin.closed": ClosedHours,
    "court.franklin.banner": Banner,
    "court.franklin.exclude": Exclusion,
    "court.franklin.policy": Policy,
    "court.franklin.source": Source,
    "court.franklin.source.columns": Columns,
    "court.franklin.source.columns.case": CaseColumns,
    "court.franklin.source.columns.docket_entry": EntryColumns,
    "mailbox": Mailbox,
    "mailbox.oauth": OAuth,
    "route": Route,
    "smarthost": Smarthost,
    "limits": Limits,
    "web": Web,
}


def shown_options() -> Iterator[tuple[str, str, object]]:
    """Table, option and value of every line that shows one, commented or not."""
    table = ""
    for line in SHIPPED.read_text(encoding="utf-8").splitlines():
        if header := re.fullmatch(r"(?:# )?\[+([a-z_.]+)\]+", line):
            table = header[1]
        elif option := re.fullmatch(r"(?:# )?([a-z_]+) = (.+)", line):
            value = option[2] + "]" * (option[2] == "[")
            yield table, option[1], tomllib.loads(f"x = {value}")["x"]


def test_every_option_is_shown_in_the_shipped_config() -> None:
    shown = {(table, option) for table, option, _ in shown_options()}
    text = SHIPPED.read_text(encoding="utf-8")
    for table, model in TABLES.items():
        for name, field in model.model_fields.items():
            option = field.alias or name
            header = re.search(rf"\[{table}.{option}[\].]", text)  # [court.franklin.help_desk]
            inline = re.search(rf"[{{,] {option} = ", text)  # { days = "Mon-Fri" }
            told = table.startswith("court.franklin.source.columns.") and (
                f" {option}," in text or f" {option}." in text
            )
            assert (table, option) in shown or header or inline or told or option == "value", option


def test_what_a_comment_shows_is_the_default_where_there_is_one() -> None:
    compared = 0
    for table, option, value in shown_options():
        field = TABLES[table].model_fields.get(option) if table else None
        nothing = {None, "", (), PydanticUndefined}
        if field and not field.is_required() and field.default not in nothing:
            compared += 1
            shown = tuple(value) if isinstance(value, list) else value
            assert shown == field.default or option in {"port", "closed", "large_providers"}, option
    assert compared >= 40


def test_nothing_secret_is_in_repr_or_dump(edited: Edit) -> None:
    settings = edited(
        (
            'host = "mail.court.example"',
            'host = "h.example"\nusername = "u"\npassword = "Fg7-kanu"',
        ),
        ('"sqlite:///var/court.sqlite"', '"postgresql://reader:Fg7-kanu@db.court.example/x"'),
    )
    assert settings.smarthost.password == SecretStr("Fg7-kanu")
    for shown in (repr(settings), str(settings.model_dump()), settings.model_dump_json()):
        assert "Fg7-kanu" not in shown
        assert ENV["MAILBOT_KEY"] not in shown


def test_settings_do_not_change(edited: Edit) -> None:
    settings = edited()
    with pytest.raises(ValueError, match="frozen"):
        settings.bot.instance = "other.example"


# --- Reload -----------------------------------------------------------------------------------


def test_a_reload_takes_over_texts_and_limits(edited: Edit) -> None:
    old = edited()
    new = edited(
        ("Important Notice", "Another Notice"),
        ("[web]", "[limits]\ncommands = 3\n\n[web]"),
    )
    assert config.changes_needing_restart(old, new) == []


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("var/mailbot.sqlite", "var/other.sqlite", ["store in [bot]"]),
        ('instance = "track', 'instance = "follow', ["instance in [bot]"]),
        ("[web]\n", '[web]\nlisten = "127.0.0.1:9080"\n', ["listen in [web]"]),
        ("mail.court.example", "mail2.court.example", ["[smarthost]"]),
        ('mail.court.example"', 'mail.court.example"\nconnections = 9', ["[smarthost]"]),
        ("[bot]\n", '[bot]\nlog_level = "debug"\n', ["log_level in [bot]"]),
        (
            "[web]",
            "[limits]\nmessage_bytes = 70000\nrecipients = 150\nconnections = 9\ncommands = 3\n[web]",
            ["message_bytes in [limits]", "recipients in [limits]", "connections in [limits]"],
        ),
        (
            'name = "track"',
            'name = "track"\nlisten = "127.0.0.1:9025"',
            ['way, listen and proxy of [[mailbox]] "track"'],
        ),
        (
            'name = "track"',
            'name = "track"\nway = "imap"\nhost = "imap.court.example"\nusername = "track"\n'
            'password = { env = "MAILBOT_PASSWORD" }',
            [
                'way, listen and proxy of [[mailbox]] "track"',
                'the IMAP account of [[mailbox]] "track"',
            ],
        ),
    ],
)
def test_a_reload_names_what_needs_a_restart(
    old: str, new: str, named: list[str], edited: Edit
) -> None:
    assert config.changes_needing_restart(edited(), edited((old, new))) == named


def test_a_second_mailbox_at_the_same_door_needs_no_restart(edited: Edit) -> None:
    second = (
        '[[mailbox]]\nname = "second"\naddress = "second@court.example"\n\n[[route]]\n'
        'address = "second@court.example"\ncourt = "franklin"\npurpose = "track"\n\n[smarthost]'
    )
    assert config.changes_needing_restart(edited(), edited(("[smarthost]", second))) == []
