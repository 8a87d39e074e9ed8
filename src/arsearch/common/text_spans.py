"""Many chunks of one text: its code points as an array, and a hash of each chunk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from arsearch import kernel
from arsearch.common.array_types import CodePoints, Int64s, UInt8s, UInt64s
from arsearch.common.hashing import add_long_hashes, hash_key, hashes_of

__all__ = ["LAST_POINT", "TextSpans", "code_points", "spans_between"]

LAST_POINT = 0xFFFF
"""The last code point of the Basic Multilingual Plane, and in tables the one that stands for all beyond."""


@dataclass(frozen=True, slots=True)
class TextSpans:
    """Chunks ``text[begin:end]``, which may be empty; *codes* are the code points of *text*."""

    text: str
    codes: CodePoints
    begins: Int64s
    ends: Int64s

    @classmethod
    def of(cls, texts: Sequence[str]) -> Self:
        """Return *texts*, one after the other."""
        joined = "".join(texts)
        lengths = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
        ends = np.cumsum(lengths)
        return cls(joined, code_points(joined), ends - lengths, ends)

    def __len__(self) -> int:
        return len(self.begins)

    def among(self, which: Int64s | npt.NDArray[np.bool_]) -> TextSpans:
        """Return those that *which* chooses."""
        return TextSpans(self.text, self.codes, self.begins[which], self.ends[which])

    def texts(self) -> list[str]:
        """Return each chunk as a string."""
        text = self.text
        return [text[begin:end] for begin, end in zip(self.begins.tolist(), self.ends.tolist(), strict=True)]

    def hashes(self) -> npt.NDArray[np.uint64]:
        """Return a hash of 64 bits for each chunk, see :mod:`arsearch.common.hashing`."""
        return hashes_of(self.codes, self.begins, self.ends)


def code_points(text: str) -> CodePoints:
    """Return the code points of *text* (characters,), in two bytes each unless some need more."""
    short = text.encode("utf-16-le", "surrogatepass")
    if len(short) == 2 * len(text):
        return np.frombuffer(short, dtype="<u2")
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")


def spans_between(codes: CodePoints, cuts: UInt8s) -> tuple[Int64s, Int64s, UInt64s]:
    """Return where the chunks between cuts begin and end, and their hashes: cuts are where *cuts* has a one.

    *cuts* (65536,) has a number for each code point, 0 for others; *codes* are those of a text.
    """
    if kernel.native is not None and codes.dtype == np.uint16:
        begins, ends = np.empty((2, len(codes) // 2 + 1), dtype=np.int64)
        hashes = np.empty(len(begins), dtype=np.uint64)
        count = kernel.native.split_chunks(codes, cuts, begins, ends, hash_key(), hashes)
        begins, ends, hashes = begins[:count], ends[:count], hashes[:count]
        add_long_hashes(codes, begins, ends, hashes)
        return begins, ends, hashes
    is_cut = cuts[codes if codes.dtype == np.uint16 else np.minimum(codes, LAST_POINT)] == 1
    edges = np.flatnonzero(np.diff(is_cut, prepend=True, append=True))
    begins, ends = edges[0::2], edges[1::2]
    return begins, ends, hashes_of(codes, begins, ends)
