"""Facets: how many of the articles found have each author, source, section, tag or year."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from arsearch.article_fields import KEYWORDS, Keywords, OwnFields, keyword_values
from arsearch.index.store.article_store import ArticleStore
from arsearch.lexical import LexicalIndex, ValueCount, keyword_term

__all__ = ["FACETS", "count_facets"]

FACETS = (*KEYWORDS, "year")
"""Own keyword fields are counted besides."""

Counts = list[tuple[str, int]]


def count_facets(
    words: LexicalIndex, articles: ArticleStore, documents: npt.NDArray[np.int64], *, limit: int, own: OwnFields = ()
) -> dict[str, Counts]:
    """Return for each facet the *limit* most frequent values among *documents*, with their counts.

    All spellings of a value count as one; it is called as one of the articles spells it.
    """
    names = {name: name for name in KEYWORDS} | {
        field.name: field.index_name for field in own if field.kind == "keyword"
    }
    counted = {name: words.documents.count_values(names[name], documents, limit) for name in names}
    examples = [value.example for values in counted.values() for value in values]
    spelled = dict(zip(examples, articles.keywords(words.ordinals[examples].tolist()), strict=True))
    facets = {
        name: [(_spelling(names[name], value, spelled[value.example], own), value.count) for value in values]
        for name, values in counted.items()
    }
    return facets | {"year": words.documents.count_years(documents, limit)}


def _spelling(index_name: str, value: ValueCount, keywords: Sequence[Keywords], own: OwnFields) -> str:
    spellings = keyword_values(keywords, own)[index_name]
    return next(spelling for spelling in spellings if keyword_term(spelling) == value.term)
