"""From an HTTP request to a typed question. Programs are told of everything that is wrong; pages take what they can."""

from __future__ import annotations

import re
import typing
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, TypeVar

from pydantic import ValidationError
from werkzeug.datastructures import MultiDict

from arsearch.article_fields import OwnFields
from arsearch.errors import QueryError
from arsearch.search.request import SearchRequest
from arsearch.settings import Settings
from arsearch.web.api.requests import QuestionModel, SearchQuestion

__all__ = [
    "OWN_FILTER",
    "InvalidRequestError",
    "ParameterFault",
    "pointer_to",
    "question_from_body",
    "question_from_members",
    "question_from_query",
    "search_request",
]

Parameters = MultiDict[str, str]
AnyQuestion = TypeVar("AnyQuestion", bound=QuestionModel)

SWITCHES = {
    "true": True, "1": True, "yes": True, "True": True,
    "false": False, "0": False, "no": False, "False": False,
}  # fmt: skip
"""How a switch may be written in an address."""
OWN_FILTER = "filter."
"""What the parameter begins with that filters by an own field."""
_WITH_COMMAS = ("fields", "vector")
"""Lists that may be written with commas between too."""
_NUMBER = re.compile(r"-?[0-9]{1,30}(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,3})?")
_DIGITS = 12
_SHOWN = 40


@dataclass(frozen=True, slots=True)
class ParameterFault:
    """One thing that is wrong with a request: where, and what. *pointer* is set for what stands in a body."""

    field: str
    detail: str
    pointer: str = ""


class InvalidRequestError(QueryError):
    """A request that cannot be understood, with everything that is wrong with it."""

    def __init__(self, faults: Iterable[ParameterFault]) -> None:
        self.faults = tuple(faults)
        super().__init__(" ".join(fault.detail for fault in self.faults[:3]), field=self.faults[0].field)


def question_from_query(kind: type[AnyQuestion], parameters: Parameters) -> AnyQuestion:
    """Return the question that the *parameters* of an address ask. Raises InvalidRequestError."""
    repeated = [
        ParameterFault(name, f"The parameter {name} is given {len(values)} times; give it once.")
        for name, values in parameters.lists()
        if len(values) > 1 and name in _fields(kind) and not _is_list(kind, name)
    ]
    if repeated:
        raise InvalidRequestError(repeated)
    return question_from_members(kind, _members(kind, parameters))


def question_from_body(kind: type[AnyQuestion], body: bytes) -> AnyQuestion:
    """Return the question that stands in *body*, a JSON object. Raises InvalidRequestError."""
    try:
        return kind.model_validate_json(body)
    except ValidationError as error:
        raise InvalidRequestError(_faults(kind, error, ())) from None


def question_from_members(
    kind: type[AnyQuestion], members: Mapping[str, Any], *, under: tuple[str, ...] | None = None
) -> AnyQuestion:
    """Return the question that has these *members*; *under* is where they stand in a body, if they do.

    Raises InvalidRequestError.
    """
    try:
        return kind.model_validate(members)
    except ValidationError as error:
        raise InvalidRequestError(_faults(kind, error, under)) from None


def search_request(
    parameters: Parameters, settings: Settings, *, facets: bool = False, stories: bool = False, own: OwnFields = ()
) -> SearchRequest:
    """Return what the *parameters* of a page ask for.

    Readers' addresses come from forms and from other sites: what is blank or unknown is passed over, and of what is
    given twice the first counts; so are fields that are none of the index's *own*. Raises InvalidRequestError for a
    number or a switch that is none.
    """
    known = _fields(SearchQuestion).keys() | {f"{OWN_FILTER}{field.name}" for field in own}
    given = [
        (name, value.strip() if name in ("from", "to") else value)
        for name, value in parameters.items(multi=True)
        if name in known and name not in ("after", "fields", "filter") and (value.strip() or name == "q")
    ]
    members = _members(SearchQuestion, MultiDict(given))
    members.setdefault("sort", settings.sort)
    members.setdefault("stories", stories)
    asked = question_from_members(SearchQuestion, {"q": "", **members}).request(settings)
    return asked if "facets" in members else replace(asked, facets=facets)


@cache
def _fields(kind: type[QuestionModel]) -> dict[str, Any]:
    """Return the types of the members of *kind*, under the names they have in requests."""
    return {field.alias or name: field.annotation for name, field in kind.model_fields.items()}


