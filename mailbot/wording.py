"""Turns a template's name and facts into words: a mail's subject and two parts, or a web page.

Templates hold every sentence, in `<lang>/mail/<name>/` and `<lang>/web/`; a court's own in
`courts/<court>/<lang>/` win. Facts are cleaned first, so that no text of a court or a sender can
forge a line, a link or a header (reliability.md 2.7). A fact that is missing is an error.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_datetime, get_timezone_name
from babel.numbers import format_decimal
from jinja2 import (
    FileSystemLoader,
    StrictUndefined,
    TemplateError,
    TemplateSyntaxError,
    pass_context,
)
from jinja2.runtime import Context
from jinja2.sandbox import SandboxedEnvironment
from markupsafe import Markup, escape

from mailbot import plain
from mailbot.colours import deep
from mailbot.config import Settings
from mailbot.errors import PermanentError
from mailbot.model import Facts, Rendered
from mailbot.settings.folders import FOLDER_NAME, LANGUAGE, OF_ROUTES, SHIPPED
from mailbot.voice import Voice

FALLBACK = "en"
SUBJECT_CHARACTERS = 200  # RFC 3834 asks for a bounded subject; reliability.md, statement 35
MOMENT = "M/d/yy h:mm a"  # S76: 11/16/15 9:21 AM

# What a template can do wrong: in itself, or with the facts that it is given.
_BROKEN = (
    TemplateError,
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)
LONG_WORD, PIECE = (
    25,
    12,
)  # characters: a longer word may break in a narrow column, into such pieces


class WordingError(PermanentError):
    """This template cannot be used."""


class Wording:
    """All templates of one instance; may be used from any thread.

    Args:
        templates: a folder laid out like the shipped one, looked into before it.
    """

    def __init__(self, templates: Path | None = None) -> None:
        self._folders = [folder for folder in (templates, SHIPPED) if folder is not None]
        self._environments: dict[tuple[str, str, str], SandboxedEnvironment] = {}

    def mail(
        self, name: str, language: str, court_id: str, facts: Facts, route: str = ""
    ) -> Rendered:
        """A mail in words.

        Args:
            route: the name of a route's template folder, looked into before the court's.

        Raises:
            WordingError: no such template, or a fact that it names is missing.
        """
        own = (language, court_id, route)
        heading = self._render(f"mail/{name}/subject.txt", own, plain.prepare(facts, "all"))
        subject = {"subject": short(plain.clean_line(heading), SUBJECT_CHARACTERS)}
        body_facts = plain.prepare(facts, "text") | subject
        body = self._render(f"mail/{name}/body.txt", own, body_facts)
        page_facts = plain.prepare(facts, "none") | subject
        page = self._render(f"mail/{name}/body.html", own, page_facts)
        return Rendered(subject["subject"], _tidy_text(body), _tidy_html(page))

    def page(self, name: str, language: str, court_id: str, facts: Facts) -> str:
        """A web page as HTML.

        Raises:
            WordingError: no such template, or a fact that it names is missing.
        """
        own = (language, court_id, "")
        page = self._render(f"web/{name}.html", own, plain.prepare(facts, "none"))
        return _tidy_html(page)

    def spoken(self, language: str) -> str:
        """The language itself if there are templates in it, else English."""
        known = LANGUAGE.fullmatch(language) is not None
        known = known and any((folder / language).is_dir() for folder in self._folders)
        return language if known else FALLBACK

    def _render(self, path: str, own: tuple[str, str, str], facts: dict[str, Any]) -> str:
        try:
            return self._environment(*own).get_template(path).render(facts)
        except TemplateSyntaxError as error:
            where = f"{error.filename or path}:{error.lineno}"
            raise WordingError(f"{where}: {error.message}") from error
        except _BROKEN as error:
            raise WordingError(f"{path}: {error}") from error

    def _environment(self, language: str, court_id: str, route: str) -> SandboxedEnvironment:
        court, folder = (each if FOLDER_NAME.fullmatch(each) else "" for each in (court_id, route))
        spoken = self.spoken(language)
        known = self._environments.get((spoken, court, folder))
        if known is None:
            known = _environment(self._paths(spoken, court, folder), spoken)
            self._environments[spoken, court, folder] = known
        return known

    def _paths(self, language: str, court: str, route: str) -> list[Path]:
        paths: list[Path] = []
        for each in dict.fromkeys([language, FALLBACK]):
            paths += [folder / OF_ROUTES / route / each for folder in self._folders if route]
            paths += [folder / "courts" / court / each for folder in self._folders if court]
            paths += [folder / each for folder in self._folders]
        return paths


def frame(
    settings: Settings,
    court_id: str,
    now: datetime,
    language: str = FALLBACK,
    voice: Voice | None = None,
) -> Facts:
    """The facts that every mail and page of a court needs.

    Args:
        settings: of the instance.
        court_id: a key of `settings.court`.
        now: decides which banner is up.
        language: of the reader; an unknown one is read as English.
        voice: as whom a mail speaks; the court's own by default.
    """
    court, voice = settings.court[court_id], settings.still(voice, court_id)
    spoken = language if LANGUAGE.fullmatch(language) else FALLBACK
    desk = court.help_desk
    return {
        "profile": court.profile,
        "language": spoken,
        "banner": court.banner_at(now),
        "court": {
            "id": court_id,
            "name": court.name,
            "system_name": court.system_name,
            "service": court.service,
            "site": court.site,
            "record": court.record,
            "home_url": court.home_url,
            "colour": court.colour,
            "time_zone": court.time_zone,
            "zone_name": zone_name(court.time_zone, spoken),
        },
        "help_desk": {
            "name": desk.name,
            "email": desk.email,
            "phone": desk.phone,
            "hours": desk.hours,
        },
        "bot": {
            "address": voice.address,
            "display": voice.display,
            "help_mailto": f"mailto:{quote(voice.address, safe='@+-._~')}?subject=HELP",
            "report_mailto": f"mailto:{quote(voice.address, safe='@+-._~')}?subject=REPORT",
        },
    }


def zone_name(time_zone: str, language: str) -> str:
    """The name people use for a zone all year: "Central Time"."""
    if time_zone.endswith("UTC"):
        return "UTC"
    zone = ZoneInfo(time_zone)
    return get_timezone_name(zone, width="long", zone_variant="generic", locale=_locale(language))


# --- Filters ----------------------------------------------------------------------------------


def _environment(paths: Sequence[Path], language: str) -> SandboxedEnvironment:
    environment = SandboxedEnvironment(
        loader=FileSystemLoader(paths),
        undefined=StrictUndefined,
        autoescape=lambda name: name is not None and name.endswith(".html"),
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.globals |= {"language": language, "locale": _locale(language)}
    environment.filters.update(_FILTERS)
    return environment


@pass_context
def _when(context: Context, moment: datetime | None) -> str:
    if moment is None:
        return ""
    return format_datetime(_local(context, moment), MOMENT, locale=context["locale"])


@pass_context
def _day(context: Context, moment: date | None) -> str:
    if moment is None:
        return ""
    local = _local(context, moment) if isinstance(moment, datetime) else moment
    return format_date(local, "long", locale=context["locale"])


@pass_context
def _number(context: Context, count: int) -> str:
    return format_decimal(count, locale=context["locale"])


def _local(context: Context, moment: datetime) -> datetime:
    return moment.astimezone(ZoneInfo(context["frame"]["court"]["time_zone"]))


def _locale(language: str) -> Locale:
    try:
        return Locale.parse("en_US" if language == FALLBACK else language)
    except (UnknownLocaleError, ValueError):
        return Locale.parse("en_US")


def short(text: str, limit: int) -> str:
    """A text of at most `limit` characters, with an ellipsis where it was cut."""
    return text if len(text) <= limit else f"{plain.cut(text, limit - 1)[0].rstrip()}\u2026"


def _breaks(text: str) -> Markup:
    """Lines of a text in HTML."""
    return Markup("<br>\n").join(_breakable(line) for line in text.strip("\n").split("\n"))


def _slashes(text: str) -> Markup:
    """A label of the court's, which may break behind a slash: Continued/Rescheduled."""
    return Markup("/<wbr>").join(_breakable(part) for part in text.split("/"))


def _breakable(line: str) -> Markup:
    """A line whose longest words may break; a table cell would grow to their width else."""
    words = line.split(" ")
    return Markup(" ").join(Markup("<wbr>").join(map(escape, _pieces(word))) for word in words)


def _pieces(word: str) -> Iterator[str]:
    while len(word) > LONG_WORD:
        piece, _ = plain.cut(word, PIECE)
        yield piece
        word = word[len(piece) :]
    yield word


_FILTERS: dict[str, Callable[..., Any]] = {
    "when": _when,
    "day": _day,
    "number": _number,
    "wrap": plain.wrap,
    "para": lambda text: plain.wrap(text) + "\n",  # for blocks, whose line end Jinja takes
    "mark": plain.mark,
    "short": short,
    "breaks": _breaks,
    "slashes": _slashes,
    "deep": deep,
}


def _tidy_text(text: str) -> str:
    lines = "\n".join(line.rstrip() for line in text.strip().split("\n"))
    return re.sub(r"\n{3,}", "\n\n", lines) + "\n"


def _tidy_html(text: str) -> str:
    return "\n".join(line.strip() for line in text.split("\n") if line.strip()) + "\n"
