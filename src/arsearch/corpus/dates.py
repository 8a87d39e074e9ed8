"""Dates as newspapers write them, in Arabic prose and in metadata, become ISO 8601 dates.

Gregorian months are known by the three families of Arabic names (Egypt and the Gulf, the Levant and Iraq, the Maghreb)
and in English; Hijri months are converted by the Umm al-Qura calendar. Of numbers alone the day comes first, as
everywhere in the Arab world, unless the year does. Of a date given in both calendars the Gregorian one counts.
"""

from __future__ import annotations

import datetime
import re
from email.utils import parsedate_to_datetime

from arsearch.arabic.fold import fold

__all__ = ["find_date", "parse_date"]

_YEAR_OR_MONTH = re.compile(r"\d{4}(-(0[1-9]|1[0-2]))?", re.ASCII)  # ISO 8601 of reduced precision
_EPOCH_SECONDS = re.compile(r"\d{9,10}|\d{13}", re.ASCII)

_GREGORIAN_MONTHS = (
    "يناير كانون_الثاني جانفي january jan",
    "فبراير شباط فيفري february feb",
    "مارس آذار march mar",
    "أبريل نيسان أفريل نيسان april apr",
    "مايو أيار ماي may",
    "يونيو يونية حزيران جوان june jun",
    "يوليو يولية تموز جويلية يوليوز july jul",
    "أغسطس آب أوت غشت august aug",
    "سبتمبر أيلول شتنبر september sept sep",
    "أكتوبر تشرين_الأول october oct",
    "نوفمبر تشرين_الثاني نونبر november nov",
    "ديسمبر كانون_الأول دجنبر december dec",
)
_HIJRI_MONTHS = (
    "محرم المحرم",
    "صفر",
    "ربيع_الأول",
    "ربيع_الآخر ربيع_الثاني",
    "جمادى_الأولى جمادى_الأول",
    "جمادى_الآخرة جمادى_الثانية جمادى_الآخر جمادى_الثاني",
    "رجب",
    "شعبان",
    "رمضان",
    "شوال",
    "ذو_القعدة ذي_القعدة",
    "ذو_الحجة ذي_الحجة",
)


def _numbered(months: tuple[str, ...]) -> dict[str, int]:
    return {fold(name.replace("_", " ")): number for number, names in enumerate(months, 1) for name in names.split()}


_GREGORIAN = _numbered(_GREGORIAN_MONTHS)
_HIJRI = _numbered(_HIJRI_MONTHS)
_HIJRI_YEARS = range(1300, 1500)
_YEARS = range(1800, 2200)


def _names(months: dict[str, int]) -> str:
    return "|".join(re.escape(name).replace(r"\ ", r"\s+") for name in sorted(months, key=len, reverse=True))


_MONTH = rf"(?P<month>{_names(_GREGORIAN | _HIJRI)})"
# The article of a day may stand apart from it or be drawn out by tatweel, which folding removes.
_DAY_MONTH = re.compile(
    rf"(?<!\d)(?P<day>\d{{1,2}})(?:st|nd|rd|th)?[\s,-]*(?:من\s+)?(?:شهر\s+)?{_MONTH}(?!\w)"
    rf"(?:\s*[/(-]\s*(?:{_names(_GREGORIAN)})(?!\w)\)?)?"
    r"[\s,،-]*(?:من\s+)?(?:(?:ال)?(?:عام|سنه)\s+)?(?P<year>\d{4})?(?!\d)"
)
_MONTH_DAY = re.compile(rf"(?<!\w){_MONTH}\.?\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<year>\d{{4}})(?!\d)")
_NUMBERS = re.compile(
    r"(?<![\d./-])(?:(?P<year>\d{4})(?P<s>[-/.])(?P<month>\d{1,2})(?P=s)(?P<day>\d{1,2})"
    r"|(?P<day2>\d{1,2})(?P<t>[-/.])(?P<month2>\d{1,2})(?P=t)(?P<year2>\d{4}))(?![\d-])"
)


def parse_date(text: str) -> str:
    """Return the date that *text*, a field of metadata, gives, or an empty text.

    ISO 8601 keeps its time and its reduced precision (a year, a month); so do e-mail dates and seconds since 1970.
    """
    text = text.strip()
    if _YEAR_OR_MONTH.fullmatch(text):
        return text
    try:
        moment = datetime.datetime.fromisoformat(text)
    except ValueError:
        return _other_moment(text) or find_date(text)
    day = moment.date().isoformat()
    if moment.year in _HIJRI_YEARS:
        return find_date(text[:10])
    if text.startswith(day):
        return text
    return moment.isoformat() if len(text) > len(day) else day


def find_date(text: str, *, year: int | None = None) -> str:
    """Return the first date in *text*, running Arabic or English prose, as ``YYYY-MM-DD``, or an empty text.

    A day and a month without a year count only if *year*, the year the text is from, is given.
    """
    folded = fold(text)
    hijri = ""
    found = [*_DAY_MONTH.finditer(folded), *_MONTH_DAY.finditer(folded), *_NUMBERS.finditer(folded)]
    for match in sorted(found, key=lambda match: match.start()):
        date, is_hijri = _date(match.groupdict(), year)
        if date and not is_hijri:
            return date
        hijri = hijri or date
    return hijri


def _date(parts: dict[str, str | None], default_year: int | None) -> tuple[str, bool]:
    """Return the ISO date of a match, or nothing, and whether it was Hijri."""
    month = parts["month"] or parts.get("month2") or ""
    written = parts["year"] or parts.get("year2")
    year = int(written) if written else default_year
    day = int(parts["day"] or parts.get("day2") or 0)
    name = " ".join(month.split())
    is_hijri = name in _HIJRI or (month.isdigit() and year in _HIJRI_YEARS)
    number = _HIJRI.get(name) or _GREGORIAN.get(name) or (int(month) if month.isdigit() else 0)
    if year is None or (name in _HIJRI and year not in _HIJRI_YEARS) or not (is_hijri or year in _YEARS):
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
