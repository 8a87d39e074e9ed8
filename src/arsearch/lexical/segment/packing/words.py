"""The words of the documents of a segment, a record of bytes each.

Words are numbered by how common they are, in four classes, of which each has numbers of more bits: two bits a token
say of which class its word is; then come the words, counted from the first of the class. So most take fewer bits than
the number of words in the segment would ask for, and any document can be read by itself.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np

from arsearch import kernel
from arsearch.common.array_types import Int32s, Int64s, UInt8s
from arsearch.lexical.segment.columns import Columns
from arsearch.lexical.segment.packing.bits import PADDING, ranges, read_bits, write_bits

__all__ = ["choose_widths", "pack_words", "read_tokens", "read_words", "read_words_at", "unpack_words"]

_CLASSES = 4
_MOST_BITS = 28
_DAMAGED = "the words of the documents of a segment are damaged"


def choose_widths(counts: Int64s) -> UInt8s:
    """Return the bits of each class uint8 (4,) with which words take least: they occur *counts* times, never more."""
    below = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)])
    words = len(counts)
    best: tuple[int, tuple[int, ...]] | None = None
    for three in combinations(range(max(words, 1).bit_length() + 1), _CLASSES - 1):
        left = words - sum(1 << width for width in three)
        widths = (*three, (left - 1).bit_length() if left > 1 else 0)
        first = size = 0
        for width in widths:
            last = min(first + (1 << width), words)
            size += width * int(below[last] - below[first])
            first = last
        if best is None or size < best[0]:
            best = size, widths
    return np.array((0,) * _CLASSES if best is None else best[1], dtype=np.uint8)


def pack_words(words: Int32s, offsets: Int64s, widths: UInt8s) -> tuple[UInt8s, Int64s]:
    """Return the records of documents one after the other, and where each ends (documents,).

    Document *d* has the *words* from ``offsets[d]`` to ``offsets[d + 1]``; *widths* uint8 (4,) are the bits of a word
    of each class. Raises ValueError if a word needs more.
    """
    ends = np.empty(len(offsets) - 1, dtype=np.int64)
    if kernel.native is not None:
        # As much as they could take; what is not written to is no memory.
        room = np.empty(5 * (len(words) + len(ends)), dtype=np.uint8)
        kernel.native.pack_words(words, offsets, widths, ends, room)
        return room[: int(ends[-1]) if len(ends) else 0], ends
    bases = _bases(widths)
    if len(words) and not 0 <= int(words.min()) <= int(words.max()) < bases[-1]:
        raise ValueError("the words of documents do not fit together")
    classes = np.searchsorted(bases[1:-1], words, side="right")
    bits = widths[classes].astype(np.int64)
    counts = np.diff(offsets)
    totals = np.concatenate([np.zeros(1, np.int64), np.cumsum(bits)])
    class_bytes = counts + 3 >> 2
    sizes = class_bytes + (totals[offsets[1:]] - totals[offsets[:-1]] + 7 >> 3)
    np.cumsum(sizes, out=ends)
    begins = ends - sizes
    packed = np.zeros((int(ends[-1]) if len(ends) else 0) + PADDING, dtype=np.uint8)
    within = ranges(np.zeros_like(counts), counts)
    write_bits(packed, np.repeat(8 * begins, counts) + 2 * within, classes.astype(np.uint32))
    before = totals[:-1] - np.repeat(totals[offsets[:-1]], counts)
    values = (words - bases[classes]).astype(np.uint32)
    write_bits(packed, np.repeat(8 * (begins + class_bytes), counts) + before, values)
    return packed[:-PADDING], ends


def unpack_words(packed: UInt8s, begins: Int64s, ends: Int64s, counts: Int64s, widths: UInt8s) -> Int32s:
    """Return the *counts* words of documents whose records stand from *begins* to *ends*, those of each in turn.

    *packed* has padding. Raises ValueError if it is damaged.
    """
    words = np.empty(int(counts.sum()), dtype=np.int32)
    if kernel.native is not None:
        kernel.native.unpack_words(packed, begins, ends, counts, widths, words)
        return words
    class_bytes = counts + 3 >> 2
    if not len(begins):
        return words
    if begins.min() < 0 or np.any(begins + class_bytes > ends) or ends.max() > len(packed) - PADDING:
        raise ValueError(_DAMAGED)
    two = np.full(len(words), 2)
    classes = read_bits(packed, np.repeat(8 * begins, counts) + 2 * ranges(np.zeros_like(counts), counts), two)
    bits = widths[classes].astype(np.int64)
    totals = np.concatenate([np.zeros(1, np.int64), np.cumsum(bits)])
    last = np.cumsum(counts)
    of_documents = totals[last] - totals[last - counts]
    if np.any(begins + class_bytes + (of_documents + 7 >> 3) > ends) or widths.max() > _MOST_BITS:
        raise ValueError(_DAMAGED)
    before = totals[:-1] - np.repeat(totals[last - counts], counts)
    values = read_bits(packed, np.repeat(8 * (begins + class_bytes), counts) + before, bits)
    words[:] = _bases(widths)[classes] + values
    return words


def read_words(columns: Columns, documents: Int64s) -> Int32s:
    """Return the words of *documents*, those of each in turn. Raises ValueError if the columns are damaged."""
    return unpack_words(columns.text_bytes, *_records(columns, documents), columns.text_widths)


def read_words_at(columns: Columns, documents: Int64s, places: Int64s, count: int) -> Int32s:
    """Return of each of *documents*, which may be the same, *count* words from one of *places* on (documents, count).

    Raises ValueError if there are none, or the columns are damaged.
    """
    words = np.empty(len(documents) * count, dtype=np.int32)
    if kernel.native is not None:
        kernel.native.words_at(
            columns.text_bytes, columns.text_offsets, columns.token_offsets, columns.text_widths,
            documents, places, words,
        )  # fmt: skip
        return words.reshape(len(documents), count)
    once, owners = np.unique(documents, return_inverse=True)
    lengths = columns.token_offsets[once + 1] - columns.token_offsets[once]
    if not np.all((places >= 0) & (places + count <= lengths[owners])):
        raise ValueError(_DAMAGED)
    firsts = (np.cumsum(lengths) - lengths)[owners] + places
    words[:] = read_words(columns, once)[firsts[:, np.newaxis] + np.arange(count)].reshape(-1)
    return words.reshape(len(documents), count)


def _records(columns: Columns, documents: Int64s) -> tuple[Int64s, Int64s, Int64s]:
    """Return where the records of *documents* begin and end, and how many words they have."""
    begins, ends = columns.text_offsets[documents], columns.text_offsets[documents + 1]
    counts = columns.token_offsets[documents + 1] - columns.token_offsets[documents]
    return begins.astype(np.int64), ends.astype(np.int64), counts


def read_tokens(columns: Columns, document: int) -> Int32s:
    """Return the words of one *document* int32 (tokens,). Raises ValueError if the columns are damaged."""
    return read_words(columns, np.array([document]))


def _bases(widths: UInt8s) -> Int64s:
    """Return the first word of each class, and behind the last one how many words there can be."""
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(np.int64(1) << widths.astype(np.int64))])
