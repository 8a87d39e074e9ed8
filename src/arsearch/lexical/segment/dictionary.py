"""The terms of a segment: all fields in one sorted list, searched by bisection."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Protocol

import numpy as np
import numpy.typing as npt

from arsearch import kernel
from arsearch.common.array_types import Int64s, Offsets

__all__ = ["TermColumns", "TermDictionary", "pack_terms", "pack_texts"]

_SEPARATOR = b"\n"
# Greater than any byte of UTF-8 and of Whoosh's sortable numbers' first byte, so that it ends every prefix.
_AFTER_PREFIX = b"\xff"


class TermColumns(Protocol):
    """Where terms stand: see :class:`arsearch.lexical.segment.columns.Columns`."""

    @property
    def fields(self) -> dict[str, tuple[int, int]]:
        """The range of the terms of each field."""

    @property
    def term_bytes(self) -> npt.NDArray[np.uint8]:
        """The texts."""

    @property
    def term_offsets(self) -> Offsets:
        """Where each begins."""


def pack_terms(terms: Sequence[bytes]) -> tuple[npt.NDArray[np.uint8], Int64s]:
    """Return the columns *term_bytes* and *term_offsets* of *terms*, which are sorted within each field."""
    blob = np.frombuffer(_SEPARATOR.join([*terms, b""]), dtype=np.uint8)
    lengths = np.fromiter(map(len, terms), dtype=np.int64, count=len(terms))
    return blob, np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths + len(_SEPARATOR))])


def pack_texts(texts: Sequence[str]) -> tuple[npt.NDArray[np.uint8], Int64s]:
    """Return the same columns of terms that hold no line feed: *texts*, sorted."""
    joined = "\n".join([*texts, ""])
    blob = np.frombuffer(joined.encode("utf-8", "surrogatepass"), dtype=np.uint8)
    return blob, np.concatenate([np.zeros(1, np.int64), np.flatnonzero(blob == _SEPARATOR[0]) + 1])


class TermDictionary(Sequence[bytes]):
    """Terms by number, and their numbers by text."""

    def __init__(self, columns: TermColumns) -> None:
        self._fields = columns.fields
        # Memory views: looking at one element or slice is several times as fast as through NumPy.
        self._bytes = columns.term_bytes.data
        self._offsets = columns.term_offsets.data
        self._count = len(columns.term_offsets) - 1

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, number: int) -> bytes:  # type: ignore[override]  # slices are texts()'s
        return bytes(self._bytes[self._offsets[number] : self._offsets[number + 1] - 1])

    def bounds(self, field: str) -> tuple[int, int]:
        """Return the range of the terms of *field*, empty for a field that no document has."""
        return self._fields.get(field, (0, 0))

    def _first_not_before(self, text: bytes, first: int, last: int) -> int:
        """Return the number of the first term from *first* to *last* that is *text* or comes after it, else *last*."""
        if kernel.native is not None:
            number: int = kernel.native.first_not_before(self._bytes, self._offsets, text, first, last)
            return number
        return bisect_left(self, text, first, last)

    def find(self, field: str, text: bytes) -> int:
        """Return the number of a term, -1 if it is not there."""
        first, last = self.bounds(field)
        number = self._first_not_before(text, first, last)
        return number if number < last and self[number] == text else -1

    def from_text(self, field: str, text: bytes) -> tuple[int, int]:
        """Return the range of the terms of *field* that are *text* or come after it."""
        first, last = self.bounds(field)
        return self._first_not_before(text, first, last), last

    def with_prefix(self, field: str, prefix: bytes) -> tuple[int, int]:
        """Return the range of the terms of *field* that begin with *prefix*."""
        first, last = self.from_text(field, prefix)
        end, beyond, step = prefix + _AFTER_PREFIX, first, 8
        while beyond + step < last and self[beyond + step] < end:  # the range is mostly short, the rest of a field long
            beyond, step = beyond + step, 2 * step
        return first, self._first_not_before(end, beyond, min(beyond + step, last))

    def between(self, field: str, start: bytes, end: bytes) -> tuple[int, int]:
        """Return the range of the terms of *field* from *start* to *end*, both inclusive."""
        first, last = self.from_text(field, start)
        return first, self._first_not_before(end + b"\x00", first, last)

    def texts(self, first: int, last: int) -> list[bytes]:
        """Return the terms from *first* to *last*."""
        if first >= last:
            return []
        begin = self._offsets[first]
        blob = bytes(self._bytes[begin : self._offsets[last]])
        # Terms of numeric fields may hold the separator, so they are cut by their offsets.
        edges = [offset - begin for offset in self._offsets[first : last + 1]]
        return [blob[start : end - 1] for start, end in pairwise(edges)]

    def field_names(self) -> Iterator[str]:
        """Yield the fields that have a term, in their order."""
        return (name for name, (first, last) in self._fields.items() if first < last)
