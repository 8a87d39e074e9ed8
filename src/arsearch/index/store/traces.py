"""By what the articles of a segment are compared with others: of each its keys, and the keys of all in order.

Keys are numbers of 64 bits. They stand by article; beside them is in which order they are sorted, so each is there once
and is found both ways.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from arsearch.common.array_types import Indices, Int64s, UInt64s
from arsearch.corpus.cleaning.digests import KEY_BYTES

__all__ = ["KINDS", "Keys", "SegmentArrays", "Trace", "TraceTable", "ranges", "trace_arrays"]

Keys = Literal["line", "band"]
"""What articles are found by when they are compared with others: lines, or the keys of near-duplicates."""
KINDS: tuple[Keys, ...] = ("line", "band")
_FIRST: dict[Keys, int] = {"line": 1, "band": 0}
"""The first key of an article that others find it by: before the lines stands the key of their source."""
_UNSIGNED = "u1 u2 u4 u8"


class Trace(NamedTuple):
    """By what one article is compared."""

    lines: bytes
    """``corpus.cleaning.clean.line_keys`` of the body as it was read."""
    bands: bytes
    """``corpus.cleaning.near_duplicates.bands`` of the body as it is indexed; empty if it was not compared."""
    short: int


class SegmentArrays(Protocol):
    """The arrays beside the articles of a segment."""

    def __contains__(self, name: str) -> bool:
        """Whether there is an array *name*."""

    def get(self, name: str, types: str, dimensions: int) -> Any:
        """Return the array *name*. Raises OSError or ValueError if there is none of the kind."""


class TraceTable:
    """The keys of the articles of a segment, which are numbered from 0."""

    def __init__(self, arrays: SegmentArrays, articles: int) -> None:
        """Take the keys of so many *articles*. Raises OSError or ValueError for *arrays* that are none."""
        self._short = arrays.get("short", "u1", 1)
        self._tables = {kind: _KeyTable(arrays, kind, articles) for kind in KINDS}
        if len(self._short) != articles:
            raise ValueError("its keys do not fit together")

    def of(self, article: int) -> Trace:
        """Return by what *article* is compared."""
        return Trace(self._tables["line"].of(article), self._tables["band"].of(article), int(self._short[article]))

    def owners(self, kind: Keys, keys: npt.NDArray[Any]) -> tuple[Indices, Indices]:
        """Return which articles have each of *keys*: indices into *keys*, and an article for each."""
        return self._tables[kind].owners(np.asarray(keys).view(np.uint64))


class _KeyTable:
    def __init__(self, arrays: SegmentArrays, kind: Keys, articles: int) -> None:
        self._keys: UInt64s = arrays.get(f"{kind}_keys", "u8", 1)
        counts = arrays.get(f"{kind}_counts", _UNSIGNED, 1)
        self._ends: Int64s = np.cumsum(counts, dtype=np.int64)
        self._order = arrays.get(f"{kind}_order", _UNSIGNED, 1)
        last = int(self._ends[-1]) if len(counts) else 0
        if len(counts) != articles or len(self._keys) != last or len(self._order) > last:
            raise ValueError("its keys do not fit together")

    def of(self, article: int) -> bytes:
        first = int(self._ends[article - 1]) if article else 0
        return self._keys[first : int(self._ends[article])].tobytes()

    def owners(self, keys: UInt64s) -> tuple[Indices, Indices]:
        which, places = ranges(self._search(keys, behind=False), self._search(keys, behind=True))
        owners = np.searchsorted(self._ends, self._order[places], side="right")
        return which, np.minimum(owners, len(self._ends) - 1)  # whatever stands there

    def _search(self, keys: UInt64s, *, behind: bool) -> Int64s:
        """Return where each of *keys* stands in the sorted ones, or behind all that are the same.

        NumPy would make a copy of the order for it, which may be long where few keys are asked for.
        """
        low, high = np.zeros(len(keys), np.int64), np.full(len(keys), len(self._order), np.int64)
        for _ in range(len(self._order).bit_length()):
            middle = low + high >> 1
            there = self._keys.take(self._order.take(middle, mode="clip").astype(np.int64), mode="clip")
            onward = ((there <= keys) if behind else (there < keys)) & (low < high)
            low, high = np.where(onward, middle + 1, low), np.where(onward, high, middle)
        return low


def trace_arrays(traces: Iterable[Trace]) -> dict[str, npt.NDArray[Any]]:
    """Return the arrays that hold *traces*, one for each article of a segment in turn."""
    some = list(traces)
    arrays: dict[str, npt.NDArray[Any]] = {"short": np.array([trace.short for trace in some], dtype=np.uint8)}
    for kind in KINDS:
        data = [trace.lines if kind == "line" else trace.bands for trace in some]
        counts = np.array([len(each) // KEY_BYTES for each in data], dtype=np.int64)
        keys = np.frombuffer(b"".join(data), dtype="<u8")
        ends = np.cumsum(counts)
        _, found = ranges(np.minimum(ends - counts + _FIRST[kind], ends), ends)
        order = found[np.argsort(keys[found], kind="stable")]
        arrays[f"{kind}_keys"] = keys
        arrays[f"{kind}_counts"] = counts.astype(np.min_scalar_type(int(counts.max(initial=0))))
        arrays[f"{kind}_order"] = order.astype(np.min_scalar_type(len(keys)))
    return arrays


def ranges(firsts: Int64s, ends: Int64s) -> tuple[Indices, Indices]:
    """Return all places from each of *firsts* up to its end: for each which range it is of, and the place."""
    counts = ends - firsts
    which = np.repeat(np.arange(len(counts)), counts)
    return which, np.arange(len(which)) - np.repeat(np.cumsum(counts) - counts - firsts, counts)
