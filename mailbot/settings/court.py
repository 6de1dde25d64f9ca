"""Holds what config.toml says about a court: its names, hours, refusals and case source."""

from __future__ import annotations

from datetime import date, datetime
from functools import cached_property
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationInfo,
    model_validator,
)

from mailbot.model import Case, case_key
from mailbot.settings import hours
from mailbot.settings.fields import (
    Address,
    Colour,
    Days,
    Identifier,
    Line,
    MaybeLine,
    Minute,
    NumberLink,
    NumberStart,
    Shape,
    TableOrSelect,
    Text,
    WebAddress,
    Whole,
    ZoneName,
    wrong,
)
from mailbot.settings.urls import read_url


class Part(BaseModel):
    """A table of config.toml: unknown keys are refused, nothing changes after loading."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class HelpDesk(Part):
    """Who helps people, as the footer of every mail says (S133, S134)."""

    name: Line = Field(examples=['"Circuit Clerk Help Desk"'])
    email: Address = Field(examples=['"help.desk@court.example"'])
    phone: MaybeLine = ""
    hours: MaybeLine = ""


class ClosedHours(Part):
    """Hours of the week in which the court's system cannot be asked (S10)."""

    days: Days = Field(examples=['"Mon-Fri"'])
    from_: Minute = Field(alias="from", examples=['"01:00"'])
    until: Minute = Field(examples=['"06:00"'])

    @model_validator(mode="after")
    def _some_time(self) -> ClosedHours:
        if self.from_ == self.until:
            raise wrong('has no length; a whole day is from = "00:00", until = "24:00".')
        return self


def _open_sometimes(closed: tuple[ClosedHours, ...]) -> tuple[ClosedHours, ...]:
    if len(hours.closed_minutes(closed)) == hours.MINUTES_A_WEEK:
        raise wrong("leaves the court open at no time of the week; take hours out.")
    return closed


class Banner(Part):
    """A sentence shown in mails and on the sign-up pages for a time (S128-S130)."""

    text: Text = Field(examples=['"Important Notice: ..."'])
    from_: Annotated[date | None, Field(strict=True)] = Field(default=None, alias="from")
    until: Annotated[date | None, Field(strict=True)] = None


class Exclusion(Part):
    """Cases that nobody may track, with the court's own sentence (S34, S35)."""

    category: Line | None = None
    number: NumberStart | None = None
    refusal: Text = Field(examples=['"Cases of this kind cannot be tracked."'])

    def covers(self, case: Case) -> bool:
        """Whether category (any case) and beginning of the number both fit."""
        if self.category is not None and case.category.casefold() != self.category.casefold():
            return False
        return self.number is None or case.key.startswith(case_key(self.number))


class CaseColumns(Part):
    """Names that the court's case table gives to the canonical columns (case-model.md 1.1)."""

    id: Identifier | None = None
    number: Identifier | None = None
    number_norm: Identifier | None = None
    caption: Identifier | None = None
    category: Identifier | None = None
    access: Identifier | None = None
    last_activity_at: Identifier | None = None
    deleted_at: Identifier | None = None


class EntryColumns(Part):
    """Names that the court's docket table gives to the canonical columns."""

    id: Identifier | None = None
    case_id: Identifier | None = None
    seq: Identifier | None = None
    filed_at: Identifier | None = None
    entered_at: Identifier | None = None
    type_text: Identifier | None = None
    text: Identifier | None = None
    filed_by: Identifier | None = None
    document_count: Identifier | None = None
    access: Identifier | None = None
    modified_at: Identifier | None = None
    deleted_at: Identifier | None = None


class Columns(Part):
    """Columns that bear other names than the canonical ones; the rest keep theirs."""

    case: CaseColumns = CaseColumns()
    docket_entry: EntryColumns = EntryColumns()


def _number(given: object) -> object:
    return str(given).lower() if isinstance(given, bool) else given  # in Python true is 1


AccessClass = Annotated[Literal[0, 1, 2, 3, 4, 5, 9], BeforeValidator(_number)]  # case-model.md 1.2


