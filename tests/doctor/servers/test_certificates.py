"""Certificates are looked at by handshakes: names, trust, and the days that are left."""

from __future__ import annotations

import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mailbot.doctor.findings import About
from mailbot.doctor.servers.certificates import Server, Way, of_files, of_server
from tests.doctor.scene import only, states
from tests.tls import PEM, client_context, server_context

ABOUT = About("tls", "here")
NOW = datetime.now(UTC)  # OpenSSL looks at the real clock


@contextmanager
def speaking(context: ssl.SSLContext | None, host: str = "127.0.0.1") -> Iterator[int]:
    """A server that shakes hands, or only says a word that is no TLS."""
    with socket.create_server((host, 0)) as door:
        door.settimeout(10)

        def serve() -> None:
            try:
                peer, _ = door.accept()
                if context is None:
                    peer.sendall(b"* OK hello\r\n")
                else:
                    context.wrap_socket(peer, server_side=True).close()
                peer.close()
            except OSError:
                pass

        thread = threading.Thread(target=serve)
        thread.start()
        yield int(door.getsockname()[1])
        thread.join()


def made(folder: Path, days: int, name: str = "mail.court.example") -> tuple[Path, Path]:
    """A certificate that signs itself, by the openssl program, and its key."""
    certificate, key = folder / "cert.pem", folder / "key.pem"
    end = datetime.now(UTC) + timedelta(days=days, hours=1)
    begin = min(datetime.now(UTC), end) - timedelta(days=2)
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    command += ["-nodes", "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}"]
    command += ["-keyout", str(key), "-out", str(certificate), "-days", str(max(days, 1))]
    subprocess.run(command, check=True, capture_output=True)
    if days < 1:
        request = folder / "request.pem"
        subprocess.run(
            [
                "openssl",
                "req",
                "-new",
                "-key",
                str(key),
                "-subj",
                f"/CN={name}",
                "-out",
                str(request),
            ],
            check=True,
        )
        index = folder / "index.txt"
        index.write_text("")
        (folder / "serial").write_text("01")
        (folder / "ca.cnf").write_text(
            "[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\nserial=serial\nnew_certs_dir=.\n"
            "default_md=sha256\npolicy=p\n[p]\ncommonName=supplied\n"
        )
        span = [f"{begin:%Y%m%d%H%M%SZ}", f"{end:%Y%m%d%H%M%SZ}"]
        subprocess.run(
            [
                *("openssl", "ca", "-batch", "-selfsign", "-config", "ca.cnf"),
                *("-keyfile", "key.pem", "-in", "request.pem", "-out", "cert.pem", "-notext"),
                *("-startdate", span[0], "-enddate", span[1]),
            ],
            cwd=folder,
            check=True,
            capture_output=True,
        )
    key.chmod(0o600)
    return certificate, key


def test_a_server_that_is_trusted() -> None:
    with speaking(server_context()) as port:
        finding = of_server(ABOUT, Server("localhost", port, "tls"), client_context(), NOW, 5)
    assert finding.state == "ok"
    assert "trusted for localhost and good for" in finding.says


@pytest.mark.parametrize(
    ("left", "state"), [(100, "ok"), (21, "ok"), (20, "warning"), (0, "warning"), (-1, "wrong")]
)
def test_the_days_that_are_left(left: int, state: str) -> None:
    """Seen from so many days before the end of the tests' certificate, and an hour."""
    with (
        speaking(server_context()) as port,
        socket.create_connection(("127.0.0.1", port)) as way,
        client_context().wrap_socket(way, server_hostname="localhost") as wrapped,
    ):
        ends = str((wrapped.getpeercert() or {})["notAfter"])
    end = datetime.fromtimestamp(ssl.cert_time_to_seconds(ends), UTC)
    then = end - timedelta(days=left, hours=1)
    with speaking(server_context()) as port:
        finding = of_server(ABOUT, Server("localhost", port, "tls"), client_context(), then, 5)
    assert finding.state == state, finding.says
    assert f"good for {left} days" in finding.says or left < 0


def test_another_name_no_trust_no_tls_nobody() -> None:
    with speaking(server_context(), "127.0.0.9") as port:
        other = of_server(ABOUT, Server("127.0.0.9", port, "tls"), client_context(), NOW, 5)
    assert (other.state, "for another name than 127.0.0.9" in other.says) == ("wrong", True)
    with speaking(server_context()) as port:
        world = ssl.create_default_context()
        strange = of_server(ABOUT, Server("localhost", port, "tls"), world, NOW, 5)
    assert (strange.state, "is not trusted here" in strange.says) == ("wrong", True)
    with speaking(None) as port:
        plain = of_server(ABOUT, Server("localhost", port, "tls"), client_context(), NOW, 5)
    assert (plain.state, "speaks no TLS" in plain.says) == ("wrong", True)
    gone = of_server(ABOUT, Server("localhost", port, "tls"), client_context(), NOW, 5)
    assert gone.says.endswith("does not answer (connection refused).")
    unknown = of_server(ABOUT, Server("nobody.invalid", 443, "tls"), client_context(), NOW, 5)
    assert (unknown.state, "does not answer" in unknown.says) == ("wrong", True)


WAYS: list[Way] = ["smtp", "imap"]


@pytest.mark.parametrize("way", WAYS)
def test_a_server_without_starttls(way: Way) -> None:
    with speaking(None) as port:
        finding = of_server(ABOUT, Server("localhost", port, way), client_context(), NOW, 2)
    assert finding.state == "wrong"


def test_files_of_ours(tmp_path: Path) -> None:
    certificate, key = made(tmp_path, 90)
    assert states(of_files(ABOUT, certificate, key, ["mail.court.example"], NOW)) == ["ok"]
    either = of_files(ABOUT, certificate, key, ["track.court.example", "mail.court.example"], NOW)
    assert states(either) == ["ok"]
    good, other = of_files(ABOUT, certificate, key, ["track.court.example"], NOW)
    assert (good.state, other.state) == ("ok", "warning")
    assert "for none of the names track.court.example" in other.says


def test_files_that_end_soon_or_have_ended(tmp_path: Path) -> None:
    soon = only(of_files(ABOUT, *made(tmp_path, 10), ["mail.court.example"], NOW))
    assert soon.state == "warning"
    assert "good for 10 days" in soon.says
    over = only(of_files(ABOUT, *made(tmp_path, -1), ["mail.court.example"], NOW))
    assert (over.state, over.says) == ("wrong", "The certificate has expired.")


def test_files_that_cannot_be_used(tmp_path: Path) -> None:
    missing = only(of_files(ABOUT, tmp_path / "none.pem", None, [], NOW))
    assert missing.says == "tls_certificate does not exist; name the right file."
    certificate, _ = made(tmp_path, 90)
    (tmp_path / "copy").write_bytes(PEM.read_bytes())
    (tmp_path / "copy").chmod(0o600)
    other = only(of_files(ABOUT, certificate, tmp_path / "copy", [], NOW))
    assert "is not the key of this certificate" in other.says
