"""Many chunks of one text: its code points as an array, and a hash of each chunk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Self

import numpy as np
import numpy.typing as npt

__all__ = ["Codes", "TextSpans", "code_points", "hashes_of"]

Codes = npt.NDArray[np.uint16] | npt.NDArray[np.uint32]
Int64s = npt.NDArray[np.int64]

_BASE = np.uint64(0x9E3779B97F4A7C15)  # odd, from the golden ratio (Knuth, volume 3, section 6.4)
_MIX = np.uint64(0xFF51AFD7ED558CCD)


@dataclass(frozen=True, slots=True)
class TextSpans:
    """Stretches ``text[begin:end]``, which may be empty; *codes* are the code points of *text*."""

    text: str
    codes: Codes
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
        """Return a hash of 64 bits for each chunk, see :func:`hashes_of`."""
        return hashes_of(self.codes, self.begins, self.ends)


def hashes_of(codes: npt.NDArray[np.unsignedinteger[Any]], begins: Int64s, ends: Int64s) -> npt.NDArray[np.uint64]:
    """Return a hash of 64 bits for each chunk ``codes[begin:end]``: its polynomial in an odd number, and its length.

    The polynomial of a part is the difference of two prefixes of the polynomial of the whole, brought back to power
    zero by the inverse of the odd number (modulo 2**64 every odd number has one).
    """
    powers, inverses = _powers(1 << len(codes).bit_length())
    prefixes = np.zeros(len(codes) + 1, dtype=np.uint64)
    np.cumsum(codes * powers[: len(codes)], out=prefixes[1:])
    polynomials = (prefixes[ends] - prefixes[begins]) * inverses[begins]
    # The low bits of such a polynomial depend on low bits of the codes alone; multiplying spreads the high ones.
    mixed = (polynomials ^ (polynomials >> np.uint64(32))) * _MIX
    return mixed ^ (ends - begins).astype(np.uint64)


def code_points(text: str) -> Codes:
    """Return the code points of *text* (characters,), in two bytes each unless some need more."""
    short = text.encode("utf-16-le", "surrogatepass")
    if len(short) == 2 * len(text):
        return np.frombuffer(short, dtype="<u2")
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")


@lru_cache(maxsize=4)
def _powers(count: int) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint64]]:
    """Return the first *count* powers of the base of the hash, and of its inverse, modulo 2**64."""
    powers = np.full(count, _BASE, dtype=np.uint64)
    inverses = np.full(count, pow(int(_BASE), -1, 1 << 64), dtype=np.uint64)
    for table in (powers, inverses):
        table[0] = 1
        np.multiply.accumulate(table, out=table)
    return powers, inverses
