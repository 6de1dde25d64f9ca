"""Judges the doctor's mail to itself by what came back: address, way, signature, results.

Pure but for the questions to the DNS.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from mailbot.config import Mailbox, Settings
from mailbot.doctor.findings import About, Finding
from mailbot.doctor.loop.signature import Checked, check, split
from mailbot.doctor.names.dkim_key import PublicKey, read_key
from mailbot.doctor.names.dmarc import find, is_aligned
from mailbot.doctor.names.resolver import Look
from mailbot.doctor.names.selectors import key_name
from mailbot.doctor.names.tags import Malformed
from mailbot.doctor.surroundings import domain_of
from mailbot.inbound.keeper import read
from mailbot.inbound.reading.results import read_results
from mailbot.model import Envelope, Outgoing

# What a signature must cover (RFC 6376 5.4.1, RFC 8058 4).
COVERED = (
    "from", "subject", "date", "message-id", "list-unsubscribe", "list-unsubscribe-post",
)  # fmt: skip
_WITH = re.compile(r"\bwith\s+([A-Za-z0-9]+)")


@dataclass(frozen=True)
class Arrived:
    """The mail as it came back."""

    raw: bytes
    mail_from: str
    recipient: str
    seconds: float  # on its way


def judge_arrival(
    settings: Settings, look: Look, mailbox: Mailbox, sent: Outgoing, arrived: Arrived
) -> list[Finding]:
    """What there is to say of it."""
    about = About("loop", mailbox.address)
    checked = check(arrived.raw, lambda selector, domain: _key(look, selector, domain))
    return [
        _way(about, settings, mailbox, arrived),
        *_addresses(about, sent, arrived),
        *_signed(about, look, mailbox, checked),
        *_results(about, settings, mailbox, arrived),
    ]


def selectors_of(raw: bytes) -> list[tuple[str, str]]:
    """Domain and selector of each signature."""
    checked = check(raw, lambda _selector, _domain: "not asked")
    return list(dict.fromkeys((one.signature.domain, one.signature.selector) for one in checked))


def _key(look: Look, selector: str, domain: str) -> PublicKey | str:
    answer = look(key_name(selector, domain), "TXT")
    if answer.failed:
        return answer.why
    if not answer.values:
        return f"there is no key at {key_name(selector, domain)}"
    try:
        return read_key(answer.values[0])
    except Malformed as error:
        return f"the key at {key_name(selector, domain)} {error}"


def _way(about: About, settings: Settings, mailbox: Mailbox, arrived: Arrived) -> Finding:
    ways = {"smtp": "by SMTP", "lmtp": "by LMTP", "imap": "fetched by IMAP"}
    fields, _ = split(arrived.raw)
    top = next((value for name, value in fields if name.strip().lower() == b"received"), b"")
    text = " ".join(top.decode("utf-8", "replace").split())
    protocol = _WITH.search(text)
    way = ways[mailbox.way]
    if f"by {settings.bot.instance} " in text and protocol:
        way = f"by {protocol[1]}"
    hops = sum(name.strip().lower() == b"received" for name, _ in fields)
    over = "one server" if hops == 1 else f"{hops} servers"
    return about.ok(f"The mail to itself came back in {arrived.seconds:.0f} s, {way}, over {over}.")


def _addresses(about: About, sent: Outgoing, arrived: Arrived) -> list[Finding]:
    found: list[Finding] = []
    if arrived.recipient == sent.recipient:
        found.append(about.ok("The tag behind the separator came through as it was written."))
    else:
        found.append(about.ok("The tag came through, though not spelt as written; that is enough."))
    if arrived.mail_from.lower() != sent.mail_from.lower():
        found.append(
            about.warning(
                f"The envelope's sender was changed on the way, to <{arrived.mail_from}>, so "
                "returned mail does not find mailbot.",
                "Let the smarthost keep the envelope's sender (no canonical maps, no SRS).",
            )
        )
    if domain_of(arrived.mail_from) != about.subject.rpartition("@")[2].lower():
        found.append(
            about.warning(
                "The envelope's domain is not the From's, so SPF vouches for nothing (DMARC).",
                "Let the envelope keep mailbot's own domain.",
            )
        )
    return found


def _signed(
    about: About, look: Look, mailbox: Mailbox, checked: Sequence[Checked]
) -> list[Finding]:
    author = domain_of(mailbox.address)
    if not checked:
        return [
            about.wrong(
                "The mail bears no DKIM signature; large providers refuse such mail of many "
                "recipients.",
                f"Have the smarthost sign mail of {author} (OpenDKIM, rspamd, or your provider).",
            )
        ]
    policy = find(look, author).record
    strict = policy is not None and policy.strict_dkim
    ours = [one for one in checked if is_aligned(look, one.signature.domain, author, strict)]
    if not ours:
        domains = ", ".join(sorted({one.signature.domain for one in checked}))
        return [
            about.wrong(
                f"The mail is signed for {domains}, and not for {author} of the From, so DMARC "
                "does not count it.",
                f"Have the smarthost sign with d={author}.",
            )
        ]
    best = sorted(ours, key=lambda one: ("good", "not verified", "bad").index(one.verdict))[0]
    return [*_verified(about, best), *_covers(about, best)]


def _verified(about: About, best: Checked) -> list[Finding]:
    one = best.signature
    if best.verdict == "bad":
        return [
            about.wrong(
                f"The DKIM signature of {one.domain} (selector {one.selector}) does not verify: "
                f"{best.why}.",
                "Sign after everything that changes mails, with the key that the DNS shows.",
            )
        ]
    if best.verdict == "not verified":
        return [
            about.warning(
                f"The DKIM signature of {one.domain} is there; {best.why}.",
                "Sign by rsa-sha256 as well: not every receiver knows ed25519.",
            )
        ]
    return [
        about.ok(
            f"The DKIM signature of {one.domain} (selector {one.selector}, {one.algorithm}) "
            "verifies, and agrees with the From."
        )
    ]


def _covers(about: About, best: Checked) -> list[Finding]:
    found: list[Finding] = []
    missing = [name for name in COVERED if name not in best.signature.headers]
    if missing:
        lists = [name for name in missing if name.startswith("list-")]
        why = ", so the one-click stop of mail programs is not shown" if lists else ""
        said, todo = (
            f"The DKIM signature does not cover {', '.join(missing)}{why}.",
            f"Add to the fields that the smarthost signs: {', '.join(missing)}.",
        )
        found.append(about.wrong(said, todo))
    else:
        found.append(about.ok("The DKIM signature covers From and both List-Unsubscribe fields."))
    if best.signature.partly:
        found.append(
            about.warning(
                "The DKIM signature has l=: others can write below our text.",
                "Have the smarthost sign without l=.",
            )
        )
    return found


def _results(about: About, settings: Settings, mailbox: Mailbox, arrived: Arrived) -> list[Finding]:
    fields, _ = split(arrived.raw)
    named = [
        results.server or "a server without a name"
        for name, value in fields
        if name.strip().lower() == b"authentication-results"
        and (results := read_results(value.decode("utf-8", "replace").replace("\r\n", "")))
    ]
    trusted = (*mailbox.trusted_results, *mailbox.trusted_nameless)
    if not trusted:
        seen = f" (there is one of {named[0]})" if named else ""
        return [
            about.ok(
                f"No server's word about senders is trusted, so each stop is asked about{seen}."
            )
        ]
    proof = read(settings, arrived.raw, Envelope(arrived.mail_from, arrived.recipient)).proof
    if proof.level != "P0":
        return [about.ok(f"The word of {named[0] if named else trusted[0]} proves the sender.")]
    if not named:
        return [
            about.warning(
                f"{', '.join(trusted)} is trusted, and the mail bears no Authentication-Results.",
                "Have that server check and write them on every mail, also on mail from inside.",
            )
        ]
    return [
        about.warning(
            f"The results of {', '.join(dict.fromkeys(named))} do not prove our own mail.",
            "Compare the name, spelt exactly, with trusted_results; and see why DMARC or DKIM of "
            "our mail does not pass there.",
        )
    ]
