"""The unit file of docs/operating.md: systemd takes it, and the configuration beside it loads."""

from __future__ import annotations

import base64
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.system.recipes import recipe
from tests.world import write_config

ROOT = Path(__file__).parent.parent
UNIT = "/etc/systemd/system/mailbot.service"
LEAST_EXPOSED = 20  # tenths, of systemd's own 100


def lines() -> dict[str, list[str]]:
    """Each option with its values."""
    found: dict[str, list[str]] = {}
    for line in recipe("operating.md", UNIT, {}).splitlines():
        name, equals, value = line.partition("=")
        if equals and not line.startswith("#"):
            found.setdefault(name, []).append(value)
    return found


def test_every_line_of_the_unit_is_an_option_of_a_section() -> None:
    text = recipe("operating.md", UNIT, {})
    rest = [line for line in text.splitlines()[1:] if line]
    assert [line for line in rest if line.startswith("[")] == ["[Unit]", "[Service]", "[Install]"]
    assert all(re.fullmatch(r"\[\w+\]|[A-Z][A-Za-z]+=.*", line) for line in rest)


def test_it_runs_as_nobody_with_rights_and_writes_only_its_own_folder() -> None:
    given = lines()
    for option, value in {
        "DynamicUser": "yes",
        "CapabilityBoundingSet": "",
        "ProtectSystem": "strict",
        "NoNewPrivileges": "yes",
        "StateDirectory": "mailbot",
    }.items():
        assert given[option] == [value]
    assert "ReadWritePaths" not in given
    assert int(given["LimitNOFILE"][0]) >= 2 * 500 + 164  # config.toml, connections


def test_systemd_itself_has_nothing_to_say_against_it(tmp_path: Path) -> None:
    program = shutil.which("systemd-analyze")
    if program is None:
        return  # the others parse it
    names = {"/srv/mailbot/.venv/bin/python": sys.executable, "/srv/mailbot": ROOT}
    unit = tmp_path / "mailbot.service"
    unit.write_text(recipe("operating.md", UNIT, names))
    for words in (["verify"], ["security", "--offline=yes", f"--threshold={LEAST_EXPOSED}"]):
        told = subprocess.run([program, *words, unit], capture_output=True, text=True, check=False)
        assert told.returncode == 0, told.stdout + told.stderr
        assert told.stderr == ""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """/etc/mailbot, as the page has it, and the secrets as systemd hands them over."""
    config = write_config(tmp_path)
    text = config.read_text()
    options = recipe(
        "operating.md",
        "/etc/mailbot/config.toml, under systemd",
        {"/var/lib/mailbot": tmp_path / "state"},
    )
    bot, _, smarthost = options.partition("[smarthost]")
    text = bot + text[text.index("[court.franklin]") :]
    text = re.sub(r'\[smarthost\]\nmaildir = "out"\n', f"[smarthost]{smarthost}", text)
    config.write_text(text)
    config.chmod(0o644)
    (tmp_path / "state").mkdir()
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    for loaded in lines()["LoadCredential"]:
        name = loaded.partition(":")[0]
        (secrets / name).write_bytes(base64.b64encode(bytes(range(32))))
    return tmp_path


@pytest.mark.parametrize("with_secrets", [True, False])
def test_the_configuration_beside_it_finds_its_secrets_where_systemd_puts_them(
    folder: Path, with_secrets: bool
) -> None:
    (started,) = lines()["ExecStart"]
    words = shlex.split(started.replace("/etc/mailbot", str(folder)).replace("serve", "check"))
    environment = {**os.environ}
    if with_secrets:
        environment["CREDENTIALS_DIRECTORY"] = str(folder / "secrets")
    told = subprocess.run(
        [sys.executable, *words[1:]],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (told.returncode == 0) == with_secrets, told.stdout + told.stderr
    if not with_secrets:
        assert "LoadCredential=key-2026" in told.stdout + told.stderr
