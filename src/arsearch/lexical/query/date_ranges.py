"""Dates as queries have them: a year, a month or a day, and ranges from one to another."""

from __future__ import annotations

import datetime
import re

from arsearch.arabic import fold

__all__ = ["DATES", "date_range"]

_DATE = r"\d{4}(?:-\d{1,2}(?:-\d{1,2})?)?"
DATES = rf"(?:{_DATE}(?:\.\.(?:{_DATE})?)?|\.\.{_DATE})"
"""How they are written, as a pattern: ``2015``, ``2015-07``, ``2015-07..2015-08``, ``2015-07-21..``, ``..2015``."""

_RANGE = re.compile(rf"({_DATE})?(\.\.)?({_DATE})?")


def date_range(text: str) -> tuple[datetime.datetime, datetime.datetime] | None:
    """Return the first and the last instant of *text*, None if it is no date; digits may be of any script.

    A range that was written backwards is read forwards.
    """
    match = _RANGE.fullmatch(fold(text))
    if match is None or not (match[1] or match[3]):
        return None
    try:
        ends = [_first_and_last(date) if date else None for date in (match[1], match[3])]
    except ValueError:
        return None
    if match[2] is None:
        return ends[0]
    start, end = ends
    if start and end and end < start:
        start, end = end, start
    return start[0] if start else datetime.datetime.min, end[1] if end else datetime.datetime.max


def _first_and_last(date: str) -> tuple[datetime.datetime, datetime.datetime]:
    """Return the first and the last instant of *date*. Raises ValueError if there is no such date."""
    numbers = [int(part) for part in date.split("-")]
    first = datetime.datetime(*[*numbers, 1, 1][:3])  # type: ignore[arg-type]
    if len(numbers) == 3:
        following = first.toordinal() + 1
    elif len(numbers) == 2:
        following = (first.replace(day=28) + datetime.timedelta(days=4)).replace(day=1).toordinal()
    else:
        following = datetime.date(first.year, 12, 31).toordinal() + 1
    last = datetime.datetime.combine(datetime.date.fromordinal(following - 1), datetime.time.max)
    return first, last
