"""How the words of an index become more or less with a commit: counted from the documents it adds and deletes."""

from __future__ import annotations

from collections.abc import Sequence

from arsearch.backends.opensearch.search.vocabulary import WordCounts
from arsearch.lexical.segment.field_names import TEXT_FOLDED, TEXT_STEM, TITLE_FOLDED, TITLE_STEM

__all__ = ["count_document"]


def count_document(
    counts: WordCounts, folded_words: Sequence[str], stems: Sequence[str], title: int, *, sign: int
) -> None:
    """Add a document to *counts*, or with the *sign* -1 take it away.

    *folded_words* and *stems* are of its tokens, the first *title* of which are its title.
    """
    fields = {
        TEXT_FOLDED: folded_words,
        TEXT_STEM: stems,
        TITLE_FOLDED: folded_words[:title],
        TITLE_STEM: stems[:title],
    }
    counts.articles += sign
    for name, words in fields.items():
        counts.totals[name] += sign * sum(map(bool, words))
        frequencies = counts.frequencies[name]
        for word in {*words} - {""}:
            frequencies[word] += sign
