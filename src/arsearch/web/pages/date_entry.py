"""Dates as readers write them into a box: Gregorian or Hijri, year first or day first, with any digits and dashes.

What a page shows is what it takes: ``٢٠١٥-٠٧`` and ``07-2015``, however the direction of a sentence turned it,
``21/7/2015``, ``يوليو 2015``, ``تموز ٢٠١٥``, and ``1436``, ``شوال 1436`` or ``5 شوال 1436``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from babel.dates import get_month_names
from hijridate import Hijri

from arsearch.arabic import fold

__all__ = ["typed_date"]

_LOCALES = ("ar", "ar_LB", "ar_TN", "ar_MA", "en")
"""One for each family of Arabic names of months, and English."""
_HIJRI_YEARS = range(1343, 1501)
"""Years that the Umm al-Qura calendar has, and that no Gregorian date of an archive is likely to be meant by."""
_PIECE = re.compile(r"\d+|[^\W\d_]+(?: [^\W\d_]+)*")
_CONTROLS = re.compile("[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]")
_ERAS = {"م", "ه", "هـ", "ad", "ah", "ce"}
_HIJRI_MONTHS = {
    "محرم": 1, "المحرم": 1, "صفر": 2, "ربيع الاول": 3, "ربيع الثاني": 4, "ربيع الاخر": 4, "جمادي الاولي": 5,
    "جمادي الاخره": 6, "جمادي الثانيه": 6, "رجب": 7, "شعبان": 8, "رمضان": 9, "شوال": 10, "ذو القعده": 11,
    "ذي القعده": 11, "ذو الحجه": 12, "ذي الحجه": 12, "muharram": 1, "safar": 2, "rajab": 7, "shaban": 8,
    "ramadan": 9, "ramadhan": 9, "shawwal": 10,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Parts:
    year: int
    month: int = 0
    day: int = 0
    is_hijri: bool = False


def typed_date(typed: str, *, last: bool = False) -> str:
    """Return *typed* as a year, a month or a day of ISO 8601, or as it is where it is no date.

    A Hijri year or month has no such writing: it becomes its first day, or its *last*.
    """
    parts = _parts(fold(_CONTROLS.sub("", typed)).strip())
    if parts is None:
        return typed
    if parts.is_hijri:
        return _gregorian(parts, last=last) or typed
    written = f"{parts.year:04}"
    for part in (parts.month, parts.day):
        written += f"-{part:02}" if part else ""
    return written


def _parts(text: str) -> _Parts | None:
    pieces = [piece.strip() for piece in _PIECE.findall(text)]
    pieces = [piece for piece in pieces if piece not in _ERAS]
    names = [piece for piece in pieces if not piece.isdigit()]
    numbers = [piece for piece in pieces if piece.isdigit()]
    if len(names) > 1 or len(pieces) > 3 or not numbers or any(len(number) > 4 for number in numbers):
        return None
    [year, *more_years] = [number for number in numbers if len(number) == 4] or [""]
    if not year or more_years:
        return None
    others = [int(number) for number in numbers if number != year]
    is_hijri = int(year) in _HIJRI_YEARS
    if names:
        month = _month(names[0], is_hijri=is_hijri)
        return _Parts(int(year), month, others[0] if others else 0, is_hijri) if month and len(others) <= 1 else None
    if pieces[0] != year and pieces[-1] != year:
        return None
    month, day, *_ = [*(others if pieces[0] == year else others[::-1]), 0, 0]
    return _Parts(int(year), month, day, is_hijri)


def _month(name: str, *, is_hijri: bool) -> int:
    """Return the number of the month that is called *name*, 0 if none is."""
    return (_HIJRI_MONTHS if is_hijri else _gregorian_months()).get(name, 0)


@cache
def _gregorian_months() -> dict[str, int]:
    names: dict[str, int] = {}
    for locale in _LOCALES:
        for width in ("wide", "abbreviated"):
            names |= {fold(name).lower(): month for month, name in get_month_names(width, locale=locale).items()}
    return names


def _gregorian(parts: _Parts, *, last: bool) -> str:
    """Return the first or the *last* day of a Hijri year, month or day; nothing if there is no such one."""
    try:
        month = parts.month or (12 if last else 1)
        day = parts.day or (Hijri(parts.year, month, 1).month_length() if last else 1)
        return Hijri(parts.year, month, day).to_gregorian().isoformat()
    except (ValueError, OverflowError):
        return ""
