"""Ranges of own numbers and dates on a page: two boxes of a form, which make one parameter of an address."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from werkzeug.datastructures import MultiDict

from arsearch.article_fields import FieldKind, OwnFields
from arsearch.web.api.parameters import OWN_FILTER

__all__ = ["RangeForm", "range_ends", "range_forms", "with_ranges"]

_BETWEEN = ".."
_BOXES = (".from", ".to")


@dataclass(frozen=True, slots=True)
class RangeForm:
    """The form of one field: *name* is its parameter, *first* and *last* are what its boxes hold."""

    name: str
    kind: FieldKind
    first: str
    last: str


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
