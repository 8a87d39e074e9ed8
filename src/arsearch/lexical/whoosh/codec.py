"""Whoosh's codec interface over the columns: every part of Whoosh that reads an index reads this one.

Segments are written in bulk by :mod:`arsearch.lexical.segment.builder`, not posting by posting, so the writing half of
the interface is not there. Nothing is pickled: the schema comes from the program, segments from their folders.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from whoosh.codec.base import Codec, FieldCursor, PerDocumentReader, TermsReader
from whoosh.codec.base import Segment as WhooshSegment
from whoosh.index import Index
from whoosh.matching import LeafMatcher, NullMatcher, ReadTooFar
from whoosh.reading import EmptyReader, IndexReader, MultiReader, SegmentReader, TermInfo, TermNotFound

from arsearch.lexical.segment.field_names import FIELDS, ORDINAL, SCORED_FIELDS
from arsearch.lexical.segment.segment import Segment
from arsearch.lexical.whoosh.schema import schema

__all__ = ["ColumnarCodec", "ColumnarIndex"]

_NAME = "arsearch"


class ColumnarIndex(Index):  # type: ignore[misc]  # whoosh has no types
    """The segments of a commit as a Whoosh index: ``searcher()`` gives a stock Whoosh searcher on them."""

    def __init__(self, segments: list[Segment]) -> None:
        self._segments = segments
        own = {name for segment in segments for name in segment.columns.fields if name not in FIELDS}
        self.schema = schema(sorted(own))

    def reader(self, reuse: Any = None) -> IndexReader:  # noqa: ARG002  # Whoosh's
        """Return a Whoosh reader of all segments."""
        codec = ColumnarCodec()
        readers = [SegmentReader(None, self.schema, _WhooshSegment(segment), codec=codec) for segment in self._segments]
        if not readers:
            return EmptyReader(self.schema)
        return readers[0] if len(readers) == 1 else MultiReader(readers)

    def doc_count(self) -> int:
        """Return how many live documents there are."""
        return sum(int(segment.live.sum()) for segment in self._segments)

    def doc_count_all(self) -> int:
        """Return how many documents there are, deleted ones included."""
        return sum(segment.columns.document_count for segment in self._segments)

    def is_empty(self) -> bool:
        """Whether there is no document."""
        return self.doc_count_all() == 0


class ColumnarCodec(Codec):  # type: ignore[misc]  # whoosh has no types
    """Gives Whoosh readers of columns."""

    def terms_reader(self, storage: Any, segment: _WhooshSegment) -> _TermsReader:  # noqa: ARG002  # Whoosh's
        """Return the terms and postings of *segment*."""
        return _TermsReader(segment.segment)

    def per_document_reader(self, storage: Any, segment: _WhooshSegment) -> _DocumentReader:  # noqa: ARG002  # Whoosh's
        """Return the documents of *segment*."""
        return _DocumentReader(segment.segment)


class _WhooshSegment(WhooshSegment):  # type: ignore[misc]  # whoosh has no types
    def __init__(self, segment: Segment) -> None:
        self.indexname = _NAME
        self.segid = segment.name
        self.compound = False
        self.segment = segment

    def codec(self) -> ColumnarCodec:
        return ColumnarCodec()


class _DocumentReader(PerDocumentReader):  # type: ignore[misc]  # whoosh has no types
    def __init__(self, segment: Segment) -> None:
        self._segment = segment
        self._lengths = dict(zip(SCORED_FIELDS, segment.columns.lengths, strict=True))

    def close(self) -> None:
        self.__dict__.clear()

    def doc_count(self) -> int:
        return int(self._segment.live.sum())

    def doc_count_all(self) -> int:
        return self._segment.columns.document_count

    def has_deletions(self) -> bool:
        return self._segment.has_deletions

    def is_deleted(self, docnum: int) -> bool:
        # Whoosh asks for the number after the last, too.
        return docnum < len(self._segment.live) and not self._segment.live[docnum]

    def deleted_docs(self) -> list[int]:
        return np.flatnonzero(~self._segment.live).tolist()

    def doc_field_length(self, docnum: int, fieldname: str, default: int = 0) -> int:
        return int(self._lengths[fieldname][docnum]) if fieldname in self._lengths else default

    def field_length(self, fieldname: str) -> int:
        return int(self._live_lengths(fieldname).sum())

    def min_field_length(self, fieldname: str) -> int:
        return int(self._live_lengths(fieldname).min(initial=np.iinfo(np.uint32).max))

    def max_field_length(self, fieldname: str) -> int:
        return int(self._live_lengths(fieldname).max(initial=0))

    def stored_fields(self, docnum: int) -> dict[str, int]:
        return {ORDINAL: int(self._segment.columns.ordinals[docnum])}

    def _live_lengths(self, fieldname: str) -> Any:
        if fieldname not in self._lengths:
            return np.empty(0, np.uint32)
        return self._lengths[fieldname][self._segment.live]


class _TermsReader(TermsReader):  # type: ignore[misc]  # whoosh has no types
    def __init__(self, segment: Segment) -> None:
        self._segment = segment
        self._dictionary = segment.dictionary

    def close(self) -> None:
        self.__dict__.clear()

    def __contains__(self, term: tuple[str, bytes]) -> bool:
        number = self._dictionary.find(*term)
        return number >= 0 and self._lives(number)

    def cursor(self, fieldname: str, fieldobj: Any) -> _Cursor:
        return _Cursor(self._segment, fieldname, fieldobj)

    def terms(self) -> Iterator[tuple[str, bytes]]:
        for field in self._dictionary.field_names():
            yield from self._terms(field, *self._dictionary.bounds(field))

    def terms_from(self, fieldname: str, prefix: bytes) -> Iterator[tuple[str, bytes]]:
        yield from self._terms(fieldname, *self._dictionary.from_text(fieldname, prefix))
        for field in self._dictionary.field_names():
            if field > fieldname:
                yield from self._terms(field, *self._dictionary.bounds(field))

    def items(self) -> Iterator[tuple[tuple[str, bytes], TermInfo]]:
        return ((term, self.term_info(*term)) for term in self.terms())

    def items_from(self, fieldname: str, prefix: bytes) -> Iterator[tuple[tuple[str, bytes], TermInfo]]:
        return ((term, self.term_info(*term)) for term in self.terms_from(fieldname, prefix))

    def term_info(self, fieldname: str, text: bytes) -> TermInfo:
        return _term_info(self._segment, fieldname, self._number(fieldname, text))

    def frequency(self, fieldname: str, text: bytes) -> float:
        number = self._dictionary.find(fieldname, text)
        return float(self._segment.postings(number)[1].sum()) if number >= 0 else 0.0

    def doc_frequency(self, fieldname: str, text: bytes) -> int:
        number = self._dictionary.find(fieldname, text)
        return self._segment.document_frequency(number) if number >= 0 else 0

    def matcher(self, fieldname: str, text: bytes, format_: Any, scorer: Any = None) -> _Matcher:
        return _Matcher(self._segment, fieldname, self._number(fieldname, text), format_, scorer)

    def indexed_field_names(self) -> list[str]:
        return list(self._dictionary.field_names())

    def _terms(self, field: str, first: int, last: int) -> Iterator[tuple[str, bytes]]:
        for number in range(first, last):
            if self._lives(number):
                yield field, self._dictionary[number]

    def _lives(self, number: int) -> bool:
        return not self._segment.has_deletions or self._segment.document_frequency(number) > 0

    def _number(self, fieldname: str, text: bytes) -> int:
        number = self._dictionary.find(fieldname, text)
        if number < 0:
            raise TermNotFound(f"No term {fieldname}:{text!r}")
        return number


class _Cursor(FieldCursor):  # type: ignore[misc]  # whoosh has no types
    """Walks the terms of one field, as Whoosh's Levenshtein automata want it."""

    def __init__(self, segment: Segment, fieldname: str, fieldobj: Any) -> None:
        self._segment = segment
        self._dictionary = segment.dictionary
        self._field = fieldname
        self._fieldobj = fieldobj
        self._first, self._last = self._dictionary.bounds(fieldname)
        self._number = self._first

    def is_valid(self) -> bool:
        return self._number < self._last

    def first(self) -> str | None:
        self._number = self._first
        return self.text()

    def find(self, string: str | bytes) -> str | None:
        text = string if isinstance(string, bytes) else self._fieldobj.to_bytes(string)
        self._number = self._dictionary.from_text(self._field, text)[0]
        return self.text()

    def next(self) -> str | None:
        self._number += 1
        return self.text()

    def text(self) -> str | None:
        while self.is_valid() and self._segment.has_deletions and not self._segment.document_frequency(self._number):
            self._number += 1
        return self._fieldobj.from_bytes(self._dictionary[self._number]) if self.is_valid() else None

    def term_info(self) -> TermInfo:
        return _term_info(self._segment, self._field, self._number)


