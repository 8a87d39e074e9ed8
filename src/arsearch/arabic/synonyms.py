"""The same thing by other names: months, abbreviations, names from abroad, percentages.

Lines are in Solr's format for synonyms. Months have three families of names: those of Egypt and the Gulf (from the
Latin), those of the Levant and Iraq (Syriac), those of the Maghreb (from the French). August is left out where its
Levantine name stands alone, because without its madda it is the word for father.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from importlib import resources

from arsearch.arabic.analyze import Token
from arsearch.arabic.fold import fold

__all__ = [
    "SAME_NAMES",
    "decimals",
    "names_of_countries",
    "names_of_people",
    "percentages",
    "plain_foreign_words",
    "well_known_names",
    "well_known_spellings",
]

_MONTHS = """
يناير, كانون الثاني, جانفي
فبراير, شباط, فيفري
مارس, آذار
أبريل, إبريل, نيسان, أفريل
مايو, أيار, ماي
يونيو, يونيه, حزيران, جوان
يوليو, يوليه, تموز, جويلية
أغسطس, شهر آب, آب أغسطس, آب الماضي, آب الجاري, آب المقبل, أوت, غشت
سبتمبر, أيلول, شتنبر
أكتوبر, تشرين الأول
نوفمبر, تشرين الثاني, نونبر
ديسمبر, كانون الأول, دجنبر
ربيع الآخر, ربيع الثاني
جمادى الأولى, جمادى الأول, جماد الأول
جمادى الآخرة, جمادى الثانية, جمادى الآخر, جمادى الثاني, جماد الثاني
محرم الحرام, شهر محرم
ذو القعدة, ذي القعدة
ذو الحجة, ذي الحجة
"""
_ABBREVIATIONS = """
د, دكتور, الدكتور, دكتورة, الدكتورة
م, مهندس, المهندس, مهندسة, المهندسة
أ, أستاذ, الأستاذ
أ د, الأستاذ الدكتور
الأمم المتحدة, UN, هيئة الأمم المتحدة
مجلس الأمن, مجلس الأمن الدولي
الاتحاد الأوروبي, EU
الولايات المتحدة, الولايات المتحدة الأمريكية, أمريكا, أميركا, USA
أمريكي, أميركي
الأمريكي, الأميركي
الأمريكية, الأميركية
المملكة المتحدة, بريطانيا, UK
مجلس التعاون الخليجي, مجلس التعاون لدول الخليج العربية
ق م, قبل الميلاد
كم, كيلومتر, كيلومترا
كلم, كيلومتر, كيلومترا
"""

_ORTHOGRAPHY = """
إن شاء الله, إنشاءالله, إن شاءالله, إنشاء الله
ما شاء الله, ماشاءالله, ماشاء الله
مئة, مائة, مية
مئتان, مائتان
مئتين, مائتين
مئات, مآت, مئآت
ثلاثمئة, ثلاثمائة, ثلاث مئة, ثلاث مائة
أربعمئة, أربعمائة, أربع مئة, أربع مائة
خمسمئة, خمسمائة, خمس مئة, خمس مائة
ستمئة, ستمائة, ست مئة
سبعمئة, سبعمائة, سبع مئة
ثمانمئة, ثمانمائة, ثماني مئة
تسعمئة, تسعمائة, تسع مئة
الرحمن, الرحمان
سماوات, سموات
إسماعيل, إسمعيل
إسحاق, إسحق
هارون, هرون
داود, داوود
طاوس, طاووس
زكاة, زكوة
صلاة, صلوة
ابن, بن
"""
_OTHER_NAMES = """
منظمة التحرير الفلسطينية, م ت ف
وكالة الأنباء السعودية, واس
المملكة العربية السعودية, السعودية, KSA
الإمارات العربية المتحدة, الإمارات, UAE
إنترنت, أنترنت, إنترنيت, نت
تلفزيون, تليفزيون, تلفاز
كمبيوتر, كومبيوتر, حاسوب
ديمقراطية, ديموقراطية
تكنولوجيا, تكنلوجيا, تقنية
بروتوكول, برتوكول
مليار, بليون
"""

SAME_NAMES = _MONTHS + _ABBREVIATIONS + _ORTHOGRAPHY + _OTHER_NAMES
_COMMENT = "#"


@cache
def well_known_names() -> tuple[str, ...]:
    """Return lines of names of places, people, companies and organisations from abroad, in Latin letters and in Arabic.

    The list, ``lexicon/well_known.txt``, is the project's own, kept by hand.
    """
    text = (resources.files("arsearch.arabic") / "lexicon" / "well_known.txt").read_text(encoding="utf-8")
    return tuple(line for line in text.splitlines() if line and not line.startswith(_COMMENT))


@cache
def well_known_spellings() -> dict[str, tuple[str, ...]]:
    """Return the Arabic spellings of well-known names by those in Latin letters, folded."""
    found: dict[str, tuple[str, ...]] = {}
    for line in well_known_names():
        names = [name.strip() for name in line.replace("=>", ",").split(",")]
        arabic = tuple(name for name in names if not name.isascii())
        for name in names:
            if name.isascii() and arabic:
                found[fold(name)] = arabic
    return found


@cache
def names_of_countries() -> dict[str, str]:
    """Return the Arabic names of countries, and of some cities, by those in Latin letters, folded.

    They are of Unicode's CLDR; ``training/world_names.py`` made the list.
    """
    text = (resources.files("arsearch.arabic") / "lexicon" / "world_names.tsv").read_text(encoding="utf-8")
    return dict(line.split("\t") for line in text.splitlines())


@cache
def names_of_people() -> dict[str, str]:
    """Return the Arabic names of people in Arab countries by those in Latin letters, all folded.

    They are parts of the names of people whom Wikidata has (CC0); ``training/people_names.py`` made the list.
    """
    text = (resources.files("arsearch.arabic") / "lexicon" / "people_names.tsv").read_text(encoding="utf-8")
    return dict(line.split("\t") for line in text.splitlines())


@cache
def plain_foreign_words() -> frozenset[str]:
    """Return common words of English and French, folded, that are no names.

    ``training/plain_words.py`` made the list.
    """
    text = (resources.files("arsearch.arabic") / "lexicon" / "plain_words.txt").read_text(encoding="utf-8")
    return frozenset(text.split())


_COMMAS = (",", "\u060c")
_DIGITS_BEHIND_A_COMMA = 2
"""Three are thousands."""
_THOUSANDS = 3
_YEARS = (1300, 2100)
"""Numbers that are years, which nobody writes with a point; Hijri ones too."""
_PERCENT_SIGNS = "%\u066a\ufe6a\uff05"
_PERCENT = tuple(
    tuple(fold(word) for word in words.split()) for words in ("بالمئة", "بالمائة", "في المئة", "في المائة")
)


def percentages(text: str, tokens: Sequence[Token]) -> Iterator[tuple[int, int, tuple[str, ...]]]:
    """Yield other ways to write the percentages among *tokens* of *text*: first and last token, and folded words.

    The sign may stand on either side of its number, in either script, or be spelled out.
    """
    folded_words = [token.folded for token in tokens]
    for place, token in enumerate(tokens):
        if not token.folded.replace(".", "").isdigit():
            continue
        spelled = next(
            (words for words in _PERCENT if tuple(folded_words[place + 1 : place + 1 + len(words)]) == words), ()
        )
        beside = text[token.end :].lstrip(" ")[:1] + text[: token.start].rstrip(" ")[-1:]
        if spelled or any(sign in beside for sign in _PERCENT_SIGNS):
            for words in _PERCENT:
                if words != spelled:
                    yield place, place + len(spelled), (token.folded, *words)


def decimals(text: str, tokens: Sequence[Token]) -> Iterator[tuple[int, int, tuple[str, ...]]]:
    """Yield the numbers among *tokens* of *text* with the other mark, a comma for a point and the reverse.

    As :func:`percentages` yields its own. With a comma and one or two digits behind it a number is two words; with a
    point and three it may be thousands, as the Maghreb writes them.
    """
    for place, token in enumerate(tokens):
        whole, point, fraction = token.folded.partition(".")
        if not whole.isdigit():
            continue
        if point and fraction.isdigit():
            if len(fraction) <= _DIGITS_BEHIND_A_COMMA:
                yield place, place, (whole, fraction)
            elif len(fraction) == _THOUSANDS and len(whole) <= _THOUSANDS and whole.strip("0"):
                yield place, place, (whole + fraction,)
            continue
        if not point and _THOUSANDS < len(whole) <= 2 * _THOUSANDS and not _YEARS[0] <= int(whole) <= _YEARS[1]:
            yield place, place, (f"{whole[:-_THOUSANDS]}.{whole[-_THOUSANDS:]}",)
        after = tokens[place + 1] if place + 1 < len(tokens) else None
        if (
            after is not None
            and not point
            and after.folded.isdigit()
            and len(after.folded) <= _DIGITS_BEHIND_A_COMMA
            and text[token.end : after.start] in _COMMAS
        ):
            yield place, place + 1, (f"{token.folded}.{after.folded}",)
