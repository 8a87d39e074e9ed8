"""Dates of the Hijri calendar, by that of Umm al-Qura: which days of the Gregorian one they are."""

from __future__ import annotations

import datetime

__all__ = ["HIJRI_YEARS", "days_of_hijri", "is_hijri"]

HIJRI_YEARS = range(1300, 1500)
"""Years that are Hijri wherever a year is one of our time."""
_MONTHS = 12


def is_hijri(date: str) -> bool:
    """Whether *date* (``1440``, ``1440-01``, ``1440-01-01``) cannot be Gregorian, by its year."""
    year = date[:4]
    return year.isdecimal() and int(year) in HIJRI_YEARS


def days_of_hijri(date: str) -> tuple[datetime.date, datetime.date]:
    """Return the first and the last day of *date*, a Hijri year, month or day. Raises ValueError if there is none."""
    from hijridate import Hijri  # few ask for such dates

    year, *rest = (int(part) for part in date.split("-"))
    month, last_month = (rest[0], rest[0]) if rest else (1, _MONTHS)
    try:
        first = Hijri(year, month, rest[1] if len(rest) > 1 else 1)
        last = first if len(rest) > 1 else Hijri(year, last_month, Hijri(year, last_month, 1).month_length())
        return first.to_gregorian(), last.to_gregorian()
    except OverflowError as error:
        raise ValueError(f"no table has the year {year}") from error
