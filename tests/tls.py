"""TLS for loopback: a certificate for `localhost` that exists for these tests only."""

from __future__ import annotations

import ssl
from pathlib import Path

PEM = Path(__file__).parent / "localhost.pem"  # key and certificate, valid 100 years


def server_context() -> ssl.SSLContext:
    """For who answers at localhost."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(PEM)
    return context


def client_context() -> ssl.SSLContext:
    """For who trusts that certificate and no other."""
    return ssl.create_default_context(cafile=str(PEM))
