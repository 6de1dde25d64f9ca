"""The ways in, by the whole program: SMTP, LMTP and pipe lead to one desk, which acts once."""

from __future__ import annotations

import os
import shutil
import smtplib
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from signal import SIGHUP

import pytest

from tests.stories.theatre import ROOT, SECONDS, Theatre, free_port
from tests.tls import PEM, client_context
from tests.world import people_the_court

BOT = "track@court.example"
MAIL = (
    b"From: ann@x.example\nTo: track@court.example\nSubject: TRACK 15AB-CR00015\n"
    b"Message-ID: <1@x.example>\n\nTRACK 15AB-CR00015\n"
)


@pytest.fixture
def theatre(tmp_path: Path) -> Iterator[Theatre]:
    theatre = Theatre(tmp_path)
    people_the_court(theatre.court)
    with theatre:
        yield theatre


def change(theatre: Theatre, old: str, new: str) -> None:
    path = theatre.folder / "config.toml"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))


def pipe(theatre: Theatre, mail: bytes, *words: str) -> tuple[int, str]:
    """Runs `mailbot receive` as a mail server does; exit code and what it says."""
    config = ["--config", str(theatre.folder / "config.toml")]
    done = subprocess.run(
        [sys.executable, "-m", "mailbot", "receive", *config, *words],
        input=mail, capture_output=True, cwd=ROOT, timeout=SECONDS, check=False,
    )  # fmt: skip
    assert done.stdout == b""
    return done.returncode, done.stderr.decode()


def test_the_same_mail_by_three_ways_acts_once(theatre: Theatre) -> None:
    """decisions.md 3; the pipe's answer is sent by the running service."""
    assert pipe(theatre, b"From ann@x.example Mon Nov 23\n" + MAIL, "--recipient", BOT) == (0, "")
    (asked,) = theatre.next()
    assert asked.recipient == "ann@x.example"
    assert pipe(theatre, MAIL, "--recipient", BOT, "--sender", "ann@x.example") == (0, "")
    theatre.send("ann@x.example", BOT, MAIL.replace(b"\n", b"\r\n"))
    theatre.nothing_comes()


def test_exit_codes(theatre: Theatre) -> None:
    """sysexits.h: what each mistake means to the mail server."""
    assert pipe(theatre, MAIL, "--recipient", "who@court.example") == (
        os.EX_NOUSER,
        "5.1.1 No such mailbox here\n",
    )
    assert pipe(theatre, MAIL + b"\0", "--recipient", BOT)[0] == os.EX_DATAERR
    assert pipe(theatre, MAIL)[0] == os.EX_USAGE
    assert pipe(theatre, MAIL, "--recipient", BOT, "--sendr", "x")[0] == os.EX_USAGE
    theatre.stop()
    store = theatre.folder / "store.sqlite"
    for beside in theatre.folder.glob("store.sqlite*"):
        beside.rename(theatre.folder / f"away-{beside.name}")
    store.mkdir()
    code, said = pipe(theatre, MAIL, "--recipient", BOT)
    assert (code, said[:6]) == (os.EX_TEMPFAIL, "4.3.0 ")
    assert str(theatre.folder) not in said
    change(theatre, 'purpose = "commands"', 'purpose = "comands"')
    code, said = pipe(theatre, MAIL, "--recipient", BOT)
    assert (code, said) == (
        os.EX_TEMPFAIL,
        "4.3.5 The configuration cannot be used: mailbot check says why\n",
    )


def test_lmtp_beside_smtp(theatre: Theatre) -> None:
    """Two mailboxes, two ways; the same mail by both acts once, each recipient gets its reply."""
    theatre.stop()
    port = free_port()
    second = (
        f'[[mailbox]]\nname = "second"\naddress = "second@court.example"\nway = "lmtp"\n'
        f'listen = "127.0.0.1:{port}"\n\n[[route]]\naddress = "second@court.example"\n'
        'court = "franklin"\npurpose = "commands"\n\n[smarthost]'
    )
    change(theatre, "[smarthost]", second)
    theatre.start()
    with smtplib.LMTP("127.0.0.1", port) as server:
        server.ehlo_or_helo_if_needed()
        for command in ("MAIL FROM:<ann@x.example>", f"RCPT TO:<{BOT}>", f"RCPT TO:<{BOT}>"):
            assert server.docmd(command)[0] == 250
        code, _ = server.data(MAIL.replace(b"\n", b"\r\n"))
        assert code == 250
        assert server.getreply()[0] == 250
    theatre.next()
    theatre.send("ann@x.example", BOT, MAIL.replace(b"\n", b"\r\n"))
    theatre.nothing_comes()


def test_a_reload_takes_new_certificates(theatre: Theatre) -> None:
    """SIGHUP: STARTTLS appears, other files in the same place are used, broken ones are not."""
    path = theatre.folder / "tls.pem"
    shutil.copy(PEM, path)
    path.chmod(0o600)

    def certificate() -> bytes | None:
        with smtplib.SMTP("127.0.0.1", theatre.smtp_port, local_hostname="x.example") as server:
            server.ehlo()
            if not server.has_extn("starttls"):
                return None
            context = client_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            server.starttls(context=context)
            assert server.ehlo()[0] == 250
            assert isinstance(server.sock, ssl.SSLSocket)
            return server.sock.getpeercert(binary_form=True)

    def reloaded(count: int) -> None:
        theatre.signal(SIGHUP)
        said = "The configuration was read again"
        theatre.wait_for(lambda: theatre.log.read_text().count(said) == count, "the reload")

    assert certificate() is None
    change(theatre, 'name = "track"', 'name = "track"\ntls_certificate = "tls.pem"')
    reloaded(1)
    first = certificate()
    assert first is not None
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-subj", "/CN=localhost", "-keyout", path, "-out", path.with_name("cert")],
        check=True, capture_output=True,
    )  # fmt: skip
    path.write_bytes(path.read_bytes() + path.with_name("cert").read_bytes())
    reloaded(2)
    second = certificate()
    assert second not in {None, first}
    path.write_bytes(b"")
    theatre.signal(SIGHUP)
    theatre.wait_for(lambda: "the old one stays" in theatre.log.read_text(), "a refusal")
    assert "holds no certificate" in theatre.log.read_text()
    assert certificate() == second
