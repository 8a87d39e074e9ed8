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
    """Which articles share a key.

    Few do, so only those are kept in mind; of all others it is 8 bytes a key, while it is found out which these are.
    """

    def __init__(self, store: StoreWriter) -> None:
        repeated = _repeated(store)
        self._fingerprints: dict[int, Fingerprint] = {}
        keys, owners = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
        for fingerprints in store.fingerprints():
            of_all = _keys(fingerprints)
            places = np.minimum(np.searchsorted(repeated, of_all), len(repeated) - 1)
            shared = repeated[places] == of_all if len(repeated) else np.zeros(len(of_all), np.bool_)
            ordinals = np.repeat(
                [ordinal for ordinal, _, _ in fingerprints], [len(bands) // 8 for _, bands, _ in fingerprints]
            )
            keys.append(of_all[shared])
            owners.append(ordinals[shared].astype(np.int64))
            having = set(owners[-1].tolist())
            self._fingerprints |= {each[0]: each for each in fingerprints if each[0] in having}
        together = np.concatenate(keys)
        order = np.argsort(together, kind="stable")
        self._keys: npt.NDArray[np.int64] = together[order]
        self._owners: npt.NDArray[np.int64] = np.concatenate(owners)[order]
        self.having_any: set[int] = set(self._fingerprints)
        """The ordinals of articles that share a key with another one."""

    def bands(self, ordinal: int) -> bytes:
        """Return the keys of an article that has neighbours."""
        return self._fingerprints[ordinal][1]

    def is_short(self, ordinal: int) -> bool:
        """Whether the body of an article that has neighbours is short."""
        return bool(self._fingerprints[ordinal][2])

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


def _keys(fingerprints: list[Fingerprint]) -> npt.NDArray[np.int64]:
    """Return the keys of all *fingerprints*, one after another."""
    return np.frombuffer(b"".join([bands for _, bands, _ in fingerprints]), dtype="<i8")


def _repeated(store: StoreWriter) -> npt.NDArray[np.int64]:
    """Return which keys are there more than once, sorted."""
    every = np.empty(store.count_keys(), dtype=np.int64)
    filled = 0
    for fingerprints in store.fingerprints():
        some = _keys(fingerprints)
        every[filled : filled + len(some)] = some
        filled += len(some)
    every.sort()
    return np.unique(every[1:][every[1:] == every[:-1]])