def _is_list(kind: type[QuestionModel], name: str) -> bool:
    return name in _lists(kind)


@cache
def _lists(kind: type[QuestionModel]) -> frozenset[str]:
    return frozenset(name for name, annotation in _fields(kind).items() if typing.get_origin(annotation) is list)


def _members(kind: type[QuestionModel], parameters: Parameters) -> dict[str, Any]:
    """Return *parameters* with the types of JSON; what is not written as its type is left for validation to refuse."""
    members: dict[str, Any] = {}
    known = _fields(kind)
    for name, values in parameters.lists():
        text = values[0]
        if name.startswith(OWN_FILTER) and "filter" in known:
            members.setdefault("filter", {})[name.removeprefix(OWN_FILTER)] = values
        elif name not in known:
            members[name] = text
        elif _is_list(kind, name):
            parted = [part for value in values for part in value.split(",")] if name in _WITH_COMMAS else values
            members[name] = [*map(_number, parted)] if name == "vector" else parted
        elif known[name] is int:
            members[name] = _whole_number(text)
        elif known[name] is float:
            members[name] = _number(text)
        elif known[name] is bool:
            members[name] = SWITCHES.get(text, text)
        else:
            members[name] = text
    return members


def _whole_number(text: str) -> int | str:
    digits = text.strip().removeprefix("-")
    return int(text) if digits.isdecimal() and len(digits) <= _DIGITS else text


def _number(text: str) -> float | str:
    return float(text) if _NUMBER.fullmatch(text.strip()) else text


def pointer_to(*steps: str) -> str:
    """Return the JSON pointer to a member of the body, as the fragment of an address (RFC 6901, section 6)."""
    return "#" + "".join("/" + step.replace("~", "~0").replace("/", "~1") for step in steps)


def _faults(kind: type[QuestionModel], error: ValidationError, under: tuple[str, ...] | None) -> list[ParameterFault]:
    return [_fault(kind, dict(one), under) for one in error.errors(include_url=False)]


def _fault(kind: type[QuestionModel], error: dict[str, Any], under: tuple[str, ...] | None) -> ParameterFault:
    place = [str(step)[:_SHOWN] for step in error["loc"]]
    name = place[0] if place else "body"
    return ParameterFault(name, _detail(kind, name, error), "" if under is None else pointer_to(*under, *place))


def _detail(kind: type[QuestionModel], name: str, error: dict[str, Any]) -> str:
    """Say what is wrong and what to do; what was sent is quoted only as far as it is short."""
    given = error["input"]
    said = f"{name} is {given[:_SHOWN]!r}" if isinstance(given, str) else f"{name} is not right"
    known = ", ".join(_fields(kind))
    needs = {
        "missing": f"{name} is missing.",
        "extra_forbidden": f"There is no {name!r} here. Known are: {known}.",
        "int_type": f"{said}; it must be a whole number.",
        "float_type": f"{said}; it must be a number.",
        "finite_number": f"{said}; it must be a number that is not infinite.",
        "bool_type": f"{said}; write true or false.",
        "string_type": f"{said}; it must be a text.",
        "list_type": f"{said}; it must be a list.",
        "dict_type": f"{said}; it must be an object.",
        "model_type": f"The body must be a JSON object with: {known}.",
        "json_invalid": "The body is not JSON. Send a JSON object in UTF-8.",
        "too_short": f"{name} is empty; it needs at least one.",
        "string_too_short": f"{name} is empty.",
        "string_pattern_mismatch": f"{said}; {_WRITTEN.get(name, 'it must not be blank')}.",
    }
    if error["type"] == "literal_error":
        choices = error["ctx"]["expected"].replace("'", "").replace(" or ", ", ")
        return f"{said}. Choose one of: {choices}."
    if error["type"] == "greater_than_equal":
        return f"{name} is {str(given)[:_SHOWN]}; it must be {error['ctx']['ge']} or more."
    if error["type"] == "less_than_equal":
        return f"{name} is {str(given)[:_SHOWN]}; it must be {error['ctx']['le']:.0f} or less."
    return needs.get(error["type"], f"{said}. {error['msg']}.")


_WRITTEN = {
    "from": "write a year, a month or a day: 2015, 2015-07 or 2015-07-21",
    "to": "write a year, a month or a day: 2015, 2015-07 or 2015-07-21",
    "now": "write a day, or a second without a zone: 2015-07-21, 2015-07-21T10:00:00",
    "after": "take the value that an answer has under the same name",
}
