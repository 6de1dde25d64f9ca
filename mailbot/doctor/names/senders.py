"""Judges whether the SPF of an envelope's domain lets mailbot's mail through (RFC 7208)."""

from __future__ import annotations

from collections.abc import Sequence

from mailbot.doctor.findings import About, Finding, Record
from mailbot.doctor.names.mail_exchangers import unknown
from mailbot.doctor.names.resolver import Address, Look
from mailbot.doctor.names.spf import MOST_LOOKUPS, MOST_VOID, VERSION, Spf, read_spf
from mailbot.doctor.names.spf_walk import judge, record_of, weigh

# Providers that say by an include who sends for them: the end of their servers' names.
PROVIDERS = {
    "office365.com": "spf.protection.outlook.com",
    "outlook.com": "spf.protection.outlook.com",
    "gmail.com": "_spf.google.com",
    "google.com": "_spf.google.com",
}


def spf(look: Look, domain: str, host: str, sending: Sequence[Address]) -> list[Finding]:
    """What there is to say of a domain's SPF.

    Args:
        host: the smarthost. sending: the addresses from which it sends to the world, if known.
    """
    about = About("spf", domain)
    found, why = record_of(look, domain)
    if why:
        return [unknown(about, why)]
    wanted = to_publish(domain, host, sending)
    if not found:
        return [
            about.wrong(
                f"{domain} has no SPF record, so receivers cannot tell our mail from forged mail.",
                "Publish this record, with every other server that sends for the domain.",
                [wanted],
            )
        ]
    if len(found) > 1:
        return [
            about.wrong(
                f"{domain} has {len(found)} SPF records, and receivers then heed none.",
                "Make one record of them.",
                [merged(found, domain)],
            )
        ]
    record = read_spf(found[0])
    if record.problems:
        return [
            about.wrong(
                f"The SPF record of {domain} {problem}; receivers then heed nothing of it.",
                "Take it out or correct it.",
            )
            for problem in record.problems
        ]
    return [*_form(look, about, record), *_cover(look, about, found[0], host, sending)]


def to_publish(domain: str, host: str, sending: Sequence[Address]) -> Record:
    """The record for a domain that has none."""
    return Record(domain, "TXT", " ".join([VERSION, *_words(host, sending), "-all"]))


def merged(records: Sequence[str], domain: str) -> Record:
    """One record that says what several say."""
    words = [word for record in records for word in record.split()[1:]]
    plain = list(dict.fromkeys(word for word in words if word.lstrip("+-~?").lower() != "all"))
    ends = [word for word in words if word.lower() in ("-all", "~all", "?all")]
    return Record(domain, "TXT", " ".join([VERSION, *plain, ends[0] if ends else "~all"]))


def provider_of(host: str) -> str:
    """What the SPF record of a large provider's customer includes; "" for any other host."""
    fitting = [end for end in PROVIDERS if host == end or host.endswith(f".{end}")]
    return PROVIDERS[fitting[0]] if fitting else ""


def _words(host: str, sending: Sequence[Address]) -> list[str]:
    if include := provider_of(host):
        return [f"include:{include}"]
    return [f"ip{one.version}:{one}" for one in sending] or ["mx"]


def _form(look: Look, about: About, record: Spf) -> list[Finding]:
    """What is wrong with it whoever sends."""
    domain, found = about.subject, []
    weight = weigh(look, domain)
    found += [
        about.wrong(f"SPF: {problem}.", "Correct that record, or take the include out.")
        for problem in weight.problems
    ]
    if weight.unanswered:
        found.append(
            about.warning(f"SPF needs {weight.unanswered}, about which the DNS tells nothing now.")
        )
    if weight.lookups > MOST_LOOKUPS:
        found.append(
            about.wrong(
                f"The SPF record takes {weight.lookups} look-ups, and receivers stop at "
                f"{MOST_LOOKUPS} and heed nothing of it.",
                "Take includes out that are not needed, or write networks (ip4:, ip6:) instead.",
            )
        )
    if weight.void > MOST_VOID:
        found.append(
            about.wrong(
                f"The SPF record names {weight.void} hosts that are not there, and receivers stop "
                f"at {MOST_VOID}.",
                "Take those out.",
            )
        )
    if record.everybody:
        found.append(
            about.wrong(
                "The SPF record ends with +all: it lets everybody send as this domain.",
                "Write -all instead.",
            )
        )
    elif record.last_word == "neutral":
        found.append(
            about.warning(
                "The SPF record says nothing of other senders (no all at its end, or ?all).",
                "Write -all at its end.",
            )
        )
    if any(term.name == "ptr" for term in record.terms):
        found.append(
            about.warning("The SPF record uses ptr, which many receivers ignore (RFC 7208 5.5).")
        )
    return found


def _cover(
    look: Look, about: About, text: str, host: str, sending: Sequence[Address]
) -> list[Finding]:
    """Whether it covers the addresses from which mail leaves."""
    domain = about.subject
    if not sending:
        includes = [word for word in _words(host, ()) if word in text.split()]
        if includes:
            return [about.ok(f"The SPF record of {domain} names the smarthost ({includes[0]}).")]
        return [
            about.warning(
                f"{domain} has an SPF record; from which address {host or 'the smarthost'} sends "
                "to the world is not known here.",
                'Name it in [smarthost]: sends_from = ["203.0.113.5"]',
            )
        ]
    return [_covered(look, about, text, address) for address in sending]


def _covered(look: Look, about: About, text: str, address: Address) -> Finding:
    outcome = judge(look, about.subject, address)
    if outcome == "pass":
        return about.ok(f"The SPF record of {about.subject} lets {address} send.")
    if outcome in ("unknown", "temperror"):
        return about.warning(
            f"Whether the SPF record of {about.subject} lets {address} send cannot be told here.",
            "Look at spf= in the Authentication-Results of a mail that was received.",
        )
    if outcome == "permerror":
        return about.wrong(
            f"The SPF record of {about.subject} cannot be followed to its end.",
            "Correct what is named above.",
        )
    word = f"ip{address.version}:{address}"
    first, *rest = text.split()
    return about.wrong(
        f"The SPF record of {about.subject} does not let {address} send, from where our mail "
        f"leaves ({outcome}).",
        "Publish this record in its place; if the smarthost sends from another address, name that "
        "in sends_from.",
        [Record(about.subject, "TXT", " ".join([first, word, *rest]))],
    )
