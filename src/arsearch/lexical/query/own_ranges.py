"""Ranges of own numbers and dates: as they are written in queries and filters, and as a query on their values."""

from __future__ import annotations

import math
import re
from typing import Any

from whoosh.query import Query

from arsearch.arabic.numbers import NUMBER, parse_number
from arsearch.article_fields import OwnField
from arsearch.lexical.query.date_ranges import DATES, date_range
from arsearch.lexical.segment.field_names import seconds_of

__all__ = ["RANGES", "ValueRange", "value_range"]

RANGES = {"number": rf"(?:{NUMBER}(?:\.\.(?:{NUMBER})?)?|\.\.{NUMBER})", "date": DATES}
"""How they are written, as patterns by the kind of the field: ``120``, ``10..200``, ``10..``, ``..200``."""

_NUMBERS = re.compile(rf"({NUMBER})?(\.\.)?({NUMBER})?")


class ValueRange(Query):  # type: ignore[misc]  # whoosh has no types
    """Documents whose value of an own field, called *fieldname* in the index, is from *low* to *high*, both inclusive.

    All match alike. Dates are seconds since year 1.
    """

    def __init__(self, fieldname: str, low: float, high: float) -> None:
        self.fieldname = fieldname
        self.low = low
        self.high = high
        self.boost = 1.0

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ValueRange) and vars(self) == vars(other)

    def __hash__(self) -> int:
        return hash((self.fieldname, self.low, self.high))

    def __repr__(self) -> str:
        return f"ValueRange({self.fieldname!r}, {self.low!r}, {self.high!r})"

    def field(self) -> str:
        """Return the field."""
        return self.fieldname

    def is_leaf(self) -> bool:
        """It has no parts."""
        return True

    def normalize(self) -> Any:
        """Return it as it is."""
        return self


def value_range(field: OwnField, text: str) -> tuple[float, float] | None:
    """Return the least and the greatest value of *field* that *text* admits, None if it is no range of that kind.

    A range that was written backwards is read forwards.
    """
    if field.kind == "date":
        dates = date_range(text)
        return None if dates is None else (seconds_of(dates[0]), seconds_of(dates[1]))
    match = _NUMBERS.fullmatch(text.strip())
    if match is None or not (match[1] or match[3]) or (match[3] and not match[2]):
        return None
    try:
        low = float(parse_number(match[1])) if match[1] else -math.inf
        high = float(parse_number(match[3])) if match[3] else math.inf
    except ValueError:
        return None
    if match[2] is None:
        return low, low
    return min(low, high), max(low, high)
