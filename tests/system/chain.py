"""The whole way: people's mail by Postfix to mailbot, and back by Postfix to Dovecot, read by IMAP.

Postfix and Dovecot run with the recipes of docs/postfix.md and docs/imap.md as written.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from tests.stories.theatre import Theatre, free_port
from tests.system.dovecot import PASSWORD, Dovecot
from tests.system.people import PostedTheatre
from tests.system.postfix import PRIVATE, PROGRAMS, Postfix
from tests.system.recipes import recipe
from tests.tls import PEM

LOGIN, ACCOUNT = "mailbot@court.example", "track@court.example"
LANES = 2  # deliveries at once to Dovecot, so that a test can say how many were in flight

# Mail for people goes to Dovecot, whoever they are: who is not there comes back as a report.
PEOPLE = {
    "lmtp": """
virtual_mailbox_domains = people.example
virtual_transport = lmtp:unix:private/dovecot-lmtp
""",
    "imap": """
relay_domains = people.example
relay_transport = lmtp:unix:private/dovecot-lmtp
""",
}


class RecipePostfix(Postfix):
    """A Postfix as docs/postfix.md has it, with people whose mailboxes are at Dovecot."""

    def _main(self) -> str:
        if self.way == "lmtp":
            names = {"127.0.0.1]:8024": f"127.0.0.1]:{self.bot_port}"}
            arrival = recipe("postfix.md", "/etc/postfix/main.cf", names)
        else:
            arrival = recipe("imap.md", "/etc/postfix/main.cf, to Dovecot", {})
        leaving = recipe(
            "postfix.md",
            "/etc/postfix/main.cf, the way out",
            {"/etc/ssl/mail/fullchain.pem": PEM, "/etc/ssl/mail/privkey.pem": PEM},
        )
        lanes = f"\ndefault_destination_concurrency_limit = {LANES}\n"
        private = PRIVATE.format(**vars(self))
        return "".join((private, arrival, leaving, PEOPLE[self.way], lanes))

    def _master(self) -> str:
        names = {"127.0.0.1:587": f"127.0.0.1:{self.submission_port}"}
        programs = PROGRAMS.format(**vars(self))
        return programs + recipe("postfix.md", "/etc/postfix/master.cf", names)


class ChainTheatre(PostedTheatre):
    """The service between the two, configured by the same recipes.

    Args:
        account: lines of the [[mailbox]] for an account at Dovecot; "" for the recipe's LMTP.
    """

    def __init__(self, folder: Path, postfix: Postfix, account: str = "") -> None:
        password = folder / "smtp-password"
        password.write_text(PASSWORD)
        password.chmod(0o600)
        names = {
            "mail.court.example": "localhost",
            "port = 587": f"port = {postfix.submission_port}",
            "/etc/mailbot/smtp-password": password,
        }
        smarthost = recipe("postfix.md", "/etc/mailbot/config.toml", names)
        super().__init__(folder, postfix, smarthost.partition("[smarthost]\n")[2])
        listening = {"8024": postfix.bot_port}
        self._account = account or recipe(
            "postfix.md", "/etc/mailbot/config.toml, the mailbox", listening
        )

    def start(self) -> None:
        path = self.folder / "config.toml"
        old = f'listen = "127.0.0.1:{self.smtp_port}"\n'
        text = path.read_text()
        if old in text and self._account not in text:
            path.write_text(text.replace(old, self._account, 1))
        path.chmod(0o600)
        super().start()


class Chain:
    """All three, running."""

    def __init__(self, postfix: Postfix, dovecot: Dovecot, theatre: Theatre) -> None:
        self.postfix, self.dovecot, self.theatre = postfix, dovecot, theatre

    @property
    def log(self) -> str:
        """What they know of the mail on its way."""
        return "\n".join(
            each[-4000:]
            for each in (self.postfix.log, self.dovecot.log, self.theatre.log.read_text())
        )

    def take(self, mail_from: str, recipient: str, content: bytes) -> None:
        """Somebody's mail program hands a mail in."""
        self.postfix.take(mail_from, recipient, content)

    def mails(self, name: str) -> list[bytes]:
        """What name@people.example reads by IMAP."""
        return self.dovecot.mails(f"{name}@people.example")


@contextmanager
def chain(
    folder: Path, people: Sequence[str], way: str = "lmtp", account: str = "", token_port: int = 1
) -> Iterator[Chain]:
    """Start all three.

    Args:
        people: who has a mailbox at Dovecot.
        way: how mailbot gets its mail: "lmtp", or "imap" with the `account` that it reads;
            PORT stands there for Dovecot's.
    """
    users = [ACCOUNT, LOGIN, *(f"{name}@people.example" for name in people)]
    with (
        RecipePostfix([], free_port(), 1, way) as postfix,
        Dovecot(token_port, users, postfix.folder / "queue") as dovecot,
    ):
        options = account.replace("PORT", str(dovecot.port))
        with ChainTheatre(folder, postfix, options) as theatre:
            yield Chain(postfix, dovecot, theatre)
        assert theatre.posts == []  # nothing by another way
        assert "Traceback" not in theatre.log.read_text()


def rows(theatre: Theatre, statement: str) -> list[tuple[Any, ...]]:
    """What the store holds, read beside the running service."""
    with closing(sqlite3.connect(f"file:{theatre.folder}/store.sqlite?mode=ro", uri=True)) as store:
        return store.execute(statement).fetchall()
