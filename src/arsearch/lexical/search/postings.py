"""All segments of a commit as one: documents numbered through, statistics of all of them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from arsearch import kernel
from arsearch.common.array_types import Floats, Int64s, Mask
from arsearch.lexical.search.bm25 import idf_of_one, length_norms
from arsearch.lexical.segment.dictionary import TermDictionary
from arsearch.lexical.segment.field_names import SCORED_FIELDS
from arsearch.lexical.segment.segment import Segment

if TYPE_CHECKING:
    from arsearch.kernel import _native

__all__ = ["MultiTermPostings", "NativeTerm", "PostingReader", "ScoredWord", "TermPostings", "cache_bytes"]


_ROW_OF_FIELD = {field: row for row, field in enumerate(SCORED_FIELDS)}
_CACHED_LOOKUPS = 1 << 14
_WORD_BYTES = 1000
"""What a word takes beside its list, about."""
_CACHED_BYTES = 1 << 26, 1 << 29
"""At least, at most."""
_CACHED_BYTES_A_DOCUMENT = 512
"""In between. The words of 1,000 queries take 420 bytes a document in an index of a million."""


class NativeTerm(NamedTuple):
    """A term of a scored field as a query asks for it and as the kernel takes it."""

    field: int
    """Which of ``SCORED_FIELDS``."""
    numbers: tuple[int, ...]
    """Its number in each segment, -1 where it is not."""
    idf: float
    boost: float
    frequency: int
    """Live documents that have it."""
    form: int = 0
    """Of which form of a word it is, 0 for the word as typed: those of one add up, and the best form counts."""


@dataclass(frozen=True, slots=True)
class ScoredWord:
    """The terms by which a word scores, form after form, and as *scored* what they give; None without the kernel.

    Without the kernel, what is no word has as *found* the documents int64, sorted, and their scores float32.
    """

    terms: tuple[NativeTerm, ...]
    scored: _native.ScoredList | None
    found: tuple[Int64s, Floats] | None = None

    @property
    def frequency(self) -> int:
        """Live documents that have it; without the kernel, at least so many."""
        if self.scored is not None:
            return len(self.scored)
        if self.found is not None:
            return len(self.found[0])
        return max((term.frequency for term in self.terms), default=0)

    @property
    def size(self) -> int:
        """Bytes that it takes in memory."""
        arrays = sum(each.nbytes for each in self.found or ())
        return _WORD_BYTES + arrays + (0 if self.scored is None else self.scored.nbytes)


@dataclass(frozen=True, slots=True)
class TermPostings:
    """The live documents int64 (postings,) that have a term, sorted, and its frequency in each, float32 (postings,)."""

    documents: Int64s
    frequencies: Floats


@dataclass(frozen=True, slots=True)
class MultiTermPostings:
    """The live postings of *term_count* terms, in no order of documents.

    *documents* int64, *frequencies* float32 and *owners* int64, the index of the term, (postings,) each; *text_of*
    gives the text of a term by its index.
    """

    documents: Int64s
    frequencies: Floats
    owners: Int64s
    term_count: int
    text_of: Callable[[int], bytes]

    def document_frequencies(self) -> Int64s:
        """Return how many live documents each term has (terms,)."""
        return np.bincount(self.owners, minlength=self.term_count)


class PostingReader:
    """Reads postings of all segments. Nothing here changes, so several threads may use it."""

    def __init__(self, segments: Sequence[Segment]) -> None:
        self.segments = segments
        counts = [segment.columns.document_count for segment in segments]
        self.bases = np.cumsum([0, *counts])[:-1].tolist()
        """Number of the first document of each segment."""
        self.document_count = sum(counts)
        """Documents, deleted ones included: one more than the greatest number."""
        self.live: Mask = _joined([segment.live for segment in segments], np.bool_)
        self.live_count = int(np.count_nonzero(self.live))
        self.ordinals: Int64s = _joined([segment.columns.ordinals for segment in segments], np.int64)
        self._native_terms: dict[str, _native.FieldTerms] = {}
        self.numbers_of = lru_cache(maxsize=_CACHED_LOOKUPS)(self._look_up)
        """The number of a term, given as field and text, in each segment; -1 where it is not."""
        self.document_frequency = lru_cache(maxsize=_CACHED_LOOKUPS)(self._count_documents)
        """How many live documents have a term, given as field and text."""
        self.idf_of = lru_cache(maxsize=_CACHED_LOOKUPS)(self._find_idf)
        """The BM25 idf of a term, given as field and text: a query asks for that of each word several times."""
        self.values = lru_cache(maxsize=None)(self._read_values)
        """The value (documents,) that each document has in an own field: float64, not a number for none."""

    @cached_property
    def norms(self) -> dict[str, Floats]:
        """The BM25 length norm of each document in each scored field, float32 (documents,)."""
        norms = {}
        for row, field in enumerate(SCORED_FIELDS):
            lengths = _joined([segment.columns.lengths[row] for segment in self.segments], np.uint32)
            average = float(lengths[self.live].mean()) if self.live_count else 0.0
            norms[field] = length_norms(lengths, average)
        return norms

    def term(self, field: str, text: bytes) -> TermPostings:
        """Return the postings of a term; none if it is not there."""
        return self._joined_postings(self.numbers_of(field, text))

    def _joined_postings(self, numbers: Sequence[int]) -> TermPostings:
        parts = [
            (base, *segment.postings(number))
            for base, segment, number in zip(self.bases, self.segments, numbers, strict=True)
            if number >= 0
        ]
        if len(parts) == 1 and parts[0][0] == 0:
            return TermPostings(*parts[0][1:])
        return TermPostings(
            _joined([documents + base for base, documents, _ in parts], np.int64),
            _joined([frequencies for _, _, frequencies in parts], np.float32),
        )

    def postings_of(self, term: NativeTerm) -> TermPostings:
        """Return the postings of a term by its numbers."""
        return self._joined_postings(term[1])

    def positions(self, field: str, text: bytes) -> tuple[Int64s, Int64s]:
        """Return every live occurrence of a term, sorted: documents and positions, both int64 (occurrences,)."""
        parts = [
            (base, *segment.positions(number))
            for base, segment, number in zip(self.bases, self.segments, self.numbers_of(field, text), strict=True)
            if number >= 0
        ]
        return (
            _joined([documents + base for base, documents, _ in parts], np.int64),
            _joined([positions for _, _, positions in parts], np.int64),
        )

    @cached_property
    def native(self) -> _native.Postings | None:
        """The same postings as the compiled kernel has them, None without it."""
        if kernel.native is None:
            return None
        segments = tuple(
            (
                segment.columns.posting_offsets,
                segment.columns.posting_counts,
                segment.columns.posting_bytes,
                segment.columns.document_count,
            )
            for segment in self.segments
        )
        norms = tuple(self.norms[field] for field in SCORED_FIELDS)
        live = None if self.live_count == self.document_count else self.live
        native: _native.Postings = kernel.native.Postings(segments, norms, live)
        return native

    @cached_property
    def native_forward(self) -> tuple[_native.Forward, ...] | None:
        """The words of each segment's documents as the compiled kernel has them, None without it."""
        if kernel.native is None:
            return None
        return tuple(segment.file.forward for segment in self.segments)

    def scored_word(self, terms: Sequence[NativeTerm]) -> ScoredWord:
        """Return *terms*, form after form, as one list. Raises ValueError if the postings are damaged."""
        native = self.native
        return ScoredWord(tuple(terms), None if native is None else native.scored_list(terms))

    def scored_documents(self, documents: Int64s, scores: Floats) -> ScoredWord:
        """Return *documents* (documents,), sorted, with their *scores*, each more than 0, as if a word had them."""
        native = self.native
        if native is None:
            return ScoredWord((), None, (documents, scores))
        return ScoredWord((), native.list_of(np.ascontiguousarray(documents, np.int64), np.ascontiguousarray(scores)))

    def native_term(self, field: str, text: bytes, boost: float, form: int = 0) -> NativeTerm | None:
        """Return a term of a scored field that a query asks for; None if it is not there."""
        if (native := self._field_terms(field)) is not None:
            if (found := native.find(text)) is None:
                return None
            numbers, frequency = found
        elif frequency := self.document_frequency(field, text):
            numbers = self.numbers_of(field, text)
        else:
            return None
        return NativeTerm(_ROW_OF_FIELD[field], numbers, self.idf(frequency), boost, frequency, form)

    def _count_documents(self, field: str, text: bytes) -> int:
        if (native := self._field_terms(field)) is not None:
            return native.frequency(text)
        count = 0
        for segment in self.segments:  # most of what is asked for is not there: numbers_of need not remember it
            number = segment.dictionary.find(field, text)
            if number >= 0:
                count += segment.document_frequency(number)
        return count

    def terms_with_prefixes(self, field: str, prefixes: list[bytes], most: int) -> list[list[bytes]]:
        """Return for each of *prefixes* the terms of *field* that begin so, none if a segment has more than *most*."""
        if (native := self._field_terms(field)) is None:
            return [self._terms_with_prefix(field, prefix, most) for prefix in prefixes]
        found = native.with_prefixes(prefixes, most)
        return found if len(self.segments) == 1 else [list(dict.fromkeys(terms)) for terms in found]

    def _terms_with_prefix(self, field: str, prefix: bytes, most: int) -> list[bytes]:
        found: dict[bytes, None] = {}
        for segment in self.segments:
            first, last = segment.dictionary.with_prefix(field, prefix)
            if last - first > most:
                return []
            found.update(dict.fromkeys(segment.dictionary.texts(first, last)))
        return list(found)

    def _field_terms(self, field: str) -> _native.FieldTerms | None:
        """Return the terms of *field* as the compiled kernel has them, None without it."""
        if kernel.native is None:
            return None
        known = self._native_terms.get(field)
        if known is None:
            parts = tuple(
                (
                    segment.columns.term_bytes,
                    segment.columns.term_offsets,
                    segment.columns.posting_counts,
                    segment.columns.posting_offsets,
                    segment.columns.posting_bytes,
                    segment.live if segment.has_deletions else None,
                    *segment.dictionary.bounds(field),
                )
                for segment in self.segments
            )
            self._native_terms[field] = known = kernel.native.FieldTerms(parts)
        return known

    def _find_idf(self, field: str, text: str) -> float:
        return self.idf(self.document_frequency(field, text.encode()))

    def idf(self, frequency: int) -> float:
        """Return the BM25 idf of a term that *frequency* live documents have."""
        return idf_of_one(self.live_count, frequency)

    def multi_term(self, select: Callable[[TermDictionary], Int64s]) -> MultiTermPostings:
        """Return the postings of all terms that *select* finds in the dictionary of each segment."""
        documents, frequencies, owners, texts = [], [], [], []
        for base, segment in zip(self.bases, self.segments, strict=True):
            terms = select(segment.dictionary)
            local_documents, of_term, local = segment.postings_of_all(terms)
            documents.append(local_documents + base)
            frequencies.append(of_term)
            texts.append(_Texts(segment.dictionary, terms))
            owners.append(local)
        if len(self.segments) > 1:  # the same term has another number in each
            known: dict[bytes, int] = {}
            for index, part in enumerate(texts):
                numbers = [known.setdefault(part[at], len(known)) for at in range(len(part))]
                owners[index] = np.array(numbers, dtype=np.int64)[owners[index]]
            count, all_texts = len(known), list(known)
            joined = _joined(owners, np.int64)
            return MultiTermPostings(
                _joined(documents, np.int64), _joined(frequencies, np.float32), joined, count, all_texts.__getitem__
            )
        if not texts:
            return MultiTermPostings(
                np.empty(0, np.int64), np.empty(0, np.float32), np.empty(0, np.int64), 0, [].__getitem__
            )
        return MultiTermPostings(documents[0], frequencies[0], owners[0], len(texts[0]), texts[0].__getitem__)

    def _read_values(self, field: str) -> npt.NDArray[np.float64]:
        parts = []
        for segment in self.segments:
            names, values = segment.columns.value_fields, segment.columns.values
            nothing = np.full(segment.columns.document_count, np.nan)
            parts.append(values[names.index(field)] if field in names else nothing)
        return np.asarray(_joined(parts, np.float64))

    def locate(self, document: int) -> tuple[int, int]:
        """Return the index of the segment of *document*, and its number there."""
        index = bisect_right(self.bases, document) - 1
        return index, document - self.bases[index]

    def _look_up(self, field: str, text: bytes) -> tuple[int, ...]:
        """Return the number of a term in each segment, -1 where it is not."""
        if (native := self._field_terms(field)) is not None:
            return native.numbers(text)
        return tuple(segment.file.find(field, text) for segment in self.segments)


@dataclass(frozen=True, slots=True)
class _Texts:
    """The texts of *terms* of a dictionary, read when they are asked for."""

    dictionary: TermDictionary
    terms: Int64s

    def __len__(self) -> int:
        return len(self.terms)

    def __getitem__(self, index: int) -> bytes:
        return self.dictionary[int(self.terms[index])]


def _joined(parts: Sequence[npt.NDArray[np.generic]], dtype: npt.DTypeLike) -> npt.NDArray:  # type: ignore[type-arg]
    if len(parts) == 1:
        return np.asarray(parts[0], dtype=dtype)
    return np.concatenate([np.empty(0, dtype), *parts]).astype(dtype, copy=False)


def cache_bytes(documents: int) -> int:
    """Return how many bytes of scored words an index of so many *documents* may keep."""
    least, most = _CACHED_BYTES
    return min(max(documents * _CACHED_BYTES_A_DOCUMENT, least), most)