def _url(given: object, info: ValidationInfo) -> SecretStr:
    return read_url(given, info.context)


class Source(Part):
    """The court's own database, read only, and how its columns are named there."""

    url: Annotated[SecretStr, BeforeValidator(_url)] = Field(
        examples=['"sqlite:///var/court.sqlite"']
    )
    case: TableOrSelect = "case"
    docket_entry: TableOrSelect = "docket_entry"
    columns: Columns = Columns()
    access_default: AccessClass | None = None
    naive_times: ZoneName | None = None
    poll_seconds: Whole = Field(default=10, ge=1, le=3600)
    sweep_seconds: Whole = Field(default=60, ge=1, le=86_400)
    statement_seconds: Whole = Field(default=30, ge=1, le=600)
    chunk: Whole = Field(default=500, ge=1, le=500)  # keys a transaction (reliability.md 3.1)


class Policy(Part):
    """What the court lets a mail do whose From is proved (mail-interface.md 5.4). TRACK asks."""

    stop: Literal["ask", "proved"] | None = None


class Court(Part):
    """An institution: what it calls itself, when it answers, what it refuses, where it keeps cases.

    Defaults lead from name to system_name, service, site and record.
    """

    name: Line = Field(examples=['"Circuit Court of Franklin County"'])
    system_name: Line = Field(default_factory=lambda known: known["name"])
    service: Line = Field(default_factory=lambda known: known["name"])
    site: Line = Field(default_factory=lambda known: known["service"])
    record: Line = Field(default_factory=lambda known: known["site"])
    profile: Literal["default", "seed"] = "default"
    language: Literal["en"] = "en"
    time_zone: ZoneName = Field(examples=['"America/Chicago"'])
    colour: Colour = "#1f3a5f"
    home_url: WebAddress | None = None
    case_url: NumberLink | None = None
    docket_url: NumberLink | None = None
    number_shapes: tuple[Shape, ...] = Field(min_length=1, examples=['["99AA-AA00000"]'])
    help_desk: HelpDesk = Field(
        examples=['{ name = "Help Desk", email = "help.desk@court.example" }']
    )
    closed: Annotated[tuple[ClosedHours, ...], AfterValidator(_open_sometimes)] = ()
    closes_on: Annotated[date | None, Field(strict=True)] = None
    closes_text: str = ""
    banner: tuple[Banner, ...] = ()
    exclude: tuple[Exclusion, ...] = ()
    policy: Policy = Policy()
    source: Source

    @cached_property
    def zone(self) -> ZoneInfo:
        """The court's time zone."""
        return ZoneInfo(self.time_zone)

    @cached_property
    def _closed_minutes(self) -> frozenset[int]:
        return hours.closed_minutes(self.closed)

    def open_at(self, now: datetime) -> bool:
        """Whether the court's case database may be asked at that moment (S10); `now` is aware."""
        return hours.is_open(self._closed_minutes, self.zone, now)

    def opens_at(self, now: datetime) -> datetime | None:
        """When it may be asked again, in UTC and later than `now`; None when it is open now."""
        return hours.next_opening(self._closed_minutes, self.zone, now)

    def banner_at(self, now: datetime) -> str | None:
        """The first banner whose days, both included, hold the court's today (S129)."""
        today = now.astimezone(self.zone).date()
        fitting = (
            banner.text
            for banner in self.banner
            if (banner.from_ or today) <= today <= (banner.until or today)
        )
        return next(fitting, None)

    def has_closed(self, now: datetime) -> bool:
        """Whether the last day of the service is over: no new tracking is accepted (G25)."""
        return self.closes_on is not None and now.astimezone(self.zone).date() > self.closes_on

    @property
    def stops_at_once(self) -> bool:
        """Whether a STOP in a proved mail needs no question (mail-interface.md 0.2)."""
        by_profile = "proved" if self.profile == "default" else "ask"
        return (self.policy.stop or by_profile) == "proved"

    def excluded(self, case: Case) -> str | None:
        """The sentence that refuses to track this case, or None (S35)."""
        return next((rule.refusal for rule in self.exclude if rule.covers(case)), None)
