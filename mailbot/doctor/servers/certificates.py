"""Looks at certificates: whom they name, how long they are good, whether others will trust them."""

from __future__ import annotations

import imaplib
import smtplib
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from mailbot.doctor.findings import About, Finding
from mailbot.settings.certificates import UnfitCertificate, context_of

SOON = 21  # days
_ROUNDS = 10  # of a handshake in memory; two are needed
_EXPIRED, _HOSTNAME, _ADDRESS = 10, 62, 64  # OpenSSL's X509_V_ERR_...

Way = Literal["tls", "smtp", "imap"]
Certificate = dict[str, Any]


@dataclass(frozen=True)
class Server:
    """A server that speaks TLS. `way`: from the first octet, or after STARTTLS of a protocol."""

    host: str
    port: int
    way: Way


def of_server(
    about: About, server: Server, context: ssl.SSLContext, now: datetime, seconds: float
) -> Finding:
    """What there is to say of a server's certificate, by a handshake that verifies it."""
    try:
        certificate = _shown(server, context, seconds)
    except ssl.SSLCertVerificationError as error:
        return _untrusted(about, error, server.host)
    except ssl.SSLError as error:
        return about.wrong(
            f"{server.host}:{server.port} speaks no TLS that can be used ({error.reason}).",
            "Check port and tls there.",
        )
    except (smtplib.SMTPNotSupportedError, smtplib.SMTPResponseException, imaplib.IMAP4.error):
        return about.wrong(
            f"{server.host}:{server.port} offers no STARTTLS.", "Check port and tls there."
        )
    except OSError as error:
        return about.wrong(
            f"{server.host}:{server.port} does not answer ({cause(error)}).",
            "Check host and port, and any firewall between.",
        )
    return _lasting(about, certificate, now, f"trusted for {server.host}")


def of_files(
    about: About, certificate: Path, key: Path | None, names: list[str], now: datetime
) -> list[Finding]:
    """What there is to say of the certificate of a listener of ours.

    Args:
        names: under which others know the listener; one that fits is enough.
    """
    try:
        server = context_of(certificate, key)
        own = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        own.check_hostname = False
        own.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # it vouches for itself
        own.load_verify_locations(certificate)
        shown = _in_memory(server, own, None)
    except UnfitCertificate as error:
        return [about.wrong(f"{error.option} {error.predicate}", "Put the right file in place.")]
    except ssl.SSLCertVerificationError as error:
        return [_untrusted(about, error, names[0] if names else "")]
    except ssl.SSLError as error:
        return [about.wrong(f"tls_certificate cannot be used ({error.reason}).", "Make it anew.")]
    found = [_lasting(about, shown, now, "in place")]
    own.check_hostname = True
    if names and not any(_fits(server, own, name) for name in names):
        found.append(
            about.warning(
                f"The certificate is for none of the names {', '.join(names)}.",
                "Have it made for the name in the MX.",
            )
        )
    return found


def cause(error: OSError) -> str:
    """An error of the network in a word or two."""
    if TimeoutError in (type(error), type(error.__context__)):  # smtplib wraps it
        return "no answer in time"
    if isinstance(error, smtplib.SMTPServerDisconnected):
        return "the connection ended"
    if isinstance(error, ConnectionRefusedError):
        return "connection refused"
    if isinstance(error, socket.gaierror):
        return "its name is not known"
    return error.strerror or type(error).__name__


def _lasting(about: About, certificate: Certificate, now: datetime, how: str) -> Finding:
    ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(certificate["notAfter"]), UTC)
    days = (ends - now).days
    says = f"The certificate is {how} and good for {days} days, until {ends:%Y-%m-%d}."
    if ends <= now:
        return about.wrong(f"The certificate has ended on {ends:%Y-%m-%d}.", "Renew it.")
    if days < SOON:
        return about.warning(says, "Renew it, and see why it was not renewed by itself.")
    return about.ok(says)


def _untrusted(about: About, error: ssl.SSLCertVerificationError, host: str) -> Finding:
    if error.verify_code == _EXPIRED:
        return about.wrong("The certificate has expired.", "Renew it.")
    if error.verify_code in (_HOSTNAME, _ADDRESS):
        return about.wrong(
            f"The certificate is for another name than {host}.",
            "Write the name that it is for, or have it made for this one.",
        )
    return about.wrong(
        f"The certificate is not trusted here ({error.verify_message}).",
        "Have the server send its whole chain, or let this machine trust who signed it.",
    )


def _shown(server: Server, context: ssl.SSLContext, seconds: float) -> Certificate:
    where = (server.host, server.port)
    if server.way == "smtp":
        with smtplib.SMTP(*where, "localhost", timeout=seconds) as smtp:
            smtp.starttls(context=context)
            return _peer(smtp.sock)
    if server.way == "imap":
        imap = imaplib.IMAP4(*where, timeout=seconds)
        try:
            imap.starttls(context)
            return _peer(imap.sock)
        finally:
            with suppress(OSError, imaplib.IMAP4.error):
                imap.shutdown()
    with (
        socket.create_connection(where, seconds) as plain,
        context.wrap_socket(plain, server_hostname=server.host) as wrapped,
    ):
        return _peer(wrapped)


def _peer(connected: object) -> Certificate:
    certificate = connected.getpeercert() if isinstance(connected, ssl.SSLSocket) else None
    if not certificate:
        raise ssl.SSLError(0, "NO_CERTIFICATE")
    return dict(certificate)


def _fits(server: ssl.SSLContext, client: ssl.SSLContext, name: str) -> bool:
    try:
        _in_memory(server, client, name)
    except ssl.SSLError:
        return False
    return True


def _in_memory(server: ssl.SSLContext, client: ssl.SSLContext, name: str | None) -> Certificate:
    """A handshake without a socket; what the client sees of the server's certificate."""
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    ours = server.wrap_bio(to_server, to_client, server_side=True)
    theirs = client.wrap_bio(to_client, to_server, server_hostname=name)
    steps: list[Callable[[], None]] = [theirs.do_handshake, ours.do_handshake]
    for _ in range(_ROUNDS):
        for step in steps:
            with suppress(ssl.SSLWantReadError):
                step()
        certificate = theirs.getpeercert() if theirs.version() else None
        if certificate:
            return dict(certificate)
    raise ssl.SSLError(0, "NO_HANDSHAKE")
