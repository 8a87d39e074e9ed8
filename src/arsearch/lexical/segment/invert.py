"""Inverting: from the terms of each document to the documents of each term."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from arsearch import kernel
from arsearch.common.array_types import Int32s, Int64s, Unsigned

__all__ = ["Postings", "invert"]

_BLOCK = 1 << 19
"""Tokens that are sorted at once where there is no kernel."""


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
    documents, position_offsets, positions = _by_term(terms, document_offsets, positions, term_count)
    first: npt.NDArray[np.bool_] = np.ones(len(documents) + 1, dtype=np.bool_)
    np.not_equal(documents[1:], documents[:-1], out=first[1:-1])
    first[position_offsets] = True
    edges = np.flatnonzero(first).astype(np.int32)
    return Postings(
        offsets=np.searchsorted(edges, position_offsets).astype(np.int64),
        documents=documents[edges[:-1]],
        frequencies=np.diff(edges),
        position_offsets=position_offsets,
        positions=positions,
    )


def _by_term(
    terms: Int32s, document_offsets: Int64s, positions: Unsigned, term_count: int
) -> tuple[Int32s, Int64s, Unsigned]:
    """Return the documents and *positions* of the tokens of each term in turn, and where each term's begin.

    What has the same term stays in its order.
    """
    ends: Int64s
    if kernel.native is not None:  # counts and places; it does not sort
        ends = np.empty(term_count + 1, dtype=np.int64)
        owners, grouped = np.empty(len(terms), dtype=np.int32), np.empty_like(positions)
        kernel.native.group_by_term(terms, document_offsets, positions, ends, owners, grouped)
        return owners, ends, grouped
    return _counted_in_blocks(terms, document_offsets, positions, term_count)


def _counted_in_blocks(
    terms: Int32s, document_offsets: Int64s, positions: Unsigned, term_count: int
) -> tuple[Int32s, Int64s, Unsigned]:
    """Do what the kernel does, block by block: as many tokens as a cache holds are sorted in a fraction of the time."""
    documents = np.repeat(np.arange(len(document_offsets) - 1, dtype=np.int32), np.diff(document_offsets))
    ends = np.zeros(term_count + 1, dtype=np.int64)
    np.cumsum(np.bincount(terms, minlength=term_count), out=ends[1:])
    following = ends[:-1].copy()  # where the next token of each term is placed
    owners, grouped = np.empty_like(documents), np.empty_like(positions)
    for begin in range(0, len(terms), _BLOCK):
        block = slice(begin, begin + _BLOCK)
        order = _stable_order(terms[block], term_count)
        in_order = terms[block][order]
        first = np.flatnonzero(np.diff(in_order, prepend=-1))
        counts, block_terms = np.diff(first, append=len(in_order)), in_order[first]
        slots = np.repeat(following[block_terms] - first, counts) + np.arange(len(in_order))
        owners[slots], grouped[slots] = documents[block][order], positions[block][order]
        following[block_terms] += counts
    return owners, ends, grouped


def _stable_order(terms: Int32s, term_count: int) -> npt.NDArray[np.intp]:
    """Return what sorts *terms*, and leaves the order of equal ones: 16 bits at a time, as NumPy has a radix sort."""
    order = np.argsort(terms.astype(np.uint16), kind="stable")
    if term_count > 1 << 16:
        order = order[np.argsort((terms >> 16).astype(np.uint16)[order], kind="stable")]
    return order