def _term_info(segment: Segment, field: str, number: int) -> TermInfo:
    documents, frequencies = segment.postings(number)
    lengths = segment.columns.lengths[SCORED_FIELDS.index(field)][documents] if field in SCORED_FIELDS else np.ones(1)
    return TermInfo(
        weight=float(frequencies.sum()),
        df=len(documents),
        minlength=int(lengths.min()) if len(lengths) else 0,
        maxlength=int(lengths.max(initial=0)),
        maxweight=float(frequencies.max(initial=0.0)),
        minid=int(documents[0]) if len(documents) else 0,
        maxid=int(documents[-1]) if len(documents) else 0,
    )


class _Matcher(LeafMatcher):  # type: ignore[misc]  # whoosh has no types
    """The postings of one term in one segment, as Whoosh's matchers walk them. One block, for its quality methods."""

    def __init__(self, segment: Segment, field: str, number: int, format_: Any, scorer: Any) -> None:
        self._segment = segment
        self._field = field
        self._number = number
        self._term = (field, segment.dictionary[number])
        self.format = format_
        self.scorer = scorer
        documents, frequencies = segment.postings(number)
        self._documents: list[int] = documents.tolist()
        self._weights: list[float] = frequencies.tolist()
        self._position_lists: list[list[int]] | None = None
        self._index = 0

    def is_active(self) -> bool:
        return self._index < len(self._documents)

    def reset(self) -> None:
        self._index = 0

    def id(self) -> int:
        return self._documents[self._index]

    def all_ids(self) -> Iterator[int]:
        return iter(self._documents)

    def next(self) -> None:
        if not self.is_active():
            raise ReadTooFar
        self._index += 1

    def skip_to(self, docnum: int) -> None:
        if not self.is_active():
            raise ReadTooFar
        self._index += int(np.searchsorted(self._documents[self._index :], docnum))

    def copy(self) -> _Matcher:
        other = _Matcher(self._segment, self._field, self._number, self.format, self.scorer)
        other._index = self._index
        return other

    def replace(self, minquality: float = 0) -> Any:
        if not self.is_active() or (minquality and self.scorer and self.max_quality() < minquality):
            return NullMatcher()
        return self

    def weight(self) -> float:
        return self._weights[self._index]

    def value(self) -> bytes:
        encoded: bytes = self.format.encode(self._positions())
        return encoded

    def value_as(self, astype: str) -> Any:
        if astype == "positions":
            return self._positions()
        return self.weight() if astype == "weight" else int(self.weight())

    def skip_to_quality(self, minquality: float) -> int:
        if self.block_quality() <= minquality:
            self._index = len(self._documents)
        return 0

    def block_min_length(self) -> int:
        return int(_term_info(self._segment, self._field, self._number).min_length())

    def block_max_length(self) -> int:
        return int(_term_info(self._segment, self._field, self._number).max_length())

    def block_max_weight(self) -> float:
        return max(self._weights, default=0.0)

    def _positions(self) -> list[int]:
        if self._position_lists is None:
            _, positions = self._segment.positions(self._number)
            ends = np.cumsum(np.array(self._weights, dtype=np.int64))
            self._position_lists = [part.tolist() for part in np.split(positions, ends[:-1])]
        return self._position_lists[self._index]
