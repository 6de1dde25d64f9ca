"""Turns what pydantic finds wrong with the tables into sentences for a tired administrator."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import date, time
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from mailbot.settings.fields import nearest
from mailbot.settings.secrets import FORMS

Place = tuple[str | int, ...]
Problem = tuple[Place, str]

_SECRET = {
    "value",
    "password",
    "url",
    "store",
    "keys",
    "client_secret",
    "refresh_token",
}  # never shown in a message
_LISTS_IN_ONE_LINE = ("keys", "closed")  # as the shipped config.toml writes them
_LONGEST = 60  # characters of a value in a message

_PREDICATES = {
    "string_type": "must be text; write it in quotes.",
    "int_type": "must be a whole number; write it without quotes and without a point.",
    "bool_type": "must be true or false.",
    "date_type": "must be a date; write it without quotes, like 2016-06-30.",
    "tuple_type": "must be a list; write it in [ ].",
    "path_type": "must be a path; write it in quotes.",
    "model_type": "must be a table.",
    "mapping_type": "must be a table.",
    "greater_than_equal": "is too small; use {ge} or more.",
    "less_than_equal": "is too large; use {le} or less.",
    "too_short": "needs at least one entry.",
}
"""What follows the option's name and value, by pydantic's type of error."""


def complaints_of(error: ValidationError, model: type[BaseModel]) -> Iterator[Problem]:
    """Every finding with the place where it stands, as whole sentences."""
    for found in error.errors(include_url=False):
        if not _follows_from_another(found):
            yield _complaint(found, model)


def _follows_from_another(found: ErrorDetails) -> bool:
    """A default made from a wrong option, and a list called empty as its entries are wrong."""
    if found["type"] == "too_short":
        return bool(found["input"])
    return found["type"] == "default_factory_not_called"


def _complaint(found: ErrorDetails, model: type[BaseModel]) -> Problem:
    place = tuple(part for part in found["loc"] if part != "[key]")
    if found["type"] == "extra_forbidden":
        return place, _unknown(place, model)
    if found["type"] == "missing":
        return place[:-1], _missing(place, model)
    return place, f"{_subject(place, found['input'])} {_predicate(place, found)}"


def _predicate(place: Place, found: ErrorDetails) -> str:
    context, given = found.get("ctx", {}), found["input"]
    table = ".".join(part for part in place if isinstance(part, str))
    if found["type"] == "predicate":
        return str(context["predicate"])
    if found["type"] == "literal_error":
        return _choice(str(context["expected"]), given)
    if found["type"] == "tuple_type" and place[-1] in _LISTS_IN_ONE_LINE:
        return f"must be a list; put it in [ ]: {place[-1]} = [{{ ... }}]"
    if found["type"] == "tuple_type" and isinstance(given, dict):
        return f"can stand here several times; write its header in double brackets: [[{table}]]"
    if found["type"] == "model_type" and len(place) == 2 and place[0] == "court":
        return "belongs to one court; give the table above it a name, like [court.franklin]."
    if found["type"] == "model_type" and isinstance(given, list):
        return f"stands here once; write its header in single brackets: [{table}]"
    return _PREDICATES.get(found["type"], f"is wrong: {found['msg']}.").format(**context)


def _choice(expected: str, given: object) -> str:
    """`expected` is pydantic's "'none', 'starttls' or 'tls'" or "0, 1 or 9"."""
    choices = expected.replace(" or ", ", ").split(", ")
    if isinstance(given, str) and expected.startswith("'"):
        return f"is not known here; {nearest(given, [one.strip(chr(39)) for one in choices])}"
    quotes = "in quotes" if expected.startswith("'") else "without quotes"
    return f"must be one of {', '.join(choices).replace(chr(39), chr(34))}, {quotes}."


def _subject(place: Place, given: object) -> str:
    """'time_zone "Mars/Base"', 'number_shapes "99xx"', 'banner (entry 2)', 'password'."""
    name = next((part for part in reversed(place) if isinstance(part, str)), "This file")
    name = name or '""'
    entry = f" (entry {place[-1] + 1})" if place and isinstance(place[-1], int) else ""
    if _SECRET & set(map(str, place)) or isinstance(given, dict | list):
        return name + entry
    return f"{name} {_shown(given)}"


def _shown(given: object) -> str:
    """A value as config.toml spells it, cut when long."""
    if isinstance(given, date | time):
        return str(given)
    shown = json.dumps(given, ensure_ascii=False, default=str)
    return shown if len(shown) <= _LONGEST else shown[: _LONGEST - 3] + '..."'


def _unknown(place: Place, model: type[BaseModel]) -> str:
    known = _options(_model_at(place[:-1], model))
    where = _where(place[:-1])
    return f'{where} knows no "{place[-1]}"; {nearest(str(place[-1]), known)}'


def _missing(place: Place, model: type[BaseModel]) -> str:
    name = str(place[-1])
    option = _option(_model_at(place[:-1], model), name)
    if option is not None and option.examples:
        return f"{_where(place[:-1])} lacks {name}; add, for example: {name} = {option.examples[0]}"
    table = ".".join(str(part) for part in place if isinstance(part, str))
    bracketed = f"[[{table}]]" if name in {"mailbox", "route"} else f"[{table}]"
    return f"{bracketed} is missing; add it as in the config.toml that comes with mailbot."


def _where(place: Place) -> str:
    """'[court.franklin]', '[[route]] (entry 2)', or 'This file' at the top."""
    if not place:
        return "This file"
    table = ".".join(part for part in place if isinstance(part, str))
    if isinstance(place[-1], int):
        return f"[[{table}]] (entry {place[-1] + 1})"
    return f"[{table}]"


# --- Looking into the models ------------------------------------------------------------------


def _options(model: type[BaseModel] | None) -> list[str]:
    if model is None:
        return []
    names = [option.alias or name for name, option in model.model_fields.items()]
    names = [name for name in names if name != "path"]
    return sorted({*names, *FORMS}) if "value" in names else names


def _option(model: type[BaseModel] | None, name: str) -> FieldInfo | None:
    fields: Mapping[str, FieldInfo] = model.model_fields if model else {}
    return next((one for key, one in fields.items() if name in {key, one.alias}), None)


def _model_at(place: Place, model: type[BaseModel]) -> type[BaseModel] | None:
    """The model of the table at a place, or None where no table belongs."""
    found: Any = model
    for part in place:
        found = _step(_bare(found), part)
    found = _bare(found)
    return found if _is_model(found) else None


def _step(annotation: Any, part: str | int) -> Any:
    """One step inwards: a model's option, a mapping's key, a tuple's entry."""
    if _is_model(annotation):
        option = _option(annotation, str(part))
        return option.annotation if option else None
    arguments = [one for one in get_args(annotation) if one is not Ellipsis]
    return arguments[-1] if arguments else None


def _bare(annotation: Any) -> Any:
    """An annotation without Annotated[...] and `| None`."""
    while get_origin(annotation) in {Annotated, Union, UnionType}:
        annotation = next(one for one in get_args(annotation) if one is not type(None))
    return annotation


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)
