"""The vocabulary of an index with the frequencies that its live documents alone would give it.

However many segments there are and whatever was deleted from them, these are the frequencies of an index built anew;
the positions of the words are those that :func:`arsearch.lexical.search.forward_view.forward_view` is asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from arsearch.common.array_types import Int64s
from arsearch.lexical.segment.field_names import TEXT_FOLDED
from arsearch.lexical.segment.open_segments import LiveSegments
from arsearch.lexical.segment.packing.words import read_tokens
from arsearch.lexical.segment.segment import Segment

__all__ = ["TermVocabulary", "count_folded", "folded_forms", "live_vocabulary"]

_WORDS_AT_ONCE = 1 << 16


@dataclass(frozen=True, slots=True)
class TermVocabulary:
    """Exact forms, each followed by a line feed, and in how many documents each is: int64 (words,).

    A word that several segments have stands here several times, with the documents of one segment each.
    """

    words: str
    frequencies: Int64s


def live_vocabulary(index: LiveSegments) -> TermVocabulary:
    """Return the folded forms of *index*, and in how many live documents each is.

    The forms stand as in :meth:`LexicalIndex.vocabulary`, those of one segment after those of another. A form that
    several segments have is counted at one of its positions, and has none at the others.
    """
    segments = index.segments
    words = "".join(folded_forms(segment) for segment in segments)
    if not segments:
        return TermVocabulary(words, np.empty(0, np.int64))
    counts = [_live_counts(segment) for segment in segments]
    bases = np.cumsum([0, *map(len, counts)])
    frequencies = np.concatenate(counts)
    # Updates are small beside what they update: the forms of all segments but the largest are kept in mind.
    largest = max(range(len(segments)), key=lambda number: len(counts[number]))
    position_of: dict[bytes, int] = {}
    for number, segment in enumerate(segments):
        if number == largest:
            continue
        for position, text in enumerate(_forms(segment), int(bases[number])):
            first = position_of.setdefault(text, position)
            if first != position:
                frequencies[first] += frequencies[position]
                frequencies[position] = 0
    base = int(bases[largest])
    for position, text in enumerate(_forms(segments[largest]) if position_of else (), base):
        if (other := position_of.get(text)) is not None:
            frequencies[position] += frequencies[other]
            frequencies[other] = 0
    return TermVocabulary(words, frequencies)


def folded_forms(segment: Segment) -> str:
    """Return the folded forms of *segment*, each followed by a line feed, which is what stands between terms."""
    first, last = segment.dictionary.bounds(TEXT_FOLDED)
    begin, end = segment.columns.term_offsets[[first, last]].tolist()
    return segment.columns.term_bytes[begin:end].tobytes().decode()


def count_folded(segment: Segment) -> int:
    """Return how many folded forms *segment* has."""
    first, last = segment.dictionary.bounds(TEXT_FOLDED)
    return last - first


def _live_counts(segment: Segment) -> Int64s:
    """Return in how many live documents each folded form of *segment* is."""
    first, last = segment.dictionary.bounds(TEXT_FOLDED)
    counts = segment.columns.posting_counts[first:last].astype(np.int64)
    for document in np.flatnonzero(~segment.live).tolist():
        words = read_tokens(segment.columns, document)
        counts[np.unique(segment.columns.word_exacts[words]) - first] -= 1
    return counts


def _forms(segment: Segment) -> Iterator[bytes]:
    """Yield the folded forms of *segment* in order, without making all of them at once."""
    first, last = segment.dictionary.bounds(TEXT_FOLDED)
    for begin in range(first, last, _WORDS_AT_ONCE):
        yield from segment.dictionary.texts(begin, min(begin + _WORDS_AT_ONCE, last))
