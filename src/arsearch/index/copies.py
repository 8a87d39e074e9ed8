"""Which articles are copies of which, the same whatever order they came in.

Articles stand in the order of their dates, undated ones last, and of their ids. One after the other is compared with
those before it that are kept: it is a copy of the first that says the same, or is kept itself (the lexicographically
first maximal independent set of the graph of similar articles). An update goes only where something has changed, and
always forward in that order, so that it ends where beginning anew would.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from arsearch.index.store_writer import StoreWriter, Traces

__all__ = ["find_copies"]

_UNDATED = "\U0010ffff"

Similar = Callable[[int, int], bool]
_Place = tuple[str, str]


def find_copies(
    store: StoreWriter, traces: Traces, similar: Similar, expect: Callable[[list[int]], None]
) -> dict[int, int | None]:
    """Return what has to be said anew: for each ordinal of what it is a copy, or None if it is kept.

    What is new or an orphan in *store* is compared, with whatever that concerns. *similar* tells whether two articles
    say the same; it is asked of those that share a key. Before that, *expect* is told of which it may be asked, about
    in the order in which it will be.
    """
    neighbours = _Neighbours(traces)
    in_order: dict[bytes, list[tuple[_Place, int]]] = {}  # articles of the very same words have the same neighbours
    new = [ordinal for ordinal in traces.ordinals.tolist() if ordinal >= store.first_new]
    undecided = {*new, *store.orphans}
    places: dict[int, _Place] = {}
    copy_of: dict[int, int | None] = {}
    decided: dict[int, int | None] = {}

    def place(ordinal: int) -> _Place:
        if ordinal not in places:
            date, identifier, kept = store.standing(ordinal)
            places[ordinal] = (date or _UNDATED, identifier)
            copy_of[ordinal] = kept
        return places[ordinal]

    def others_in_order(ordinal: int) -> list[tuple[_Place, int]]:
        bands = neighbours.bands(ordinal)
        if bands not in in_order:
            in_order[bands] = sorted((place(other), other) for other in neighbours.of(bands))
        return in_order[bands]

    alone = undecided - neighbours.having_any
    heap = [(place(ordinal), ordinal) for ordinal in undecided - alone]
    heap.sort()  # which makes it a heap
    met = ((ordinal, *(other for _, other in others_in_order(ordinal))) for _, ordinal in heap)
    expect(list(dict.fromkeys(itertools.chain.from_iterable(met))))
    while heap:
        own, ordinal = heapq.heappop(heap)
        if ordinal in decided:
            continue
        others = others_in_order(ordinal)
        was_kept = ordinal not in undecided and copy_of[ordinal] is None
        kept = None
        for where, other in others:
            if where >= own:
                break
            if decided.get(other, copy_of[other]) is None and similar(ordinal, other):
                kept = other
                break
        decided[ordinal] = kept
        if was_kept == (kept is None):
            continue
        for where, other in others:
            if where > own and other not in decided:
                its = copy_of[other]
                if its == ordinal if was_kept else its is None or place(its) > own:
                    heapq.heappush(heap, (where, other))
    return dict.fromkeys(alone & store.orphans) | decided  # what is new and alone is kept as it is


class _Neighbours:
    """Which articles share a key."""

    def __init__(self, traces: Traces) -> None:
        sizes = np.fromiter(map(len, traces.bands), dtype=np.int64, count=len(traces.bands)) // 8
        keys = np.frombuffer(b"".join(traces.bands), dtype="<i8")
        owners = np.repeat(traces.ordinals, sizes)
        order = np.argsort(keys, kind="stable")
        self._keys: npt.NDArray[np.int64] = keys[order]
        self._owners = owners[order]
        self._ordinals = traces.ordinals
        self._bands = traces.bands
        same = np.flatnonzero(self._keys[1:] == self._keys[:-1])
        self.having_any: set[int] = set(self._owners[same].tolist()) | set(self._owners[same + 1].tolist())

    def bands(self, ordinal: int) -> bytes:
        """Return the keys of an article."""
        return self._bands[int(np.searchsorted(self._ordinals, ordinal))]

    def of(self, bands: bytes) -> set[int]:
        """Return the ordinals of the articles that have one of the keys *bands*."""
        keys = np.frombuffer(bands, dtype="<i8")
        found: set[int] = set()
        for first, last in zip(
            np.searchsorted(self._keys, keys, "left").tolist(),
            np.searchsorted(self._keys, keys, "right").tolist(),
            strict=True,
        ):
            found.update(self._owners[first:last].tolist())
        return found
