"""A Dovecot of our own on loopback, from Debian's packages, with the recipe of docs/imap.md.

Mail comes in by LMTP or by APPEND. Logins by password, or by a token that Dovecot asks the test's
endpoint about (RFC 7662). The machine's own Dovecot is left alone.
"""

from __future__ import annotations

import contextlib
import imaplib
import os
import smtplib
import subprocess
import time
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from tests.stories.theatre import SECONDS, free_port
from tests.system.daemon import Daemon, end
from tests.system.programs import needed
from tests.system.recipes import recipe
from tests.tls import PEM

USER, PASSWORD = "track@court.test", "correct-horse"
OWNER = 5000  # of the mail, in the recipe

# What is ours alone: where it lives and at which ports it listens.
PRIVATE = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/dovecot.log
auth_verbose = yes
auth_failure_delay = 0
listen = 127.0.0.1
service imap-login {{
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    port = {lmtp_port}
  }}
}}
service stats {{
  unix_listener stats-writer {{
    mode = 0666
  }}
}}
{more}
!include config/local.conf
!include config/tokens.conf
"""


@cache
def hashed(password: str) -> str:
    """What stands for a password in the file of accounts."""
    words = [needed("doveadm", "dovecot-core"), "pw", "-s", "SHA512-CRYPT", "-p", password]
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()


class Dovecot(Daemon):
    """One private instance, to be used in a `with`.

    Args:
        token_port: of loopback, where tokens are asked about.
        users: who has a mailbox and a login.
        spool: Postfix's queue_directory, where the two meet; by default nobody comes there.
        more: lines of its configuration beside the recipe.
    """

    program, packages = "dovecot", "dovecot-imapd dovecot-lmtpd"

    def __init__(
        self,
        token_port: int = 1,
        users: Sequence[str] = (USER,),
        spool: Path | None = None,
        more: str = "",
    ) -> None:
        self.token_port, self.users, self.spool, self.more = token_port, users, spool, more
        self.port, self.tls_port, self.lmtp_port = free_port(), free_port(), free_port()
        self.passwords = dict.fromkeys(users, PASSWORD)
        self._writes = 0

    @property
    def _pid_file(self) -> Path:
        return self.folder / "run" / "master.pid"

    @property
    def _log_file(self) -> Path:
        return self.folder / "dovecot.log"

    def _set_up(self) -> None:
        for name, owner in (("config", 0), ("mail", OWNER), ("state", 0), ("spool", 0)):
            self._make(name, owner)
        config = self.folder / "config"
        places = {"/etc/dovecot": config, "/etc/ssl/mail/fullchain.pem": PEM}
        spool = self.spool or self.folder / "spool"
        (spool / "private").mkdir(exist_ok=True)
        local = {
            "/etc/ssl/mail/privkey.pem": PEM,
            "/var/spool/postfix": spool,
            **places,
        }
        endpoint = {
            "https://login.court.example": f"http://127.0.0.1:{self.token_port}",
            "/etc/ssl/certs/ca-certificates.crt": PEM,
        }
        main = PRIVATE.format(**vars(self))
        (self.folder / "dovecot.conf").write_text(main)
        for name, text in {
            "local.conf": recipe("imap.md", "/etc/dovecot/local.conf", local),
            "tokens.conf": recipe(
                "imap.md", "/etc/dovecot/local.conf, for tokens", {"/etc/dovecot": config}
            ),
            "mailbot-oauth2.conf": recipe("imap.md", "/etc/dovecot/mailbot-oauth2.conf", endpoint),
        }.items():
            (config / name).write_text(text)
        self.write_users()

    def write_users(self) -> None:
        """Make the file of accounts; each line as the recipe has it for track@court.example."""
        text = recipe("imap.md", "/etc/dovecot/mailbot.users", {"/srv/mail": self.folder / "mail"})
        lines = {line.partition(":")[0]: line for line in text.splitlines()[1:]}
        for user, password in self.passwords.items():
            model = lines.get(user, lines["track@court.example"])
            line = model.replace("{SHA512-CRYPT}HASH", hashed(password))
            if user not in lines:
                line = line.replace("track@court.example", user).replace(
                    "mail/track", f"mail/{user}"
                )
            lines[user] = line
        path = self.folder / "config" / "mailbot.users"
        path.write_text("\n".join(line for line in lines.values() if "HASH" not in line) + "\n")
        path.chmod(0o644)
        self._writes += 1
        os.utime(path, (self._writes, self._writes))  # Dovecot looks at whole seconds

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
        with self._held() as handles:
            self._run("stop")
            end(handles)  # who is in IDLE does not see that its master is gone

    def _run(self, *command: str) -> None:
        program = needed("doveadm" if command else "dovecot", "dovecot-core")
        said = self.folder / "said"
        with said.open("wb") as out:  # a file: the daemon would hold a pipe open
            done = subprocess.run(
                [program, "-c", self.folder / "dovecot.conf", *command],
                stdout=out,
                stderr=out,
                timeout=SECONDS,
                check=False,
            )
        assert done.returncode == 0, f"dovecot {command}: {said.read_text()}\n{self.log}"

    def login(self, user: str = "") -> imaplib.IMAP4:
        """Somebody looks into an account, by default the first."""
        name = user or self.users[0]
        client = imaplib.IMAP4("127.0.0.1", self.port, timeout=SECONDS)
        client.login(name, self.passwords[name])
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

    def mails(self, user: str) -> list[bytes]:
        """What its owner reads by IMAP, the oldest first."""
        with self.login(user) as client:
            client.select("INBOX", readonly=True)
            told = client.uid("fetch", "1:*", "(BODY.PEEK[])")[1]
        return [each[1].replace(b"\r\n", b"\n") for each in told if isinstance(each, tuple)]
