"""Inverting: from the terms of each document to the documents of each term."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from arsearch.lexical.columns import Int32s, Int64s

__all__ = ["Postings", "invert"]

_LOW = np.uint64(32)
_LOW_MASK = np.uint64((1 << 32) - 1)


@dataclass(frozen=True, slots=True)
class Postings:
    """The postings of several terms, in their order.

    *offsets* int64 (terms + 1,), *documents* int32 and *frequencies* int64 (postings,); *position_offsets* int64
    (terms + 1,), *positions* int64.
    """

    offsets: Int64s
    documents: Int32s
    frequencies: Int64s
    position_offsets: Int64s
    positions: Int64s


def invert(terms: Int32s, documents: Int32s, positions: Int32s, term_count: int) -> Postings:
    """Return the postings of *terms* (tokens,), which stand in *documents* at *positions*.

    Tokens come by document and position. Fewer than 2**32 tokens and 2**31 terms.
    """
    # One sort of 64-bit keys, term above place, is what NumPy does fastest; a stable argsort takes six times as long.
    keys = (terms.astype(np.uint64) << _LOW) | np.arange(len(terms), dtype=np.uint64)
    keys.sort()
    places = (keys & _LOW_MASK).astype(np.int64)
    sorted_terms = (keys >> _LOW).astype(np.int64)
    sorted_documents = documents[places]
    first = np.empty(len(keys), dtype=np.bool_)
    first[:1] = True
    first[1:] = (sorted_terms[1:] != sorted_terms[:-1]) | (sorted_documents[1:] != sorted_documents[:-1])
    begins = np.flatnonzero(first)
    return Postings(
        offsets=_offsets(sorted_terms[begins], term_count),
        documents=sorted_documents[begins],
        frequencies=np.diff(begins, append=len(keys)),
        position_offsets=_offsets(sorted_terms, term_count),
        positions=positions[places].astype(np.int64),
    )


def _offsets(terms: Int64s, term_count: int) -> Int64s:
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(np.bincount(terms, minlength=term_count))])
