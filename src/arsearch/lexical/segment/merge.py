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
from arsearch.common.array_types import Int64s, Mask, Offsets, UInt8s
from arsearch.common.hash_table import HashTable
from arsearch.common.hashing import hashes_of
from arsearch.lexical.segment.columns import (
    Columns,
    smallest,
    smallest_offsets,
    write_fields,
    write_values,
)
from arsearch.lexical.segment.dictionary import TermDictionary, pack_terms
from arsearch.lexical.segment.field_names import FIELDS, POSITIONED_FIELDS
from arsearch.lexical.segment.packing.bits import PADDING, ranges
from arsearch.lexical.segment.packing.postings import (
    PostingRecords,
    UnpackedPostings,
    pack_postings,
    unpack_positions,
    unpack_postings,
)
from arsearch.lexical.segment.packing.words import choose_widths, pack_words, read_words
from arsearch.lexical.segment.words import commonest_first

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


def merge_segments(segments: Sequence[tuple[Columns, Mask]], path: Path) -> None:
    """Write the live documents of *segments*, each given with its mask of those (documents,), into the file *path*."""
    with ArrayFileWriter(path) as out:
        _merge(segments, out)


def _merge(segments: Sequence[tuple[Columns, Mask]], out: ArrayFileWriter) -> None:
    counts = [_live_counts(columns, live) for columns, live in segments]
    vocabulary = _Vocabulary(segments, [postings for postings, _ in counts])
    write_fields(out, vocabulary.ranges)
    out.write("term_bytes", vocabulary.term_bytes)
    out.write("term_offsets", smallest_offsets(vocabulary.term_lengths))
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
    postings = columns.posting_counts.astype(np.int64)
    positions = np.zeros_like(postings)
    for first, last in _parts(_offsets(postings)):
        found = _unpack(columns, first, last)
        offsets = _offsets(postings[first:last])
        kept = live[found.documents]
        postings[first:last] = _sums(kept.astype(np.int64), offsets)
        positions[first:last] = _sums(np.where(kept, found.frequencies, 0).astype(np.int64), offsets)
    positions[~_have_positions(columns, 0, len(positions))] = 0
    return postings, positions


def _have_positions(columns: Columns, low: int, high: int) -> Mask:
    """Return which of the terms from *low* to *high* have positions."""
    found = np.zeros(high - low, dtype=np.bool_)
    for first, last in (columns.fields[name] for name in POSITIONED_FIELDS):
        found[max(first - low, 0) : max(last - low, 0)] = True
    return found


def _records(columns: Columns, low: int, high: int) -> PostingRecords:
    """Return the records of the terms from *low* to *high*."""
    offsets = columns.posting_offsets[low : high + 1].astype(np.int64)
    return PostingRecords(
        columns.posting_bytes, offsets[:-1], offsets[1:], columns.posting_counts[low:high].astype(np.int64)
    )


