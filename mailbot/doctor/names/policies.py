"""Judges the DMARC policy that counts for a From domain (RFC 9989)."""

from __future__ import annotations

from mailbot.doctor.findings import About, Finding, Record
from mailbot.doctor.names.dmarc import VERSION, Dmarc, Found, find
from mailbot.doctor.names.mail_exchangers import unknown
from mailbot.doctor.names.resolver import Look


def dmarc(look: Look, domain: str, reports: str) -> list[Finding]:
    """What there is to say of a domain's DMARC.

    Args:
        reports: the address for reports in the record to publish.
    """
    about, found = About("dmarc", domain), find(look, domain)
    if found.why:
        return [unknown(about, found.why)]
    doubled = [
        about.wrong(
            f"_dmarc.{name} has more than one DMARC record, and receivers then heed none.",
            "Leave one of them.",
        )
        for name in found.several
    ]
    if found.record is None:
        return doubled or [_missing(about, reports)]
    if found.record.broken:
        return [
            *doubled,
            about.wrong(
                f"The DMARC record of {found.domain} {found.record.broken}; receivers then heed "
                "nothing of it.",
                "Publish this record in its place.",
                [record_for(found.domain, reports)],
            ),
        ]
    return [*doubled, _policy(about, found), *_tags(about, found.record), *_asked(look, found)]


def record_for(domain: str, reports: str) -> Record:
    """The record to begin with: it watches and changes nothing."""
    return Record(f"_dmarc.{domain}", "TXT", f"{VERSION}; p=none; rua=mailto:{reports}")


def _missing(about: About, reports: str) -> Finding:
    return about.wrong(
        f"Neither {about.subject} nor a domain above it has a DMARC record; large providers take "
        "mail of many recipients only with one.",
        "Publish this record; once its reports show that our mail passes, write p=reject.",
        [record_for(about.subject, reports)],
    )


def _policy(about: About, found: Found) -> Finding:
    record = found.record or Dmarc({})
    own = found.domain == about.subject
    policy = record.policy if own else record.policy_below
    where = "its own record" if own else f"the record of {found.domain}"
    tested = ", softened by t=y" if record.testing else ""
    if policy == "none":
        return about.warning(
            f"DMARC only watches: the policy for {about.subject} is none ({where}{tested}).",
            "Once the reports show that our mail passes, write p=reject (and no t=y).",
        )
    return about.ok(f"The DMARC policy for {about.subject} is {policy} ({where}{tested}).")


def _tags(about: About, record: Dmarc) -> list[Finding]:
    found = [
        about.warning(f"DMARC has no {odd}; receivers ignore it.", "Correct or remove it.")
        for odd in record.odd
    ]
    if record.gone:
        tags = ", ".join(f"{tag}=" for tag in record.gone)
        found.append(
            about.warning(
                f"DMARC no longer knows {tags} (RFC 9989): receivers of today ignore it.",
                "Take it out; t=y is what is left for a test.",
            )
        )
    if record.unknown:
        tags = ", ".join(f"{tag[:20]}=" for tag in record.unknown)
        found.append(about.warning(f"DMARC does not know {tags}.", "Is a name misspelt?"))
    return found


def _asked(look: Look, found: Found) -> list[Finding]:
    """Whether those who get the reports have agreed to (RFC 9990 4)."""
    record = found.record or Dmarc({})
    about, missing = About("dmarc", found.domain), []
    for address in record.report_addresses:
        target = address.rpartition("@")[2].lower()
        if find(look, target).organization == found.organization:
            continue
        name = f"{found.domain}._report._dmarc.{target}"
        answer = look(name, "TXT")
        if not answer.failed and not any(one.startswith(VERSION) for one in answer.values):
            missing.append(
                about.warning(
                    f"Reports go to {target}, which does not say that it takes them.",
                    f"Have {target} publish this record.",
                    [Record(name, "TXT", VERSION)],
                )
            )
    return missing
