"""Judges the names of addresses (PTR and its way back, RFC 1912 2.1), and the host of the pages."""

from __future__ import annotations

from collections.abc import Sequence

from mailbot.doctor.findings import About, Finding, Record
from mailbot.doctor.names.mail_exchangers import unknown
from mailbot.doctor.names.resolver import Address, Look, addresses


def ptr(look: Look, address: Address, wanted: str) -> Finding:
    """What there is to say of the name of an address from which mail leaves.

    Args:
        wanted: the host to name where there is no PTR.
    """
    name = address.reverse_pointer
    about, answer = About("ptr", str(address)), look(name, "PTR")
    record = Record(name, "PTR", f"{wanted}.")
    if answer.failed:
        return unknown(about, answer.why)
    if not answer.values:
        return about.wrong(
            f"{address}, from where our mail leaves, has no name (PTR); many servers refuse its "
            "mail.",
            "Have whoever gave you the address publish this record.",
            [record],
        )
    for host in answer.values:
        if address in addresses(look, host)[0]:
            return about.ok(f"{address} is called {host}, and {host} leads back to it.")
    host = answer.values[0]
    return about.wrong(
        f"{address} is called {host}, but {host} does not lead back to it.",
        "Publish this record, or have the PTR name a host that has the address.",
        [Record(host, "A" if address.version == 4 else "AAAA", str(address))],
    )


def web(look: Look, host: str, own: Sequence[Address]) -> Finding:
    """Whether the host of the links in our mails has an address."""
    about = About("web", host)
    found, why = addresses(look, host)
    if found:
        shown = ", ".join(map(str, found))
        return about.ok(f"Links lead to {host} ({shown}).")
    if why:
        return unknown(about, why)
    public = next((one for one in own if one.is_global), None)
    value = str(public) if public else "<the address of your web server>"
    kind = "AAAA" if public is not None and public.version == 6 else "A"
    return about.wrong(
        f"{host}, to which every link in our mails leads (base_url in [web]), has no address.",
        "Publish this record.",
        [Record(host, kind, value)],
    )
