"""Inverting: from the terms of each document to the documents of each term."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from arsearch.array_types import Int32s, Int64s, Unsigned

__all__ = ["Postings", "invert"]

_FEW = 1 << 17
"""Fewer tokens than this are sorted sooner than SciPy is imported."""


@dataclass(frozen=True, slots=True)
class Postings:
    """The postings of several terms, in their order.

    *offsets* int64 (terms + 1,), *documents* int32 and *frequencies* int32 (postings,); *position_offsets* int64
    (terms + 1,), *positions* of the type they had.
    """

    offsets: Int64s
    documents: Int32s
    frequencies: Int32s
    position_offsets: Int64s
    positions: Unsigned


def invert(terms: Int32s, document_offsets: Int64s, positions: Unsigned, term_count: int) -> Postings:
    """Return the postings of *terms* (tokens,), which stand at *positions* (tokens,), ascending in each document.

    Document *d* has the tokens from ``document_offsets[d]`` to ``document_offsets[d + 1]``. Fewer than 2**31 tokens.
    """
    documents, ends, positions = _by_term(terms, document_offsets, positions, term_count)
    position_offsets = ends.astype(np.int64)
    first: npt.NDArray[np.bool_] = np.ones(len(documents) + 1, dtype=np.bool_)
    np.not_equal(documents[1:], documents[:-1], out=first[1:-1])
    first[position_offsets] = True
    edges = np.flatnonzero(first).astype(np.int32)
    return Postings(
        offsets=np.searchsorted(edges, ends).astype(np.int64),
        documents=documents[edges[:-1]],
        frequencies=np.diff(edges),
        position_offsets=position_offsets,
        positions=positions,
    )


def _by_term(
    terms: Int32s, document_offsets: Int64s, positions: Unsigned, term_count: int
) -> tuple[Int32s, Int32s, Unsigned]:
    """Return the documents and *positions* of the tokens of each term in turn, and where each term's begin.

    What has the same term stays in its order.
    """
    document_count = len(document_offsets) - 1
    if len(terms) < _FEW:
        order = np.argsort(terms, kind="stable")
        owners = np.repeat(np.arange(document_count, dtype=np.int32), np.diff(document_offsets))
        ends = np.concatenate([[0], np.cumsum(np.bincount(terms, minlength=term_count))])
        return owners[order], ends.astype(np.int32), positions[order]
    # Imported here: it takes a sixth of a second, which is much of an update, and only indexing needs it.
    from scipy.sparse import csr_array

    # Documents × terms, row by row, made into the same column by column: SciPy counts and places, it does not sort.
    # That takes a fifth of the time of one sort of 64-bit keys.
    shape = (document_count, term_count)
    columns = csr_array((positions, terms, document_offsets.astype(np.int32)), shape=shape).tocsc()
    return columns.indices, columns.indptr, columns.data
