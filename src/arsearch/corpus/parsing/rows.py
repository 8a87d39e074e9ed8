"""Tables of whatever format: rows become records by the names of their columns."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from arsearch.corpus.fields import field_of

__all__ = ["cell_value", "has_body", "header_of", "record_of"]

_HEADER_ROWS = 20
"""Rows from the top among which the one with the names of columns is looked for; titles may stand above it."""


def has_body(columns: Iterable[object], own: Mapping[str, str]) -> bool:
    """Whether one of *columns* holds the body of articles."""
    return any(isinstance(name, str) and field_of(name, own) == "body" for name in columns)


def header_of(rows: Iterator[Sequence[Any]], own: Mapping[str, str]) -> tuple[list[str], int] | None:
    """Take *rows* up to the one that names the columns; return the names and its number, None if there is none."""
    for number, row in enumerate(rows, 1):
        if has_body(row, own):
            return ["" if name is None else str(name).strip() for name in row], number
        if number >= _HEADER_ROWS:
            return None
    return None


def record_of(columns: Sequence[str], row: Sequence[Any]) -> dict[str, object]:
    """Return the values of *row* that are there, by the names of *columns*."""
    values = {name: cell_value(value) for name, value in zip(columns, row, strict=False) if name}
    return {name: value for name, value in values.items() if value is not None}


def cell_value(value: Any) -> object:
    """Return *value*, of whatever type a table has, as a type of JSON."""
    if isinstance(value, (datetime.datetime, datetime.date)):
        written = value.isoformat()
        return written.removesuffix("T00:00:00")
    if isinstance(value, (bytes, memoryview)):
        return bytes(value).decode("utf-8", "replace")
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    if isinstance(value, str) and value[:2] in ('["', "[{", '{"'):  # as databases keep lists
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    if value is None or isinstance(value, (str, int, float, list, dict)):
        return value
    return str(value)
