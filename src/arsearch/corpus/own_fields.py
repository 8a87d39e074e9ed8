"""The values of a maintainer's own fields: from whatever a corpus has to what an article keeps."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

from arsearch.arabic.numbers import parse_number
from arsearch.article_fields import ExtraValue, OwnField, OwnFields
from arsearch.corpus.storable import storable, storable_line

__all__ = ["own_values"]

_GREATEST = 2.0**53
"""Whole numbers beyond are not told apart by the index."""


def own_values(record: Mapping[str, Any], own: OwnFields, mended: list[str]) -> dict[str, ExtraValue]:
    """Return the values of the fields *own* in *record*, without those that are empty.

    What cannot be read as its kind is left out, and *mended* is told of it.
    """
    values = {}
    for field in own:
        value = record.get(field.name)
        try:
            read = _read(field, value)
        except ValueError as error:
            mended.append(f'"{field.name}" {error}; it was left out')
            continue
        if read not in ("", ()):
            values[field.name] = read
    return values


def _read(field: OwnField, value: Any) -> ExtraValue:
    """Return *value* as *field* keeps it, empty for nothing. Raises ValueError, whose message follows the name."""
    if value is None or value == "" or value == []:
        return ""
    if field.kind == "number":
        return _number(value)
    if isinstance(value, (int, float, datetime.date)) and not isinstance(value, bool):
        value = str(value)
    if field.kind == "keyword" and isinstance(value, (list, tuple)):
        if not all(isinstance(one, (str, int, float)) and not isinstance(one, bool) for one in value):
            raise ValueError("is not a text or a list of texts")
        return tuple(dict.fromkeys(filter(None, (storable_line(str(one)) for one in value))))
    if not isinstance(value, str):
        raise ValueError(f"is {type(value).__name__}, not text")
    if field.kind == "keyword":
        return storable_line(value)
    if field.kind == "text":
        return storable(value).strip()
    from arsearch.corpus.dates import parse_date  # a search makes no articles, and pays for no calendars

    date = parse_date(value.strip())
    if not date:
        raise ValueError(f"{value[:80]!r} is no date that can be read")
    return date


def _number(value: Any) -> int | float:
    if isinstance(value, str):
        value = parse_number(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError(f"is {type(value).__name__}, not a number")
    if not -_GREATEST <= value <= _GREATEST:
        raise ValueError(f"is {value!r:.40}, beyond 2^53")
    return value
