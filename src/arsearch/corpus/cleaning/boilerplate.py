"""The boilerplate of pages: lines that pages carry around their articles, known by their words; and bylines."""

from __future__ import annotations

import re

from arsearch.arabic.fold import fold
from arsearch.corpus.records.people import author_name

__all__ = ["boilerplate_of", "byline_author"]

# Whole lines, compared folded and without punctuation.
_LINES = """
menu | main menu | search | home | skip to content | skip to main content | exit mobile version | share | share this |
share this article | tweet | print | email | facebook | twitter | whatsapp | telegram | copy link | leave a reply |
cancel reply | leave a comment | post comment | load more | read more | loading | like this | related | related posts |
post navigation | previous post | next post | subscribe | follow us | back to top | close | advertisement |
your email address will not be published | required fields are marked | all rights reserved | accept cookies |
we use cookies to improve your experience | accept all cookies |
القائمة | القائمة الرئيسية | بحث | ابحث | الرئيسية | الصفحة الرئيسية | تخطي إلى المحتوى | انتقل إلى المحتوى | مشاركة |
شارك | شارك هذا | شارك المقال | شارك الخبر | شاركها | شارك على فيسبوك | شارك على تويتر | شارك على واتساب | فيسبوك |
تويتر | واتساب | تيليجرام | طباعة | طباعة الخبر | نسخ الرابط | انسخ الرابط | أرسل إلى صديق | بريد إلكتروني |
أترك رد | اترك رد | اترك ردا | أترك ردا | اترك تعليقا | أترك تعليقا | اترك تعليقك | أضف تعليقا | أضف تعليقك |
إلغاء الرد | التعليقات | لا توجد تعليقات | لن يتم نشر عنوان بريدك الإلكتروني | الحقول الإلزامية مشار إليها بـ | المزيد |
اقرأ المزيد | إقرأ المزيد | تحميل المزيد | اقرأ أيضا | إقرأ أيضا | اقرأوا أيضا | مواضيع ذات صلة | مقالات ذات صلة |
أخبار ذات صلة | موضوعات ذات صلة | المقال السابق | المقال التالي | الخبر السابق | الخبر التالي | تابعنا | تابعونا |
اشترك في النشرة البريدية | جميع الحقوق محفوظة | العودة إلى الأعلى | إعلان | قبول | موافق |
نستخدم ملفات تعريف الارتباط لتحسين تجربتك | أوافق على ملفات تعريف الارتباط
"""
# Beginnings of lines: what follows is the title of another article, a year, or the like.
_BEGINNINGS = """
اقرأ أيضا | إقرأ أيضا | اقرأ ايضا | طالع أيضا | شاهد أيضا | اقرأ المزيد | رابط الخبر | جميع الحقوق محفوظة |
حقوق النشر محفوظة |
لن يتم نشر عنوان بريدك | يستخدم هذا الموقع ملفات تعريف الارتباط | نستخدم ملفات تعريف الارتباط |
تابعونا على | تابعنا على |
all rights reserved | copyright © | read also | this site uses cookies | we use cookies | this website uses cookies
"""
_BEGINNING_WORDS = 25
_HEAD = 32
"""Characters of a line that are looked at first."""
_NOT_WORDS = re.compile(r"[\W_]+")
_BYLINE = re.compile(fold(r"(?:كُتب بواسطة|كتبه|كتبته|بقلم|كتبت?\s*[:/–—-])") + r"\s*[:/]?\s*(?=\S)")
_BYLINE_MAX_WORDS = 7


def line_key(line: str) -> str:
    """Return what is compared of *line*: its words, folded."""
    return _NOT_WORDS.sub(" ", fold(line)).strip()


def _keys(phrases: str) -> frozenset[str]:
    return frozenset(filter(None, map(line_key, phrases.split("|"))))


_KNOWN_LINES = _keys(_LINES)
_KNOWN_BEGINNINGS = tuple(sorted(_keys(_BEGINNINGS)))
_FIRST_WORDS = tuple({key.partition(" ")[0] for key in (*_KNOWN_LINES, *_KNOWN_BEGINNINGS)})


def boilerplate_of(line: str) -> str:
    """Return the known boilerplate that *line* is, or begins with, as it is compared; an empty text if it is none."""
    if len(line) > _HEAD:  # most lines of articles are told by their first word
        first, end, _ = _NOT_WORDS.sub(" ", fold(line[:_HEAD])).lstrip().partition(" ")
        if end and not first.startswith(_FIRST_WORDS):
            return ""
    key = line_key(line)
    if key in _KNOWN_LINES:
        return key
    if key.startswith(_KNOWN_BEGINNINGS) and key.count(" ") < _BEGINNING_WORDS:
        return next(beginning for beginning in _KNOWN_BEGINNINGS if key.startswith(beginning)) + " …"
    return ""


def byline_author(line: str) -> str:
    """Return the author that *line* names if it is a byline and nothing else, or an empty text."""
    words = line.split(None, _BYLINE_MAX_WORDS)  # one more than may be
    if not 0 < len(words) <= _BYLINE_MAX_WORDS:
        return ""
    return author_name(line) if _BYLINE.match(fold(line).lstrip()) else ""
