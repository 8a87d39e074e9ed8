"""Filters and facets: which documents have a value, and which values documents have, from the postings of keywords."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from arsearch.common.array_types import Int64s, Mask
from arsearch.lexical.search.postings import MultiTermPostings, PostingReader
from arsearch.lexical.segment.field_names import keyword_term

__all__ = ["DocumentFilter", "ValueCount"]


_DAY = len("2015-07-21")
_YEAR = 4


@dataclass(frozen=True, slots=True)
class ValueCount:
    """A value of a keyword field as it is indexed, how many documents have it, and one of them."""

    term: bytes
    count: int
    example: int


class DocumentFilter:
    """The keywords and dates of all documents."""

    def __init__(self, postings: PostingReader) -> None:
        self._postings = postings
        self._keywords: dict[str, MultiTermPostings] = {}

    @cached_property
    def _dates(self) -> npt.NDArray[np.bytes_]:
        return np.concatenate([np.empty(0, "S19"), *(segment.columns.dates for segment in self._postings.segments)])

    @cached_property
    def _date_ranks(self) -> npt.NDArray[np.int64]:
        """For each document the rank of its date, oldest first; 0 for those without one."""
        distinct, ranks = np.unique(self._dates, return_inverse=True)
        return ranks + (1 if len(distinct) and distinct[0] != b"" else 0)

    def allowed(
        self,
        keywords: Mapping[str, Sequence[str]],
        date_from: str = "",
        date_to: str = "",
        ranges: Mapping[str, Sequence[tuple[float, float]]] | None = None,
    ) -> Mask | None:
        """Return which documents (documents,) pass all filters, None if there is none.

        Of several values of one field of *keywords* any will do, as of several *ranges* of the values of an own field;
        they are compared folded. Dates are ISO 8601
        prefixes, both inclusive: ``2015``, ``2015-07`` or ``2015-07-21``; documents without a date pass no date filter.
        """
        if not any(keywords.values()) and not date_from and not date_to and not ranges:
            return None
        allowed = self._postings.live.copy()
        for field, values in keywords.items():
            if values:
                having = np.zeros(len(allowed), dtype=np.bool_)
                for value in values:
                    having[self._postings.term(field, keyword_term(value)).documents] = True
                allowed &= having
        for field, bounds in (ranges or {}).items():
            numbers = self._postings.values(field)
            allowed &= np.logical_or.reduce([(numbers >= low) & (numbers <= high) for low, high in bounds])
        if date_from:
            allowed &= self._dates >= date_from.encode()
        if date_to:
            allowed &= (self._dates != b"") & (self._dates.astype(f"S{len(date_to)}") <= date_to.encode())
        return allowed

    def dates(self, documents: Int64s) -> list[str]:
        """Return the dates of *documents* as ISO 8601, to the second at most; empty for those without."""
        return [date.decode() for date in self._dates[documents].tolist()]

    def in_order_of_date(self, documents: Int64s, *, oldest: bool) -> Int64s:
        """Return the indices that sort *documents* newest or *oldest* first, undated ones last, equals as they come."""
        ranks = self._date_ranks[documents]
        if oldest:
            ranks = np.where(ranks == 0, ranks.max(initial=0) + 1, ranks)
        return np.argsort(ranks if oldest else -ranks, kind="stable")

    def in_order_of_value(self, documents: Int64s, field: str, *, descending: bool) -> Int64s:
        """Return the indices that sort *documents* by their value of an own field, those without one last."""
        values = self._postings.values(field)[documents]
        return np.argsort(-values if descending else values, kind="stable")  # NumPy sorts what is no number last

    def count_values(self, field: str, documents: Int64s, limit: int) -> list[ValueCount]:
        """Return the *limit* most frequent values of the keyword *field* among *documents*, equals by value."""
        found = np.zeros(self._postings.document_count, dtype=np.bool_)
        found[documents] = True
        having = self._keyword(field)
        kept = np.flatnonzero(found[having.documents])
        counts = np.bincount(having.owners[kept])
        values = []
        for index in _most(counts, limit):
            example = having.documents[kept[having.owners[kept] == index][0]]
            values.append(ValueCount(having.text_of(index), int(counts[index]), int(example)))
        return values

    def count_years(self, documents: Int64s, limit: int) -> list[tuple[str, int]]:
        """Return the *limit* most frequent years of *documents*, with their counts, equals by year."""
        years, of_document = self._years
        counts = np.bincount(of_document[documents], minlength=len(years))
        counts[years == b""] = 0
        return [(years[index].decode(), int(counts[index])) for index in _most(counts, limit)]

    def count_dates(self, documents: Int64s) -> list[tuple[str, int]]:
        """Return the days of *documents* with their counts, in order: years and months where no more is known."""
        days, counts = np.unique(self._dates[documents].astype(f"S{_DAY}"), return_counts=True)
        return [(day.decode(), int(count)) for day, count in zip(days, counts, strict=True)]

    @cached_property
    def _years(self) -> tuple[npt.NDArray[np.bytes_], Int64s]:
        """The different years, sorted, and the index in them of each document's."""
        years, of_document = np.unique(self._dates.astype(f"S{_YEAR}"), return_inverse=True)
        return years, of_document

    def _keyword(self, field: str) -> MultiTermPostings:
        """Return all postings of the keyword *field*, which are few enough to be kept."""
        if field not in self._keywords:
            self._keywords[field] = self._postings.multi_term(lambda terms: np.arange(*terms.bounds(field)))
        return self._keywords[field]


def _most(counts: Int64s, limit: int) -> list[int]:
    order = np.argsort(-counts, kind="stable")[:limit]
    return [index for index in order.tolist() if counts[index]]
