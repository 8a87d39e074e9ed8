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

__all__ = ["SAME_NAMES", "decimals", "names_of_countries", "names_of_people", "percentages", "plain_foreign_words"]

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
اليونسكو, يونسكو, UNESCO
اليونيسف, يونيسف, UNICEF
الفاو, FAO, منظمة الأغذية والزراعة
الناتو, ناتو, NATO, حلف شمال الأطلسي, الحلف الأطلسي
أوبك, OPEC, منظمة الدول المصدرة للنفط
الاتحاد الأوروبي, EU
الولايات المتحدة, الولايات المتحدة الأمريكية, أمريكا, أميركا, USA
أمريكي, أميركي
الأمريكي, الأميركي
الأمريكية, الأميركية
المملكة المتحدة, بريطانيا, UK
منظمة الصحة العالمية, WHO
صندوق النقد الدولي, IMF
مجلس التعاون الخليجي, مجلس التعاون لدول الخليج العربية
ق م, قبل الميلاد
كم, كيلومتر, كيلومترا
كلم, كيلومتر, كيلومترا
"""
_NAMES_FROM_ABROAD = """
غوتيريش, جوتيريش, غوتيريس, جوتيريس, قوتيريش
إنجلترا, إنكلترا, انغلترا
إنجليزي, إنكليزي, انغليزي
الإنجليزية, الإنكليزية, الانغليزية
غوغل, جوجل, قوقل, Google
فيسبوك, فيس بوك, فايسبوك, Facebook
تويتر, Twitter
يوتيوب, Youtube
واتساب, واتس اب, WhatsApp
ترامب, ترمب
أوباما, Obama
بلغراد, بلجراد
هونغ كونغ, هونج كونج
شنغهاي, شنجهاي
بنغلاديش, بنجلاديش, بنغلادش
كازاخستان, قازاخستان, كزاخستان
غرينتش, جرينتش
سنغافورة, سنجافورة
بكين, بيجين
هامبورغ, هامبورج
إدنبره, أدنبرة
فرانكفورت, فرنكفورت
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
_WORLD = """
نتنياهو, نتانياهو, Netanyahu
بوتين, Putin
أردوغان, أردوجان, إردوغان, Erdogan
ماكرون, Macron
ميركل, مركل, Merkel
بايدن, بايدين, Biden
ساركوزي, سركوزي, Sarkozy
كلينتون, كلنتون, Clinton
زيلينسكي, زيلنسكي
كوشنر, كوشنير
مايكروسوفت, ميكروسوفت, Microsoft
آبل, أبل, Apple
أمازون, Amazon
سامسونغ, سامسونج, Samsung
إنستغرام, إنستجرام, إنستقرام, Instagram
تلغرام, تليغرام, تيليغرام, تلجرام, Telegram
تيك توك, تيكتوك, TikTok
سناب شات, سنابشات, Snapchat
لينكد إن, لينكدإن, LinkedIn
نتفليكس, نتفلكس, Netflix
ويكيبيديا, ويكبيديا, Wikipedia
ياهو, Yahoo
نوكيا, Nokia
سوني, Sony
هواوي, Huawei
إنتل, Intel
أوراكل, Oracle
ويندوز, Windows
آيفون, أيفون, iPhone
آيباد, أيباد, iPad
أندرويد, Android
تويوتا, Toyota
هيونداي, هيونداي, Hyundai
مرسيدس, مرسيدس بنز, Mercedes
بوينغ, بوينج, Boeing
إيرباص, إيرباس, Airbus
أرامكو, Aramco
سابك, SABIC
الناسا, ناسا, NASA
إيسيسكو, الإيسيسكو, ISESCO
الفيفا, فيفا, FIFA, الاتحاد الدولي لكرة القدم
اليويفا, يويفا, UEFA
الأونروا, أونروا, UNRWA
داعش, ISIS, تنظيم الدولة الإسلامية
حماس, حركة المقاومة الإسلامية
منظمة التحرير الفلسطينية, م ت ف
وكالة الأنباء السعودية, واس
وكالة الصحافة الفرنسية, فرانس برس, أ ف ب, AFP
رويترز, Reuters
البنك الدولي, World Bank
بي بي سي, BBC
سي إن إن, CNN
منظمة التجارة العالمية, WTO
وكالة الطاقة الذرية, الوكالة الدولية للطاقة الذرية, IAEA
المملكة العربية السعودية, السعودية, KSA
الإمارات العربية المتحدة, الإمارات, UAE
جنوب أفريقيا, جنوب إفريقيا
هنغاريا, هنجاريا, المجر
هولندا, هولنده, هولاندا
إسبانيا, أسبانيا
النمسا, Austria
كوريا, كورية
كورونا, كرونا, كوفيد
إنترنت, أنترنت, إنترنيت, نت
تلفزيون, تليفزيون, تلفاز
كمبيوتر, كومبيوتر, حاسوب
ديمقراطية, ديموقراطية
تكنولوجيا, تكنلوجيا, تقنية
بروتوكول, برتوكول
مليار, بليون
ريال مدريد, الريال
برشلونة, البرشا
لوس أنجلوس, لوس أنجليس, لوس أنجيليس
نيويورك, New York
واشنطن, Washington
لندن, London
باريس, Paris
موسكو, Moscow
طوكيو, توكيو, Tokyo
كابول, كابل
طهران, Tehran
"""

SAME_NAMES = _MONTHS + _ABBREVIATIONS + _NAMES_FROM_ABROAD + _ORTHOGRAPHY + _WORLD


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
    """Yield the decimals among *tokens* of *text* with the other mark, a comma for a point and the reverse.

    As :func:`percentages` yields its own. With a comma and one or two digits behind it a number is two words.
    """
    for place, token in enumerate(tokens):
        whole, point, fraction = token.folded.partition(".")
        if point and whole.isdigit() and fraction.isdigit() and len(fraction) <= _DIGITS_BEHIND_A_COMMA:
            yield place, place, (whole, fraction)
            continue
        after = tokens[place + 1] if place + 1 < len(tokens) else None
        if (
            after is not None
            and token.folded.isdigit()
            and after.folded.isdigit()
            and len(after.folded) <= _DIGITS_BEHIND_A_COMMA
            and text[token.end : after.start] in _COMMAS
        ):
            yield place, place + 1, (f"{token.folded}.{after.folded}",)
