"""Facets: how many of the articles found have each author, source, section, tag or year."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from arsearch.index.store.article_store import ArticleStore, Keywords
from arsearch.lexical import LexicalIndex, ValueCount, keyword_term

__all__ = ["FACETS", "count_facets"]

FACETS = ("source", "author", "section", "tag", "year")

_KEYWORDS = ("source", "author", "section", "tag")

Counts = list[tuple[str, int]]


def count_facets(
    words: LexicalIndex, articles: ArticleStore, documents: npt.NDArray[np.int64], *, limit: int
) -> dict[str, Counts]:
    """Return for each facet the *limit* most frequent values among *documents*, with their counts.

    All spellings of a value count as one; it is called as one of the articles spells it.
    """
    counted = {name: words.documents.count_values(name, documents, limit) for name in _KEYWORDS}
    examples = [value.example for values in counted.values() for value in values]
    spelled = dict(zip(examples, articles.keywords(words.ordinals[examples].tolist()), strict=True))
    facets = {
        name: [(_spelling(name, value, spelled[value.example]), value.count) for value in values]
        for name, values in counted.items()
    }
    return facets | {"year": words.documents.count_years(documents, limit)}


def _spelling(name: str, value: ValueCount, keywords: Sequence[Keywords]) -> str:
    spellings = {
        "source": [source for _, source, _ in keywords],
        "author": [author for author, _, _ in keywords],
        "section": [tags[0] for _, _, tags in keywords if tags],
        "tag": [tag for _, _, tags in keywords for tag in tags],
    }[name]
    return next(spelling for spelling in spellings if keyword_term(spelling) == value.term)
