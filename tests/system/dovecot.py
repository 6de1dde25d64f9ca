"""A Dovecot of our own on loopback, from Debian's packages; the machine's own is left alone.

One user, in Maildirs below a folder of our own; mail comes in by LMTP or by APPEND. Logins by
password, or by a token that Dovecot asks the test's endpoint about (RFC 7662). It needs root, as
every Dovecot does, to become other users.
"""

from __future__ import annotations

import contextlib
import imaplib
import os
import shutil
import smtplib
import subprocess
import time
from pathlib import Path
from signal import SIGKILL
from tempfile import mkdtemp
from types import TracebackType

import pytest

from tests.stories.theatre import SECONDS, free_port
from tests.system.programs import needed
from tests.tls import PEM

NOBODY = 65534  # owns the Maildirs
RECIPES = Path(__file__).parent.parent.parent / "docs" / "imap.md"
USER, PASSWORD = "track", "correct-horse"

MAIN = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/dovecot.log
auth_verbose = yes
auth_failure_delay = 0
{recipe}
listen = 127.0.0.1
default_internal_user = dovecot
default_login_user = dovenull
ssl = yes
ssl_cert = <{pem}
ssl_key = <{pem}
disable_plaintext_auth = no
first_valid_uid = 1
first_valid_gid = 1
mail_location = maildir:{folder}/mail/%n
auth_mechanisms = plain login xoauth2 oauthbearer
lmtp_add_received_header = yes

passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {folder}/config/oauth2.conf
}}
passdb {{
  driver = static
  args = user=track password={password}
}}
userdb {{
  driver = static
  args = uid={nobody} gid={nobody} home={folder}/mail/%n
}}
service imap-login {{
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
    ssl = yes
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    port = {lmtp_port}
  }}
}}
protocol lmtp {{
  auth_username_format = %Ln
}}
service stats {{
  unix_listener stats-writer {{
    mode = 0666
  }}
}}
"""

OAUTH = """
introspection_mode = post
introspection_url = http://127.0.0.1:{token_port}/introspect
username_attribute = username
active_attribute = active
active_value = true
tls_ca_cert_file = {pem}
"""


def recipe() -> str:
    """The lines that docs/imap.md tells an administrator of Dovecot to write."""
    section = RECIPES.read_text().partition("## Dovecot\n")[2].partition("\n4. ")[0]
    lines = [line.strip() for line in section.splitlines() if line.startswith("       ")]
    assert "protocols = imap lmtp" in lines
    return "\n".join(lines)


class Dovecot:
    """One private instance, to be used in a `with`.

    Args:
        token_port: of loopback, where tokens are asked about.
    """

    def __init__(self, token_port: int = 1) -> None:
        self.token_port = token_port
        self.port, self.tls_port, self.lmtp_port = free_port(), free_port(), free_port()
        self.folder: Path

    def __enter__(self) -> Dovecot:
        needed("dovecot", "dovecot-imapd dovecot-lmtpd")
        if os.geteuid() != 0:
            pytest.fail("Only root can start Dovecot: run this test as root.", pytrace=False)
        self.folder = Path(mkdtemp(prefix="mailbot-dovecot-"))
        try:
            self._set_up()
            self.start()
        except BaseException:
            self._tear_down()
            raise
        return self

    def _set_up(self) -> None:
        self.folder.chmod(0o755)
        for name, owner in (("config", 0), ("mail", NOBODY), ("state", 0)):
            (self.folder / name).mkdir()
            os.chown(self.folder / name, owner, -1)
        for name, text in (("dovecot.conf", MAIN), ("oauth2.conf", OAUTH)):
            filled = text.format(
                **vars(self), pem=PEM, nobody=NOBODY, password=PASSWORD, recipe=recipe()
            )
            (self.folder / "config" / name).write_text(filled)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._tear_down()

    def _tear_down(self) -> None:
        try:
            self.stop()
        finally:
            shutil.rmtree(self.folder)

    def start(self) -> None:
        """Open the doors; returns when they are open."""
        self._run()
        ends = time.monotonic() + SECONDS
        while True:
            with contextlib.suppress(OSError, imaplib.IMAP4.error), self.login():
                return
            assert time.monotonic() < ends, self.log
            time.sleep(0.1)

    def stop(self) -> None:
        """Close them; the mail stays. Returns when the process is gone."""
        pid = self.folder / "run" / "master.pid"
        if not pid.exists():
            return
        master = pid.read_text().strip()
        children = Path(f"/proc/{master}/task/{master}/children").read_text().split()
        self._run("stop")
        _is_gone(master)
        for child in children:  # who is in IDLE does not see that its master is gone
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(child), SIGKILL)
            _is_gone(child)

    def _run(self, *command: str) -> None:
        program = needed("doveadm" if command else "dovecot", "dovecot-core")
        said = self.folder / "said"
        with said.open("wb") as out:  # a file: the daemon would hold a pipe open
            done = subprocess.run(
                [program, "-c", self.folder / "config" / "dovecot.conf", *command],
                stdout=out,
                stderr=out,
                timeout=SECONDS,
                check=False,
            )
        assert done.returncode == 0, f"dovecot {command}: {said.read_text()}\n{self.log}"

    @property
    def log(self) -> str:
        """What it has logged so far."""
        path = self.folder / "dovecot.log"
        return path.read_text() if path.exists() else ""

    def login(self) -> imaplib.IMAP4:
        """The administrator looks into the account."""
        client = imaplib.IMAP4("127.0.0.1", self.port, timeout=SECONDS)
        client.login(USER, PASSWORD)
        return client

    def deliver(self, mail_from: str, recipient: str, content: bytes) -> None:
        """A mail server delivers a mail by LMTP."""
        with smtplib.LMTP("127.0.0.1", self.lmtp_port, timeout=SECONDS) as server:
            assert server.sendmail(mail_from, [recipient], content) == {}

    def append(self, content: bytes) -> None:
        """Somebody puts a mail into the folder by IMAP."""
        with self.login() as client:
            assert client.append("INBOX", "", "", content)[0] == "OK"

    def count(self, folder: str) -> int:
        """How many mails a folder holds."""
        with self.login() as client:
            found, told = client.select(folder, readonly=True)
            return int(told[0] or 0) if found == "OK" else 0

    def flags(self, folder: str) -> list[bytes]:
        """The flags of its mails."""
        with self.login() as client:
            client.select(folder, readonly=True)
            return [each for each in client.fetch("1:*", "(FLAGS)")[1] if isinstance(each, bytes)]


def _is_gone(process: str) -> None:
    ends = time.monotonic() + SECONDS
    while Path(f"/proc/{process}").exists() and time.monotonic() < ends:
        time.sleep(0.02)
