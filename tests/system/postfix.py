"""A Postfix of our own on loopback, from Debian's package; the machine's own is left alone.

Mail for people.example lands in Maildirs by virtual(8), mail for court.example goes on to mailbot by
SMTP, and nothing else goes anywhere.
"""

from __future__ import annotations

import os
import pwd
import smtplib
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tests.stories.theatre import SECONDS, free_port
from tests.system.daemon import NOBODY, Daemon
from tests.system.programs import needed
from tests.tls import PEM

# What is ours alone: where it lives, and that no name is looked up.
PRIVATE = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/mail.log
maillog_file_prefixes = {folder}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
smtp_dns_support_level = disabled
smtpd_peername_lookup = no
myhostname = mx.people.example
mynetworks = 127.0.0.0/8

# Who is here, and that there is nobody else.
mydestination =
alias_maps =
alias_database =
local_transport = error:5.1.1 nobody has an account here
default_transport = error:5.4.4 no mail leaves this machine
"""

MAIN = """
recipient_delimiter = +
relay_domains = court.example
virtual_mailbox_domains = people.example
virtual_mailbox_base = {folder}/people
virtual_mailbox_maps = texthash:{folder}/config/people
virtual_uid_maps = static:{nobody}
virtual_gid_maps = static:{nobody}
transport_maps = inline:{{
  court.example={way}:[127.0.0.1]:{bot_port},
  away@people.example=away: }}

# For the submission port.
smtpd_tls_cert_file = {pem}
smtpd_tls_key_file = {pem}
smtpd_sasl_type = dovecot
smtpd_sasl_path = inet:127.0.0.1:{sasl_port}
smtpd_sasl_security_options = noanonymous
"""

SUBMISSION = """
127.0.0.1:{submission_port} inet n - n - - smtpd
  -o smtpd_tls_security_level=encrypt
  -o smtpd_sasl_auth_enable=yes
  -o smtpd_client_restrictions=permit_sasl_authenticated,reject
"""

PROGRAMS = """
127.0.0.1:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
lmtp unix - - n - - lmtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
away unix - n n - - pipe user=nobody argv=/bin/false
"""


class Postfix(Daemon):
    """One private instance, to be used in a `with`.

    Mail to away@people.example is taken and then bounces; other unknown names are refused at RCPT.

    Args:
        names: of the people who have a mailbox.
        bot_port: where mailbot listens.
        sasl_port: who says whether a login is right; only the submission port asks.
        way: how mail goes on to mailbot, "smtp" or "lmtp".
    """

    program = packages = "postfix"

    def __init__(
        self, names: Sequence[str], bot_port: int, sasl_port: int, way: str = "smtp"
    ) -> None:
        self.names, self.bot_port, self.sasl_port, self.way = names, bot_port, sasl_port, way
        self.port, self.submission_port = free_port(), free_port()

    @property
    def _pid_file(self) -> Path:
        return self.folder / "queue" / "pid" / "master.pid"

    @property
    def _log_file(self) -> Path:
        return self.folder / "mail.log"

    def _set_up(self) -> None:
        owner = pwd.getpwnam("postfix").pw_uid
        for name, whose in (("config", 0), ("queue", 0), ("data", owner), ("people", NOBODY)):
            self._make(name, whose)
        for name, text in (("main.cf", self._main()), ("master.cf", self._master())):
            (self.folder / "config" / name).write_text(text)
        boxes = [f"{name}@people.example {name}/\n" for name in (*self.names, "away")]
        (self.folder / "config" / "people").write_text("".join(boxes))

    def _main(self) -> str:
        return (PRIVATE + MAIN).format(**vars(self), pem=PEM, nobody=NOBODY)

    def _master(self) -> str:
        return (PROGRAMS + SUBMISSION).format(**vars(self))

    def start(self) -> None:
        """Open the doors; returns when they are open."""
        self._run("start")

    def stop(self) -> None:
        """Close them; what is queued stays queued."""
        self._run("stop")

    def flush(self) -> None:
        """Try at once to deliver all that is queued."""
        self._run("flush")

    def _run(self, command: str) -> None:
        done = subprocess.run(
            [needed("postfix", "postfix"), "-c", self.folder / "config", command],
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        assert done.returncode == 0, f"postfix {command}: {done.stderr}\n{self.log}"

    def queued(self) -> int:
        """How many mails it has taken and holds.

        Of a mail that it had not taken when it was killed a file stays, without the right to be run.
        """
        return sum(
            path.is_file() and os.access(path, os.X_OK)
            for name in ("incoming", "active", "deferred", "hold")
            for path in (self.folder / "queue" / name).rglob("*")
        )

    def take(self, mail_from: str, recipient: str, content: bytes) -> None:
        """Somebody's mail program hands a mail in."""
        with smtplib.SMTP("127.0.0.1", self.port, timeout=SECONDS) as server:
            assert server.sendmail(mail_from, [recipient], content) == {}

    def mails(self, name: str) -> list[bytes]:
        """What has arrived for name@people.example, the oldest first."""
        new = self.folder / "people" / name / "new"
        paths = (
            sorted(new.iterdir(), key=lambda path: path.stat().st_mtime_ns) if new.exists() else []
        )
        return [path.read_bytes() for path in paths]
