"""Merging segments into one, leaving out deleted documents.

The result is the segment that building from the remaining documents would give. Columns with an entry for each posting
or token are written part by part, so that memory is bounded by the size of a part and of the vocabulary.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from arsearch.lexical.columns import Columns, Int64s, write_column, write_column_in_parts, write_fields
from arsearch.lexical.dictionary import TermDictionary, pack_terms
from arsearch.lexical.schema import FIELDS, TEXT_EXACT

__all__ = ["merge_segments"]

Mask = npt.NDArray[np.bool_]

_PART = 1 << 22
"""Postings or tokens worked on at a time."""


@dataclass(frozen=True, slots=True)
class _Source:
    """A segment to merge: which of its documents live, and which numbers its terms and documents get."""

    columns: Columns
    live: Mask
    terms: Int64s
    """(terms,): the new number of each term, non-decreasing; those of terms without a live document mean nothing."""
    first_document: int
    posting_counts: Int64s
    """(terms,): live postings of each term."""
    position_counts: Int64s
    """(terms,): positions in live postings of each term."""

    @property
    def documents(self) -> Int64s:
        """(documents,): the new number of each document; those of deleted ones mean nothing."""
        return np.cumsum(self.live) - 1 + self.first_document


def merge_segments(segments: Sequence[tuple[Columns, Mask]], folder: Path) -> None:
    """Write the live documents of *segments*, each given with its mask of those (documents,), into *folder*."""
    folder.mkdir(parents=True)
    counts = [_live_counts(columns, live) for columns, live in segments]
    vocabulary = _Vocabulary(segments, [postings for postings, _ in counts])
    write_fields(folder, vocabulary.ranges)
    write_column(folder, "term_bytes", vocabulary.term_bytes)
    write_column(folder, "term_offsets", vocabulary.term_offsets)
    first_documents = np.cumsum([0, *(int(live.sum()) for _, live in segments)])
    sources = [
        _Source(columns, live, terms, int(first), *count)
        for (columns, live), terms, first, count in zip(
            segments, vocabulary.numbers, first_documents, counts, strict=False
        )
    ]
    _write_documents(folder, sources)
    _write_postings(folder, sources, vocabulary.size)
    _write_text(folder, sources)


def _live_counts(columns: Columns, live: Mask) -> tuple[Int64s, Int64s]:
    """Return how many live postings each term has, and how many positions stand in them."""
    if live.all():
        return np.diff(columns.posting_offsets), np.diff(columns.position_offsets)
    postings = np.zeros(len(columns.posting_offsets) - 1, dtype=np.int64)
    positions = np.zeros_like(postings)
    for first, last in _parts(columns.posting_offsets):
        begin, end = columns.posting_offsets[first], columns.posting_offsets[last]
        kept = live[columns.posting_documents[begin:end]]
        inner = columns.posting_offsets[first : last + 1] - begin
        postings[first:last] = _sums(kept.astype(np.int64), inner)
        positions[first:last] = _sums(np.where(kept, columns.posting_frequencies[begin:end], 0).astype(np.int64), inner)
    positions[np.diff(columns.position_offsets) == 0] = 0  # fields without positions
    return postings, positions


class _Vocabulary:
    """The terms of all segments that a live document has, and the numbers that each segment's terms get."""

    def __init__(self, segments: Sequence[tuple[Columns, Mask]], posting_counts: Sequence[Int64s]) -> None:
        dictionaries = [TermDictionary(columns) for columns, _ in segments]
        self.ranges: dict[str, tuple[int, int]] = {}
        self.numbers = [np.zeros(len(dictionary), dtype=np.int64) for dictionary in dictionaries]
        terms: list[bytes] = []
        for field in FIELDS:
            merged = self._merge(field, dictionaries, posting_counts)
            places = {term: place for place, term in enumerate(merged, len(terms))}
            self.ranges[field] = (len(terms), len(terms) + len(merged))
            for dictionary, numbers in zip(dictionaries, self.numbers, strict=True):
                first, last = dictionary.bounds(field)
                known = (places.get(term, len(terms)) for term in dictionary.texts(first, last))
                # A term that is gone gets the number of the one before it, so that numbers never decrease.
                numbers[first:last] = np.maximum.accumulate(np.fromiter(known, dtype=np.int64, count=last - first))
            terms += merged
        self.size = len(terms)
        self.term_bytes, self.term_offsets = pack_terms(terms)

    @staticmethod
    def _merge(field: str, dictionaries: Sequence[TermDictionary], posting_counts: Sequence[Int64s]) -> list[bytes]:
        merged: set[bytes] = set()
        for dictionary, counts in zip(dictionaries, posting_counts, strict=True):
            first, last = dictionary.bounds(field)
            texts = dictionary.texts(first, last)
            merged.update(texts[place] for place in np.flatnonzero(counts[first:last]).tolist())
        return sorted(merged)


