"""Names of authors out of what stands for them: bylines, addresses of e-mail, and what programs write."""

from __future__ import annotations

import functools
import html
import re

__all__ = ["author_name", "is_placeholder", "match_byline", "named_title"]

_MARKS = "[\u064b-\u0652\u0670\u0640]*"
_SEPARATORS = r"\s*[:/|–—\-]+\s*"


def _loose(word: str) -> str:
    """Return a pattern of *word* with any vowel marks."""
    return "".join(re.escape(letter) + _MARKS for letter in word)


_VERBS = "|".join(_loose(word) for word in ("كتب", "كتبت", "كتبه", "كتبته", "كتبها", "بقلم", "يكتبه", "يكتبها"))
_NOUNS = "|".join(
    _loose(word)
    for word in (
        "إعداد", "اعداد", "تقرير", "تحرير", "حوار", "ترجمة", "متابعة", "تحقيق", "الكاتب", "الكاتبة", "المؤلف",
        "المؤلفة", "المحرر", "المحررة", "المراسل",
    )
)  # fmt: skip
_PASSIVE = rf"{_loose('كتب')}\s+{_loose('بواسطة')}|{_loose('بواسطة')}"
_ENGLISH = r"(?:written|posted|published)\s+by|by"
_ADDRESS = r"[^\s<>()@,;،]+@[^\s<>()@,;،]+"
_ADDRESS_FIRST = re.compile(rf"(?:mailto:)?{_ADDRESS}\s*\(([^()]*)\)")
_ADDRESS_LAST = re.compile(rf"<?(?:mailto:)?{_ADDRESS}>?")
_PLACEHOLDERS = frozenset(
    (
        "anonymous", "unknown", "untitled", "no name", "author", "user", "owner", "admin", "administrator", "root",
        "python-docx", "microsoft office user", "microsoft account", "windows user", "your name", "title", "document",
        "unspecified", "n/a", "none", "null", "مجهول", "غير معروف", "بدون عنوان", "بلا عنوان", "المستخدم", "مستند",
        "new document", "powerpoint presentation", "blank", "reportlab", "openpyxl", "libreoffice", "apache poi",
    )
)  # fmt: skip
_NUMBERED = re.compile(r"(?:document|doc|untitled|مستند|book|presentation|user|pc|hp)[\s_-]*\d*", re.I)
_OF_A_PROGRAM = re.compile(r"(?:microsoft word|microsoft powerpoint|print)\s*-\s*", re.I)
_FILE_NAME = re.compile(r"\S+\.(?:docx?|odt|rtf|pdf|indd|qxd|qxp|pmd|cdr|ai|txt|html?|pub|p65)", re.I)


@functools.cache  # compiled when an author is met: it takes longer than all else of this module
def _byline() -> re.Pattern[str]:
    return re.compile(
        r"[\s\u200e\u200f\u061c]*"
        rf"(?:(?:(?:{_PASSIVE}|{_VERBS}|{_ENGLISH})(?:{_SEPARATORS}|\s+|$))|(?:(?:{_NOUNS}|author){_SEPARATORS}))",
        re.I,
    )


def match_byline(text: str) -> re.Match[str] | None:
    """Match the words that begin a byline, up to the name."""
    return _byline().match(text)


@functools.lru_cache(maxsize=4096)
def author_name(written: str) -> str:
    """Return the name in *written*, a value of a field for authors: without byline, address and markup; or nothing."""
    name = html.unescape(written) if "&" in written else written
    if "@" in name:
        name = _ADDRESS_LAST.sub(" ", _ADDRESS_FIRST.sub(r"\1", name))
    while match := match_byline(name):
        name = name[match.end() :]
    name = " ".join(name.partition("|")[0].split()).strip(' :/-–—,،;<>()"')
    return "" if name.isdecimal() or "://" in name else name


def is_placeholder(value: str) -> bool:
    """Whether *value* is what programs write into the metadata of a document if nobody writes anything."""
    value = " ".join(value.split()).lower().strip("()[]<>")
    return not value or value in _PLACEHOLDERS or _NUMBERED.fullmatch(value) is not None


def named_title(value: str) -> str:
    """Return the title in *value*, that of a document's metadata: none if it is a placeholder or the name of a file."""
    title = _OF_A_PROGRAM.sub("", " ".join(value.split()))
    return "" if is_placeholder(title) or _FILE_NAME.fullmatch(title) else title
