"""Analysis: a text in, its tokens out. Everything that indexes or searches words goes through :func:`analyze`."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from arsearch.arabic.fold import is_arabic
from arsearch.arabic.foreign import foreign_stemmer
from arsearch.arabic.stem import stem_of
from arsearch.arabic.stopwords import is_stop_word
from arsearch.arabic.tokenize import fold_plain_word, words

__all__ = ["ANALYSIS_VERSION", "Token", "analyze"]

ANALYSIS_VERSION = 4
"""Raised whenever a change makes any text give other tokens; an index made by another version must be rebuilt."""

_SHORT = 100
"""Code points of a text whose tokens are remembered."""


class Token(NamedTuple):
    """A word of a text.

    ``text[start:end] == surface`` (code points). *folded* is the folded form; *stem* is the light stem, and empty for
    a stop word, which only quoted phrases and queries of nothing but stop words find.
    """

    surface: str
    folded: str
    stem: str
    start: int
    end: int


def analyze(text: str, language: str = "ar") -> list[Token]:
    """Return the tokens of *text* from first to last. Never raises.

    In a text of another *language* (ISO 639-1) words of other scripts are stemmed as that language has it.
    """
    if len(text) <= _SHORT:
        return list(_analyzed_short(text, language))
    return _analyzed(text, language)


@lru_cache(maxsize=512)
def _analyzed_short(text: str, language: str) -> tuple[Token, ...]:
    """Return the tokens of a query or a name: each is asked for several times on the road of a query."""
    return tuple(_analyzed(text, language))


def _analyzed(text: str, language: str) -> list[Token]:
    if (folded := fold_plain_word(text)) is not None:
        return [Token(text, folded, _stem(text, folded), 0, len(text))]
    tokens = []
    foreign_stem = foreign_stemmer(language)
    for folded, start, end in words(text):
        surface = text[start:end]
        if foreign_stem is not None and not any(map(is_arabic, surface)):
            tokens.append(Token(surface, folded, foreign_stem(surface) or folded, start, end))
            continue
        tokens.append(Token(surface, folded, _stem(surface, folded), start, end))
    return tokens


def _stem(surface: str, folded: str) -> str:
    return "" if is_stop_word(surface, folded) else stem_of(surface, folded)
