"""Reads a secret from where config.toml says it is, and refuses what others could read or guess.

Exactly one of: value (the secret itself), file, env (environment variable), credential (a name in
$CREDENTIALS_DIRECTORY, systemd LoadCredential=).
"""

from __future__ import annotations

import base64
import os
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, SecretStr, ValidationInfo

from mailbot.settings.fields import nearest, wrong

FORMS = ("value", "file", "env", "credential")
KEY_BYTES = 32  # as long as the SHA-256 that it keys
MAKE_ONE = "(umask 077; openssl rand -base64 32 > NEW-FILE)"
_OTHERS = 0o077  # any right of group or world
_LARGEST = 65_536  # bytes of a secret file
_FEW = 8  # different characters; 44 random base64 characters have about 32, 64 hex ones 16
_OBVIOUS = ("changeme", "password", "secret", "example", "mailbot", "1234567", "qwerty", "letmein")


@dataclass(frozen=True)
class Places:
    """Where secrets may lie: the folder of config.toml, the environment, config.toml itself."""

    config: Path = Path("config.toml")
    env: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def folder(self) -> Path:
        """Relative paths of config.toml start here."""
        return self.config.parent

    def config_is_private(self) -> bool:
        """Whether only its owner can read config.toml."""
        return not self.config.exists() or self.config.stat().st_mode & _OTHERS == 0


def beside_config(path: Path, info: ValidationInfo) -> Path:
    """A path as the configuration means it: relative to its own folder."""
    return (info.context or Places()).folder / path


Beside = Annotated[Path, AfterValidator(beside_config)]


def read_secret(given: object, places: Places) -> str:
    """The secret behind text, or behind a table with one of the four forms.

    Raises:
        PydanticCustomError: the end of a sentence that says what to do.
    """
    if isinstance(given, str):
        return literal(given, places)
    if not isinstance(given, dict):
        raise wrong('must be text, or a table like { file = "var/secret" }.')
    unknown = next((name for name in given if name not in FORMS), None)
    if unknown is not None:
        raise wrong(f'knows no "{unknown}"; {nearest(unknown, FORMS)}')
    return read_form(given, places)


def _password(given: object, info: ValidationInfo) -> SecretStr:
    if isinstance(given, SecretStr):
        return given
    password = read_secret(given, info.context or Places())
    if is_obvious(password):
        raise wrong("holds a word that attackers try first; choose another password.")
    return SecretStr(password)


Password = Annotated[SecretStr, BeforeValidator(_password)]


def read_form(table: Mapping[str, object], places: Places) -> str:
    """The secret of a table that has exactly one of the four forms, as text."""
    forms = [form for form in FORMS if form in table]
    if len(forms) != 1:
        found = " and ".join(forms) or "none"
        raise wrong(f"needs exactly one of value, file, env, credential, and has {found}.")
    form, given = forms[0], table[forms[0]]
    if not isinstance(given, str) or not given.strip():
        raise wrong(f"needs text in quotes after {form} =.")
    if form == "value":
        return literal(given, places)
    if form == "file":
        return _from_file(places.folder / given, given)
    if form == "env":
        return _from_environment(given, places.env)
    return _from_credentials(given, places.env)


def literal(secret: str, places: Places) -> str:
    """A secret written into config.toml itself, which then must be private."""
    if not places.config_is_private():
        raise wrong(
            f"is a secret and others on this machine can read this file; run: "
            f"chmod 600 {shlex.quote(str(places.config))}"
        )
    return secret


def is_missing(path: Path) -> bool:
    """Whether nothing is there; what may not be looked at counts as there, for a later error."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except (OSError, ValueError):
        return False
    return False


def weakness(secret: str) -> str | None:
    """Why a signing key can be guessed, as the end of a sentence; None when it is good."""
    length = len(secret.encode())
    if length < KEY_BYTES:
        return f"is {length} bytes long and needs {KEY_BYTES}; make one with: {MAKE_ONE}"
    if len(set(secret)) < _FEW or secret in (secret + secret)[1:-1]:
        return f"repeats a few characters and can be guessed; make one with: {MAKE_ONE}"
    if is_obvious(secret):
        return f"holds a word that attackers try first; make one with: {MAKE_ONE}"
    return None


def is_obvious(secret: str) -> bool:
    """Whether a secret holds a word from an example or from the lists that attackers use."""
    letters = re.sub(r"[^a-z0-9]", "", secret.lower())
    return any(word in letters for word in _OBVIOUS)


def create_key_file(path: Path, random: bytes) -> None:
    """Write a signing key that only its owner can read, durable when this returns.

    Args:
        path: a file that does not exist; its folder is made when missing.
        random: at least 32 bytes from `secrets.token_bytes`.

    Raises:
        FileExistsError: the file is there; a key is never overwritten.
        ValueError: too few random bytes.
    """
    if len(random) < KEY_BYTES:
        raise ValueError(f"a key needs {KEY_BYTES} random bytes")
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(base64.b64encode(random) + b"\n")
        file.flush()
        os.fsync(file.fileno())


def _from_file(path: Path, shown: str) -> str:
    return _read(path, f'the file "{shown}"', guarded=True)


def _from_environment(name: str, env: Mapping[str, str]) -> str:
    secret = env.get(name, "").strip()
    if not secret:
        raise wrong(
            f"needs the environment variable {name}, which is not set; set it, or name another."
        )
    return secret


def _from_credentials(name: str, env: Mapping[str, str]) -> str:
    folder = env.get("CREDENTIALS_DIRECTORY", "")
    if not folder:
        raise wrong(
            "needs $CREDENTIALS_DIRECTORY, which only systemd sets; add "
            f"LoadCredential={name}:/path to the unit, or use file."
        )
    if "/" in name or name.startswith("."):
        raise wrong(f'needs the plain name of a credential, not the path "{name}".')
    return _read(Path(folder) / name, f'the credential "{name}"')


def _read(path: Path, shown: str, *, guarded: bool = False) -> str:
    try:
        with path.open("rb") as file:
            open_to_others = os.fstat(file.fileno()).st_mode & _OTHERS != 0
            secret = file.read(_LARGEST).decode().strip()
    except FileNotFoundError:
        raise wrong(f"needs {shown}, which does not exist; create it or name another.") from None
    except UnicodeDecodeError:
        raise wrong(f"needs text in {shown}; make a new secret with: {MAKE_ONE}") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise wrong(f"needs {shown}, which cannot be read: {reason}.") from None
    if guarded and open_to_others:
        command = f"chmod 600 {shlex.quote(str(path))}"
        raise wrong(f"lies in a file that others on this machine can read; run: {command}")
    if not secret:
        raise wrong(f"needs {shown}, which is empty; write the secret into it.")
    return secret
