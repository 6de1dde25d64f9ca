"""Mails as people answer them: a command on top of a reply body, quoted as each program does it."""

from __future__ import annotations

import html
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP

from tests.fixtures_folder import replies

Command = tuple[str, tuple[str, ...]]
COMMANDS: dict[str, Command] = {
    "STOP": ("STOP", ()),
    "TRACK 15AB-CR00015": ("TRACK", ("15AB-CR00015",)),
    "stop 15ab-cr00015": ("STOP", ("15AB-CR00015",)),
    "REPORT": ("REPORT", ()),
    "Help": ("HELP", ()),
}
ATTRIBUTIONS = (  # Gmail, Apple Mail, Thunderbird, Yahoo, Outlook for phones, K-9, mutt, QQ, Naver
    "On Tue, Mar 3, 2026 at 9:00 AM Court <track@court.example> wrote:",
    "On Tue, Mar 3, 2026 at 9:00 AM Missouri Courts Case.net System\n<track@court.example> wrote:",
    "On 3 Mar 2026, at 09:00, Court <track@court.example> wrote:",
    "On 3/3/26 09:00, Court wrote:",
    "On Tuesday, March 3, 2026 at 09:00:00 AM CST, Court <track@court.example> wrote:",
    "Am Di., 3. März 2026 um 09:00 Uhr schrieb Court <track@court.example>:",
    "Am 03.03.2026 um 09:00 schrieb Court:",
    "Court <track@court.example> schrieb am Di., 3. März 2026, 09:00:",
    "Le mar. 3 mars 2026 à 09:00, Court <track@court.example> a écrit :",
    "El mar, 3 mar 2026 a las 9:00, Court (<track@court.example>) escribió:",
    "Il giorno mar 3 mar 2026 alle ore 09:00 Court <track@court.example> ha scritto:",
    "Em ter., 3 de mar. de 2026 às 09:00, Court <track@court.example> escreveu:",
    "Op di 3 mrt 2026 om 09:00 schreef Court <track@court.example>:",
    "Den tis 3 mars 2026 kl 09:00 skrev Court <track@court.example>:",
    "tir. 3. mar. 2026 kl. 09.00 skrev Court <track@court.example>:",
    "ti 3. maalisk. 2026 klo 9.00 Court (track@court.example) kirjoitti:",
    "wt., 3 mar 2026 o 09:00 Court <track@court.example> napisał(a):",
    "út 3. 3. 2026 v 9:00 odesílatel Court <track@court.example> napsal:",
    "Court <track@court.example> ezt írta (időpont: 2026. márc. 3., K, 9:00):",
    "mar., 3 mar. 2026 la 09:00, Court <track@court.example> a scris:",
    "вт, 3 мар. 2026 г. в 09:00, Court <track@court.example>:",
    "03.03.2026, 09:00, Court <track@court.example> пишет:",
    "Στις Τρί 3 Μαρ 2026 στις 9:00 π.μ., ο/η Court <track@court.example> έγραψε:",
    "Court <track@court.example>, 3 Mar 2026 Sal, 09:00 tarihinde şunu yazdı:",
    "Vào Th 3, 3 thg 3, 2026 vào lúc 09:00 Court <track@court.example> đã viết:",
    "2026年3月3日(火) 9:00 Court <track@court.example>:",
    "Court <track@court.example> 于2026年3月3日周二 09:00写道：",
    "2026년 3월 3일 (화) 오전 9:00, Court <track@court.example>님이 작성:",
    "بتاريخ الثلاثاء، 3 مارس 2026 في 9:00 ص كتب Court <track@court.example>:",
    "בתאריך יום ג׳, 3 במרץ 2026 ב-9:00 מאת Court <track@court.example>:",
    "* Court <track@court.example> [2026-03-03 09:00]:",
    "Quoting Court <track@court.example>:",
    "---- On Tue, 03 Mar 2026 09:00:00 -0600 Court <track@court.example> wrote ----",
    "-----Original Message-----\nFrom: Court <track@court.example>\nSent: Tuesday, March 3, 2026\n"
    "To: Ann\nSubject: Tracking",
    "________________________________\nVon: Court <track@court.example>\n"
    "Gesendet: Dienstag, 3. März 2026 09:00\nAn: Ann\nBetreff: Tracking",
    "------------------ Original ------------------\nFrom: \"Court\"<track@court.example>;\n"
    "Date: Tue, Mar 3, 2026 09:00 AM\nTo: \"Ann\"<ann@people.example>;\nSubject: Tracking",
    "At 2026-03-03 09:00:00, \"Court\" <track@court.example> wrote:",
)  # fmt: skip


@dataclass(frozen=True)
class Answered:
    """A mail with a command on top of what it quotes."""

    name: str
    raw: bytes
    expected: Command


def on_top() -> Iterator[Answered]:
    """Every reply body with every command above it: as it is, as HTML, and quoted by a program."""
    count = 0
    for name, text, record in replies():
        is_html = record["body_type"] == "text/html"
        for line, expected in COMMANDS.items():
            attribution = ATTRIBUTIONS[count % len(ATTRIBUTIONS)]
            count += 1
            if is_html:
                yield Answered(
                    f"{name}: {line}", _mail(f"<div>{line}</div><br>{text}", True), expected
                )
                quoted = f"<blockquote>{_as_html('STOP ALL')}{text}</blockquote>"
                page = f"<p>{line}</p><div>{_as_html(attribution)}</div>{quoted}"
            else:
                yield Answered(f"{name}: {line}", _mail(f"{line}\n\n{text}"), expected)
                quoted = "".join(f"> {each}\n" for each in ("STOP ALL", *text.split("\n")))
                plain = f"{line}\n\n{attribution}\n\n{quoted}"
                yield Answered(f"{name}: {line}: {attribution}", _mail(plain), expected)
                page = f"<div>{line}</div><div><br></div>{_as_html(text)}"
            yield Answered(f"{name}: {line}, HTML", _mail(page, True), expected)


def below_an_attribution() -> Iterator[Answered]:
    """A command above each attribution, and others below it without any mark of quotation."""
    for attribution in ATTRIBUTIONS:
        for line, expected in COMMANDS.items():
            rest = f"{attribution}\n\nSTOP ALL\n\nTRACK 15AB-DR00010\nHELP\n"
            yield Answered(f"{line}: {attribution}", _mail(f"{line}\n\n{rest}"), expected)
            page = f"<div>{line}</div><br>{_as_html(rest)}"
            yield Answered(f"{line}: {attribution}, HTML", _mail(page, True), expected)


def inside() -> Iterator[tuple[str, bytes]]:
    """Every plain reply body with a command after each quoted line, marked as its neighbours."""
    for name, text, record in replies():
        if record["body_type"] != "text/html":
            lines = [each for line in text.split("\n") for each in _with_command(line)]
            yield name, _mail("\n".join(lines))


def _with_command(line: str) -> tuple[str, ...]:
    return (line, "> STOP ALL", "> TRACK 15AB-CR00015") if line.startswith(">") else (line,)


def _as_html(text: str) -> str:
    return "<br>\n".join(html.escape(line) for line in text.split("\n"))


def _mail(text: str, is_html: bool = False) -> bytes:
    message = EmailMessage(policy=SMTP)
    message["From"] = "Ann <ann@people.example>"
    message["To"] = "track@court.example"
    message["Subject"] = "Re: Tracking"
    message["Message-ID"] = "<1@people.example>"
    message.set_content(text, subtype="html" if is_html else "plain", cte="base64")
    return message.as_bytes()
