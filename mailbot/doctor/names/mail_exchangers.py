"""Judges where the DNS sends mail for a domain (RFC 5321 5.1, RFC 7505, RFC 2181 10.3)."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import ip_address

from mailbot.doctor.findings import About, Finding, Record
from mailbot.doctor.names.resolver import Address, Look, addresses

NULL = "."


def exchangers(look: Look, domain: str) -> list[str]:
    """The hosts that take mail for a domain, the preferred first."""
    ranked = [_ranked(value) for value in look(domain, "MX").values]
    return [host for _, host in sorted(ranked) if host != NULL]


def mx(look: Look, domain: str, host: str, own: Sequence[Address], here: str) -> list[Finding]:
    """What there is to say of a domain's MX.

    Args:
        host: the server to name where there is no MX.
        own: addresses of this machine. here: what the configuration says of it, such as
            "this machine".
    """
    about, answer = About("mx", domain), look(domain, "MX")
    record = Record(domain, "MX", f"10 {host}.")
    if answer.failed:
        return [unknown(about, answer.why)]
    ranked = sorted(_ranked(value) for value in answer.values)
    if not ranked:
        return [_without(look, about, record)]
    if any(target == NULL for _, target in ranked):
        return [
            about.wrong(
                f"The MX says that {domain} takes no mail at all.",
                "Publish this record in place of the one with the dot.",
                [record],
            )
        ]
    return [_target(look, about, target, own, here) for _, target in ranked]


def _without(look: Look, about: About, record: Record) -> Finding:
    found, _ = addresses(look, about.subject)
    if found:
        return about.warning(
            f"{about.subject} has no MX, so mail goes to its own address, {found[0]}.",
            "Publish the record, so that it is plain where mail goes.",
            [record],
        )
    return about.wrong(
        f"{about.subject} has no MX and no address, so nobody can write to it.",
        "Publish this record; put the server that takes its mail in the place of the last name.",
        [record],
    )


def _target(look: Look, about: About, target: str, own: Sequence[Address], here: str) -> Finding:
    if _is_address(target):
        return about.wrong(
            f"The MX names the address {target}, and must name a host.",
            "Publish an MX with the name of a host, and an A record for that name.",
        )
    if look(target, "CNAME").values:
        return about.warning(
            f"The MX names {target}, which is only another name (CNAME); some servers refuse that.",
            "Name the host itself in the MX.",
        )
    found, why = addresses(look, target)
    if why:
        return unknown(about, why)
    if not found:
        return about.wrong(
            f"The MX names {target}, which has no address.",
            f"Publish an A record for {target}, or name another host in the MX.",
        )
    where = f", {here}" if set(found) & set(own) else ""
    shown = ", ".join(map(str, found))
    return about.ok(f"Mail for {about.subject} goes to {target} ({shown}{where}).")


def unknown(about: About, why: str) -> Finding:
    """Nobody could be asked."""
    return about.wrong(
        f"The DNS does not tell about {about.subject}: {why.rstrip('.?')}.",
        "Mend the way to a DNS server, then run the doctor again.",
    )


def _ranked(value: str) -> tuple[int, str]:
    rank, _, host = value.partition(" ")
    return (int(rank) if rank.isdecimal() else 0), host.rstrip(".").lower() or NULL


def _is_address(host: str) -> bool:
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True
