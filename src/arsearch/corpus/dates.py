"""Dates as newspapers write them, in Arabic prose and in metadata, become ISO 8601 dates.

Gregorian months are known by the three families of Arabic names (Egypt and the Gulf, the Levant and Iraq, the Maghreb)
and in English; Hijri months are converted by the Umm al-Qura calendar. Of numbers alone the day comes first, as
everywhere in the Arab world, unless the year does; years of two digits count where one order alone makes a date, or
where it is said which. Of a date given in both calendars the Gregorian one counts.
"""

from __future__ import annotations

import datetime
import re
from contextlib import suppress
from email.utils import parsedate_to_datetime
from functools import cache

from arsearch.arabic.fold import fold
from arsearch.arabic.numbers import GREGORIAN_MONTHS, HIJRI_MONTHS
from arsearch.common.hijri import HIJRI_YEARS

__all__ = ["find_date", "parse_date"]

_YEAR_OR_MONTH = re.compile(r"\d{4}(-(0[1-9]|1[0-2]))?", re.ASCII)  # ISO 8601 of reduced precision
_EPOCH_SECONDS = re.compile(r"\d{9,10}|\d{13}", re.ASCII)

_UNITS = ["الأول", "الثاني", "الثالث", "الرابع", "الخامس", "السادس", "السابع", "الثامن", "التاسع", "العاشر"]
_ORDINALS = {
    fold(name): day
    for day, name in [
        *enumerate(_UNITS, 1),
        *((10 + n, f"{unit} عشر") for n, unit in enumerate(["الحادي", *_UNITS[1:9]], 1)),
        (20, "العشرين"), (20, "العشرون"), (30, "الثلاثين"), (30, "الثلاثون"), (1, "الفاتح"), (1, "مطلع"), (1, "غرة"),
        *((20 + n, f"{unit} والعشرين") for n, unit in enumerate(["الحادي", *_UNITS[1:9]], 1)),
        *((20 + n, f"{unit} والعشرون") for n, unit in enumerate(["الحادي", *_UNITS[1:9]], 1)),
        (31, "الحادي والثلاثين"), (31, "الحادي والثلاثون"),
    ]
}  # fmt: skip
"""Days in words: "الأول من آذار"."""
_MONTHS = 12
_YEARS = range(1800, 2200)


def _names(months: dict[str, int]) -> str:
    return "|".join(re.escape(name).replace(r"\ ", r"\s+") for name in sorted(months, key=len, reverse=True))


_MONTH = rf"(?P<month>{_names(GREGORIAN_MONTHS | HIJRI_MONTHS)})"
_SHORT = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{1,2})(?:[\s,،].*)?", re.ASCII | re.DOTALL)
_TODAY_CENTURY = 69  # as in POSIX: 00 to 68 are of this century
_NUMBERS = re.compile(
    r"(?<![\d./-])(?:(?P<year>\d{4})(?P<s>[-/.]|\s[-/]\s)(?P<month>\d{1,2})(?P=s)(?P<day>\d{1,2})"
    r"|(?P<day2>\d{1,2})(?P<t>[-/.]|\s[-/]\s)(?P<month2>\d{1,2})(?P=t)(?P<year2>\d{4}))(?![\d-])"
)


@cache  # each of these takes longer to compile than all else of this module, and most dates are ISO 8601
def _day_month() -> re.Pattern[str]:
    # The article of a day may stand apart from it or be drawn out by tatweel, which folding removes.
    return re.compile(
        rf"(?:(?<!\d)(?P<day>\d{{1,2}})(?:st|nd|rd|th)?[\s,-]*|(?<!\w)(?:ال)?(?P<ordinal>{_names(_ORDINALS)})\s+)"
        rf"(?:من\s+)?(?:شهر\s+)?{_MONTH}(?!\w)"
        rf"(?:\s*[/(،-]\s*(?:{_names(GREGORIAN_MONTHS)})(?!\w)\s*\)?)?"
        r"[\s,،-]*(?:من\s+)?(?:(?:ال)?(?:عام|سنه)\s+)?(?P<year>\d{4})?(?!\d)"
    )


@cache
def _month_day() -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){_MONTH}\.?\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<year>\d{{4}})(?!\d)")


@cache
def _month_year() -> re.Pattern[str]:
    month = _names(GREGORIAN_MONTHS)
    return re.compile(
        rf"(?:شهر\s+)?(?P<month>{month})(?:\s*[/(-]\s*(?:{month})\s*\)?)?"
        r"[\s,،-]+(?:(?:عام|سنه)\s+)?(?P<year>\d{4})\s*م?"
    )


