"""Reads the certificate and key of a listener: a TLS context comes out, or what to do first.

Both are PEM files, as certbot and its kin write them; the key may stand in the certificate's file.
"""

from __future__ import annotations

import shlex
import ssl
from pathlib import Path

_FOR_EVERYBODY = 0o007  # a key may be lent to a group, as ssl-cert of Debian
_LARGEST = 1_048_576  # octets of a file


class UnfitCertificate(Exception):
    """The files cannot be used: the option that is to blame, and what is wrong with its file."""

    def __init__(self, option: str, predicate: str) -> None:
        super().__init__(option, predicate)
        self.option, self.predicate = option, predicate


def context_of(certificate: Path, key: Path | None) -> ssl.SSLContext:
    """What a listener needs to speak TLS.

    Raises:
        UnfitCertificate: a file is missing, unreadable, no such thing, or of another pair.
    """
    option, secret = ("tls_key", key) if key else ("tls_certificate", certificate)
    if b"-----BEGIN CERTIFICATE-----" not in _read("tls_certificate", certificate):
        raise UnfitCertificate("tls_certificate", "holds no certificate in PEM form.")
    held = _read(option, secret)
    if b"PRIVATE KEY-----" not in held:
        raise UnfitCertificate(option, _no_key(option))
    if b"ENCRYPTED" in held:
        raise UnfitCertificate(option, "is locked with a password; give mailbot an unlocked one.")
    if secret.stat().st_mode & _FOR_EVERYBODY:
        command = f"chmod o= {shlex.quote(str(secret))}"
        raise UnfitCertificate(option, f"is a key that everybody here can read; run: {command}")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(certificate, key, password="")  # a terminal is never asked
    except (ssl.SSLError, OSError) as error:
        if getattr(error, "reason", "") == "KEY_VALUES_MISMATCH":
            raise UnfitCertificate(option, "is not the key of this certificate.") from None
        why = getattr(error, "reason", None) or "damaged"
        raise UnfitCertificate("tls_certificate", f"cannot be used: {why}.") from None
    return context


def _no_key(option: str) -> str:
    if option == "tls_key":
        return "holds no private key in PEM form."
    return 'holds no private key; name its file, too: tls_key = "..."'


def _read(option: str, path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_LARGEST)
    except FileNotFoundError:
        raise UnfitCertificate(option, "does not exist; name the right file.") from None
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise UnfitCertificate(option, f"cannot be read: {why}.") from None
