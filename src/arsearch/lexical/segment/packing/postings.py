"""The postings of a term in one record of bytes.

First its documents in blocks of ``BLOCK``: a byte says how many bits a document takes, another those of a frequency;
then come the documents, each as the number of documents passed over since the one before, and the frequencies, less
one. Then its positions in blocks of as many: a byte for their bits, and the positions, each as the number of positions
passed over since the one before in the same document. A term of a field without positions has none.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from arsearch import kernel
from arsearch.common.array_types import Floats, Int32s, Int64s, Mask, UInt8s, UInt32s, Unsigned
from arsearch.lexical.segment.packing.bits import PADDING, bit_widths, ranges, read_bits, write_bits

__all__ = [
    "PostingRecords", "UnpackedPostings", "pack_postings", "unpack_occurrences", "unpack_positions", "unpack_postings",
    "unpack_term",
]  # fmt: skip

BLOCK = 128
_MOST_BITS = 31
_DAMAGED = "the postings of a segment are damaged"
_DAMAGED_POSITIONS = "the positions of a segment are damaged"


@dataclass(frozen=True, slots=True)
class PostingRecords:
    """The records of some terms: *packed* uint8 (bytes,) with padding, and where each *begins* and *ends* there.

    *counts* are the postings of each; all three are int64 (terms,).
    """

    packed: UInt8s
    begins: Int64s
    ends: Int64s
    counts: Int64s


@dataclass(frozen=True, slots=True)
class UnpackedPostings:
    """The *documents* and *frequencies* int32 (postings,) of some terms, those of each in turn.

    The positions of each term are packed from *positions_begin* int64 (terms,) on.
    """

    documents: Int32s
    frequencies: Int32s
    positions_begin: Int64s


def pack_postings(
    offsets: Int64s, documents: Int32s, frequencies: Int32s, position_offsets: Int64s, positions: Unsigned
) -> tuple[UInt8s, Int64s]:
    """Return the records of some terms one after the other, and where each ends (terms,).

    The arguments are those of :class:`arsearch.lexical.segment.invert.Postings`. Raises ValueError if documents or
    positions are not in order.
    """
    if kernel.native is not None:
        ends = np.empty(len(offsets) - 1, dtype=np.int64)
        # As much as they could take; what is not written to is no memory.
        room = np.empty(9 * len(documents) + 5 * len(positions) + 8 * len(ends), dtype=np.uint8)
        kernel.native.pack_postings(offsets, documents, frequencies, position_offsets, positions, ends, room)
        return room[: int(ends[-1]) if len(ends) else 0], ends
    counts, position_counts = np.diff(offsets), np.diff(position_offsets)
    occurrences = np.concatenate([np.zeros(1, np.int64), np.cumsum(frequencies, dtype=np.int64)])
    occurrences = occurrences[offsets[1:]] - occurrences[offsets[:-1]]
    if np.any((position_counts > 0) & (position_counts != occurrences)):
        raise ValueError("there must be as many positions as the frequencies say")
    # What has positions: a document of such a term begins every frequency positions.
    has_positions = np.repeat(position_counts > 0, counts)
    of_documents = frequencies[has_positions].astype(np.int64)
    jumps = _passed_over(documents, offsets[:-1][counts > 0])
    steps = _passed_over(positions, np.cumsum(of_documents) - of_documents)
    if np.any(jumps < 0) or np.any(frequencies < 1):
        raise ValueError("postings are out of order, or of no word")
    if np.any(steps < 0):
        raise ValueError("positions are out of order")
    blocks, places = _Blocks.of(offsets), _Blocks.of(position_offsets)
    widths = blocks.widths(jumps), blocks.widths(frequencies - 1)
    place_widths = places.widths(steps)
    sizes = 2 + (blocks.counts * widths[0] + 7 >> 3) + (blocks.counts * widths[1] + 7 >> 3)
    place_sizes = 1 + (places.counts * place_widths + 7 >> 3)
    of_terms = np.bincount(blocks.terms, sizes, len(counts)).astype(np.int64)
    of_places = np.bincount(places.terms, place_sizes, len(counts)).astype(np.int64)
    ends = np.cumsum(of_terms + of_places)
    packed = np.zeros((int(ends[-1]) if len(ends) else 0) + PADDING, dtype=np.uint8)
    begins = blocks.begins(ends - of_terms - of_places, sizes)
    place_begins = places.begins(ends - of_places, place_sizes)
    packed[begins], packed[begins + 1], packed[place_begins] = widths[0], widths[1], place_widths
    blocks.write(packed, 8 * (begins + 2), widths[0], jumps)
    blocks.write(packed, 8 * (begins + 2 + (blocks.counts * widths[0] + 7 >> 3)), widths[1], frequencies - 1)
    places.write(packed, 8 * (place_begins + 1), place_widths, steps)
    return packed[:-PADDING], ends


def unpack_postings(records: PostingRecords) -> UnpackedPostings:
    """Return the documents and frequencies of *records*. Raises ValueError if they are damaged."""
    total, terms = int(records.counts.sum()), len(records.counts)
    found = UnpackedPostings(np.empty(total, np.int32), np.empty(total, np.int32), np.empty(terms, np.int64))
    if kernel.native is not None:
        kernel.native.unpack_postings(
            records.packed, records.begins, records.ends, records.counts,
            found.documents, found.frequencies, found.positions_begin,
        )  # fmt: skip
        return found
    _check_records(records)
    offsets = np.cumsum(records.counts) - records.counts
    at, left = records.begins.copy(), records.counts.copy()
    for block in range(int(-(-records.counts.max(initial=0) // BLOCK))):
        terms_left = np.flatnonzero(left)
        begins, counts = at[terms_left], np.minimum(left[terms_left], BLOCK)
        widths = records.packed[begins].astype(np.int64), records.packed[begins + 1].astype(np.int64)
        middle = begins + 2 + (counts * widths[0] + 7 >> 3)
        ends = middle + (counts * widths[1] + 7 >> 3)
        if np.any(ends > records.ends[terms_left]) or max(map(np.max, widths)) > _MOST_BITS:
            raise ValueError(_DAMAGED)
        slots = ranges(offsets[terms_left] + block * BLOCK, counts)
        found.documents[slots] = _read_block(records.packed, begins + 2, widths[0], counts).view(np.int32)
        found.frequencies[slots] = _read_block(records.packed, middle, widths[1], counts).view(np.int32) + np.int32(1)
        at[terms_left] = ends
        left[terms_left] -= counts
    found.positions_begin[:] = at
    documents = _added_up(found.documents.astype(np.int64), offsets[records.counts > 0])
    if np.any(documents > np.iinfo(np.int32).max):
        raise ValueError(_DAMAGED)
    found.documents[:] = documents
    return found


def unpack_positions(records: PostingRecords, found: UnpackedPostings) -> UInt32s:
    """Return the positions uint32 (occurrences,) of *records*, of which *found* was unpacked; all of them have some.

    Raises ValueError if they are damaged.
    """
    frequencies = found.frequencies.astype(np.int64)
    positions = np.empty(int(frequencies.sum()), dtype=np.uint32)
    if kernel.native is not None:
        kernel.native.unpack_positions(
            records.packed, found.positions_begin, records.ends, records.counts, found.frequencies, positions
        )
        return positions
    totals = np.concatenate([np.zeros(1, np.int64), np.cumsum(frequencies)])
    ends = np.cumsum(records.counts)
    counts = totals[ends] - totals[ends - records.counts]
    offsets = np.cumsum(counts) - counts
    at, left = found.positions_begin.copy(), counts.copy()
    for block in range(int(-(-counts.max(initial=0) // BLOCK))):
        terms_left = np.flatnonzero(left)
        begins, sizes = at[terms_left], np.minimum(left[terms_left], BLOCK)
        widths = records.packed[begins].astype(np.int64)
        block_ends = begins + 1 + (sizes * widths + 7 >> 3)
        if np.any(block_ends > records.ends[terms_left]) or widths.max() > _MOST_BITS:
            raise ValueError(_DAMAGED_POSITIONS)
        positions[ranges(offsets[terms_left] + block * BLOCK, sizes)] = _read_block(
            records.packed, begins + 1, widths, sizes
        )
        at[terms_left] = block_ends
        left[terms_left] -= sizes
    added = _added_up(positions.astype(np.int64), totals[:-1])
    if np.any(at != records.ends) or np.any(added > np.iinfo(np.int32).max):
        raise ValueError(_DAMAGED_POSITIONS)
    return added.astype(np.uint32)


def unpack_term(packed: UInt8s, begin: int, end: int, count: int) -> tuple[Int64s, Floats]:
    """Return the documents, sorted, and the frequencies of a term (postings,) each.

    Its record stands from *begin* to *end* of *packed*, and has *count* postings. Raises ValueError if it is damaged.
    """
    if kernel.native is not None:
        documents, frequencies = kernel.native.term_postings(packed, begin, end, count)
        return np.frombuffer(documents, np.int64), np.frombuffer(frequencies, np.float32)
    found = unpack_postings(_record(packed, begin, end, count))
    # NumPy indexes with 64-bit numbers several times as fast as with 32-bit ones.
    return found.documents.astype(np.int64), found.frequencies.astype(np.float32)


def _record(packed: UInt8s, begin: int, end: int, count: int) -> PostingRecords:
    return PostingRecords(packed, np.array([begin]), np.array([end]), np.array([count]))


def unpack_occurrences(
    packed: UInt8s, begin: int, end: int, count: int, last: int | None = None
) -> tuple[Int64s, Int64s]:
    """Return every occurrence of a term, or the *last* of them: documents and positions, both int64, sorted.

    Its record stands from *begin* to *end* of *packed*, and has *count* postings. Raises ValueError if it is damaged.
    """
    if kernel.native is not None:
        most = np.iinfo(np.int64).max if last is None else last
        owners, positions = kernel.native.occurrences(packed, begin, end, count, int(most))
        return np.frombuffer(owners, np.int64), np.frombuffer(positions, np.int64)
    records = _record(packed, begin, end, count)
    found = unpack_postings(records)
    all_positions = unpack_positions(records, found).astype(np.int64)
    all_owners = np.repeat(found.documents.astype(np.int64), found.frequencies)
    first = 0 if last is None else max(len(all_owners) - last, 0)
    return all_owners[first:], all_positions[first:]


@dataclass(frozen=True, slots=True)
class _Blocks:
    """The blocks of the values of some terms: of which of the *terms* each is, its *first* value, how many it has."""

    terms: Int64s
    first: Int64s
    counts: Int64s

    @classmethod
    def of(cls, offsets: Int64s) -> _Blocks:
        """Return the blocks of terms whose values begin and end at *offsets* (terms + 1,)."""
        of_term = -(-np.diff(offsets) // BLOCK)
        terms = np.repeat(np.arange(len(of_term)), of_term)
        first = offsets[terms] + BLOCK * ranges(np.zeros_like(of_term), of_term)
        return cls(terms, first, np.minimum(offsets[terms + 1] - first, BLOCK))

    def widths(self, values: Int64s | Int32s) -> Int64s:
        """Return the bits of the greatest of *values* in each."""
        if not len(self.first):
            return np.empty(0, np.int64)
        return bit_widths(np.maximum.reduceat(values[: int(self.first[-1] + self.counts[-1])], self.first))

    def begins(self, of_terms: Int64s, sizes: Int64s) -> Int64s:
        """Return where each begins, if those of each term stand in *sizes* bytes each from *of_terms* (terms,) on."""
        passed = np.cumsum(sizes) - sizes
        firsts = np.flatnonzero(np.diff(self.terms, prepend=-1))
        return of_terms[self.terms] + passed - np.repeat(passed[firsts], np.diff(firsts, append=len(sizes)))

    def write(self, packed: UInt8s, begins: Int64s, widths: Int64s, values: Int64s | Int32s) -> None:
        """Write *values* from the bit *begins* of each on."""
        if len(self.first):
            bits = ranges(np.zeros_like(self.counts), self.counts) * np.repeat(widths, self.counts)
            write_bits(packed, np.repeat(begins, self.counts) + bits, values.astype(np.uint32))


def _passed_over(values: Int32s | Unsigned, firsts: Int64s) -> Int64s:
    """Return for each of *values* how many numbers lie between it and the one before; those at *firsts* begin anew."""
    jumps = values.astype(np.int64)
    jumps[1:] -= values[:-1].astype(np.int64) + 1
    jumps[firsts] = values[firsts]
    return jumps


def _added_up(jumps: Int64s, firsts: Int64s) -> Int64s:
    """Do the reverse: *firsts* are different and in order, and the first is 0."""
    if not len(jumps):
        return jumps
    sums = np.cumsum(jumps + 1) - 1
    before = sums[firsts] - jumps[firsts]
    return sums - np.repeat(before, np.diff(firsts, append=len(jumps)))


def _read_block(packed: UInt8s, begins: Int64s, widths: Int64s, counts: Int64s) -> UInt32s:
    """Return the numbers of several runs, *counts* of *widths* bits from the bytes *begins* on."""
    of_value = np.repeat(widths, counts)
    bits = ranges(np.zeros_like(counts), counts) * of_value + np.repeat(8 * begins, counts)
    return read_bits(packed, bits, of_value)


def _check_records(records: PostingRecords) -> None:
    within: Mask = (records.begins >= 0) & (records.begins <= records.ends)
    if not (np.all(within) and np.all(records.ends <= len(records.packed) - PADDING) and np.all(records.counts >= 0)):
        raise ValueError(_DAMAGED)
