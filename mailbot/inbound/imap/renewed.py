"""Keeps the refresh token that an endpoint gave in place of the configured one, over restarts.

The file holds the digest of the configured token before it, so that a new one in the configuration
counts at once.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

_LARGEST = 65_536  # octets


class RefreshToken:
    """The refresh token of one account.

    Args:
        configured: the one of config.toml. path: where a later one is kept; None if nowhere.
        tell: says to the operator, in one sentence, that one could not be kept.
    """

    def __init__(self, configured: str, path: Path | None, tell: Callable[[str], None]) -> None:
        self._configured, self._path, self._tell = configured, path, tell
        self._mark = sha256(configured.encode()).hexdigest()
        self._held = configured  # where no file can hold it
        self._unwanted = ""

    def now(self) -> str:
        """The one that is good now; another process may have written it."""
        token = self._read() or self._held
        return self._configured if token == self._unwanted else token

    def renew(self, token: str) -> None:
        """The endpoint gave this one, and the old one may work no more (RFC 6749 6)."""
        if token == self.now():
            return
        self._held = token
        if self._path is None:
            self._tell(
                "The endpoint gave a new refresh token, and there is no file to keep it in; "
                'add renewed = "var/imap-refresh-token.renewed" to oauth.'
            )
            return
        try:
            _write(self._path, f"{self._mark} {token}\n".encode())
        except OSError as error:
            self._tell(
                f"The new refresh token cannot be written to {self._path} ({error.strerror}); let "
                "mailbot write to that folder, or name another file in renewed of oauth."
            )

    def fall_back(self) -> bool:
        """The endpoint does not want it: whether the configured one is another one, to be tried."""
        unwanted = self.now()
        if unwanted == self._configured:
            self._unwanted = ""
            return False
        self._unwanted = unwanted
        return True

    def _read(self) -> str | None:
        """What the file holds, if it stands for the configured one."""
        if self._path is None:
            return None
        with suppress(OSError, ValueError), self._path.open("rb") as file:
            mark, _, token = file.read(_LARGEST).decode("ascii").strip().partition(" ")
            return token if mark == self._mark and token else None
        return None


def _write(path: Path, content: bytes) -> None:
    """Put a file there as a whole, for its folder's owner only; on the disk when this returns."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mode 0600
    try:
        with os.fdopen(descriptor, "wb") as file:
            if os.geteuid() == 0:  # a command that an administrator ran
                owner = path.parent.stat()
                os.fchown(file.fileno(), owner.st_uid, owner.st_gid)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
