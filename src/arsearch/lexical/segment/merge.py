"""Merging segments into one, leaving out deleted documents.

The result is the segment that building from the remaining documents would give. Columns with an entry for each posting
or token are written part by part, so that memory is bounded by the size of a part and of the vocabulary.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from arsearch.common.array_files import ArrayFileWriter
from arsearch.common.array_types import Int64s, Mask
from arsearch.common.hash_table import HashTable
from arsearch.common.hashing import hashes_of
from arsearch.lexical.segment.columns import (
    Columns,
    write_column_in_parts,
    write_fields,
    write_values,
)
from arsearch.lexical.segment.dictionary import TermDictionary, pack_terms
from arsearch.lexical.segment.field_names import FIELDS, TEXT_FOLDED

__all__ = ["merge_segments"]


_PART = 1 << 22
"""Postings or tokens worked on at a time."""
_PART_OF_TERMS = 1 << 17
"""Terms of the largest segment that are merged at a time."""


@dataclass(frozen=True)
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
    all_live: bool

    def new_documents(self, documents: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
        """Return the new numbers of *documents*, all of them live."""
        if self.all_live:
            return documents + np.int32(self.first_document)
        return self.document_numbers[documents]

    @cached_property
    def document_numbers(self) -> npt.NDArray[np.int32]:
        """(documents,): the new number of each document; those of deleted ones mean nothing."""
        return np.cumsum(self.live, dtype=np.int32) + np.int32(self.first_document - 1)

    def live_postings(self, postings: slice) -> Mask | slice:
        """Return which of *postings* are of live documents."""
        return slice(None) if self.all_live else self.live[self.columns.posting_documents[postings]]

    @cached_property
    def live_tokens(self) -> Mask:
        """(tokens,): which are of live documents."""
        return np.repeat(self.live, np.diff(self.columns.token_offsets))


def merge_segments(segments: Sequence[tuple[Columns, Mask]], path: Path) -> None:
    """Write the live documents of *segments*, each given with its mask of those (documents,), into the file *path*."""
    with ArrayFileWriter(path) as out:
        _merge(segments, out)


def _merge(segments: Sequence[tuple[Columns, Mask]], out: ArrayFileWriter) -> None:
    counts = [_live_counts(columns, live) for columns, live in segments]
    vocabulary = _Vocabulary(segments, [postings for postings, _ in counts])
    write_fields(out, vocabulary.ranges)
    out.write("term_bytes", vocabulary.term_bytes)
    out.write("term_offsets", vocabulary.term_offsets)
    first_documents = np.cumsum([0, *(int(live.sum()) for _, live in segments)])
    sources = [
        _Source(columns, live, terms, int(first), *count, all_live=bool(live.all()))
        for (columns, live), terms, first, count in zip(
            segments, vocabulary.numbers, first_documents, counts, strict=False
        )
    ]
    _write_documents(out, sources)
    _write_postings(out, sources, vocabulary.size)
    _write_text(out, sources)


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
    """The terms of all segments that a live document has, and the numbers that each segment's terms get.

    Terms are sorted in each segment, so they are merged range by range: only one has its terms in memory as objects.
    """

    def __init__(self, segments: Sequence[tuple[Columns, Mask]], posting_counts: Sequence[Int64s]) -> None:
        self._columns = [columns for columns, _ in segments]
        self._posting_counts = posting_counts
        self.ranges: dict[str, tuple[int, int]] = {}
        self.numbers = [np.full(len(each.term_offsets) - 1, -1, dtype=np.int64) for each in self._columns]
        self.size = 0
        packed = [pack_terms([])]
        for field in sorted({*FIELDS, *(name for each in self._columns for name in each.fields)}):
            first = self.size
            packed += [pack_terms(self._merge(part)) for part in _ranges_of_terms(field, self._columns)]
            self.ranges[field] = (first, self.size)
        for numbers in self.numbers:
            # A term that is gone gets the number of the one before it, so that numbers never decrease.
            np.maximum.accumulate(numbers, out=numbers)
            np.maximum(numbers, 0, out=numbers)
        self.term_bytes = np.concatenate([term_bytes for term_bytes, _ in packed])
        self.term_offsets = _offsets(np.concatenate([np.diff(offsets) for _, offsets in packed]))

    def _merge(self, part: Sequence[tuple[int, int]]) -> list[bytes]:
        """Number the terms that each segment has in its range of *part*, and return them."""
        table, texts, found = HashTable(), list[bytes](), []
        for each, counts, (first, last) in zip(self._columns, self._posting_counts, part, strict=True):
            live = first + np.flatnonzero(counts[first:last])
            blob = each.term_bytes[each.term_offsets[first] : each.term_offsets[last]]
            begins = each.term_offsets[live] - each.term_offsets[first]
            ends = each.term_offsets[live + 1] - each.term_offsets[first] - 1
            numbers, new = table.number(hashes_of(blob, begins, ends))
            data = blob.tobytes()
            texts += [data[begin:end] for begin, end in zip(begins[new].tolist(), ends[new].tolist(), strict=True)]
            found.append((live, numbers))
        order = sorted(range(len(texts)), key=texts.__getitem__)
        new_numbers = np.empty(len(order), dtype=np.int64)
        new_numbers[order] = np.arange(self.size, self.size + len(order))
        for merged, (live, numbers) in zip(self.numbers, found, strict=True):
            merged[live] = new_numbers[numbers]
        self.size += len(order)
        return [texts[number] for number in order]


def _ranges_of_terms(field: str, columns: Sequence[Columns]) -> Iterator[list[tuple[int, int]]]:
    """Yield ranges of the terms of *field*, one for each of *columns*; between the same two terms in all of them.

    One after the other they cover the field. The segment with most terms has ``_PART_OF_TERMS`` of them in each.
    """
    dictionaries = [TermDictionary(each) for each in columns]
    bounds = [dictionary.bounds(field) for dictionary in dictionaries]
    longest, (first, last) = max(enumerate(bounds), key=lambda each: each[1][1] - each[1][0])
    begins = [first for first, _ in bounds]
    for number in range(first + _PART_OF_TERMS, last, _PART_OF_TERMS):
        edge = dictionaries[longest][number]
        ends = [dictionary.from_text(field, edge)[0] for dictionary in dictionaries]
        yield list(zip(begins, ends, strict=True))
        begins = ends
    yield [(begin, last) for begin, (_, last) in zip(begins, bounds, strict=True)]


def _write_documents(out: ArrayFileWriter, sources: Sequence[_Source]) -> None:
    def gather(of: Callable[[Columns], npt.NDArray[Any]]) -> npt.NDArray[Any]:
        return np.concatenate([of(source.columns)[..., source.live] for source in sources], axis=-1)

    out.write("ordinals", gather(lambda columns: columns.ordinals))
    out.write("dates", gather(lambda columns: columns.dates))
    out.write("lengths", gather(lambda columns: columns.lengths))
    out.write("title_words", gather(lambda columns: columns.title_words))
    value_fields = sources[0].columns.value_fields  # the same in all: other declarations begin an index anew
    if value_fields:
        write_values(out, value_fields, gather(lambda columns: columns.values))
    token_counts = gather(lambda columns: np.diff(columns.token_offsets))
    out.write("token_offsets", _offsets(token_counts))


def _write_postings(out: ArrayFileWriter, sources: Sequence[_Source], term_count: int) -> None:
    posting_offsets = _offsets(_totals(sources, _posting_counts, term_count))
    position_offsets = _offsets(_totals(sources, _position_counts, term_count))
    out.write("posting_offsets", posting_offsets)
    out.write("position_offsets", position_offsets)
    # Each term of a part also takes a number for each source.
    room = len(sources) * np.arange(term_count + 1)
    parts = list(_parts(np.maximum(posting_offsets, position_offsets) + room))

    def merged(
        offsets: Int64s, counts: Callable[[_Source], Int64s], of: Callable[[_Source, int, int], npt.NDArray[Any]]
    ) -> Iterator[Any]:
        for first, last in parts:
            each = _counts(sources, counts, first, last)
            yield _interleave(sources, each, offsets[first : last + 1], first, last, of)

    postings = int(posting_offsets[-1])
    frequency_type = np.result_type(*(source.columns.posting_frequencies for source in sources))
    position_type = np.result_type(*(source.columns.positions for source in sources))
    write_column_in_parts(
        out, "posting_documents", np.int32, postings, merged(posting_offsets, _posting_counts, _live_documents)
    )
    write_column_in_parts(
        out, "posting_frequencies", frequency_type, postings,
        merged(posting_offsets, _posting_counts, _live_frequencies),
    )  # fmt: skip
    write_column_in_parts(
        out, "positions", position_type, int(position_offsets[-1]),
        merged(position_offsets, _position_counts, _live_positions),
    )  # fmt: skip


def _posting_counts(source: _Source) -> Int64s:
    return source.posting_counts


def _position_counts(source: _Source) -> Int64s:
    return source.position_counts


def _totals(sources: Sequence[_Source], counts: Callable[[_Source], Int64s], term_count: int) -> Int64s:
    """Return the sum of *counts* over all *sources* (terms,)."""
    totals = np.zeros(term_count, dtype=np.int64)
    for source in sources:
        live = source.posting_counts > 0  # no two of which are the same term
        totals[source.terms[live]] += counts(source)[live]
    return totals


def _counts(sources: Sequence[_Source], counts: Callable[[_Source], Int64s], first: int, last: int) -> Int64s:
    """Return *counts* of the terms from *first* to *last* (sources, terms)."""
    matrix = np.zeros((len(sources), last - first), dtype=np.int64)
    for row, source in zip(matrix, sources, strict=True):
        low, high = np.searchsorted(source.terms, (first, last)).tolist()
        live = np.flatnonzero(source.posting_counts[low:high] > 0) + low
        row[source.terms[live] - first] = counts(source)[live]
    return matrix


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
    postings = _slice(source.columns.posting_offsets, low, high)
    return source.new_documents(source.columns.posting_documents[postings][source.live_postings(postings)])


def _live_frequencies(source: _Source, low: int, high: int) -> npt.NDArray[Any]:
    postings = _slice(source.columns.posting_offsets, low, high)
    return source.columns.posting_frequencies[postings][source.live_postings(postings)]


def _live_positions(source: _Source, low: int, high: int) -> npt.NDArray[Any]:
    columns = source.columns
    positions = columns.positions[_slice(columns.position_offsets, low, high)]
    if source.all_live:
        return positions
    low = max(low, columns.fields[TEXT_FOLDED][0])  # the fields before it have no positions, all after it do
    part = _slice(columns.posting_offsets, low, max(low, high))
    live = source.live[columns.posting_documents[part]]
    return positions[np.repeat(live, columns.posting_frequencies[part])]


def _write_text(out: ArrayFileWriter, sources: Sequence[_Source]) -> None:
    keys = [_word_keys(source) for source in sources]
    words = np.unique(np.concatenate([key[key >= 0] for key in keys]))
    out.write("word_exacts", (words >> 32).astype(np.int32))
    out.write("word_stems", ((words & 0xFFFFFFFF) - 1).astype(np.int32))
    counts = [int(np.diff(source.columns.token_offsets)[source.live].sum()) for source in sources]

    def kept(of: Callable[[Columns], npt.NDArray[Any]]) -> Iterator[npt.NDArray[Any]]:
        for source in sources:
            yield from _live_tokens(source, of(source.columns))

    def renumbered() -> Iterator[npt.NDArray[Any]]:
        for source, key in zip(sources, keys, strict=True):
            numbers = np.searchsorted(words, key).astype(np.int32)
            yield from (numbers[tokens] for tokens in _live_tokens(source, source.columns.tokens))

    total = sum(counts)
    write_column_in_parts(out, "tokens", np.int32, total, renumbered())
    write_column_in_parts(out, "token_gaps", np.uint8, total, kept(lambda columns: columns.token_gaps))
    write_column_in_parts(out, "token_widths", np.uint8, total, kept(lambda columns: columns.token_widths))
    escaped, spans, first = [], [], 0
    for source, count in zip(sources, counts, strict=True):
        tokens, own_spans = source.columns.escaped_tokens, source.columns.escaped_spans
        if not source.all_live:
            live = source.live_tokens[tokens]
            tokens, own_spans = (np.cumsum(source.live_tokens) - 1)[tokens[live]], own_spans[live]
        escaped.append(tokens + first)
        spans.append(own_spans)
        first += count
    out.write("escaped_tokens", np.concatenate(escaped))
    out.write("escaped_spans", np.concatenate(spans))


def _live_tokens(source: _Source, column: npt.NDArray[Any]) -> Iterator[npt.NDArray[Any]]:
    """Yield the values of *column*, which has one for each token, for those of live documents, part by part."""
    for begin in range(0, len(column), _PART):
        part = slice(begin, begin + _PART)
        yield column[part] if source.all_live else column[part][source.live_tokens[part]]


def _word_keys(source: _Source) -> Int64s:
    """Return a number for each word of *source* that is the same in all sources, -1 for words of no live document."""
    columns = source.columns
    occurs = np.full(len(columns.word_exacts), source.all_live)
    if not source.all_live:
        for tokens in _live_tokens(source, columns.tokens):
            occurs[tokens] = True
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