def parse_date(text: str, *, order: str = "") -> str:
    """Return the date that *text*, a field of metadata, gives, or an empty text.

    ISO 8601 keeps its time and its reduced precision (a year, a month); so do e-mail dates and seconds since 1970. In a
    date of numbers that do not show it, *order* (``dmy``, ``mdy``, ``ymd``) says which is which.
    """
    text = text.strip()
    if not text:
        return ""
    if _YEAR_OR_MONTH.fullmatch(text):
        return text
    try:
        moment = datetime.datetime.fromisoformat(text)
    except ValueError:
        return _other_moment(text) or find_date(text, order=order) or _month_of(text) or _short(text, order)
    day = moment.date().isoformat()
    if moment.year in HIJRI_YEARS:
        return find_date(text[:10])
    if text.startswith(day):
        return text
    return moment.isoformat() if len(text) > len(day) else day


def _month_of(text: str) -> str:
    match = _month_year().fullmatch(fold(text).strip())
    if match is None or int(match["year"]) not in _YEARS:
        return ""
    return f"{match['year']}-{GREGORIAN_MONTHS[' '.join(match['month'].split())]:02d}"


def _short(text: str, order: str) -> str:
    """Return the date of numbers with a year of two digits, if *order* or the numbers themselves say which is which."""
    match = _SHORT.fullmatch(fold(text).strip())
    if match is None:
        return ""
    numbers = [int(match[group]) for group in (1, 3, 4)]
    found = set()
    for one in (order,) if order else ("dmy", "mdy", "ymd"):
        parts = dict(zip(one, numbers, strict=True))
        year = parts["y"] + (2000 if parts["y"] < _TODAY_CENTURY else 1900)
        with suppress(ValueError):
            found.add(datetime.date(year, parts["m"], parts["d"]).isoformat())
    return found.pop() if len(found) == 1 else ""


def find_date(text: str, *, year: int | None = None, order: str = "") -> str:
    """Return the first date in *text*, running Arabic or English prose, as ``YYYY-MM-DD``, or an empty text.

    A day and a month without a year count only if *year*, the year the text is from, is given. With *order* ``mdy`` the
    month comes first in numbers that may be either.
    """
    folded = fold(text)
    hijri = ""
    found = [*_day_month().finditer(folded), *_month_day().finditer(folded), *_NUMBERS.finditer(folded)]
    for match in sorted(found, key=lambda match: match.start()):
        date, is_hijri = _date(match.groupdict(), year, month_first=order == "mdy")
        if date and not is_hijri:
            return date
        hijri = hijri or date
    return hijri


def _date(parts: dict[str, str | None], default_year: int | None, *, month_first: bool = False) -> tuple[str, bool]:
    """Return the ISO date of a match, or nothing, and whether it was Hijri."""
    month = parts["month"] or parts.get("month2") or ""
    written = parts["year"] or parts.get("year2")
    year = int(written) if written else default_year
    day = int(parts["day"] or parts.get("day2") or _ORDINALS.get(" ".join((parts.get("ordinal") or "").split()), 0))
    if month_first and parts.get("month2") and day <= _MONTHS:
        day, month = int(month), str(day)
    name = " ".join(month.split())
    is_hijri = name in HIJRI_MONTHS or (month.isdigit() and year in HIJRI_YEARS)
    number = HIJRI_MONTHS.get(name) or GREGORIAN_MONTHS.get(name) or (int(month) if month.isdigit() else 0)
    if year is None or (name in HIJRI_MONTHS and year not in HIJRI_YEARS) or not (is_hijri or year in _YEARS):
        return "", False
    try:
        if is_hijri:
            # Imported here: few corpora have Hijri dates alone.
            from hijridate import Hijri

            return Hijri(year, number, day).to_gregorian().isoformat(), True
        return datetime.date(year, number, day).isoformat(), False
    except (ValueError, OverflowError):
        return "", False


def _other_moment(text: str) -> str:
    """Return the moment of an e-mail date, or of seconds or milliseconds since 1970."""
    if _EPOCH_SECONDS.fullmatch(text):
        seconds = int(text) / (1000 if len(text) == 13 else 1)
        return datetime.datetime.fromtimestamp(seconds, datetime.UTC).isoformat(timespec="seconds")
    try:
        return parsedate_to_datetime(text).isoformat()
    except (ValueError, TypeError, IndexError, OverflowError):
        return ""
