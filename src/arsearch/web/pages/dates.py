"""Dates in the reader's words: how long ago, and the full date by both calendars."""

from __future__ import annotations

import datetime
from functools import lru_cache

from babel.dates import format_date
from flask_babel import gettext, ngettext
from hijridate import Gregorian

from arsearch.web.pages.numerals import with_digits
from arsearch.web.pages.preferences import Preferences

__all__ = ["date_in_words", "full_date", "plain_date"]

_ARABIC = {"long": "d MMMM y", "full": "EEEE، d MMMM y", "month": "MMMM y"}
_MONTHS = {"egypt": "ar_EG", "levant": "ar_LB", "maghreb": "ar_TN", "morocco": "ar_MA"}
"""Where months are called so."""
_DAYS_AGO = 30
_DAYS_OF_A_WEEK = 7


@lru_cache(maxsize=4096)
def date_in_words(date: str, today: datetime.date, reader: Preferences) -> str:
    """Write an ISO 8601 date, or its year or month alone: ``منذ ٣ أيام`` within a month, else ``21 يوليو 2015``.

    *reader* is the one whose request is answered: the words are in the language that Flask-Babel has for it.
    """
    day = _day(date)
    if day is None:
        return plain_date(date, reader)
    days = (today - day).days
    if days == 0:
        return str(gettext("today"))
    if days == 1:
        return str(gettext("yesterday"))
    if 1 < days < _DAYS_AGO:
        weeks, rest = divmod(days, _DAYS_OF_A_WEEK)
        if weeks and not rest:
            shown = with_digits(str(weeks), reader)
            return str(ngettext("%(shown)s week ago", "%(shown)s weeks ago", weeks, shown=shown))
        shown = with_digits(str(days), reader)
        return str(ngettext("%(shown)s day ago", "%(shown)s days ago", days, shown=shown))
    return plain_date(date, reader)


@lru_cache(maxsize=4096)
def plain_date(date: str, reader: Preferences) -> str:
    """Write an ISO 8601 date, or its year or month alone: ``21 يوليو 2015``; what is no date is left as it is."""
    day = _day(date)
    if day is None:
        return _without_day(date, reader)
    return with_digits(_in_words(day, "long", reader), reader)


@lru_cache(maxsize=4096)
def full_date(date: str, reader: Preferences) -> str:
    """Write an ISO 8601 date with its weekday, and the Hijri date where the Umm al-Qura calendar reaches (1924-2077).

    What is not a whole date is written as far as it goes. *reader* as for date_in_words.
    """
    day = _day(date)
    if day is None:
        return plain_date(date, reader)
    written = with_digits(_in_words(day, "full", reader), reader)
    try:
        hijri = Gregorian(day.year, day.month, day.day).to_hijri()
    except OverflowError:
        return written
    in_hijri = f"{hijri.day} {hijri.month_name('ar' if reader.language == 'ar' else 'en')} {hijri.year}"
    return str(gettext("%(gregorian)s (%(hijri)s AH)", gregorian=written, hijri=with_digits(in_hijri, reader)))


def _without_day(date: str, reader: Preferences) -> str:
    """Write a year or a month alone; what is no date at all is left as it is."""
    try:
        month = datetime.date.fromisoformat(f"{date}-01") if len(date) == len("2015-07") else None
    except ValueError:
        month = None
    return with_digits(_in_words(month, "month", reader) if month else date, reader)


def _in_words(day: datetime.date, form: str, reader: Preferences) -> str:
    """Write a date in words; Arabic has four families of names for months."""
    if reader.language != "ar":
        return format_date(day, "MMMM y" if form == "month" else form, locale=reader.language)
    return format_date(day, _ARABIC[form], locale=_MONTHS[reader.months])


def _day(date: str) -> datetime.date | None:
    try:
        return datetime.datetime.fromisoformat(date).date() if len(date) > len("2015-07") else None
    except ValueError:
        return None
