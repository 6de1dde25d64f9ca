"""Holds the whole of config.toml: the bot itself, its mailboxes and routes, limits and doors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationInfo,
    model_validator,
)

from mailbot.errors import ConfigError
from mailbot.model import address_key
from mailbot.settings.court import Court, Part
from mailbot.settings.fields import (
    Address,
    Domain,
    Host,
    Line,
    Listen,
    Origin,
    Whole,
    host_and_port,
    wrong,
)
from mailbot.settings.mailboxes import COMMANDS, Mailbox, Route
from mailbot.settings.outward import Ip, Selector
from mailbot.settings.patterns import COURT, Spec, spec_for, spec_of
from mailbot.settings.secrets import (
    FORMS,
    Beside,
    Password,
    Places,
    beside_config,
    is_missing,
    read_form,
    weakness,
)
from mailbot.settings.trust import Trust
from mailbot.settings.urls import read_url
from mailbot.tokens import Key
from mailbot.voice import Voice


def _existing_folder(path: Path, info: ValidationInfo) -> Path:
    folder = beside_config(path, info)
    try:
        found = folder.is_dir()
    except OSError:
        found = False
    if not found:
        raise wrong("is not a folder; create it, or leave the option out for mailbot's own texts.")
    return folder


def _url(given: object, info: ValidationInfo) -> SecretStr:
    return read_url(given, info.context)


Folder = Annotated[Path, AfterValidator(_existing_folder)]
DatabaseUrl = Annotated[SecretStr, BeforeValidator(_url)]


class SigningKey(Part):
    """A secret that signs links; `value` is None while its file waits for the first start."""

    id: Line = Field(examples=['"2026"'])
    value: SecretStr | None = None
    file: Beside | None = None

    @model_validator(mode="before")
    @classmethod
    def _read(cls, given: Any, info: ValidationInfo) -> Any:
        if not isinstance(given, dict) or isinstance(given.get("value"), SecretStr):
            return given
        places = info.context or Places()
        rest = {name: value for name, value in given.items() if name not in FORMS}
        if rest.keys() - {"id"}:
            return rest  # the models name the unknown keys
        file = given.get("file")
        if isinstance(file, str):
            rest["file"] = file
            if len(given.keys() & set(FORMS)) == 1 and is_missing(places.folder / file):
                return rest
        secret = read_form(given, places)
        if problem := weakness(secret):
            raise wrong(problem)
        return {**rest, "value": SecretStr(secret)}


class Bot(Part):
    """What this mailbot is called, where it keeps its own state, and what it signs with."""

    instance: Domain = Field(examples=['"track.court.example"'])
    store: DatabaseUrl = Field(examples=['"sqlite:///var/mailbot.sqlite"'])
    keys: tuple[SigningKey, ...] = Field(
        min_length=1, examples=['[{ id = "2026", file = "var/key-2026" }]']
    )
    templates: Folder | None = None
    operator: Address | None = None
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    def signing_keys(self) -> list[Key]:
        """The keys, oldest first: the last signs, all verify.

        Raises:
            ConfigError: a key file does not exist yet (see `missing_key_files`).
        """
        for path in self.missing_key_files():
            raise ConfigError(f"The key file {path} does not exist yet; the first start makes it.")
        return [
            Key(key.id, key.value.get_secret_value().encode())
            for key in self.keys
            if key.value is not None
        ]

    def missing_key_files(self) -> tuple[Path, ...]:
        """The key files that the first start creates; empty ever after."""
        return tuple(key.file for key in self.keys if key.value is None and key.file is not None)


class Smarthost(Part):
    """The mail server that takes mailbot's mail, or a Maildir for trials."""

    host: Host | None = None
    port: Whole = Field(default=25, ge=1, le=65_535)
    tls: Literal["none", "starttls", "tls"] = "starttls"
    username: Line | None = None
    password: Password | None = None
    connections: Whole = Field(default=4, ge=1, le=50)
    connect_seconds: Whole = Field(default=30, ge=1, le=300)
    command_seconds: Whole = Field(default=300, ge=5, le=600)  # RFC 5321 4.5.3.2: 5 minutes
    dot_seconds: Whole = Field(default=600, ge=60, le=3600)  # RFC 5321 4.5.3.2.6: 10 minutes
    maildir: Beside | None = None
    sends_from: tuple[Ip, ...] = Field(default=(), examples=['["192.0.2.7"]'])
    dkim_selectors: tuple[Selector, ...] = Field(default=(), examples=['["mail"]'])