def _unpack(columns: Columns, low: int, high: int) -> UnpackedPostings:
    return unpack_postings(_records(columns, low, high))


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
        self.term_lengths = np.concatenate([np.diff(offsets) for _, offsets in packed])

    def _merge(self, part: Sequence[tuple[int, int]]) -> list[bytes]:
        """Number the terms that each segment has in its range of *part*, and return them."""
        table, texts, found = HashTable(), list[bytes](), []
        for each, counts, (first, last) in zip(self._columns, self._posting_counts, part, strict=True):
            live = first + np.flatnonzero(counts[first:last])
            offsets = each.term_offsets[first : last + 1].astype(np.int64)
            blob = each.term_bytes[offsets[0] : offsets[-1]]
            begins, ends = offsets[live - first] - offsets[0], offsets[live - first + 1] - offsets[0] - 1
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
    counts = _totals(sources, _posting_counts, term_count)
    out.write("posting_counts", smallest(counts))
    posting_offsets, position_offsets = _offsets(counts), _offsets(_totals(sources, _position_counts, term_count))
    # Each term of a part also takes a number for each source.
    room = len(sources) * np.arange(term_count + 1)
    sizes = [np.empty(0, np.int64)]

    def packed_parts() -> Iterator[UInt8s]:
        for first, last in _parts(np.maximum(posting_offsets, position_offsets) + room):
            terms = slice(first, last + 1)
            live = [_LivePostings.of(source, *_own_terms(source, first, last)) for source in sources]
            of_postings = _counts(sources, _posting_counts, first, last), posting_offsets[terms]
            documents = _interleave([each.documents for each in live], *of_postings)
            frequencies = _interleave([each.frequencies for each in live], *of_postings)
            positions = _interleave(
                [each.positions for each in live], _counts(sources, _position_counts, first, last),
                position_offsets[terms],
            )  # fmt: skip
            packed, ends = pack_postings(
                posting_offsets[terms] - posting_offsets[first], documents, frequencies,
                position_offsets[terms] - position_offsets[first], positions,
            )  # fmt: skip
            sizes.append(np.diff(ends, prepend=0))
            yield packed
        yield np.zeros(PADDING, np.uint8)

    out.write_parts("posting_bytes", np.uint8, packed_parts())
    out.write("posting_offsets", smallest_offsets(np.concatenate(sizes)))


@dataclass(frozen=True, slots=True)
class _LivePostings:
    """The postings of some terms of a source in its live documents, by the new numbers of these."""

    documents: npt.NDArray[np.int32]
    frequencies: npt.NDArray[np.int32]
    positions: npt.NDArray[np.uint32]

    @classmethod
    def of(cls, source: _Source, low: int, high: int) -> _LivePostings:
        """Return those of the terms from *low* to *high*."""
        records = _records(source.columns, low, high)
        found = unpack_postings(records)
        terms = _have_positions(source.columns, low, high)
        postings = np.repeat(terms, records.counts)
        positions = unpack_positions(
            PostingRecords(records.packed, records.begins[terms], records.ends[terms], records.counts[terms]),
            UnpackedPostings(found.documents[postings], found.frequencies[postings], found.positions_begin[terms]),
        )
        if source.all_live:
            return cls(source.new_documents(found.documents), found.frequencies, positions)
        live = source.live[found.documents]
        return cls(
            source.new_documents(found.documents[live]),
            found.frequencies[live],
            positions[np.repeat(live[postings], found.frequencies[postings])],
        )


def _own_terms(source: _Source, first: int, last: int) -> tuple[int, int]:
    """Return the range of the terms of *source* whose new numbers are from *first* to *last*."""
    low, high = np.searchsorted(source.terms, (first, last)).tolist()
    return low, high


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
        low, high = _own_terms(source, first, last)
        live = np.flatnonzero(source.posting_counts[low:high] > 0) + low
        row[source.terms[live] - first] = counts(source)[live]
    return matrix


def _interleave(parts: Sequence[npt.NDArray[Any]], counts: Int64s, offsets: Int64s) -> npt.NDArray[Any]:
    """Return the values of some terms: for each term those of the first source, then the next.

    Each source has the values *parts*; *counts* (sources, terms) says how many of each term, *offsets* (terms + 1,)
    where those of each term begin.
    """
    values = np.empty(int(offsets[-1] - offsets[0]), dtype=parts[0].dtype)
    begins = offsets[:-1] - offsets[0]
    for own, count in zip(parts, counts, strict=True):
        values[ranges(begins, count)] = own
        begins = begins + count
    return values


