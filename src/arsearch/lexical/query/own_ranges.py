"""Ranges of own numbers and dates: as they are written in queries and filters, and as the numbers that they are."""

from __future__ import annotations

import math
import re

from arsearch.arabic.numbers import NUMBER, parse_number
from arsearch.article_fields import OwnField
from arsearch.lexical.query.date_ranges import DATES, date_range
from arsearch.lexical.segment.field_names import seconds_of

__all__ = ["RANGES", "value_range"]

RANGES = {"number": rf"(?:{NUMBER}(?:\.\.(?:{NUMBER})?)?|\.\.{NUMBER})", "date": DATES}
"""How they are written, as patterns by the kind of the field: ``120``, ``10..200``, ``10..``, ``..200``."""

_NUMBERS = re.compile(rf"({NUMBER})?(\.\.)?({NUMBER})?")


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
