"""What a page writes for people about its article: when it was published, and by whom.

Such lines are short, stand near the headline, and are told from others by their label, their class, or by having
nothing but a date in them. A year in a sentence, in a copyright notice or in today's date at the top is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from arsearch.arabic.fold import fold
from arsearch.corpus.dates import find_date, parse_date
from arsearch.corpus.records.people import author_name, match_byline

__all__ = ["PageLines", "date_of_url", "read_lines"]

_OUTSIDE = frozenset(
    ("nav", "footer", "aside", "form", "script", "style", "noscript", "template", "svg", "select", "button")
)
_OUTSIDE_NAMES = re.compile(
    r"(?:^|[\s_-])(?:comments?|respond|related|sidebar|side-?bar|ticker|today|current-?date|clock|weather|menu|navbar|"
    r"footer|foot|copyright|breadcrumbs?|widget|most-?read|popular|latest|recent|recommended|readmore|read-more|"
    r"advert|ads?|cookie|newsletter|subscribe|share|social)(?:$|[\s_-])",
    re.I,
)
_DATE_NAMES = re.compile(
    r"(?:^|[\s_-])(?:date|time|published|publish|pubdate|posted|postdate|dt|timestamp|dateline)(?:$|[\s_-])", re.I
)
_UPDATED_NAMES = re.compile(r"updated|modified", re.I)
_AUTHOR_NAMES = re.compile(
    r"(?:^|[\s_-])(?:author|byline|by|writer|katib|editor-name|reporter|kateb)(?:$|[\s_-])", re.I
)
_PUBLISHED = re.compile(fold(r"نشر|النشر|بتاريخ|التاريخ|تاريخ الإضافة|كتب في|أضيف|حرر في") + r"|publish|posted|date:")
_UPDATED = re.compile(fold(r"تحديث|حدث|عدل|تعديل") + r"|updat|modif|edited")
_IN_URL = re.compile(r"(?:^|[/_-])((?:19|20)\d\d)[/_-](0?[1-9]|1[0-2])(?:[/_-](0?[1-9]|[12]\d|3[01]))?(?=[/_-]|$)")
_SEPARATORS = re.compile(r"\s*[|•·●]\s*|\s+[-–—]\s+")
_NOT_OF_A_DATE = re.compile(r"[^\W\d_]{2,}")
_DATE_WORDS = frozenset(
    fold(
        "الأحد الاثنين الإثنين الثلاثاء الأربعاء الخميس الجمعة السبت يوم صباحا صباحًا مساء مساءً ظهرا هـ م ص الساعة "
        "الموافق من عام سنة بتوقيت غرينتش مكة المكرمة القاهرة نشر في تم النشر بتاريخ تاريخ التاريخ منذ الـ"
    ).split()
) | {
    "am",
    "pm",
    "gmt",
    "utc",
    "sunday",
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "published",
    "on",
}
_LINE_CHARACTERS = 160
_TEXT_CHARACTERS = 80
"""A line this long begins the text."""
_BYLINE_WORDS = 8
_OTHER_WORDS = 3
"""Words besides a date that a line of nothing but a date may have, such as the name of a town."""
_BOXES = 2
_NEAR = 40
"""Lines before and after the headline among which one without a label counts."""
_LONG_CHARACTERS = 240
"""A line this long is of the article itself."""


class _Line(NamedTuple):
    text: str
    names: str
    """The classes, the id and the property of its element and of those around it."""
    own_names: str
    time: str
    """What its element says for machines."""
    tag: str
    beside_headline: bool
    """Whether it stands in one box with the headline."""


class PageLines(NamedTuple):
    """What was found, with what it was found in; empty where there is none."""

    date: str = ""
    date_from: str = ""
    date_is_marked: bool = False
    """Whether markup says that it is a date, and not the words of a line."""
    author: str = ""
    author_from: str = ""


def read_lines(tree: Any) -> PageLines:
    """Return when the article of the page *tree* was published and who wrote it, as its lines say."""
    lines = list(_lines(tree))
    headline = next((number for number, line in enumerate(lines) if line.tag == "h1"), -1)
    date = _date(lines, headline)
    author = _author(lines, headline)
    return PageLines(*(date or ("", "", False)), *(author or ("", "")))


def date_of_url(url: str) -> str:
    """Return the day or the month that the path of *url* names, or an empty text."""
    path = url.partition("://")[2].partition("/")[2] or url
    match = _IN_URL.search(path.partition("?")[0])
    return parse_date("-".join(part.zfill(2) for part in match.groups() if part)) if match else ""


def _lines(tree: Any) -> Iterator[_Line]:
    """Yield the elements with a text of their own, in their order, but for those outside of the article."""
    headline = next(tree.iter("h1"), None)
    boxes = [] if headline is None else [*headline.iterancestors()][:_BOXES]
    beside = {box for box in boxes if box.tag not in ("body", "html")}
    stack: list[tuple[Any, str, bool, bool]] = [(tree, "", False, False)]
    while stack:
        element, around, in_article, in_box = stack.pop()
        tag = element.tag if isinstance(element.tag, str) else ""
        if not tag or tag in _OUTSIDE:
            continue
        own = " ".join(
            filter(None, (element.get("class"), element.get("id"), element.get("itemprop"), element.get("rel")))
        )
        if own and _OUTSIDE_NAMES.search(own) and tag not in ("body", "main", "article", "html"):
            continue
        if tag == "header" and not in_article and element.find(".//nav") is not None:
            continue
        in_article = in_article or tag in ("article", "main")
        in_box = in_box or element in beside
        names = f"{around} {own}"[-300:] if own else around
        children = [child for child in element if isinstance(child.tag, str)]
        time = element.get("datetime") or (element.get("content") if element.get("itemprop") else None) or (
            element.get("title") if tag == "abbr" else None
        ) or ""  # fmt: skip
        if (
            time
            or tag == "h1"
            or (element.text and element.text.strip())
            or any(c.tail and c.tail.strip() for c in children)
        ):
            text = " ".join(element.text_content().split()) if len(children) <= _LONG_CHARACTERS else ""
            yield _Line(text[: _LONG_CHARACTERS + 1], names, own, time, tag, in_box)
            if len(text) <= _LONG_CHARACTERS and not children:
                continue
        stack.extend((child, names, in_article, in_box) for child in reversed(children))


def _date(lines: list[_Line], headline: int) -> tuple[str, str, bool] | None:
    long_lines = (number for number, line in enumerate(lines) if len(line.text) > _TEXT_CHARACTERS)
    text = next((number for number in long_lines if number > headline), len(lines))
    best: tuple[int, int, str, str, bool] | None = None
    for number, line in enumerate(lines):
        distance = number - headline if number >= headline else 2 * (headline - number)
        rank, date, marked = _date_in(line, lines, number)
        if not date or (rank < _LABELLED and distance > _NEAR):
            continue
        if rank < _LABELLED and not (line.beside_headline or headline < number <= text):
            continue  # it may be the day on which the page was asked for, or of another article
        found = (
            -rank,
            distance,
            date,
            line.text[:80] if not marked else f"<{line.tag}> {line.time or line.text}"[:80],
            marked,
        )
        best = min(best or found, found)
    return best[2:] if best else None


_MARKED, _LABELLED, _NAMED, _BARE = 4, 3, 2, 1


def _date_in(line: _Line, lines: list[_Line], number: int) -> tuple[int, str, bool]:
    """Return how likely *line* says when the article was published, the date, and whether markup says so."""
    if _UPDATED_NAMES.search(line.own_names) or len(line.text) > _LINE_CHARACTERS:
        return 0, "", False
    folded = fold(line.text)
    before = fold(lines[number - 1].text) if number else ""
    is_marked = line.tag == "time" or "datePublished" in line.own_names or (line.tag == "abbr" and line.time)
    if is_marked:
        date = parse_date(line.time) if line.time else find_date(line.text)
        updated = _UPDATED.search(folded) or (_UPDATED.search(before) and len(before) < _LINE_CHARACTERS // 4)
        rank = _MARKED + ("published" in line.own_names.lower()) - (3 if updated else 0)
        return (rank, date, True) if date else (0, "", False)
    if not any(character.isdigit() for character in line.text):
        return 0, "", False
    # A line may say when it was published and when it was changed: what is before the change counts.
    change = _UPDATED.search(folded)
    if change is not None:
        folded = folded[: change.start()]
    date = find_date(folded)
    if not date:
        return 0, "", False
    if _PUBLISHED.search(folded):
        return _LABELLED, date, False
    others = [
        word for word in _NOT_OF_A_DATE.findall(folded) if word not in _DATE_WORDS and not find_date(f"1 {word} 2000")
    ]
    if _DATE_NAMES.search(line.own_names) and len(others) <= 2 * _OTHER_WORDS:
        return _NAMED, date, False
    segments = _SEPARATORS.split(folded)
    if (
        len(others) <= _OTHER_WORDS
        or match_byline(line.text)
        or any(_is_date_alone(part) for part in segments if len(segments) > 1)
    ):
        return _BARE, date, False
    return 0, "", False


def _is_date_alone(part: str) -> bool:
    return bool(find_date(part)) and len(part.split()) <= _BYLINE_WORDS


def _author(lines: list[_Line], headline: int) -> tuple[str, str] | None:
    candidates: list[tuple[int, int, str, str]] = []
    for number, line in enumerate(lines):
        distance = abs(number - headline)
        text = line.text
        if not text or len(text) > _LINE_CHARACTERS or distance > _NEAR:
            continue
        named = _AUTHOR_NAMES.search(line.own_names) is not None
        is_byline = match_byline(text) is not None
        if named or is_byline:
            name = author_name(next((part for part in _SEPARATORS.split(_without_byline(text)) if part.strip()), ""))
            if 0 < len(name.split()) <= _BYLINE_WORDS and not find_date(name) and not any(map(str.isdigit, name)):
                candidates.append((0 if named else 1, distance, name, text[:80]))
    return min(candidates)[2:] if candidates else None


def _without_byline(text: str) -> str:
    match = match_byline(text)
    return text[match.end() :] if match else text
