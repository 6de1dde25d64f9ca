"""Logs in at the smarthost as mailbot does, up to MAIL FROM, and sends nothing."""

from __future__ import annotations

import base64
import smtplib
import ssl

from mailbot.doctor.findings import About, Finding
from mailbot.doctor.servers.certificates import Server, cause, of_server
from mailbot.doctor.surroundings import Surroundings

_REPLY = 200  # characters of a server's reply that are shown
_BASIC_AUTH_OFF = "5.7.139"  # Microsoft 365


def certificate(around: Surroundings) -> list[Finding]:
    """What there is to say of the smarthost's certificate."""
    settings = around.settings.smarthost
    if not settings.host or settings.tls == "none":
        return []
    way = "tls" if settings.tls == "tls" else "smtp"
    server = Server(settings.host, settings.port, "tls" if way == "tls" else "smtp")
    about = About("tls", f"smarthost {settings.host}:{settings.port}")
    return [of_server(about, server, around.context(), around.now(), around.patience.answer)]


def login(around: Surroundings, handle: str) -> list[Finding]:
    """Whether the smarthost lets us in and takes our senders.

    Args:
        handle: 26 characters as of a mail that never was.
    """
    settings = around.settings.smarthost
    if not settings.host:
        return [
            About("smtp", "smarthost").warning(
                "Mail goes into a Maildir (a trial): nobody gets any.",
                "Name a mail server in [smarthost] when you begin in earnest.",
            )
        ]
    about = About("smtp", f"{settings.host}:{settings.port}")
    try:
        with _connected(around) as server:
            return [_inside(around, server, about, handle)]
    except ssl.SSLError as error:
        return [
            about.wrong(
                f"TLS with the smarthost fails ({error.reason or 'no TLS'}), so mailbot sends "
                "nothing.",
                "Check port and tls in [smarthost]; the lines on tls say more.",
            )
        ]
    except smtplib.SMTPServerDisconnected as error:
        return [
            about.wrong(
                f"The smarthost takes the connection and then says nothing ({cause(error)}).",
                "See its log; is it a mail server, and does it let this machine in?",
            )
        ]
    except smtplib.SMTPException as error:
        return [_broken(about, error)]
    except OSError as error:
        return [
            about.wrong(
                f"The smarthost does not answer ({cause(error)}).",
                "Check host and port in [smarthost], and any firewall between.",
            )
        ]


def _connected(around: Surroundings) -> smtplib.SMTP:
    settings, seconds = around.settings.smarthost, around.patience.answer
    where = (settings.host or "", settings.port, around.settings.bot.instance)
    if settings.tls == "tls":
        return smtplib.SMTP_SSL(*where, timeout=seconds, context=around.context())
    server = smtplib.SMTP(*where, timeout=seconds)
    if settings.tls == "starttls":
        try:
            server.starttls(context=around.context())
        except OSError:
            server.close()
            raise
    return server


def _inside(around: Surroundings, server: smtplib.SMTP, about: About, handle: str) -> Finding:
    settings = around.settings.smarthost
    how = {"tls": "by TLS", "starttls": "by STARTTLS", "none": "without TLS"}[settings.tls]
    server.ehlo_or_helo_if_needed()
    if settings.username is not None:
        password = settings.password.get_secret_value() if settings.password else ""
        _log_in(server, settings.username, password)
        how += f", logged in as {settings.username}"
    for mailbox in around.settings.mailbox:
        code, reply = server.mail(mailbox.tagged(f"b-{handle}"))
        server.rset()
        if code == 530:
            return about.wrong(
                "The smarthost wants a login.", "Add username and password to [smarthost]."
            )
        if code // 100 != 2:
            return about.wrong(
                f"The smarthost does not let us send as {mailbox.address} with a tag: "
                f"{_shown(code, reply)}",
                "Allow this login to send as that address and everything behind its separator.",
            )
    return about.ok(f"The smarthost lets us in ({how}) and takes our senders.")


def _log_in(server: smtplib.SMTP, username: str, password: str) -> None:
    """By PLAIN or LOGIN in UTF-8, as mailbot's sender does; smtplib's own knows only ASCII."""
    offered = server.esmtp_features.get("auth", "").upper().split()
    if "PLAIN" in offered:
        code, reply = server.docmd("AUTH", "PLAIN " + _coded(f"\0{username}\0{password}"))
    elif "LOGIN" in offered:
        code, reply = server.docmd("AUTH", f"LOGIN {_coded(username)}")
        if code == 334:
            code, reply = server.docmd(_coded(password))
    else:
        raise smtplib.SMTPNotSupportedError("a login by password (AUTH PLAIN or LOGIN).")
    if code != 235:
        raise smtplib.SMTPAuthenticationError(code, reply)


def _coded(text: str) -> str:
    return base64.b64encode(text.encode()).decode("ascii")


def _broken(about: About, error: smtplib.SMTPException) -> Finding:
    if isinstance(error, smtplib.SMTPAuthenticationError):
        said = _shown(error.smtp_code, error.smtp_error)
        todo = "Check username and password in [smarthost]."
        if _BASIC_AUTH_OFF in said:
            todo = (
                "Switch SMTP AUTH on for this mailbox in Exchange Online (Set-CASMailbox "
                "-SmtpClientAuthenticationDisabled $false), or send by another server."
            )
        return about.wrong(f"The smarthost refuses the login: {said}", todo)
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return about.wrong(
            f"The smarthost does not offer what the configuration wants: {error}",
            "Check port, tls and username in [smarthost].",
        )
    if isinstance(error, smtplib.SMTPResponseException):
        return about.wrong(
            f"The smarthost does not let us in: {_shown(error.smtp_code, error.smtp_error)}",
            "Ask whoever runs it, with this reply.",
        )
    return about.wrong(
        f"The smarthost does not speak SMTP as it should ({type(error).__name__}).",
        "See its log; is it a mail server?",
    )


def _shown(code: int, reply: bytes | str) -> str:
    """A reply as one printable line."""
    text = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
    return " ".join(f"{code} {text}".split()).encode("ascii", "replace").decode()[:_REPLY]