def _write_text(out: ArrayFileWriter, sources: Sequence[_Source]) -> None:
    counts = [_word_counts(source) for source in sources]
    keys = [_word_keys(source, count) for source, count in zip(sources, counts, strict=True)]
    words, owners = np.unique(np.concatenate([key[key >= 0] for key in keys]), return_inverse=True)
    live_counts = np.concatenate([count[count > 0] for count in counts])
    totals = np.bincount(owners, live_counts, len(words)).astype(np.int64)
    order = commonest_first(words, totals)
    numbers = np.empty(len(words), dtype=np.int32)
    numbers[order] = np.arange(len(words), dtype=np.int32)
    out.write("word_exacts", (words[order] >> 32).astype(np.int32))
    out.write("word_stems", ((words[order] & 0xFFFFFFFF) - 1).astype(np.int32))
    widths = np.empty(len(words), dtype=np.uint8)
    for source, key in zip(sources, keys, strict=True):
        widths[numbers[np.searchsorted(words, key[key >= 0])]] = source.columns.word_widths[key >= 0]
    out.write("word_widths", widths)
    code = choose_widths(totals[order])
    out.write("text_widths", code)
    sizes = [np.empty(0, np.int64)]

    def packed_words() -> Iterator[UInt8s]:
        for source, key in zip(sources, keys, strict=True):
            new_numbers = np.append(numbers, np.int32(-1))[np.searchsorted(words, key)]
            for documents in _live_documents(source):
                tokens = new_numbers[read_words(source.columns, documents)]
                packed, ends = pack_words(tokens, _offsets(np.diff(source.columns.token_offsets)[documents]), code)
                sizes.append(np.diff(ends, prepend=0))
                yield packed
        yield np.zeros(PADDING, np.uint8)

    def live_spans() -> Iterator[UInt8s]:
        for source in sources:
            for documents in _live_documents(source):
                begins = source.columns.span_offsets[documents].astype(np.int64)
                lengths = source.columns.span_offsets[documents + 1] - begins
                yield source.columns.span_bytes[ranges(begins, lengths)]

    out.write_parts("text_bytes", np.uint8, packed_words())
    out.write("text_offsets", smallest_offsets(np.concatenate(sizes)))
    spans = [np.diff(source.columns.span_offsets)[source.live].astype(np.int64) for source in sources]
    out.write("span_offsets", smallest_offsets(np.concatenate(spans)))
    out.write_parts("span_bytes", np.uint8, live_spans())


def _live_documents(source: _Source) -> Iterator[Int64s]:
    """Yield the live documents of *source* in turn, so many at a time as have about ``_PART`` tokens."""
    for first, last in _parts(source.columns.token_offsets + np.arange(len(source.live) + 1)):
        yield first + np.flatnonzero(source.live[first:last])


def _word_counts(source: _Source) -> Int64s:
    """Return how often each word of *source* occurs in live documents."""
    counts = np.zeros(len(source.columns.word_exacts), dtype=np.int64)
    for documents in _live_documents(source):
        counts += np.bincount(read_words(source.columns, documents), minlength=len(counts))
    return counts


def _word_keys(source: _Source, counts: Int64s) -> Int64s:
    """Return a number for each word of *source* that is the same in all sources, -1 for words of no live document."""
    stems = source.columns.word_stems
    exact_terms = source.terms[source.columns.word_exacts]
    stem_terms = np.where(stems >= 0, source.terms[stems], -1)
    return np.asarray(np.where(counts > 0, (exact_terms << 32) | (stem_terms + 1), -1), dtype=np.int64)


def _parts(offsets: Offsets) -> Iterator[tuple[int, int]]:
    """Yield ranges of terms that have about _PART values each."""
    edges = np.searchsorted(offsets, np.arange(0, int(offsets[-1]) + _PART, _PART))
    edges[-1:] = len(offsets) - 1
    yield from pairwise(np.unique(np.append(edges, 0)).tolist())


def _sums(values: Int64s, offsets: Int64s) -> Int64s:
    totals = np.concatenate([np.zeros(1, np.int64), np.cumsum(values)])
    sums: Int64s = totals[offsets[1:]] - totals[offsets[:-1]]
    return sums


def _offsets(counts: Int64s) -> Int64s:
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)])
