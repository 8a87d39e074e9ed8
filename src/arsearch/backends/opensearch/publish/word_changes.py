"""The words of a commit, and how those of an index become more or less: counted from what is added and deleted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from arsearch.backends.opensearch.publish.documents import RECORD_FIELD, read_words
from arsearch.backends.opensearch.publish.live_counts import live_frequencies, live_lengths
from arsearch.backends.opensearch.search.query_dsl import SEARCHABLE
from arsearch.backends.opensearch.search.vocabulary import VOCABULARY_FIELDS, WordCounts
from arsearch.lexical.index import LexicalIndex
from arsearch.lexical.segment.field_names import TEXT_FOLDED, TEXT_STEM, TITLE_FOLDED, TITLE_STEM

__all__ = ["all_words_of", "count_document", "sum_of", "words_of"]

_READ_AT_ONCE = 500


def all_words_of(index: LexicalIndex) -> WordCounts:
    """Return all words of *index*."""
    frequencies = {field: live_frequencies(index, field) for field in VOCABULARY_FIELDS}
    return WordCounts(len(index), Counter(live_lengths(index)), frequencies)


def words_of(ask: Callable[[Callable[[Any], Any]], Any], index: str, numbers: Sequence[int]) -> WordCounts:
    """Return the words of the documents of *index* with these *numbers*, each less than nothing."""
    counts = WordCounts()
    for first in range(0, len(numbers), _READ_AT_ONCE):
        part = [str(number) for number in numbers[first : first + _READ_AT_ONCE]]
        body = {
            "size": len(part),
            "query": {"bool": {"filter": [{"ids": {"values": part}}, {"term": {SEARCHABLE: True}}]}},
            "_source": False,
            "stored_fields": "_none_",
            "docvalue_fields": [RECORD_FIELD],
        }
        for hit in ask(partial(_searched, index=index, body=body))["hits"]["hits"]:
            count_document(counts, *read_words(hit["fields"][RECORD_FIELD][0]), sign=-1)
    return counts


def sum_of(*some: WordCounts) -> WordCounts:
    """Return the sum of *some* words."""
    total = WordCounts()
    for counts in some:
        total.articles += counts.articles
        total.totals.update(counts.totals)
        for name, frequencies in counts.frequencies.items():
            total.frequencies[name].update(frequencies)
    return total


def _searched(raw: Any, *, index: str, body: dict[str, Any]) -> Any:
    return raw.search(index=index, body=body)


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