def _write_documents(folder: Path, sources: Sequence[_Source]) -> None:
    def gather(of: Callable[[Columns], npt.NDArray[Any]]) -> npt.NDArray[Any]:
        return np.concatenate([of(source.columns)[..., source.live] for source in sources], axis=-1)

    write_column(folder, "ordinals", gather(lambda columns: columns.ordinals))
    write_column(folder, "dates", gather(lambda columns: columns.dates))
    write_column(folder, "lengths", gather(lambda columns: columns.lengths))
    write_column(folder, "title_words", gather(lambda columns: columns.title_words))
    token_counts = gather(lambda columns: np.diff(columns.token_offsets))
    write_column(folder, "token_offsets", _offsets(token_counts))


def _write_postings(folder: Path, sources: Sequence[_Source], term_count: int) -> None:
    posting_counts = np.zeros((len(sources), term_count), dtype=np.int64)
    position_counts = np.zeros_like(posting_counts)
    for row, source in enumerate(sources):
        live = source.posting_counts > 0
        posting_counts[row, source.terms[live]] = source.posting_counts[live]
        position_counts[row, source.terms[live]] = source.position_counts[live]
    posting_offsets = _offsets(posting_counts.sum(axis=0))
    position_offsets = _offsets(position_counts.sum(axis=0))
    write_column(folder, "posting_offsets", posting_offsets)
    write_column(folder, "position_offsets", position_offsets)
    parts = list(_parts(np.maximum(posting_offsets, position_offsets)))

    def merged(offsets: Int64s, counts: Int64s, of: Callable[[_Source, int, int], npt.NDArray[Any]]) -> Iterator[Any]:
        for first, last in parts:
            yield _interleave(sources, counts[:, first:last], offsets[first : last + 1], first, last, of)

    postings = int(posting_offsets[-1])
    frequency_type = np.result_type(*(source.columns.posting_frequencies for source in sources))
    position_type = np.result_type(*(source.columns.positions for source in sources))
    write_column_in_parts(
        folder, "posting_documents", np.int32, postings, merged(posting_offsets, posting_counts, _live_documents)
    )
    write_column_in_parts(
        folder, "posting_frequencies", frequency_type, postings,
        merged(posting_offsets, posting_counts, _live_frequencies),
    )  # fmt: skip
    write_column_in_parts(
        folder, "positions", position_type, int(position_offsets[-1]),
        merged(position_offsets, position_counts, _live_positions),
    )  # fmt: skip


def _interleave(
    sources: Sequence[_Source],
    counts: Int64s,
    offsets: Int64s,
    first: int,
    last: int,
    of: Callable[[_Source, int, int], npt.NDArray[Any]],
) -> npt.NDArray[Any]:
    """Return the values of the terms from *first* to *last*: for each term those of the first source, then the next.

    *counts* (sources, terms) says how many each source has, *offsets* (terms + 1,) where those of each term begin.
    """
    values: npt.NDArray[Any] | None = None
    begins = offsets[:-1] - offsets[0]
    for source, count in zip(sources, counts, strict=True):
        low, high = np.searchsorted(source.terms, (first, last)).tolist()
        own = of(source, low, high)
        if values is None:
            values = np.empty(int(offsets[-1] - offsets[0]), dtype=own.dtype)
        elif values.dtype != own.dtype:
            values = values.astype(np.result_type(values, own))
        own_begins = np.cumsum(count) - count
        values[np.repeat(begins - own_begins, count) + np.arange(len(own))] = own
        begins = begins + count
    assert values is not None
    return values


def _live_documents(source: _Source, low: int, high: int) -> npt.NDArray[Any]:
    documents = source.columns.posting_documents[_slice(source.columns.posting_offsets, low, high)]
    return source.documents[documents[source.live[documents]]].astype(np.int32)