class Limits(Part):
    """How much mailbot reads, answers and sends (decisions.md 22, 23)."""

    message_bytes: Whole = Field(default=10_000_000, ge=65_536, le=100_000_000)
    header_bytes: Whole = Field(default=65_536, ge=4096, le=1_048_576)
    field_bytes: Whole = Field(default=8192, ge=998, le=65_536)
    fields: Whole = Field(default=500, ge=50, le=5000)
    parts: Whole = Field(default=100, ge=10, le=1000)
    depth: Whole = Field(default=10, ge=3, le=50)
    text_bytes: Whole = Field(default=262_144, ge=4096, le=4_194_304)
    new_text_bytes: Whole = Field(default=65_536, ge=1024, le=1_048_576)
    commands: Whole = Field(default=25, ge=1, le=100)
    case_list: Whole = Field(default=100, ge=1, le=1000)
    recipients: Whole = Field(default=100, ge=100, le=1000)  # RFC 5321 4.5.3.1.8
    connections: Whole = Field(default=500, ge=1, le=10_000)
    connections_per_address: Whole = Field(default=50, ge=1, le=10_000)
    confirm_days: Whole = Field(default=7, ge=1, le=30)
    undo_days: Whole = Field(default=30, ge=1, le=365)
    confirmation_minutes: Whole = Field(default=15, ge=0, le=1440)
    confirmations_per_case_day: Whole = Field(default=3, ge=1, le=20)
    confirmations_per_day: Whole = Field(default=10, ge=1, le=100)
    confirmations_per_day_proved: Whole = Field(default=100, ge=1, le=10_000)
    stop_questions_per_day: Whole = Field(default=3, ge=1, le=100)
    help_per_day: Whole = Field(default=3, ge=1, le=20)
    answers_per_day: Whole = Field(default=30, ge=1, le=1000)
    answers_per_day_proved: Whole = Field(default=100, ge=1, le=10_000)
    domain_answers_per_hour: Whole = Field(default=100, ge=1, le=100_000)
    large_providers: tuple[Domain, ...] = Field(default=(), examples=['["mail.example"]'])
    answers_per_hour: Whole = Field(default=200, ge=1, le=1_000_000)
    rows_per_notice: Whole = Field(default=50, ge=1, le=500)  # G23
    text_characters: Whole = Field(default=2000, ge=100, le=20_000)  # S80, G20


class Web(Part):
    """The pages behind the links."""

    base_url: Origin = Field(examples=['"https://track.court.example"'])
    listen: Listen = "127.0.0.1:8080"
    confirm_web: Literal["button", "code", "off"] = "button"

    @property
    def host_and_port(self) -> tuple[str, int]:
        """Where the web server binds."""
        return host_and_port(self.listen)


