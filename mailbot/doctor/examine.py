"""Runs the checks side by side, and gives what they found in one order."""

from __future__ import annotations

from collections.abc import Callable, Collection
from concurrent.futures import Future, ThreadPoolExecutor
from urllib.parse import urlsplit

from mailbot.doctor.findings import About, Finding
from mailbot.doctor.loop.journey import Journey
from mailbot.doctor.names.hosts import ptr, web
from mailbot.doctor.names.mail_exchangers import exchangers, mx
from mailbot.doctor.names.policies import dmarc
from mailbot.doctor.names.selectors import dkim, no_selector
from mailbot.doctor.names.senders import provider_of, spf
from mailbot.doctor.servers import accounts, certificates, clocks, courts, doors, smarthost
from mailbot.doctor.surroundings import Surroundings, domain_of
from mailbot.maillog import cause

DNS = ("mx", "spf", "dkim", "dmarc", "ptr", "web")
CHECKS = (*DNS, "ports", "tls", "imap", "smtp", "clock", "courts", "loop")
_THREADS = 6

Check = Callable[[], list[Finding]]


def examine(
    around: Surroundings,
    names: Collection[str],
    handle: str,
    travel: Callable[[], Journey] | None,
) -> list[Finding]:
    """Everything that the named checks find.

    Args:
        names: of CHECKS.
        handle: 26 characters as of a mail that never was.
        travel: sends the mail to itself; None if it stays at home.
    """
    checks: dict[str, Check] = {
        "mx": lambda: _mx(around),
        "spf": lambda: _spf(around),
        "dmarc": lambda: _dmarc(around),
        "ptr": lambda: _ptr(around),
        "web": lambda: _web(around),
        "ports": lambda: [*doors.listeners(around), *doors.mail_servers(around, handle)],
        "tls": lambda: _tls(around),
        "imap": lambda: accounts.accounts(around),
        "smtp": lambda: smarthost.login(around, handle),
        "clock": lambda: clocks.clock(around),
        "courts": lambda: courts.courts(around),
    }
    with ThreadPoolExecutor(_THREADS, "doctor") as threads:
        journey: Future[Journey] | None = None
        if travel is not None and "loop" in names:
            journey = threads.submit(travel)
        running = {name: threads.submit(checks[name]) for name in checks if name in names}
        came = _came(journey)
        if "dkim" in names:  # it knows the selectors of the mail that came
            running["dkim"] = threads.submit(_dkim, around, came)
        found = {name: _found(name, one) for name, one in running.items()}
    found["loop"] = came.findings
    return [finding for name in CHECKS for finding in found.get(name, [])]


def _came(journey: Future[Journey] | None) -> Journey:
    if journey is None:
        return Journey()
    error = journey.exception()
    return journey.result() if error is None else Journey([_broken("loop", error)])


def _found(name: str, check: Future[list[Finding]]) -> list[Finding]:
    """What a check found; a fault of our own in one hides none of the others."""
    error = check.exception()
    return check.result() if error is None else [_broken(name, error)]


def _broken(name: str, error: BaseException) -> Finding:
    what = cause(error) if isinstance(error, Exception) else type(error).__name__
    return About(name, "the doctor itself").wrong(
        f"This check failed by a fault of mailbot's own ({what}).",
        "Tell whoever looks after mailbot; what the other checks say holds.",
    )


def _mx(around: Surroundings) -> list[Finding]:
    return [
        finding
        for domain in around.mail_domains
        for finding in mx(around.look, domain, around.mail_host, around.own, "this machine")
    ]


def _spf(around: Surroundings) -> list[Finding]:
    return [
        finding
        for domain in around.from_domains
        for finding in spf(around.look, domain, around.host, around.sending)
    ]


def _dkim(around: Surroundings, came: Journey) -> list[Finding]:
    """The selectors of the configuration, and those that have signed our mail."""
    named = around.settings.smarthost.dkim_selectors
    pairs = [(domain, selector) for domain in around.from_domains for selector in named]
    pairs = list(dict.fromkeys([*pairs, *came.selectors]))
    if not pairs:  # a mail that came without a signature is said by loop
        return [] if came.came else [no_selector(domain) for domain in around.from_domains]
    return [
        finding for domain, selector in pairs for finding in dkim(around.look, domain, selector)
    ]


def _dmarc(around: Surroundings) -> list[Finding]:
    operator = around.settings.bot.operator
    return [
        finding
        for domain in around.from_domains
        for finding in dmarc(around.look, domain, operator or f"postmaster@{domain}")
    ]


def _ptr(around: Surroundings) -> list[Finding]:
    if around.sending:
        return [ptr(around.look, address, around.mail_host) for address in around.sending]
    about = About("ptr", around.host or "smarthost")
    if provider_of(around.host):
        return [about.ok(f"The names of {around.host}'s addresses are its provider's care.")]
    return [
        about.warning(
            "From which address mail leaves to the world is not known here.",
            'Name it in [smarthost]: sends_from = ["203.0.113.5"]',
        )
    ]


def _web(around: Surroundings) -> list[Finding]:
    return [web(around.look, around.web_host, around.own)]


def _tls(around: Surroundings) -> list[Finding]:
    found: list[Finding] = []
    for mailbox in around.settings.mailbox:
        if mailbox.tls_certificate is not None:
            names = [around.settings.bot.instance]
            names += exchangers(around.look, domain_of(mailbox.address))
            about = About("tls", f'mailbox "{mailbox.name}"')
            found += certificates.of_files(
                about, mailbox.tls_certificate, mailbox.tls_key, names, around.now()
            )
    found += [*smarthost.certificate(around), *accounts.certificates(around)]
    url = urlsplit(around.settings.web.base_url)
    if url.scheme == "https" and url.hostname:
        server = certificates.Server(url.hostname, url.port or 443, "tls")
        about, seconds = About("tls", f"web {url.hostname}"), around.patience.answer
        found.append(certificates.of_server(about, server, around.context(), around.now(), seconds))
    return found
