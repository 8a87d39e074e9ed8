"""Runs of numbers of so many bits, on arrays."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from arsearch.common.array_types import Int64s, UInt8s, UInt32s, Unsigned

__all__ = ["PADDING", "bit_widths", "padded", "ranges", "read_bits", "write_bits"]

PADDING = 32
"""Zeros behind what is packed."""
_MOST_BYTES = 5
"""In which a number of up to 32 bits can stand, wherever it begins."""


def padded(packed: UInt8s) -> UInt8s:
    """Return *packed* with the zeros behind it."""
    return np.concatenate([packed, np.zeros(PADDING, np.uint8)])


def bit_widths(values: npt.NDArray[np.integer]) -> Int64s:
    """Return how many bits each of *values* needs, none of which is negative or has more than 32."""
    return np.frexp(values.astype(np.float64))[1].astype(np.int64)


def ranges(firsts: Int64s, lengths: Int64s) -> Int64s:
    """Return the numbers from ``firsts[i]``, ``lengths[i]`` of them, one range after another."""
    return np.arange(int(lengths.sum())) + np.repeat(firsts - np.cumsum(lengths) + lengths, lengths)


def read_bits(packed: UInt8s, begins: Int64s, widths: Int64s) -> UInt32s:
    """Return the numbers of *widths* bits that begin at the bits *begins* of *packed*, which is padded."""
    first, shift = begins >> 3, (begins & 7).astype(np.uint64)
    read = np.zeros(len(begins), dtype=np.uint64)
    for byte in range(_MOST_BYTES):
        read |= packed[first + byte].astype(np.uint64) << np.uint64(8 * byte)
    mask = (np.uint64(1) << widths.astype(np.uint64)) - np.uint64(1)
    return ((read >> shift) & mask).astype(np.uint32)


def write_bits(packed: UInt8s, begins: Int64s, values: Unsigned) -> None:
    """Write *values* into the zeros of *packed*, which is padded, from the bits *begins* on."""
    shifted = values.astype(np.uint64) << (begins & 7).astype(np.uint64)
    first = begins >> 3
    for byte in range(_MOST_BYTES):
        part = (shifted >> np.uint64(8 * byte)).astype(np.uint8)
        some = np.flatnonzero(part)
        np.bitwise_or.at(packed, first[some] + byte, part[some])
