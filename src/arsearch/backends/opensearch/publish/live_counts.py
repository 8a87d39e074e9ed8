"""How often each term is among the live documents of an index, exactly: what another engine is told of the words."""

from __future__ import annotations

from collections import Counter

import numpy as np

from arsearch.lexical.index import LexicalIndex
from arsearch.lexical.segment.field_names import SCORED_FIELDS

__all__ = ["live_frequencies", "live_lengths"]


def live_frequencies(index: LexicalIndex, field: str) -> Counter[str]:
    """Return in how many live documents each term of *field* is."""
    found: Counter[str] = Counter()
    for segment in index.segments:
        first, last = segment.dictionary.bounds(field)
        if segment.has_deletions:
            owners = segment.postings_of_all(np.arange(first, last))[2]
            counts = np.bincount(owners, minlength=last - first)
        else:
            counts = segment.columns.posting_counts[first:last].astype(np.int64)
        texts = (text.decode("utf-8", "surrogatepass") for text in segment.dictionary.texts(first, last))
        for text, count in zip(texts, counts.tolist(), strict=True):
            if count:
                found[text] += count
    return found


def live_lengths(index: LexicalIndex) -> dict[str, int]:
    """Return how many tokens all live documents have in each scored field."""
    return {
        field: sum(int(segment.columns.lengths[row][segment.live].sum()) for segment in index.segments)
        for row, field in enumerate(SCORED_FIELDS)
    }