def _live_frequencies(source: _Source, low: int, high: int) -> npt.NDArray[Any]:
    part = _slice(source.columns.posting_offsets, low, high)
    return source.columns.posting_frequencies[part][source.live[source.columns.posting_documents[part]]]


def _live_positions(source: _Source, low: int, high: int) -> npt.NDArray[Any]:
    columns = source.columns
    positions = columns.positions[_slice(columns.position_offsets, low, high)]
    if source.live.all():
        return positions
    low = max(low, columns.fields[TEXT_EXACT][0])  # the fields before it have no positions, all after it do
    part = _slice(columns.posting_offsets, low, max(low, high))
    live = source.live[columns.posting_documents[part]]
    return positions[np.repeat(live, columns.posting_frequencies[part])]


def _write_text(folder: Path, sources: Sequence[_Source]) -> None:
    token_masks = [np.repeat(source.live, np.diff(source.columns.token_offsets)) for source in sources]
    keys = [_word_keys(source, mask) for source, mask in zip(sources, token_masks, strict=True)]
    words = np.unique(np.concatenate([key[key >= 0] for key in keys]))
    write_column(folder, "word_exacts", (words >> 32).astype(np.int32))
    write_column(folder, "word_stems", ((words & 0xFFFFFFFF) - 1).astype(np.int32))
    total = sum(int(mask.sum()) for mask in token_masks)

    def kept(of: Callable[[Columns], npt.NDArray[Any]]) -> Iterator[npt.NDArray[Any]]:
        for source, mask in zip(sources, token_masks, strict=True):
            column = of(source.columns)
            for begin in range(0, len(mask), _PART):
                yield column[begin : begin + _PART][mask[begin : begin + _PART]]

    def renumbered() -> Iterator[npt.NDArray[Any]]:
        for source, mask, key in zip(sources, token_masks, keys, strict=True):
            numbers = np.searchsorted(words, key)
            for begin in range(0, len(mask), _PART):
                yield numbers[source.columns.tokens[begin : begin + _PART][mask[begin : begin + _PART]]]

    write_column_in_parts(folder, "tokens", np.int32, total, renumbered())
    write_column_in_parts(folder, "token_gaps", np.uint8, total, kept(lambda columns: columns.token_gaps))
    write_column_in_parts(folder, "token_widths", np.uint8, total, kept(lambda columns: columns.token_widths))
    escaped, spans, first = [], [], 0
    for source, mask in zip(sources, token_masks, strict=True):
        live = mask[source.columns.escaped_tokens]
        tokens = source.columns.escaped_tokens[live]
        escaped.append(first + np.array([np.count_nonzero(mask[:token]) for token in tokens], dtype=np.int64))
        spans.append(source.columns.escaped_spans[live])
        first += int(mask.sum())
    write_column(folder, "escaped_tokens", np.concatenate(escaped))
    write_column(folder, "escaped_spans", np.concatenate(spans))


def _word_keys(source: _Source, mask: Mask) -> Int64s:
    """Return a number for each word of *source* that is the same in all sources, -1 for words of no live document."""
    columns = source.columns
    occurs = np.zeros(len(columns.word_exacts), dtype=np.bool_)
    for begin in range(0, len(mask), _PART):
        occurs[columns.tokens[begin : begin + _PART][mask[begin : begin + _PART]]] = True
    stems = columns.word_stems
    exact_terms = source.terms[columns.word_exacts]
    stem_terms = np.where(stems >= 0, source.terms[stems], -1)
    return np.asarray(np.where(occurs, (exact_terms << 32) | (stem_terms + 1), -1), dtype=np.int64)


def _parts(offsets: Int64s) -> Iterator[tuple[int, int]]:
    """Yield ranges of terms that have about _PART values each."""
    edges = np.searchsorted(offsets, np.arange(0, int(offsets[-1]) + _PART, _PART))
    edges[-1:] = len(offsets) - 1
    yield from pairwise(np.unique(np.append(edges, 0)).tolist())


def _slice(offsets: Int64s, low: int, high: int) -> slice:
    return slice(int(offsets[low]), int(offsets[high]))


def _sums(values: Int64s, offsets: Int64s) -> Int64s:
    totals = np.concatenate([np.zeros(1, np.int64), np.cumsum(values)])
    sums: Int64s = totals[offsets[1:]] - totals[offsets[:-1]]
    return sums


def _offsets(counts: Int64s) -> Int64s:
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)])
