"""Judges the key that a DKIM selector publishes (RFC 6376, RFC 8301, RFC 8463)."""

from __future__ import annotations

from mailbot.doctor.findings import About, Finding, Record
from mailbot.doctor.names.dkim_key import ENOUGH, SMALLEST, PublicKey, read_key
from mailbot.doctor.names.mail_exchangers import unknown
from mailbot.doctor.names.resolver import Look
from mailbot.doctor.names.tags import Malformed


def key_name(selector: str, domain: str) -> str:
    """Where the key of a selector stands."""
    return f"{selector}._domainkey.{domain}"


def dkim(look: Look, domain: str, selector: str) -> list[Finding]:
    """What there is to say of one selector."""
    name = key_name(selector, domain)
    about, answer = About("dkim", name), look(name, "TXT")
    record = Record(name, "TXT", "v=DKIM1; k=rsa; p=<the public key that your mail server shows>")
    if answer.failed:
        return [unknown(about, answer.why)]
    if not answer.values:
        return [
            about.wrong(
                f"There is no DKIM key at {name}, so signatures of it cannot be verified.",
                "Publish the key that your mail server signs with.",
                [record],
            )
        ]
    if len(answer.values) > 1:
        return [
            about.wrong(
                f"{name} has {len(answer.values)} TXT records, and which one receivers take is "
                "chance (RFC 6376 3.6.2.2).",
                "Leave the one with the key.",
            )
        ]
    try:
        key = read_key(answer.values[0])
    except Malformed as error:
        return [about.wrong(f"The DKIM key at {name} {error}.", "Publish it anew.", [record])]
    return _key(about, key, record)


def no_selector(domain: str) -> Finding:
    """Nothing says with which selector mail is signed."""
    return About("dkim", domain).warning(
        "Which DKIM selector signs our mail is not known: no mail of ours was looked at.",
        "Run the doctor with --loop while mailbot serves, or name it in [smarthost]: "
        'dkim_selectors = ["mail"]',
    )


def _key(about: About, key: PublicKey, record: Record) -> list[Finding]:
    if key.revoked:
        return [
            about.wrong(
                "The DKIM key is withdrawn (p= is empty), so every signature of it fails.",
                "Sign with another selector, or publish the key again.",
                [record],
            )
        ]
    if not key.takes_sha256:
        return [
            about.wrong("The DKIM key is not for sha256, by its h=.", "Take h= out of the record.")
        ]
    found: list[Finding] = []
    if key.testing:
        found.append(
            about.warning(
                "The DKIM key is marked as a test (t=y): receivers may treat our mail as unsigned.",
                "Take t=y out once the signatures verify.",
            )
        )
    if key.kind == "rsa" and key.bits < SMALLEST:
        found.append(
            about.wrong(
                f"The DKIM key has {key.bits} bits, and receivers must not heed one under "
                f"{SMALLEST}.",
                f"Make a new key of {ENOUGH} bits under a new selector.",
            )
        )
    elif key.kind == "rsa" and key.bits < ENOUGH:
        found.append(
            about.warning(
                f"The DKIM key has {key.bits} bits.",
                f"Make a new key of {ENOUGH} bits under a new selector.",
            )
        )
    return found or [about.ok(f"The DKIM key is there ({key.kind}, {key.bits} bits).")]
