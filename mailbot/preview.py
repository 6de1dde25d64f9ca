"""Renders every mail and page with sample facts into a folder, to be looked at; no network."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from html import escape
from pathlib import Path
from urllib.parse import quote

from mailbot.config import Settings
from mailbot.errors import ConfigError
from mailbot.model import Claimed, Facts
from mailbot.outbound.compose import compose
from mailbot.plain import COLUMNS
from mailbot.samples.mails import samples
from mailbot.tokens import Key, Signer
from mailbot.web import samples as pages
from mailbot.web.pages import sheet
from mailbot.web.samples import template_of
from mailbot.wording import Wording, WordingError, frame

PROFILES = ("default", "seed")
FORMS = {".html": "HTML", ".txt": "text", ".eml": "source"}
RULE = "-" * COLUMNS
INDEX = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Preview</title>
<style>
body { margin: 1rem; overflow-wrap: anywhere; font: 1rem/2 system-ui, sans-serif; }
ul { padding: 0; list-style: none; }
a { padding: .25rem; }
</style>
</head>
<body>
<h1>Preview</h1>
{lines}
</body>
</html>
"""


def render_all(out: Path, settings: Settings, now: datetime) -> list[Path]:
    """Write every mail as .eml, .txt and .html and every page as .html, for each court.

    Args:
        out: a folder, made if it is missing: <court>/<profile>/mail/... and .../web/...
        settings: names, colours and templates of the courts.
        now: decides which banner is up.

    Raises:
        WordingError: a template is broken.
    """
    wording = Wording(settings.bot.templates)
    written: list[Path] = []
    for court_id in settings.court:
        for profile in PROFILES:
            told = _with_profile(settings, court_id, profile)
            folder = out / court_id / profile
            written += _mails(folder / "mail", told, wording, court_id, now)
            written += _pages(folder / "web", told, wording, court_id, now)
    return [*written, _index(out, written)]


def prove(settings: Settings, wording: Wording, now: datetime) -> None:
    """Render every mail and page once with sample facts, so that no template fails in service.

    Args:
        wording: has read all its templates afterwards, and looks at no file again.

    Raises:
        ConfigError: its args are all that is wrong, one line a mail or page.
    """
    wrong: list[str] = []
    for court_id, court in settings.court.items():
        framed = {"frame": _frame(settings, court_id, now)}
        for language, folder in _spoken_at(settings, court_id):
            for name, facts in samples().items():
                try:
                    told = {**facts, **framed}
                    wording.mail(template_of(name), language, court_id, told, folder)
                except WordingError as error:
                    wrong.append(str(error))
        for name, facts in pages.samples().items():
            try:
                wording.page(template_of(name), court.language, court_id, {**facts, **framed})
            except WordingError as error:
                wrong.append(str(error))
    if wrong:
        raise ConfigError(*dict.fromkeys(wrong))


def _spoken_at(settings: Settings, court_id: str) -> Sequence[tuple[str, str]]:
    """Every language and template folder in which a court may answer."""
    own = settings.court[court_id].language
    routes = [route for route in settings.route if route.court == court_id]
    told = [(own, ""), *((route.language or own, route.templates or "") for route in routes)]
    return list(dict.fromkeys(told))


def _frame(settings: Settings, court_id: str, now: datetime) -> Facts:
    """The frame of a court with its first banner, whether or not that one is up today."""
    court = settings.court[court_id]
    told = frame(settings, court_id, now, court.language)
    return {**told, "banner": court.banner[0].text} if court.banner else told


def _index(out: Path, written: Sequence[Path]) -> Path:
    """A page with a line for each mail and page, and links to all that is written of it."""
    folders: dict[str, dict[str, list[str]]] = {}
    for path in written:
        name = path.relative_to(out)
        if label := FORMS.get(name.suffix):
            link = f'<a href="{escape(quote(name.as_posix()))}">{label}</a>'
            folder = folders.setdefault(name.parent.as_posix(), {})
            folder.setdefault(name.stem, []).append(link)
    lines: list[str] = []
    for title, folder in folders.items():
        told = [f"<li>{escape(name)}: {' '.join(links)}</li>" for name, links in folder.items()]
        lines += [f"<h2>{escape(title)}</h2>", "<ul>", *told, "</ul>"]
    path = out / "index.html"
    path.write_text(INDEX.replace("{lines}", "\n".join(lines)), encoding="utf-8")
    return path


def _mails(
    folder: Path, settings: Settings, wording: Wording, court_id: str, now: datetime
) -> Iterable[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    signer = Signer([Key("preview", hashlib.sha256(b"preview").digest())])
    framed = {"frame": _frame(settings, court_id, now)}
    for number, (name, facts) in enumerate(samples().items(), start=1):
        row = sample_row(number, name, court_id, now)
        mail = compose(row, {**facts, **framed}, wording, signer, settings)
        words = wording.mail(row.template, row.language, court_id, {**facts, **framed})
        for ending, content in (
            (".html", words.html.encode()),
            (".txt", f"Subject: {words.subject}\n{RULE}\n\n{words.text}".encode()),
            (".eml", mail.content),
        ):
            path = folder / f"{name}{ending}"
            path.write_bytes(content)
            yield path


def _pages(
    folder: Path, settings: Settings, wording: Wording, court_id: str, now: datetime
) -> Iterable[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    language = settings.court[court_id].language
    style = folder / "style.css"
    style.write_text(sheet(settings.court[court_id].colour), encoding="utf-8")
    yield style
    framed = {"frame": _frame(settings, court_id, now)}
    for name, facts in pages.samples().items():
        path = folder / f"{name}.html"
        page = wording.page(template_of(name), language, court_id, {**facts, **framed})
        path.write_text(page, encoding="utf-8")
        yield path


def sample_row(number: int, name: str, court_id: str, now: datetime) -> Claimed:
    """An outbox row for a sample: answers answer a mail, the others belong to a subscription."""
    template = template_of(name)
    unasked = template in ("notice", "farewell")
    return Claimed(
        id=number,
        template=template,
        court=court_id,
        address="pat@reader.example",
        language="en",
        facts={},
        created_at=now,
        tries=0,
        lease_until=now + timedelta(minutes=5),
        key_id="preview",
        address_id=1,
        subscription_id=7 if unasked else None,
        in_reply_to=None if unasked else "<question@reader.example>",
    )


def _with_profile(settings: Settings, court_id: str, profile: str) -> Settings:
    court = settings.court[court_id].model_copy(update={"profile": profile})
    return settings.model_copy(update={"court": {**settings.court, court_id: court}})
