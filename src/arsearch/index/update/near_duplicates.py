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

from arsearch.common.array_types import Int64s
from arsearch.index.store.traces import ranges
from arsearch.index.store.writer import Fingerprint, StoreWriter

__all__ = ["FingerprintIndex", "find_copies"]

_UNDATED = "\U0010ffff"

Similar = Callable[[int, int], bool]
_Place = tuple[str, str]


def find_copies(
    store: StoreWriter, neighbours: FingerprintIndex, similar: Similar, expect: Callable[[list[int]], None]
) -> dict[int, int | None]:
    """Return what has to be said anew: for each ordinal of what it is a copy, or None if it is kept.

    Whatever is new in *store* is compared, so are stranded copies, with all that this concerns. *similar* tells whether
    two articles say the same; it is asked of those that share a key. Before that, *expect* is told of which it may be
    asked, about in the order in which it will be.
    """
    in_order: dict[bytes, list[tuple[_Place, int]]] = {}  # articles of the very same words have the same neighbours
    alone = store.stranded_copies - neighbours.having_any
    undecided = {ordinal for ordinal in neighbours.having_any if ordinal >= store.first_new} | store.stranded_copies
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
    return dict.fromkeys(alone) | decided  # what is new and alone is kept as it is


class FingerprintIndex:
    """Which articles share a key with one that is new, or with any other that is asked for.

    Few new articles do, so only those are kept in mind; of all others it is 8 bytes a key, while it is found out which
    these are. Earlier articles are looked up in the segments.
    """

    def __init__(self, store: StoreWriter) -> None:
        self._store = store
        every = [(_keys(some), _owners(some)) for some in store.new_fingerprints()]
        keys = np.concatenate([np.empty(0, np.int64), *(some for some, _ in every)])
        owners = np.concatenate([np.empty(0, np.int64), *(some for _, some in every)])
        order = np.argsort(keys, kind="stable")
        keys, owners = keys[order], owners[order]
        shared = np.zeros(len(keys), np.bool_)
        shared[1:] |= keys[1:] == keys[:-1]
        shared[:-1] |= keys[1:] == keys[:-1]
        distinct = np.unique(keys)
        earlier = np.unique(distinct[store.earlier_owners_of_bands(distinct)[0]])
        shared |= np.isin(keys, earlier)
        self._keys: Int64s = keys[shared]
        self._owners: Int64s = owners[shared]
        self._fingerprints: dict[int, Fingerprint] = {}
        self.having_any: set[int] = set(self._owners.tolist())
        """The ordinals of articles that share a key with another one, of those that are new or stranded."""
        for ordinal in store.stranded_copies - self.having_any:
            if len(self.of(self.bands(ordinal)) - {ordinal}):
                self.having_any.add(ordinal)

    def bands(self, ordinal: int) -> bytes:
        """Return the keys of an article."""
        return self._fingerprint(ordinal)[1]

    def is_short(self, ordinal: int) -> bool:
        """Whether the body of an article is short."""
        return bool(self._fingerprint(ordinal)[2])

    def _fingerprint(self, ordinal: int) -> Fingerprint:
        if ordinal not in self._fingerprints:
            self._fingerprints[ordinal] = self._store.fingerprint(ordinal)
        return self._fingerprints[ordinal]

    def of(self, bands: bytes) -> set[int]:
        """Return the ordinals of the articles that have one of the keys *bands*."""
        keys = np.frombuffer(bands, dtype="<i8")
        _, places = ranges(np.searchsorted(self._keys, keys), np.searchsorted(self._keys, keys, side="right"))
        return {*self._owners[places].tolist(), *self._store.earlier_owners_of_bands(keys)[1].tolist()}


def _keys(fingerprints: list[Fingerprint]) -> Int64s:
    """Return the keys of all *fingerprints*, one after another."""
    return np.frombuffer(b"".join([bands for _, bands, _ in fingerprints]), dtype="<i8")


def _owners(fingerprints: list[Fingerprint]) -> Int64s:
    """Return for each key of all *fingerprints* the ordinal of the article it is of."""
    ordinals = np.array([ordinal for ordinal, _, _ in fingerprints], dtype=np.int64)
    return np.repeat(ordinals, [len(bands) // 8 for _, bands, _ in fingerprints])
