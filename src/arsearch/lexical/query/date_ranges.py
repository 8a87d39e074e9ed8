"""Dates as queries have them: a year, a month or a day, and ranges from one to another."""

from __future__ import annotations

import datetime
import re

from arsearch.arabic import fold
from arsearch.arabic.numbers import GREGORIAN_MONTHS, HIJRI_MONTHS
from arsearch.common.hijri import HIJRI_YEARS, days_of_hijri, is_hijri

__all__ = ["DATES", "date_range", "hijri_dates", "with_months_as_numbers"]

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


_MONTHS = "|".join(sorted({*GREGORIAN_MONTHS, *HIJRI_MONTHS}, key=len, reverse=True))
_IN_WORDS = re.compile(rf"(?:(\d{{1,2}})\s+)?({_MONTHS})\s+(\d{{4}})(?!\S)")


def with_months_as_numbers(text: str, fields: str) -> str:
    """Return the query *text* with its dates in words, after one of the *fields* (a pattern), in numbers.

    ``تاريخ:سبتمبر 2018`` becomes ``تاريخ:2018-09``, and ``تاريخ:1 رمضان 1440`` ``تاريخ:1440-09-01``.
    """
    return re.sub(rf"(?<![^\s(\-])((?:{fields}):)\s?([^\s:()]+(?:\s+[^\s:()]+){{1,3}})", _in_numbers, text)


def _in_numbers(match: re.Match[str]) -> str:
    words = match[2].split()
    for count in range(len(words), 1, -1):
        date = _IN_WORDS.fullmatch(fold(" ".join(words[:count])))
        if date is None:
            continue
        day, name, year = date.groups()
        months = HIJRI_MONTHS if int(year) in HIJRI_YEARS else GREGORIAN_MONTHS
        if name in months:
            written = f"{year}-{months[name]:02d}" + (f"-{int(day):02d}" if day else "")
            return " ".join([match[1] + written, *words[count:]])
    return match[0]


def hijri_dates(text: str) -> list[str]:
    """Return the dates in *text*, a date or a range of them, that are Hijri."""
    return [date for date in re.findall(_DATE, fold(text)) if is_hijri(date)]


def _first_and_last(date: str) -> tuple[datetime.datetime, datetime.datetime]:
    """Return the first and the last instant of *date*. Raises ValueError if there is no such date."""
    if is_hijri(date):
        days = days_of_hijri(date)
        return datetime.datetime.combine(days[0], datetime.time.min), datetime.datetime.combine(
            days[1], datetime.time.max
        )
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
