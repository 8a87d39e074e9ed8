"""Tokenising: where the words of a text stand, and their folded forms.

A word is a maximal run of letters of one script with the marks, tatweel and invisible controls inside it (compare
the word boundaries of Unicode Standard Annex 29; vowel marks never split a word). Arabic letters and digits or Latin
letters that touch are different words, except that an article or particle written onto a number or a Latin word
belongs to it, as in the Arabic for "the 21st", where the article, tatweel and the number are one word.

Numbers are one word with their decimal and thousands separators, Arabic or Latin, written the same way:
1,000 and its Arabic-Indic spelling both give ``1000``. Percent signs are punctuation, on whichever side they stand.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import IntFlag
from functools import cache, lru_cache
from typing import NamedTuple

import regex

from arsearch.arabic import letters as ar
from arsearch.arabic.fold import ZERO_WIDTH_SPACE, fold, is_ignorable

__all__ = ["DIGIT", "NUMBER_SEPARATORS", "Role", "Word", "fold_plain_word", "role", "words"]

DIGIT = r"\p{Nd}"
"""A pattern of ``regex`` for what numbers are made of."""
NUMBER_SEPARATORS = (".", ",", ar.DECIMAL_SEPARATOR, ar.THOUSANDS_SEPARATOR)
"""What can stand inside a number, a digit on either side; it stands inside no other word."""

_ARABIC_LETTER = r"[\p{Arabic}&&\p{L}]"
_INVISIBLE = rf"[\p{{Cf}}--{ZERO_WIDTH_SPACE}]"
_OTHER = r"[[\p{L}\p{N}]--[\p{Arabic}&&\p{L}]--" + ar.TATWEEL + "]"
_ARABIC_INSIDE = rf"{_ARABIC_LETTER} | \p{{M}} | {ar.TATWEEL}"
_OTHER_INSIDE = rf"{_OTHER} | \p{{M}}"
_THOUSANDS = rf"[,{ar.THOUSANDS_SEPARATOR}]"
_POINT = rf"[.{ar.DECIMAL_SEPARATOR}]"
_GROUPED = rf"\p{{Nd}}{{1,3}}(?:{_THOUSANDS}\p{{Nd}}{{3}})+(?!\p{{Nd}})"
_FRACTION = rf"{_POINT}\p{{Nd}}+(?!{_POINT}?\p{{Nd}})"

# Alternatives are tried in order; every run ends in something visible, so trailing controls stay outside the word.
_RUN = regex.compile(
    rf"""
      (?P<arabic> {_ARABIC_LETTER} (?: {_ARABIC_INSIDE} | {_INVISIBLE}+(?=[\p{{L}}\p{{M}}]))*)
    | (?P<number> (?<!\p{{Nd}}{_POINT}) (?: {_GROUPED}(?:{_FRACTION})? | \p{{Nd}}+{_FRACTION} ) (?!\p{{L}}) )
    | (?P<other> {_OTHER} (?: {_OTHER_INSIDE} | {_INVISIBLE}+(?=[\p{{L}}\p{{N}}\p{{M}}]) )* )
    """,
    regex.VERBOSE | regex.VERSION1,
)
# Letters of Arabic itself, without marks.
_PLAIN = re.compile(f"[{ar.HAMZA}-{ar.GHAIN}{ar.FEH}-{ar.YEH}]+")
_PLAIN_FOLDS = {
    point: fold(chr(point))
    for first, last in ((ar.HAMZA, ar.GHAIN), (ar.FEH, ar.YEH))
    for point in range(ord(first), ord(last) + 1)
    if fold(chr(point)) != chr(point)
}
_FOLDED_WORD = regex.compile(r"[\p{L}\p{N}\p{M}]+")
_NOT_DIGIT_OR_POINT = regex.compile(r"[^\p{N}.]")

_ARTICLES = (ar.ALEF + ar.LAM, ar.LAM + ar.LAM)
_PARTICLES = (ar.BEH, ar.LAM, ar.KAF, ar.FEH, ar.WAW)
# What can be written onto a number or a foreign word: an article, a particle, or a particle and an article.
_ATTACHABLE = frozenset(
    [*_ARTICLES, *_PARTICLES, *(particle + article for particle in _PARTICLES for article in _ARTICLES)]
)


class Role(IntFlag):
    """Where a character can stand in a text that is one word, without looking at its neighbours."""

    BEGINS_ARABIC = 1
    INSIDE_ARABIC = 2
    BEGINS_OTHER = 4
    INSIDE_OTHER = 8


_ROLES = {
    Role.BEGINS_ARABIC: regex.compile(_ARABIC_LETTER, regex.VERSION1),
    Role.INSIDE_ARABIC: regex.compile(_ARABIC_INSIDE, regex.VERBOSE | regex.VERSION1),
    Role.BEGINS_OTHER: regex.compile(_OTHER, regex.VERSION1),
    Role.INSIDE_OTHER: regex.compile(_OTHER_INSIDE, regex.VERBOSE | regex.VERSION1),
}


@cache
def role(character: str) -> Role:
    """Return the roles of *character*; none for what needs its neighbours to be judged, and for what ends words."""
    roles = Role(0)
    for each, pattern in _ROLES.items():
        if pattern.fullmatch(character):
            roles |= each
    return roles


class Word(NamedTuple):
    """A word of a text: ``text[start:end]`` is its surface, *folded* its folded form."""

    folded: str
    start: int
    end: int


def fold_plain_word(text: str) -> str | None:
    """Return the folded form of *text* if it is one word of plain letters, None if it is anything else.

    A corpus taken word by word is made of these, and this is several times as fast as :func:`words`.
    """
    return text.translate(_PLAIN_FOLDS) if _PLAIN.fullmatch(text) else None


def words(text: str) -> Iterator[Word]:
    """Yield the words of *text* from first to last.

    Offsets are code points of *text*; words do not overlap, except that the several words of one ligature character
    (such as U+FDFA) share its offsets. Never raises.
    """
    pending: Word | None = None  # an article or particle that may belong to the run right after it
    for run in _RUN.finditer(text):
        start, end = run.span()
        folds = _folded_words(run.group(), run.lastgroup == "number")
        if pending is not None:
            if run.lastgroup != "arabic" and all(map(is_ignorable, text[pending.end : start])):
                start = pending.start
            else:
                yield pending
            pending = None
        if run.lastgroup == "arabic" and len(folds) == 1 and folds[0] in _ATTACHABLE:
            pending = Word(folds[0], start, end)
            continue
        for folded in folds:
            yield Word(folded, start, end)
    if pending is not None:
        yield pending


@lru_cache(maxsize=1 << 17)
def _folded_words(run: str, is_number: bool) -> tuple[str, ...]:
    """Fold each distinct run once: a corpus has a hundred times more words than distinct words."""
    folded = fold(run)
    if is_number:
        folded = folded.replace(ar.DECIMAL_SEPARATOR, ".")
        return (_NOT_DIGIT_OR_POINT.sub("", folded),)
    if folded.isalnum():
        return (folded,)
    return tuple(_FOLDED_WORD.findall(folded))