class Settings(Part):
    """All of config.toml, checked; `path` is where it was read."""

    path: Path
    bot: Bot
    court: Mapping[str, Court] = Field(min_length=1)
    mailbox: tuple[Mailbox, ...] = Field(min_length=1)
    route: tuple[Route, ...] = Field(min_length=1)
    smarthost: Smarthost
    limits: Limits = Limits()
    web: Web

    @model_validator(mode="after")
    def _complete_routes(self) -> Settings:
        """Each route for one court, with its mailbox; `specs` has them ready to be matched."""
        by_address = {address_key(one.address): one.name for one in self.mailbox}
        named: list[Route] = []
        for route in self.route:
            courts = list(self.court) if COURT in route.address else [""]
            for each in (route.at(court) if court else route for court in courts):
                home = by_address.get(address_key(each.address), "")
                named.append(each if each.mailbox else each.model_copy(update={"mailbox": home}))
        object.__setattr__(self, "route", tuple(named))  # still being built, then frozen
        return self

    @cached_property
    def specs(self) -> tuple[tuple[Spec, Route], ...]:
        """The addresses of all routes, and a postmaster's at each domain (RFC 5321 4.5.1)."""
        names = {one.name: one.separator for one in self.mailbox}
        told = [
            (spec_of(one.address, self._separator(one), one.written != one.address), one)
            for one in self.route
            if one.mailbox in names
        ]
        return (*told, *self._postmasters({spec.key for spec, _ in told}))

    def _separator(self, route: Route) -> str:
        return route.separator or self.mailbox_of_route(route).separator

    def _postmasters(self, known: set[str]) -> Iterator[tuple[Spec, Route]]:
        """Of the domains where no route says who it is, and no person has that address."""
        helped = {address_key(one.help_desk.email) for one in self.court.values()}
        operator = {address_key(self.bot.operator)} if self.bot.operator else set()
        for route in self.route:
            address = f"postmaster@{route.address.rpartition('@')[2]}"
            key = address_key(address)
            if "*" not in key and key not in known | helped | operator:
                known = known | {key}
                yield Spec(key, "+"), self.postmaster_at(route, address)

    def postmaster_at(self, route: Route, address: str) -> Route:
        """The route of a postmaster that config.toml does not name."""
        told = {"court": route.court, "mailbox": route.mailbox, "purpose": "postmaster"}
        return Route.model_validate({"address": address, **told})

    def mailbox_of_route(self, route: Route) -> Mailbox:
        """The mailbox to which a route leads."""
        return next(one for one in self.mailbox if one.name == route.mailbox)

    def trust_of_route(self, route: Route) -> Trust:
        """Whose word about a sender counts at the mailbox to which this route leads."""
        mailbox = self.mailbox_of_route(route)
        return Trust(
            results=frozenset(mailbox.trusted_results),
            nameless=frozenset(mailbox.trusted_nameless),
            sealers=frozenset(mailbox.trusted_sealers),
            instance=self.bot.instance,
        )

    def voice_of_route(self, route: Route) -> Voice:
        """As whom mail to this route is answered."""
        mailbox = self.mailbox_of_route(route)
        address = route.reply_as or mailbox.address
        spec = spec_for(address_key(address), [spec for spec, _ in self.specs])
        return Voice(
            address=address,
            display=route.display or mailbox.display or self.court[route.court].system_name,
            separator=spec.separator if spec else mailbox.separator,
            language=route.language,
            templates=route.templates or "",
        )

    def voice_of(self, court_id: str) -> Voice:
        """As whom a court speaks by itself: as its first route for commands does."""
        mine = (one for one in self.route if one.court == court_id)
        return self.voice_of_route(next(one for one in mine if one.purpose == COMMANDS))

    def still(self, voice: Voice | None, court_id: str) -> Voice:
        """The voice that a mail was given, or the court's if that address is ours no more."""
        specs = [spec for spec, _ in self.specs]
        if voice is not None and spec_for(address_key(voice.address), specs) is not None:
            return voice
        return self.voice_of(court_id)

    def addresses_of(self, mailbox: Mailbox) -> frozenset[str]:
        """The addresses, as model.address_key knows them, whose mail a mailbox answers."""
        routed = {route.address for route in self.route if route.mailbox == mailbox.name}
        return frozenset(map(address_key, {mailbox.address, *routed}))

    def own_addresses(self) -> frozenset[str]:
        """Every address of ours as model.address_key knows it; mail from one is our own."""
        ours = [one.address for one in self.mailbox] + [one.address for one in self.route]
        return frozenset(map(address_key, ours))
