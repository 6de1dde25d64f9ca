"""A mail server of our own in a folder of its own: started, stopped, killed, and cleared away."""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import signal
from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp
from types import TracebackType
from typing import Self

import pytest

from tests.stories.theatre import SECONDS
from tests.system.programs import needed

NOBODY = 65534  # owns mail


class Daemon(ABC):
    """To be used in a `with`. It needs root, as every mail server does, to become other users."""

    program: str
    packages: str
    folder: Path  # because pytest's are closed to the server's users

    def __enter__(self) -> Self:
        needed(self.program, self.packages)
        if os.geteuid() != 0:
            pytest.fail(f"Only root can start {self.program}: run this test as root.", False)
        self.folder = Path(mkdtemp(prefix=f"mailbot-{self.program}-"))
        self.folder.chmod(0o755)
        try:
            self._set_up()
            self.start()
        except BaseException:
            self._tear_down()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._tear_down()

    def _tear_down(self) -> None:
        try:
            if self._pid_file.exists():
                self.stop()
        finally:
            shutil.rmtree(self.folder)

    def _make(self, name: str, owner: int) -> None:
        (self.folder / name).mkdir()
        os.chown(self.folder / name, owner, -1)

    @abstractmethod
    def _set_up(self) -> None:
        """Write its configuration."""

    @property
    @abstractmethod
    def _pid_file(self) -> Path: ...

    @property
    @abstractmethod
    def _log_file(self) -> Path: ...

    @abstractmethod
    def start(self) -> None:
        """Open the doors; returns when they are open."""

    @abstractmethod
    def stop(self) -> None:
        """Close them; the mail stays."""

    @property
    def log(self) -> str:
        """What it has logged so far."""
        return self._log_file.read_text() if self._log_file.exists() else ""

    @contextlib.contextmanager
    def _held(self) -> Iterator[list[int]]:
        """Handles of its processes, the first one and those that it started.

        A handle stays with its process; a number may soon be another's, whom nobody here may end.
        """
        first = int(self._pid_file.read_text())
        with contextlib.ExitStack() as stack:
            handles = []
            for pid in (first, *_children(first)):
                with contextlib.suppress(ProcessLookupError):
                    handles.append(os.pidfd_open(pid))
                    stack.callback(os.close, handles[-1])
            yield handles

    def kill(self) -> None:
        """kill -9, all its processes at once."""
        with self._held() as handles:
            end(handles)
        self._pid_file.unlink()  # in a container without an init its dead process stays in sight


def _children(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(each) for each in found]


def end(handles: list[int]) -> None:
    """kill -9; returns when they are gone."""
    for handle in handles:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(handle, signal.SIGKILL)
    for handle in handles:
        gone, _, _ = select.select([handle], [], [], SECONDS)
        assert gone, "a process that was killed is still there"
