"""Numbers as people write them: digits of any script, with the Arabic signs; and months by their names."""

from __future__ import annotations

import math
import re

from arsearch.arabic.fold import fold

__all__ = ["GREGORIAN_MONTHS", "HIJRI_MONTHS", "NUMBER", "parse_number"]

NUMBER = r"[-+−]?\d[\d٬]*(?:[.٫]\d+)?"
"""How they are written, as a pattern."""

_SIGNS = str.maketrans({"٫": ".", "٬": None, "−": "-"})
_PLAIN = re.compile(r"[-+]?\d+(\.\d+)?([eE][-+]?\d+)?", re.ASCII)


def parse_number(text: str) -> int | float:
    """Return the number that *text* is. Raises ValueError if it is none, or not finite."""
    plain = fold(text.translate(_SIGNS)).strip()
    if not _PLAIN.fullmatch(plain):
        raise ValueError(f"{text[:80]!r} is no number")
    number = float(plain)
    if not math.isfinite(number):
        raise ValueError(f"{text[:80]!r} is too large")
    return int(plain) if plain.lstrip("+-").isdecimal() else number


_GREGORIAN_NAMES = (
    "يناير كانون_الثاني كانون_ثاني كانون_ثان كانون_2 كانون2 جانفي ينار january jan",
    "فبراير شباط فيفري فبرير february feb",
    "مارس آذار march mar",
    "أبريل نيسان أفريل april apr",
    "مايو أيار نوار ماي ماية may",
    "يونيو يونية يونيه حزيران جوان june jun",
    "يوليو يولية يوليه تموز جويلية يوليوز july jul",
    "أغسطس آب أوت غشت august aug",
    "سبتمبر أيلول شتنبر شتمبر september sept sep",
    "أكتوبر تشرين_الأول تشرين_أول تشرين_1 تشرين1 october oct",
    "نوفمبر تشرين_الثاني تشرين_ثاني تشرين_ثان تشرين_2 تشرين2 نونبر november nov",
    "ديسمبر كانون_الأول كانون_أول كانون_1 كانون1 دجنبر december dec",
)
_HIJRI_NAMES = (
    "محرم المحرم",
    "صفر",
    "ربيع_الأول ربيع_أول",
    "ربيع_الآخر ربيع_الثاني ربيع_ثاني ربيع_ثان ربيع_آخر",
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


GREGORIAN_MONTHS = _numbered(_GREGORIAN_NAMES)
"""The number of each month by its folded names: of Egypt and the Gulf, the Levant, the Maghreb, in English."""
HIJRI_MONTHS = _numbered(_HIJRI_NAMES)
"""The same of the Hijri months."""
