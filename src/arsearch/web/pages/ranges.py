"""Ranges of own numbers and dates on a page: two boxes of a form, which make one parameter of an address."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from werkzeug.datastructures import MultiDict

from arsearch.article_fields import FieldKind, OwnFields
from arsearch.web.api.parameters import OWN_FILTER
from arsearch.web.pages.date_entry import typed_date

__all__ = ["QuickRange", "RangeForm", "quick_ranges", "range_ends", "range_forms", "with_dates", "with_ranges"]

_BETWEEN = ".."
_BOXES = (".from", ".to")
_DAYS = {"week": 7, "month": 30, "year": 365}


@dataclass(frozen=True, slots=True)
class RangeForm:
    """The form of one field: *name* is its parameter, *first* and *last* are what its boxes hold."""

    name: str
    kind: FieldKind
    first: str
    last: str


@dataclass(frozen=True, slots=True)
class QuickRange:
    """The last days at one click: *name* is ``week``, ``month`` or ``year``."""

    name: str
    address: str
    selected: bool


def quick_ranges(
    today: datetime.date, years: Iterable[str], given: Callable[[str], list[str]], search: Callable[..., str]
) -> list[QuickRange]:
    """Return the ranges that end today; *search* makes addresses with other parameters. A chosen one is taken off.

    Those are left out that begin after the last of the *years* that have articles.
    """
    newest = max(years, default="")
    ranges = []
    for name, days in _DAYS.items():
        first = (today - datetime.timedelta(days)).isoformat()
        selected = given("from") == [first] and not given("to")
        address = search(**{"from": None if selected else first, "to": None, "page": None})
        if selected or newest >= first[: len(newest)] > "":
            ranges.append(QuickRange(name, address, selected))
    return ranges


def with_dates(parameters: MultiDict[str, str]) -> MultiDict[str, str]:
    """Return *parameters* with the dates from and to as ISO 8601 has them, however they were typed."""
    if not ("from" in parameters or "to" in parameters):
        return parameters
    dated = MultiDict(parameters)
    for name in ("from", "to"):
        dated.setlist(name, [typed_date(typed, last=name == "to") for typed in parameters.getlist(name)])
    return dated


def with_ranges(parameters: MultiDict[str, str]) -> MultiDict[str, str]:
    """Return *parameters* with the two boxes of every range as one value.

    ``filter.pages.from=10&filter.pages.to=200`` becomes ``filter.pages=10..200``. Boxes left blank set no end.
    """
    boxes = [name for name in parameters if name.startswith(OWN_FILTER) and name.endswith(_BOXES)]
    if not boxes:
        return parameters
    ranges = MultiDict((name, value) for name, value in parameters.items(multi=True) if name not in boxes)
    for field in dict.fromkeys(name.rpartition(".")[0] for name in boxes):
        first, last = (parameters.get(field + box, "").strip() for box in _BOXES)
        if first or last:
            ranges.add(field, first if first == last else f"{first}{_BETWEEN}{last}")
    return ranges


def range_ends(value: str) -> tuple[str, str]:
    """Return the first and the last value of a range as it stands in an address, empty where it is open."""
    first, between, last = value.partition(_BETWEEN)
    return first.strip(), (last if between else first).strip()


def range_forms(own: OwnFields, given: Callable[[str], list[str]]) -> list[RangeForm]:
    """Return the forms of the *own* numbers and dates; *given* tells the values of a parameter.

    The boxes hold what was asked for where that is one range. Several ranges are alternatives, which no two boxes show.
    """
    forms = []
    for field in own:
        if field.has_order:
            values = given(OWN_FILTER + field.name)
            first, last = range_ends(values[0]) if len(values) == 1 else ("", "")
            forms.append(RangeForm(OWN_FILTER + field.name, field.kind, first, last))
    return forms
